/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/cmd/txn.h"

#include "common/endian.h"
#include "ta/cmd/op.h"
#include "ta/keystore/secure_time.h"
#include "ta/ta.h"

#include <assert.h>
#include <string.h>

/* A cursor over the multiproof of the request. */
static uint8_t restrictions_of(const struct op_row *row,
			       const struct abi_prepare_op *in)
{
	if (in->op != OP_SET_STATE || in->key_state == KEY_STATE_ENABLED)
		return row->restricts;
	return in->key_state == KEY_STATE_DISABLED
		       ? RESTRICT_USE
		       : RESTRICT_USE | RESTRICT_LIFE;
}

/* An op of a pair is there with its other half or not at all. */
static enum kms_rc check_pair(const struct txn *t, const struct op_row *row)
{
	uint8_t has = row && row->second ? row->op : 0;

	return t->pair.want == has ? KMS_RC_OK : KMS_RC_DECODE;
}

/* Of the rows of this op, the one for the type of record that was sent. */
static enum kms_rc run_op(struct ta *ta, const struct op_row *row,
			  struct op *op, struct abi_rep *records)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!row->type)
		return row->run(ta, op);
	rc = op_take_record(op, records);
	if (rc)
		return rc;
	row = op_find(row->op, op->h.type);
	return row ? row->run(ta, op) : KMS_RC_NOT_FOUND;
}

static enum kms_rc stage_op(struct ta *ta, const struct shard *s,
			    struct bytes value, struct abi_rep *records)
{
	struct abi_prepare_op in = { 0 };
	struct op op = { .shard = s,
			 .in = &in,
			 .out = &ta->txn.ops[ta->txn.count] };
	const struct op_row *row = NULL;
	enum kms_rc rc = ABI_DECODE(&in, prepare_op, value);

	memset(op.out, 0, sizeof(*op.out));
	if (rc)
		return rc;
	row = op_find(in.op, 0);
	if (!row)
		return KMS_RC_UNSUPPORTED;
	rc = op_check_members(row, &in);
	if (!rc)
		rc = check_pair(&ta->txn, row);
	if (rc)
		return rc;
	op.out->op = in.op;
	op.out->restricts = restrictions_of(row, &in);
	rc = run_op(ta, row, &op, records);
	secret_wipe(&ta->scratch, sizeof(ta->scratch));
	if (rc)
		return rc;
	if (row->second)
		secret_wipe(&ta->txn.pair, sizeof(ta->txn.pair));
	ta->txn.count++;
	return KMS_RC_OK;
}

/* Ascending by slot; a slot twice is left for the fold to refuse. */
static void sort_leaves(struct txn *t)
{
	for (size_t i = 0; i < t->count; i++) {
		size_t at = i;

		while (at && t->leaves[at - 1].slot > t->ops[i].slot) {
			t->leaves[at] = t->leaves[at - 1];
			at--;
		}
		t->leaves[at].slot = t->ops[i].slot;
		memcpy(t->leaves[at].was, t->ops[i].was, SHA256_LEN);
		memcpy(t->leaves[at].is, t->ops[i].leaf, SHA256_LEN);
	}
}

static void digest_ops(const struct txn *t, uint8_t out[SHA256_LEN])
{
	uint8_t row[1 + 8 + 8 + ABI_UUID_LEN + SHA256_LEN];
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, t->req_id, sizeof(t->req_id));
	for (size_t i = 0; i < t->count; i++) {
		const struct txn_op *op = &t->ops[i];

		row[0] = op->op;
		le64_put(row + 1, op->slot);
		le64_put(row + 9, op->version);
		memcpy(row + 17, op->uuid, ABI_UUID_LEN);
		memcpy(row + 17 + ABI_UUID_LEN, op->leaf, SHA256_LEN);
		sha256_update(&s, row, sizeof(row));
	}
	sha256_final(&s, out);
}

