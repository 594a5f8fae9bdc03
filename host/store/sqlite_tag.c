/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/sqlite.h"

static enum kms_rc put_tag(struct sqlite_conn *c,
			   const uint8_t uuid[ABI_UUID_LEN],
			   const struct store_tag *tag)
{
	struct query q = { 0 };

	query_start(&q, c, SQL_PUT_TAG);
	query_put_blob(&q, uuid, ABI_UUID_LEN);
	query_put_text(&q, tag->key);
	query_put_text(&q, tag->value);
	return query_run(&q);
}

enum kms_rc sqlite_stage_tags(struct sqlite_conn *c, const struct store_key *k)
{
	enum kms_rc rc = KMS_RC_OK;

	for (size_t i = 0; !rc && i < k->tag_count; i++)
		rc = put_tag(c, k->uuid, &k->tags[i]);
	return rc;
}

static enum kms_rc check_key(struct sqlite_conn *c,
			     const struct store_tagging *t)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_HAS_KEY);
	query_put_blob(&q, t->uuid, sizeof(t->uuid));
	query_put_int(&q, t->account);
	rc = query_next(&q);
	if (rc == KMS_RC_NOT_FOUND)
		c->why = "no such key";
	query_end(&q);
	return rc;
}

static enum kms_rc check_count(struct sqlite_conn *c,
			       const struct store_tagging *t)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_COUNT_TAGS);
	query_put_blob(&q, t->uuid, sizeof(t->uuid));
	rc = query_next(&q);
	if (!rc && query_int(&q, 0) > STORE_TAGS_MAX) {
		c->why = "the key has as many tags as it may";
		rc = KMS_RC_LIMIT;
	}
	query_end(&q);
	return rc;
}

static enum kms_rc remove_tag(struct sqlite_conn *c,
			      const struct store_tagging *t,
			      const struct store_tag *tag)
{
	struct query q = { 0 };

	query_start(&q, c, SQL_REMOVE_TAG);
	query_put_blob(&q, t->uuid, sizeof(t->uuid));
	query_put_text(&q, tag->key);
	return query_run(&q);
}

enum kms_rc sqlite_put_tags(struct store *base, const struct store_tagging *t)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = sqlite_begin_write(s);

	if (rc)
		return rc;
	rc = check_key(&s->durable, t);
	for (size_t i = 0; !rc && i < t->count; i++)
		rc = put_tag(&s->durable, t->uuid, &t->tags[i]);
	if (!rc)
		rc = check_count(&s->durable, t);
	return sqlite_end_write(s, rc);
}

enum kms_rc sqlite_remove_tags(struct store *base,
			       const struct store_tagging *t)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = sqlite_begin_write(s);

	if (rc)
		return rc;
	rc = check_key(&s->durable, t);
	for (size_t i = 0; !rc && i < t->count; i++)
		rc = remove_tag(&s->durable, t, &t->tags[i]);
	return sqlite_end_write(s, rc);
}

enum kms_rc sqlite_list_tags(struct store_reader *base,
			     const uint8_t uuid[ABI_UUID_LEN],
			     const char *after, unsigned int limit,
			     store_tag_visit *visit, void *arg)
{
	char key[STORE_TAG_KEY_MAX + 1];
	char value[STORE_TAG_VALUE_MAX + 1];
	const struct store_tag tag = { .key = key, .value = value };
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &sqlite_reader_of(base)->conn, SQL_LIST_TAGS);
	query_put_blob(&q, uuid, ABI_UUID_LEN);
	query_put_text(&q, after);
	query_put_int(&q, limit);
	for (;;) {
		rc = query_next(&q);
		if (!rc)
			rc = query_text(&q, 0, key, sizeof(key));
		if (!rc)
			rc = query_text(&q, 1, value, sizeof(value));
		if (rc || !visit(arg, &tag))
			break;
	}
	query_end(&q);
	return rc == KMS_RC_NOT_FOUND ? KMS_RC_OK : rc;
}
