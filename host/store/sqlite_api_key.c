/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/sqlite.h"

#include <string.h>

enum kms_rc sqlite_read_api_key(const struct query *q,
				struct store_api_key *out)
{
	enum kms_rc rc = query_text(q, 0, out->id, sizeof(out->id));

	if (!rc)
		rc = query_fix(q, 1, out->hash, sizeof(out->hash));
	if (!rc)
		rc = query_text(q, 2, out->label, sizeof(out->label));
	out->created_ms = (int64_t)query_int(q, 3);
	out->revoked = query_int(q, 4) != 0;
	return rc;
}

enum kms_rc sqlite_add_api_key(struct store *base,
			       const struct store_api_key *key)
{
	struct sqlite_store *s = sqlite_of(base);
	struct query q = { 0 };
	enum kms_rc rc = sqlite_begin_write(s);

	if (rc)
		return rc;
	query_start(&q, &s->durable, SQL_ADD_API_KEY);
	query_put_text(&q, key->id);
	query_put_blob(&q, key->hash, sizeof(key->hash));
	query_put_text(&q, key->label);
	query_put_int(&q, (uint64_t)key->created_ms);
	return sqlite_end_write(s, query_run(&q));
}

/* The one live id that begins with prefix. */
static enum kms_rc find_id(struct sqlite_conn *c, const char *prefix,
			   char id[STORE_API_KEY_ID_LEN + 1])
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_FIND_API_KEYS);
	query_put_text(&q, prefix);
	rc = query_next(&q);
	if (rc == KMS_RC_NOT_FOUND)
		c->why = "no live API key begins with that";
	if (!rc)
		rc = query_text(&q, 0, id, STORE_API_KEY_ID_LEN + 1);
	if (rc)
		goto out;
	rc = query_next(&q);
	if (rc == KMS_RC_NOT_FOUND) {
		rc = KMS_RC_OK;
	} else if (!rc) {
		c->why = "several API keys begin with that";
		rc = KMS_RC_BAD_INPUT;
	}
out:
	query_end(&q);
	return rc;
}

static enum kms_rc revoke(struct sqlite_conn *c, const char *prefix)
{
	char id[STORE_API_KEY_ID_LEN + 1] = { 0 };
	struct query q = { 0 };
	enum kms_rc rc = find_id(c, prefix, id);

	if (rc)
		return rc;
	query_start(&q, c, SQL_REVOKE_API_KEY);
	query_put_text(&q, id);
	return query_run(&q);
}

enum kms_rc sqlite_revoke_api_key(struct store *base, const char *prefix)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = sqlite_begin_write(s);

	if (rc)
		return rc;
	return sqlite_end_write(s, revoke(&s->durable, prefix));
}

enum kms_rc sqlite_list_api_keys(struct store *base, store_api_key_visit *visit,
				 void *arg)
{
	struct sqlite_store *s = sqlite_of(base);
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &s->durable, SQL_LIST_API_KEYS);
	for (;;) {
		struct store_api_key key = { 0 };

		rc = query_next(&q);
		if (!rc)
			rc = sqlite_read_api_key(&q, &key);
		if (rc || !visit(arg, &key))
			break;
	}
	query_end(&q);
	return rc == KMS_RC_NOT_FOUND ? KMS_RC_OK : rc;
}
