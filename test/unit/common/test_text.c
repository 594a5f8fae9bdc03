/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/text.h"

#include <string.h>

static void a_text_grows_and_ends_with_nul(void **state)
{
	char out[16];
	struct text t = { 0 };

	(void)state;
	memset(out, 'x', sizeof(out));
	text_begin(&t, out, sizeof(out));
	assert_string_equal(out, "");
	text_put(&t, "key");
	text_put(&t, "");
	text_put_bytes(&t, bytes_of("=abc", 2));
	text_put_bytes(&t, (struct bytes){ 0 });
	assert_string_equal(out, "key=a");
	assert_int_equal(t.len, 5);
	assert_false(t.cut);
}

static void numbers_get_zeros_in_front(void **state)
{
	static const struct {
		uint64_t number;
		size_t digits_min;
		const char *text;
	} rows[] = {
		{ 0, 0, "0" },
		{ 0, 1, "0" },
		{ 0, 3, "000" },
		{ 7, 2, "07" },
		{ 2026, 4, "2026" },
		{ 12345, 3, "12345" },
		{ UINT64_MAX, 1, "18446744073709551615" },
		{ 1, 20, "00000000000000000001" },
	};
	char out[32];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct text t = { 0 };

		text_begin(&t, out, sizeof(out));
		text_put_number(&t, rows[i].number, rows[i].digits_min);
		assert_string_equal(out, rows[i].text);
		assert_int_equal(t.len, strlen(rows[i].text));
	}
}

static void what_does_not_fit_is_cut_and_remembered(void **state)
{
	char out[8];
	struct text t = { 0 };

	(void)state;
	memset(out, 'x', sizeof(out));
	text_begin(&t, out, 5);
	text_put(&t, "abcd");
	assert_false(t.cut);
	text_put(&t, "");
	assert_false(t.cut);
	text_put(&t, "e");
	assert_true(t.cut);
	assert_string_equal(out, "abcd");
	assert_int_equal(t.len, 4);
	assert_memory_equal(out + 5, "xxx", 3);

	text_begin(&t, out, 4);
	text_put_number(&t, 123456, 1);
	assert_true(t.cut);
	assert_string_equal(out, "123");

	text_begin(&t, out, 1);
	text_put(&t, "a");
	assert_true(t.cut);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_grows_and_ends_with_nul),
		cmocka_unit_test(numbers_get_zeros_in_front),
		cmocka_unit_test(what_does_not_fit_is_cut_and_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