/* Proves the old leaves under the committed root, and certifies the new one. */
static enum kms_rc certify(struct ta *ta, const struct shard *s,
			   struct bytes proof)
{
	struct txn *t = &ta->txn;
	struct certificate c = {
		.shard = s->anchor.shard,
		.seq = s->anchor.seq + 1,
		.depth = (uint8_t)slot_tree_depth(t->next_slot),
		.boot_ctr = s->anchor.boot_ctr,
		.next_slot = t->next_slot,
		.live = t->live,
		.time_floor = s->anchor.time_floor,
	};
	uint8_t root[SHA256_LEN];
	uint8_t was[SHA256_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	memcpy(root, s->anchor.root, sizeof(root));
	slot_tree_grow(root, s->anchor.depth, c.depth);
	sort_leaves(t);
	rc = slot_tree_fold(was, c.root, t->leaves, t->count, c.depth,
			    slot_tree_take_sibling, &proof, NULL, NULL);
	if (rc)
		return rc;
	if (proof.len || !ct_equal(was, root, sizeof(was)))
		return KMS_RC_BAD_PROOF;
	memcpy(c.prev_root, s->anchor.root, SHA256_LEN);
	memcpy(c.req_id, t->req_id, sizeof(c.req_id));
	digest_ops(t, c.ops_digest);
	certificate_make(&ta->keys, t->pc, &c);
	return KMS_RC_OK;
}

static enum kms_rc hold_all(struct txn *t, struct shard *s)
{
	size_t more = 0;

	for (size_t i = 0; i < t->count; i++)
		more += !shard_find_hold(s, t->ops[i].slot);
	if (s->hold_count + more > SHARD_HOLDS)
		return KMS_RC_LIMIT;
	for (size_t i = 0; i < t->count; i++) {
		enum kms_rc rc =
			shard_add_hold(s, t->ops[i].slot, t->ops[i].restricts);

		if (rc)
			return rc;
	}
	return KMS_RC_OK;
}

static void forget(struct txn *t)
{
	/* Blobs are ciphertext, yet nothing of a dropped batch should stay. */
	secret_wipe(t->blobs, t->blobs_used);
	secret_wipe(t->ops, sizeof(t->ops));
	secret_wipe(&t->pair, sizeof(t->pair));
	t->active = false;
	t->count = 0;
	t->blobs_used = 0;
}

static enum kms_rc stage_all(struct ta *ta, struct shard *s,
			     const struct abi_prepare_req *req,
			     const struct abi_state_in *state)
{
	struct abi_rep ops = req->ops;
	struct abi_rep records = state->records;
	struct bytes value = { 0 };
	enum kms_rc rc = KMS_RC_OK;

	while (!rc && abi_rep_next(&ops, &value))
		rc = stage_op(ta, s, value, &records);
	if (!rc && records.len)
		rc = KMS_RC_DECODE;
	if (!rc)
		rc = check_pair(&ta->txn, NULL);
	if (!rc)
		rc = certify(ta, s, state->siblings);
	if (!rc)
		rc = hold_all(&ta->txn, s);
	return rc;
}

/* Nothing can fail any more: from here on the gestures are used up. */
static void spend_all(struct ta *ta)
{
	const struct txn *t = &ta->txn;

	for (size_t i = 0; i < t->count; i++)
		if (t->ops[i].spends)
			webauthn_spend(ta, t->shard, t->ops[i].slot,
				       &t->ops[i].grant);
}

enum kms_rc txn_prepare(struct ta *ta, const struct abi_prepare_req *req,
			const struct abi_state_in *state,
			const uint8_t req_id[ABI_REQ_ID_LEN])
{
	struct shard *s = ta_shard(ta, req->shard);
	struct txn *t = &ta->txn;
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!s)
		return KMS_RC_NOT_OPEN;
	if (s->broken)
		return KMS_RC_STORAGE;
	if (shard_knows_req_id(s, req_id))
		return KMS_RC_DUPLICATE;
	if (t->active) {
		bool same = t->shard == req->shard &&
			    ct_equal(t->req_id, req_id, ABI_REQ_ID_LEN);

		return same ? KMS_RC_OK : KMS_RC_BUSY_STAGED;
	}
	if (req->expect_seq != s->anchor.seq)
		return KMS_RC_SEQ;
	t->shard = req->shard;
	t->next_slot = s->anchor.next_slot;
	t->live = s->anchor.live;
	memcpy(t->req_id, req_id, sizeof(t->req_id));
	rc = stage_all(ta, s, req, state);
	if (rc) {
		forget(t);
		return rc;
	}
	spend_all(ta);
	t->active = true;
	t->prepared_ms = secure_time_ms();
	/* From here on a certificate of an earlier boot comes too late. */
	s->recovery = false;
	return KMS_RC_OK;
}

