/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/aws_error.h"

#include <stddef.h>

#define ERR(status_, type_, message_) \
	((struct aws_error){ (status_), (type_), (message_) })

/* The faults that SDKs repeat; what broke is for the log. */
static struct aws_error fault(void)
{
	return ERR(500, "KMSInternalException",
		   "The request failed because of an internal error. "
		   "The request can be retried.");
}

static struct aws_error denied(void)
{
	return ERR(400, "AccessDeniedException",
		   "The caller is not authorized to perform this operation.");
}

/* Every kms_rc has a name here, or this does not compile. */
#pragma GCC diagnostic error "-Wswitch-enum"
struct aws_error aws_error_of(enum kms_rc rc)
{
	switch (rc) {
	case KMS_RC_OK:
		return ERR(200, NULL, NULL);
	case KMS_RC_NOT_FOUND:
		return ERR(400, "NotFoundException", NULL);
	case KMS_RC_FROZEN:
	case KMS_RC_KEY_DISABLED:
		return ERR(400, "DisabledException", NULL);
	case KMS_RC_INVALID_STATE:
		return ERR(400, "KMSInvalidStateException", NULL);
	case KMS_RC_KEY_USAGE:
		return ERR(400, "InvalidKeyUsageException", NULL);
	case KMS_RC_INVALID_SIGNATURE:
		return ERR(400, "KMSInvalidSignatureException", NULL);
	case KMS_RC_INVALID_MARKER:
		return ERR(400, "InvalidMarkerException", NULL);
	case KMS_RC_INVALID_GRANT_TOKEN:
		return ERR(400, "InvalidGrantTokenException", NULL);
	case KMS_RC_INVALID_ARN:
		return ERR(400, "InvalidArnException", NULL);
	case KMS_RC_DRY_RUN:
		return ERR(400, "DryRunOperationException",
			   "The request would have succeeded, but the DryRun "
			   "option is set.");
	case KMS_RC_TAG:
		return ERR(400, "TagException", NULL);
	case KMS_RC_POLICY_DOCUMENT:
		return ERR(400, "MalformedPolicyDocumentException", NULL);
	case KMS_RC_EXISTS:
		return ERR(400, "AlreadyExistsException", NULL);
	case KMS_RC_RESERVED:
		return ERR(400, "NotAuthorizedException", "");
	case KMS_RC_LIMIT:
		return ERR(400, "LimitExceededException", NULL);
	case KMS_RC_UNSUPPORTED:
		return ERR(400, "UnsupportedOperationException",
			   "The operation is not supported.");
	case KMS_RC_BAD_INPUT:
	case KMS_RC_NEED_ISSUE:
		return ERR(400, "ValidationException", kms_rc_text(rc));
	case KMS_RC_TOO_LARGE:
		return ERR(413, "ValidationException", kms_rc_text(rc));
	case KMS_RC_SERIALIZATION:
		return ERR(400, "SerializationException", NULL);
	case KMS_RC_UNKNOWN_OPERATION:
	case KMS_RC_UNKNOWN_PATH:
	case KMS_RC_METHOD:
		return ERR(400, "UnknownOperationException", NULL);
	case KMS_RC_NO_CREDENTIAL:
		return ERR(400, "MissingAuthenticationTokenException",
			   "Missing Authentication Token");
	case KMS_RC_BAD_CREDENTIAL:
		return ERR(400, "UnrecognizedClientException",
			   "The security token included in the request is "
			   "invalid.");
	case KMS_RC_EXPIRED:
		return ERR(400, "ExpiredTokenException",
			   "The security token included in the request is "
			   "expired");
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
	case KMS_RC_ACCESS_DENIED:
		return denied();
	case KMS_RC_RATE:
	case KMS_RC_BUSY:
		return ERR(400, "ThrottlingException",
			   "You have exceeded the rate at which you may call "
			   "KMS. Reduce the frequency of your calls.");
	case KMS_RC_TIMEOUT:
		return ERR(500, "DependencyTimeoutException",
			   "The system timed out while trying to fulfill the "
			   "request. The request can be retried.");
	case KMS_RC_HELD:
	case KMS_RC_BUSY_STAGED:
	case KMS_RC_NOT_OPEN:
		return ERR(500, "KeyUnavailableException",
			   "The KMS key is not available at the moment. You "
			   "can retry the request.");
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
	case KMS_RC_NOT_PROVISIONED:
	case KMS_RC_PROVISIONED:
	case KMS_RC_ENTROPY:
	case KMS_RC_UNAVAILABLE:
	case KMS_RC_INTERNAL:
	case KMS_RC_NO_MEMORY:
	case KMS_RC_ROLLED_BACK:
	case KMS_RC_FOREIGN_STATE:
	case KMS_RC_CONFIG:
		return fault();
	default:
		return fault();
	}
}
