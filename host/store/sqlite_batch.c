/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/sqlite.h"

#include "abi/record.h"
#include "common/endian.h"
#include "common/mem.h"
#include "common/secret.h"

#include <string.h>

/* A node inside batches.nodes: level u8 | index u64 | hash 32. */
#define NODE_LEN (1 + 8 + SHA256_LEN)

enum kms_rc sqlite_get_identity(struct store *base, struct store_identity *id)
{
	struct sqlite_store *s = sqlite_of(base);
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &s->durable, SQL_GET_IDENTITY);
	rc = query_next(&q);
	if (!rc) {
		id->known = true;
		id->shard_total = (uint16_t)query_int(&q, 1);
		rc = query_fix(&q, 0, id->domain_id, sizeof(id->domain_id));
	} else if (rc == KMS_RC_NOT_FOUND) {
		rc = KMS_RC_OK;
	}
	query_end(&q);
	if (rc)
		s->why = s->durable.why;
	return rc;
}

enum kms_rc sqlite_set_identity(struct store *base,
				const struct store_identity *id)
{
	struct sqlite_store *s = sqlite_of(base);
	struct query q = { 0 };
	enum kms_rc rc = sqlite_begin_write(s);

	if (rc)
		return rc;
	query_start(&q, &s->durable, SQL_PUT_IDENTITY);
	query_put_blob(&q, id->domain_id, sizeof(id->domain_id));
	query_put_int(&q, id->shard_total);
	return sqlite_end_write(s, query_run(&q));
}

/* Zeroes for a shard without a finished batch. */
static enum kms_rc read_newest(struct sqlite_conn *c, uint64_t *seq,
			       uint8_t root[SHA256_LEN], uint16_t shard)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	*seq = 0;
	memset(root, 0, SHA256_LEN);
	query_start(&q, c, SQL_GET_SHARD);
	query_put_int(&q, shard);
	rc = query_next(&q);
	if (!rc) {
		*seq = query_int(&q, 0);
		rc = query_fix(&q, 1, root, SHA256_LEN);
	} else if (rc == KMS_RC_NOT_FOUND) {
		rc = KMS_RC_OK;
	}
	query_end(&q);
	return rc;
}

static enum kms_rc read_prepared(struct sqlite_conn *c, struct store_shard *out,
				 uint16_t shard)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_GET_PREPARED);
	query_put_int(&q, shard);
	rc = query_next(&q);
	if (!rc) {
		out->prepared = true;
		rc = query_var(&q, 1, out->pc, sizeof(out->pc), &out->pc_len);
	} else if (rc == KMS_RC_NOT_FOUND) {
		rc = KMS_RC_OK;
	}
	query_end(&q);
	return rc;
}

static enum kms_rc read_shard(struct sqlite_conn *c, struct store_shard *out,
			      uint16_t shard)
{
	enum kms_rc rc = read_newest(c, &out->seq, out->root, shard);

	return rc ? rc : read_prepared(c, out, shard);
}

enum kms_rc sqlite_get_shard(struct store *base, struct store_shard *out,
			     uint16_t shard)
{
	struct sqlite_store *s = sqlite_of(base);
	struct sqlite_conn *c = &s->durable;
	enum kms_rc rc = sqlite_conn_run(c, SQL_BEGIN_READ);

	if (!rc)
		rc = sqlite_conn_end(c, read_shard(c, out, shard));
	if (rc)
		s->why = c->why;
	return rc;
}

/* An older version must never take the place of a newer one. */
static enum kms_rc check_version(struct sqlite_conn *c,
				 const struct record_header *h)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_GET_VERSION);
	query_put_int(&q, h->shard);
	query_put_int(&q, h->slot);
	rc = query_next(&q);
	if (!rc && query_int(&q, 0) >= h->version) {
		c->why = "a record is older than the one it would replace";
		rc = KMS_RC_STALE;
	} else if (rc == KMS_RC_NOT_FOUND) {
		rc = KMS_RC_OK;
	}
	query_end(&q);
	return rc;
}

