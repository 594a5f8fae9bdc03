/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of the operations of AWS, and of what tells of the server.
 */
#include "host/dispatch/op_fields.h"
#include "host/service/aws.h"
#include "host/service/ops.h"

#define KEY_ID(s) F_STRING(FIELD_REQUIRED, "KeyId", s, key_id, 1, 2048)
#define GRANT_TOKENS(s) \
	F_STRINGS(FIELD_HIDDEN, "GrantTokens", s, grant_tokens, 10, 1, 8192)

static bool is_latin1(uint32_t c)
{
	return c >= 0x20 && c <= 0xff;
}

static bool is_xks_id(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static bool is_alias(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == ':' || c == '/' || c == '_' ||
	       c == '-';
}

static const struct op_pattern alias_pattern = { "^[a-zA-Z0-9:/_-]+$",
						 is_alias };
static const struct op_pattern marker_pattern = { "[\\u0020-\\u00FF]*",
						  is_latin1 };
static const struct op_pattern xks_pattern = { "^[a-zA-Z0-9-_.]+$", is_xks_id };

static bool is_not_nul(uint32_t c)
{
	return c != 0;
}

const struct op_pattern text_pattern = { "[^\\u0000]*", is_not_nul };

const struct field no_fields[] = { F_END };

/* clang-format off */
static const struct field tag_fields[] = {
	F_PATTERN(FIELD_REQUIRED, "TagKey", struct op_tag, key, 1, 128,
		  &text_pattern),
	F_PATTERN(FIELD_REQUIRED, "TagValue", struct op_tag, value, 0, 256,
		  &text_pattern),
	F_END
};

const struct field create_key_fields[] = {
	F_STRING(0, "Policy", struct create_key_in, policy, 1, 131072),
	F_PATTERN(0, "Description", struct create_key_in, description, 0, 8192,
		  &text_pattern),
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

const struct field key_fields[] = {
	KEY_ID(struct key_in),
	GRANT_TOKENS(struct key_in),
	F_END
};

const struct field key_id_fields[] = {
	KEY_ID(struct key_id_in),
	F_END
};

const struct field schedule_deletion_fields[] = {
	KEY_ID(struct schedule_deletion_in),
	F_INT(0, "PendingWindowInDays", struct schedule_deletion_in,
	      window_days, 1, 365),
	F_END
};

static const struct field recipient_fields[] = {
	F_ENUM(0, "KeyEncryptionAlgorithm", struct recipient_in, algorithm,
	       &aws_recipient_algorithms),
	F_BLOB(0, "AttestationDocument", struct recipient_in, document, 1,
	       262144),
	F_END
};

const struct field generate_random_fields[] = {
	F_INT(0, "NumberOfBytes", struct generate_random_in, number_of_bytes,
	      1, 1024),
	F_STRING(0, "CustomKeyStoreId", struct generate_random_in,
		 custom_key_store_id, 1, 64),
	F_STRUCT(0, "Recipient", struct generate_random_in, recipient,
		 recipient_fields),
	F_END
};

const struct field list_keys_fields[] = {
	F_INT(0, "Limit", struct list_keys_in, limit, 1, 1000),
	F_PATTERN(0, "Marker", struct list_keys_in, marker, 1, 1024,
		  &marker_pattern),
	F_END
};

const struct field sign_fields[] = {
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

const struct field verify_fields[] = {
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

#define ALIAS_NAME							       \
	F_PATTERN(FIELD_REQUIRED, "AliasName", struct alias_in, alias_name,    \
		  1, 256, &alias_pattern)

const struct field alias_fields[] = {
	ALIAS_NAME,
	F_STRING(FIELD_REQUIRED, "TargetKeyId", struct alias_in, target_key_id,
		 1, 2048),
	F_END
};

const struct field delete_alias_fields[] = {
	ALIAS_NAME,
	F_END
};

const struct field list_aliases_fields[] = {
	F_STRING(0, "KeyId", struct list_aliases_in, key_id, 1, 2048),
	F_INT(0, "Limit", struct list_aliases_in, limit, 1, 1000),
	F_PATTERN(0, "Marker", struct list_aliases_in, marker, 1, 1024,
		  &marker_pattern),
	F_END
};

const struct field update_description_fields[] = {
	KEY_ID(struct update_description_in),
	F_PATTERN(FIELD_REQUIRED, "Description", struct update_description_in,
		  description, 0, 8192, &text_pattern),
	F_END
};

const struct field tag_resource_fields[] = {
	KEY_ID(struct tag_resource_in),
	F_STRUCTS(FIELD_REQUIRED, "Tags", struct tag_resource_in, tags, 0,
		  tag_fields, struct op_tag),
	F_END
};

const struct field untag_resource_fields[] = {
	KEY_ID(struct untag_resource_in),
	{ .name = "TagKeys", .type = T_STRINGS, .flags = FIELD_REQUIRED,
	  .min = 1, .max = 128, .pattern = &text_pattern,
	  FIELD_AT(struct untag_resource_in, tag_keys) },
	F_END
};

const struct field list_tags_fields[] = {
	KEY_ID(struct list_tags_in),
	F_INT(0, "Limit", struct list_tags_in, limit, 1, 1000),
	F_PATTERN(0, "Marker", struct list_tags_in, marker, 1, 1024,
		  &marker_pattern),
	F_END
};

#define OUT_END { 0 }

const struct op_member no_out[] = { OUT_END };

const struct op_member list_tags_out[] = {
	{ "Tags", "list of Tag", true },
	{ "NextMarker", "string", false },
	{ "Truncated", "bool", true },
	OUT_END
};

const struct op_member list_aliases_out[] = {
	{ "Aliases", "list of AliasListEntry", true },
	{ "NextMarker", "string", false },
	{ "Truncated", "bool", true },
	OUT_END
};

const struct op_member metadata_out[] = {
	{ "KeyMetadata", "KeyMetadata", true },
	OUT_END
};

const struct op_member schedule_deletion_out[] = {
	{ "KeyId", "string", true },
	{ "DeletionDate", "timestamp", true },
	{ "KeyState", "KeyState", true },
	{ "PendingWindowInDays", "int", true },
	OUT_END
};

const struct op_member key_id_out[] = {
	{ "KeyId", "string", true },
	OUT_END
};

const struct op_member generate_random_out[] = {
	{ "Plaintext", "blob", true },
	OUT_END
};

const struct op_member list_keys_out[] = {
	{ "Keys", "list of KeyListEntry", true },
	{ "NextMarker", "string", false },
	{ "Truncated", "bool", true },
	OUT_END
};

const struct op_member public_key_out[] = {
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

const struct op_member sign_out[] = {
	{ "KeyId", "string", true },
	{ "Signature", "blob", true },
	{ "SigningAlgorithm", "SigningAlgorithm", true },
	OUT_END
};

const struct op_member verify_out[] = {
	{ "KeyId", "string", true },
	{ "SignatureValid", "bool", true },
	{ "SigningAlgorithm", "SigningAlgorithm", true },
	OUT_END
};

const struct op_member health_out[] = {
	{ "status", "string", true },
	{ "service", "string", true },
	{ "version", "string", true },
	{ "ta_mode", "string", true },
	{ "attestation_available", "bool", true },
	{ "endpoints", "Endpoints", true },
	OUT_END
};

const struct op_member version_out[] = {
	{ "version", "string", true },
	{ "build", "string", true },
	{ "profile", "string", true },
	{ "challenge_mode", "string", true },
	{ "tee", "Tee", true },
	OUT_END
};

const struct op_member probe_out[] = {
	{ "status", "string", true },
	OUT_END
};
/* clang-format on */
