/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/service/fake_tee.h"

#include "abi/slot_tree.h"
#include "common/endian.h"
#include "common/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PC_SEQ_AT  8
#define PC_ROOT_AT 48
#define BODY_LEN   64

struct fake_tee fake;

struct worker {
	unsigned int index;
};

struct channel {
	struct worker *worker;
	struct tee_call *first;
};

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	for (unsigned int i = 0; i < FAKE_WORKERS; i++)
		fake.staged[i].number = -1;
	pthread_mutex_init(&fake.gate, NULL);
}

static unsigned int depth_of(const struct fake_shard *s)
{
	return slot_tree_depth(s->next_slot);
}

/* --- PREPARE ------------------------------------------------------------- */

struct prepare {
	struct fake_staged *staged;
	struct fake_shard *shard; /* what it becomes: the staged one */
	struct abi_rep records;
	struct bytes siblings;
	struct slot_leaf leaves[ABI_BATCH_OPS];
	size_t count;
	struct abi_writer rsp;
	struct abi_writer out;
	uint8_t pair_uuid[ABI_UUID_LEN];
	uint8_t pair_wants;
};

static void add_leaf(struct prepare *p, uint64_t slot, const uint8_t *was,
		     const uint8_t *is)
{
	size_t at = p->count++;

	for (; at && p->leaves[at - 1].slot > slot; at--)
		p->leaves[at] = p->leaves[at - 1];
	p->leaves[at].slot = slot;
	memcpy(p->leaves[at].was, was, SHA256_LEN);
	memcpy(p->leaves[at].is, is, SHA256_LEN);
}

static uint8_t type_after(uint8_t op, uint8_t now)
{
	switch (op) {
	case OP_CREATE_KEY:
		return RECORD_KEY;
	case OP_CREATE_WALLET:
		return RECORD_WALLET;
	case OP_CREATE_VAULT:
		return RECORD_VAULT;
	case OP_DELETE:
	case OP_DELETE_VAULT:
		return RECORD_TOMBSTONE;
	default:
		return now;
	}
}

static bool creates(uint8_t op)
{
	return op == OP_CREATE_KEY || op == OP_CREATE_WALLET ||
	       op == OP_CREATE_VAULT;
}

/* The record that comes along is the committed one of the slot. */
static enum kms_rc check_record(struct prepare *p,
				const struct abi_prepare_op *op)
{
	const struct fake_slot *slot = &p->shard->slots[op->slot % FAKE_SLOTS];
	uint8_t leaf[SHA256_LEN];
	struct bytes blob = { 0 };

	if (!abi_rep_next(&p->records, &blob))
		return KMS_RC_DECODE;
	record_leaf(leaf, blob);
	if (memcmp(leaf, slot->leaf, sizeof(leaf)) != 0)
		return KMS_RC_STALE;
	if (slot->type == RECORD_TOMBSTONE ||
	    memcmp(slot->uuid, op->uuid, ABI_UUID_LEN) != 0)
		return KMS_RC_NOT_FOUND;
	return KMS_RC_OK;
}

static enum kms_rc check_pair(struct prepare *p,
			      const struct abi_prepare_op *op)
{
	bool second = op->op == OP_CREATE_VAULT || op->op == OP_DELETE_VAULT;

	if (p->pair_wants != (second ? op->op : 0))
		return KMS_RC_DECODE;
	p->pair_wants = 0;
	if (op->op == OP_CREATE_WALLET)
		p->pair_wants = OP_CREATE_VAULT;
	if (op->op == OP_DELETE &&
	    p->shard->slots[op->slot % FAKE_SLOTS].type != RECORD_KEY)
		p->pair_wants = OP_DELETE_VAULT;
	return KMS_RC_OK;
}

static void put_result(struct prepare *p, const struct abi_prepare_op *op,
		       uint64_t index, struct bytes blob)
{
	const struct fake_slot *slot = &p->shard->slots[index];
	uint8_t key[64];
	struct abi_prepare_result r = { .op = op->op,
					.slot = index,
					.version = slot->version };
	size_t at = abi_open(&p->rsp, ABI_TAG_RESULTS);

	memcpy(r.uuid, slot->uuid, sizeof(r.uuid));
	memset(key, slot->uuid[0] ^ (int)op->index, sizeof(key));
	if (op->op == OP_CREATE_KEY || op->op == OP_CREATE_WALLET ||
	    op->op == OP_ISSUE_ADDRESS)
		r.public_key = bytes_of(key, sizeof(key));
	ABI_PUT(&p->rsp, prepare_result, &r);
	abi_close(&p->rsp, at);
	abi_put_var(&p->out, ABI_TAG_BLOBS, blob.ptr, blob.len);
}

