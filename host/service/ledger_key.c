/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of keys that exist and are no wallets. */
#include "host/service/ledger.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)

void ledger_key_ops(struct tee_change *ops, const struct keeper_change *c)
{
	ops[0] = (struct tee_change){
		.op = c->op,
		.evidence_kind = c->evidence_kind,
		.evidence = c->evidence,
		.slot = c->key.slot,
		.key_state = c->key_state,
	};
	memcpy(ops[0].uuid, c->key.uuid, sizeof(ops[0].uuid));
}

static void fill_edit(struct store_key_edit *e, const struct keeper_change *c)
{
	*e = (struct store_key_edit){ .key_state = c->key_state };
	if (c->key_state == KEY_STATE_PENDING_DELETION)
		e->delete_after_ms = c->now_ms + c->window_days * DAY_MS;
}

bool ledger_accepts_key(const struct keeper_change *c)
{
	struct store_key_edit e = { 0 };

	if (c->op == OP_DELETE)
		return true;
	fill_edit(&e, c);
	return c->op == OP_SET_STATE && store_accepts_key_edit(&e);
}

enum kms_rc ledger_check_key(struct ledger *l, const struct keeper_change *c)
{
	struct store_key now = { 0 };
	enum kms_rc rc = store_get_key(l->reader, &now, c->key.uuid);

	if (rc)
		return rc;
	return c->key_states >> now.key_state & 1 ? KMS_RC_OK
						  : KMS_RC_INVALID_STATE;
}

void ledger_key_row(struct ledger *l, size_t index)
{
	struct keeper_change *c = l->requests[index];
	struct store_key_edit *e = &l->key_edits[index];
	struct store_change *row = &l->rows[index];

	*row = (struct store_change){ .blob = l->changes[index].blob };
	/* A tombstone takes its row along. */
	if (c->op == OP_DELETE)
		return;
	fill_edit(e, c);
	row->key_edit = e;
	c->key.key_state = e->key_state;
	c->key.delete_after_ms = e->delete_after_ms;
}
