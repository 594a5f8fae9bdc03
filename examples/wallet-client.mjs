// SPDX-License-Identifier: Apache-2.0
// A client of the wallet routes for browsers and Node.js, without dependencies. docs/passkeys.md tells what it computes.
//
//   const wallet = await Wallet.register("http://127.0.0.1:8080", passkey);
//   const { Signature } = await wallet.signHash(hash);
//
// A passkey has two methods, create(options) and get(options), which take the options that the server offers and give
// what PublicKeyCredential.toJSON() gives. browserPasskey below is the real one.

const { subtle } = globalThis.crypto ?? (await import("node:crypto")).webcrypto;

const OP = { delete: 2, addPasskey: 8, removePasskey: 9, changePasskey: 10, unfreeze: 12, scheduleDeletion: 13, cancelDeletion: 14,
	sign: 0x20, address: 0x25 };
const USE = { hash: 1, message: 2, eip191: 3, transaction: 4 };

const utf8 = (text) => new TextEncoder().encode(text);
export const toHex = (bytes) => "0x" + Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
export const fromHex = (text) => Uint8Array.from(text.replace(/^0x/, "").match(/../g) ?? [], (pair) => parseInt(pair, 16));
export const toBase64url = (bytes) =>
	btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
export const fromBase64url = (text) =>
	Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

export function concat(...parts) {
	const all = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

export async function sha256(bytes) {
	return new Uint8Array(await subtle.digest("SHA-256", bytes));
}

// Big-endian.
const uint = (value, size) => Uint8Array.from({ length: size }, (_, i) => (value / 256 ** (size - 1 - i)) & 255);

// What one gesture allows, as bytes.
export async function intent(op, keyId, rpId, { index, use, digest, passkey, credentialId, days } = {}) {
	const ofAnAddress = op === OP.sign || op === OP.address;
	const items = [
		[1, uint(op, 1)],
		[2, fromHex(keyId.replaceAll("-", ""))],
		[3, await sha256(utf8(rpId))],
		[4, ofAnAddress && uint(0, 4)],
		[5, ofAnAddress && uint(index, 4)],
		[6, use && uint(use, 1)],
		[7, digest],
		[8, passkey && passkey.slice(1)],
		[9, credentialId && await sha256(credentialId)],
		[10, days && uint(days, 2)],
	];
	return concat(utf8("teekms/intent/2"), ...items.filter(([, value]) => value)
		.map(([tag, value]) => concat(uint(tag, 1), uint(value.length, 2), value)));
}

// What the passkey signs: it commits to the server's nonce and to the intent.
export async function challengeOf(nonce, bytes) {
	return sha256(concat(utf8("teekms/chal/2"), nonce, await sha256(bytes)));
}

// navigator.credentials, from and to JSON.
export const browserPasskey = {
	async create(options) {
		const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
		return (await navigator.credentials.create({ publicKey })).toJSON();
	},
	async get(options) {
		const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
		return (await navigator.credentials.get({ publicKey })).toJSON();
	},
};

export class KmsError extends Error {
	constructor(status, body) {
		super(`${status} ${body.code}: ${body.error}`);
		Object.assign(this, { status, code: body.code });
	}
}

export async function call(server, operation, members, apiKey) {
	const answer = await fetch(`${server}/${operation}`, {
		method: "POST",
		headers: { "content-type": "application/json", ...(apiKey && { "x-api-key": apiKey }) },
		body: JSON.stringify(members),
	});
	const body = await answer.json();
	if (!answer.ok)
		throw new KmsError(answer.status, body);
	return body;
}

export class Wallet {
	constructor(server, passkey, keyId, apiKey) {
		Object.assign(this, { server, passkey, keyId, apiKey });
	}

	// Makes a passkey and the wallet that obeys it.
	static async register(server, passkey, { description = "", apiKey } = {}) {
		const { ChallengeId, Options } = await call(server, "BeginRegistration", { Description: description }, apiKey);
		const Credential = await passkey.create(Options);
		const { KeyId } = await call(server, "CompleteRegistration", { ChallengeId, Credential }, apiKey);
		return new Wallet(server, passkey, KeyId, apiKey);
	}

	call(operation, members) {
		return call(this.server, operation, { KeyId: this.keyId, ...members }, this.apiKey);
	}

	async describe() {
		return (await this.call("DescribeKey")).KeyMetadata;
	}

	// One ceremony: the passkey consents to exactly this.
	async consent(op, items) {
		const { ChallengeId, Options } = await this.call("BeginAuthentication");
		const bytes = await intent(op, this.keyId, Options.rpId, items);
		const challenge = toBase64url(await challengeOf(fromBase64url(Options.challenge), bytes));
		return { ChallengeId, Credential: await this.passkey.get({ ...Options, challenge }) };
	}

	async owned(operation, members, op, items) {
		return this.call(operation, { ...members, WebAuthn: await this.consent(op, items) });
	}

	#signed(operation, members, index, use, digest) {
		const DerivationPath = `m/44'/60'/0'/0/${index}`;
		return this.owned(operation, { DerivationPath, ...members }, OP.sign, { index, use, digest });
	}

	// Gives Address and PublicKey.
	address(index = 0) {
		return this.owned("DeriveAddress", { DerivationPath: `m/44'/60'/0'/0/${index}` }, OP.address, { index });
	}

	signHash(hash, index = 0) {
		return this.#signed("SignHash", { Hash: toHex(hash) }, index, USE.hash, hash);
	}

	// keccak: Keccak-256 of the message; eip191: what personal_sign hashes. The TEE computes it itself and compares.
	signMessage(message, keccak, index = 0) {
		return this.#signed("Sign", { Message: toHex(message) }, index, USE.message, keccak);
	}

	signPersonalMessage(message, eip191, index = 0) {
		return this.#signed("Sign", { Message: toHex(message), MessageType: "EIP191" }, index, USE.eip191, eip191);
	}

	// digest: the hash of the unsigned transaction, as ethers and viem compute it. Signature is what a node takes.
	signTransaction(transaction, digest, index = 0) {
		return this.#signed("Sign", { Transaction: transaction }, index, USE.transaction, digest);
	}

	// Of 65 bytes, 0x04 first.
	#withPasskey(operation, op, passkey, credentialId) {
		const members = { PasskeyPublicKey: toHex(passkey), ...(credentialId && { CredentialId: toBase64url(credentialId) }) };
		return this.owned(operation, members, op, { passkey, credentialId });
	}

	addPasskey(passkey, credentialId) {
		return this.#withPasskey("AddPasskey", OP.addPasskey, passkey, credentialId);
	}

	removePasskey(passkey) {
		return this.#withPasskey("RemovePasskey", OP.removePasskey, passkey);
	}

	changePasskey(passkey, credentialId) {
		return this.#withPasskey("ChangePasskey", OP.changePasskey, passkey, credentialId);
	}

	unfreeze() {
		return this.owned("UnfreezeKey", {}, OP.unfreeze);
	}

	// 7 to 30 days; without, at once and for good.
	delete(days) {
		return days ? this.owned("DeleteKey", { PendingWindowInDays: days }, OP.scheduleDeletion, { days })
			: this.owned("DeleteKey", {}, OP.delete);
	}

	cancelDeletion() {
		return this.owned("CancelKeyDeletion", {}, OP.cancelDeletion);
	}
}
