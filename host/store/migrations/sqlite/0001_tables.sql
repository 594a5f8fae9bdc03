-- SPDX-License-Identifier: Apache-2.0
-- Everything in here is ciphertext or public. Integers are signed 64 bits.

-- The key domain this database belongs to.
CREATE TABLE identity (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	domain_id BLOB NOT NULL CHECK (length(domain_id) = 16),
	shard_total INTEGER NOT NULL
) STRICT;

-- The newest finished batch of each shard.
CREATE TABLE shards (
	shard INTEGER PRIMARY KEY,
	seq INTEGER NOT NULL,
	root BLOB NOT NULL CHECK (length(root) = 32),
	depth INTEGER NOT NULL CHECK (depth BETWEEN 0 AND 24)
) STRICT;

-- state 1: prepared, waits for the TEE; 2: committed, kept for diagnosis.
CREATE TABLE batches (
	shard INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	state INTEGER NOT NULL CHECK (state IN (1, 2)),
	pc BLOB NOT NULL,
	nodes BLOB NOT NULL,
	PRIMARY KEY (shard, seq)
) STRICT;
CREATE UNIQUE INDEX batches_prepared ON batches (shard) WHERE state = 1;

-- current 0: written by the prepared batch of the shard, not visible yet.
CREATE TABLE records (
	id INTEGER PRIMARY KEY,
	shard INTEGER NOT NULL,
	slot INTEGER NOT NULL,
	version INTEGER NOT NULL,
	current INTEGER NOT NULL CHECK (current IN (0, 1)),
	blob BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX records_current ON records (shard, slot)
	WHERE current = 1;
CREATE UNIQUE INDEX records_staged ON records (shard, slot)
	WHERE current = 0;

-- A cache: every hash follows from the blobs.
CREATE TABLE nodes (
	shard INTEGER NOT NULL,
	level INTEGER NOT NULL,
	idx INTEGER NOT NULL,
	hash BLOB NOT NULL CHECK (length(hash) = 32),
	PRIMARY KEY (shard, level, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
	uuid BLOB PRIMARY KEY NOT NULL CHECK (length(uuid) = 16),
	shard INTEGER NOT NULL,
	slot INTEGER NOT NULL,
	version INTEGER NOT NULL,
	key_spec INTEGER NOT NULL,
	key_usage INTEGER NOT NULL,
	key_state INTEGER NOT NULL,
	account INTEGER NOT NULL,
	created_ms INTEGER NOT NULL,
	public_key BLOB NOT NULL,
	description TEXT NOT NULL
) STRICT;
CREATE INDEX keys_account ON keys (account, uuid);

-- Rows of prepared batches; gone 1: the batch deletes the key.
CREATE TABLE keys_staged (
	uuid BLOB PRIMARY KEY NOT NULL CHECK (length(uuid) = 16),
	shard INTEGER NOT NULL,
	gone INTEGER NOT NULL CHECK (gone IN (0, 1)),
	slot INTEGER,
	version INTEGER,
	key_spec INTEGER,
	key_usage INTEGER,
	key_state INTEGER,
	account INTEGER,
	created_ms INTEGER,
	public_key BLOB,
	description TEXT
) STRICT;
CREATE INDEX keys_staged_shard ON keys_staged (shard);

-- The key itself is not kept: id is its first 8 digits, hash its SHA-256.
CREATE TABLE api_keys (
	id TEXT PRIMARY KEY NOT NULL CHECK (length(id) = 8),
	hash BLOB NOT NULL CHECK (length(hash) = 32),
	label TEXT NOT NULL,
	created_ms INTEGER NOT NULL,
	revoked INTEGER NOT NULL CHECK (revoked IN (0, 1))
) STRICT;
CREATE INDEX api_keys_live ON api_keys (id) WHERE revoked = 0;
