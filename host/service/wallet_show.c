/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a wallet is shown.
 */
#include "codec/eth_address.h"
#include "codec/uuid.h"
#include "common/clock.h"
#include "host/service/wallet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *wallet_lifecycle_name(enum store_lifecycle lifecycle)
{
	switch (lifecycle) {
	case STORE_ACTIVE:
		return "active";
	case STORE_PENDING_DELETION:
		return "pending_deletion";
	case STORE_FROZEN:
	default:
		return "frozen";
	}
}

void wallet_put_time(struct call *call, const char *name, int64_t unix_ms)
{
	char text[CLOCK_TEXT_SIZE];

	json_name(&call->out, name);
	if (call->aws) {
		json_put_time_ms(&call->out, unix_ms);
		return;
	}
	clock_put(text, unix_ms, "Z");
	json_put_text(&call->out, text);
}

void wallet_put_id(struct call *call, const uint8_t uuid[ABI_UUID_LEN])
{
	char id[UUID_TEXT_LEN + 1];

	uuid_put(id, uuid);
	json_text_member(&call->out, "KeyId", id);
}

static void put_last_used(struct call *call, const struct store_wallet *w)
{
	char text[CLOCK_TEXT_SIZE];

	if (!w->last_used_ms)
		return;
	clock_put(text, w->last_used_ms, "+00:00");
	json_text_member(&call->out, "LastUsedAt", text);
}

static void put_first_address(struct call *call, const struct store_wallet *w)
{
	char key[ETH_KEY_TEXT_LEN + 1];

	eth_address_put_key(key, w->public_key);
	json_text_member(&call->out, "Address", w->address);
	json_text_member(&call->out, "PublicKey", key);
	json_text_member(&call->out, "DerivationPath", ETH_PATH_FIRST);
}

/* What AWS's clients look for in every KeyMetadata. */
static void put_for_aws(struct call *call, const struct store_wallet *w)
{
	static const char *const states[] = {
		[STORE_ACTIVE] = "Enabled",
		[STORE_FROZEN] = "Disabled",
		[STORE_PENDING_DELETION] = "PendingDeletion",
	};
	char account[24];

	snprintf(account, sizeof(account), "%012" PRIu64,
		 service_config(call->service)->account);
	json_text_member(&call->out, "AWSAccountId", account);
	json_text_member(&call->out, "KeyState", states[w->lifecycle]);
	json_text_member(&call->out, "KeyManager", "CUSTOMER");
	json_text_member(&call->out, "CustomerMasterKeySpec", w->key_spec);
	json_bool_member(&call->out, "MultiRegion", false);
}

static void put_identity(struct call *call, const struct store_wallet *w)
{
	char arn[SERVICE_ARN_MAX];

	service_key_arn(call->service, arn, w->uuid);
	wallet_put_id(call, w->uuid);
	json_text_member(&call->out, "Arn", arn);
	wallet_put_time(call, "CreationDate", w->created_ms);
	put_first_address(call, w);
}

void wallet_put_metadata(struct call *call, const struct store_wallet *w)
{
	struct json_writer *out = &call->out;
	char passkey[ETH_POINT_TEXT_LEN + 1];

	json_object(out);
	json_name(out, "KeyMetadata");
	json_object(out);
	put_identity(call, w);
	json_bool_member(out, "Enabled", w->lifecycle == STORE_ACTIVE);
	json_text_member(out, "Description",
			 w->description ? w->description : "");
	json_text_member(out, "KeyUsage", w->key_usage);
	json_text_member(out, "KeySpec", w->key_spec);
	json_text_member(out, "Origin", w->origin);
	if (w->has_passkey) {
		eth_address_put_point(passkey, w->passkey);
		json_text_member(out, "PasskeyPublicKey", passkey);
	}
	json_int_member(out, "PasskeyCount", w->passkey_count);
	/* Chosen by the host at creation: the owner should see it. */
	json_int_member(out, "BindLevel", w->bind_level);
	json_text_member(out, "RpId", w->rp_id);
	put_last_used(call, w);
	json_text_member(out, "LifecycleStatus",
			 wallet_lifecycle_name(w->lifecycle));
	if (w->lifecycle == STORE_PENDING_DELETION)
		wallet_put_time(call, "DeletionDate", w->delete_after_ms);
	put_for_aws(call, w);
	json_end(out);
}

/* --- the operations that only read --------------------------------------- */

static bool put_passkey(void *arg, const struct store_passkey *p)
{
	struct json_writer *out = arg;
	char point[ETH_POINT_TEXT_LEN + 1];

	eth_address_put_point(point, p->pub);
	json_object(out);
	json_text_member(out, "PublicKey", point);
	if (*p->credential)
		json_text_member(out, "CredentialId", p->credential);
	json_end(out);
	return true;
}

void service_describe_wallet(struct call *call)
{
	struct json_writer *out = &call->out;
	struct wallet_place place = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!wallet_find_any(call, &place, call->in))
		return;
	wallet_put_metadata(call, &place.wallet);
	/* Who may sign: an owner should see a passkey that is not his. */
	json_name(out, "Passkeys");
	json_array(out);
	rc = store_list_passkeys(service_reader(call), place.wallet.uuid,
				 put_passkey, out);
	json_end(out);
	json_end(out);
	call_done(call, rc);
}

/*
 * Whoever has no credential learns what a poll after CreateKey needs, and not
 * which account it is (http-api-1 S10, K10). --compat shows all, as there.
 */
void service_key_status(struct call *call)
{
	const struct wallet_in *in = call->in;
	bool all =
		call->caller.admitted || service_config(call->service)->compat;
	struct store_wallet w = { 0 };

	if (!wallet_find(call, &w, in->key_id))
		return;
	json_object(&call->out);
	wallet_put_id(call, w.uuid);
	json_text_member(&call->out, "Status", "ready");
	json_text_member(&call->out, "LifecycleStatus",
			 wallet_lifecycle_name(w.lifecycle));
	if (all) {
		put_first_address(call, &w);
		put_last_used(call, &w);
	}
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}
