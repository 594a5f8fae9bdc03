/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EnableKey, DisableKey, ScheduleKeyDeletion, CancelKeyDeletion. Whether a
 * key's state allows a change is asked in the keeper, which makes the changes
 * one after another, and the TEE asks who may.
 */
#include "common/clock.h"
#include "host/service/ops.h"
#include "host/service/service.h"
#include "host/service/wallet_ops.h"

#define IN(state) (1u << (state))

/* A change of a key; it ends with its call. */
struct key_change {
	struct keeper_change change;
	struct call *call;
	const char *refusal; /* what INVALID_STATE says behind the ARN */
	void (*done)(struct key_change *k);
};

static void refuse(struct key_change *k, enum kms_rc rc)
{
	char arn[SERVICE_ARN_MAX];

	service_key_arn(k->call->service, arn, k->change.key.uuid);
	if (rc == KMS_RC_INVALID_STATE)
		call_fail(k->call, rc, "%s is %s.", arn, k->refusal);
	else if (rc == KMS_RC_NOT_FOUND)
		call_fail(k->call, rc, "Key '%s' does not exist", arn);
	else
		call_done(k->call, rc);
}

static void changed(struct keeper_change *change)
{
	struct key_change *k = change->arg;

	if (change->rc)
		refuse(k, change->rc);
	else
		k->done(k);
}

/* Ends the call of a wallet, whose owner has other means. */
static bool is_key(struct call *call, const struct store_key *key)
{
	if (key->kind != STORE_WALLET)
		return true;
	call_fail(call, KMS_RC_UNSUPPORTED,
		  "Key %s is a wallet, which its passkeys rule", call->log_key);
	return false;
}

/* NULL: the call has been ended. */
static struct key_change *key_change_new(struct call *call,
					 const struct store_key *key)
{
	struct key_change *k = arena_alloc(call->arena, sizeof(*k));

	if (!k) {
		call_done(call, KMS_RC_NO_MEMORY);
		return NULL;
	}
	k->call = call;
	k->change.key = *key;
	/* It is the reader's. */
	k->change.key.description = NULL;
	return k;
}

static void start(struct key_change *k, enum abi_key_state state)
{
	struct keeper_change *c = &k->change;
	struct call *call = k->call;
	enum kms_rc rc = KMS_RC_INTERNAL;

	c->job = KEEPER_CHANGE_KEY;
	c->op = OP_SET_STATE;
	c->key_state = (uint8_t)state;
	c->now_ms = clock_unix_ms();
	c->reactor = call->reactor;
	c->evidence_kind = (uint8_t)call->caller.kind;
	c->evidence =
		bytes_of(call->caller.evidence, call->caller.evidence_len);
	c->deadline_ns = call->start_ns + KEEPER_WAIT_NS;
	c->done = changed;
	c->arg = k;
	rc = keeper_submit(service_config(call->service)->keeper, c);
	if (rc)
		call_done(call, rc);
}

/* Answers that name the key, and perhaps more. */
static void put_arn(struct key_change *k)
{
	char arn[SERVICE_ARN_MAX];

	service_key_arn(k->call->service, arn, k->change.key.uuid);
	json_object(&k->call->out);
	json_text_member(&k->call->out, "KeyId", arn);
}

/* --- EnableKey, DisableKey ----------------------------------------------- */

static void end(struct key_change *k)
{
	call_done(k->call, KMS_RC_OK);
}

static void set_state(struct call *call, enum abi_key_state state)
{
	const struct key_id_in *in = call->in;
	struct key_change *k = NULL;
	struct store_key key = { 0 };

	if (service_find_by_id(call, &key, in->key_id) || !is_key(call, &key))
		return;
	k = key_change_new(call, &key);
	if (!k)
		return;
	k->done = end;
	k->refusal = "pending deletion";
	k->change.key_states = IN(KEY_STATE_ENABLED) | IN(KEY_STATE_DISABLED);
	start(k, state);
}

