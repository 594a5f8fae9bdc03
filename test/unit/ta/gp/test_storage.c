/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of persistent objects. Every test runs over files and over memory.
 */
#include "tee.h"

#include "test/unit/ta/gp/folder.h"

#define P TEE_STORAGE_PRIVATE

static int open_memory(void **state)
{
	const struct gp_config cfg = { .rpmb = true };

	(void)state;
	return gp_memory_open(&cfg) != KMS_RC_OK;
}

static int close_memory(void **state)
{
	(void)state;
	gp_posix_close();
	return 0;
}

static void what_was_written_is_read_back(void **state)
{
	static uint8_t data[GP_OBJECT_MAX];
	static uint8_t back[GP_OBJECT_MAX];
	size_t len = 0;
	size_t got = 0;
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 13);
	for (len = 0; len <= sizeof(data); len = len * 2 + 1) {
		assert_int_equal(
			put(P, "a", data, len, RW | TEE_DATA_FLAG_OVERWRITE),
			TEE_SUCCESS);
		assert_int_equal(get(P, "a", back, sizeof(back), &got),
				 TEE_SUCCESS);
		assert_int_equal(got, len);
		assert_memory_equal(back, data, len);
	}
}

static void reading_and_writing_move_the_position(void **state)
{
	TEE_ObjectHandle h;
	TEE_ObjectInfo info;
	char back[16] = { 0 };
	size_t got = 0;

	(void)state;
	assert_int_equal(put(P, "a", "0123456789", 10, RW), TEE_SUCCESS);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	assert_int_equal(TEE_ReadObjectData(h, back, 4, &got), TEE_SUCCESS);
	assert_memory_equal(back, "0123", 4);
	assert_int_equal(TEE_WriteObjectData(h, "ab", 2), TEE_SUCCESS);
	assert_int_equal(TEE_ReadObjectData(h, back, 16, &got), TEE_SUCCESS);
	assert_int_equal(got, 4);
	assert_memory_equal(back, "6789", 4);
	assert_int_equal(TEE_ReadObjectData(h, back, 16, &got), TEE_SUCCESS);
	assert_int_equal(got, 0);
	assert_int_equal(TEE_SeekObjectData(h, 2, TEE_DATA_SEEK_END),
			 TEE_SUCCESS);
	assert_int_equal(TEE_WriteObjectData(h, "x", 1), TEE_SUCCESS);
	assert_int_equal(TEE_GetObjectInfo1(h, &info), TEE_SUCCESS);
	assert_int_equal(info.dataSize, 13);
	assert_int_equal(info.dataPosition, 13);
	assert_int_equal(TEE_SeekObjectData(h, -100, TEE_DATA_SEEK_CUR),
			 TEE_SUCCESS);
	assert_int_equal(TEE_ReadObjectData(h, back, 16, &got), TEE_SUCCESS);
	assert_int_equal(got, 13);
	assert_memory_equal(back, "0123ab6789\0\0x", 13);
	TEE_CloseObject(h);
}

static void an_object_takes_no_more_than_its_limit(void **state)
{
	static uint8_t data[GP_OBJECT_MAX + 1];
	TEE_ObjectHandle h;

	(void)state;
	assert_int_equal(put(P, "a", data, GP_OBJECT_MAX + 1, RW),
			 TEE_ERROR_STORAGE_NO_SPACE);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(put(P, "a", data, GP_OBJECT_MAX, RW), TEE_SUCCESS);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	assert_int_equal(TEE_SeekObjectData(h, 0, TEE_DATA_SEEK_END),
			 TEE_SUCCESS);
	assert_int_equal(TEE_WriteObjectData(h, "x", 1),
			 TEE_ERROR_STORAGE_NO_SPACE);
	TEE_CloseObject(h);
}

static void a_missing_object_is_not_found(void **state)
{
	TEE_ObjectHandle h = (TEE_ObjectHandle)&h;

	(void)state;
	assert_int_equal(open_id(P, "none", RW, &h), TEE_ERROR_ITEM_NOT_FOUND);
	assert_null(h);
}

