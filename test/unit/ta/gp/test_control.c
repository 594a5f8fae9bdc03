/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The controls themselves: a harness that cannot fail proves nothing.
 */
#include "tee.h"

#include "common/mem.h"

#include <stdlib.h>

#define P    TEE_STORAGE_PRIVATE
#define RPMB TEE_STORAGE_PRIVATE_RPMB

static int open_memory(void **state)
{
	const struct gp_config cfg = { .rpmb = true };

	(void)state;
	gp_count_reset();
	return gp_memory_open(&cfg) != KMS_RC_OK;
}

static int close_memory(void **state)
{
	(void)state;
	gp_fault_set(GP_CALL_ANY, 0, 0, GP_FAULT_NONE);
	gp_tape_replay(bytes_of(NULL, 0));
	gp_posix_close();
	return 0;
}

static void calls_are_counted_by_kind(void **state)
{
	char back[4];
	size_t got = 0;
	uint8_t r[4];
	TEE_Time t;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	assert_int_equal(get(P, "a", back, 4, &got), TEE_SUCCESS);
	TEE_GenerateRandom(r, sizeof(r));
	TEE_GetSystemTime(&t);
	assert_int_equal(gp_count(GP_CALL_CREATE), 1);
	assert_int_equal(gp_count(GP_CALL_OPEN), 1);
	assert_int_equal(gp_count(GP_CALL_READ), 1);
	assert_int_equal(gp_count(GP_CALL_WRITE), 0);
	assert_int_equal(gp_count(GP_CALL_STORAGE), 3);
	assert_int_equal(gp_count(GP_CALL_RANDOM), 1);
	assert_int_equal(gp_count(GP_CALL_ANY), 5);
	gp_count_reset();
	assert_int_equal(gp_count(GP_CALL_ANY), 0);
}

static void a_fault_meets_the_calls_it_was_set_for(void **state)
{
	TEE_ObjectHandle h;
	unsigned int i = 0;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	gp_fault_set(GP_CALL_OPEN, 3, 2, GP_FAULT_ERROR);
	for (i = 1; i <= 6; i++) {
		assert_int_equal(open_id(P, "a", RW, &h),
				 i == 3 || i == 4
					 ? TEE_ERROR_STORAGE_NOT_AVAILABLE
					 : TEE_SUCCESS);
		TEE_CloseObject(h);
	}
	gp_fault_set(GP_CALL_STORAGE, 1, UINT64_MAX, GP_FAULT_ERROR);
	for (i = 0; i < 5; i++)
		assert_int_equal(open_id(P, "a", RW, &h),
				 TEE_ERROR_STORAGE_NOT_AVAILABLE);
	assert_int_equal(put(P, "b", "x", 1, RW),
			 TEE_ERROR_STORAGE_NOT_AVAILABLE);
	gp_fault_set(GP_CALL_STORAGE, 0, 0, GP_FAULT_NONE);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	TEE_CloseObject(h);
}

