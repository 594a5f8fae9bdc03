/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/policy/policy.h"

#include "common/sha256.h"
#include "ta/ta_build.h"

static enum kms_rc judge(uint32_t *verdict, const struct evidence *e,
			 uint16_t auth)
{
	*verdict = POLICY_DENY;
	if (e->kind >= EVIDENCE_COUNT)
		return KMS_RC_AUTH_FORMAT;
	if (!(auth >> e->kind & 1))
		return KMS_RC_AUTH_REQUIRED;
	switch (e->kind) {
	case EVIDENCE_NONE:
		if (!TA_IS_DEVELOPMENT)
			return KMS_RC_AUTH_REQUIRED;
		if (e->data.len)
			return KMS_RC_AUTH_FORMAT;
		break;
	case EVIDENCE_API_KEY:
		/*
		 * The host presents the hash of a bearer token it has seen: it
		 * says who called, and alone it suffices only where the key's
		 * own record says so.
		 */
		if (e->data.len != SHA256_LEN)
			return KMS_RC_AUTH_FORMAT;
		break;
	default:
		return KMS_RC_UNSUPPORTED;
	}
	*verdict = POLICY_ALLOW;
	return KMS_RC_OK;
}

enum kms_rc policy_check(const struct evidence *e, uint16_t auth)
{
	/* volatile: the compiler may not merge the two evaluations. */
	volatile uint32_t first = POLICY_DENY;
	volatile uint32_t second = ~POLICY_ALLOW;
	const struct evidence *volatile again = e;
	uint32_t verdict = POLICY_DENY;
	enum kms_rc rc = judge(&verdict, e, auth);

	first = verdict;
	if (rc)
		return rc;
	if (judge(&verdict, again, auth))
		return KMS_RC_FAULT;
	second = ~verdict;
	return first == POLICY_ALLOW && second == ~POLICY_ALLOW ? KMS_RC_OK
								: KMS_RC_FAULT;
}

enum kms_rc policy_for_new_key(uint16_t *auth, const struct evidence *e)
{
	const uint16_t api_key = 1u << EVIDENCE_API_KEY;
	const uint16_t none = 1u << EVIDENCE_NONE;

	/*
	 * A key of the open mode stays usable when the first API key closes
	 * the door; a key made behind the door never needs the open mode.
	 */
	*auth = e->kind == EVIDENCE_NONE ? none | api_key : api_key;
	return policy_check(e, *auth);
}

enum kms_rc policy_check_host(const struct evidence *e)
{
	bool good = (e->kind == EVIDENCE_NONE && !e->data.len) ||
		    (e->kind == EVIDENCE_API_KEY && e->data.len == SHA256_LEN);

	return good ? KMS_RC_OK : KMS_RC_AUTH_FORMAT;
}
