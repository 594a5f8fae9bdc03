/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/messages.h"
#include "host/transport/merge.h"
#include "test/unit/transport/sign_ta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PARTS 8

static uint8_t memory[PARTS + 2][8192];

static struct buf room(unsigned int index)
{
	return (struct buf){ .ptr = memory[index],
			     .cap = sizeof(memory[index]) };
}

/* Parts with 1, 2, 1, 2, ... items; item digests from 16 * part on. */
static void make_parts(struct merge_part *parts)
{
	for (unsigned int i = 0; i < PARTS; i++) {
		struct buf req = room(i);

		sign_make(&req, (uint8_t)(i + 1), 1 + i % 2, (uint8_t)(16 * i));
		parts[i] = (struct merge_part){ .req = bytes_of(req.ptr,
								req.len) };
		parts[i].items = merge_count(CMD_SIGN, parts[i].req);
		assert_int_equal(parts[i].items, 1 + i % 2);
	}
}

/* Answers all parts at once; part 3 has room for so many bytes. */
static void answer_parts(struct merge_part *parts, size_t cap_3)
{
	static uint8_t answers[PARTS][1024];
	struct buf req = room(PARTS);
	struct buf rsp = room(PARTS + 1);

	make_parts(parts);
	for (unsigned int i = 0; i < PARTS; i++)
		parts[i].rsp = (struct buf){ .ptr = answers[i],
					     .cap = i == 3 ? cap_3 : 1024 };
	assert_int_equal(merge_join(&req, parts, PARTS), KMS_RC_OK);
	sign_answer(&rsp, bytes_of(req.ptr, req.len));
	assert_int_equal(merge_split(parts, PARTS, bytes_of(rsp.ptr, rsp.len)),
			 KMS_RC_OK);
}

static void each_call_gets_the_results_of_its_own_items(void **state)
{
	struct merge_part parts[PARTS];

	(void)state;
	answer_parts(parts, 1024);
	for (unsigned int i = 0; i < PARTS; i++) {
		assert_int_equal(parts[i].rc, KMS_RC_OK);
		assert_true(sign_is_answer(
			bytes_of(parts[i].rsp.ptr, parts[i].rsp.len),
			(uint8_t)(i + 1), 1 + i % 2, (uint8_t)(16 * i)));
	}
}

static void a_small_room_harms_only_its_own_call(void **state)
{
	struct merge_part parts[PARTS];

	(void)state;
	answer_parts(parts, 100);
	for (unsigned int i = 0; i < PARTS; i++)
		assert_int_equal(parts[i].rc,
				 i == 3 ? KMS_RC_SHORT_BUFFER : KMS_RC_OK);
}

static void what_is_not_plain_sign_goes_alone(void **state)
{
	struct buf req = room(0);
	struct abi_writer w = { 0 };
	static const uint8_t id[ABI_REQ_ID_LEN] = { 0 };

	(void)state;
	sign_make(&req, 1, 3, 0);
	assert_int_equal(merge_count(CMD_SIGN, bytes_of(req.ptr, req.len)), 3);
	assert_int_equal(merge_count(CMD_WARM, bytes_of(req.ptr, req.len)), 0);
	assert_int_equal(merge_count(CMD_SIGN, bytes_of(req.ptr, req.len - 1)),
			 0);
	assert_int_equal(merge_count(CMD_SIGN, bytes_of(req.ptr, 0)), 0);
	req.ptr[0] ^= 1;
	assert_int_equal(merge_count(CMD_SIGN, bytes_of(req.ptr, req.len)), 0);
	/* An unknown member might mean something for the whole message. */
	sign_make(&req, 1, 1, 0);
	w = (struct abi_writer){ .ptr = req.ptr,
				 .cap = req.cap,
				 .len = req.len };
	abi_put_var(&w, 0x7000, "x", 1);
	req.ptr[req.len + 2] = 0; /* not critical: decodes */
	assert_int_equal(abi_finish(&w, 1), KMS_RC_OK);
	assert_int_equal(merge_count(CMD_SIGN, bytes_of(req.ptr, w.len)), 0);
	/* Another command inside than outside. */
	abi_begin(&w, req.ptr, req.cap);
	abi_put_header(&w, CMD_WARM, 0, id);
	assert_int_equal(abi_finish(&w, 0), KMS_RC_OK);
	assert_int_equal(merge_count(CMD_SIGN, bytes_of(req.ptr, w.len)), 0);
}

