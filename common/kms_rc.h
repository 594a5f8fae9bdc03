/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kms_rc - the one result type
 *
 * Every fallible function returns enum kms_rc. Rows below 100 cross the TA
 * boundary as the 16-bit status of a response, so a row is never renumbered
 * or reused. Rows from 100 on exist in the normal world only.
 */

#ifndef KMS_COMMON_KMS_RC_H
#define KMS_COMMON_KMS_RC_H

/* clang-format off */
#define KMS_RC_LIST(X)                                                         \
	X(0, OK, "success")                                                    \
	X(1, NEED_STATE, "the record is not loaded; send it with its proof")   \
	X(2, BAD_PROOF, "record and proof do not lead to the committed root")  \
	X(3, STALE, "the record is not the committed version")                 \
	X(4, NOT_FOUND, "no such key, wallet or credential")                   \
	X(5, FROZEN, "the wallet is frozen")                                   \
	X(6, HELD, "the key is part of a change that is not committed yet")    \
	X(7, AUTH_FORMAT, "the evidence is malformed")                         \
	X(8, AUTH_RP, "the assertion belongs to another relying party")        \
	X(9, AUTH_FLAGS, "the authenticator flags do not suffice")             \
	X(10, AUTH_CHALLENGE, "the challenge does not name this request")      \
	X(11, AUTH_SIG, "the evidence's signature is wrong")                   \
	X(12, AUTH_COUNTER, "the authenticator's counter went backwards")      \
	X(13, POLICY_DENY, "the policy of the key forbids this")               \
	X(14, NEED_STEPUP, "a second passkey is needed")                       \
	X(15, NEED_RESERVE, "the spending quota needs a reservation")          \
	X(16, RATE, "too many requests for this key")                          \
	X(17, EXPIRED, "the credential or certificate has expired")            \
	X(18, TIME_UNKNOWN, "the TEE has no trusted time yet")                 \
	X(19, LIMIT, "a limit of the trusted application is reached")          \
	X(20, SEQ, "the change does not follow the committed state")           \
	X(21, CERT, "the prepare certificate is not ours")                     \
	X(22, BUSY_STAGED, "another change of the shard is being committed")   \
	X(23, STORAGE, "trusted storage failed, is missing or was altered")    \
	X(24, WEAK_REFUSED, "the platform lacks rollback protection")          \
	X(25, UNSUPPORTED, "not supported by this build")                      \
	X(26, DECODE, "the message is malformed")                              \
	X(27, FAULT, "a self-check failed; nothing was released")              \
	X(28, DUPLICATE, "this request id was already executed")               \
	X(29, AUTH_REQUIRED, "this kind of evidence does not suffice")         \
	X(30, KEY_DISABLED, "the key is disabled")                             \
	X(31, KEY_USAGE, "the key does not serve this purpose")                \
	X(32, VERSION, "the two worlds speak different ABI versions")          \
	X(33, NOT_OPEN, "this instance does not serve the shard")              \
	X(34, IN_USE, "another instance serves the shard")                     \
	X(35, SELFTEST, "the self test failed; the TA does not serve")         \
	X(36, SHORT_BUFFER, "the output buffer is too small")                  \
	X(37, NOT_PROVISIONED, "the TEE holds no key domain yet")              \
	X(38, PROVISIONED, "the TEE already holds a key domain")               \
	X(39, ENTROPY, "the TEE's random generator failed its health test")    \
	X(40, NEED_ISSUE, "the address has not been issued yet")               \
	X(100, BAD_INPUT, "a field is missing, malformed or out of range")     \
	X(101, UNAVAILABLE, "the TEE or the database did not answer")          \
	X(102, INTERNAL, "an invariant does not hold")                         \
	X(103, NO_MEMORY, "out of memory")                                     \
	X(104, BUSY, "too many requests are waiting")                          \
	X(105, TIMEOUT, "the TEE did not answer in time")                      \
	X(106, SERIALIZATION, "the body is not the JSON that was expected")    \
	X(107, UNKNOWN_OPERATION, "no such operation")                         \
	X(108, UNKNOWN_PATH, "no such path")                                   \
	X(109, METHOD, "the path does not take this method")                   \
	X(110, TOO_LARGE, "the request body is too large")                     \
	X(111, NO_CREDENTIAL, "the request carries no credential")             \
	X(112, BAD_CREDENTIAL, "the credential is not valid")                  \
	X(113, INVALID_STATE, "the state of the key does not allow this")      \
	X(114, INVALID_SIGNATURE, "the signature is not valid")                \
	X(115, INVALID_MARKER, "the marker is not one of ours")                \
	X(116, INVALID_GRANT_TOKEN, "the grant token is not valid")            \
	X(117, INVALID_ARN, "the ARN is malformed")                            \
	X(118, DRY_RUN, "the request would have succeeded")                    \
	X(119, TAG, "the tags are not acceptable")                             \
	X(120, POLICY_DOCUMENT, "the key policy is malformed")                 \
	X(121, ROLLED_BACK, "the database is older than the TEE's state")      \
	X(122, FOREIGN_STATE, "the database belongs to another TEE or domain") \
	X(123, CONFIG, "a setting is unknown or unparsable")                   \
	X(124, EXISTS, "it exists already")                                    \
	X(125, ACCESS_DENIED, "the caller may not do this")                    \
	X(126, RESERVED, "the name is reserved")
/* clang-format on */

enum kms_rc {
#define X(num, name, text) KMS_RC_##name = (num),
	KMS_RC_LIST(X)
#undef X
};

/* Accepts any number; an unknown one is "?". Static storage. */
const char *kms_rc_name(enum kms_rc rc);
const char *kms_rc_text(enum kms_rc rc);

#endif /* KMS_COMMON_KMS_RC_H */