static void new_version(struct prepare *p, const struct abi_prepare_op *op,
			uint16_t shard, uint64_t index)
{
	struct fake_slot *slot = &p->shard->slots[index];
	uint8_t blob[RECORD_HEADER_LEN + BODY_LEN] = { 0 };
	uint8_t was[SHA256_LEN];
	struct record_header h = { .shard = shard, .slot = index };
	size_t len = sizeof(blob);

	memcpy(was, slot->leaf, sizeof(was));
	slot->type = type_after(op->op, slot->type);
	slot->version++;
	slot->last_op = op->op;
	h.type = slot->type;
	h.version = slot->version;
	memcpy(h.uuid, slot->uuid, sizeof(h.uuid));
	record_put_header(blob, &h);
	memset(blob + RECORD_HEADER_LEN, (int)(slot->version & 0xff), BODY_LEN);
	if (slot->type == RECORD_TOMBSTONE)
		len = RECORD_HEADER_LEN;
	record_leaf(slot->leaf, bytes_of(blob, len));
	add_leaf(p, index, was, slot->leaf);
	put_result(p, op, index, bytes_of(blob, len));
}

static enum kms_rc run_op(struct prepare *p, uint16_t shard, struct bytes value)
{
	struct abi_prepare_op op = { 0 };
	enum kms_rc rc = ABI_DECODE(&op, prepare_op, value);
	uint64_t index = op.slot;

	if (!rc)
		rc = check_pair(p, &op);
	if (!rc && fake.refuse)
		rc = fake.refuse(&op);
	if (rc)
		return rc;
	if (creates(op.op)) {
		struct fake_slot *slot = NULL;

		index = p->shard->next_slot++;
		slot = &p->shard->slots[index];
		if (op.op != OP_CREATE_VAULT) {
			fake.uuids++;
			memset(p->pair_uuid, 0, ABI_UUID_LEN);
			le32_put(p->pair_uuid, fake.uuids * 2654435761u);
			le32_put(p->pair_uuid + 8, fake.uuids);
		}
		memcpy(slot->uuid, p->pair_uuid, ABI_UUID_LEN);
	} else {
		rc = check_record(p, &op);
	}
	if (!rc)
		new_version(p, &op, shard, index);
	return rc;
}

static enum kms_rc certify(struct prepare *p, const struct fake_shard *before)
{
	unsigned int depth = depth_of(p->shard);
	uint8_t was[SHA256_LEN] = { 0 };
	uint8_t root[SHA256_LEN];
	enum kms_rc rc = slot_tree_fold(was, p->shard->root, p->leaves,
					p->count, depth, slot_tree_take_sibling,
					&p->siblings, NULL, NULL);

	memcpy(root, before->root, sizeof(root));
	slot_tree_grow(root, depth_of(before), depth);
	if (rc || p->siblings.len || memcmp(was, root, sizeof(was)) != 0)
		return KMS_RC_BAD_PROOF;
	p->shard->seq++;
	memset(p->staged->pc, 0, ABI_PC_LEN);
	le64_put(p->staged->pc + PC_SEQ_AT, p->shard->seq);
	memcpy(p->staged->pc + PC_ROOT_AT, p->shard->root, SHA256_LEN);
	return KMS_RC_OK;
}

static enum kms_rc stage(struct prepare *p, const struct abi_prepare_req *req)
{
	struct abi_rep ops = req->ops;
	struct bytes value = { 0 };
	enum kms_rc rc = KMS_RC_OK;

	if (p->staged->number >= 0)
		return KMS_RC_BUSY_STAGED;
	if (req->expect_seq != fake.shards[req->shard].seq)
		return KMS_RC_SEQ;
	*p->shard = fake.shards[req->shard];
	while (!rc && abi_rep_next(&ops, &value))
		rc = run_op(p, req->shard, value);
	if (!rc && (p->records.len || p->pair_wants))
		rc = KMS_RC_DECODE;
	if (!rc)
		rc = certify(p, &fake.shards[req->shard]);
	if (!rc)
		p->staged->number = req->shard;
	return rc;
}

static enum kms_rc prepare(struct fake_staged *staged, struct tee_call *call,
			   struct bytes body, struct abi_writer *w)
{
	static uint8_t results[ABI_RESPONSE_MAX];
	struct abi_prepare_req req = { 0 };
	struct abi_state_in state = { 0 };
	static struct prepare p;
	uint8_t *to = NULL;
	enum kms_rc rc = ABI_DECODE(&req, prepare_req, body);

