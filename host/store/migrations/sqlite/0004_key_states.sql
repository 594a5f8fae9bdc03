-- SPDX-License-Identifier: Apache-2.0
-- States of keys change.

-- When a key is deleted whose state is pending deletion; else NULL.
ALTER TABLE keys ADD COLUMN delete_after_ms INTEGER;
CREATE INDEX keys_due ON keys (delete_after_ms, uuid) WHERE key_state = 3;

-- What prepared batches do to keys that exist.
CREATE TABLE key_edits_staged (
	uuid BLOB PRIMARY KEY NOT NULL CHECK (length(uuid) = 16),
	shard INTEGER NOT NULL,
	version INTEGER NOT NULL,
	key_state INTEGER NOT NULL,
	delete_after_ms INTEGER
) STRICT;
CREATE INDEX key_edits_staged_shard ON key_edits_staged (shard);