static void creation_does_not_overwrite_unless_told(void **state)
{
	char back[8];
	size_t got = 0;

	(void)state;
	assert_int_equal(put(P, "a", "one", 3, RW), TEE_SUCCESS);
	assert_int_equal(put(P, "a", "two", 3, RW), TEE_ERROR_ACCESS_CONFLICT);
	assert_int_equal(get(P, "a", back, 8, &got), TEE_SUCCESS);
	assert_memory_equal(back, "one", 3);
	assert_int_equal(put(P, "a", "three", 5, RW | TEE_DATA_FLAG_OVERWRITE),
			 TEE_SUCCESS);
	assert_int_equal(get(P, "a", back, 8, &got), TEE_SUCCESS);
	assert_int_equal(got, 5);
}

static void the_storages_are_apart(void **state)
{
	char back[8];
	size_t got = 0;

	(void)state;
	assert_int_equal(put(P, "a", "ree", 3, RW), TEE_SUCCESS);
	assert_int_equal(put(TEE_STORAGE_PRIVATE_RPMB, "a", "rpmb", 4, RW),
			 TEE_SUCCESS);
	assert_int_equal(get(P, "a", back, 8, &got), TEE_SUCCESS);
	assert_int_equal(got, 3);
	assert_int_equal(get(TEE_STORAGE_PRIVATE_RPMB, "a", back, 8, &got),
			 TEE_SUCCESS);
	assert_int_equal(got, 4);
}

/* The table of OP-TEE's tee_pobj_check_access(), by example. */
static void sharing_follows_the_rules_of_the_tee(void **state)
{
	static const struct {
		uint32_t first;
		uint32_t second;
		bool both;
	} v[] = {
		{ RW, RW, false },
		{ RW, R, false },
		{ R, RW, false },
		{ R, R, true },
		{ RW, TEE_DATA_FLAG_ACCESS_READ, false },
		{ R, TEE_DATA_FLAG_ACCESS_READ, false },
		{ R, TEE_DATA_FLAG_SHARE_READ, true },
		{ R, 0, false },
		{ 0, 0, true },
		{ R, R | TEE_DATA_FLAG_SHARE_WRITE, false },
		{ R, TEE_DATA_FLAG_ACCESS_WRITE_META, false },
		{ TEE_DATA_FLAG_ACCESS_WRITE_META, R, false },
		{ RW | TEE_DATA_FLAG_SHARE_READ | TEE_DATA_FLAG_SHARE_WRITE,
		  RW | TEE_DATA_FLAG_SHARE_READ | TEE_DATA_FLAG_SHARE_WRITE,
		  true },
		{ RW | TEE_DATA_FLAG_SHARE_READ, RW | TEE_DATA_FLAG_SHARE_READ,
		  false },
	};
	TEE_ObjectHandle a;
	TEE_ObjectHandle b;
	size_t i = 0;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	for (i = 0; i < ARRAY_LEN(v); i++) {
		assert_int_equal(open_id(P, "a", v[i].first, &a), TEE_SUCCESS);
		assert_int_equal(open_id(P, "a", v[i].second, &b),
				 v[i].both ? TEE_SUCCESS
					   : TEE_ERROR_ACCESS_CONFLICT);
		assert_true(v[i].both || !b);
		TEE_CloseObject(b);
		TEE_CloseObject(a);
		/* And the loser held nothing. */
		assert_int_equal(open_id(P, "a", RW, &a), TEE_SUCCESS);
		TEE_CloseObject(a);
	}
}

static void an_open_object_is_not_overwritten_by_another(void **state)
{
	TEE_ObjectHandle h;
	char back[8];
	size_t got = 0;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	assert_int_equal(put(P, "a", "yy", 2, RW | TEE_DATA_FLAG_OVERWRITE),
			 TEE_ERROR_ACCESS_CONFLICT);
	assert_int_equal(put(P, "a", "yy", 2, RW), TEE_ERROR_ACCESS_CONFLICT);
	assert_int_equal(TEE_ReadObjectData(h, back, 8, &got), TEE_SUCCESS);
	assert_int_equal(got, 1);
	TEE_CloseObject(h);
}