	pthread_mutex_lock(&fake.gate);
	pthread_mutex_unlock(&fake.gate);
	atomic_fetch_add(&fake.prepares, 1);
	if (!rc && call->state.len)
		rc = ABI_DECODE(&state, state_in, call->state);
	if (rc)
		return rc;
	if (req.ops.count > fake.most_ops)
		fake.most_ops = req.ops.count;
	if (call->req.len > fake.longest)
		fake.longest = call->req.len;
	p = (struct prepare){ .staged = staged,
			      .shard = &staged->shard,
			      .records = state.records,
			      .siblings = state.siblings };
	abi_begin(&p.rsp, results, sizeof(results));
	abi_begin(&p.out, call->state_out.ptr, call->state_out.cap);
	rc = stage(&p, &req);
	if (rc)
		return rc;
	abi_put_var(w, 0x0001, staged->pc, sizeof(staged->pc));
	to = w->ptr + w->len;
	assert_true(w->len + p.rsp.len <= w->cap);
	memcpy(to, results, p.rsp.len);
	w->len += p.rsp.len;
	call->state_out.len = p.out.len;
	return KMS_RC_OK;
}

/* --- the other commands -------------------------------------------------- */

static enum kms_rc commit(struct fake_staged *staged, struct bytes body,
			  struct abi_writer *w)
{
	struct abi_commit_req req = { 0 };
	struct abi_commit_rsp rsp = { 0 };
	enum kms_rc rc = ABI_DECODE(&req, commit_req, body);

	if (rc)
		return rc;
	if (staged->number < 0 || req.pc.len != sizeof(staged->pc) ||
	    memcmp(req.pc.ptr, staged->pc, sizeof(staged->pc)) != 0)
		return KMS_RC_EXPIRED;
	rsp.shard = (uint16_t)staged->number;
	fake.shards[rsp.shard] = staged->shard;
	staged->number = -1;
	rsp.seq = staged->shard.seq;
	memcpy(rsp.root, staged->shard.root, sizeof(rsp.root));
	ABI_PUT(w, commit_rsp, &rsp);
	return KMS_RC_OK;
}

static void put_status(struct abi_writer *w, uint16_t shard)
{
	const struct fake_shard *s = &fake.shards[shard];
	struct abi_shard_status_rsp rsp = {
		.shard = shard,
		.seq = s->seq,
		.depth = (uint8_t)depth_of(s),
		.next_slot = s->next_slot,
	};

	memcpy(rsp.root, s->root, sizeof(rsp.root));
	ABI_PUT(w, shard_status_rsp, &rsp);
}

static enum kms_rc open_shards(struct bytes body, struct abi_writer *w)
{
	struct abi_shard_open_req req = { 0 };
	enum kms_rc rc = ABI_DECODE(&req, shard_open_req, body);

	for (size_t i = 0; !rc && i < req.shards.len; i += 2) {
		size_t at = abi_open(w, ABI_TAG_SHARD_STATUS);

		put_status(w, le16_get(req.shards.ptr + i));
		abi_close(w, at);
	}
	return rc;
}

static void put_info(struct abi_writer *w)
{
	struct abi_info_rsp rsp = { .tee_kind = TEE_KIND_PROCESS,
				    .provisioned = 1,
				    .shard_total = FAKE_SHARDS,
				    .shards_open = bytes_of("", 0) };

	ABI_PUT(w, info_rsp, &rsp);
}

static void sign(const struct tee_call *call, struct abi_writer *w)
{
	uint8_t filler[64];
	struct abi_sign_result r = { .status = (uint16_t)fake.sign_status };
	size_t at = abi_open(w, ABI_TAG_SIGN_ITEMS);

	memset(filler, 0x5a, sizeof(filler));
	memcpy(fake.sign, call->req.ptr, call->req.len);
	fake.sign_len = call->req.len;
	if (!r.status) {
		r.signature = bytes_of(filler, 64);
		r.digest = bytes_of(filler, 32);
		r.public_key = bytes_of(filler, 64);
		r.nonce = bytes_of(filler, 32);
		r.recid = 1;
	}
	ABI_PUT(w, sign_result, &r);
	abi_close(w, at);
}

/* Counts, so that one can tell them. */
static enum kms_rc give_random(struct bytes body, struct abi_writer *w)
{
	uint8_t bytes[ABI_RANDOM_MAX];
	struct abi_random_req req = { 0 };
	struct abi_random_rsp rsp = { 0 };
	enum kms_rc rc = ABI_DECODE(&req, random_req, body);

	if (rc || fake.random_rc)
		return rc ? rc : fake.random_rc;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i + fake.random_calls);
	fake.random_calls++;
	rsp.bytes = bytes_of(bytes, req.len - fake.random_short);
	ABI_PUT(w, random_rsp, &rsp);
	return KMS_RC_OK;
}

