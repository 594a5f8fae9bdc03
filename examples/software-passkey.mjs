// SPDX-License-Identifier: Apache-2.0
// A passkey in software, for trying things out in Node.js. A real one lives in an authenticator and asks its owner first.

import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { concat, fromBase64url, toBase64url } from "./wallet-client.mjs";

const sha256 = (data) => createHash("sha256").update(data).digest();
const PRESENT_AND_VERIFIED = 0x05, ATTESTED = 0x40;

// The CBOR that an attestation of nothing needs: heads of at most two length bytes.
function head(major, value) {
	if (value < 24)
		return Buffer.from([major << 5 | value]);
	return value < 256 ? Buffer.from([major << 5 | 24, value]) : Buffer.from([major << 5 | 25, value >> 8, value & 255]);
}
const number = (value) => value < 0 ? head(1, -1 - value) : head(0, value);
const bytes = (value) => concat(head(2, value.length), value);
const text = (value) => concat(head(3, value.length), Buffer.from(value));
const map = (...pairs) => concat(head(5, pairs.length), ...pairs.flat());

export class SoftwarePasskey {
	constructor(origin) {
		this.origin = origin;
		this.credentialId = randomBytes(16);
		this.count = 0;
		const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
		this.privateKey = privateKey;
		this.publicKey = publicKey.export({ type: "spki", format: "der" }).subarray(-65); // 0x04, x, y
	}

	#clientData(type, challenge) {
		return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }));
	}

	#authenticatorData(rpId, flags, tail = Buffer.alloc(0)) {
		const count = Buffer.alloc(4);
		count.writeUInt32BE(this.count);
		return concat(sha256(rpId), [flags], count, tail);
	}

	#credential(response) {
		const id = toBase64url(this.credentialId);
		const encoded = Object.fromEntries(Object.entries(response).map(([name, value]) => [name, toBase64url(value)]));
		return { id, rawId: id, type: "public-key", response: encoded, clientExtensionResults: {} };
	}

	async create({ rp, challenge }) {
		const key = map([number(1), number(2)], [number(3), number(-7)], [number(-1), number(1)],
			[number(-2), bytes(this.publicKey.subarray(1, 33))], [number(-3), bytes(this.publicKey.subarray(33))]);
		const credential = concat(Buffer.alloc(16), [0, this.credentialId.length], this.credentialId, key);
		const authData = this.#authenticatorData(rp.id, PRESENT_AND_VERIFIED | ATTESTED, credential);
		const attestationObject = map([text("fmt"), text("none")], [text("attStmt"), map()], [text("authData"), bytes(authData)]);
		return this.#credential({ clientDataJSON: this.#clientData("webauthn.create", challenge), attestationObject });
	}

	async get({ rpId, challenge }) {
		this.count++;
		const clientDataJSON = this.#clientData("webauthn.get", challenge);
		const authenticatorData = this.#authenticatorData(rpId, PRESENT_AND_VERIFIED);
		const signature = sign("sha256", concat(authenticatorData, sha256(clientDataJSON)), this.privateKey);
		return this.#credential({ clientDataJSON, authenticatorData, signature });
	}
}

// Its public key as it came out of create(): the last 64 bytes of the attestation, around CBOR's "-3: 32 bytes".
export function publicKeyOf(credential) {
	const object = fromBase64url(credential.response.attestationObject);
	return concat([4], object.slice(-67, -35), object.slice(-32));
}
