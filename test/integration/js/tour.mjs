// SPDX-License-Identifier: Apache-2.0
// What wallets in JavaScript do: the AWS SDK against one endpoint, the result judged by ethers and viem.
//
//   node tour.mjs ENDPOINT        prints "ok - step" or "not ok - step" for each step

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
	CreateKeyCommand, DescribeKeyCommand, GetPublicKeyCommand, KMSClient, paginateListKeys, SignCommand, VerifyCommand,
} from "@aws-sdk/client-kms";
import { computeAddress, keccak256, recoverAddress, Signature, Transaction } from "ethers";
import { recoverAddress as viemRecover } from "viem";
import { step } from "./step.mjs";

const kms = new KMSClient({
	endpoint: process.argv[2],
	region: "us-east-1",
	credentials: { accessKeyId: "AKIDTEST", secretAccessKey: "test" },
	maxAttempts: 1,
});
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const hex = (bytes) => "0x" + Buffer.from(bytes).toString("hex");

async function create(KeySpec) {
	const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeyUsage: "SIGN_VERIFY", KeySpec }));
	return KeyMetadata;
}

// The last 65 bytes of the SPKI are the uncompressed point.
async function addressOf(KeyId) {
	const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId }));
	assert.equal(PublicKey.length, 88);
	return computeAddress(hex(PublicKey.slice(-65)));
}

// r and s of a DER signature with one-byte lengths, as the wallet packages read it.
function parseDer(der) {
	assert.equal(der[0], 0x30);
	assert.equal(der[1], der.length - 2);
	const r = der.slice(4, 4 + der[3]);
	const s = der.slice(4 + der[3] + 2);
	assert.equal(s.length, der[4 + der[3] + 1]);
	return [BigInt(hex(r)), BigInt(hex(s))];
}

// Signs a digest and finds the recovery bit by trying both, as all KMS signers do.
async function ethSign(KeyId, digest, address) {
	const { Signature: der } = await kms.send(new SignCommand({
		KeyId, Message: Buffer.from(digest.slice(2), "hex"), MessageType: "DIGEST", SigningAlgorithm: "ECDSA_SHA_256",
	}));
	let [r, s] = parseDer(der);
	if (s > ORDER / 2n)
		s = ORDER - s;
	const word = (n) => "0x" + n.toString(16).padStart(64, "0");
	for (const v of [27, 28]) {
		const signature = Signature.from({ r: word(r), s: word(s), v });
		if (recoverAddress(digest, signature) === address)
			return signature;
	}
	throw new Error("no recovery bit gives the address of the public key");
}

await step("creates, describes and lists", async () => {
	for (const spec of ["ECC_SECG_P256K1", "ECC_NIST_P256"]) {
		const meta = await create(spec);
		assert.ok(meta.CreationDate instanceof Date && Math.abs(meta.CreationDate - Date.now()) < 60000);
		const { KeyMetadata, $metadata } = await kms.send(new DescribeKeyCommand({ KeyId: meta.Arn }));
		assert.deepEqual(KeyMetadata, meta);
		assert.match($metadata.requestId, /^[0-9a-f-]{36}$/);
		const ids = [];
		for await (const page of paginateListKeys({ client: kms, pageSize: 5 }, {}))
			ids.push(...page.Keys.map((k) => k.KeyId));
		assert.equal(ids.filter((id) => id === meta.KeyId).length, 1);
	}
});

await step("signs and verifies", async () => {
	for (const spec of ["ECC_SECG_P256K1", "ECC_NIST_P256"]) {
		const { KeyId } = await create(spec);
		const common = { KeyId, SigningAlgorithm: "ECDSA_SHA_256" };
		const raw = { ...common, Message: Buffer.from("hello") };
		const digest = { ...common, Message: createHash("sha256").update("hello").digest(), MessageType: "DIGEST" };
		for (const [signed, checked] of [[raw, digest], [digest, raw]]) {
			const { Signature } = await kms.send(new SignCommand(signed));
			const { SignatureValid } = await kms.send(new VerifyCommand({ ...checked, Signature }));
			assert.equal(SignatureValid, true);
		}
	}
});

await step("errors are exceptions of the SDK", async () => {
	const { KeyId } = await create("ECC_SECG_P256K1");
	await assert.rejects(kms.send(new DescribeKeyCommand({ KeyId: "00000000-0000-4000-8000-000000000000" })),
		{ name: "NotFoundException" });
	await assert.rejects(kms.send(new VerifyCommand({
		KeyId, Message: Buffer.alloc(32), MessageType: "DIGEST", Signature: Buffer.alloc(70), SigningAlgorithm: "ECDSA_SHA_256",
	})), { name: "KMSInvalidSignatureException" });
	await assert.rejects(kms.send(new SignCommand({ KeyId, Message: Buffer.alloc(5000), SigningAlgorithm: "ECDSA_SHA_256" })),
		{ name: "ValidationException" });
});

const { KeyId } = await create("ECC_SECG_P256K1");
const address = await addressOf(KeyId);

await step("ethers recovers the address of the public key", async () => {
	for (let i = 0; i < 10; i++)
		await ethSign(KeyId, keccak256(Buffer.from(`message ${i}`)), address);
});

await step("a transaction signed through KMS has this sender", async () => {
	const tx = Transaction.from({
		type: 2, chainId: 11155111, nonce: 7, to: "0x000000000000000000000000000000000000dEaD", value: 10n ** 15n,
		gasLimit: 21000n, maxFeePerGas: 30n * 10n ** 9n, maxPriorityFeePerGas: 10n ** 9n,
	});
	tx.signature = await ethSign(KeyId, tx.unsignedHash, address);
	assert.equal(Transaction.from(tx.serialized).from, address);
});

await step("viem recovers the same address", async () => {
	const hash = keccak256(Buffer.from("viem"));
	const { r, s, yParity } = await ethSign(KeyId, hash, address);
	assert.equal(await viemRecover({ hash, signature: { r, s, yParity } }), address);
});
