/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/sqlite.h"

#include "common/mem.h"

#include <string.h>

enum kms_rc sqlite_reader_open(struct store_reader **out, struct store *s)
{
	struct sqlite_reader *r = mem_zalloc(1, sizeof(*r));
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	*out = NULL;
	if (!r)
		return rc;
	rc = sqlite_conn_open(&r->conn, sqlite_of(s)->path,
			      "PRAGMA query_only = ON;");
	if (!rc)
		rc = sqlite_conn_prepare(&r->conn);
	if (rc) {
		sqlite_reader_close(&r->base);
		return rc;
	}
	*out = &r->base;
	return KMS_RC_OK;
}

void sqlite_reader_close(struct store_reader *base)
{
	struct sqlite_reader *r = sqlite_reader_of(base);

	sqlite_conn_close(&r->conn);
	mem_free(r);
}

static enum kms_rc read_key(struct sqlite_reader *r, const struct query *q,
			    struct store_key *out)
{
	enum kms_rc rc = query_fix(q, 0, out->uuid, sizeof(out->uuid));

	out->shard = (uint16_t)query_int(q, 1);
	out->slot = query_int(q, 2);
	out->version = query_int(q, 3);
	out->key_spec = (uint8_t)query_int(q, 4);
	out->key_usage = (uint8_t)query_int(q, 5);
	out->key_state = (uint8_t)query_int(q, 6);
	out->account = query_int(q, 7);
	out->created_ms = (int64_t)query_int(q, 8);
	if (!rc)
		rc = query_fix(q, 9, out->public_key, sizeof(out->public_key));
	if (!rc)
		rc = query_text(q, 10, r->description, sizeof(r->description));
	out->description = r->description;
	out->kind = (uint8_t)query_int(q, 11);
	out->delete_after_ms = (int64_t)query_int(q, 12);
	return rc;
}

enum kms_rc sqlite_get_key(struct store_reader *base, struct store_key *out,
			   const uint8_t uuid[ABI_UUID_LEN])
{
	struct sqlite_reader *r = sqlite_reader_of(base);
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &r->conn, SQL_GET_KEY);
	query_put_blob(&q, uuid, ABI_UUID_LEN);
	rc = query_next(&q);
	if (!rc)
		rc = read_key(r, &q, out);
	query_end(&q);
	return rc;
}

/* Walks what the query gives; ends it. */
static enum kms_rc walk(struct sqlite_reader *r, struct query *q,
			store_key_visit *visit, void *arg)
{
	struct store_key key = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	for (;;) {
		rc = query_next(q);
		if (!rc)
			rc = read_key(r, q, &key);
		if (rc || !visit(arg, &key))
			break;
	}
	query_end(q);
	return rc == KMS_RC_NOT_FOUND ? KMS_RC_OK : rc;
}

enum kms_rc sqlite_list_keys(struct store_reader *base, uint64_t account,
			     const uint8_t *after, unsigned int limit,
			     store_key_visit *visit, void *arg)
{
	struct sqlite_reader *r = sqlite_reader_of(base);
	struct query q = { 0 };

	query_start(&q, &r->conn, SQL_LIST_KEYS);
	query_put_int(&q, account);
	query_put_blob(&q, after, after ? ABI_UUID_LEN : 0);
	query_put_int(&q, limit);
	return walk(r, &q, visit, arg);
}

enum kms_rc sqlite_list_due_keys(struct store_reader *base, int64_t now_ms,
				 const struct store_time_mark *after,
				 unsigned int limit, store_key_visit *visit,
				 void *arg)
{
	struct sqlite_reader *r = sqlite_reader_of(base);
	struct query q = { 0 };

	query_start(&q, &r->conn, SQL_LIST_DUE_KEYS);
	query_put_int(&q, (uint64_t)now_ms);
	query_put_int(&q, (uint64_t)after->ms);
	query_put_blob(&q, after->uuid, sizeof(after->uuid));
	query_put_int(&q, limit);
	return walk(r, &q, visit, arg);
}

