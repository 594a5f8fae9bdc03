/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/wallet_ceremony.h"

#include "common/clock.h"
#include "common/sha256.h"

#include <string.h>

static void got_nonce(struct sign_job *job, enum kms_rc rc)
{
	struct wallet_nonce *n = job->arg;

	/* Never one of our own making: the TEE would refuse it (W5). */
	if (rc) {
		call_done(n->call, rc == KMS_RC_BUSY || rc == KMS_RC_TIMEOUT
					   ? rc
					   : KMS_RC_UNAVAILABLE);
		return;
	}
	memcpy(n->challenge.nonce, job->sign.nonce, sizeof(job->sign.nonce));
	n->done(n);
}

void wallet_ask_nonce(struct wallet_nonce *n)
{
	struct sign_job *job = &n->job;

	job->sign.shard = n->challenge.shard;
	memcpy(job->sign.uuid, n->challenge.uuid, sizeof(job->sign.uuid));
	job->sign.use = USE_CHALLENGE;
	job->done = got_nonce;
	job->arg = n;
	service_start_sign(n->call, job);
}

bool wallet_put_challenge(struct call *call, const struct challenge *c)
{
	char id[UUID_TEXT_LEN + 1];
	enum kms_rc rc = challenge_book_put(service_book(call->service), id, c,
					    clock_mono_ns());

	if (rc) {
		call_done(call, rc);
		return false;
	}
	json_object(&call->out);
	json_text_member(&call->out, "ChallengeId", id);
	return true;
}

bool wallet_find_challenge(struct call *call, struct challenge *c,
			   uint8_t note_buf[CHALLENGE_NOTE_MAX],
			   struct bytes id, enum challenge_purpose purpose,
			   const uint8_t uuid[ABI_UUID_LEN])
{
	enum kms_rc rc = challenge_book_look(service_book(call->service), c,
					     note_buf, id, (uint8_t)purpose,
					     uuid, clock_mono_ns());

	if (rc) {
		call_fail(call, KMS_RC_AUTH_CHALLENGE, "%s",
			  rc == KMS_RC_NOT_FOUND
				  ? "Challenge not found or expired"
				  : "Challenge bound to different key or "
				    "purpose");
		return false;
	}
	call->ceremony = id;
	return true;
}

bool wallet_check_rp(struct call *call, const struct auth_data *auth,
		     const char *rp_id)
{
	uint8_t hash[SHA256_LEN];

	sha256_once(hash, rp_id, strlen(rp_id));
	if (bytes_equal_var(
		    bytes_of(hash, sizeof(hash)),
		    bytes_of(auth->rp_id_hash, sizeof(auth->rp_id_hash))))
		return true;
	call_fail(call, KMS_RC_AUTH_RP, "rpIdHash mismatch");
	return false;
}

bool wallet_check_user(struct call *call, const struct auth_data *auth,
		       bool verified)
{
	if (!(auth->flags & AUTH_DATA_UP)) {
		call_fail(call, KMS_RC_AUTH_FLAGS,
			  "User Presence flag not set");
		return false;
	}
	if (verified && !(auth->flags & AUTH_DATA_UV)) {
		call_fail(call, KMS_RC_AUTH_FLAGS,
			  "User Verification flag not set (UV=0)");
		return false;
	}
	return true;
}

void wallet_end_ceremony(const struct call *call)
{
	if (call->ceremony.ptr)
		(void)challenge_book_end(service_book(call->service),
					 call->ceremony);
}
