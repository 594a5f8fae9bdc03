/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk: small writes of any thread, and what the committer notes down.
 *
 * A lost power takes the last of them along. That is all right: an address
 * can be derived again, and a count is a count.
 */
#include "host/store/sqlite.h"

#include "codec/eth_path.h"

#include <string.h>

enum kms_rc sqlite_put_address(struct sqlite_conn *c,
			       const struct store_address *a)
{
	char path[ETH_PATH_LEN + 1];
	char key[ETH_KEY_TEXT_LEN + 1];
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	eth_path_put(path, &(struct eth_path){ a->account, a->index });
	eth_address_put_key(key, a->public_key);
	query_start(&q, c, SQL_ADD_ADDRESS);
	query_put_text(&q, a->address);
	query_put_text(&q, path);
	query_put_text(&q, key);
	query_put_blob(&q, a->uuid, sizeof(a->uuid));
	rc = query_run(&q);
	if (!rc && !sqlite3_changes(c->db))
		rc = KMS_RC_NOT_FOUND;
	return rc;
}

enum kms_rc sqlite_add_address(struct store *base,
			       const struct store_address *a)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = KMS_RC_INTERNAL;

	pthread_mutex_lock(&s->desk_lock);
	rc = sqlite_put_address(&s->desk, a);
	pthread_mutex_unlock(&s->desk_lock);
	return rc;
}

static bool read_path(struct store_address *out, const char *text)
{
	struct eth_path path = { 0 };

	if (eth_path_get(&path, bytes_of_text(text)))
		return false;
	out->account = path.account;
	out->index = path.index;
	return true;
}

enum kms_rc sqlite_get_address(struct store_reader *base,
			       struct store_address *out, const char *address)
{
	struct sqlite_conn *c = &sqlite_reader_of(base)->conn;
	char path[ETH_PATH_LEN + 1] = { 0 };
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_GET_ADDRESS);
	query_put_text(&q, address);
	rc = query_next(&q);
	if (!rc)
		rc = query_fix(&q, 0, out->uuid, sizeof(out->uuid));
	if (!rc)
		rc = query_text(&q, 1, path, sizeof(path));
	if (!rc)
		rc = query_text(&q, 2, out->key_text, sizeof(out->key_text));
	if (!rc && !read_path(out, path))
		rc = sqlite_conn_fail(c, SQLITE_CORRUPT);
	query_end(&q);
	return rc;
}

static enum kms_rc note_use(struct sqlite_conn *c, const struct store_use *u)
{
	struct query q = { 0 };

	query_start(&q, c, SQL_NOTE_USE);
	query_put_blob(&q, u->uuid, sizeof(u->uuid));
	query_put_int(&q, (uint64_t)u->last_used_ms);
	return query_run(&q);
}

static enum kms_rc add_count(struct sqlite_conn *c, const struct store_count *n)
{
	struct query q = { 0 };

	query_start(&q, c, SQL_ADD_COUNT);
	query_put_text(&q, n->name);
	query_put_int(&q, n->value);
	return query_run(&q);
}

enum kms_rc sqlite_note(struct store *base, const struct store_use *uses,
			size_t use_count, const struct store_count *counts,
			size_t count_count)
{
	struct sqlite_store *s = sqlite_of(base);
	struct sqlite_conn *c = &s->lazy;
	enum kms_rc rc = KMS_RC_OK;

	sqlite_checkpoint(s, atomic_exchange(&s->log_pages, 0));
	if (!use_count && !count_count)
		return rc;
	rc = sqlite_conn_run(c, SQL_BEGIN_WRITE);
	if (rc)
		goto out;
	for (size_t i = 0; !rc && i < use_count; i++)
		rc = note_use(c, &uses[i]);
	for (size_t i = 0; !rc && i < count_count; i++)
		rc = add_count(c, &counts[i]);
	rc = sqlite_conn_end(c, rc);
out:
	if (rc)
		s->why = c->why;
	return rc;
}

enum kms_rc sqlite_get_counter(struct store_reader *base, uint64_t *value,
			       const char *name)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &sqlite_reader_of(base)->conn, SQL_GET_COUNT);
	query_put_text(&q, name);
	rc = query_next(&q);
	if (!rc)
		*value = query_int(&q, 0);
	query_end(&q);
	return rc == KMS_RC_NOT_FOUND ? KMS_RC_OK : rc;
}