static enum kms_rc stage_key(struct sqlite_conn *c, const struct store_key *k,
			     enum store_kind kind)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_STAGE_KEY);
	query_put_blob(&q, k->uuid, sizeof(k->uuid));
	query_put_int(&q, k->shard);
	query_put_int(&q, k->slot);
	query_put_int(&q, k->version);
	query_put_int(&q, k->key_spec);
	query_put_int(&q, k->key_usage);
	query_put_int(&q, k->key_state);
	query_put_int(&q, k->account);
	query_put_int(&q, (uint64_t)k->created_ms);
	query_put_blob(&q, k->public_key, sizeof(k->public_key));
	query_put_text(&q, k->description);
	query_put_int(&q, kind);
	rc = query_run(&q);
	return rc ? rc : sqlite_stage_tags(c, k);
}

static enum kms_rc stage_key_edit(struct sqlite_conn *c,
				  const struct store_key_edit *e,
				  const struct record_header *h)
{
	struct query q = { 0 };

	query_start(&q, c, SQL_STAGE_KEY_EDIT);
	query_put_blob(&q, h->uuid, sizeof(h->uuid));
	query_put_int(&q, h->shard);
	query_put_int(&q, h->version);
	query_put_int(&q, e->key_state);
	query_put_time(&q, e->delete_after_ms);
	return query_run(&q);
}

static enum kms_rc stage_gone(struct sqlite_conn *c,
			      const struct record_header *h)
{
	struct query q = { 0 };

	query_start(&q, c, SQL_STAGE_GONE);
	query_put_blob(&q, h->uuid, sizeof(h->uuid));
	query_put_int(&q, h->shard);
	return query_run(&q);
}

/* The rows that go with the record. */
static enum kms_rc stage_rows(struct sqlite_conn *c,
			      const struct store_change *change,
			      const struct record_header *h)
{
	enum store_kind kind =
		h->type == RECORD_WALLET ? STORE_WALLET : STORE_KEY;
	enum kms_rc rc = KMS_RC_OK;

	if (change->key)
		rc = stage_key(c, change->key, kind);
	else if (h->type == RECORD_TOMBSTONE)
		rc = stage_gone(c, h);
	if (!rc && change->wallet)
		rc = sqlite_stage_wallet(c, change->wallet);
	if (!rc && change->edit)
		rc = sqlite_stage_edit(c, change->edit, h->shard, h->uuid);
	if (!rc && change->key_edit)
		rc = stage_key_edit(c, change->key_edit, h);
	return rc;
}

static enum kms_rc stage_change(struct sqlite_conn *c,
				const struct store_change *change)
{
	struct record_header h = { 0 };
	struct query q = { 0 };
	enum kms_rc rc = record_get_header(&h, change->blob);

	if (!rc)
		rc = check_version(c, &h);
	if (rc)
		return rc;
	query_start(&q, c, SQL_STAGE_RECORD);
	query_put_int(&q, h.shard);
	query_put_int(&q, h.slot);
	query_put_int(&q, h.version);
	query_put_blob(&q, change->blob.ptr, change->blob.len);
	rc = query_run(&q);
	return rc ? rc : stage_rows(c, change, &h);
}

static void pack_nodes(uint8_t *out, const struct store_batch *b)
{
	for (size_t i = 0; i < b->node_count; i++, out += NODE_LEN) {
		out[0] = b->nodes[i].level;
		le64_put(out + 1, b->nodes[i].index);
		memcpy(out + 9, b->nodes[i].hash, SHA256_LEN);
	}
}

static enum kms_rc stage_batch(struct sqlite_conn *c,
			       const struct store_batch *b)
{
	size_t len = b->node_count * NODE_LEN;
	uint8_t *packed = mem_zalloc(len + 1, 1);
	enum kms_rc rc = KMS_RC_NO_MEMORY;
	struct query q = { 0 };

	c->why = "out of memory";
	if (!packed)
		return rc;
	pack_nodes(packed, b);
	query_start(&q, c, SQL_PUT_BATCH);
	query_put_int(&q, b->shard);
	query_put_int(&q, b->seq);
	query_put_blob(&q, b->pc.ptr, b->pc.len);
	query_put_blob(&q, packed, len);
	rc = query_run(&q);
	mem_free(packed);
	for (size_t i = 0; !rc && i < b->change_count; i++)
		rc = stage_change(c, &b->changes[i]);
	return rc;
}

