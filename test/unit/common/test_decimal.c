/* SPDX-License-Identifier: Apache-2.0 */
#include "common/decimal.h"
#include "test/unit/hex.h"
#include "test/unit/seed.h"

static enum kms_rc get(uint64_t *number, uint64_t max, const char *text)
{
	return decimal_get(number, max, bytes_of_text(text));
}

static void numbers_survive_writing_and_reading(void **state)
{
	struct prng p = prng_start();

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t number = prng_next(&p) >> prng_below(&p, 64);
		uint64_t back = 0;
		char text[DECIMAL_U64_MAX];
		char want[DECIMAL_U64_MAX + 1];
		size_t len = decimal_put(text, number);

		snprintf(want, sizeof(want), "%" PRIu64, number);
		assert_int_equal(len, strlen(want));
		assert_memory_equal(text, want, len);
		assert_int_equal(
			decimal_get(&back, UINT64_MAX, bytes_of(text, len)), 0);
		assert_true(back == number);
		assert_int_equal(
			decimal_get(&back, number, bytes_of(text, len)), 0);
		if (number)
			assert_int_equal(decimal_get(&back, number - 1,
						     bytes_of(text, len)),
					 KMS_RC_BAD_INPUT);
	}
}

static void the_largest_numbers_are_read(void **state)
{
	uint64_t number = 0;

	(void)state;
	assert_int_equal(get(&number, UINT64_MAX, "18446744073709551615"), 0);
	assert_true(number == UINT64_MAX);
	assert_int_equal(get(&number, UINT64_MAX, "18446744073709551616"),
			 KMS_RC_BAD_INPUT);
	assert_int_equal(get(&number, UINT64_MAX, "184467440737095516150"),
			 KMS_RC_BAD_INPUT);
	assert_int_equal(get(&number, 0, "0"), 0);
	assert_true(number == 0);
	assert_int_equal(get(&number, 0, "1"), KMS_RC_BAD_INPUT);
}

static void only_plain_digits_are_read(void **state)
{
	static const char *const refused[] = {
		"",    "00",  "01",  "+1", "-1",    " 1", "1 ", "1\n",
		"1.0", "1e3", "0x1", "a",  "1_000", "/",  ":",
	};
	uint64_t number = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (get(&number, UINT64_MAX, refused[i]) != KMS_RC_BAD_INPUT)
			fail_msg("accepted: %s", refused[i]);
	assert_int_equal(decimal_get(&number, UINT64_MAX, bytes_of("1\0", 2)),
			 KMS_RC_BAD_INPUT);
	assert_true(number == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_survive_writing_and_reading),
		cmocka_unit_test(the_largest_numbers_are_read),
		cmocka_unit_test(only_plain_digits_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
