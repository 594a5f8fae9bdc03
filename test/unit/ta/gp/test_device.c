/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that is neither storage nor a test control: derived keys, time,
 * properties, memory, keys and operations used wrongly.
 */
#include "tee.h"

#include "pta_system.h"

static const TEE_UUID system_pta = PTA_SYSTEM_UUID;

static enum kms_rc open_as(uint32_t uuid, bool rpmb)
{
	const struct gp_config cfg = {
		.uuid = { .timeLow = uuid },
		.rpmb = rpmb,
	};

	return gp_memory_open(&cfg);
}

static int open_memory(void **state)
{
	(void)state;
	return open_as(1, true) != KMS_RC_OK;
}

static int close_memory(void **state)
{
	(void)state;
	gp_fault_set(GP_CALL_ANY, 0, 0, GP_FAULT_NONE);
	gp_clock_set(-1);
	gp_clock_level(100);
	gp_posix_close();
	return 0;
}

static TEE_Result derive(const char *extra, uint8_t *key, size_t len)
{
	TEE_TASessionHandle s = TEE_HANDLE_NULL;
	TEE_Param p[TEE_NUM_PARAMS] = { 0 };
	char copy[32] = { 0 };
	uint32_t origin = 0;
	TEE_Result res = TEE_SUCCESS;

	memcpy(copy, extra, strlen(extra));
	res = TEE_OpenTASession(&system_pta, TEE_TIMEOUT_INFINITE, 0, NULL, &s,
				&origin);
	if (res)
		return res;
	p[0].memref.buffer = copy;
	p[0].memref.size = strlen(copy);
	p[1].memref.buffer = key;
	p[1].memref.size = len;
	res = TEE_InvokeTACommand(
		s, TEE_TIMEOUT_INFINITE, PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY,
		TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
				TEE_PARAM_TYPE_MEMREF_OUTPUT,
				TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE),
		p, &origin);
	TEE_CloseTASession(s);
	return res;
}

static void a_derived_key_depends_on_the_data_and_the_ta(void **state)
{
	uint8_t a[32];
	uint8_t b[32];

	(void)state;
	assert_int_equal(derive("one", a, 32), TEE_SUCCESS);
	assert_int_equal(derive("one", b, 32), TEE_SUCCESS);
	assert_memory_equal(a, b, 32);
	assert_int_equal(derive("two", b, 32), TEE_SUCCESS);
	assert_memory_not_equal(a, b, 32);
	gp_posix_close();
	assert_int_equal(open_as(2, true), KMS_RC_OK);
	assert_int_equal(derive("one", b, 32), TEE_SUCCESS);
	assert_memory_not_equal(a, b, 32);
}

