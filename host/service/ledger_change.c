/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of wallets that exist. */
#include "host/service/ledger.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)

void ledger_change_ops(struct tee_change *ops, const struct keeper_change *c)
{
	ops[0] = (struct tee_change){
		.op = c->op,
		.evidence_kind = c->evidence_kind,
		.evidence = c->evidence,
		.slot = c->wallet.slot,
		.passkey = c->passkey,
		.credential_hash = c->credential_hash,
		.index = c->index,
		.window_days = c->window_days,
	};
	memcpy(ops[0].uuid, c->wallet.uuid, sizeof(ops[0].uuid));
	if (c->op != OP_DELETE)
		return;
	ops[1] = (struct tee_change){ .op = OP_DELETE_VAULT,
				      .slot = c->wallet.vault_slot };
	memcpy(ops[1].uuid, c->wallet.uuid, sizeof(ops[1].uuid));
}

/* The row follows the record: what the TEE has done is written down. */
static void fill_edit(struct store_wallet_edit *e,
		      const struct keeper_change *c, const uint8_t replaced[64])
{
	const uint8_t *passkey = c->passkey.len ? c->passkey.ptr : NULL;

	/* Everything but freezing is done by the owner: a use. */
	*e = (struct store_wallet_edit){ .last_used_ms = c->now_ms };
	switch (c->op) {
	case OP_FREEZE:
		e->lifecycle = STORE_FROZEN;
		e->last_used_ms = 0;
		break;
	case OP_UNFREEZE:
	case OP_CANCEL_DELETION:
		e->lifecycle = STORE_ACTIVE;
		break;
	case OP_SCHEDULE_DELETION:
		e->lifecycle = STORE_PENDING_DELETION;
		e->delete_after_ms = c->now_ms + c->window_days * DAY_MS;
		break;
	case OP_CHANGE_PASSKEY:
		e->passkey_gone = replaced;
		/* fall through */
	case OP_ADD_PASSKEY:
		e->passkey = passkey;
		e->credential = c->credential;
		break;
	case OP_REMOVE_PASSKEY:
		e->passkey_gone = passkey;
		break;
	default:
		break;
	}
}

bool ledger_accepts_change(const struct keeper_change *c)
{
	struct store_wallet_edit e = { 0 };
	bool wants_passkey = c->op == OP_ADD_PASSKEY ||
			     c->op == OP_REMOVE_PASSKEY ||
			     c->op == OP_CHANGE_PASSKEY;

	if (c->op != OP_DELETE &&
	    (c->op < OP_ISSUE_ADDRESS || c->op > OP_CANCEL_DELETION))
		return false;
	if (c->passkey.len != (wants_passkey ? 64 : 0) ||
	    (c->credential_hash.len && c->credential_hash.len != SHA256_LEN))
		return false;
	fill_edit(&e, c, NULL);
	return store_accepts_edit(&e);
}

void ledger_change_row(struct ledger *l, size_t index)
{
	const struct tee_change *op = &l->changes[index];
	struct keeper_change *c = l->requests[index];
	struct store_wallet_edit *e = &l->edits[index];
	struct store_change *row = &l->rows[index];

	*row = (struct store_change){ .blob = op->blob };
	/* A tombstone takes its rows along. */
	if (op->op == OP_DELETE || op->op == OP_DELETE_VAULT)
		return;
	fill_edit(e, c, op->public_key);
	row->edit = e;
	memcpy(c->public_key, op->public_key, sizeof(c->public_key));
	if (e->lifecycle) {
		c->wallet.lifecycle = e->lifecycle;
		c->wallet.delete_after_ms = e->delete_after_ms;
	}
}
