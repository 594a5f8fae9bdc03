/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blocking calls. Each is: write the request, wait, read the answer; the
 * answer is checked as if a stranger had sent it.
 */
#include "host/tee_client/line.h"

#include "common/clock.h"
#include "common/endian.h"

#include <poll.h>
#include <string.h>
#include <sys/random.h>

/* Nobody rings for a worker that has died, so it is looked after. */
#define LOOK_MS 50

static bool buffers(struct tee_line *l)
{
	if (!l->request)
		l->request = mem_zalloc(1, ABI_REQUEST_MAX);
	if (!l->state)
		l->state = mem_zalloc(1, ABI_STATE_IN_MAX);
	if (!l->response)
		l->response = mem_zalloc(1, ABI_RESPONSE_MAX);
	if (!l->state_out)
		l->state_out = mem_zalloc(1, ABI_STATE_OUT_MAX);
	return l->request && l->state && l->response && l->state_out;
}

/* A blocking call while it is under way. */
struct waiting {
	struct tee_call call;
	bool ended;
};

static void ended(struct tee_call *call)
{
	((struct waiting *)call->arg)->ended = true;
}

static enum kms_rc wait_for(struct tee_line *l, unsigned int worker,
			    struct waiting *w)
{
	const struct transport *tr = l->tee->config.transport;
	uint64_t deadline =
		clock_mono_ns() + (uint64_t)l->tee->config.call_ms * 1000000u;
	struct pollfd p = { .fd = tr->fd(l->channels[worker]),
			    .events = POLLIN };

	while (!w->ended) {
		bool given_up = atomic_load(&l->tee->abandoned);

		if (given_up || clock_mono_ns() >= deadline) {
			tr->cancel(l->channels[worker], &w->call);
			return given_up ? KMS_RC_UNAVAILABLE : KMS_RC_TIMEOUT;
		}
		tr->reap(l->channels[worker]);
		if (!w->ended)
			poll(&p, 1, LOOK_MS);
	}
	return w->call.rc;
}

/* req holds a finished message; *body is the answer's body when OK. */
static enum kms_rc call_ta(struct tee_line *l, unsigned int worker,
			   uint16_t cmd, const struct abi_writer *req,
			   const struct abi_writer *state, bool wants_state,
			   struct bytes *body, struct bytes *out)
{
	const struct transport *tr = l->tee->config.transport;
	struct abi_header h = { 0 };
	struct waiting w = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	w.call.cmd = cmd;
	w.call.req = bytes_of(req->ptr, req->len);
	if (state && state->len)
		w.call.state = bytes_of(state->ptr, state->len);
	w.call.rsp =
		(struct buf){ .ptr = l->response, .cap = ABI_RESPONSE_MAX };
	if (wants_state)
		w.call.state_out = (struct buf){ .ptr = l->state_out,
						 .cap = ABI_STATE_OUT_MAX };
	w.call.done = ended;
	w.call.arg = &w;
	rc = tr->submit(l->channels[worker], &w.call);
	if (rc)
		return rc;
	tr->flush(l->channels[worker]);
	rc = wait_for(l, worker, &w);
	if (rc)
		return rc;
	rc = abi_get_header(&h, body, bytes_of(l->response, w.call.rsp.len));
	if (rc || h.cmd != cmd)
		return rc == KMS_RC_VERSION ? rc : KMS_RC_UNAVAILABLE;
	if (out)
		*out = bytes_of(l->state_out, w.call.state_out.len);
	return (enum kms_rc)h.status;
}

/* Starts a request in the line's buffer. req_id NULL: a random one. */
static enum kms_rc begin(struct tee_line *l, struct abi_writer *w, uint16_t cmd,
			 const uint8_t *req_id)
{
	uint8_t fresh[ABI_REQ_ID_LEN] = { 0 };

	if (!buffers(l))
		return KMS_RC_NO_MEMORY;
	if (!req_id && getrandom(fresh, sizeof(fresh), 0) != sizeof(fresh))
		return KMS_RC_INTERNAL;
	abi_begin(w, l->request, ABI_REQUEST_MAX);
	abi_put_header(w, cmd, 0, req_id ? req_id : fresh);
	return KMS_RC_OK;
}

