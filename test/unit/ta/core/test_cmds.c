/* SPDX-License-Identifier: Apache-2.0 */
/* The sizes of the table of commands against the messages they are made of. */
#include "ta/cmd/cmd.h"
#include "ta/keystore/seal.h"
#include "ta/keystore/wallet_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PADDED(len) (ABI_TLV_LEN + (((len) + 3) & ~(size_t)3))
#define RUN_END	    0, NULL, 0

/* What a command answers with, and with each item of its one run. */
struct answer {
	uint16_t cmd;
	const struct abi_layout *rsp;
	uint16_t run; /* its tag; 0: none */
	const struct abi_layout *item;
	size_t item_len; /* where an item is no message of its own */
	size_t blob_len; /* of p3, per item */
};

static const struct answer answers[] = {
	{ CMD_INFO, &abi_layout_info_rsp, RUN_END, 0 },
	{ CMD_SELFTEST, &abi_layout_selftest_rsp, RUN_END, 0 },
	{ CMD_PROVISION, &abi_layout_provision_rsp, RUN_END, 0 },
	{ CMD_SHARD_OPEN, &abi_layout_shard_open_rsp, ABI_TAG_SHARD_STATUS,
	  &abi_layout_shard_status_rsp, 0, 0 },
	{ CMD_SHARD_STATUS, &abi_layout_shard_status_rsp, RUN_END, 0 },
	{ CMD_PREPARE, &abi_layout_prepare_rsp, ABI_TAG_RESULTS,
	  &abi_layout_prepare_result, 0, RECORD_OVERHEAD + WALLET_RECORD_LEN },
	{ CMD_COMMIT, &abi_layout_commit_rsp, ABI_TAG_RECEIPTS, NULL,
	  ABI_RECEIPT_LEN, 0 },
	{ CMD_ABORT, &abi_layout_abort_rsp, RUN_END, 0 },
	{ CMD_WARM, &abi_layout_warm_rsp, RUN_END, 0 },
	{ CMD_RANDOM, &abi_layout_random_rsp, RUN_END, 0 },
	{ CMD_SIGN, &abi_layout_sign_rsp, ABI_TAG_SIGN_ITEMS,
	  &abi_layout_sign_result, 0, 0 },
};

static size_t longest_field(const struct abi_field *f)
{
	switch (f->kind) {
	case ABI_FIX:
	case ABI_VAR:
		return PADDED(f->max);
	case ABI_REP:
		return 0; /* counted by its items */
	default:
		return PADDED((size_t)1 << f->kind);
	}
}

/* The longest body of a message, without its runs. */
static size_t longest(const struct abi_layout *layout)
{
	size_t len = 0;

	for (size_t i = 0; i < layout->count; i++)
		len += longest_field(&layout->fields[i]);
	return len;
}

static size_t longest_item(const struct answer *a)
{
	if (!a->run)
		return 0;
	return a->item ? ABI_TLV_LEN + longest(a->item) : PADDED(a->item_len);
}

static const struct answer *answer_of(uint16_t cmd)
{
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		if (answers[i].cmd == cmd)
			return &answers[i];
	return NULL;
}

/* The most items of the message's run, 0 without one. */
static uint32_t run_max(const struct answer *a)
{
	uint32_t max = 0;

	for (size_t i = 0; i < a->rsp->count; i++) {
		const struct abi_field *f = &a->rsp->fields[i];

		if (f->kind != ABI_REP)
			continue;
		assert_int_equal(max, 0);
		assert_int_equal(f->tag, a->run);
		max = f->max;
	}
	return max;
}

static void every_command_has_a_row(void **state)
{
	(void)state;
#define C(name, number)                        \
	assert_non_null(cmd_find(CMD_##name)); \
	assert_non_null(answer_of(CMD_##name));
	ABI_COMMANDS(C)
#undef C
	assert_null(cmd_find(0));
}

static void no_answer_is_longer_than_its_row_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		const struct answer *a = &answers[i];
		const struct cmd *c = cmd_find(a->cmd);

		print_message("# %s\n", abi_cmd_name(a->cmd));
		assert_non_null(c);
		assert_true(c->rsp_base >= longest(a->rsp));
		assert_true(c->rsp_per_item >= longest_item(a));
		assert_true(!a->blob_len ||
			    c->out_per_item >= PADDED(a->blob_len));
	}
}

/* A row that promises what the buffers do not hold would never be met. */
static void every_row_fits_the_buffers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		const struct answer *a = &answers[i];
		const struct cmd *c = cmd_find(a->cmd);

		assert_int_equal(c->items_max, run_max(a));
		assert_true(ABI_HEADER_LEN + c->rsp_base +
				    (size_t)c->items_max * c->rsp_per_item <=
			    ABI_RESPONSE_MAX);
		assert_true(c->out_base +
				    (size_t)c->items_max * c->out_per_item <=
			    ABI_STATE_OUT_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_has_a_row),
		cmocka_unit_test(no_answer_is_longer_than_its_row_says),
		cmocka_unit_test(every_row_fits_the_buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
