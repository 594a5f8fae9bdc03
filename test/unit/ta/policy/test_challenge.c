/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I8: a nonce is good once, for one uuid, in one instance, for two minutes.
 */
#include "ta/policy/challenge.h"

#include "ta/posix/gp/gp_control.h"
#include "test/property/check.h"

#include <string.h>

static const uint8_t alice[ABI_UUID_LEN] = { 0xa1 };
static const uint8_t bob[ABI_UUID_LEN] = { 0xb0 };

static struct challenge one;
static struct challenge two;
static struct drbg drbg;

static int start(void **state)
{
	(void)state;
	assert_ok(drbg_open(&drbg, (struct bytes){ 0 }));
	assert_ok(challenge_open(&one, &drbg));
	assert_ok(challenge_open(&two, &drbg));
	return 0;
}

static void issue(uint8_t nonce[CHALLENGE_LEN], uint64_t now_ms)
{
	assert_ok(challenge_issue(&one, &drbg, nonce, alice, now_ms));
}

static void i8_a_nonce_is_spent_once(void **state)
{
	uint8_t a[CHALLENGE_LEN];
	uint8_t b[CHALLENGE_LEN];

	(void)state;
	issue(a, 1000);
	issue(b, 1000);
	assert_ok(challenge_check(&one, a, alice, 1000));
	/* Looking at it costs nothing. */
	assert_ok(challenge_check(&one, a, alice, 1000));
	challenge_spend(&one, a);
	assert_rc(challenge_check(&one, a, alice, 1000), KMS_RC_AUTH_CHALLENGE);
	assert_ok(challenge_check(&one, b, alice, 1000));
}

static void i8_a_nonce_is_for_one_uuid_and_one_instance(void **state)
{
	uint8_t nonce[CHALLENGE_LEN];

	(void)state;
	issue(nonce, 1000);
	assert_rc(challenge_check(&one, nonce, bob, 1000),
		  KMS_RC_AUTH_CHALLENGE);
	assert_rc(challenge_check(&two, nonce, alice, 1000),
		  KMS_RC_AUTH_CHALLENGE);
	assert_ok(challenge_check(&one, nonce, alice, 1000));
}

static void i8_a_nonce_lives_two_minutes(void **state)
{
	const uint64_t start_ms[] = { 0, 1000, ((uint64_t)1 << 40) - 1,
				      (uint64_t)1 << 40, UINT64_MAX - 5 };
	uint8_t nonce[CHALLENGE_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(start_ms); i++) {
		issue(nonce, start_ms[i]);
		assert_ok(challenge_check(&one, nonce, alice,
					  start_ms[i] + 120000));
		assert_rc(challenge_check(&one, nonce, alice,
					  start_ms[i] + 120001),
			  KMS_RC_AUTH_CHALLENGE);
		/* A clock that went back makes it old, not young. */
		assert_rc(challenge_check(&one, nonce, alice, start_ms[i] - 1),
			  KMS_RC_AUTH_CHALLENGE);
	}
}

static void i8_no_bit_of_a_nonce_can_be_changed(void **state)
{
	uint8_t nonce[CHALLENGE_LEN];

	(void)state;
	issue(nonce, 1000);
	for (size_t bit = 0; bit < 8 * sizeof(nonce); bit++) {
		nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_rc(challenge_check(&one, nonce, alice, 1000),
			  KMS_RC_AUTH_CHALLENGE);
		nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_ok(challenge_check(&one, nonce, alice, 1000));
}

static void issue_many(uint32_t count)
{
	uint8_t nonce[CHALLENGE_LEN];

	/* Random bytes are what takes time, and here nobody looks at them. */
	while (count--) {
		uint32_t at = one.next;

		if (count % CHALLENGE_WINDOW < 4 || at % 4096 == 0)
			issue(nonce, 1000);
		else {
			one.spent[at % CHALLENGE_WINDOW / 8] &=
				(uint8_t) ~(1u << at % 8);
			one.next++;
		}
	}
}

/* The last 2^20 nonces are good; the one before them is gone, spent or not. */
static void check_window(void)
{
	uint8_t kept[CHALLENGE_LEN];
	uint8_t spent[CHALLENGE_LEN];
	uint8_t next[CHALLENGE_LEN];

	issue(spent, 1000);
	challenge_spend(&one, spent);
	issue(kept, 1000);
	issue_many(CHALLENGE_WINDOW - 2);
	assert_rc(challenge_check(&one, spent, alice, 1000),
		  KMS_RC_AUTH_CHALLENGE);
	assert_ok(challenge_check(&one, kept, alice, 1000));
	/* This one's bit was that of the spent one. */
	issue(next, 1000);
	assert_ok(challenge_check(&one, next, alice, 1000));
	assert_rc(challenge_check(&one, spent, alice, 1000),
		  KMS_RC_AUTH_CHALLENGE);
	assert_ok(challenge_check(&one, kept, alice, 1000));
	issue(next, 1000);
	assert_rc(challenge_check(&one, kept, alice, 1000),
		  KMS_RC_AUTH_CHALLENGE);
	challenge_spend(&one, next);
	assert_rc(challenge_check(&one, next, alice, 1000),
		  KMS_RC_AUTH_CHALLENGE);
}

static void i8_what_left_the_window_is_refused(void **state)
{
	(void)state;
	check_window();
	check_window();
}

static void i8_the_window_goes_on_over_the_counter_s_end(void **state)
{
	(void)state;
	one.next = UINT32_MAX - CHALLENGE_WINDOW / 2;
	check_window();
	assert_true(one.next < CHALLENGE_WINDOW);
	check_window();
}

static void no_nonce_is_made_without_entropy(void **state)
{
	uint8_t nonce[CHALLENGE_LEN] = { 0 };
	uint32_t next = one.next;

	(void)state;
	drbg.requests = UINT32_MAX;
	gp_fault_set(GP_CALL_RANDOM, 1, UINT64_MAX, GP_FAULT_STUCK);
	assert_rc(challenge_issue(&one, &drbg, nonce, alice, 1000),
		  KMS_RC_ENTROPY);
	gp_fault_set(GP_CALL_RANDOM, 0, 0, GP_FAULT_NONE);
	assert_int_equal(one.next, next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(i8_a_nonce_is_spent_once, start),
		cmocka_unit_test_setup(
			i8_a_nonce_is_for_one_uuid_and_one_instance, start),
		cmocka_unit_test_setup(i8_a_nonce_lives_two_minutes, start),
		cmocka_unit_test_setup(i8_no_bit_of_a_nonce_can_be_changed,
				       start),
		cmocka_unit_test_setup(i8_what_left_the_window_is_refused,
				       start),
		cmocka_unit_test_setup(
			i8_the_window_goes_on_over_the_counter_s_end, start),
		cmocka_unit_test_setup(no_nonce_is_made_without_entropy, start),
	};

	return cmocka_run_group_tests_name("challenge", tests, NULL, NULL);
}
