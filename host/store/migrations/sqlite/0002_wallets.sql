-- SPDX-License-Identifier: Apache-2.0
-- Wallets. Columns that others know have the names they know.

-- 1: a key, 2: the first address of a wallet.
ALTER TABLE keys ADD COLUMN kind INTEGER NOT NULL DEFAULT 1
	CHECK (kind IN (1, 2));
ALTER TABLE keys_staged ADD COLUMN kind INTEGER DEFAULT 1;

-- status 'creating': written by a prepared batch, not visible yet. shard, slot
-- and time are in the row of keys.
CREATE TABLE wallets (
	key_id TEXT PRIMARY KEY NOT NULL,
	uuid BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
	vault_slot INTEGER NOT NULL,
	address TEXT,
	public_key TEXT,
	derivation_path TEXT,
	description TEXT NOT NULL DEFAULT '',
	key_usage TEXT NOT NULL DEFAULT 'SIGN_VERIFY',
	key_spec TEXT NOT NULL DEFAULT 'ECC_SECG_P256K1',
	origin TEXT NOT NULL DEFAULT 'EXTERNAL_KMS',
	passkey_pubkey TEXT,
	credential_id TEXT,
	passkey_count INTEGER NOT NULL DEFAULT 1,
	sign_count INTEGER NOT NULL DEFAULT 0,
	bind_level INTEGER NOT NULL,
	rp_id TEXT NOT NULL,
	status TEXT NOT NULL DEFAULT 'creating',
	error_msg TEXT,
	created_at TEXT NOT NULL,
	lifecycle_status TEXT NOT NULL DEFAULT 'active',
	delete_after_ms INTEGER,
	last_used_ms INTEGER
) STRICT;
CREATE INDEX wallets_created ON wallets (created_at, uuid);
CREATE INDEX wallets_dormant ON wallets (last_used_ms, uuid)
	WHERE lifecycle_status = 'active';
CREATE INDEX wallets_due ON wallets (delete_after_ms, uuid)
	WHERE lifecycle_status = 'pending_deletion';

-- What prepared batches do to wallets. fresh 1: the row is the batch's own;
-- else NULL means: as it is.
CREATE TABLE wallets_staged (
	uuid BLOB PRIMARY KEY NOT NULL CHECK (length(uuid) = 16),
	shard INTEGER NOT NULL,
	fresh INTEGER NOT NULL CHECK (fresh IN (0, 1)),
	lifecycle_status TEXT,
	delete_after_ms INTEGER,
	last_used_ms INTEGER,
	passkey_delta INTEGER NOT NULL DEFAULT 0,
	passkey_pubkey TEXT,
	credential_id TEXT,
	passkey_gone TEXT
) STRICT;
CREATE INDEX wallets_staged_shard ON wallets_staged (shard);

CREATE TABLE address_index (
	address TEXT PRIMARY KEY NOT NULL,
	key_id TEXT NOT NULL REFERENCES wallets (key_id) ON DELETE CASCADE,
	derivation_path TEXT NOT NULL,
	public_key TEXT
) STRICT;
CREATE INDEX address_index_key ON address_index (key_id);

CREATE TABLE counters (
	name TEXT PRIMARY KEY NOT NULL,
	value INTEGER NOT NULL
) STRICT;
