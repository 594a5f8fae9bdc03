/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/sqlite.h"

static enum kms_rc no_such(struct sqlite_conn *c)
{
	c->why = "no such alias or key";
	return KMS_RC_NOT_FOUND;
}

/* Of a key that has just got another one. */
static enum kms_rc check_count(struct sqlite_conn *c,
			       const struct store_alias *a)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_COUNT_ALIASES);
	query_put_blob(&q, a->uuid, sizeof(a->uuid));
	rc = query_next(&q);
	if (!rc && query_int(&q, 0) > STORE_ALIASES_MAX) {
		c->why = "the key has as many aliases as it may";
		rc = KMS_RC_LIMIT;
	}
	query_end(&q);
	return rc;
}

static enum kms_rc put_alias(struct sqlite_conn *c, const struct store_alias *a,
			     enum sqlite_sql sql, int64_t time_ms)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, sql);
	query_put_int(&q, a->account);
	query_put_text(&q, a->name);
	query_put_blob(&q, a->uuid, sizeof(a->uuid));
	query_put_int(&q, (uint64_t)time_ms);
	rc = query_run(&q);
	if (!rc && !sqlite3_changes(c->db))
		rc = no_such(c);
	return rc ? rc : check_count(c, a);
}

enum kms_rc sqlite_add_alias(struct store *base, const struct store_alias *a)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = sqlite_begin_write(s);

	if (rc)
		return rc;
	return sqlite_end_write(
		s, put_alias(&s->durable, a, SQL_ADD_ALIAS, a->created_ms));
}

enum kms_rc sqlite_move_alias(struct store *base, const struct store_alias *a)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = sqlite_begin_write(s);

	if (rc)
		return rc;
	return sqlite_end_write(
		s, put_alias(&s->durable, a, SQL_MOVE_ALIAS, a->updated_ms));
}

enum kms_rc sqlite_delete_alias(struct store *base, const struct store_alias *a)
{
	struct sqlite_store *s = sqlite_of(base);
	struct query q = { 0 };
	enum kms_rc rc = sqlite_begin_write(s);

	if (rc)
		return rc;
	query_start(&q, &s->durable, SQL_DELETE_ALIAS);
	query_put_int(&q, a->account);
	query_put_text(&q, a->name);
	rc = query_run(&q);
	if (!rc && !sqlite3_changes(s->durable.db))
		rc = no_such(&s->durable);
	return sqlite_end_write(s, rc);
}

static enum kms_rc read_alias(const struct query *q, struct store_alias *out)
{
	enum kms_rc rc = query_text(q, 0, out->name, sizeof(out->name));

	if (!rc)
		rc = query_fix(q, 1, out->uuid, sizeof(out->uuid));
	out->account = query_int(q, 2);
	out->created_ms = (int64_t)query_int(q, 3);
	out->updated_ms = (int64_t)query_int(q, 4);
	return rc;
}

enum kms_rc sqlite_get_alias(struct store_reader *base, struct store_alias *out,
			     uint64_t account, const char *name)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &sqlite_reader_of(base)->conn, SQL_GET_ALIAS);
	query_put_int(&q, account);
	query_put_text(&q, name);
	rc = query_next(&q);
	if (!rc)
		rc = read_alias(&q, out);
	query_end(&q);
	return rc;
}

enum kms_rc sqlite_list_aliases(struct store_reader *base, uint64_t account,
				const uint8_t *uuid, const char *after,
				unsigned int limit, store_alias_visit *visit,
				void *arg)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &sqlite_reader_of(base)->conn,
		    uuid ? SQL_LIST_KEY_ALIASES : SQL_LIST_ALIASES);
	query_put_int(&q, account);
	query_put_text(&q, after);
	query_put_int(&q, limit);
	if (uuid)
		query_put_blob(&q, uuid, ABI_UUID_LEN);
	for (;;) {
		struct store_alias alias = { 0 };

		rc = query_next(&q);
		if (!rc)
			rc = read_alias(&q, &alias);
		if (rc || !visit(arg, &alias))
			break;
	}
	query_end(&q);
	return rc == KMS_RC_NOT_FOUND ? KMS_RC_OK : rc;
}
