// SPDX-License-Identifier: Apache-2.0
// What wallets sign, judged by ethers and viem: hashes and messages recovered, transactions decoded and compared.
//
//   node wallets.mjs ENDPOINT        prints "ok - step" or "not ok - step" for each step

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as ethers from "ethers";
import * as viem from "viem";
import { SoftwarePasskey } from "../../../examples/software-passkey.mjs";
import { fromHex, Wallet } from "../../../examples/wallet-client.mjs";
import { step } from "./step.mjs";

const endpoint = process.argv[2];
const cases = JSON.parse(readFileSync(new URL("../transactions.json", import.meta.url)));
const wallet = await Wallet.register(endpoint, new SoftwarePasskey("http://localhost:8080"));
const address = ethers.getAddress((await wallet.address()).Address);
const MESSAGES = [new Uint8Array(), Buffer.from("hello"), Buffer.from("Grüße, 世界 🔑"), Buffer.alloc(32, 0xff), Buffer.alloc(3000, 1)];

const TYPES = ["legacy", "eip2930", "eip1559", "eip4844", "eip7702"];
const same = (a, b) => assert.equal(String(a ?? "").toLowerCase(), String(b ?? "").toLowerCase());
const data = (text) => text.startsWith("0x") ? text : "0x" + text;

// A case as viem wants it.
function viemOf(tx) {
	const big = (name) => tx[name] === undefined ? {} : { [name]: BigInt(tx[name]) };
	return {
		type: TYPES[tx.type ?? 0], chainId: tx.chainId, nonce: tx.nonce, gas: BigInt(tx.gas), data: data(tx.data),
		...(tx.to && { to: tx.to.toLowerCase() }), ...big("value"), ...big("gasPrice"), ...big("maxFeePerGas"), ...big("maxPriorityFeePerGas"),
		...big("maxFeePerBlobGas"), ...(tx.type > 0 && { accessList: tx.accessList ?? [] }),
		...(tx.blobVersionedHashes && { blobVersionedHashes: tx.blobVersionedHashes }),
		...(tx.authorizationList && { authorizationList: tx.authorizationList.map(({ address: contractAddress, ...a }) =>
			({ ...a, contractAddress, address: contractAddress, v: BigInt(27 + a.yParity) })) }),
	};
}

function compareWithEthers(tx, raw) {
	const seen = ethers.Transaction.from(raw);
	same(seen.from, address);
	same(seen.serialized, raw);
	for (const name of ["chainId", "nonce"])
		assert.equal(BigInt(seen[name]), BigInt(tx[name]), name);
	assert.equal(seen.type, tx.type ?? 0);
	assert.equal(seen.gasLimit, BigInt(tx.gas));
	same(seen.to, tx.to);
	same(seen.data, data(tx.data || "0x"));
	for (const name of ["value", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "maxFeePerBlobGas"])
		if (tx[name] !== undefined)
			assert.equal(seen[name], BigInt(tx[name]), name);
	assert.deepEqual((seen.accessList ?? []).map((a) => [a.address.toLowerCase(), a.storageKeys]),
		(tx.accessList ?? []).map((a) => [a.address.toLowerCase(), a.storageKeys]));
	if (tx.blobVersionedHashes)
		assert.deepEqual(seen.blobVersionedHashes, tx.blobVersionedHashes);
	assert.ok(BigInt(seen.signature.s) <= ethers.N / 2n, "low s");
	return seen.hash;
}

async function compareWithViem(tx, raw) {
	const seen = viem.parseTransaction(raw);
	same(await viem.recoverTransactionAddress({ serializedTransaction: raw }), address);
	const wanted = viemOf(tx);
	// What is zero or empty, viem leaves out.
	for (const name of ["type", "chainId", "nonce", "to", "value", "gas", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas",
		"maxFeePerBlobGas"])
		same(seen[name] || 0, wanted[name] || 0);
	same(seen.data ?? "0x", wanted.data);
	assert.deepEqual(seen.accessList ?? [], wanted.accessList ?? []);
	assert.deepEqual(seen.blobVersionedHashes ?? [], wanted.blobVersionedHashes ?? []);
	for (const [i, a] of (tx.authorizationList ?? []).entries()) {
		const got = seen.authorizationList[i];
		for (const name of ["chainId", "nonce", "yParity", "r", "s"])
			same(got[name] ?? 0, a[name]);
		same(got.address ?? got.contractAddress, a.address);
	}
	return viem.keccak256(raw);
}

for (const { name, tx } of cases) {
	await step(`transaction: ${name}`, async () => {
		const digest = viem.keccak256(viem.serializeTransaction(viemOf(tx)));
		const { Signature, TransactionHash } = await wallet.signTransaction(tx, fromHex(digest));
		const raw = "0x" + Signature;
		assert.equal(await compareWithViem(tx, raw), TransactionHash);
		if (tx.type === 4) // which this version of ethers does not know
			return;
		assert.equal(compareWithEthers(tx, raw), TransactionHash);
		assert.equal(ethers.Transaction.from(raw).unsignedHash, digest);
	});
}

await step("a hash is signed as it is", async () => {
	const hash = ethers.id("a hash");
	const signature = "0x" + (await wallet.signHash(fromHex(hash))).Signature;
	assert.equal(ethers.recoverAddress(hash, signature), address);
	assert.equal(await viem.recoverAddress({ hash, signature }), address);
});

await step("raw messages are hashed with Keccak-256", async () => {
	for (const message of MESSAGES) {
		const hash = ethers.keccak256(message);
		const made = await wallet.signMessage(message, fromHex(viem.keccak256(message)));
		assert.equal(ethers.recoverAddress(hash, "0x" + made.Signature), address);
		assert.equal(await viem.recoverAddress({ hash, signature: "0x" + made.Signature }), address);
		assert.equal(made.TransactionHash, hash);
	}
});

await step("EIP-191 messages verify as personal_sign", async () => {
	for (const message of MESSAGES) {
		const hash = ethers.hashMessage(message);
		const made = await wallet.signPersonalMessage(message, fromHex(viem.hashMessage({ raw: message })));
		const signature = "0x" + made.Signature;
		assert.equal(ethers.verifyMessage(message, signature), address);
		assert.equal(await viem.verifyMessage({ address, message: { raw: message }, signature }), true);
		assert.equal(made.TransactionHash, hash);
	}
});

await step("typed data is signed by its hash", async () => {
	const domain = { name: "Test", version: "1", chainId: 1, verifyingContract: "0x00000000000000000000000000000000000000ff" };
	const types = { Mail: [{ name: "to", type: "address" }, { name: "text", type: "string" }] };
	const message = { to: address, text: "hello" };
	const hash = ethers.TypedDataEncoder.hash(domain, types, message);
	const signature = "0x" + (await wallet.signHash(fromHex(hash))).Signature;
	assert.equal(ethers.verifyTypedData(domain, types, message, signature), address);
	assert.equal(await viem.verifyTypedData({ address, domain, types, primaryType: "Mail", message, signature }), true);
});

await step("every index has its own key", async () => {
	const hash = ethers.id("indices");
	for (const index of [1, 19, 20]) {
		const { Address, PublicKey } = await wallet.address(index);
		assert.equal(ethers.computeAddress(PublicKey).toLowerCase(), Address);
		assert.equal(viem.getAddress(Address), ethers.getAddress(Address));
		const signature = "0x" + (await wallet.signHash(fromHex(hash), index)).Signature;
		assert.equal(ethers.recoverAddress(hash, signature).toLowerCase(), Address);
	}
});
