/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateKey, DescribeKey, UpdateKeyDescription, GetPublicKey, ListKeys.
 */
#include "codec/der.h"
#include "codec/uuid.h"
#include "common/clock.h"
#include "host/service/aws.h"
#include "host/service/label.h"
#include "host/service/marker.h"
#include "host/service/ops.h"
#include "host/service/threads.h"
#include "host/service/wallet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIST_DEFAULT 100

const char *service_spec_name(uint8_t key_spec)
{
	switch (key_spec) {
	case KEY_SPEC_SECP256K1:
		return "ECC_SECG_P256K1";
	case KEY_SPEC_P256:
		return "ECC_NIST_P256";
	default:
		return "?";
	}
}

const char *service_state_name(uint8_t key_state)
{
	switch (key_state) {
	case KEY_STATE_ENABLED:
		return "Enabled";
	case KEY_STATE_DISABLED:
		return "Disabled";
	case KEY_STATE_PENDING_DELETION:
		return "PendingDeletion";
	default:
		return "Unavailable";
	}
}

static void put_algorithms(struct json_writer *w)
{
	json_name(w, "SigningAlgorithms");
	json_array(w);
	json_put_text(w, "ECDSA_SHA_256");
	json_end(w);
}

static void put_specs(struct json_writer *w, const struct store_key *key)
{
	json_text_member(w, "CustomerMasterKeySpec",
			 service_spec_name(key->key_spec));
	json_text_member(w, "KeySpec", service_spec_name(key->key_spec));
	json_text_member(w, "KeyUsage", "SIGN_VERIFY");
	put_algorithms(w);
}

static void put_metadata(struct call *call, const struct store_key *key)
{
	struct json_writer *w = &call->out;
	char account[24];
	char arn[SERVICE_ARN_MAX];
	char id[UUID_TEXT_LEN + 1];

	snprintf(account, sizeof(account), "%012" PRIu64, key->account);
	service_key_arn(call->service, arn, key->uuid);
	uuid_put(id, key->uuid);
	json_object(w);
	json_name(w, "KeyMetadata");
	json_object(w);
	json_text_member(w, "AWSAccountId", account);
	json_text_member(w, "KeyId", id);
	json_text_member(w, "Arn", arn);
	json_name(w, "CreationDate");
	json_put_time_ms(w, key->created_ms);
	json_bool_member(w, "Enabled", key->key_state == KEY_STATE_ENABLED);
	json_text_member(w, "Description",
			 key->description ? key->description : "");
	json_text_member(w, "KeyState", service_state_name(key->key_state));
	if (key->key_state == KEY_STATE_PENDING_DELETION) {
		json_name(w, "DeletionDate");
		json_put_time_ms(w, key->delete_after_ms);
	}
	json_text_member(w, "Origin", "AWS_KMS");
	json_text_member(w, "KeyManager", "CUSTOMER");
	put_specs(w, key);
	json_bool_member(w, "MultiRegion", false);
	json_end(w);
	json_end(w);
}

static bool usage_fits(unsigned int spec, unsigned int usage)
{
	switch (spec) {
	case AWS_SPEC_SYMMETRIC_DEFAULT:
		return usage == AWS_USAGE_ENCRYPT_DECRYPT;
	case AWS_SPEC_RSA_2048:
	case AWS_SPEC_RSA_3072:
	case AWS_SPEC_RSA_4096:
		return usage == AWS_USAGE_SIGN_VERIFY ||
		       usage == AWS_USAGE_ENCRYPT_DECRYPT;
	case AWS_SPEC_ECC_NIST_P256:
	case AWS_SPEC_ECC_NIST_P384:
	case AWS_SPEC_ECC_NIST_P521:
		return usage == AWS_USAGE_SIGN_VERIFY ||
		       usage == AWS_USAGE_KEY_AGREEMENT;
	case AWS_SPEC_HMAC_224:
	case AWS_SPEC_HMAC_256:
	case AWS_SPEC_HMAC_384:
	case AWS_SPEC_HMAC_512:
		return usage == AWS_USAGE_GENERATE_VERIFY_MAC;
	case AWS_SPEC_SM2:
		return usage != AWS_USAGE_GENERATE_VERIFY_MAC;
	default:
		return usage == AWS_USAGE_SIGN_VERIFY;
	}
}

/* What the request asks for that this version does not do; NULL: nothing. */
static const char *not_offered(const struct create_key_in *in)
{
	if (in->origin > AWS_ORIGIN_AWS_KMS)
		return "Origin must be AWS_KMS: imported key material and "
		       "custom key stores are not supported.";
	if (in->custom_key_store_id.ptr || in->xks_key_id.ptr)
		return "Custom key stores are not supported.";
	if (in->multi_region)
		return "Multi-Region keys are not supported.";
	if (in->policy.ptr)
		return "Key policies are not supported.";
	return NULL;
}