static enum kms_rc check_order(struct sqlite_conn *c,
			       const struct store_batch *b)
{
	struct store_shard now = { 0 };
	enum kms_rc rc = read_shard(c, &now, b->shard);

	if (rc)
		return rc;
	if (now.prepared) {
		c->why = "the shard has a prepared batch";
		return KMS_RC_BUSY_STAGED;
	}
	if (b->seq != now.seq + 1) {
		c->why = "the batch does not follow the newest one";
		return KMS_RC_SEQ;
	}
	return KMS_RC_OK;
}

enum kms_rc sqlite_begin_batch(struct store *base,
			       const struct store_batch *batch)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = sqlite_begin_write(s);

	if (rc)
		return rc;
	rc = check_order(&s->durable, batch);
	if (!rc)
		rc = stage_batch(&s->durable, batch);
	return sqlite_end_write(s, rc);
}

static enum kms_rc run_for_shard(struct sqlite_conn *c, enum sqlite_sql sql,
				 uint16_t shard)
{
	struct query q = { 0 };

	query_start(&q, c, sql);
	query_put_int(&q, shard);
	return query_run(&q);
}

static enum kms_rc run_for_batch(struct sqlite_conn *c, enum sqlite_sql sql,
				 uint16_t shard, uint64_t seq)
{
	struct query q = { 0 };

	query_start(&q, c, sql);
	query_put_int(&q, shard);
	query_put_int(&q, seq);
	return query_run(&q);
}

static enum kms_rc run_all(struct sqlite_conn *c, const enum sqlite_sql *sql,
			   size_t count, uint16_t shard)
{
	enum kms_rc rc = KMS_RC_OK;

	for (size_t i = 0; !rc && i < count; i++)
		rc = run_for_shard(c, sql[i], shard);
	return rc;
}

static enum kms_rc put_node(struct sqlite_conn *c, uint16_t shard,
			    const uint8_t *node)
{
	struct query q = { 0 };

	query_start(&q, c, SQL_PUT_NODE);
	query_put_int(&q, shard);
	query_put_int(&q, node[0]);
	query_put_int(&q, le64_get(node + 1));
	query_put_blob(&q, node + 9, SHA256_LEN);
	return query_run(&q);
}