enum kms_rc tee_info(struct tee_line *l, unsigned int worker,
		     struct tee_info *out)
{
	struct abi_info_rsp rsp = { 0 };
	struct abi_writer w = { 0 };
	struct bytes body = { 0 };
	enum kms_rc rc = begin(l, &w, CMD_INFO, NULL);

	if (!rc)
		rc = abi_finish(&w, 0);
	if (!rc)
		rc = call_ta(l, worker, CMD_INFO, &w, NULL, false, &body, NULL);
	if (!rc)
		rc = ABI_DECODE(&rsp, info_rsp, body);
	if (rc)
		return rc;
	*out = (struct tee_info){
		.build_flags = rsp.build_flags,
		.ta_version = rsp.ta_version,
		.tee_kind = rsp.tee_kind,
		.provisioned = rsp.provisioned,
		.ready_rc = (enum kms_rc)rsp.ready_status,
		.shard_total = rsp.shard_total,
		.rollback_level = rsp.rollback_level,
		.time_level = rsp.time_level,
	};
	memcpy(out->domain_id, rsp.domain_id, sizeof(out->domain_id));
	memcpy(out->aik_pub, rsp.aik_pub, sizeof(out->aik_pub));
	return KMS_RC_OK;
}

enum kms_rc tee_selftest(struct tee_line *l, unsigned int worker)
{
	struct abi_writer w = { 0 };
	struct bytes body = { 0 };
	struct abi_selftest_req req = { .only_signature = 1 };
	enum kms_rc rc = begin(l, &w, CMD_SELFTEST, NULL);

	if (rc)
		return rc;
	ABI_PUT(&w, selftest_req, &req);
	rc = abi_finish(&w, 0);
	if (!rc)
		rc = call_ta(l, worker, CMD_SELFTEST, &w, NULL, false, &body,
			     NULL);
	return rc;
}

enum kms_rc tee_provision(struct tee_line *l, unsigned int worker,
			  uint16_t shard_total)
{
	struct abi_provision_req req = { .shard_total = shard_total };
	struct abi_writer w = { 0 };
	struct bytes body = { 0 };
	uint8_t entropy[32] = { 0 };
	enum kms_rc rc = begin(l, &w, CMD_PROVISION, NULL);

	if (getrandom(entropy, sizeof(entropy), 0) != sizeof(entropy))
		return KMS_RC_INTERNAL;
	req.host_entropy = bytes_of(entropy, sizeof(entropy));
	if (rc)
		return rc;
	ABI_PUT(&w, provision_req, &req);
	rc = abi_finish(&w, 0);
	if (!rc)
		rc = call_ta(l, worker, CMD_PROVISION, &w, NULL, false, &body,
			     NULL);
	return rc;
}

static enum kms_rc read_statuses(struct abi_shard_status_rsp *out, size_t count,
				 struct bytes body)
{
	struct abi_shard_open_rsp rsp = { 0 };
	struct bytes value = { 0 };
	enum kms_rc rc = ABI_DECODE(&rsp, shard_open_rsp, body);

	if (!rc && rsp.status.count != count)
		rc = KMS_RC_UNAVAILABLE;
	for (size_t i = 0; !rc && i < count; i++)
		rc = abi_rep_next(&rsp.status, &value)
			     ? ABI_DECODE(&out[i], shard_status_rsp, value)
			     : KMS_RC_UNAVAILABLE;
	return rc;
}

