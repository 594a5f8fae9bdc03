// SPDX-License-Identifier: Apache-2.0
// Runs a step, prints "ok - step" or "not ok - step"; any failure is the program's.

export async function step(name, run) {
	try {
		await run();
		console.log(`ok - ${name}`);
	} catch (err) {
		console.log(`not ok - ${name}`);
		console.log(String(err.stack ?? err).replace(/^/gm, "# "));
		process.exitCode = 1;
	}
}
