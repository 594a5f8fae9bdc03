/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/ta.h"

#include "ta/cmd/cmd.h"
#include "ta/crypto/selftest.h"
#include "ta/keystore/control.h"
#include "ta/keystore/secure_time.h"
#include "ta/scrub.h"

#include <string.h>

enum kms_rc ta_load_domain(struct ta *ta)
{
	enum kms_rc rc = control_load(&ta->keys, &ta->crypto, &ta->shard_total);

	if (rc == KMS_RC_NOT_PROVISIONED && ta->domain_rc == KMS_RC_STORAGE)
		rc = KMS_RC_STORAGE;
	ta->domain_rc = rc;
	return rc;
}

enum kms_rc ta_readiness(const struct ta *ta)
{
	if (ta->crypto.drbg.failed)
		return KMS_RC_ENTROPY;
	if (!ta->ready)
		return KMS_RC_SELFTEST;
	return ta->domain_rc == KMS_RC_NOT_PROVISIONED ? KMS_RC_OK
						       : ta->domain_rc;
}

void ta_open(struct ta *ta)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	memset(ta, 0, sizeof(*ta));
	rc = crypto_open(&ta->crypto);
	if (!rc)
		rc = crypto_selftest(&ta->crypto, &ta->tests_run);
	if (!rc)
		rc = keys_open(&ta->keys, &ta->crypto);
	if (!rc)
		rc = challenge_open(&ta->challenge, &ta->crypto.drbg);
	ta->time_is_strong = secure_time_level() >= SECURE_TIME_STRONG;
	ta->ready = !rc;
	/* What that gives is told by INFO and by every later command. */
	if (ta->ready && ta_load_domain(ta))
		ta->shard_total = 0;
	scrub_stack();
}

void ta_close(struct ta *ta)
{
	for (size_t i = 0; i < ARRAY_LEN(ta->shards); i++)
		shard_close(&ta->shards[i]);
	crypto_clear(&ta->crypto);
	secret_wipe(ta, sizeof(*ta));
}

struct shard *ta_shard(struct ta *ta, uint16_t number)
{
	if (number >= ABI_SHARDS_MAX || !ta->shards[number].open)
		return NULL;
	return &ta->shards[number];
}

static enum kms_rc permit(struct ta *ta, const struct cmd *cmd)
{
	if (ta->faulted)
		return KMS_RC_FAULT;
	if (!ta->ready && !cmd->before_selftest)
		return KMS_RC_SELFTEST;
	if (cmd->needs_root && !ta->shard_total)
		/* Another instance may have provisioned since. */
		return ta_load_domain(ta);
	return KMS_RC_OK;
}

/* What a refused command has written goes with it. */
static void drop(struct abi_writer *w)
{
	secret_wipe(w->ptr, w->len < w->cap ? w->len : w->cap);
	w->len = 0;
}

static enum kms_rc answer(struct ta_call *call, enum kms_rc status,
			  uint8_t *response, size_t *rsp_len, size_t *out_len)
{
	uint8_t req_id[ABI_REQ_ID_LEN];

	if (!status)
		status = abi_finish_body(&call->rsp);
	if (!status)
		status = abi_finish_body(&call->out);
	if (status) {
		/* An error carries nothing but its number. */
		memcpy(req_id, call->header.req_id, sizeof(req_id));
		drop(&call->rsp);
		drop(&call->out);
		abi_begin(&call->rsp, response, ABI_RESPONSE_MAX);
		abi_put_header(&call->rsp, call->header.cmd, (uint16_t)status,
			       req_id);
		call->items = 0;
	}
	*rsp_len = call->rsp.len;
	*out_len = call->out.len;
	return abi_finish(&call->rsp, call->items);
}

/* What the answer takes must fit before anything is done. */
static bool answer_fits(const struct cmd *cmd, uint16_t items, size_t rsp_cap,
			size_t out_cap)
{
	size_t rsp = ABI_HEADER_LEN + cmd->rsp_base +
		     (size_t)items * cmd->rsp_per_item;
	size_t out = cmd->out_base + (size_t)items * cmd->out_per_item;

	return rsp <= rsp_cap && out <= out_cap;
}

static enum kms_rc run(struct ta *ta, const struct cmd *cmd,
		       struct ta_call *call)
{
	enum kms_rc status = permit(ta, cmd);

	if (!status)
		status = cmd->run(ta, call);
	secret_wipe(&ta->scratch, sizeof(ta->scratch));
	scrub_stack();
	return status;
}

enum kms_rc ta_run(struct ta *ta, uint16_t cmd_number, size_t request_len,
		   size_t state_len, size_t rsp_cap, size_t out_cap,
		   size_t *rsp_len, size_t *out_len)
{
	struct ta_call call = { 0 };
	const struct cmd *cmd = NULL;
	enum kms_rc status = KMS_RC_INTERNAL;

	*rsp_len = 0;
	*out_len = 0;
	if (rsp_cap < ABI_HEADER_LEN)
		return KMS_RC_SHORT_BUFFER;
	status = abi_get_header(&call.header, &call.body,
				bytes_of(ta->request, request_len));
	call.state = bytes_of(ta->state_in, state_len);
	abi_begin(&call.rsp, ta->response, sizeof(ta->response));
	abi_begin(&call.out, ta->state_out, sizeof(ta->state_out));
	abi_put_header(&call.rsp, cmd_number, 0, call.header.req_id);
	if (!status && call.header.cmd != cmd_number)
		status = KMS_RC_DECODE;
	call.header.cmd = cmd_number;
	cmd = cmd_find(cmd_number);
	if (!status && !cmd)
		status = KMS_RC_UNSUPPORTED;
	if (!status &&
	    (call.header.status || call.header.items > cmd->items_max))
		status = KMS_RC_DECODE;
	if (!status && !answer_fits(cmd, call.header.items, rsp_cap, out_cap)) {
		drop(&call.rsp);
		return KMS_RC_SHORT_BUFFER;
	}
	if (!status)
		status = run(ta, cmd, &call);
	if (status == KMS_RC_FAULT)
		ta->faulted = true;
	status = answer(&call, status, ta->response, rsp_len, out_len);
	if (status || (*rsp_len <= rsp_cap && *out_len <= out_cap))
		return status;
	/* answer_fits() was wrong: whoever goes on would write past the end. */
	ta->faulted = true;
	drop(&call.rsp);
	drop(&call.out);
	*rsp_len = 0;
	*out_len = 0;
	return KMS_RC_FAULT;
}
