/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/cmd/cmd.h"

#define TLV(len) (ABI_TLV_LEN + (((len) + 3) & ~3u))

/* Sizes of whole messages, from their schema. */
#define STATUS_LEN (TLV(2) + 5 * TLV(8) + 2 * TLV(32) + 3 * TLV(1) + 2 * TLV(4))
#define RESULT_LEN \
	(TLV(1) + 2 * TLV(8) + TLV(ABI_UUID_LEN) + TLV(64) + ABI_TLV_LEN)
#define SIGNATURE_LEN \
	(TLV(2) + 2 * TLV(64) + TLV(1) + 2 * TLV(32) + ABI_TLV_LEN)

/* clang-format off */
static const struct cmd cmds[] = {
	{ .number = CMD_INFO, .before_selftest = true,
	  .rsp_base = 512, .run = cmd_info },
	{ .number = CMD_SELFTEST, .before_selftest = true,
	  .rsp_base = TLV(2), .run = cmd_selftest },
	{ .number = CMD_PROVISION,
	  .rsp_base = TLV(16), .run = cmd_provision },
	{ .number = CMD_SHARD_OPEN, .needs_root = true,
	  .items_max = ABI_SHARDS_MAX,
	  .rsp_per_item = STATUS_LEN + ABI_TLV_LEN, .run = cmd_shard_open },
	{ .number = CMD_SHARD_STATUS, .needs_root = true,
	  .rsp_base = STATUS_LEN, .run = cmd_shard_status },
	{ .number = CMD_PREPARE, .needs_root = true,
	  .items_max = ABI_BATCH_OPS,
	  .rsp_base = TLV(ABI_PC_LEN), .rsp_per_item = RESULT_LEN,
	  .out_per_item = TLV(RECORD_OVERHEAD + WALLET_RECORD_LEN),
	  .run = cmd_prepare },
	{ .number = CMD_COMMIT, .needs_root = true,
	  .items_max = ABI_BATCH_OPS,
	  .rsp_base = TLV(2) + TLV(8) + TLV(32),
	  .rsp_per_item = TLV(ABI_RECEIPT_LEN), .run = cmd_commit },
	{ .number = CMD_ABORT, .needs_root = true, .run = cmd_abort },
	{ .number = CMD_WARM, .needs_root = true,
	  .rsp_base = TLV(2), .run = cmd_warm },
	{ .number = CMD_RANDOM, .needs_root = true,
	  .rsp_base = TLV(ABI_RANDOM_MAX), .run = cmd_random },
	{ .number = CMD_SIGN, .needs_root = true,
	  .items_max = ABI_SIGN_ITEMS,
	  .rsp_per_item = SIGNATURE_LEN, .run = cmd_sign },
};
/* clang-format on */

const struct cmd *cmd_find(uint16_t number)
{
	for (size_t i = 0; i < ARRAY_LEN(cmds); i++)
		if (cmds[i].number == number)
			return &cmds[i];
	return NULL;
}
