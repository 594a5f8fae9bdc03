/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations of AWS.
 */
#include "host/dispatch/op_fields.h"
#include "host/dispatch/op_rows.h"
#include "host/service/ops.h"

#define DESCRIPTION_OUT_MAX (64 * 1024) /* 8192 characters of six bytes */

/* clang-format off */
static const struct op rows[] = {
	{
		.name = "CreateKey",
		.target = "TrentService.CreateKey",
		.auth = AUTH_ANY,
		.in = create_key_fields,
		.in_size = sizeof(struct create_key_in),
		.out = metadata_out,
		.out_max = DESCRIPTION_OUT_MAX,
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
		.out_max = DESCRIPTION_OUT_MAX,
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
		.count = COUNT_SIGN,
		.in = sign_fields,
		.in_size = sizeof(struct sign_in),
		.out = sign_out,
		.fails = FAILS(KMS_RC_NOT_FOUND, KMS_RC_INVALID_ARN,
			       KMS_RC_KEY_DISABLED, KMS_RC_INVALID_STATE,
			       KMS_RC_KEY_USAGE, KMS_RC_AUTH_REQUIRED,
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
		.fails = FAILS(KMS_RC_NOT_FOUND, KMS_RC_INVALID_ARN,
			       KMS_RC_KEY_DISABLED, KMS_RC_INVALID_STATE,
			       KMS_RC_KEY_USAGE, KMS_RC_INVALID_SIGNATURE,
			       KMS_RC_DRY_RUN, KMS_RC_INVALID_GRANT_TOKEN),
		.run = service_verify,
		.doc = "Checks a signature; a wrong one is an error.",
		.example = "{\"KeyId\":\"" KEY_ID_EXAMPLE "\","
			   "\"Message\":\"" DIGEST_EXAMPLE "\","
			   "\"MessageType\":\"DIGEST\","
			   "\"Signature\":\"MAYCAQECAQE=\","
			   "\"SigningAlgorithm\":\"ECDSA_SHA_256\"}",
	},
	{
		.name = "EnableKey",
		.target = "TrentService.EnableKey",
		.auth = AUTH_ANY,
		.in = key_id_fields,
		.in_size = sizeof(struct key_id_in),
		.out = no_out,
		.fails = FAILS(KMS_RC_NOT_FOUND, KMS_RC_INVALID_ARN,
			       KMS_RC_INVALID_STATE, KMS_RC_UNSUPPORTED,
			       KMS_RC_AUTH_REQUIRED),
		.run = service_enable_key,
		.doc = "Lets a disabled key be used again.",
		.example = "{\"KeyId\":\"" KEY_ID_EXAMPLE "\"}",
	},
	{
		.name = "DisableKey",
		.target = "TrentService.DisableKey",
		.auth = AUTH_ANY,
		.in = key_id_fields,
		.in_size = sizeof(struct key_id_in),
		.out = no_out,
		.fails = FAILS(KMS_RC_NOT_FOUND, KMS_RC_INVALID_ARN,
			       KMS_RC_INVALID_STATE, KMS_RC_UNSUPPORTED,
			       KMS_RC_AUTH_REQUIRED),
		.run = service_disable_key,
		.doc = "Keeps a key from being used.",
		.example = "{\"KeyId\":\"" KEY_ID_EXAMPLE "\"}",
	},
	{
		.name = "ScheduleKeyDeletion",
		.target = "TrentService.ScheduleKeyDeletion",
		.auth = AUTH_ANY,
		.in = schedule_deletion_fields,
		.in_size = sizeof(struct schedule_deletion_in),
		.out = schedule_deletion_out,
		.fails = FAILS(KMS_RC_NOT_FOUND, KMS_RC_INVALID_ARN,
			       KMS_RC_INVALID_STATE, KMS_RC_AUTH_REQUIRED),
		.run = service_schedule_deletion,
		.doc = "Deletes a key after 7 to 30 days, until which it is of no use.",
		.example = "{\"KeyId\":\"" KEY_ID_EXAMPLE "\","
			   "\"PendingWindowInDays\":7}",
	},
	{
		.name = "CancelKeyDeletion",
		.target = "TrentService.CancelKeyDeletion",
		.auth = AUTH_ANY,
		.in = key_id_fields,
		.in_size = sizeof(struct key_id_in),
		.out = key_id_out,
		.fails = FAILS(KMS_RC_NOT_FOUND, KMS_RC_INVALID_ARN,
			       KMS_RC_INVALID_STATE, KMS_RC_AUTH_REQUIRED),
		.run = service_cancel_key_deletion,
		.doc = "Keeps a key whose deletion was scheduled; it is disabled then.",
		.example = "{\"KeyId\":\"" KEY_ID_EXAMPLE "\"}",
	},
	{
		.name = "GenerateRandom",
		.target = "TrentService.GenerateRandom",
		.auth = AUTH_ANY,
		.in = generate_random_fields,
		.in_size = sizeof(struct generate_random_in),
		.out = generate_random_out,
		.fails = FAILS(KMS_RC_UNSUPPORTED),
		.run = service_generate_random,
		.doc = "Gives random bytes of the TEE.",
		.example = "{\"NumberOfBytes\":32}",
	},
};
/* clang-format on */

const struct op_list aws_ops = { rows, ARRAY_LEN(rows) };