static void an_answer_with_other_than_all_items_is_refused(void **state)
{
	struct merge_part parts[PARTS];
	struct buf req = room(PARTS);
	struct buf rsp = room(PARTS + 1);

	(void)state;
	make_parts(parts);
	assert_int_equal(merge_join(&req, parts, PARTS - 1), KMS_RC_OK);
	sign_answer(&rsp, bytes_of(req.ptr, req.len));
	assert_int_equal(merge_split(parts, PARTS, bytes_of(rsp.ptr, rsp.len)),
			 KMS_RC_DECODE);
	assert_int_equal(
		merge_split(parts, PARTS - 2, bytes_of(rsp.ptr, rsp.len)),
		KMS_RC_DECODE);
	assert_int_equal(
		merge_split(parts, PARTS - 1, bytes_of(rsp.ptr, rsp.len - 4)),
		KMS_RC_DECODE);
	rsp.ptr[8] = KMS_RC_DECODE; /* the status */
	assert_int_equal(
		merge_split(parts, PARTS - 1, bytes_of(rsp.ptr, rsp.len)),
		KMS_RC_DECODE);
}

static void a_request_too_large_for_its_room_is_not_joined(void **state)
{
	struct merge_part parts[PARTS];
	struct buf req = room(PARTS);

	(void)state;
	make_parts(parts);
	req.cap = 500;
	assert_int_equal(merge_join(&req, parts, PARTS), KMS_RC_SHORT_BUFFER);
	assert_int_equal(req.len, 0);
}

/* Two of the longest do not fit together: then nothing is written. */
static void what_is_too_long_together_is_not_joined(void **state)
{
	static uint8_t long_req[2][ABI_REQUEST_MAX];
	static uint8_t out[ABI_REQUEST_MAX];
	static uint8_t payload[ABI_PAYLOAD_MAX];
	static const uint8_t no_id[ABI_REQ_ID_LEN];
	struct abi_sign_item item = { .use = USE_MESSAGE,
				      .payload = bytes_of(payload,
							  sizeof(payload)) };
	struct buf req = { .ptr = out, .cap = sizeof(out) };
	struct merge_part parts[2] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct abi_writer w = { 0 };
		size_t at = 0;

		abi_begin(&w, long_req[i], sizeof(long_req[i]));
		abi_put_header(&w, CMD_SIGN, 0, no_id);
		at = abi_open(&w, ABI_TAG_SIGN_ITEMS);
		ABI_PUT(&w, sign_item, &item);
		abi_close(&w, at);
		assert_int_equal(abi_finish(&w, 1), KMS_RC_OK);
		parts[i].req = bytes_of(w.ptr, w.len);
		parts[i].items = merge_count(CMD_SIGN, parts[i].req);
		assert_int_equal(parts[i].items, 1);
	}
	assert_int_equal(merge_join(&req, parts, 2), KMS_RC_SHORT_BUFFER);
	assert_int_equal(req.len, 0);
	assert_int_equal(merge_join(&req, parts, 1), KMS_RC_OK);
	assert_int_equal(req.len, parts[0].req.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_gets_the_results_of_its_own_items),
		cmocka_unit_test(a_small_room_harms_only_its_own_call),
		cmocka_unit_test(what_is_not_plain_sign_goes_alone),
		cmocka_unit_test(
			an_answer_with_other_than_all_items_is_refused),
		cmocka_unit_test(
			a_request_too_large_for_its_room_is_not_joined),
		cmocka_unit_test(what_is_too_long_together_is_not_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