static enum kms_rc run(struct fake_staged *staged, struct tee_call *call,
		       const struct abi_header *h, struct bytes body,
		       struct abi_writer *w)
{
	struct abi_shard_status_req status = { 0 };

	switch (h->cmd) {
	case CMD_INFO:
		put_info(w);
		return KMS_RC_OK;
	case CMD_PREPARE:
		return prepare(staged, call, body, w);
	case CMD_COMMIT:
		return commit(staged, body, w);
	case CMD_SHARD_OPEN:
		return open_shards(body, w);
	case CMD_SHARD_STATUS:
		if (!ABI_DECODE(&status, shard_status_req, body))
			put_status(w, status.shard);
		return KMS_RC_OK;
	case CMD_RANDOM:
		return give_random(body, w);
	case CMD_ABORT:
		staged->number = -1;
		return KMS_RC_OK;
	case CMD_SIGN:
		sign(call, w);
		return KMS_RC_OK;
	default:
		return KMS_RC_UNSUPPORTED;
	}
}

static bool is_lost(uint16_t cmd, atomic_int *count, uint16_t wanted)
{
	if (cmd != wanted || atomic_load(count) == 0)
		return false;
	atomic_fetch_sub(count, 1);
	return true;
}

static void answer(struct fake_staged *staged, struct tee_call *call)
{
	struct abi_header h = { 0 };
	struct abi_writer w = { 0 };
	struct bytes body = { 0 };
	enum kms_rc rc = abi_get_header(&h, &body, call->req);

	abi_begin(&w, call->rsp.ptr, call->rsp.cap);
	abi_put_header(&w, h.cmd, 0, h.req_id);
	if (!rc)
		rc = run(staged, call, &h, body, &w);
	if (rc) {
		abi_begin(&w, call->rsp.ptr, call->rsp.cap);
		abi_put_header(&w, h.cmd, (uint16_t)rc, h.req_id);
	}
	assert_int_equal(abi_finish(&w, 0), KMS_RC_OK);
	call->rsp.len = w.len;
	call->rc = KMS_RC_OK;
	if (is_lost(h.cmd, &fake.lose_prepares, CMD_PREPARE) ||
	    is_lost(h.cmd, &fake.lose_commits, CMD_COMMIT))
		call->rc = KMS_RC_UNAVAILABLE;
}

/* --- the transport ------------------------------------------------------- */

static enum kms_rc fake_open(struct worker **w,
			     const struct transport_config *config,
			     unsigned int index)
{
	(void)config;
	*w = mem_zalloc(1, sizeof(**w));
	assert_non_null(*w);
	(*w)->index = index;
	return KMS_RC_OK;
}

static void fake_close(struct worker **w)
{
	mem_free(*w);
	*w = NULL;
}

static int no_worker_fd(struct worker *w)
{
	(void)w;
	return -1;
}

static enum kms_rc fake_restart(struct worker *w)
{
	atomic_fetch_add(&fake.restarts, 1);
	fake.staged[w->index].number = -1;
	return KMS_RC_OK;
}

static enum kms_rc fake_channel_open(struct channel **c, struct worker *w)
{
	*c = mem_zalloc(1, sizeof(**c));
	assert_non_null(*c);
	(*c)->worker = w;
	return KMS_RC_OK;
}

static void fake_channel_close(struct channel **c)
{
	mem_free(*c);
	*c = NULL;
}

static enum kms_rc fake_submit(struct channel *c, struct tee_call *call)
{
	assert_true(call->req.len <= ABI_REQUEST_MAX);
	assert_true(call->state.len <= ABI_STATE_IN_MAX);
	answer(&fake.staged[c->worker->index], call);
	call->next = c->first;
	c->first = call;
	return KMS_RC_OK;
}

static void fake_flush(struct channel *c)
{
	(void)c;
}

static int no_channel_fd(struct channel *c)
{
	(void)c;
	return -1;
}

static unsigned int fake_reap(struct channel *c)
{
	unsigned int n = 0;

	while (c->first) {
		struct tee_call *call = c->first;

		c->first = call->next;
		call->done(call);
		n++;
	}
	return n;
}

static void fake_cancel(struct channel *c, struct tee_call *call)
{
	struct tee_call **at = &c->first;

	while (*at && *at != call)
		at = &(*at)->next;
	if (*at)
		*at = call->next;
}

const struct transport transport_fake = {
	.name = "fake",
	.open = fake_open,
	.close = fake_close,
	.death_fd = no_worker_fd,
	.restart = fake_restart,
	.channel_open = fake_channel_open,
	.channel_close = fake_channel_close,
	.submit = fake_submit,
	.flush = fake_flush,
	.fd = no_channel_fd,
	.reap = fake_reap,
	.cancel = fake_cancel,
};