/* Checks spec and usage; ends the call when they cannot be served. */
static bool choose_kind(struct call *call, struct store_key *key)
{
	const struct create_key_in *in = call->in;
	unsigned int spec = in->key_spec;
	unsigned int usage = in->key_usage;

	if (spec && in->customer_master_key_spec &&
	    spec != in->customer_master_key_spec) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "You cannot specify KeySpec and "
			  "CustomerMasterKeySpec in the same request. "
			  "CustomerMasterKeySpec is deprecated.");
		return false;
	}
	if (!spec)
		spec = in->customer_master_key_spec;
	if (!spec)
		spec = AWS_SPEC_SYMMETRIC_DEFAULT;
	if (!usage && spec == AWS_SPEC_SYMMETRIC_DEFAULT)
		usage = AWS_USAGE_ENCRYPT_DECRYPT;
	if (!usage) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "You must specify a KeyUsage value for all KMS keys "
			  "except for symmetric encryption keys.");
		return false;
	}
	if (!usage_fits(spec, usage)) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "KeyUsage %s is not compatible with KeySpec %s",
			  op_enum_name(&aws_key_usages, usage),
			  op_enum_name(&aws_key_specs, spec));
		return false;
	}
	key->key_usage = KEY_USAGE_SIGN_VERIFY;
	if (spec == AWS_SPEC_ECC_SECG_P256K1)
		key->key_spec = KEY_SPEC_SECP256K1;
	else if (spec == AWS_SPEC_ECC_NIST_P256 &&
		 usage == AWS_USAGE_SIGN_VERIFY)
		key->key_spec = KEY_SPEC_P256;
	if (key->key_spec)
		return true;
	call_fail(call, KMS_RC_UNSUPPORTED,
		  "KeySpec %s with KeyUsage %s is not supported.",
		  op_enum_name(&aws_key_specs, spec),
		  op_enum_name(&aws_key_usages, usage));
	return false;
}

static void created(struct keeper_change *change)
{
	struct call *call = change->arg;

	if (change->rc) {
		call_done(call, change->rc);
		return;
	}
	uuid_put(call->log_key, change->key.uuid);
	put_metadata(call, &change->key);
	call_done(call, KMS_RC_OK);
}

void service_create_key(struct call *call)
{
	const struct create_key_in *in = call->in;
	const struct service_config *config = service_config(call->service);
	struct keeper_change *change = NULL;
	const char *why = NULL;
	char *text = NULL;
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	change = arena_alloc(call->arena, sizeof(*change));
	text = arena_alloc(call->arena, in->description.len + 1);
	if (!change || !text) {
		call_done(call, rc);
		return;
	}
	if (!choose_kind(call, &change->key))
		return;
	why = not_offered(in);
	if (why) {
		call_fail(call, KMS_RC_UNSUPPORTED, "%s", why);
		return;
	}
	if (!label_take_tags(call, &change->key.tags, in->tags.items,
			     in->tags.count))
		return;
	change->key.tag_count = in->tags.count;
	if (in->description.len)
		memcpy(text, in->description.ptr, in->description.len);
	change->key.description = text;
	change->key.account = config->account;
	change->key.created_ms = clock_unix_ms();
	change->job = KEEPER_CREATE_KEY;
	change->reactor = call->reactor;
	change->evidence_kind = (uint8_t)call->caller.kind;
	change->evidence =
		bytes_of(call->caller.evidence, call->caller.evidence_len);
	change->deadline_ns = call->start_ns + KEEPER_WAIT_NS;
	change->done = created;
	change->arg = call;
	rc = keeper_submit(config->keeper, change);
	if (rc)
		call_done(call, rc);
}

/* A wallet is a key, too, and shows more. */
static void describe_wallet(struct call *call, const uint8_t uuid[ABI_UUID_LEN])
{
	struct store_wallet w = { 0 };
	enum kms_rc rc = store_get_wallet(service_reader(call), &w, uuid);

	if (!rc) {
		wallet_put_metadata(call, &w);
		json_end(&call->out);
	}
	call_done(call, rc);
}

void service_describe_key(struct call *call)
{
	const struct key_in *in = call->in;
	struct store_key key = { 0 };

	if (service_find_key(call, &key, in->key_id) ||
	    service_has_grant_tokens(call, &in->grant_tokens))
		return;
	if (key.kind == STORE_WALLET) {
		describe_wallet(call, key.uuid);
		return;
	}
	put_metadata(call, &key);
	call_done(call, KMS_RC_OK);
}

bool service_is_no_wallet(struct call *call, const struct store_key *key)
{
	if (key->kind != STORE_WALLET)
		return true;
	call_fail(call, KMS_RC_AUTH_REQUIRED,
		  "Passkey authorization required: key %s has a passkey bound",
		  call->log_key);
	return false;
}