enum kms_rc sqlite_read_node(struct sqlite_conn *c, const struct store *s,
			     uint8_t out[SHA256_LEN], uint16_t shard,
			     unsigned int level, uint64_t index)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_GET_NODE);
	query_put_int(&q, shard);
	query_put_int(&q, level);
	query_put_int(&q, index);
	rc = query_next(&q);
	if (!rc) {
		rc = query_fix(&q, 0, out, SHA256_LEN);
	} else if (rc == KMS_RC_NOT_FOUND) {
		memcpy(out, s->empty[level], SHA256_LEN);
		rc = KMS_RC_OK;
	}
	query_end(&q);
	return rc;
}

static enum kms_rc read_blob(struct sqlite_conn *c, struct store_proof *out,
			     uint16_t shard, uint64_t slot)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_GET_BLOB);
	query_put_int(&q, shard);
	query_put_int(&q, slot);
	rc = query_next(&q);
	if (!rc)
		rc = query_var(&q, 0, out->blob, sizeof(out->blob),
			       &out->blob_len);
	query_end(&q);
	return rc;
}

static enum kms_rc read_depth(struct sqlite_conn *c, struct store_proof *out,
			      uint16_t shard, unsigned int *depth)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_GET_SHARD);
	query_put_int(&q, shard);
	rc = query_next(&q);
	if (!rc) {
		out->seq = query_int(&q, 0);
		*depth = (unsigned int)query_int(&q, 2);
		if (*depth > ABI_DEPTH_MAX)
			rc = sqlite_conn_fail(c, SQLITE_CORRUPT);
	}
	query_end(&q);
	return rc;
}

static enum kms_rc read_proof(struct sqlite_reader *r, struct store_proof *out,
			      uint16_t shard, uint64_t slot)
{
	struct sqlite_conn *c = &r->conn;
	unsigned int depth = 0;
	enum kms_rc rc = read_depth(c, out, shard, &depth);

	if (!rc)
		rc = read_blob(c, out, shard, slot);
	out->path_len = (size_t)depth * SHA256_LEN;
	for (unsigned int level = 0; !rc && level < depth; level++)
		rc = sqlite_read_node(c, r->base.store,
				      out->path + (size_t)level * SHA256_LEN,
				      shard, level, (slot >> level) ^ 1);
	return rc;
}

enum kms_rc sqlite_get_proof(struct store_reader *base, struct store_proof *out,
			     uint16_t shard, uint64_t slot)
{
	struct sqlite_reader *r = sqlite_reader_of(base);
	enum kms_rc rc = KMS_RC_INTERNAL;

	out->blob_len = 0;
	out->path_len = 0;
	out->seq = 0;
	/* One transaction, so that blob and path are of one moment. */
	rc = sqlite_conn_run(&r->conn, SQL_BEGIN_READ);
	if (rc)
		return rc;
	rc = read_proof(r, out, shard, slot);
	return sqlite_conn_end(&r->conn, rc);
}

enum kms_rc sqlite_get_api_key(struct store_reader *base,
			       struct store_api_key *out, const char *id)
{
	struct sqlite_reader *r = sqlite_reader_of(base);
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &r->conn, SQL_GET_API_KEY);
	query_put_text(&q, id);
	rc = query_next(&q);
	if (!rc)
		rc = sqlite_read_api_key(&q, out);
	query_end(&q);
	return rc;
}

enum kms_rc sqlite_count_api_keys(struct store_reader *base,
				  struct store_api_key_count *count)
{
	struct sqlite_reader *r = sqlite_reader_of(base);
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &r->conn, SQL_COUNT_API_KEYS);
	rc = query_next(&q);
	if (!rc)
		*count = (struct store_api_key_count){
			.made = query_int(&q, 0), .live = query_int(&q, 1)
		};
	query_end(&q);
	return rc;
}
