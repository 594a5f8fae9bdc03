-- SPDX-License-Identifier: Apache-2.0
-- Tags of keys, also of those that a prepared batch makes, which are not
-- visible yet.
CREATE TABLE tags (
	uuid BLOB NOT NULL CHECK (length(uuid) = 16),
	tag_key TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (uuid, tag_key)
) STRICT, WITHOUT ROWID;