static void a_created_object_is_held_at_once(void **state)
{
	TEE_ObjectHandle h;
	TEE_ObjectHandle other;

	(void)state;
	assert_int_equal(TEE_CreatePersistentObject(
				 P, "a", 1, RW, TEE_HANDLE_NULL, "x", 1, &h),
			 TEE_SUCCESS);
	assert_int_equal(open_id(P, "a", RW, &other),
			 TEE_ERROR_ACCESS_CONFLICT);
	TEE_CloseObject(h);
	assert_int_equal(open_id(P, "a", RW, &other), TEE_SUCCESS);
	TEE_CloseObject(other);
}

static void a_dead_instance_lets_go(void **state)
{
	TEE_ObjectHandle h;
	TEE_ObjectHandle other;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	gp_instance_set(1);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	gp_instance_set(2);
	assert_int_equal(open_id(P, "a", RW, &other),
			 TEE_ERROR_ACCESS_CONFLICT);
	gp_instance_drop(1);
	assert_int_equal(open_id(P, "a", RW, &other), TEE_SUCCESS);
	TEE_CloseObject(other);
	gp_instance_set(0);
}

static void deletion_needs_its_right(void **state)
{
	TEE_ObjectHandle h;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	assert_int_equal(HOW_IT_STOPS(TEE_CloseAndDeletePersistentObject1(h)),
			 STOP_PANIC);
	assert_int_equal(open_id(P, "a", TEE_DATA_FLAG_ACCESS_WRITE_META, &h),
			 TEE_SUCCESS);
	assert_int_equal(TEE_CloseAndDeletePersistentObject1(h), TEE_SUCCESS);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_ITEM_NOT_FOUND);
}

static void a_stale_handle_panics(void **state)
{
	TEE_ObjectHandle h;
	size_t got = 0;
	char c = 0;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	TEE_CloseObject(h);
	assert_int_equal(HOW_IT_STOPS(TEE_ReadObjectData(h, &c, 1, &got)),
			 STOP_PANIC);
	assert_int_equal(HOW_IT_STOPS(TEE_CloseObject(h)), STOP_PANIC);
}

static void rights_are_needed_for_reading_and_writing(void **state)
{
	TEE_ObjectHandle h;
	size_t got = 0;
	char c = 0;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	assert_int_equal(open_id(P, "a", TEE_DATA_FLAG_ACCESS_READ, &h),
			 TEE_SUCCESS);
	assert_int_equal(HOW_IT_STOPS(TEE_WriteObjectData(h, "y", 1)),
			 STOP_PANIC);
	assert_int_equal(open_id(P, "a", TEE_DATA_FLAG_ACCESS_WRITE, &h),
			 TEE_SUCCESS);
	assert_int_equal(HOW_IT_STOPS(TEE_ReadObjectData(h, &c, 1, &got)),
			 STOP_PANIC);
}

/* A power cut anywhere in a write or a creation: old or new, never between. */
static void a_power_cut_leaves_the_old_or_the_new_content(void **state)
{
	static const enum gp_fault cuts[] = { GP_FAULT_CUT_BEFORE,
					      GP_FAULT_CUT_DURING,
					      GP_FAULT_CUT_AFTER };
	static const char *const expected[] = { "old", "old", "new" };
	TEE_ObjectHandle h;
	char back[8];
	size_t got = 0;
	volatile size_t i = 0; /* a power cut jumps back */

	(void)state;
	for (i = 0; i < ARRAY_LEN(cuts); i++) {
		assert_int_equal(
			put(P, "a", "old", 3, RW | TEE_DATA_FLAG_OVERWRITE),
			TEE_SUCCESS);
		assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
		gp_fault_set(GP_CALL_WRITE, 1, 1, cuts[i]);
		assert_int_equal(HOW_IT_STOPS(TEE_WriteObjectData(h, "new", 3)),
				 STOP_CUT);
		assert_int_equal(get(P, "a", back, 8, &got), TEE_SUCCESS);
		assert_memory_equal(back, expected[i], 3);
		gp_fault_set(GP_CALL_CREATE, 1, 1, cuts[i]);
		assert_int_equal(
			HOW_IT_STOPS(put(P, "a", "new", 3,
					 RW | TEE_DATA_FLAG_OVERWRITE)),
			STOP_CUT);
		assert_int_equal(get(P, "a", back, 8, &got), TEE_SUCCESS);
		assert_int_equal(got, 3);
		assert_memory_equal(back, expected[i], 3);
		gp_fault_set(GP_CALL_CREATE, 1, 1, cuts[i]);
		assert_int_equal(HOW_IT_STOPS(put(P, "b", "b", 1, RW)),
				 STOP_CUT);
		assert_int_equal(get(P, "b", back, 8, &got),
				 cuts[i] == GP_FAULT_CUT_AFTER
					 ? TEE_SUCCESS
					 : TEE_ERROR_ITEM_NOT_FOUND);
	}
}

