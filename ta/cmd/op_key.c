/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The changes of keys of the AWS kind: create, enable and disable, delete.
 */
#include "ta/cmd/op.h"

#include "ta/policy/policy.h"
#include "ta/ta.h"

#include <string.h>

static enum kms_rc generate(struct ta *ta, struct key_record *r)
{
	switch (r->spec) {
	case KEY_SPEC_SECP256K1:
		return k256_generate(&ta->crypto.k256, &r->key, r->pub);
	case KEY_SPEC_P256:
		return p256_generate(&ta->crypto.p256, &r->key, r->pub);
	default:
		return KMS_RC_UNSUPPORTED;
	}
}

static enum kms_rc seal_key(struct ta *ta, struct op *op,
			    const struct key_record *r)
{
	uint8_t body[KEY_RECORD_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	key_record_encode(body, r);
	rc = op_seal(ta, op, bytes_of(body, sizeof(body)));
	secret_wipe(body, sizeof(body));
	return rc;
}

enum kms_rc op_create_key(struct ta *ta, struct op *op)
{
	const struct abi_prepare_op *in = op->in;
	const struct evidence e = { in->evidence_kind, in->evidence };
	struct key_record r = { .spec = in->key_spec,
				.usage = in->key_usage,
				.state = KEY_STATE_ENABLED };
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (in->key_usage != KEY_USAGE_SIGN_VERIFY)
		return KMS_RC_UNSUPPORTED;
	rc = policy_for_new_key(&r.auth, &e);
	/* Always: P-256 keys come from the TEE's source untested otherwise. */
	if (!rc)
		rc = drbg_reseed(&ta->crypto.drbg, in->host_entropy);
	if (!rc)
		rc = op_new_record(ta, op, RECORD_KEY, NULL);
	if (!rc)
		rc = generate(ta, &r);
	if (rc)
		goto out;
	memcpy(op->out->public_key, r.pub, sizeof(op->out->public_key));
	op->out->has_public_key = true;
	rc = seal_key(ta, op, &r);
out:
	secret_wipe(&r, sizeof(r));
	return rc;
}

/*
 * Whoever scheduled the deletion has shown what the key asks for; the host may
 * end it alone when it is due, as it keeps the date.
 */
static enum kms_rc authorise(const struct abi_prepare_op *in,
			     const struct key_record *r)
{
	const struct evidence e = { in->evidence_kind, in->evidence };

	return in->op == OP_DELETE && r->state == KEY_STATE_PENDING_DELETION
		       ? policy_check_host(&e)
		       : policy_check(&e, r->auth);
}

enum kms_rc op_change_key(struct ta *ta, struct op *op)
{
	const struct abi_prepare_op *in = op->in;
	uint8_t body[KEY_RECORD_LEN] = { 0 };
	struct key_record r = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	rc = seal_open(&ta->keys, &ta->crypto, body, sizeof(body), op->blob);
	if (!rc)
		rc = key_record_decode(&r, body);
	if (!rc)
		rc = authorise(in, &r);
	if (rc)
		goto out;
	op_next_version(op);
	if (in->op == OP_DELETE) {
		rc = op_tombstone(&ta->txn, op);
		goto out;
	}
	rc = KMS_RC_DECODE;
	if (in->key_state < KEY_STATE_ENABLED ||
	    in->key_state > KEY_STATE_PENDING_DELETION)
		goto out;
	r.state = in->key_state;
	rc = seal_key(ta, op, &r);
out:
	secret_wipe(body, sizeof(body));
	secret_wipe(&r, sizeof(r));
	return rc;
}
