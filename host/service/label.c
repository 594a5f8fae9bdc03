/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/label.h"

#include "host/store/wallet.h"

/* A wallet's state is in a row of its own. */
static enum kms_rc is_ending(struct call *call, bool *ending,
			     const struct store_key *key)
{
	struct store_wallet w = { 0 };
	enum kms_rc rc = KMS_RC_OK;

	*ending = key->key_state == KEY_STATE_PENDING_DELETION;
	if (key->kind != STORE_WALLET)
		return rc;
	rc = store_get_wallet(service_reader(call), &w, key->uuid);
	*ending = w.lifecycle == STORE_PENDING_DELETION;
	return rc;
}

bool label_find_key(struct call *call, struct store_key *key,
		    struct bytes key_id)
{
	char arn[SERVICE_ARN_MAX];
	bool ending = false;
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (service_find_by_id(call, key, key_id))
		return false;
	rc = is_ending(call, &ending, key);
	if (rc) {
		call_done(call, rc);
		return false;
	}
	if (!ending)
		return true;
	service_key_arn(call->service, arn, key->uuid);
	call_fail(call, KMS_RC_INVALID_STATE, "%s is pending deletion.", arn);
	return false;
}

struct label_change {
	struct keeper_change change;
	struct call *call;
	label_done *done;
};

static void written(struct keeper_change *change)
{
	struct label_change *l = change->arg;

	l->done(l->call, change->what, change->rc);
}

void label_write(struct call *call, keeper_write *write, const void *what,
		 label_done *done)
{
	struct keeper *keeper = service_config(call->service)->keeper;
	struct label_change *l = arena_alloc(call->arena, sizeof(*l));
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	if (!l) {
		call_done(call, rc);
		return;
	}
	*l = (struct label_change){
		.change = {
			.job = KEEPER_WRITE,
			.reactor = call->reactor,
			.deadline_ns = call->start_ns + KEEPER_WAIT_NS,
			.write = write,
			.what = what,
			.done = written,
			.arg = l,
		},
		.call = call,
		.done = done,
	};
	rc = keeper_submit(keeper, &l->change);
	if (rc)
		call_done(call, rc);
}