void service_enable_key(struct call *call)
{
	set_state(call, KEY_STATE_ENABLED);
}

void service_disable_key(struct call *call)
{
	set_state(call, KEY_STATE_DISABLED);
}

/* --- ScheduleKeyDeletion ------------------------------------------------- */

#define WINDOW_DAYS_USUAL 30

static void scheduled(struct key_change *k)
{
	struct json_writer *w = &k->call->out;
	const struct keeper_change *c = &k->change;

	put_arn(k);
	json_name(w, "DeletionDate");
	json_put_time_ms(w, c->key.delete_after_ms);
	json_text_member(w, "KeyState", service_state_name(c->key.key_state));
	json_int_member(w, "PendingWindowInDays", c->window_days);
	json_end(w);
	call_done(k->call, KMS_RC_OK);
}

/* Without an assertion: its own operation says so. */
static void schedule_wallet(struct call *call)
{
	const struct schedule_deletion_in *in = call->in;
	struct delete_key_in *own = arena_alloc(call->arena, sizeof(*own));

	if (!own) {
		call_done(call, KMS_RC_NO_MEMORY);
		return;
	}
	own->wallet.key_id = in->key_id;
	own->window_days = in->window_days;
	call->in = own;
	service_delete_wallet(call);
}

static bool read_window(struct call *call, uint16_t *days)
{
	const struct schedule_deletion_in *in = call->in;

	*days = WINDOW_DAYS_USUAL;
	if (in->window_days.present)
		*days = (uint16_t)in->window_days.value;
	if (*days >= ABI_WINDOW_DAYS_MIN && *days <= ABI_WINDOW_DAYS_MAX)
		return true;
	call_fail(call, KMS_RC_BAD_INPUT,
		  "PendingWindowInDays must be between %d and %d",
		  ABI_WINDOW_DAYS_MIN, ABI_WINDOW_DAYS_MAX);
	return false;
}

void service_schedule_deletion(struct call *call)
{
	const struct schedule_deletion_in *in = call->in;
	struct key_change *k = NULL;
	struct store_key key = { 0 };
	uint16_t days = 0;

	if (!read_window(call, &days) ||
	    service_find_by_id(call, &key, in->key_id))
		return;
	if (key.kind == STORE_WALLET) {
		schedule_wallet(call);
		return;
	}
	if (!service_clock_is_set(call))
		return;
	k = key_change_new(call, &key);
	if (!k)
		return;
	k->done = scheduled;
	k->refusal = "pending deletion";
	k->change.key_states = IN(KEY_STATE_ENABLED) | IN(KEY_STATE_DISABLED);
	k->change.window_days = days;
	start(k, KEY_STATE_PENDING_DELETION);
}

/* --- CancelKeyDeletion --------------------------------------------------- */

static void cancelled(struct key_change *k)
{
	put_arn(k);
	json_end(&k->call->out);
	call_done(k->call, KMS_RC_OK);
}

static void cancel_wallet(struct call *call)
{
	const struct key_id_in *in = call->in;
	struct owned_in *own = arena_alloc(call->arena, sizeof(*own));

	if (!own) {
		call_done(call, KMS_RC_NO_MEMORY);
		return;
	}
	own->wallet.key_id = in->key_id;
	call->in = own;
	service_cancel_deletion(call);
}

void service_cancel_key_deletion(struct call *call)
{
	const struct key_id_in *in = call->in;
	struct key_change *k = NULL;
	struct store_key key = { 0 };

	if (service_find_by_id(call, &key, in->key_id))
		return;
	if (key.kind == STORE_WALLET) {
		cancel_wallet(call);
		return;
	}
	k = key_change_new(call, &key);
	if (!k)
		return;
	k->done = cancelled;
	k->refusal = "not pending deletion";
	k->change.key_states = IN(KEY_STATE_PENDING_DELETION);
	start(k, KEY_STATE_DISABLED);
}
