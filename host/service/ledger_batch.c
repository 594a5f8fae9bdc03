/* SPDX-License-Identifier: Apache-2.0 */
/* One commit: proof, PREPARE, the new tree, database, COMMIT. */
#include "host/service/ledger.h"

#include "common/log.h"
#include "common/secret.h"

#include <string.h>
#include <sys/random.h>

#define PC_ROOT_AT 48

/* The committed tree, read once; remembered as the proof for the TEE. */
static bool read_sibling(void *arg, unsigned int level, uint64_t index,
			 uint8_t out[SHA256_LEN])
{
	struct ledger *l = arg;

	l->node_rc = store_get_node(l->store, out, l->node_shard, level, index);
	if (l->node_rc || l->siblings_len + SHA256_LEN > sizeof(l->siblings))
		return false;
	memcpy(l->siblings + l->siblings_len, out, SHA256_LEN);
	l->siblings_len += SHA256_LEN;
	return true;
}

static void note_node(void *arg, unsigned int level, uint64_t index,
		      const uint8_t node[SHA256_LEN])
{
	struct ledger *l = arg;
	struct store_node *n = NULL;

	if (l->node_count == ARRAY_LEN(l->nodes)) {
		l->node_rc = KMS_RC_INTERNAL;
		return;
	}
	n = &l->nodes[l->node_count++];
	n->level = (uint8_t)level;
	n->index = index;
	memcpy(n->hash, node, SHA256_LEN);
}

static unsigned int depth_after(const struct ledger_shard *s, size_t created)
{
	return slot_tree_depth(s->next_slot + created);
}

static bool is_creation(const struct tee_change *c)
{
	switch (c->op) {
	case OP_CREATE_KEY:
	case OP_CREATE_WALLET:
	case OP_CREATE_VAULT:
		return true;
	default:
		return false;
	}
}

/* The slot that op number i touches; new ones follow each other. */
static uint64_t slot_of(const struct ledger *l, const struct ledger_shard *s,
			size_t i)
{
	uint64_t slot = s->next_slot;

	if (!is_creation(&l->changes[i]))
		return l->changes[i].slot;
	while (i--)
		slot += is_creation(&l->changes[i]);
	return slot;
}

/* Puts a leaf where it belongs among the first n, which ascend. */
static void insert_leaf(struct ledger *l, size_t n, uint64_t slot,
			const uint8_t was[SHA256_LEN], struct bytes blob)
{
	size_t at = n;

	for (; at && l->leaves[at - 1].slot > slot; at--)
		l->leaves[at] = l->leaves[at - 1];
	l->leaves[at] = (struct slot_leaf){ .slot = slot };
	memcpy(l->leaves[at].was, was, SHA256_LEN);
	if (blob.len)
		record_leaf(l->leaves[at].is, blob);
}

/* Reads the committed record of op number i, as the TEE has to see it. */
static enum kms_rc load_record(struct ledger *l, uint16_t shard, size_t i)
{
	struct tee_change *c = &l->changes[i];
	struct store_proof *p = &l->proof;
	struct bytes blob = { 0 };
	enum kms_rc rc = store_get_proof(l->reader, p, shard, c->slot);

	if (rc)
		return rc;
	if (p->seq != l->shards[shard].seq)
		return KMS_RC_UNAVAILABLE;
	memcpy(l->records[i], p->blob, p->blob_len);
	blob = bytes_of(l->records[i], p->blob_len);
	c->record = blob;
	record_leaf(l->was[i], blob);
	return KMS_RC_OK;
}

static enum kms_rc load_records(struct ledger *l, uint16_t shard, size_t count)
{
	enum kms_rc rc = KMS_RC_OK;

	l->created = 0;
	memset(l->was, 0, sizeof(l->was));
	for (size_t i = 0; !rc && i < count; i++) {
		if (is_creation(&l->changes[i]))
			l->created++;
		else
			rc = load_record(l, shard, i);
	}
	return rc;
}