static void a_storage_that_fails_says_so_and_changes_nothing(void **state)
{
	TEE_ObjectHandle h;
	char back[8];
	size_t got = 0;

	(void)state;
	assert_int_equal(put(P, "a", "old", 3, RW), TEE_SUCCESS);
	gp_fault_set(GP_CALL_OPEN, 1, 1, GP_FAULT_ERROR);
	assert_int_equal(open_id(P, "a", RW, &h),
			 TEE_ERROR_STORAGE_NOT_AVAILABLE);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	gp_fault_set(GP_CALL_WRITE, 1, 1, GP_FAULT_ERROR);
	assert_int_equal(TEE_WriteObjectData(h, "new", 3),
			 TEE_ERROR_STORAGE_NOT_AVAILABLE);
	gp_fault_set(GP_CALL_READ, 1, 1, GP_FAULT_ERROR);
	assert_int_equal(TEE_ReadObjectData(h, back, 8, &got),
			 TEE_ERROR_STORAGE_NOT_AVAILABLE);
	assert_int_equal(TEE_ReadObjectData(h, back, 8, &got), TEE_SUCCESS);
	assert_memory_equal(back, "old", 3);
	TEE_CloseObject(h);
}

static void a_corrupt_object_is_gone_and_its_handle_too(void **state)
{
	TEE_ObjectHandle h;
	char back[8];
	size_t got = 0;

	(void)state;
	assert_int_equal(put(P, "a", "old", 3, RW), TEE_SUCCESS);
	gp_fault_set(GP_CALL_OPEN, 1, 1, GP_FAULT_CORRUPT);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_CORRUPT_OBJECT);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(put(P, "a", "old", 3, RW), TEE_SUCCESS);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	gp_fault_set(GP_CALL_READ, 1, 1, GP_FAULT_CORRUPT);
	assert_int_equal(TEE_ReadObjectData(h, back, 8, &got),
			 TEE_ERROR_CORRUPT_OBJECT);
	assert_int_equal(HOW_IT_STOPS(TEE_CloseObject(h)), STOP_PANIC);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_ITEM_NOT_FOUND);
}

#define TWICE(f)                                                    \
	{ "files: " #f, f, folder_set_up, folder_tear_down, NULL }, \
	{                                                           \
		"memory: " #f, f, open_memory, close_memory, NULL   \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TWICE(what_was_written_is_read_back),
		TWICE(reading_and_writing_move_the_position),
		TWICE(an_object_takes_no_more_than_its_limit),
		TWICE(a_missing_object_is_not_found),
		TWICE(creation_does_not_overwrite_unless_told),
		TWICE(the_storages_are_apart),
		TWICE(sharing_follows_the_rules_of_the_tee),
		TWICE(an_open_object_is_not_overwritten_by_another),
		TWICE(a_created_object_is_held_at_once),
		TWICE(a_dead_instance_lets_go),
		TWICE(deletion_needs_its_right),
		TWICE(a_stale_handle_panics),
		TWICE(rights_are_needed_for_reading_and_writing),
		TWICE(a_power_cut_leaves_the_old_or_the_new_content),
		TWICE(a_storage_that_fails_says_so_and_changes_nothing),
		TWICE(a_corrupt_object_is_gone_and_its_handle_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
