/* SPDX-License-Identifier: Apache-2.0 */
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

/* The same proof once more, for the new leaves. */
struct replay {
	const struct ledger *ledger;
	size_t at;
};

static bool replay_sibling(void *arg, unsigned int level, uint64_t index,
			   uint8_t out[SHA256_LEN])
{
	struct replay *r = arg;

	(void)level;
	(void)index;
	if (r->at + SHA256_LEN > r->ledger->siblings_len)
		return false;
	memcpy(out, r->ledger->siblings + r->at, SHA256_LEN);
	r->at += SHA256_LEN;
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

static unsigned int depth_after(const struct ledger_shard *s, size_t count)
{
	return slot_tree_depth(s->next_slot + count);
}

/* Collects the proof that the next count slots are free. */
static enum kms_rc prove_free(struct ledger *l, uint16_t shard, size_t count)
{
	const struct ledger_shard *s = &l->shards[shard];
	uint8_t was[SHA256_LEN] = { 0 };
	uint8_t is[SHA256_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	memset(l->leaves, 0, sizeof(l->leaves));
	for (size_t i = 0; i < count; i++)
		l->leaves[i].slot = s->next_slot + i;
	l->siblings_len = 0;
	l->node_rc = KMS_RC_OK;
	l->node_shard = shard;
	rc = slot_tree_fold(was, is, l->leaves, count, depth_after(s, count),
			    read_sibling, l, NULL, NULL);
	return l->node_rc ? l->node_rc : rc;
}

/* Computes the nodes after the commit; the root must be the certified one. */
static enum kms_rc grow_tree(struct ledger *l, struct tee_batch *b)
{
	const struct ledger_shard *s = &l->shards[b->shard];
	struct replay replay = { .ledger = l };
	uint8_t was[SHA256_LEN] = { 0 };
	uint8_t is[SHA256_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	l->node_count = 0;
	memset(l->leaves, 0, sizeof(l->leaves));
	for (size_t i = 0; i < b->count; i++) {
		if (b->changes[i].slot != s->next_slot + i ||
		    b->changes[i].blob.len < RECORD_HEADER_LEN)
			return KMS_RC_UNAVAILABLE;
		l->leaves[i].slot = b->changes[i].slot;
		record_leaf(l->leaves[i].is, b->changes[i].blob);
		note_node(l, 0, l->leaves[i].slot, l->leaves[i].is);
	}
	rc = slot_tree_fold(was, is, l->leaves, b->count,
			    depth_after(s, b->count), replay_sibling, &replay,
			    note_node, l);
	if (rc || l->node_rc || !ct_equal(is, b->pc + PC_ROOT_AT, sizeof(is)))
		return KMS_RC_INTERNAL;
	return KMS_RC_OK;
}

static void fill_changes(struct ledger *l, struct keeper_change **in,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		l->changes[i] = (struct tee_change){
			.op = OP_CREATE_KEY,
			.evidence_kind = in[i]->evidence_kind,
			.evidence = in[i]->evidence,
			.key_spec = in[i]->key.key_spec,
			.key_usage = in[i]->key.key_usage,
		};
}

static void fill_rows(struct ledger *l, struct keeper_change **in,
		      const struct tee_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct tee_change *c = &b->changes[i];
		struct store_key *key = &in[i]->key;

		key->shard = b->shard;
		key->slot = c->slot;
		key->version = c->version;
		key->key_state = KEY_STATE_ENABLED;
		memcpy(key->uuid, c->uuid, sizeof(key->uuid));
		memcpy(key->public_key, c->public_key, sizeof(key->public_key));
		l->rows[i] =
			(struct store_change){ .blob = c->blob, .key = key };
	}
}

static enum kms_rc save(struct ledger *l, struct keeper_change **in,
			struct tee_batch *b)
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
	fill_rows(l, in, b);
	row.node_count = l->node_count;
	return store_begin_batch(l->store, &row);
}

static enum kms_rc prepare(struct ledger *l, struct tee_batch *b,
			   struct keeper_change **in)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (getrandom(b->req_id, sizeof(b->req_id), 0) != sizeof(b->req_id))
		return KMS_RC_INTERNAL;
	rc = prove_free(l, b->shard, b->count);
	if (rc)
		return rc;
	fill_changes(l, in, b->count);
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
	s->next_slot += b->count;
	s->depth = (uint8_t)slot_tree_depth(s->next_slot);
	memcpy(s->root, root, sizeof(s->root));
	rc = store_finish_batch(l->store, b->shard, s->seq, s->root);
	s->unfinished = rc != KMS_RC_OK;
	return rc ? KMS_RC_UNAVAILABLE : KMS_RC_OK;
}

static bool is_transport_error(enum kms_rc rc)
{
	return rc == KMS_RC_UNAVAILABLE || rc == KMS_RC_TIMEOUT;
}

/* The keeper's loop revives a worker that does not serve. */
static void take_out_of_service(struct ledger *l, uint16_t shard)
{
	tee_set_serving(l->tee, tee_worker_of(l->tee, shard), false);
}

/* *lost: the TEE did not answer the PREPARE, so nothing has happened. */
static enum kms_rc run_batch(struct ledger *l, uint16_t shard,
			     struct keeper_change **in, size_t count,
			     bool *lost)
{
	struct tee_batch b = {
		.shard = shard,
		.expect_seq = l->shards[shard].seq,
		.changes = l->changes,
		.count = count,
	};
	enum kms_rc rc = prepare(l, &b, in);

	*lost = is_transport_error(rc);
	if (*lost)
		take_out_of_service(l, shard);
	if (rc)
		return rc;
	rc = save(l, in, &b);
	if (rc) {
		log_error("keeper", "shard %u: database: %s", shard,
			  kms_rc_name(rc));
		if (tee_abort(l->line, shard))
			take_out_of_service(l, shard);
		return KMS_RC_UNAVAILABLE;
	}
	return commit(l, &b);
}

/* A shard that can take a batch, or -1. Finishes what the database owes. */
static int choose_shard(struct ledger *l)
{
	for (unsigned int tries = 0; tries < l->shard_total; tries++) {
		uint16_t n = l->next_shard;
		struct ledger_shard *s = &l->shards[n];

		l->next_shard = (uint16_t)((n + 1) % l->shard_total);
		if (s->unfinished)
			s->unfinished =
				store_finish_batch(l->store, n, s->seq,
						   s->root) != KMS_RC_OK;
		if (s->usable && !s->unfinished &&
		    tee_serves(l->tee, tee_worker_of(l->tee, n)))
			return n;
	}
	return -1;
}

static enum kms_rc run_somewhere(struct ledger *l, struct keeper_change **in,
				 size_t count)
{
	enum kms_rc rc = KMS_RC_UNAVAILABLE;
	bool lost = true;

	/* A PREPARE that was lost has left nothing: it may run elsewhere. */
	for (unsigned int tries = 0; lost && tries < 2; tries++) {
		int shard = choose_shard(l);

		if (shard < 0)
			return KMS_RC_UNAVAILABLE;
		rc = run_batch(l, (uint16_t)shard, in, count, &lost);
	}
	return rc;
}

void ledger_create_keys(struct ledger *l, struct keeper_change **changes,
			size_t count)
{
	enum kms_rc rc = run_somewhere(l, changes, count);

	/* A refusal concerns one of them: the others shall not suffer. */
	if (rc && !is_transport_error(rc) && count > 1) {
		for (size_t i = 0; i < count; i++)
			changes[i]->rc = run_somewhere(l, &changes[i], 1);
		return;
	}
	for (size_t i = 0; i < count; i++)
		changes[i]->rc = rc;
}