/* Collects the proof of what the touched slots hold now. */
static enum kms_rc prove(struct ledger *l, uint16_t shard, size_t count)
{
	const struct ledger_shard *s = &l->shards[shard];
	unsigned int depth = depth_after(s, l->created);
	uint8_t root[SHA256_LEN] = { 0 };
	uint8_t was[SHA256_LEN] = { 0 };
	uint8_t is[SHA256_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	for (size_t i = 0; i < count; i++)
		insert_leaf(l, i, slot_of(l, s, i), l->was[i],
			    (struct bytes){ 0 });
	l->siblings_len = 0;
	l->node_rc = KMS_RC_OK;
	l->node_shard = shard;
	rc = slot_tree_fold(was, is, l->leaves, count, depth, read_sibling, l,
			    NULL, NULL);
	if (l->node_rc || rc)
		return l->node_rc ? l->node_rc : rc;
	memcpy(root, s->root, sizeof(root));
	slot_tree_grow(root, s->depth, depth);
	if (ct_equal(was, root, sizeof(was)))
		return KMS_RC_OK;
	log_error("keeper",
		  "shard %u: the tree in the database is not the committed "
		  "one: restore a backup",
		  shard);
	return KMS_RC_UNAVAILABLE;
}

/* Computes the nodes after the commit; the root must be the certified one. */
static enum kms_rc grow_tree(struct ledger *l, const struct tee_batch *b)
{
	const struct ledger_shard *s = &l->shards[b->shard];
	/* The same proof once more, for the new leaves. */
	struct bytes proof = bytes_of(l->siblings, l->siblings_len);
	uint8_t was[SHA256_LEN] = { 0 };
	uint8_t is[SHA256_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	l->node_count = 0;
	for (size_t i = 0; i < b->count; i++) {
		const struct tee_change *c = &b->changes[i];

		if (c->slot != l->asked[i] || c->blob.len < RECORD_HEADER_LEN)
			return KMS_RC_UNAVAILABLE;
		insert_leaf(l, i, c->slot, l->was[i], c->blob);
	}
	for (size_t i = 0; i < b->count; i++)
		note_node(l, 0, l->leaves[i].slot, l->leaves[i].is);
	rc = slot_tree_fold(was, is, l->leaves, b->count,
			    depth_after(s, l->created), slot_tree_take_sibling,
			    &proof, note_node, l);
	if (rc || l->node_rc || !ct_equal(is, b->pc + PC_ROOT_AT, sizeof(is)))
		return KMS_RC_INTERNAL;
	return KMS_RC_OK;
}

static void fill_rows(struct ledger *l, const struct tee_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		if (is_creation(&b->changes[i]))
			ledger_create_row(l, b->shard, i);
		else if (l->requests[i]->job == KEEPER_CHANGE_KEY)
			ledger_key_row(l, i);
		else
			ledger_change_row(l, i);
	}
}

static enum kms_rc save(struct ledger *l, const struct tee_batch *b)
{
	struct store_batch row = {
		.shard = b->shard,
		.seq = b->expect_seq + 1,
		.pc = bytes_of(b->pc, sizeof(b->pc)),
		.changes = l->rows,
		.change_count = b->count,
		.nodes = l->nodes,
	};
	enum kms_rc rc = grow_tree(l, b);

	if (rc)
		return rc;
	fill_rows(l, b);
	row.node_count = l->node_count;
	return store_begin_batch(l->store, &row);
}

static enum kms_rc prepare(struct ledger *l, struct tee_batch *b)
{
	if (getrandom(b->req_id, sizeof(b->req_id), 0) != sizeof(b->req_id))
		return KMS_RC_INTERNAL;
	for (size_t i = 0; i < b->count; i++)
		l->asked[i] = slot_of(l, &l->shards[b->shard], i);
	b->siblings = bytes_of(l->siblings, l->siblings_len);
	return tee_prepare(l->line, b);
}

/*
 * After a COMMIT whose outcome is not known, a new instance tells: opening it
 * commits the prepared batch or drops it.
 */
static enum kms_rc ask_again(struct ledger *l, const struct tee_batch *b)
{
	const struct ledger_shard *s = &l->shards[b->shard];
	enum kms_rc rc = ledger_revive(l, tee_worker_of(l->tee, b->shard));

	if (rc)
		return KMS_RC_UNAVAILABLE;
	return s->seq == b->expect_seq + 1 &&
			       ct_equal(s->root, b->pc + PC_ROOT_AT,
					sizeof(s->root))
		       ? KMS_RC_OK
		       : KMS_RC_UNAVAILABLE;
}

static enum kms_rc commit(struct ledger *l, const struct tee_batch *b)
{
	struct ledger_shard *s = &l->shards[b->shard];
	uint8_t root[SHA256_LEN] = { 0 };
	enum kms_rc rc =
		tee_commit(l->line, b->shard, b->pc, b->count, root, NULL);

	if (rc) {
		log_error("keeper", "shard %u: COMMIT: %s", b->shard,
			  kms_rc_name(rc));
		return ask_again(l, b);
	}
	s->seq = b->expect_seq + 1;
	s->next_slot += l->created;
	s->depth = (uint8_t)slot_tree_depth(s->next_slot);
	memcpy(s->root, root, sizeof(s->root));
	rc = store_finish_batch(l->store, b->shard, s->seq, s->root);
	s->unfinished = rc != KMS_RC_OK;
	return rc ? KMS_RC_UNAVAILABLE : KMS_RC_OK;
}

/* The keeper's loop revives a worker that does not serve. */
static void take_out_of_service(struct ledger *l, uint16_t shard)
{
	tee_set_serving(l->tee, tee_worker_of(l->tee, shard), false);
}

enum kms_rc ledger_commit(struct ledger *l, uint16_t shard, size_t count,
			  bool *lost)
{
	struct tee_batch b = {
		.shard = shard,
		.expect_seq = l->shards[shard].seq,
		.changes = l->changes,
		.count = count,
	};
	enum kms_rc rc = load_records(l, shard, count);

	*lost = false;
	if (!rc)
		rc = prove(l, shard, count);
	if (rc)
		return rc;
	rc = prepare(l, &b);
	*lost = rc == KMS_RC_UNAVAILABLE || rc == KMS_RC_TIMEOUT;
	if (*lost)
		take_out_of_service(l, shard);
	if (rc)
		return rc;
	rc = save(l, &b);
	if (rc) {
		log_error("keeper", "shard %u: database: %s", shard,
			  kms_rc_name(rc));
		if (tee_abort(l->line, shard))
			take_out_of_service(l, shard);
		return KMS_RC_UNAVAILABLE;
	}
	return commit(l, &b);
}