static void the_pta_refuses_what_op_tee_refuses(void **state)
{
	static const TEE_UUID nobody = { .timeLow = 1 };
	TEE_TASessionHandle s = TEE_HANDLE_NULL;
	uint8_t key[33];
	uint32_t origin = 0;

	(void)state;
	assert_int_equal(derive("one", key, 15), TEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(derive("one", key, 33), TEE_ERROR_BAD_PARAMETERS);
	assert_int_equal(derive("one", key, 16), TEE_SUCCESS);
	assert_int_equal(TEE_OpenTASession(&nobody, 0, 0, NULL, &s, &origin),
			 TEE_ERROR_ITEM_NOT_FOUND);
	assert_null(s);
	assert_int_equal(
		HOW_IT_STOPS(TEE_InvokeTACommand(s, 0, 1, 0, NULL, NULL)),
		STOP_PANIC);
}

static void properties_tell_what_the_storage_promises(void **state)
{
	static const char rollback[] =
		"gpd.tee.trustedStorage.antiRollback.protectionLevel";
	uint32_t level = 0;

	(void)state;
	assert_int_equal(TEE_GetPropertyAsU32(TEE_PROPSET_TEE_IMPLEMENTATION,
					      rollback, &level),
			 TEE_SUCCESS);
	assert_int_equal(level, 1000);
	gp_posix_close();
	assert_int_equal(open_as(1, false), KMS_RC_OK);
	assert_int_equal(TEE_GetPropertyAsU32(TEE_PROPSET_TEE_IMPLEMENTATION,
					      rollback, &level),
			 TEE_SUCCESS);
	assert_int_equal(level, 100);
	assert_int_equal(put(TEE_STORAGE_PRIVATE_RPMB, "a", "x", 1, RW),
			 TEE_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(put(0x12345, "a", "x", 1, RW),
			 TEE_ERROR_ITEM_NOT_FOUND);
	assert_int_equal(TEE_GetPropertyAsU32(TEE_PROPSET_TEE_IMPLEMENTATION,
					      "gpd.none", &level),
			 TEE_ERROR_ITEM_NOT_FOUND);
}

static void time_passes_or_stands_as_the_test_wants(void **state)
{
	TEE_Time a;
	TEE_Time b;
	uint32_t level = 0;

	(void)state;
	TEE_GetSystemTime(&a);
	TEE_GetSystemTime(&b);
	assert_true(b.seconds > a.seconds ||
		    (b.seconds == a.seconds && b.millis >= a.millis));
	gp_clock_set(1999);
	TEE_GetSystemTime(&a);
	assert_int_equal(a.seconds, 1);
	assert_int_equal(a.millis, 999);
	gp_clock_advance(2);
	TEE_GetSystemTime(&a);
	assert_int_equal(a.seconds, 2);
	assert_int_equal(a.millis, 1);
	gp_clock_level(1000);
	assert_int_equal(TEE_GetPropertyAsU32(
				 TEE_PROPSET_TEE_IMPLEMENTATION,
				 "gpd.tee.systemTime.protectionLevel", &level),
			 TEE_SUCCESS);
	assert_int_equal(level, 1000);
}

static void memory_compares_like_memcmp(void **state)
{
	(void)state;
	assert_int_equal(TEE_MemCompare("abc", "abc", 3), 0);
	assert_true(TEE_MemCompare("abd", "abc", 3) > 0);
	assert_true(TEE_MemCompare("abc", "abd", 3) < 0);
	assert_true(TEE_MemCompare("b\x01", "a\xff", 2) > 0);
	assert_true(TEE_MemCompare("\x01", "\xff", 1) < 0);
	assert_int_equal(TEE_MemCompare("a", "b", 0), 0);
}

static void memory_is_zeroed_and_may_be_refused(void **state)
{
	uint8_t *p = TEE_Malloc(40, TEE_MALLOC_FILL_ZERO);
	size_t i = 0;

	(void)state;
	assert_non_null(p);
	for (i = 0; i < 40; i++)
		assert_int_equal(p[i], 0);
	TEE_Free(p);
	TEE_Free(NULL);
	gp_fault_set(GP_CALL_ALLOC, 1, 1, GP_FAULT_ERROR);
	assert_null(TEE_Malloc(1, 0));
}

/* OP-TEE panics in each of these cases; a TA that relies on more is wrong. */
static void an_operation_used_out_of_turn_panics(void **state)
{
	TEE_OperationHandle op;
	TEE_ObjectHandle key;
	TEE_Attribute attr;
	uint8_t bytes[32] = { 1 };
	size_t len = 32;

	(void)state;
#define FRESH()                                                                \
	do {                                                                   \
		assert_int_equal(TEE_AllocateOperation(&op, TEE_ALG_AES_GCM,   \
						       TEE_MODE_DECRYPT, 256), \
				 TEE_SUCCESS);                                 \
		assert_int_equal(                                              \
			TEE_AllocateTransientObject(TEE_TYPE_AES, 256, &key),  \
			TEE_SUCCESS);                                          \
		TEE_InitRefAttribute(&attr, TEE_ATTR_SECRET_VALUE, bytes, 32); \
		assert_int_equal(TEE_PopulateTransientObject(key, &attr, 1),   \
				 TEE_SUCCESS);                                 \
	} while (0)
	FRESH();
	assert_int_equal(HOW_IT_STOPS(TEE_ResetOperation(op)), STOP_PANIC);
	FRESH();
	assert_int_equal(HOW_IT_STOPS(TEE_AEInit(op, bytes, 12, 128, 0, 0)),
			 STOP_PANIC);
	FRESH();
	assert_int_equal(
		HOW_IT_STOPS(TEE_PopulateTransientObject(key, &attr, 1)),
		STOP_PANIC);
	FRESH();
	assert_int_equal(TEE_SetOperationKey(op, key), TEE_SUCCESS);
	assert_int_equal(HOW_IT_STOPS(TEE_AEUpdateAAD(op, bytes, 1)),
			 STOP_PANIC);
	FRESH();
	assert_int_equal(TEE_SetOperationKey(op, key), TEE_SUCCESS);
	assert_int_equal(TEE_AEInit(op, bytes, 12, 128, 0, 0), TEE_SUCCESS);
	assert_int_equal(
		TEE_AEDecryptFinal(op, bytes, 16, bytes, &len, bytes, 16),
		TEE_ERROR_MAC_INVALID);
	assert_int_equal(HOW_IT_STOPS(TEE_SetOperationKey(op, key)),
			 STOP_PANIC);
#undef FRESH
}

static void a_public_key_off_the_curve_panics(void **state)
{
	TEE_OperationHandle op;
	TEE_ObjectHandle key;
	TEE_Attribute attrs[3];
	uint8_t x[32] = { 1 };

	(void)state;
	assert_int_equal(TEE_AllocateOperation(&op, TEE_ALG_ECDSA_SHA256,
					       TEE_MODE_VERIFY, 256),
			 TEE_SUCCESS);
	assert_int_equal(TEE_AllocateTransientObject(TEE_TYPE_ECDSA_PUBLIC_KEY,
						     256, &key),
			 TEE_SUCCESS);
	TEE_InitRefAttribute(&attrs[0], TEE_ATTR_ECC_PUBLIC_VALUE_X, x, 32);
	TEE_InitRefAttribute(&attrs[1], TEE_ATTR_ECC_PUBLIC_VALUE_Y, x, 32);
	TEE_InitValueAttribute(&attrs[2], TEE_ATTR_ECC_CURVE,
			       TEE_ECC_CURVE_NIST_P256, 0);
	assert_int_equal(TEE_PopulateTransientObject(key, attrs, 3),
			 TEE_SUCCESS);
	assert_int_equal(HOW_IT_STOPS(TEE_SetOperationKey(op, key)),
			 STOP_PANIC);
}

static void what_we_do_not_use_is_not_supported(void **state)
{
	TEE_OperationHandle op;
	TEE_ObjectHandle key;

	(void)state;
	assert_int_equal(
		TEE_AllocateOperation(&op, TEE_ALG_AES_GCM, TEE_MODE_SIGN, 256),
		TEE_ERROR_NOT_SUPPORTED);
	assert_int_equal(TEE_AllocateOperation(&op, 0x50000004, 5, 0),
			 TEE_ERROR_NOT_SUPPORTED);
	assert_int_equal(TEE_AllocateTransientObject(TEE_TYPE_AES, 128, &key),
			 TEE_ERROR_NOT_SUPPORTED);
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, open_memory, close_memory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(a_derived_key_depends_on_the_data_and_the_ta),
		ONE(the_pta_refuses_what_op_tee_refuses),
		ONE(properties_tell_what_the_storage_promises),
		ONE(time_passes_or_stands_as_the_test_wants),
		ONE(memory_compares_like_memcmp),
		ONE(memory_is_zeroed_and_may_be_refused),
		ONE(an_operation_used_out_of_turn_panics),
		ONE(a_public_key_off_the_curve_panics),
		ONE(what_we_do_not_use_is_not_supported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
