/* SPDX-License-Identifier: Apache-2.0 */
/* RANDOM, which never blocks either. */
#include "host/tee_client/line.h"

#include "common/secret.h"

#include <string.h>

static void link_random(struct tee_line *l, struct tee_random *r)
{
	r->prev = NULL;
	r->next = l->randoms;
	if (r->next)
		r->next->prev = r;
	l->randoms = r;
}

static void unlink_random(struct tee_line *l, struct tee_random *r)
{
	if (r->prev)
		r->prev->next = r->next;
	else
		l->randoms = r->next;
	if (r->next)
		r->next->prev = r->prev;
}

static enum kms_rc read_answer(struct tee_random *r)
{
	struct abi_random_rsp rsp = { 0 };
	struct abi_header h = { 0 };
	struct bytes body = { 0 };
	enum kms_rc rc = r->call.rc;

	if (!rc)
		rc = abi_get_header(&h, &body,
				    bytes_of(r->rsp, r->call.rsp.len));
	if (!rc)
		rc = (enum kms_rc)h.status;
	if (rc)
		return rc;
	if (h.cmd != CMD_RANDOM || ABI_DECODE(&rsp, random_rsp, body) ||
	    rsp.bytes.len != r->len)
		return KMS_RC_UNAVAILABLE;
	memcpy(r->bytes.b, rsp.bytes.ptr, r->len);
	return KMS_RC_OK;
}

static void answered(struct tee_call *call)
{
	struct tee_random *r = call->arg;
	enum kms_rc rc = read_answer(r);

	secret_wipe(r->rsp, sizeof(r->rsp));
	unlink_random(r->line, r);
	r->done(r, rc);
}

static enum kms_rc write_request(struct abi_writer *w, size_t len)
{
	static const uint8_t no_req_id[ABI_REQ_ID_LEN] = { 0 };
	struct abi_random_req req = { .len = (uint16_t)len };

	abi_put_header(w, CMD_RANDOM, 0, no_req_id);
	ABI_PUT(w, random_req, &req);
	return abi_finish(w, 0);
}

/* Any worker will do: the one after the last that was asked. */
static bool choose_worker(struct tee_line *l, struct tee_random *r)
{
	unsigned int count = tee_workers(l->tee);

	for (unsigned int i = 0; i < count; i++) {
		r->worker = l->next_random++ % count;
		if (tee_serves(l->tee, r->worker))
			return true;
	}
	return false;
}

enum kms_rc tee_random(struct tee_line *l, struct tee_random *r)
{
	struct abi_writer w = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!r->len || r->len > ABI_RANDOM_MAX)
		return KMS_RC_LIMIT;
	if (!choose_worker(l, r))
		return KMS_RC_UNAVAILABLE;
	abi_begin(&w, l->sign_request, sizeof(l->sign_request));
	rc = write_request(&w, r->len);
	if (rc)
		return rc;
	r->line = l;
	r->call = (struct tee_call){
		.cmd = CMD_RANDOM,
		.req = bytes_of(w.ptr, w.len),
		.rsp = { .ptr = r->rsp, .cap = sizeof(r->rsp) },
		.done = answered,
		.arg = r,
	};
	link_random(l, r);
	rc = l->tee->config.transport->submit(l->channels[r->worker], &r->call);
	if (rc)
		unlink_random(l, r);
	return rc;
}

void line_tick_random(struct tee_line *l, uint64_t now_ns)
{
	struct tee_random *next = NULL;

	for (struct tee_random *r = l->randoms; r; r = next) {
		next = r->next;
		if (r->deadline_ns > now_ns)
			continue;
		l->tee->config.transport->cancel(l->channels[r->worker],
						 &r->call);
		unlink_random(l, r);
		r->done(r, KMS_RC_TIMEOUT);
	}
}
