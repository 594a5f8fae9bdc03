/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/plain_error.h"

#define ERR(status_, message_) \
	((struct plain_error){ .status = (status_), .message = (message_) })

/* Every kms_rc has a status here, or this does not compile. */
#pragma GCC diagnostic error "-Wswitch-enum"
struct plain_error plain_error_of(enum kms_rc rc)
{
	switch (rc) {
	case KMS_RC_OK:
		return ERR(200, kms_rc_text(rc));
	case KMS_RC_NO_CREDENTIAL:
		return ERR(401, "Missing API key");
	case KMS_RC_BAD_CREDENTIAL:
		return ERR(401, "Invalid API key");
	case KMS_RC_UNKNOWN_PATH:
		return ERR(404, "Not found");
	case KMS_RC_METHOD:
		return ERR(405, "Method not allowed");
	case KMS_RC_TOO_LARGE:
		return ERR(413, "Payload too large");
	case KMS_RC_RATE:
	case KMS_RC_BUSY:
		return ERR(429, kms_rc_text(rc));
	case KMS_RC_UNAVAILABLE:
	case KMS_RC_HELD:
	case KMS_RC_BUSY_STAGED:
	case KMS_RC_NOT_OPEN:
	case KMS_RC_NOT_PROVISIONED:
		return ERR(503, "Temporarily unavailable");
	case KMS_RC_TIMEOUT:
		return ERR(504, kms_rc_text(rc));
	case KMS_RC_NOT_FOUND:
	case KMS_RC_NEED_ISSUE:
	case KMS_RC_FROZEN:
	case KMS_RC_AUTH_FORMAT:
	case KMS_RC_AUTH_RP:
	case KMS_RC_AUTH_FLAGS:
	case KMS_RC_AUTH_CHALLENGE:
	case KMS_RC_AUTH_SIG:
	case KMS_RC_AUTH_COUNTER:
	case KMS_RC_AUTH_REQUIRED:
	case KMS_RC_POLICY_DENY:
	case KMS_RC_NEED_STEPUP:
	case KMS_RC_NEED_RESERVE:
	case KMS_RC_EXPIRED:
	case KMS_RC_LIMIT:
	case KMS_RC_UNSUPPORTED:
	case KMS_RC_KEY_DISABLED:
	case KMS_RC_KEY_USAGE:
	case KMS_RC_BAD_INPUT:
	case KMS_RC_SERIALIZATION:
	case KMS_RC_UNKNOWN_OPERATION:
	case KMS_RC_INVALID_STATE:
	case KMS_RC_INVALID_SIGNATURE:
	case KMS_RC_INVALID_MARKER:
	case KMS_RC_INVALID_GRANT_TOKEN:
	case KMS_RC_INVALID_ARN:
	case KMS_RC_DRY_RUN:
	case KMS_RC_TAG:
	case KMS_RC_POLICY_DOCUMENT:
	case KMS_RC_EXISTS:
	case KMS_RC_ACCESS_DENIED:
	case KMS_RC_RESERVED:
		return ERR(400, kms_rc_text(rc));
	case KMS_RC_NEED_STATE:
	case KMS_RC_BAD_PROOF:
	case KMS_RC_STALE:
	case KMS_RC_TIME_UNKNOWN:
	case KMS_RC_SEQ:
	case KMS_RC_CERT:
	case KMS_RC_STORAGE:
	case KMS_RC_WEAK_REFUSED:
	case KMS_RC_DECODE:
	case KMS_RC_FAULT:
	case KMS_RC_DUPLICATE:
	case KMS_RC_VERSION:
	case KMS_RC_IN_USE:
	case KMS_RC_SELFTEST:
	case KMS_RC_SHORT_BUFFER:
	case KMS_RC_PROVISIONED:
	case KMS_RC_ENTROPY:
	case KMS_RC_INTERNAL:
	case KMS_RC_NO_MEMORY:
	case KMS_RC_ROLLED_BACK:
	case KMS_RC_FOREIGN_STATE:
	case KMS_RC_CONFIG:
		return ERR(500, "Internal server error");
	default:
		return ERR(500, "Internal server error");
	}
}
