/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/policy/sign_counts.h"

#include "test/property/check.h"

#include <string.h>

static struct sign_counts table;

static int start(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	return 0;
}

static const uint8_t *passkey(uint8_t n)
{
	static uint8_t pub[64];

	memset(pub, n, sizeof(pub));
	return pub;
}

static void a_counter_is_of_one_passkey_of_one_wallet(void **state)
{
	(void)state;
	sign_counts_set(&table, 1, 7, passkey(1), 10);
	sign_counts_set(&table, 1, 7, passkey(2), 20);
	sign_counts_set(&table, 2, 7, passkey(1), 30);
	sign_counts_set(&table, 1, 8, passkey(1), 40);
	assert_int_equal(sign_counts_get(&table, 1, 7, passkey(1)), 10);
	assert_int_equal(sign_counts_get(&table, 1, 7, passkey(2)), 20);
	assert_int_equal(sign_counts_get(&table, 2, 7, passkey(1)), 30);
	assert_int_equal(sign_counts_get(&table, 1, 8, passkey(1)), 40);
	assert_int_equal(sign_counts_get(&table, 1, 7, passkey(3)), 0);
	assert_int_equal(sign_counts_get(&table, 3, 7, passkey(1)), 0);
	sign_counts_set(&table, 1, 7, passkey(1), 11);
	assert_int_equal(sign_counts_get(&table, 1, 7, passkey(1)), 11);
}

static void all_passkeys_of_a_wallet_have_their_place(void **state)
{
	(void)state;
	for (uint8_t n = 1; n <= 4; n++)
		sign_counts_set(&table, 0, 5, passkey(n), 100u + n);
	for (uint8_t n = 1; n <= 4; n++)
		assert_int_equal(sign_counts_get(&table, 0, 5, passkey(n)),
				 100u + n);
}

static void the_one_used_longest_ago_makes_room(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < 4; n++)
		sign_counts_set(&table, 0, 5 + n * SIGN_COUNTS_SETS, passkey(1),
				1 + (uint32_t)n);
	sign_counts_set(&table, 0, 5, passkey(1), 9);
	sign_counts_set(&table, 0, 5 + 4 * SIGN_COUNTS_SETS, passkey(1), 5);
	assert_int_equal(sign_counts_get(&table, 0, 5, passkey(1)), 9);
	assert_int_equal(
		sign_counts_get(&table, 0, 5 + SIGN_COUNTS_SETS, passkey(1)),
		0);
	for (uint64_t n = 2; n <= 4; n++)
		assert_true(sign_counts_get(&table, 0, 5 + n * SIGN_COUNTS_SETS,
					    passkey(1)) > 0);
}

static void an_authenticator_that_does_not_count_takes_no_place(void **state)
{
	(void)state;
	sign_counts_set(&table, 0, 5, passkey(1), 0);
	for (size_t way = 0; way < SIGN_COUNTS_WAYS; way++)
		assert_false(table.entries[5][way].used);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			a_counter_is_of_one_passkey_of_one_wallet, start),
		cmocka_unit_test_setup(
			all_passkeys_of_a_wallet_have_their_place, start),
		cmocka_unit_test_setup(the_one_used_longest_ago_makes_room,
				       start),
		cmocka_unit_test_setup(
			an_authenticator_that_does_not_count_takes_no_place,
			start),
	};

	return cmocka_run_group_tests_name("sign_counts", tests, NULL, NULL);
}
