/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands between a command and the caller's memory, seen with commands
 * that do not keep to their row. cmd_find() is this test's own.
 */
#include "ta/cmd/cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SAID 64 /* bytes of the answers below, without TLV header */
#define RSP  (ABI_HEADER_LEN + ABI_TLV_LEN + SAID)
#define OUT  (ABI_TLV_LEN + SAID)

static const uint8_t said[SAID] = "what a command has written";
static enum kms_rc status;
static unsigned int runs;

static enum kms_rc talk(struct ta *ta, struct ta_call *call)
{
	(void)ta;
	runs++;
	abi_put_var(&call->rsp, 1, said, sizeof(said));
	abi_put_var(&call->out, 1, said, sizeof(said));
	return status;
}

static const struct cmd cmds[] = {
	{ .number = 1,
	  .rsp_base = ABI_TLV_LEN + SAID,
	  .out_base = ABI_TLV_LEN + SAID,
	  .run = talk },
	{ .number = 2, .run = talk }, /* promises less than it gives */
};

const struct cmd *cmd_find(uint16_t number)
{
	for (size_t i = 0; i < ARRAY_LEN(cmds); i++)
		if (cmds[i].number == number)
			return &cmds[i];
	return NULL;
}

static struct ta ta;
static size_t rsp_len;
static size_t out_len;

static int start(void **state)
{
	(void)state;
	memset(&ta, 0, sizeof(ta));
	ta.ready = true;
	status = KMS_RC_OK;
	runs = 0;
	return 0;
}

static enum kms_rc send(uint16_t cmd, size_t rsp_cap, size_t out_cap)
{
	static const uint8_t req_id[ABI_REQ_ID_LEN];
	struct abi_writer w = { 0 };

	abi_begin(&w, ta.request, sizeof(ta.request));
	abi_put_header(&w, cmd, 0, req_id);
	assert_int_equal(abi_finish(&w, 0), KMS_RC_OK);
	return ta_run(&ta, cmd, w.len, 0, rsp_cap, out_cap, &rsp_len, &out_len);
}

static void too_little_room_is_refused_before_anything_is_done(void **state)
{
	(void)state;
	assert_int_equal(send(1, RSP - 1, OUT), KMS_RC_SHORT_BUFFER);
	assert_int_equal(send(1, RSP, OUT - 1), KMS_RC_SHORT_BUFFER);
	assert_int_equal(runs, 0);
	assert_int_equal(send(1, RSP, OUT), KMS_RC_OK);
	assert_int_equal(runs, 1);
	assert_int_equal(rsp_len, RSP);
	assert_int_equal(out_len, OUT);
	assert_false(ta.faulted);
}

/* The table is wrong then: what was done is unknown to the caller. */
static void an_answer_past_its_row_is_a_fault_and_not_copied(void **state)
{
	static const size_t caps[][2] = { { RSP - 1, OUT }, { RSP, OUT - 1 } };

	for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
		start(state);
		assert_int_equal(send(2, caps[i][0], caps[i][1]), KMS_RC_FAULT);
		assert_int_equal(runs, 1);
		assert_int_equal(rsp_len, 0);
		assert_int_equal(out_len, 0);
		assert_true(ta.faulted);
	}
	start(state);
	assert_int_equal(send(2, RSP, OUT), KMS_RC_OK);
	assert_int_equal(rsp_len, RSP);
}

static bool is_there(const void *area, size_t len)
{
	return memmem(area, len, said, sizeof(said)) != NULL;
}

/* Dropped means gone, not only left out of the length. */
static void what_a_refused_command_has_written_is_wiped(void **state)
{
	(void)state;
	assert_int_equal(send(1, RSP, OUT), KMS_RC_OK);
	assert_true(is_there(ta.response, sizeof(ta.response)));
	assert_true(is_there(ta.state_out, sizeof(ta.state_out)));
	status = KMS_RC_NOT_FOUND;
	assert_int_equal(send(1, RSP, OUT), KMS_RC_OK);
	assert_int_equal(rsp_len, ABI_HEADER_LEN);
	assert_int_equal(out_len, 0);
	assert_false(is_there(ta.response, sizeof(ta.response)));
	assert_false(is_there(ta.state_out, sizeof(ta.state_out)));
	status = KMS_RC_OK;
	assert_int_equal(send(2, RSP - 1, OUT), KMS_RC_FAULT);
	assert_false(is_there(ta.response, sizeof(ta.response)));
	assert_false(is_there(ta.state_out, sizeof(ta.state_out)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			too_little_room_is_refused_before_anything_is_done,
			start),
		cmocka_unit_test_setup(
			an_answer_past_its_row_is_a_fault_and_not_copied,
			start),
		cmocka_unit_test_setup(
			what_a_refused_command_has_written_is_wiped, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