/* Also tells the depth that the nodes show. SEQ when nothing is prepared. */
static enum kms_rc flip_nodes(struct sqlite_conn *c, uint16_t shard,
			      uint64_t seq, unsigned int *depth)
{
	struct query q = { 0 };
	const uint8_t *packed = NULL;
	size_t len = 0;
	enum kms_rc rc = KMS_RC_INTERNAL;

	*depth = 0;
	query_start(&q, c, SQL_GET_NODES);
	query_put_int(&q, shard);
	query_put_int(&q, seq);
	rc = query_next(&q);
	if (rc == KMS_RC_NOT_FOUND) {
		c->why = "the batch is not prepared";
		rc = KMS_RC_SEQ;
	}
	if (rc)
		goto out;
	packed = sqlite3_column_blob(q.stmt, 0);
	len = (size_t)sqlite3_column_bytes(q.stmt, 0);
	if (len % NODE_LEN || (len && !packed))
		rc = sqlite_conn_fail(c,
				      packed ? SQLITE_CORRUPT : SQLITE_NOMEM);
	for (size_t at = 0; !rc && at < len; at += NODE_LEN) {
		/* No blob without memory gets here.
		 * NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		if (packed[at] > *depth)
			*depth = packed[at];
		rc = put_node(c, shard, packed + at);
	}
out:
	query_end(&q);
	return rc;
}

static enum kms_rc flip_batch(struct sqlite_conn *c, uint16_t shard,
			      uint64_t seq, const uint8_t root[SHA256_LEN])
{
	static const enum sqlite_sql flips[] = {
		SQL_RETIRE_RECORDS, SQL_FLIP_RECORDS,	SQL_RETIRE_KEYS,
		SQL_FLIP_KEYS,	    SQL_FLIP_KEY_EDITS, SQL_DROP_KEY_EDITS,
		SQL_RETIRE_ALIASES, SQL_RETIRE_TAGS,	SQL_RETIRE_WALLETS,
		SQL_DROP_KEYS,	    SQL_FLIP_WALLETS,	SQL_RETIRE_PASSKEYS,
		SQL_FLIP_PASSKEYS,  SQL_DROP_WALLETS,
	};
	unsigned int depth = 0;
	struct query q = { 0 };
	enum kms_rc rc = flip_nodes(c, shard, seq, &depth);

	if (!rc)
		rc = run_all(c, flips, ARRAY_LEN(flips), shard);
	if (!rc)
		rc = run_for_batch(c, SQL_COMMIT_BATCH, shard, seq);
	if (!rc)
		rc = run_for_batch(c, SQL_FORGET_BATCHES, shard, seq);
	if (rc)
		return rc;
	query_start(&q, c, SQL_PUT_SHARD);
	query_put_int(&q, shard);
	query_put_int(&q, seq);
	query_put_blob(&q, root, SHA256_LEN);
	query_put_int(&q, depth);
	return query_run(&q);
}

enum kms_rc sqlite_finish_batch(struct store *base, uint16_t shard,
				uint64_t seq, const uint8_t root[SHA256_LEN])
{
	struct sqlite_store *s = sqlite_of(base);
	struct sqlite_conn *c = &s->lazy;
	uint64_t newest = 0;
	uint8_t newest_root[SHA256_LEN] = { 0 };
	enum kms_rc rc = sqlite_conn_run(c, SQL_BEGIN_WRITE);

	if (rc)
		goto out;
	rc = read_newest(c, &newest, newest_root, shard);
	if (!rc && !(newest == seq && ct_equal(newest_root, root, SHA256_LEN)))
		rc = flip_batch(c, shard, seq, root);
	rc = sqlite_conn_end(c, rc);
out:
	if (rc)
		s->why = c->why;
	return rc;
}

/*
 * Durable: a certificate that came back with a power cut could commit what
 * its client was told has failed.
 */
enum kms_rc sqlite_drop_batch(struct store *base, uint16_t shard)
{
	static const enum sqlite_sql drops[] = {
		SQL_DROP_RECORDS,   SQL_UNDO_TAGS,    SQL_DROP_KEYS,
		SQL_DROP_KEY_EDITS, SQL_UNDO_WALLETS, SQL_DROP_WALLETS,
		SQL_DROP_BATCH,
	};
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = sqlite_begin_write(s);

	if (rc)
		return rc;
	rc = run_all(&s->durable, drops, ARRAY_LEN(drops), shard);
	return sqlite_end_write(s, rc);
}

static enum kms_rc put_description(struct sqlite_conn *c, enum sqlite_sql sql,
				   const struct store_key *key)
{
	struct query q = { 0 };

	query_start(&q, c, sql);
	query_put_text(&q, key->description);
	query_put_blob(&q, key->uuid, sizeof(key->uuid));
	query_put_int(&q, key->account);
	return query_run(&q);
}

enum kms_rc sqlite_put_description(struct store *base,
				   const struct store_key *key)
{
	struct sqlite_store *s = sqlite_of(base);
	struct sqlite_conn *c = &s->durable;
	enum kms_rc rc = sqlite_begin_write(s);

	if (rc)
		return rc;
	rc = put_description(c, SQL_PUT_DESCRIPTION, key);
	if (!rc && !sqlite3_changes(c->db)) {
		c->why = "no such key";
		rc = KMS_RC_NOT_FOUND;
	}
	if (!rc)
		rc = put_description(c, SQL_STAGE_DESCRIPTION, key);
	return sqlite_end_write(s, rc);
}
