/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/cmd/use.h"

#include "ta/policy/policy.h"
#include "ta/ta.h"

static enum kms_rc sign_with(struct ta *ta, struct use_out *out,
			     const struct key_record *r,
			     const uint8_t digest[32])
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	switch (r->spec) {
	case KEY_SPEC_SECP256K1:
		rc = k256_sign(&ta->crypto.k256, out->signature,
			       &out->rsp.recid, digest, &r->key, r->pub);
		break;
	case KEY_SPEC_P256:
		rc = p256_sign(&ta->crypto.p256, out->signature, digest,
			       &r->key, r->pub);
		break;
	default:
		rc = KMS_RC_UNSUPPORTED;
		break;
	}
	if (!rc)
		out->rsp.signature =
			bytes_of(out->signature, sizeof(out->signature));
	return rc;
}

static enum kms_rc may_sign(const struct lru_entry *e,
			    const struct abi_sign_item *item)
{
	const struct evidence evidence = { item->evidence_kind,
					   item->evidence };

	if (e->key.state != KEY_STATE_ENABLED)
		return KMS_RC_KEY_DISABLED;
	if (e->key.usage != KEY_USAGE_SIGN_VERIFY ||
	    item->alg != ALG_ECDSA_SHA_256)
		return KMS_RC_KEY_USAGE;
	if (item->use != USE_DIGEST || item->digest.len != SHA256_LEN)
		return KMS_RC_DECODE;
	return policy_check(&evidence, e->key.auth);
}

enum kms_rc use_key(struct ta *ta, struct use_out *out,
		    const struct lru_entry *e, const struct abi_sign_item *item)
{
	enum kms_rc rc = may_sign(e, item);

	return rc ? rc : sign_with(ta, out, &e->key, item->digest.ptr);
}
