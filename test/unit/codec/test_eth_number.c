/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/eth_number.h"
#include "test/unit/hex.h"
#include "test/unit/seed.h"

#define F64 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static enum kms_rc get(uint8_t number[32], const char *text)
{
	return eth_number_get(number, bytes_of_text(text));
}

/* The hexadecimal forms of the decimals were computed with Python. */
static void both_forms_are_read(void **state)
{
	static const struct {
		const char *text;
		const char *hex; /* without leading zeros */
	} rows[] = {
		{ "0", "00" },
		{ "0x0", "00" },
		{ "0x00", "00" },
		{ "1", "01" },
		{ "0x1", "01" },
		{ "10", "0a" },
		{ "0x10", "10" },
		{ "0xaB", "ab" },
		{ "0xABC", "0abc" },
		{ "255", "ff" },
		{ "256", "0100" },
		{ "0x0de0b6b3a7640000", "0de0b6b3a7640000" },
		{ "0xde0b6b3a7640000", "0de0b6b3a7640000" },
		{ "1000000000000000000", "0de0b6b3a7640000" },
		{ "12345678901234567890123456789012345678901234567890",
		  "08727f6369aaf83ca15026747af8c7f196ce3f0ad2" },
		{ "11579208923731619542357098500868790785"
		  "3269984665640564039457584007913129639935",
		  F64 },
		{ "0x" F64, F64 },
	};
	uint8_t number[32];
	uint8_t want[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].hex) / 2;

		memset(want, 0, sizeof(want));
		from_hex(want + 32 - len, len, rows[i].hex);
		assert_int_equal(get(number, rows[i].text), 0);
		assert_memory_equal(number, want, sizeof(want));
	}
}

static void every_other_text_is_refused(void **state)
{
	static const char *const refused[] = {
		"",
		"x",
		"0x",
		"0X1",
		"x1",
		"0x0x1",
		"00",
		"01",
		"007",
		"+1",
		"-1",
		"-0",
		" 1",
		"1 ",
		"\t1",
		"1\n",
		"0x 1",
		"0x1 ",
		" 0x1",
		"0x-1",
		"0x+1",
		"0xg",
		"0x1g",
		"ff",
		"1f",
		"a",
		"1.0",
		"1.",
		".1",
		"1e18",
		"1_000",
		"1,000",
		"0b1",
		"0o7",
		"1n",
		"0x" F64 "f",
		"0x0" F64,
		"0x1000000000000000000000000000000000000000000000000000000000"
		"0000000",
		"11579208923731619542357098500868790785"
		"3269984665640564039457584007913129639936",
		"11579208923731619542357098500868790785"
		"32699846656405640394575840079131296399350",
		"99999999999999999999999999999999999999999999999999999999999999"
		"9999999999999999999999999999999999999999999999999999999999999"
		"9",
		"\xc2\xa0"
		"1",
		"\xef\xbc\x91", /* a digit, but a wide one */
	};
	uint8_t number[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (get(number, refused[i]) != KMS_RC_BAD_INPUT)
			fail_msg("accepted: %s", refused[i]);
	assert_int_equal(eth_number_get(number, bytes_of("1\0", 2)),
			 KMS_RC_BAD_INPUT);
	assert_int_equal(eth_number_get(number, bytes_of("0x1\0", 4)),
			 KMS_RC_BAD_INPUT);
	assert_int_equal(eth_number_get(number, (struct bytes){ 0 }),
			 KMS_RC_BAD_INPUT);
}

static void hexadecimal_and_decimal_agree(void **state)
{
	struct prng p = prng_start();

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t n = prng_next(&p) >> prng_below(&p, 64);
		uint8_t a[32];
		uint8_t b[32];
		uint64_t back = 0;
		char text[32];

		snprintf(text, sizeof(text), "%" PRIu64, n);
		assert_int_equal(get(a, text), 0);
		snprintf(text, sizeof(text),
			 prng_below(&p, 2) ? "0x%" PRIx64 : "0x%" PRIX64, n);
		assert_int_equal(get(b, text), 0);
		assert_memory_equal(a, b, sizeof(a));
		for (size_t j = 0; j < 8; j++)
			back = back << 8 | a[24 + j];
		assert_true(back == n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_are_read),
		cmocka_unit_test(every_other_text_is_refused),
		cmocka_unit_test(hexadecimal_and_decimal_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
