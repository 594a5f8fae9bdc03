/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an owner changes: passkeys, and whether the wallet goes on to be.
 */
#include "host/service/wallet.h"

#include <string.h>

/* A change whose owner consents; NULL: the call has been ended. */
static struct wallet_change *prepare(struct call *call,
				     struct wallet_evidence *evidence,
				     const struct store_wallet *w,
				     const struct owner_in *owner)
{
	struct wallet_change *c = wallet_change_new(call, w);

	if (!c || !wallet_read_evidence(call, evidence, w, owner))
		return NULL;
	return c;
}

/* --- passkeys ------------------------------------------------------------ */

static void show_changed(struct wallet_change *c)
{
	struct call *call = c->call;

	json_object(&call->out);
	wallet_put_id(call, c->change.wallet.uuid);
	json_bool_member(&call->out, "Changed", true);
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}

static void show_count(struct wallet_change *c)
{
	struct call *call = c->call;
	int delta = c->change.op == OP_ADD_PASSKEY ? 1 : -1;

	json_object(&call->out);
	wallet_put_id(call, c->change.wallet.uuid);
	json_int_member(&call->out, "PasskeyCount",
			c->change.wallet.passkey_count + delta);
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}

static void change_passkeys(struct call *call, enum abi_op op,
			    void (*done)(struct wallet_change *c))
{
	const struct passkey_in *in = call->in;
	struct wallet_evidence evidence = { 0 };
	struct store_wallet w = { 0 };
	struct wallet_change *c = NULL;
	const char *credential = NULL;
	struct bytes hash = { 0 };
	struct bytes xy = { 0 };

	if (!wallet_find(call, &w, in->wallet.key_id) ||
	    !wallet_is_kept(call, &w) ||
	    !wallet_take_passkey(call, &xy, in->passkey) ||
	    !wallet_hash_credential(call, &hash, in->credential_id) ||
	    !wallet_credential_text(call, &credential, in->credential_id))
		return;
	c = prepare(call, &evidence, &w, &in->owner);
	if (!c)
		return;
	c->done = done;
	c->denied = op == OP_REMOVE_PASSKEY
			    ? "The passkey is not one of the wallet's, or the "
			      "last of them"
			    : "The passkey is one of the wallet's already";
	c->limited = "The wallet has four passkeys: there is no room for more";
	c->change.passkey = xy;
	if (op != OP_REMOVE_PASSKEY) {
		c->change.credential = credential;
		c->change.credential_hash = hash;
	}
	wallet_change_start(c, op, &evidence);
}

void service_change_passkey(struct call *call)
{
	change_passkeys(call, OP_CHANGE_PASSKEY, show_changed);
}

void service_add_passkey(struct call *call)
{
	change_passkeys(call, OP_ADD_PASSKEY, show_count);
}

void service_remove_passkey(struct call *call)
{
	change_passkeys(call, OP_REMOVE_PASSKEY, show_count);
}

/* --- deletion ------------------------------------------------------------ */

static void show_deletion(struct wallet_change *c)
{
	struct call *call = c->call;
	const struct keeper_change *change = &c->change;
	bool later = change->op == OP_SCHEDULE_DELETION;

	json_object(&call->out);
	wallet_put_id(call, change->wallet.uuid);
	wallet_put_time(call, "DeletionDate",
			later ? change->wallet.delete_after_ms
			      : change->now_ms);
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}

/* 0: at once. */
static bool read_window(struct call *call, uint16_t *days)
{
	const struct delete_key_in *in = call->in;

	*days = (uint16_t)in->window_days.value;
	if (!*days || *days >= ABI_WINDOW_DAYS_MIN)
		return true;
	call_fail(call, KMS_RC_BAD_INPUT,
		  "PendingWindowInDays must be 7 to 30, or 0 or absent to "
		  "delete at once");
	return false;
}

void service_delete_wallet(struct call *call)
{
	const struct delete_key_in *in = call->in;
	struct wallet_evidence evidence = { 0 };
	struct store_wallet w = { 0 };
	struct wallet_change *c = NULL;
	uint16_t days = 0;

	if (!read_window(call, &days) ||
	    !wallet_find(call, &w, in->wallet.key_id) ||
	    (days && !wallet_is_kept(call, &w)))
		return;
	if (days && !service_clock_is_set(call))
		return;
	c = prepare(call, &evidence, &w, &in->owner);
	if (!c)
		return;
	c->done = show_deletion;
	c->change.window_days = days;
	wallet_change_start(c, days ? OP_SCHEDULE_DELETION : OP_DELETE,
			    &evidence);
}

/* --- back to life -------------------------------------------------------- */

static void show_active(struct wallet_change *c)
{
	struct call *call = c->call;

	json_object(&call->out);
	wallet_put_id(call, c->change.wallet.uuid);
	json_text_member(&call->out, "LifecycleStatus",
			 wallet_lifecycle_name(STORE_ACTIVE));
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}

static void revive(struct call *call, enum abi_op op,
		   const struct store_wallet *w)
{
	const struct owned_in *in = call->in;
	struct wallet_evidence evidence = { 0 };
	struct wallet_change *c = prepare(call, &evidence, w, &in->owner);

	if (!c)
		return;
	c->done = show_active;
	if (op == OP_CANCEL_DELETION) {
		c->denied = "key is not pending deletion";
		c->denied_as = KMS_RC_INVALID_STATE;
	}
	wallet_change_start(c, op, &evidence);
}

void service_cancel_deletion(struct call *call)
{
	const struct owned_in *in = call->in;
	struct store_wallet w = { 0 };

	/* The database may say otherwise than the TEE, which decides. */
	if (wallet_find(call, &w, in->wallet.key_id))
		revive(call, OP_CANCEL_DELETION, &w);
}

/* Also of one that is active: the database may say so and the TEE not. */
void service_unfreeze_wallet(struct call *call)
{
	const struct owned_in *in = call->in;
	struct store_wallet w = { 0 };

	if (wallet_find(call, &w, in->wallet.key_id) &&
	    wallet_is_kept(call, &w))
		revive(call, OP_UNFREEZE, &w);
}
