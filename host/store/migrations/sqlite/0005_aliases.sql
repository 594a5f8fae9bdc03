-- SPDX-License-Identifier: Apache-2.0
-- Names that people give to keys. They go with the key, which finishing a batch
-- sees to: a row of keys is also written anew.
CREATE TABLE aliases (
	account INTEGER NOT NULL,
	name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 256),
	uuid BLOB NOT NULL CHECK (length(uuid) = 16),
	created_ms INTEGER NOT NULL,
	updated_ms INTEGER NOT NULL,
	PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_key ON aliases (uuid, name);
