/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tee_client/line.h"

#include <string.h>

static void link_last(struct tee_line *l, struct tee_sign *s)
{
	s->prev = l->last;
	s->next = NULL;
	if (l->last)
		l->last->next = s;
	else
		l->first = s;
	l->last = s;
}

static void unlink_sign(struct tee_line *l, struct tee_sign *s)
{
	if (s->prev)
		s->prev->next = s->next;
	else
		l->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	else
		l->last = s->prev;
}

static bool copy_exactly(uint8_t *out, size_t len, struct bytes from)
{
	if (from.len != len)
		return false;
	memcpy(out, from.ptr, len);
	return true;
}

/* What each use gives; the rest of the answer is not looked at. */
static enum kms_rc read_result(struct tee_sign *s,
			       const struct abi_sign_result *r)
{
	bool whole = true;

	s->recid = r->recid;
	switch (s->use) {
	case USE_CHALLENGE:
		whole = copy_exactly(s->nonce, sizeof(s->nonce), r->nonce);
		break;
	case USE_ADDRESS:
		whole = copy_exactly(s->public_key, sizeof(s->public_key),
				     r->public_key);
		break;
	case USE_DIGEST:
		whole = copy_exactly(s->signature, sizeof(s->signature),
				     r->signature);
		break;
	default:
		whole = copy_exactly(s->signature, sizeof(s->signature),
				     r->signature) &&
			copy_exactly(s->digest, sizeof(s->digest), r->digest) &&
			copy_exactly(s->public_key, sizeof(s->public_key),
				     r->public_key);
		break;
	}
	return whole ? KMS_RC_OK : KMS_RC_UNAVAILABLE;
}

static enum kms_rc read_answer(struct tee_sign *s)
{
	struct abi_sign_result result = { 0 };
	struct abi_sign_rsp rsp = { 0 };
	struct abi_header h = { 0 };
	struct bytes body = { 0 };
	struct bytes value = { 0 };
	enum kms_rc rc = s->call.rc;

	if (!rc)
		rc = abi_get_header(&h, &body,
				    bytes_of(s->rsp, s->call.rsp.len));
	if (rc)
		return rc;
	if (h.status)
		return (enum kms_rc)h.status;
	if (h.cmd != CMD_SIGN || ABI_DECODE(&rsp, sign_rsp, body) ||
	    rsp.items.count != 1 || !abi_rep_next(&rsp.items, &value) ||
	    ABI_DECODE(&result, sign_result, value))
		return KMS_RC_UNAVAILABLE;
	if (result.status)
		return (enum kms_rc)result.status;
	return read_result(s, &result);
}

static void answered(struct tee_call *call)
{
	struct tee_sign *s = call->arg;

	unlink_sign(s->line, s);
	s->done(s, read_answer(s));
}

static enum kms_rc write_request(struct tee_sign *s, struct abi_writer *w)
{
	static const uint8_t no_req_id[ABI_REQ_ID_LEN] = { 0 };
	static const uint32_t wallets =
		1u << USE_HASH | 1u << USE_MESSAGE | 1u << USE_MESSAGE_191 |
		1u << USE_TRANSACTION | 1u << USE_ADDRESS;
	static const struct line_member members[] = {
		{ offsetof(struct abi_sign_item, alg), 1u << USE_DIGEST },
		{ offsetof(struct abi_sign_item, digest), 1u << USE_DIGEST },
		{ offsetof(struct abi_sign_item, use),
		  wallets | 1u << USE_CHALLENGE },
		{ offsetof(struct abi_sign_item, account), wallets },
		{ offsetof(struct abi_sign_item, index), wallets },
		{ offsetof(struct abi_sign_item, payload),
		  wallets & ~(1u << USE_ADDRESS) },
	};
	struct abi_sign_item item = {
		.shard = s->shard,
		.slot = s->slot,
		.alg = s->alg,
		.digest = bytes_of(s->digest, sizeof(s->digest)),
		.evidence_kind = s->evidence_kind,
		.evidence = s->evidence,
		.use = s->use,
		.account = s->account,
		.index = s->index,
		.payload = s->payload,
	};
	size_t at = 0;

	memcpy(item.uuid, s->uuid, sizeof(item.uuid));
	/* Signing changes nothing, so it needs no request id. */
	abi_put_header(w, CMD_SIGN, 0, no_req_id);
	at = abi_open(w, ABI_TAG_SIGN_ITEMS);
	line_put(w, &abi_layout_sign_item, &item, members, ARRAY_LEN(members),
		 s->use);
	abi_close(w, at);
	return abi_finish(w, 1);
}

static enum kms_rc write_state(struct tee_sign *s, struct abi_writer *w)
{
	struct abi_state_proof proof = { .blob = s->blob, .path = s->path };
	size_t at = 0;

	if (!s->blob.len)
		return KMS_RC_OK;
	at = abi_open(w, ABI_TAG_PROOFS);
	ABI_PUT(w, state_proof, &proof);
	abi_close(w, at);
	return abi_finish_body(w);
}

enum kms_rc tee_sign(struct tee_line *l, struct tee_sign *s)
{
	unsigned int worker = tee_worker_of(l->tee, s->shard);
	struct abi_writer w = { 0 };
	struct abi_writer p2 = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!tee_serves(l->tee, worker))
		return KMS_RC_UNAVAILABLE;
	abi_begin(&w, l->sign_request, sizeof(l->sign_request));
	abi_begin(&p2, l->sign_state, sizeof(l->sign_state));
	rc = write_request(s, &w);
	if (!rc)
		rc = write_state(s, &p2);
	if (rc)
		return rc == KMS_RC_SHORT_BUFFER ? KMS_RC_TOO_LARGE : rc;
	s->line = l;
	s->call = (struct tee_call){
		.cmd = CMD_SIGN,
		.req = bytes_of(w.ptr, w.len),
		.state = bytes_of(p2.len ? p2.ptr : NULL, p2.len),
		.rsp = { .ptr = s->rsp, .cap = sizeof(s->rsp) },
		.done = answered,
		.arg = s,
	};
	link_last(l, s);
	rc = l->tee->config.transport->submit(l->channels[worker], &s->call);
	if (rc)
		unlink_sign(l, s);
	return rc;
}

void tee_line_tick(struct tee_line *l, uint64_t now_ns)
{
	struct tee_sign *next = NULL;

	line_tick_random(l, now_ns);
	for (struct tee_sign *s = l->first; s; s = next) {
		unsigned int worker = tee_worker_of(l->tee, s->shard);

		next = s->next;
		if (s->deadline_ns > now_ns)
			continue;
		l->tee->config.transport->cancel(l->channels[worker], &s->call);
		unlink_sign(l, s);
		s->done(s, KMS_RC_TIMEOUT);
	}
}