enum kms_rc tee_shard_open(struct tee_line *l, unsigned int worker,
			   const uint16_t *shards, size_t count,
			   struct abi_shard_status_rsp *out)
{
	uint8_t list[2 * ABI_SHARDS_MAX] = { 0 };
	struct abi_shard_open_req req = { .shards = bytes_of(list, 2 * count) };
	struct abi_writer w = { 0 };
	struct bytes body = { 0 };
	enum kms_rc rc = begin(l, &w, CMD_SHARD_OPEN, NULL);

	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++)
		le16_put(list + 2 * i, shards[i]);
	ABI_PUT(&w, shard_open_req, &req);
	rc = abi_finish(&w, (uint16_t)count);
	if (!rc)
		rc = call_ta(l, worker, CMD_SHARD_OPEN, &w, NULL, false, &body,
			     NULL);
	if (!rc)
		rc = read_statuses(out, count, body);
	return rc;
}

/* Requests that name nothing but a shard. */
static enum kms_rc call_on_shard(struct tee_line *l, uint16_t cmd,
				 uint16_t shard, struct bytes *body)
{
	struct abi_shard_status_req req = { .shard = shard };
	struct abi_writer w = { 0 };
	enum kms_rc rc = begin(l, &w, cmd, NULL);

	if (rc)
		return rc;
	/* shard_status_req and abort_req are the same row. */
	ABI_PUT(&w, shard_status_req, &req);
	rc = abi_finish(&w, 0);
	if (!rc)
		rc = call_ta(l, tee_worker_of(l->tee, shard), cmd, &w, NULL,
			     false, body, NULL);
	return rc;
}

enum kms_rc tee_shard_status(struct tee_line *l, uint16_t shard,
			     struct abi_shard_status_rsp *out)
{
	struct bytes body = { 0 };
	enum kms_rc rc = call_on_shard(l, CMD_SHARD_STATUS, shard, &body);

	return rc ? rc : ABI_DECODE(out, shard_status_rsp, body);
}

enum kms_rc tee_abort(struct tee_line *l, uint16_t shard)
{
	struct bytes body = { 0 };

	return call_on_shard(l, CMD_ABORT, shard, &body);
}

/* Views that are absent are not written anyway. */
static void put_change(struct abi_writer *w, const struct tee_change *c)
{
	static const uint32_t creations = 1u << OP_CREATE_KEY |
					  1u << OP_CREATE_WALLET |
					  1u << OP_CREATE_VAULT;
	static const struct line_member members[] = {
		{ offsetof(struct abi_prepare_op, slot), ~creations },
		{ offsetof(struct abi_prepare_op, uuid), ~creations },
		{ offsetof(struct abi_prepare_op, key_spec),
		  1u << OP_CREATE_KEY },
		{ offsetof(struct abi_prepare_op, key_usage),
		  1u << OP_CREATE_KEY },
		{ offsetof(struct abi_prepare_op, key_state),
		  1u << OP_SET_STATE },
		{ offsetof(struct abi_prepare_op, bind_level),
		  1u << OP_CREATE_WALLET },
		{ offsetof(struct abi_prepare_op, index),
		  1u << OP_ISSUE_ADDRESS },
		{ offsetof(struct abi_prepare_op, window_days),
		  1u << OP_SCHEDULE_DELETION },
	};
	struct abi_prepare_op op = {
		.op = c->op,
		.evidence_kind = c->evidence_kind,
		.evidence = c->evidence,
		.slot = c->slot,
		.key_spec = c->key_spec,
		.key_usage = c->key_usage,
		.key_state = c->key_state,
		.passkey = c->passkey,
		.credential_hash = c->credential_hash,
		.bind_level = c->bind_level,
		.rp_id = c->rp_id,
		.origins = c->origins,
		.registration = c->registration,
		.index = c->index,
		.window_days = c->window_days,
	};
	size_t at = abi_open(w, ABI_TAG_PREPARE_OPS);

	memcpy(op.uuid, c->uuid, sizeof(op.uuid));
	line_put(w, &abi_layout_prepare_op, &op, members, ARRAY_LEN(members),
		 c->op);
	abi_close(w, at);
}

