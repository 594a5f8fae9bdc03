/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of operations: every operation the server offers, once. Router,
 * checks, documents and the contract test are made from it.
 */
#include "host/service/ops.h"
#include "host/service/aws.h"

#define KEY_ID(s) F_STRING(FIELD_REQUIRED, "KeyId", s, key_id, 1, 2048)
#define GRANT_TOKENS(s) \
	F_STRINGS(FIELD_HIDDEN, "GrantTokens", s, grant_tokens, 10, 1, 8192)
#define LIST_KEYS_OUT_MAX (192 * 1024) /* 1000 keys of 150 bytes each */

static bool is_latin1(uint32_t c)
{
	return c >= 0x20 && c <= 0xff;
}

static bool is_xks_id(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static const struct op_pattern marker_pattern = { "[\\u0020-\\u00FF]*",
						  is_latin1 };
static const struct op_pattern xks_pattern = { "^[a-zA-Z0-9-_.]+$", is_xks_id };

static const struct field no_fields[] = { F_END };

/* clang-format off */
static const struct field tag_fields[] = {
	F_STRING(FIELD_REQUIRED, "TagKey", struct op_tag, key, 1, 128),
	F_STRING(FIELD_REQUIRED, "TagValue", struct op_tag, value, 0, 256),
	F_END
};

static const struct field create_key_fields[] = {
	F_STRING(0, "Policy", struct create_key_in, policy, 1, 131072),
	F_STRING(0, "Description", struct create_key_in, description, 0, 8192),
	F_ENUM(0, "KeyUsage", struct create_key_in, key_usage,
	       &aws_key_usages),
	F_ENUM(0, "CustomerMasterKeySpec", struct create_key_in,
	       customer_master_key_spec, &aws_key_specs),
	F_ENUM(0, "KeySpec", struct create_key_in, key_spec, &aws_key_specs),
	F_ENUM(0, "Origin", struct create_key_in, origin, &aws_origins),
	F_STRING(0, "CustomKeyStoreId", struct create_key_in,
		 custom_key_store_id, 1, 64),
	F_BOOL("BypassPolicyLockoutSafetyCheck", struct create_key_in,
	       bypass_lockout_check),
	F_STRUCTS(0, "Tags", struct create_key_in, tags, 0, tag_fields,
		  struct op_tag),
	F_BOOL("MultiRegion", struct create_key_in, multi_region),
	F_PATTERN(0, "XksKeyId", struct create_key_in, xks_key_id, 1, 128,
		  &xks_pattern),
	F_END
};

static const struct field key_fields[] = {
	KEY_ID(struct key_in),
	GRANT_TOKENS(struct key_in),
	F_END
};

static const struct field list_keys_fields[] = {
	F_INT(0, "Limit", struct list_keys_in, limit, 1, 1000),
	F_PATTERN(0, "Marker", struct list_keys_in, marker, 1, 1024,
		  &marker_pattern),
	F_END
};

static const struct field sign_fields[] = {
	KEY_ID(struct sign_in),
	F_BLOB(FIELD_REQUIRED, "Message", struct sign_in, message, 1, 4096),
	F_ENUM(0, "MessageType", struct sign_in, message_type,
	       &aws_message_types),
	GRANT_TOKENS(struct sign_in),
	F_ENUM(FIELD_REQUIRED, "SigningAlgorithm", struct sign_in,
	       signing_algorithm, &aws_signing_algorithms),
	F_BOOL("DryRun", struct sign_in, dry_run),
	F_END
};

static const struct field verify_fields[] = {
	KEY_ID(struct verify_in),
	F_BLOB(FIELD_REQUIRED, "Message", struct verify_in, message, 1, 4096),
	F_ENUM(0, "MessageType", struct verify_in, message_type,
	       &aws_message_types),
	F_BLOB(FIELD_REQUIRED, "Signature", struct verify_in, signature, 1,
	       6144),
	F_ENUM(FIELD_REQUIRED, "SigningAlgorithm", struct verify_in,
	       signing_algorithm, &aws_signing_algorithms),
	GRANT_TOKENS(struct verify_in),
	F_BOOL("DryRun", struct verify_in, dry_run),
	F_END
};

#define OUT_END { 0 }

static const struct op_member metadata_out[] = {
	{ "KeyMetadata", "KeyMetadata", true },
	OUT_END
};

static const struct op_member list_keys_out[] = {
	{ "Keys", "list of KeyListEntry", true },
	{ "NextMarker", "string", false },
	{ "Truncated", "bool", true },
	OUT_END
};

static const struct op_member public_key_out[] = {
	{ "KeyId", "string", true },
	{ "PublicKey", "blob", true },
	{ "CustomerMasterKeySpec", "KeySpec", true },
	{ "KeySpec", "KeySpec", true },
	{ "KeyUsage", "KeyUsage", true },
	{ "SigningAlgorithms", "list of SigningAlgorithm", false },
	{ "EncryptionAlgorithms", "list of EncryptionAlgorithm", false },
	{ "KeyAgreementAlgorithms", "list of KeyAgreementAlgorithm", false },
	OUT_END
};

static const struct op_member sign_out[] = {
	{ "KeyId", "string", true },
	{ "Signature", "blob", true },
	{ "SigningAlgorithm", "SigningAlgorithm", true },
	OUT_END
};

static const struct op_member verify_out[] = {
	{ "KeyId", "string", true },
	{ "SignatureValid", "bool", true },
	{ "SigningAlgorithm", "SigningAlgorithm", true },
	OUT_END
};

static const struct op_member health_out[] = {
	{ "status", "string", true },
	{ "service", "string", true },
	{ "version", "string", true },
	{ "ta_mode", "string", true },
	{ "attestation_available", "bool", true },
	{ "endpoints", "Endpoints", true },
	OUT_END
};

static const struct op_member version_out[] = {
	{ "version", "string", true },
	{ "build", "string", true },
	{ "profile", "string", true },
	{ "challenge_mode", "string", true },
	{ "tee", "Tee", true },
	OUT_END
};

static const struct op_member probe_out[] = {
	{ "status", "string", true },
	OUT_END
};

#define KEY_ID_EXAMPLE "1234abcd-12ab-34cd-56ef-1234567890ab"
#define DIGEST_EXAMPLE "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="

const struct op kms_ops[] = {
	{
		.name = "CreateKey",
		.target = "TrentService.CreateKey",
		.auth = AUTH_ANY,
		.in = create_key_fields,
		.in_size = sizeof(struct create_key_in),
		.out = metadata_out,
		/* A description may take 8192 characters of six bytes each. */
		.out_max = 64 * 1024,
		.fails = FAILS(KMS_RC_UNSUPPORTED, KMS_RC_LIMIT, KMS_RC_TAG,
			       KMS_RC_POLICY_DOCUMENT, KMS_RC_INVALID_ARN),
		.run = service_create_key,
		.doc = "Creates a key inside the TEE.",
		.example = "{\"KeyUsage\":\"SIGN_VERIFY\","
			   "\"KeySpec\":\"ECC_SECG_P256K1\","
			   "\"Origin\":\"AWS_KMS\"}",
	},
	{
		.name = "DescribeKey",
		.target = "TrentService.DescribeKey",
		.auth = AUTH_ANY,
		.in = key_fields,
		.in_size = sizeof(struct key_in),
		.out = metadata_out,
		.out_max = 64 * 1024,
		.fails = FAILS(KMS_RC_NOT_FOUND, KMS_RC_INVALID_ARN,
			       KMS_RC_INVALID_GRANT_TOKEN),
		.run = service_describe_key,
		.doc = "Tells all about a key but its secret.",
		.example = "{\"KeyId\":\"" KEY_ID_EXAMPLE "\"}",
	},
	{
		.name = "ListKeys",
		.target = "TrentService.ListKeys",
		.auth = AUTH_ANY,
		.in = list_keys_fields,
		.in_size = sizeof(struct list_keys_in),
		.out = list_keys_out,
		.out_max = LIST_KEYS_OUT_MAX,
		.fails = FAILS(KMS_RC_INVALID_MARKER),
		.run = service_list_keys,
		.doc = "Lists the keys of the account, page by page.",
		.example = "{\"Limit\":100}",
	},
	{
		.name = "ListKeys",
		.method = "GET",
		.path = "/keys",
		.auth = AUTH_ANY,
		.in = list_keys_fields,
		.in_size = sizeof(struct list_keys_in),
		.out = list_keys_out,
		.out_max = LIST_KEYS_OUT_MAX,
		.fails = FAILS(KMS_RC_INVALID_MARKER),
		.run = service_list_keys,
		.doc = "Lists the keys of the account, page by page.",
		.example = "Limit=100",
	},
	{
		.name = "GetPublicKey",
		.target = "TrentService.GetPublicKey",
		.auth = AUTH_ANY,
		.in = key_fields,
		.in_size = sizeof(struct key_in),
		.out = public_key_out,
		.fails = FAILS(KMS_RC_NOT_FOUND, KMS_RC_KEY_DISABLED,
			       KMS_RC_INVALID_STATE, KMS_RC_UNSUPPORTED,
			       KMS_RC_KEY_USAGE, KMS_RC_INVALID_ARN,
			       KMS_RC_INVALID_GRANT_TOKEN),
		.run = service_get_public_key,
		.doc = "Gives the public key as DER SubjectPublicKeyInfo.",
		.example = "{\"KeyId\":\"" KEY_ID_EXAMPLE "\"}",
	},
	{
		.name = "Sign",
		.target = "TrentService.Sign",
		.auth = AUTH_ANY,
		.in = sign_fields,
		.in_size = sizeof(struct sign_in),
		.out = sign_out,
		.fails = FAILS(KMS_RC_NOT_FOUND, KMS_RC_KEY_DISABLED,
			       KMS_RC_INVALID_STATE, KMS_RC_KEY_USAGE,
			       KMS_RC_DRY_RUN, KMS_RC_INVALID_GRANT_TOKEN),
		.run = service_sign,
		.doc = "Signs a message or its digest.",
		.example = "{\"KeyId\":\"" KEY_ID_EXAMPLE "\","
			   "\"Message\":\"" DIGEST_EXAMPLE "\","
			   "\"MessageType\":\"DIGEST\","
			   "\"SigningAlgorithm\":\"ECDSA_SHA_256\"}",
	},
	{
		.name = "Verify",
		.target = "TrentService.Verify",
		.auth = AUTH_ANY,
		.in = verify_fields,
		.in_size = sizeof(struct verify_in),
		.out = verify_out,
		.fails = FAILS(KMS_RC_NOT_FOUND, KMS_RC_KEY_DISABLED,
			       KMS_RC_INVALID_STATE, KMS_RC_KEY_USAGE,
			       KMS_RC_INVALID_SIGNATURE, KMS_RC_DRY_RUN,
			       KMS_RC_INVALID_GRANT_TOKEN),
		.run = service_verify,
		.doc = "Checks a signature; a wrong one is an error.",
		.example = "{\"KeyId\":\"" KEY_ID_EXAMPLE "\","
			   "\"Message\":\"" DIGEST_EXAMPLE "\","
			   "\"MessageType\":\"DIGEST\","
			   "\"Signature\":\"MAYCAQECAQE=\","
			   "\"SigningAlgorithm\":\"ECDSA_SHA_256\"}",
	},
	{
		.name = "Health",
		.method = "GET",
		.path = "/health",
		.in = no_fields,
		.out = health_out,
		.run = service_health,
		.doc = "Tells whether the server is well, and what it offers.",
	},
	{
		.name = "Version",
		.method = "GET",
		.path = "/version",
		.in = no_fields,
		.out = version_out,
		.run = service_version,
		.doc = "Tells the version and the profile.",
	},
	{
		.name = "Healthz",
		.method = "GET",
		.path = "/healthz",
		.in = no_fields,
		.out = probe_out,
		.run = service_healthz,
		.doc = "Liveness probe: the process answers.",
	},
	{
		.name = "Readyz",
		.method = "GET",
		.path = "/readyz",
		.in = no_fields,
		.out = probe_out,
		.fails = FAILS(KMS_RC_UNAVAILABLE),
		.run = service_readyz,
		.doc = "Readiness probe: the TEE signs and the database reads.",
	},
};
/* clang-format on */

const size_t kms_op_count = ARRAY_LEN(kms_ops);
