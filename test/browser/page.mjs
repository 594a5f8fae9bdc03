// SPDX-License-Identifier: Apache-2.0
// What the test calls on its page: the example's client, with the browser's own passkeys.

import { browserPasskey, call, concat, fromBase64url, fromHex, sha256, toBase64url, Wallet } from "/wallet-client.mjs";

const server = "/kms";

// Remembers what the browser made, for the test to look at.
export const made = [];
const passkey = {
	async create(options) {
		made.push(await browserPasskey.create(options));
		return made.at(-1);
	},
	async get(options) {
		made.push(await browserPasskey.get(options));
		return made.at(-1);
	},
};
export const lastClientData = () => new TextDecoder().decode(fromBase64url(made.at(-1).response.clientDataJSON));
export const lastAuthenticatorData = () => Array.from(fromBase64url(made.at(-1).response.authenticatorData));

// What clients of binding level 1 put into the challenge: hashed with the digest for a signature, else the nonce itself.
class ReferenceWallet extends Wallet {
	async consent(op, items) {
		if ([8, 9, 14].includes(op))
			return super.consent(op, items);
		const { ChallengeId, Options } = await this.call("BeginAuthentication");
		const nonce = fromBase64url(Options.challenge);
		const challenge = items?.digest ? toBase64url(await sha256(concat(nonce, items.digest))) : Options.challenge;
		return { ChallengeId, Credential: await this.passkey.get({ ...Options, challenge }) };
	}
}

export async function register(apiKey) {
	return (await Wallet.register(server, passkey, { description: "from a browser", apiKey })).keyId;
}

export function wallet(keyId, style, apiKey) {
	return new (style === "reference" ? ReferenceWallet : Wallet)(server, passkey, keyId, apiKey);
}

// A passkey more: made here, its wallet is the one that takes it. Gives its point and id.
export async function newPasskey(apiKey) {
	const { Options } = await call(server, "BeginRegistration", {}, apiKey);
	const { id, response } = await passkey.create(Options);
	return [fromBase64url(response.publicKey).slice(-65), fromBase64url(id)];
}

// The same wallet, but its browser does not ask the owner who he is.
export function careless(keyId, apiKey) {
	const lax = { get: (options) => passkey.get({ ...options, userVerification: "discouraged" }) };
	return new Wallet(server, lax, keyId, apiKey);
}

export { fromHex };