static enum kms_rc read_results(struct tee_batch *b,
				const struct abi_prepare_rsp *rsp,
				struct bytes out)
{
	struct abi_rep results = rsp->results;
	struct abi_state_out state = { 0 };
	struct bytes value = { 0 };
	enum kms_rc rc = ABI_DECODE(&state, state_out, out);

	if (rc || results.count != b->count || state.blobs.count != b->count ||
	    rsp->pc.len != ABI_PC_LEN)
		return KMS_RC_UNAVAILABLE;
	memcpy(b->pc, rsp->pc.ptr, ABI_PC_LEN);
	for (size_t i = 0; i < b->count; i++) {
		struct tee_change *c = &b->changes[i];
		struct abi_prepare_result r = { 0 };

		if (!abi_rep_next(&results, &value) ||
		    ABI_DECODE(&r, prepare_result, value) ||
		    !abi_rep_next(&state.blobs, &c->blob))
			return KMS_RC_UNAVAILABLE;
		c->slot = r.slot;
		c->version = r.version;
		memcpy(c->uuid, r.uuid, sizeof(c->uuid));
		if (r.public_key.len == sizeof(c->public_key))
			memcpy(c->public_key, r.public_key.ptr,
			       sizeof(c->public_key));
	}
	return KMS_RC_OK;
}

enum kms_rc tee_prepare(struct tee_line *l, struct tee_batch *b)
{
	struct abi_prepare_req req = { .shard = b->shard,
				       .expect_seq = b->expect_seq };
	struct abi_prepare_rsp rsp = { 0 };
	struct abi_writer w = { 0 };
	struct abi_writer state = { 0 };
	struct bytes body = { 0 };
	struct bytes out = { 0 };
	enum kms_rc rc = begin(l, &w, CMD_PREPARE, b->req_id);

	if (rc)
		return rc;
	abi_begin(&state, l->state, ABI_STATE_IN_MAX);
	ABI_PUT(&w, prepare_req, &req);
	for (size_t i = 0; i < b->count; i++) {
		put_change(&w, &b->changes[i]);
		if (b->changes[i].record.len)
			abi_put_var(&state, ABI_TAG_RECORDS,
				    b->changes[i].record.ptr,
				    b->changes[i].record.len);
	}
	if (b->siblings.len)
		abi_put_var(&state, ABI_TAG_SIBLINGS, b->siblings.ptr,
			    b->siblings.len);
	rc = abi_finish(&w, (uint16_t)b->count);
	if (!rc)
		rc = abi_finish_body(&state);
	if (!rc)
		rc = call_ta(l, tee_worker_of(l->tee, b->shard), CMD_PREPARE,
			     &w, &state, true, &body, &out);
	if (!rc)
		rc = ABI_DECODE(&rsp, prepare_rsp, body);
	if (!rc)
		rc = read_results(b, &rsp, out);
	return rc;
}

enum kms_rc tee_commit(struct tee_line *l, uint16_t shard,
		       const uint8_t pc[ABI_PC_LEN], size_t count,
		       uint8_t root[32], struct abi_rep *receipts)
{
	struct abi_commit_req req = { .pc = bytes_of(pc, ABI_PC_LEN) };
	struct abi_commit_rsp rsp = { 0 };
	struct abi_writer w = { 0 };
	struct bytes body = { 0 };
	enum kms_rc rc = begin(l, &w, CMD_COMMIT, NULL);

	if (rc)
		return rc;
	ABI_PUT(&w, commit_req, &req);
	rc = abi_finish(&w, (uint16_t)count);
	if (!rc)
		rc = call_ta(l, tee_worker_of(l->tee, shard), CMD_COMMIT, &w,
			     NULL, false, &body, NULL);
	if (!rc)
		rc = ABI_DECODE(&rsp, commit_rsp, body);
	if (rc)
		return rc;
	memcpy(root, rsp.root, sizeof(rsp.root));
	if (receipts)
		*receipts = rsp.receipts;
	return KMS_RC_OK;
}
