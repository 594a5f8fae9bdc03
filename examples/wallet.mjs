// SPDX-License-Identifier: Apache-2.0
// The life of a wallet in a minute, with a passkey in software.
//
//   make run                          # in another terminal
//   node examples/wallet.mjs [http://127.0.0.1:8080]

import { createHash } from "node:crypto";
import { SoftwarePasskey } from "./software-passkey.mjs";
import { Wallet } from "./wallet-client.mjs";

const server = process.argv[2] ?? "http://127.0.0.1:8080";
const passkey = new SoftwarePasskey(server.replace("127.0.0.1", "localhost"));

const wallet = await Wallet.register(server, passkey, { description: "my first wallet" });
console.log("wallet   ", wallet.keyId);

const { Address } = await wallet.address(0);
console.log("address  ", Address);
console.log("another  ", (await wallet.address(1)).Address);

const hash = createHash("sha256").update("hello").digest();
console.log("signature", (await wallet.signHash(hash)).Signature);

// Without the owner nothing goes: this asks for the same once more, without a passkey.
await wallet.call("SignHash", { Hash: hash.toString("hex") }).catch((err) => console.log("refused  ", err.message));

// A lost phone: a second passkey, added in time, replaces the first one.
const spare = new SoftwarePasskey(passkey.origin);
await wallet.addPasskey(spare.publicKey, spare.credentialId);
wallet.passkey = spare;
await wallet.removePasskey(passkey.publicKey);
console.log("passkeys ", (await wallet.describe()).PasskeyCount);

const { DeletionDate } = await wallet.delete(7);
console.log("deleted  ", DeletionDate, "unless its owner cancels");
await wallet.cancelDeletion();
await wallet.delete();
console.log("deleted   now");
