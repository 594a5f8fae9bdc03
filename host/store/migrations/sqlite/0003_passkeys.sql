-- SPDX-License-Identifier: Apache-2.0
-- Every passkey of a wallet, in the order in which they came. What wallets had
-- of one of them moves here.

CREATE TABLE passkeys (
	id INTEGER PRIMARY KEY,
	uuid BLOB NOT NULL REFERENCES wallets (uuid) ON DELETE CASCADE,
	passkey_pubkey TEXT NOT NULL,
	credential_id TEXT,
	UNIQUE (uuid, passkey_pubkey)
) STRICT;
CREATE INDEX passkeys_in_order ON passkeys (uuid, id);
INSERT INTO passkeys (uuid, passkey_pubkey, credential_id)
	SELECT uuid, passkey_pubkey, credential_id FROM wallets
	WHERE passkey_pubkey IS NOT NULL;
ALTER TABLE wallets DROP COLUMN passkey_pubkey;
ALTER TABLE wallets DROP COLUMN credential_id;
-- The TEE counts for itself.
ALTER TABLE wallets DROP COLUMN sign_count;

-- Which passkey comes, and which goes, tells how many there are.
ALTER TABLE wallets_staged DROP COLUMN passkey_delta;
