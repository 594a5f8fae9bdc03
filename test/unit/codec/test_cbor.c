/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/cbor.h"
#include "test/unit/codec/exact.h"
#include "test/unit/seed.h"

/* Whether hex is one well-formed item and nothing more. */
static bool is_item(const char *hex)
{
	struct bytes in = exact_hex(hex);
	struct cbor c;
	struct bytes item = { 0 };
	bool done = false;

	cbor_begin(&c, in);
	item = cbor_skip(&c);
	done = cbor_done(&c);
	assert_int_equal(item.len, done ? in.len : item.len);
	exact_free(&in);
	return done;
}

/* RFC 8949 appendix A, the examples of the canonical subset. */
static void published_items_are_well_formed(void **state)
{
	static const char *const items[] = {
		"00",
		"01",
		"0a",
		"17",
		"1818",
		"1819",
		"1864",
		"1903e8",
		"1a000f4240",
		"1b000000e8d4a51000",
		"1bffffffffffffffff",
		"3bffffffffffffffff",
		"20",
		"29",
		"3863",
		"3903e7",
		"f4",
		"f5",
		"f6",
		"40",
		"4401020304",
		"60",
		"6161",
		"6449455446",
		"62225c",
		"62c3bc",
		"63e6b0b4",
		"64f0908591",
		"80",
		"83010203",
		"8301820203820405",
		"98190102030405060708090a0b0c0d0e0f101112131415161718181819",
		"a0",
		"a201020304",
		"a26161016162820203",
		"826161a161626163",
		"a56161614161626142616361436164614461656145",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		if (!is_item(items[i]))
			fail_msg("refused: %s", items[i]);
}

static void other_items_are_refused(void **state)
{
	static const char *const items[] = {
		"", /* nothing */
		"0000",
		"8101f6",
		/* heads longer than they need to be */
		"1800",
		"1817",
		"190000",
		"1900ff",
		"1a00000000",
		"1a0000ffff",
		"1b0000000000000000",
		"1b00000000ffffffff",
		"3800",
		"5800",
		"580101",
		"7800",
		"9800",
		"b800",
		"b90001f6f6",
		/* reserved */
		"1c",
		"1d",
		"1e",
		"3c00",
		"5d00",
		"7e00",
		"fc",
		"fd",
		"fe",
		/* indefinite */
		"1f",
		"3f",
		"5fff",
		"5f42010243030405ff",
		"7fff",
		"7f657374726561646d696e67ff",
		"9fff",
		"9f018202039f0405ffff",
		"bfff",
		"bf61610161629f0203ffff",
		"ff",
		/* tags */
		"c0",
		"d818",
		"82c000",
		"c000",
		"c11a514b67b0",
		"d74401020304",
		"d818456449455446",
		"d9d9f700",
		/* floating point, other simple values */
		"f90000",
		"f93c00",
		"fa47c35000",
		"fb3ff199999999999a",
		"e0",
		"f0",
		"f3",
		"f7",
		"f800",
		"f814",
		"f8ff",
		/* cut off */
		"18",
		"19",
		"1903",
		"1a000f42",
		"1b000000e8d4a510",
		"41",
		"4401",
		"58",
		"5818",
		"61",
		"6261",
		"81",
		"8201",
		"a1",
		"a101",
		"a2010203",
		"8301a101",
		/* lengths and counts beyond any input */
		"5affffffff00",
		"5bffffffffffffffff00",
		"7bffffffffffffffff00",
		"9affffffff00",
		"9bffffffffffffffff00",
		"bb7fffffffffffffff0000",
		"bb8000000000000000",
		"bbffffffffffffffff0000",
		/* not UTF-8 */
		"61ff",
		"6180",
		"62c080",
		"63eda080",
		"64f4908080",
		"62c3bc61",
		"61c3",
		"8162c328",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		if (is_item(items[i]))
			fail_msg("accepted: %s", items[i]);
}

static void containers_nest_four_times(void **state)
{
	(void)state;
	assert_true(is_item("8181818100"));
	assert_true(is_item("81818180"));
	assert_true(is_item("a100a100a100a10000"));
	assert_true(is_item("84818181000001a0"));
	assert_false(is_item("818181818100"));
	assert_false(is_item("8181818180"));
	assert_false(is_item("81818181a0"));
	assert_false(is_item("a100a100a100a100a10000"));
}

static void values_are_those_of_the_rfc(void **state)
{
	struct bytes in = exact_hex("1bffffffffffffffff"
				    "3b7fffffffffffffff"
				    "1b7fffffffffffffff"
				    "3903e7"
				    "4401020304"
				    "64f0908591"
				    "8201"
				    "20"
				    "a10af6");
	struct cbor c;
	struct bytes b = { 0 };

	(void)state;
	cbor_begin(&c, in);
	assert_true(cbor_uint(&c) == UINT64_MAX);
	assert_true(cbor_int(&c) == INT64_MIN);
	assert_true(cbor_int(&c) == INT64_MAX);
	assert_int_equal(cbor_int(&c), -1000);
	b = cbor_bytes(&c);
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.ptr, "\1\2\3\4", 4);
	b = cbor_text(&c);
	assert_true(bytes_is_var(b, "\xf0\x90\x85\x91"));
	assert_int_equal(cbor_array(&c), 2);
	assert_int_equal(cbor_int(&c), 1);
	assert_int_equal(cbor_int(&c), -1);
	assert_int_equal(cbor_map(&c), 1);
	assert_int_equal(cbor_int(&c), 10);
	assert_false(cbor_done(&c));
	assert_int_equal(cbor_skip(&c).len, 1);
	assert_true(cbor_done(&c));
	exact_free(&in);
}

static void a_wrong_kind_is_a_failure_that_stays(void **state)
{
	/* uint, negative, bytes, text, array, map, true, too big for int */
	static const char *const items[] = {
		"00", "20", "40", "60", "80", "a0", "f5", "1b8000000000000000",
	};
	/* For each item, a bit for each of the seven readers below. */
	static const unsigned int fits[] = { 3, 2, 4, 8, 16, 96, 0, 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(items); i++) {
		for (unsigned int reader = 0; reader < 7; reader++) {
			struct bytes in = exact_hex(items[i]);
			struct cbor c;

			cbor_begin(&c, in);
			switch (reader) {
			case 0:
				cbor_uint(&c);
				break;
			case 1:
				cbor_int(&c);
				break;
			case 2:
				cbor_bytes(&c);
				break;
			case 3:
				cbor_text(&c);
				break;
			case 4:
				cbor_array(&c);
				break;
			case 5:
				cbor_map(&c);
				break;
			default:
				cbor_skip_map(&c);
				break;
			}
			assert_int_equal(cbor_done(&c), fits[i] >> reader & 1);
			exact_free(&in);
		}
	}
}

static void nothing_is_read_after_a_failure(void **state)
{
	struct bytes in = exact_hex("01f90000010203");
	struct cbor c;

	(void)state;
	cbor_begin(&c, in);
	assert_int_equal(cbor_int(&c), 1);
	assert_int_equal(cbor_int(&c), 0);
	assert_true(c.failed);
	assert_int_equal(cbor_int(&c), 0);
	assert_int_equal(cbor_uint(&c), 0);
	assert_int_equal(cbor_bytes(&c).len, 0);
	assert_int_equal(cbor_text(&c).len, 0);
	assert_int_equal(cbor_array(&c), 0);
	assert_int_equal(cbor_map(&c), 0);
	assert_int_equal(cbor_skip(&c).len, 0);
	assert_int_equal(cbor_skip_map(&c).len, 0);
	assert_false(cbor_done(&c));
	exact_free(&in);
}

static void counts_never_exceed_what_can_follow(void **state)
{
	struct prng p = prng_start();
	uint8_t data[12];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		size_t len = 1 + prng_below(&p, sizeof(data));
		struct cbor c;

		prng_fill(&p, data, len);
		data[0] = (uint8_t)(data[0] | 0x80) & 0xbf;
		cbor_begin(&c, bytes_of(data, len));
		if (data[0] < 0xa0)
			assert_true(cbor_array(&c) <= len - 1);
		else
			assert_true(cbor_map(&c) <= (len - 1) / 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_items_are_well_formed),
		cmocka_unit_test(other_items_are_refused),
		cmocka_unit_test(containers_nest_four_times),
		cmocka_unit_test(values_are_those_of_the_rfc),
		cmocka_unit_test(a_wrong_kind_is_a_failure_that_stays),
		cmocka_unit_test(nothing_is_read_after_a_failure),
		cmocka_unit_test(counts_never_exceed_what_can_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
