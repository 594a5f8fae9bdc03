/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/cose_key.h"
#include "test/unit/codec/exact.h"
#include "test/unit/codec/webauthn_vectors.h"

#define X "215820" W3C_NONE_X
#define Y "225820" W3C_NONE_Y

static enum kms_rc get(uint8_t pub[64], size_t *used, const char *hex)
{
	struct bytes in = exact_hex(hex);
	enum kms_rc rc = cose_key_p256(pub, used, in);

	exact_free(&in);
	return rc;
}

static void assert_published(const char *hex)
{
	uint8_t pub[64] = { 0 };
	size_t used = 0;
	char text[129];

	assert_int_equal(get(pub, &used, hex), 0);
	assert_int_equal(used, 77);
	hex_encode(text, pub, sizeof(pub));
	assert_string_equal(text, W3C_NONE_X W3C_NONE_Y);
}

static void a_published_key_is_read(void **state)
{
	(void)state;
	assert_published(W3C_NONE_KEY);
}

static void members_come_in_any_order(void **state)
{
	(void)state;
	assert_published("a5" Y X "2001"
			 "0326"
			 "0102");
	assert_published("a5"
			 "2001" X "0326" Y "0102");
}

static void bytes_behind_the_key_are_not_counted(void **state)
{
	(void)state;
	assert_published(W3C_NONE_KEY "a0");
	assert_published(W3C_NONE_KEY "ff");
}

static void any_other_key_is_refused(void **state)
{
	/* clang-format off */
	static const char *const keys[] = {
		"",
		"a0",
		"80",
		"40",
		/* one member is missing */
		"a4" "0326" "2001" X Y,
		"a4" "0102" "2001" X Y,
		"a4" "0102" "0326" X Y,
		"a4" "0102" "0326" "2001" Y,
		"a4" "0102" "0326" "2001" X,
		/* one is there twice, in place of another or beside all */
		"a5" "0102" "0102" "2001" X Y,
		"a5" "0102" "0326" "0326" X Y,
		"a5" "0102" "0326" "2001" X X,
		"a6" "0102" "0326" "2001" X Y Y,
		"a6" "0102" "0102" "0326" "2001" X Y,
		/* a foreign one */
		"a6" "0102" "0326" "2001" X Y "0441" "00",
		"a6" "0102" "02" "4100" "0326" "2001" X Y,
		"a5" "0102" "0326" "2001" X "23" "5820" W3C_NONE_Y,
		"a5" "6131" "02" "0326" "2001" X Y,
		/* another kind, algorithm or curve */
		"a5" "0101" "0326" "2001" X Y,
		"a5" "0103" "0326" "2001" X Y,
		"a5" "0102" "0327" "2001" X Y,
		"a5" "0102" "032e" "2001" X Y,
		"a5" "0102" "0306" "2001" X Y,
		"a5" "0102" "0326" "2002" X Y,
		"a5" "0102" "0326" "2008" X Y,
		"a5" "0102" "0326" "2020" X Y,
		"a5" "0102" "0338" "2e" "2008" X Y,
		/* ES256K on its own curve; RS256 */
		"a5" "0102" "03382e" "2008" X Y,
		"a4" "0103" "03390100" "2041" "00" "2141" "00",
		/* values of another type */
		"a5" "0141" "02" "0326" "2001" X Y,
		"a5" "0102" "0361" "26" "2001" X Y,
		"a5" "0102" "0326" "20f5" X Y,
		"a5" "0102" "0326" "2001" "21f5" Y,
		"a5" "0102" "0326" "2001" X "22f5",
		"a5" "0102" "0326" "2001" X "22f4",
		"a5" "0102" "0326" "2001" "217820" W3C_NONE_ID Y,
		/* coordinates of another length */
		"a5" "0102" "0326" "2001" "2140" Y,
		"a5" "0102" "0326" "2001" X "2240",
		"a5" "0102" "0326" "2001" "21582100" W3C_NONE_X Y,
		"a5" "0102" "0326" "2001" "21581f"
		"efa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61"
		Y,
		/* longer heads than needed */
		"b805" "0102" "0326" "2001" X Y,
		"a5" "180102" "0326" "2001" X Y,
		"a5" "011802" "0326" "2001" X Y,
		"a5" "0102" "0326" "2001" "21590020" W3C_NONE_X Y,
		/* indefinite, tagged */
		"bf" "0102" "0326" "2001" X Y "ff",
		"c0" W3C_NONE_KEY,
		/* numbers that would wrap into ours */
		"a5" "1b000000010000000102" "0326" "2001" X Y,
		"a5" "1bffffffffffffffff02" "0326" "2001" X Y,
		"a5" "0102" "0326" "3bffffffffffffffff01" X Y,
		/* cut off */
		"a5" "0102" "0326" "2001" X,
		"a5" "0102" "0326" "2001" X "2258",
		"a5" "0102" "0326" "2001" X "225820" "93",
	};
	/* clang-format on */
	uint8_t pub[64] = { 0 };
	size_t used = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (get(pub, &used, keys[i]) != KMS_RC_AUTH_FORMAT)
			fail_msg("accepted: %s", keys[i]);
}

static void a_cut_key_is_refused_everywhere(void **state)
{
	struct bytes whole = exact_hex(W3C_NONE_KEY);
	uint8_t pub[64] = { 0 };
	size_t used = 0;

	(void)state;
	for (size_t len = 0; len < whole.len; len++) {
		struct bytes in = exact_copy(whole.ptr, len);

		assert_int_equal(cose_key_p256(pub, &used, in),
				 KMS_RC_AUTH_FORMAT);
		exact_free(&in);
	}
	exact_free(&whole);
}

/* Only the 64 bytes of the coordinates may be others. */
static void a_changed_byte_is_another_key_or_none(void **state)
{
	struct bytes whole = exact_hex(W3C_NONE_KEY);
	uint8_t *byte = (uint8_t *)(uintptr_t)whole.ptr;
	uint8_t old[64] = { 0 };
	uint8_t pub[64] = { 0 };
	size_t used = 0;
	size_t accepted = 0;

	(void)state;
	assert_int_equal(cose_key_p256(old, &used, whole), 0);
	for (size_t i = 0; i < whole.len; i++) {
		for (unsigned int flip = 1; flip < 256; flip++) {
			byte[i] ^= (uint8_t)flip;
			if (!cose_key_p256(pub, &used, whole)) {
				accepted++;
				assert_memory_not_equal(pub, old, 64);
				assert_int_equal(used, 77);
			}
			byte[i] ^= (uint8_t)flip;
		}
	}
	assert_int_equal(accepted, 64 * 255);
	exact_free(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_published_key_is_read),
		cmocka_unit_test(members_come_in_any_order),
		cmocka_unit_test(bytes_behind_the_key_are_not_counted),
		cmocka_unit_test(any_other_key_is_refused),
		cmocka_unit_test(a_cut_key_is_refused_everywhere),
		cmocka_unit_test(a_changed_byte_is_another_key_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
