/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/sqlite.h"

#define KEY_COLUMNS                                         \
	"uuid, shard, slot, version, key_spec, key_usage, " \
	"key_state, account, created_ms, public_key, description"
#define API_KEY_COLUMNS "id, hash, label, created_ms, revoked"

/* clang-format off */
const char *const sqlite_sql[SQL_COUNT] = {
	[SQL_BEGIN_READ] = "BEGIN",
	[SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",

	[SQL_GET_IDENTITY] =
		"SELECT domain_id, shard_total FROM identity WHERE id = 1",
	[SQL_PUT_IDENTITY] =
		"INSERT INTO identity (id, domain_id, shard_total) "
		"VALUES (1, ?, ?)",

	[SQL_GET_SHARD] =
		"SELECT seq, root, depth FROM shards WHERE shard = ?",
	[SQL_PUT_SHARD] =
		"INSERT INTO shards (shard, seq, root, depth) "
		"VALUES (?, ?, ?, ?) ON CONFLICT (shard) DO UPDATE "
		"SET seq = excluded.seq, root = excluded.root, "
		"depth = max(depth, excluded.depth)",

	[SQL_GET_PREPARED] =
		"SELECT seq, pc FROM batches WHERE shard = ? AND state = 1",
	[SQL_PUT_BATCH] =
		"INSERT INTO batches (shard, seq, state, pc, nodes) "
		"VALUES (?, ?, 1, ?, ?)",
	[SQL_GET_NODES] =
		"SELECT nodes FROM batches "
		"WHERE shard = ? AND seq = ? AND state = 1",
	[SQL_COMMIT_BATCH] =
		"UPDATE batches SET state = 2, nodes = x'' "
		"WHERE shard = ? AND seq = ?",
	[SQL_FORGET_BATCHES] =
		"DELETE FROM batches WHERE shard = ? AND seq < ?",
	[SQL_DROP_BATCH] =
		"DELETE FROM batches WHERE shard = ? AND state = 1",

	[SQL_GET_VERSION] =
		"SELECT version FROM records "
		"WHERE shard = ? AND slot = ? AND current = 1",
	[SQL_STAGE_RECORD] =
		"INSERT INTO records (shard, slot, version, current, blob) "
		"VALUES (?, ?, ?, 0, ?)",
	[SQL_RETIRE_RECORDS] =
		"DELETE FROM records WHERE shard = ?1 AND current = 1 "
		"AND slot IN (SELECT slot FROM records "
		"WHERE shard = ?1 AND current = 0)",
	[SQL_FLIP_RECORDS] =
		"UPDATE records SET current = 1 "
		"WHERE shard = ? AND current = 0",
	[SQL_DROP_RECORDS] =
		"DELETE FROM records WHERE shard = ? AND current = 0",

	[SQL_STAGE_KEY] =
		"INSERT INTO keys_staged (gone, " KEY_COLUMNS ") "
		"VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_STAGE_GONE] =
		"INSERT INTO keys_staged (gone, uuid, shard) VALUES (1, ?, ?)",
	[SQL_RETIRE_KEYS] =
		"DELETE FROM keys WHERE uuid IN "
		"(SELECT uuid FROM keys_staged WHERE shard = ?)",
	[SQL_FLIP_KEYS] =
		"INSERT INTO keys (" KEY_COLUMNS ") "
		"SELECT " KEY_COLUMNS " FROM keys_staged "
		"WHERE shard = ? AND gone = 0",
	[SQL_DROP_KEYS] =
		"DELETE FROM keys_staged WHERE shard = ?",

	[SQL_PUT_NODE] =
		"INSERT INTO nodes (shard, level, idx, hash) "
		"VALUES (?, ?, ?, ?) ON CONFLICT (shard, level, idx) "
		"DO UPDATE SET hash = excluded.hash",
	[SQL_GET_NODE] =
		"SELECT hash FROM nodes "
		"WHERE shard = ? AND level = ? AND idx = ?",

	[SQL_GET_BLOB] =
		"SELECT blob FROM records "
		"WHERE shard = ? AND slot = ? AND current = 1",
	[SQL_GET_KEY] =
		"SELECT " KEY_COLUMNS " FROM keys WHERE uuid = ?",
	[SQL_LIST_KEYS] =
		"SELECT " KEY_COLUMNS " FROM keys "
		"WHERE account = ? AND uuid > ? ORDER BY uuid LIMIT ?",

	[SQL_ADD_API_KEY] =
		"INSERT INTO api_keys (" API_KEY_COLUMNS ") "
		"VALUES (?, ?, ?, ?, 0)",
	/* 'g' is above every digit, so this is the range of the prefix. */
	[SQL_FIND_API_KEYS] =
		"SELECT id FROM api_keys WHERE revoked = 0 "
		"AND id >= ?1 AND id < ?1 || 'g' LIMIT 2",
	[SQL_REVOKE_API_KEY] =
		"UPDATE api_keys SET revoked = 1 WHERE id = ?",
	[SQL_LIST_API_KEYS] =
		"SELECT " API_KEY_COLUMNS " FROM api_keys "
		"ORDER BY created_ms, id",
	[SQL_GET_API_KEY] =
		"SELECT " API_KEY_COLUMNS " FROM api_keys "
		"WHERE id = ? AND revoked = 0",
	[SQL_COUNT_API_KEYS] =
		"SELECT count(*) FROM api_keys",
};
/* clang-format on */