void txn_abort(struct ta *ta, uint16_t shard)
{
	struct shard *s = ta_shard(ta, shard);
	struct txn *t = &ta->txn;

	if (!s || !t->active || t->shard != shard)
		return;
	for (size_t i = 0; i < t->count; i++)
		shard_lift_hold(s, t->ops[i].slot, 0);
	forget(t);
}

/* Same boot: only the staged batch itself. Earlier boot: only right away. */
static enum kms_rc check_origin(const struct txn *t, const struct shard *s,
				const struct certificate *c, struct bytes pc,
				bool *fresh)
{

	*fresh = c->boot_ctr == s->anchor.boot_ctr;
	if (!*fresh)
		return s->recovery && c->boot_ctr < s->anchor.boot_ctr
			       ? KMS_RC_OK
			       : KMS_RC_EXPIRED;
	if (!t->active || t->shard != c->shard ||
	    !ct_equal(t->pc, pc.ptr, sizeof(t->pc)))
		return KMS_RC_EXPIRED;
	/* An expired batch is still there: to drop it is for ABORT. */
	return secure_time_ms() - t->prepared_ms > TXN_EXPIRY_MS
		       ? KMS_RC_EXPIRED
		       : KMS_RC_OK;
}

static enum kms_rc write_anchor(struct shard *s, const struct certificate *c)
{
	struct anchor next = s->anchor;
	enum kms_rc rc = KMS_RC_INTERNAL;

	next.seq = c->seq;
	memcpy(next.prev_root, c->prev_root, SHA256_LEN);
	memcpy(next.root, c->root, SHA256_LEN);
	next.depth = c->depth;
	next.next_slot = c->next_slot;
	next.live = c->live;
	rc = anchor_write(&s->object, &next);
	if (rc) {
		/* Old or new may stand there; only a reopening can tell. */
		s->broken = true;
		return rc;
	}
	s->anchor = next;
	return KMS_RC_OK;
}

enum kms_rc txn_check(struct ta *ta, struct bytes pc, struct certificate *c,
		      bool *fresh)
{
	const struct shard *s = NULL;
	enum kms_rc rc = certificate_check(&ta->keys, c, pc);

	*fresh = false;
	if (rc)
		return rc;
	s = ta_shard(ta, c->shard);
	if (!s)
		return KMS_RC_NOT_OPEN;
	if (s->broken)
		return KMS_RC_STORAGE;
	if (c->seq != s->anchor.seq + 1)
		return KMS_RC_SEQ;
	if (!ct_equal(c->prev_root, s->anchor.root, SHA256_LEN))
		return KMS_RC_STALE;
	return check_origin(&ta->txn, s, c, pc, fresh);
}

enum kms_rc txn_commit(struct ta *ta, const struct certificate *c, bool fresh)
{
	struct shard *s = ta_shard(ta, c->shard);
	enum kms_rc rc = KMS_RC_INTERNAL;

	assert(s);
	rc = write_anchor(s, c);
	if (rc)
		return rc;
	s->recovery = false;
	shard_remember_req_id(s, c->req_id);
	if (!fresh) {
		lru_drop_shard(&ta->lru, c->shard);
		return KMS_RC_OK;
	}
	for (size_t i = 0; i < ta->txn.count; i++) {
		lru_drop(&ta->lru, c->shard, ta->txn.ops[i].slot);
		shard_lift_hold(s, ta->txn.ops[i].slot,
				ta->txn.ops[i].restricts);
	}
	forget(&ta->txn);
	return KMS_RC_OK;
}
