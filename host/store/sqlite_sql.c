/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/sqlite.h"

#define KEY_COLUMNS                                         \
	"uuid, shard, slot, version, key_spec, key_usage, " \
	"key_state, account, created_ms, public_key, description, kind"
/* What a batch has no new row for comes by an edit. */
#define KEY_ROW KEY_COLUMNS ", delete_after_ms"
#define WALLET_COLUMNS                                                        \
	"w.uuid, k.shard, k.slot, w.vault_slot, k.public_key, w.address, "    \
	"w.description, p.credential_id, w.key_usage, w.key_spec, w.origin, " \
	"p.passkey_pubkey, w.passkey_count, w.bind_level, "                   \
	"w.rp_id, w.lifecycle_status, w.delete_after_ms, k.created_ms, "      \
	"w.last_used_ms, w.created_at"
/*
 * Without its row of keys a wallet is not there yet. Of its passkeys, the one
 * that came first.
 */
#define WALLETS                                                 \
	"wallets AS w CROSS JOIN keys AS k ON k.uuid = w.uuid " \
	"LEFT JOIN passkeys AS p ON p.id = (SELECT min(id) "    \
	"FROM passkeys WHERE uuid = w.uuid)"
/* ETH_PATH_FIRST as SQL writes it. */
#define PATH_FIRST	"m/44''/60''/0''/0/0"
#define ALIAS_COLUMNS	"name, uuid, account, created_ms, updated_ms"
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
		"VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	/* A wallet and its vault end together and have one uuid. */
	[SQL_STAGE_GONE] =
		"INSERT INTO keys_staged (gone, uuid, shard) VALUES (1, ?, ?) "
		"ON CONFLICT (uuid) DO UPDATE SET gone = 1",
	[SQL_RETIRE_KEYS] =
		"DELETE FROM keys WHERE uuid IN "
		"(SELECT uuid FROM keys_staged WHERE shard = ?)",
	[SQL_FLIP_KEYS] =
		"INSERT INTO keys (" KEY_COLUMNS ") "
		"SELECT " KEY_COLUMNS " FROM keys_staged "
		"WHERE shard = ? AND gone = 0",
	[SQL_STAGE_KEY_EDIT] =
		"INSERT INTO key_edits_staged "
		"(uuid, shard, version, key_state, delete_after_ms) "
		"VALUES (?, ?, ?, ?, ?)",
	[SQL_FLIP_KEY_EDITS] =
		"UPDATE keys SET version = s.version, "
		"key_state = s.key_state, delete_after_ms = s.delete_after_ms "
		"FROM key_edits_staged AS s "
		"WHERE s.shard = ? AND keys.uuid = s.uuid",
	[SQL_DROP_KEY_EDITS] =
		"DELETE FROM key_edits_staged WHERE shard = ?",
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
		"SELECT " KEY_ROW " FROM keys WHERE uuid = ?",
	[SQL_LIST_KEYS] =
		"SELECT " KEY_ROW " FROM keys "
		"WHERE account = ? AND uuid > ? ORDER BY uuid LIMIT ?",
	/* 3 is KEY_STATE_PENDING_DELETION, 1 is STORE_KEY. */
	[SQL_LIST_DUE_KEYS] =
		"SELECT " KEY_ROW " FROM keys "
		"WHERE key_state = 3 AND kind = 1 AND delete_after_ms <= ? "
		"AND (delete_after_ms, uuid) > (?, ?) "
		"ORDER BY delete_after_ms, uuid LIMIT ?",

	[SQL_PUT_DESCRIPTION] =
		"UPDATE keys SET description = ?1 "
		"WHERE uuid = ?2 AND account = ?3",
	[SQL_STAGE_DESCRIPTION] =
		"UPDATE keys_staged SET description = ?1 "
		"WHERE uuid = ?2 AND account = ?3",

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
		"SELECT count(*), count(*) FILTER (WHERE revoked = 0) "
		"FROM api_keys",

	/* Of a key that the account has. */
	[SQL_ADD_ALIAS] =
		"INSERT INTO aliases "
		"(account, name, uuid, created_ms, updated_ms) "
		"SELECT ?1, ?2, uuid, ?4, ?4 FROM keys "
		"WHERE uuid = ?3 AND account = ?1",
	[SQL_MOVE_ALIAS] =
		"UPDATE aliases SET uuid = ?3, "
		"updated_ms = max(updated_ms, ?4) "
		"WHERE account = ?1 AND name = ?2 AND EXISTS "
		"(SELECT 1 FROM keys WHERE uuid = ?3 AND account = ?1)",
	[SQL_DELETE_ALIAS] =
		"DELETE FROM aliases WHERE account = ? AND name = ?",
	[SQL_COUNT_ALIASES] =
		"SELECT count(*) FROM aliases WHERE uuid = ?",
	[SQL_GET_ALIAS] =
		"SELECT " ALIAS_COLUMNS " FROM aliases "
		"WHERE account = ? AND name = ?",
	[SQL_LIST_ALIASES] =
		"SELECT " ALIAS_COLUMNS " FROM aliases "
		"WHERE account = ? AND name > ? ORDER BY name LIMIT ?",
	[SQL_LIST_KEY_ALIASES] =
		"SELECT " ALIAS_COLUMNS " FROM aliases "
		"INDEXED BY aliases_key WHERE account = ?1 AND name > ?2 "
		"AND uuid = ?4 ORDER BY name LIMIT ?3",
	[SQL_RETIRE_ALIASES] =
		"DELETE FROM aliases WHERE uuid IN (SELECT uuid "
		"FROM keys_staged WHERE shard = ? AND gone = 1)",

	[SQL_HAS_KEY] =
		"SELECT 1 FROM keys WHERE uuid = ? AND account = ?",
	[SQL_PUT_TAG] =
		"INSERT INTO tags (uuid, tag_key, value) VALUES (?, ?, ?) "
		"ON CONFLICT (uuid, tag_key) "
		"DO UPDATE SET value = excluded.value",
	[SQL_REMOVE_TAG] =
		"DELETE FROM tags WHERE uuid = ? AND tag_key = ?",
	[SQL_COUNT_TAGS] =
		"SELECT count(*) FROM tags WHERE uuid = ?",
	[SQL_LIST_TAGS] =
		"SELECT tag_key, value FROM tags "
		"WHERE uuid = ?1 AND tag_key > ?2 "
		"AND EXISTS (SELECT 1 FROM keys WHERE uuid = ?1) "
		"ORDER BY tag_key LIMIT ?3",
	[SQL_RETIRE_TAGS] =
		"DELETE FROM tags WHERE uuid IN (SELECT uuid "
		"FROM keys_staged WHERE shard = ? AND gone = 1)",
	/* Of a key that is not there yet. */
	[SQL_UNDO_TAGS] =
		"DELETE FROM tags WHERE uuid IN (SELECT uuid "
		"FROM keys_staged AS s WHERE shard = ? AND NOT EXISTS "
		"(SELECT 1 FROM keys WHERE uuid = s.uuid))",

	[SQL_ADD_WALLET] =
		"INSERT INTO wallets (key_id, uuid, vault_slot, address, "
		"public_key, derivation_path, description, key_usage, "
		"key_spec, origin, bind_level, rp_id, created_at, last_used_ms) "
		"VALUES (?, ?, ?, ?, ?, '" PATH_FIRST "', "
		"?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_ADD_PASSKEY] =
		"INSERT INTO passkeys (uuid, passkey_pubkey, credential_id) "
		"VALUES (?, ?, ?)",
	[SQL_STAGE_NEW_WALLET] =
		"INSERT INTO wallets_staged (uuid, shard, fresh) "
		"VALUES (?, ?, 1)",
	[SQL_STAGE_EDIT] =
		"INSERT INTO wallets_staged (uuid, shard, fresh, "
		"lifecycle_status, delete_after_ms, last_used_ms, "
		"passkey_pubkey, credential_id, passkey_gone) "
		"VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?)",
	[SQL_RETIRE_WALLETS] =
		"DELETE FROM wallets WHERE uuid IN (SELECT uuid "
		"FROM keys_staged WHERE shard = ? AND gone = 1)",
	[SQL_FLIP_WALLETS] =
		"UPDATE wallets SET status = 'ready', "
		"lifecycle_status = "
		"coalesce(s.lifecycle_status, wallets.lifecycle_status), "
		"delete_after_ms = CASE WHEN s.lifecycle_status IS NULL "
		"THEN wallets.delete_after_ms ELSE s.delete_after_ms END, "
		"last_used_ms = max(coalesce(s.last_used_ms, 0), "
		"coalesce(wallets.last_used_ms, 0)), "
		"passkey_count = wallets.passkey_count "
		"+ (s.passkey_pubkey IS NOT NULL) "
		"- (s.passkey_gone IS NOT NULL) "
		"FROM wallets_staged AS s "
		"WHERE s.shard = ? AND wallets.uuid = s.uuid",
	[SQL_RETIRE_PASSKEYS] =
		"DELETE FROM passkeys WHERE (uuid, passkey_pubkey) IN "
		"(SELECT uuid, passkey_gone FROM wallets_staged "
		"WHERE shard = ? AND passkey_gone IS NOT NULL)",
	[SQL_FLIP_PASSKEYS] =
		"INSERT INTO passkeys (uuid, passkey_pubkey, credential_id) "
		"SELECT uuid, passkey_pubkey, credential_id "
		"FROM wallets_staged "
		"WHERE shard = ? AND passkey_pubkey IS NOT NULL "
		"ON CONFLICT (uuid, passkey_pubkey) DO UPDATE "
		"SET credential_id = excluded.credential_id",
	[SQL_UNDO_WALLETS] =
		"DELETE FROM wallets WHERE uuid IN (SELECT uuid "
		"FROM wallets_staged WHERE shard = ? AND fresh = 1)",
	[SQL_DROP_WALLETS] =
		"DELETE FROM wallets_staged WHERE shard = ?",

	[SQL_GET_WALLET] =
		"SELECT " WALLET_COLUMNS " FROM " WALLETS " WHERE w.uuid = ?",
	[SQL_LIST_PASSKEYS] =
		"SELECT passkey_pubkey, credential_id FROM passkeys "
		"WHERE uuid = ? ORDER BY id",
	[SQL_LIST_WALLETS] =
		"SELECT " WALLET_COLUMNS " FROM " WALLETS " "
		"WHERE (w.created_at, w.uuid) > (?, ?) "
		"ORDER BY w.created_at, w.uuid LIMIT ?",
	[SQL_LIST_DORMANT] =
		"SELECT " WALLET_COLUMNS " FROM " WALLETS " "
		"WHERE w.lifecycle_status = 'active' AND w.last_used_ms < ? "
		"AND (w.last_used_ms, w.uuid) > (?, ?) "
		"ORDER BY w.last_used_ms, w.uuid LIMIT ?",
	[SQL_LIST_DUE] =
		"SELECT " WALLET_COLUMNS " FROM " WALLETS " "
		"WHERE w.lifecycle_status = 'pending_deletion' "
		"AND w.delete_after_ms <= ? "
		"AND (w.delete_after_ms, w.uuid) > (?, ?) "
		"ORDER BY w.delete_after_ms, w.uuid LIMIT ?",
	[SQL_COUNT_WALLETS] =
		"SELECT count(*), count(address), "
		"count(*) FILTER (WHERE passkey_count > 0), "
		"count(*) FILTER (WHERE lifecycle_status = 'frozen'), "
		"count(*) FILTER "
		"(WHERE lifecycle_status = 'pending_deletion') "
		"FROM wallets WHERE status <> 'creating'",

	[SQL_ADD_ADDRESS] =
		"INSERT INTO address_index "
		"(address, key_id, derivation_path, public_key) "
		"SELECT ?, key_id, ?, ? FROM wallets WHERE uuid = ? "
		"ON CONFLICT (address) DO UPDATE "
		"SET derivation_path = excluded.derivation_path",
	[SQL_GET_ADDRESS] =
		"SELECT w.uuid, a.derivation_path, a.public_key "
		"FROM address_index AS a "
		"CROSS JOIN wallets AS w ON w.key_id = a.key_id "
		"WHERE a.address = ? AND w.status <> 'creating'",

	[SQL_NOTE_USE] =
		"UPDATE wallets SET "
		"last_used_ms = max(coalesce(last_used_ms, 0), ?2) "
		"WHERE uuid = ?1",
	[SQL_ADD_COUNT] =
		"INSERT INTO counters (name, value) VALUES (?, ?) "
		"ON CONFLICT (name) DO UPDATE "
		"SET value = value + excluded.value",
	[SQL_GET_COUNT] =
		"SELECT value FROM counters WHERE name = ?",
};
/* clang-format on */