static void a_random_failure_panics_and_a_stuck_one_repeats(void **state)
{
	uint8_t a[16];
	uint8_t b[16];

	(void)state;
	TEE_GenerateRandom(a, sizeof(a));
	gp_fault_set(GP_CALL_RANDOM, 1, 1, GP_FAULT_STUCK);
	TEE_GenerateRandom(b, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
	TEE_GenerateRandom(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	gp_fault_set(GP_CALL_RANDOM, 1, 1, GP_FAULT_ERROR);
	assert_int_equal(HOW_IT_STOPS(TEE_GenerateRandom(a, sizeof(a))),
			 STOP_PANIC);
}

static void a_tape_plays_what_was_recorded_and_ends(void **state)
{
	static uint8_t copy[4096 + 8];
	static uint8_t a[4096];
	uint8_t b[8];
	static uint8_t c[4096];
	struct bytes tape;

	(void)state;
	gp_tape_record();
	TEE_GenerateRandom(b, sizeof(b));
	TEE_GenerateRandom(a, sizeof(a));
	tape = gp_tape_stop();
	assert_int_equal(tape.len, sizeof(copy));
	memcpy(copy, tape.ptr, sizeof(copy));
	gp_tape_replay(bytes_of(copy, sizeof(copy)));
	TEE_GenerateRandom(c, 8);
	assert_memory_equal(c, b, 8);
	TEE_GenerateRandom(c, sizeof(c));
	assert_memory_equal(c, a, sizeof(a));
	assert_int_equal(HOW_IT_STOPS(TEE_GenerateRandom(c, 1)), STOP_PANIC);
}

static void a_host_can_roll_back_its_disk_but_not_the_rpmb(void **state)
{
	struct gp_snapshot *s = NULL;
	char back[8];
	size_t got = 0;

	(void)state;
	assert_int_equal(put(P, "a", "old", 3, RW), TEE_SUCCESS);
	assert_int_equal(put(RPMB, "a", "old", 3, RW), TEE_SUCCESS);
	s = gp_storage_snapshot();
	assert_non_null(s);
	assert_int_equal(put(P, "a", "new", 3, RW | TEE_DATA_FLAG_OVERWRITE),
			 TEE_SUCCESS);
	assert_int_equal(put(RPMB, "a", "new", 3, RW | TEE_DATA_FLAG_OVERWRITE),
			 TEE_SUCCESS);
	assert_int_equal(put(P, "b", "new", 3, RW), TEE_SUCCESS);
	gp_storage_restore(s, GP_MEDIUM_REE);
	assert_int_equal(get(P, "a", back, 8, &got), TEE_SUCCESS);
	assert_memory_equal(back, "old", 3);
	assert_int_equal(get(P, "b", back, 8, &got), TEE_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(get(RPMB, "a", back, 8, &got), TEE_SUCCESS);
	assert_memory_equal(back, "new", 3);
	gp_storage_restore(s, GP_MEDIUM_REE | GP_MEDIUM_RPMB);
	assert_int_equal(get(RPMB, "a", back, 8, &got), TEE_SUCCESS);
	assert_memory_equal(back, "old", 3);
	gp_snapshot_free(&s);
	assert_null(s);
}

static void tampering_is_found_out(void **state)
{
	TEE_ObjectHandle h;

	(void)state;
	assert_int_equal(gp_storage_tamper(P, bytes_of("a", 1), GP_TAMPER_FLIP),
			 KMS_RC_NOT_FOUND);
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	assert_int_equal(gp_storage_tamper(P, bytes_of("a", 1), GP_TAMPER_FLIP),
			 KMS_RC_OK);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_CORRUPT_OBJECT);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	assert_int_equal(
		gp_storage_tamper(P, bytes_of("a", 1), GP_TAMPER_DELETE),
		KMS_RC_OK);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_ITEM_NOT_FOUND);
}

static void the_digest_sees_every_change(void **state)
{
	uint8_t empty[32];
	uint8_t one[32];
	uint8_t two[32];
	TEE_ObjectHandle h;

	(void)state;
	gp_storage_digest(empty);
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	gp_storage_digest(one);
	assert_memory_not_equal(one, empty, 32);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	gp_storage_digest(two);
	assert_memory_equal(one, two, 32);
	assert_int_equal(TEE_WriteObjectData(h, "y", 1), TEE_SUCCESS);
	TEE_CloseObject(h);
	gp_storage_digest(two);
	assert_memory_not_equal(one, two, 32);
	assert_true(gp_storage_contains(bytes_of("y", 1)));
	assert_false(gp_storage_contains(bytes_of("x", 1)));
}

/* An anchor of 162 bytes stays in one block; more does not. */
static void rpmb_wear_is_one_block_for_an_anchor(void **state)
{
	uint8_t anchor[240] = { 0 };
	struct gp_rpmb_wear before;
	TEE_ObjectHandle h;

	(void)state;
	assert_int_equal(put(RPMB, "a", anchor, 162, RW), TEE_SUCCESS);
	assert_int_equal(open_id(RPMB, "a", RW, &h), TEE_SUCCESS);
	before = gp_rpmb_wear();
	assert_int_equal(TEE_WriteObjectData(h, anchor, 162), TEE_SUCCESS);
	assert_int_equal(gp_rpmb_wear().write_counter,
			 before.write_counter + 1);
	assert_int_equal(TEE_SeekObjectData(h, 0, TEE_DATA_SEEK_SET),
			 TEE_SUCCESS);
	assert_int_equal(TEE_WriteObjectData(h, anchor, 240), TEE_SUCCESS);
	assert_int_equal(gp_rpmb_wear().write_counter,
			 before.write_counter + 4);
	TEE_CloseObject(h);
}

static void the_heap_guard_sees_the_ta_and_not_the_tee(void **state)
{
	TEE_OperationHandle op;
	void *volatile p = NULL;
	uint64_t before = gp_heap_offences();

	(void)state;
	gp_heap_guard(true);
	p = malloc(5);
	gp_heap_guard(false);
	free(p);
	assert_int_equal(gp_heap_offences(), before + 1);
	gp_heap_guard(true);
	p = TEE_Malloc(5, 0);
	gp_heap_guard(false);
	TEE_Free(p);
	assert_int_equal(gp_heap_offences(), before + 2);
	gp_heap_guard(true);
	assert_int_equal(TEE_AllocateOperation(&op, TEE_ALG_ECDSA_SHA256,
					       TEE_MODE_SIGN, 256),
			 TEE_SUCCESS);
	gp_heap_guard(false);
	TEE_FreeOperation(op);
	assert_int_equal(gp_heap_offences(), before + 3);
	p = malloc(5);
	free(p);
	assert_int_equal(gp_heap_offences(), before + 3);
}

/* What the commit protocol's test does, 20 000 times in a moment. */
static void power_cuts_are_fast(void **state)
{
	static const enum gp_fault cuts[] = { GP_FAULT_CUT_BEFORE,
					      GP_FAULT_CUT_DURING,
					      GP_FAULT_CUT_AFTER };
	volatile uint32_t value = 0;
	volatile uint32_t round = 0;
	TEE_ObjectHandle h;
	uint32_t next = 0;
	uint32_t back = 0;
	size_t got = 0;

	(void)state;
	assert_int_equal(put(RPMB, "n", &next, sizeof(next), RW), TEE_SUCCESS);
	for (round = 0; round < 20000; round++) {
		assert_int_equal(open_id(RPMB, "n", RW, &h), TEE_SUCCESS);
		next = value + 1;
		gp_fault_set(GP_CALL_WRITE, 1, 1, cuts[round % 3]);
		assert_int_equal(HOW_IT_STOPS(TEE_WriteObjectData(
					 h, &next, sizeof(next))),
				 STOP_CUT);
		assert_int_equal(get(RPMB, "n", &back, sizeof(back), &got),
				 TEE_SUCCESS);
		if (round % 3 == 2)
			value++;
		assert_int_equal(back, value);
	}
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, open_memory, close_memory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(calls_are_counted_by_kind),
		ONE(a_fault_meets_the_calls_it_was_set_for),
		ONE(a_random_failure_panics_and_a_stuck_one_repeats),
		ONE(a_tape_plays_what_was_recorded_and_ends),
		ONE(a_host_can_roll_back_its_disk_but_not_the_rpmb),
		ONE(tampering_is_found_out),
		ONE(the_digest_sees_every_change),
		ONE(rpmb_wear_is_one_block_for_an_anchor),
		ONE(the_heap_guard_sees_the_ta_and_not_the_tee),
		ONE(power_cuts_are_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
