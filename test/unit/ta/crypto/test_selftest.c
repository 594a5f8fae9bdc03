/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "ta/crypto/selftest.h"
#include "ta/crypto/test_hooks.h"

static struct crypto crypto;

static int open_all(void **state)
{
	(void)state;
	memory_tee();
	assert_int_equal(crypto_open(&crypto), KMS_RC_OK);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	gp_fault_set(GP_CALL_ANY, 0, 0, GP_FAULT_NONE);
	gp_fault_set(GP_CALL_RANDOM, 0, 0, GP_FAULT_NONE);
	selftest_test_break(-1);
	crypto_clear(&crypto);
	gp_posix_close();
	return 0;
}

static void every_answer_is_right(void **state)
{
	uint16_t n = 0;

	(void)state;
	assert_int_equal(crypto_selftest(&crypto, &n), KMS_RC_OK);
	assert_int_equal(n, 34);
}

static void any_wrong_answer_fails_the_test(void **state)
{
	uint16_t n = 0;
	int i = 0;

	(void)state;
	for (i = 0; i < 34; i++) {
		selftest_test_break(i);
		assert_int_equal(crypto_selftest(&crypto, &n), KMS_RC_SELFTEST);
	}
	selftest_test_break(-1);
	assert_int_equal(crypto_selftest(&crypto, &n), KMS_RC_OK);
}

static void any_wrong_answer_fails_the_probe(void **state)
{
	uint16_t n = 0;
	int i = 0;

	(void)state;
	assert_int_equal(crypto_selftest_signature(&crypto, &n), KMS_RC_OK);
	assert_int_equal(n, 9);
	for (i = 0; i < 9; i++) {
		selftest_test_break(i);
		assert_int_equal(crypto_selftest_signature(&crypto, &n),
				 KMS_RC_SELFTEST);
	}
}

/* RFC 6979's answers need no generator; the keys' signatures do. */
static void a_failed_generator_fails_the_probe(void **state)
{
	uint16_t n = 0;

	(void)state;
	gp_fault_set(GP_CALL_RANDOM, 1, UINT64_MAX, GP_FAULT_STUCK);
	assert_int_equal(drbg_reseed(&crypto.drbg, bytes_of(NULL, 0)),
			 KMS_RC_ENTROPY);
	assert_int_equal(crypto_selftest_signature(&crypto, &n),
			 KMS_RC_SELFTEST);
	assert_int_equal(crypto_selftest(&crypto, &n), KMS_RC_SELFTEST);
}

/* Without hooks in our own code: the TEE below computes wrongly. */
static void an_operation_of_the_tee_that_fails_is_noticed(void **state)
{
	uint16_t n = 0;
	uint64_t calls = 0;
	uint64_t i = 0;
	unsigned int noticed = 0;

	(void)state;
	gp_count_reset();
	assert_int_equal(crypto_selftest(&crypto, &n), KMS_RC_OK);
	calls = gp_count(GP_CALL_CRYPTO);
	for (i = 1; i <= calls; i++) {
		gp_fault_set(GP_CALL_CRYPTO, i, 1, GP_FAULT_ERROR);
		if (crypto_selftest(&crypto, &n) == KMS_RC_SELFTEST)
			noticed++;
	}
	/* Where a refusal is expected, a failure looks the same; and a fault
	 * of a seal is not modelled. */
	assert_true(noticed >= 4);
}

static void opening_fails_cleanly_at_every_call(void **state)
{
	struct crypto second;
	uint64_t calls = 0;
	uint64_t i = 0;

	(void)state;
	gp_count_reset();
	assert_int_equal(crypto_open(&second), KMS_RC_OK);
	calls = gp_count(GP_CALL_ALLOC);
	crypto_clear(&second);
	assert_int_equal(calls, 7);
	for (i = 1; i <= calls; i++) {
		gp_fault_set(GP_CALL_ALLOC, i, 1, GP_FAULT_ERROR);
		assert_int_equal(crypto_open(&second), KMS_RC_FAULT);
		assert_false(second.drbg.ready);
		assert_false(second.k256.ready);
		assert_null(second.p256.sign_op);
		assert_null(second.aead.seal_op);
	}
	/* Nothing leaked: handles are a table, and far more than it holds. */
	for (i = 0; i < 300; i++) {
		assert_int_equal(crypto_open(&second), KMS_RC_OK);
		crypto_clear(&second);
	}
}

static void a_stuck_source_of_randomness_keeps_it_closed(void **state)
{
	struct crypto second;

	(void)state;
	gp_tape_replay(bytes_of("0123456789012345678901234567890101234567890123"
				"456789012345678901",
				64));
	assert_int_equal(crypto_open(&second), KMS_RC_ENTROPY);
	gp_tape_replay(bytes_of(NULL, 0));
}

#define WITH_TEE(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TEE(every_answer_is_right),
		WITH_TEE(any_wrong_answer_fails_the_test),
		WITH_TEE(any_wrong_answer_fails_the_probe),
		WITH_TEE(a_failed_generator_fails_the_probe),
		WITH_TEE(an_operation_of_the_tee_that_fails_is_noticed),
		WITH_TEE(opening_fails_cleanly_at_every_call),
		WITH_TEE(a_stuck_source_of_randomness_keeps_it_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
