/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign and Verify.
 */
#include "codec/der.h"
#include "common/sha256.h"
#include "host/service/aws.h"
#include "host/service/ops.h"
#include "host/service/threads.h"
#include "host/service/verify.h"

#include <string.h>

/* What both operations ask for. */
struct ask {
	struct bytes message;
	unsigned int message_type;
	unsigned int algorithm;
};

/* Checks and hashes; ends the call when the request does not fit the key. */
static bool make_digest(struct call *call, uint8_t digest[SHA256_LEN],
			const struct store_key *key, const struct ask *ask)
{
	const char *name =
		op_enum_name(&aws_signing_algorithms, ask->algorithm);

	if (ask->algorithm != AWS_SIGNING_ECDSA_SHA_256) {
		call_fail(call, KMS_RC_KEY_USAGE,
			  "Algorithm %s is incompatible with key spec %s.",
			  name, service_spec_name(key->key_spec));
		return false;
	}
	if (ask->message_type == AWS_MESSAGE_EXTERNAL_MU) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "MessageType EXTERNAL_MU is not valid for algorithm "
			  "%s.",
			  name);
		return false;
	}
	if (ask->message_type != AWS_MESSAGE_DIGEST) {
		sha256_once(digest, ask->message.ptr, ask->message.len);
		return true;
	}
	if (ask->message.len != SHA256_LEN) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "Digest is invalid length for algorithm %s.", name);
		return false;
	}
	memcpy(digest, ask->message.ptr, SHA256_LEN);
	return true;
}

/* Identifier, state, tokens, algorithm, data: the order AWS checks in. */
static bool judge(struct call *call, uint8_t digest[SHA256_LEN],
		  struct store_key *key, struct bytes key_id,
		  const struct op_strings *tokens, const struct ask *ask)
{
	return !service_find_key_cached(call, key, key_id) &&
	       !service_has_grant_tokens(call, tokens) &&
	       service_is_usable(call, key) &&
	       make_digest(call, digest, key, ask);
}

static void put_key_arn(struct call *call, const uint8_t uuid[ABI_UUID_LEN])
{
	char arn[SERVICE_ARN_MAX];

	service_key_arn(call->service, arn, uuid);
	json_object(&call->out);
	json_text_member(&call->out, "KeyId", arn);
}

static void put_algorithm(struct call *call, unsigned int algorithm)
{
	json_name(&call->out, "SigningAlgorithm");
	json_put_text(&call->out,
		      op_enum_name(&aws_signing_algorithms, algorithm));
	json_end(&call->out);
}

/* The state has changed since it was looked at: tells what it is now. */
static void refuse_state(struct call *call, enum kms_rc rc)
{
	const struct sign_in *in = call->in;
	struct store_key key = { 0 };

	if (!service_find_key(call, &key, in->key_id) &&
	    service_is_usable(call, &key))
		call_done(call, rc);
}

static void signed_by_tee(struct sign_job *job, enum kms_rc rc)
{
	struct call *call = job->arg;
	const struct sign_in *in = call->in;
	uint8_t der[DER_ECDSA_MAX];

	call->tee_ns = job->tee_ns;
	if (rc == KMS_RC_KEY_DISABLED || rc == KMS_RC_NOT_FOUND) {
		refuse_state(call, rc);
		return;
	}
	if (rc) {
		call_done(call, rc);
		return;
	}
	put_key_arn(call, job->sign.uuid);
	json_name(&call->out, "Signature");
	json_put_base64(&call->out, der,
			der_put_ecdsa(der, job->sign.signature));
	put_algorithm(call, in->signing_algorithm);
	call_done(call, KMS_RC_OK);
}

void service_sign(struct call *call)
{
	const struct sign_in *in = call->in;
	const struct ask ask = { in->message, in->message_type,
				 in->signing_algorithm };
	struct sign_job *job = arena_alloc(call->arena, sizeof(*job));
	struct store_key key = { 0 };

	if (!job) {
		call_done(call, KMS_RC_NO_MEMORY);
		return;
	}
	if (!judge(call, job->sign.digest, &key, in->key_id, &in->grant_tokens,
		   &ask) ||
	    !service_is_no_wallet(call, &key))
		return;
	if (in->dry_run) {
		call_done(call, KMS_RC_DRY_RUN);
		return;
	}
	job->sign.shard = key.shard;
	job->sign.slot = key.slot;
	memcpy(job->sign.uuid, key.uuid, sizeof(job->sign.uuid));
	job->sign.alg = ALG_ECDSA_SHA_256;
	job->done = signed_by_tee;
	job->arg = call;
	service_start_sign(call, job);
}

/* Verifying needs the public key only: no reason to ask the TEE. */
void service_verify(struct call *call)
{
	const struct verify_in *in = call->in;
	const struct ask ask = { in->message, in->message_type,
				 in->signing_algorithm };
	uint8_t digest[SHA256_LEN] = { 0 };
	struct store_key key = { 0 };
	uint8_t rs[64] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!judge(call, digest, &key, in->key_id, &in->grant_tokens, &ask))
		return;
	if (in->dry_run) {
		call_done(call, KMS_RC_DRY_RUN);
		return;
	}
	rc = der_get_ecdsa(rs, in->signature);
	if (!rc)
		rc = verify_ecdsa(key.key_spec, key.public_key, digest, rs);
	if (rc == KMS_RC_BAD_INPUT)
		rc = KMS_RC_INVALID_SIGNATURE;
	if (rc) {
		call_done(call, rc);
		return;
	}
	put_key_arn(call, key.uuid);
	json_bool_member(&call->out, "SignatureValid", true);
	put_algorithm(call, in->signing_algorithm);
	call_done(call, KMS_RC_OK);
}