static enum kms_rc write_description(struct store *s, const void *what)
{
	return store_put_description(s, what);
}

static void described(struct call *call, const void *what, enum kms_rc rc)
{
	const struct store_key *key = what;
	char arn[SERVICE_ARN_MAX];

	if (rc != KMS_RC_NOT_FOUND) {
		call_done(call, rc);
		return;
	}
	service_key_arn(call->service, arn, key->uuid);
	call_fail(call, rc, "Key '%s' does not exist", arn);
}

void service_update_description(struct call *call)
{
	const struct update_description_in *in = call->in;
	struct store_key *key = arena_alloc(call->arena, sizeof(*key));
	char *text = arena_alloc(call->arena, in->description.len + 1);

	if (!key || !text) {
		call_done(call, KMS_RC_NO_MEMORY);
		return;
	}
	if (!label_find_key(call, key, in->key_id) ||
	    !service_is_no_wallet(call, key))
		return;
	if (in->description.len)
		memcpy(text, in->description.ptr, in->description.len);
	key->description = text;
	label_write(call, write_description, key, described);
}

void service_get_public_key(struct call *call)
{
	const struct key_in *in = call->in;
	struct store_key key = { 0 };
	uint8_t spki[DER_SPKI_MAX];
	char arn[SERVICE_ARN_MAX];
	size_t len = 0;

	if (service_find_key(call, &key, in->key_id) ||
	    service_has_grant_tokens(call, &in->grant_tokens) ||
	    !service_is_usable(call, &key))
		return;
	service_key_arn(call->service, arn, key.uuid);
	len = der_put_spki(
		spki, key.key_spec == KEY_SPEC_SECP256K1 ? DER_K256 : DER_P256,
		key.public_key);
	json_object(&call->out);
	json_text_member(&call->out, "KeyId", arn);
	json_name(&call->out, "PublicKey");
	json_put_base64(&call->out, spki, len);
	put_specs(&call->out, &key);
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}

bool service_is_usable(struct call *call, const struct store_key *key)
{
	char arn[SERVICE_ARN_MAX];

	if (key->key_state == KEY_STATE_ENABLED)
		return true;
	service_key_arn(call->service, arn, key->uuid);
	if (key->key_state == KEY_STATE_DISABLED)
		call_fail(call, KMS_RC_KEY_DISABLED, "%s is disabled.", arn);
	else
		call_fail(call, KMS_RC_INVALID_STATE, "%s is pending deletion.",
			  arn);
	return false;
}

/* --- ListKeys ------------------------------------------------------------ */

struct listing {
	struct call *call;
	unsigned int limit;
	unsigned int count;
	bool more;
	uint8_t last[ABI_UUID_LEN];
};

static bool list_key(void *arg, const struct store_key *key)
{
	struct listing *l = arg;
	struct json_writer *w = &l->call->out;
	char arn[SERVICE_ARN_MAX];
	char id[UUID_TEXT_LEN + 1];

	if (l->count == l->limit) {
		l->more = true;
		return false;
	}
	l->count++;
	memcpy(l->last, key->uuid, sizeof(l->last));
	service_key_arn(l->call->service, arn, key->uuid);
	uuid_put(id, key->uuid);
	json_object(w);
	json_text_member(w, "KeyId", id);
	json_text_member(w, "KeyArn", arn);
	json_end(w);
	return true;
}

void service_list_keys(struct call *call)
{
	const struct list_keys_in *in = call->in;
	uint64_t account = service_config(call->service)->account;
	struct listing l = { .call = call, .limit = LIST_DEFAULT };
	uint8_t after[ABI_UUID_LEN];
	size_t len = sizeof(after);
	enum kms_rc rc = KMS_RC_OK;

	if (in->limit.present)
		l.limit = (unsigned int)in->limit.value;
	if (in->marker.ptr)
		rc = marker_get(after, sizeof(after), &len, "ListKeys", account,
				in->marker);
	if (rc || len != sizeof(after)) {
		call_done(call, KMS_RC_INVALID_MARKER);
		return;
	}
	json_object(&call->out);
	json_name(&call->out, "Keys");
	json_array(&call->out);
	/* One more than the page, to know whether there is another. */
	rc = store_list_keys(service_reader(call), account,
			     in->marker.ptr ? after : NULL, l.limit + 1,
			     list_key, &l);
	json_end(&call->out);
	if (l.more) {
		json_name(&call->out, "NextMarker");
		marker_put(&call->out, "ListKeys", account,
			   bytes_of(l.last, sizeof(l.last)));
	}
	json_bool_member(&call->out, "Truncated", l.more);
	json_end(&call->out);
	call_done(call, rc);
}
