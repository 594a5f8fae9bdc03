/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every op of PREPARE, once.
 */
#include "ta/cmd/op.h"

#include "ta/ta.h"

/* The bits of abi_prepare_op.has, which follow the schema's rows. */
#define BIT(msg, kind, name, tag, max, required) BIT_##name,
enum { ABI_prepare_op(BIT, prepare_op) };
#undef BIT

#define HAS(name) (1u << BIT_##name)
#define ALL	  (HAS(op) | HAS(evidence_kind))
#define RECORD	  (ALL | HAS(slot) | HAS(uuid))
#define PROOF	  HAS(evidence)

/* clang-format off */
static const struct op_row rows[] = {
	{ .op = OP_CREATE_KEY, .needs = ALL,
	  .takes = PROOF | HAS(key_spec) | HAS(key_usage) | HAS(host_entropy),
	  .run = op_create_key },
	{ .op = OP_DELETE, .type = RECORD_KEY, .restricts = RESTRICT_ALL,
	  .needs = RECORD, .takes = PROOF, .run = op_change_key },
	{ .op = OP_DELETE, .type = RECORD_WALLET, .restricts = RESTRICT_ALL,
	  .needs = RECORD, .takes = PROOF, .run = op_change_wallet },
	{ .op = OP_SET_STATE, .type = RECORD_KEY,
	  .needs = RECORD, .takes = PROOF | HAS(key_state),
	  .run = op_change_key },
	{ .op = OP_CREATE_WALLET,
	  .needs = ALL | HAS(passkey) | HAS(bind_level) | HAS(rp_id) |
		   HAS(origins),
	  .takes = PROOF | HAS(host_entropy) | HAS(credential_hash) |
		   HAS(registration),
	  .run = op_create_wallet },
	{ .op = OP_CREATE_VAULT, .second = true,
	  .needs = ALL, .run = op_create_vault },
	{ .op = OP_DELETE_VAULT, .type = RECORD_VAULT, .second = true,
	  .restricts = RESTRICT_ALL, .needs = RECORD, .run = op_delete_vault },
	{ .op = OP_ISSUE_ADDRESS, .type = RECORD_WALLET,
	  .needs = RECORD | HAS(index), .takes = PROOF,
	  .run = op_change_wallet },
	{ .op = OP_ADD_PASSKEY, .type = RECORD_WALLET,
	  .needs = RECORD | HAS(passkey), .takes = PROOF | HAS(credential_hash),
	  .run = op_change_wallet },
	{ .op = OP_REMOVE_PASSKEY, .type = RECORD_WALLET,
	  .restricts = RESTRICT_ACCESS,
	  .needs = RECORD | HAS(passkey), .takes = PROOF,
	  .run = op_change_wallet },
	{ .op = OP_CHANGE_PASSKEY, .type = RECORD_WALLET,
	  .restricts = RESTRICT_ACCESS,
	  .needs = RECORD | HAS(passkey), .takes = PROOF | HAS(credential_hash),
	  .run = op_change_wallet },
	{ .op = OP_FREEZE, .type = RECORD_WALLET, .restricts = RESTRICT_USE,
	  .needs = RECORD, .takes = PROOF, .run = op_change_wallet },
	{ .op = OP_UNFREEZE, .type = RECORD_WALLET,
	  .needs = RECORD, .takes = PROOF, .run = op_change_wallet },
	{ .op = OP_SCHEDULE_DELETION, .type = RECORD_WALLET,
	  .restricts = RESTRICT_USE | RESTRICT_LIFE,
	  .needs = RECORD | HAS(window_days),
	  .takes = PROOF, .run = op_change_wallet },
	{ .op = OP_CANCEL_DELETION, .type = RECORD_WALLET,
	  .needs = RECORD, .takes = PROOF, .run = op_change_wallet },
};
/* clang-format on */

const struct op_row *op_find(uint8_t op, uint8_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].op == op && (!type || rows[i].type == type))
			return &rows[i];
	return NULL;
}

enum kms_rc op_check_members(const struct op_row *row,
			     const struct abi_prepare_op *in)
{
	bool good = (in->has & row->needs) == row->needs &&
		    !(in->has & ~(row->needs | row->takes));

	return good ? KMS_RC_OK : KMS_RC_DECODE;
}
