/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base64.h"
#include "common/bytes.h"
#include "common/endian.h"
#include "common/hex.h"
#include "common/kms_rc.h"
#include "common/mem.h"
#include "common/secret.h"
#include "common/sha256.h"
#include "test/unit/seed.h"

#include <string.h>

/* RFC 4648 section 10 */
static void base64_gives_the_vectors_of_the_rfc(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};
	char text[16];
	uint8_t back[16];
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = strlen(rows[i][0]);

		assert_int_equal(base64_encode(text, rows[i][0], n),
				 strlen(rows[i][1]));
		assert_memory_equal(text, rows[i][1], strlen(rows[i][1]));
		assert_int_equal(base64_decode(back, n, &len, rows[i][1],
					       strlen(rows[i][1])),
				 0);
		assert_int_equal(len, n);
		assert_memory_equal(back, rows[i][0], n);
	}
}

static void base64_has_one_text_per_value(void **state)
{
	static const char *const refused[] = {
		"Z",	 "Zg",	  "Zg=",      "Zh==",	  "Zm9=",  "Zg==\n",
		" Zg==", "Zg== ", "Z===",     "====",	  "=",	   "Zm9v=",
		"Zm-v",	 "Zm_v",  "Zg==Zg==", "Zm9vZg=A", "Z\0==",
	};
	uint8_t out[16];
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (!base64_decode(out, sizeof(out), &len, refused[i],
				   strlen(refused[i])))
			fail_msg("accepted: %s", refused[i]);
	assert_int_equal(base64_decode(out, sizeof(out), &len, "Z\0==", 4),
			 KMS_RC_BAD_INPUT);
}

static void base64_never_writes_past_its_capacity(void **state)
{
	uint8_t out[6] = { 0 };
	size_t len = 0;

	(void)state;
	assert_int_equal(base64_decode(out, 5, &len, "Zm9vYmFy", 8),
			 KMS_RC_BAD_INPUT);
	assert_int_equal(out[5], 0);
	assert_int_equal(base64_decode(out, 6, &len, "Zm9vYmFy", 8), 0);
}

static void base64_decodes_in_place(void **state)
{
	char text[] = "Zm9vYmFy";
	size_t len = 0;

	(void)state;
	assert_int_equal(base64_decode((uint8_t *)text, 8, &len, text, 8), 0);
	assert_int_equal(len, 6);
	assert_memory_equal(text, "foobar", 6);
}

static void base64_survives_both_ways(void **state)
{
	struct prng p = prng_start();
	uint8_t data[64];
	uint8_t back[64];
	char text[BASE64_LEN(64)];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		size_t len = prng_below(&p, sizeof(data) + 1);
		size_t got = 0;
		size_t n = 0;

		prng_fill(&p, data, len);
		n = base64_encode(text, data, len);
		assert_int_equal(n, BASE64_LEN(len));
		assert_int_equal(base64_decode(back, len, &got, text, n), 0);
		assert_int_equal(got, len);
		assert_memory_equal(back, data, len);
		n = base64url_encode(text, data, len);
		assert_int_equal(n, BASE64URL_LEN(len));
		assert_null(memchr(text, '=', n));
		assert_int_equal(base64url_decode(back, len, &got, text, n), 0);
		assert_int_equal(got, len);
		assert_memory_equal(back, data, len);
	}
}

static void what_base64_accepts_it_writes_again(void **state)
{
	static const char abc[] = "AZaz09+/=";
	struct prng p = prng_start();
	char text[12];
	char again[16];
	uint8_t data[12];
	size_t accepted = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = prng_below(&p, sizeof(text) + 1);
		size_t len = 0;

		for (size_t k = 0; k < n; k++)
			text[k] = abc[prng_below(&p, sizeof(abc) - 1)];
		if (base64_decode(data, sizeof(data), &len, text, n))
			continue;
		accepted++;
		assert_int_equal(base64_encode(again, data, len), n);
		assert_memory_equal(again, text, n);
	}
	assert_true(accepted > 50);
}

static void hex_survives_both_ways(void **state)
{
	struct prng p = prng_start();
	uint8_t data[32];
	uint8_t back[32];
	char text[65];

	(void)state;
	prng_fill(&p, data, sizeof(data));
	hex_encode(text, data, sizeof(data));
	assert_int_equal(strlen(text), 64);
	assert_int_equal(hex_decode(back, 32, text, 64), 0);
	assert_memory_equal(back, data, 32);
	hex_encode(text, "\x00\x9f\xff", 3);
	assert_string_equal(text, "009fff");
	assert_int_equal(hex_decode(back, 3, "009FfF", 6), 0);
	assert_memory_equal(back, "\x00\x9f\xff", 3);
}

static void other_text_is_no_hex(void **state)
{
	uint8_t out[4];

	(void)state;
	assert_int_equal(hex_decode(out, 2, "001", 3), KMS_RC_BAD_INPUT);
	assert_int_equal(hex_decode(out, 2, "00112", 5), KMS_RC_BAD_INPUT);
	assert_int_equal(hex_decode(out, 1, "0x", 2), KMS_RC_BAD_INPUT);
	assert_int_equal(hex_decode(out, 1, "g0", 2), KMS_RC_BAD_INPUT);
	assert_int_equal(hex_decode(out, 1, " 0", 2), KMS_RC_BAD_INPUT);
	assert_int_equal(hex_decode(out, 1, "/:", 2), KMS_RC_BAD_INPUT);
	assert_int_equal(hex_decode(out, 1, "@`", 2), KMS_RC_BAD_INPUT);
}

static void wiped_secrets_are_zero(void **state)
{
	uint8_t s[33];

	(void)state;
	memset(s, 0xaa, sizeof(s));
	secret_wipe(s, 32);
	assert_true(ct_is_zero(s, 32));
	assert_int_equal(s[32], 0xaa);
	secret_wipe(NULL, 0);
}

static void every_differing_bit_makes_values_unequal(void **state)
{
	uint8_t a[32] = { 0 };
	uint8_t b[32] = { 0 };

	(void)state;
	assert_true(ct_equal(a, b, 32));
	assert_true(ct_equal(a, b, 0));
	for (size_t bit = 0; bit < 256; bit++) {
		b[bit / 8] = (uint8_t)(1u << bit % 8);
		assert_false(ct_equal(a, b, 32));
		assert_false(ct_is_zero(b, 32));
		b[bit / 8] = 0;
	}
}

static void absent_and_empty_bytes_compare_equal(void **state)
{
	(void)state;
	assert_true(bytes_equal_var((struct bytes){ 0 }, bytes_of("", 0)));
	assert_true(bytes_is_var(bytes_of("abc", 3), "abc"));
	assert_false(bytes_is_var(bytes_of("abc", 3), "abd"));
	assert_false(bytes_is_var(bytes_of("abc", 2), "abc"));
}

static void integers_are_little_endian(void **state)
{
	uint8_t b[8];

	(void)state;
	le64_put(b, 0x0102030405060708u);
	assert_memory_equal(b, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
	assert_true(le64_get(b) == 0x0102030405060708u);
	assert_int_equal(le16_get(b), 0x0708);
	assert_true(le32_get(b) == 0x05060708u);
	assert_true(le32_get((const uint8_t *)"\xff\xff\xff\xff") ==
		    0xffffffffu);
}

static void a_big_endian_integer_has_its_first_byte_first(void **state)
{
	uint8_t b[4];

	(void)state;
	be32_put(b, 0x81020304u);
	assert_memory_equal(b, "\x81\x02\x03\x04", 4);
}

/* FIPS 180-2 appendix B */
static void sha256_gives_the_published_digests(void **state)
{
	static const char million_a[] = "cdc76e5c9914fb9281a1c7e284d73e67"
					"f1809a48a497200e046d39ccc7112cd0";
	static const char abc[] = "ba7816bf8f01cfea414140de5dae2223"
				  "b00361a396177a9cb410ff61f20015ad";
	char block[1000];
	struct sha256 s;
	uint8_t out[SHA256_LEN];
	char text[65];

	(void)state;
	sha256_once(out, "abc", 3);
	hex_encode(text, out, sizeof(out));
	assert_string_equal(text, abc);
	memset(block, 'a', sizeof(block));
	sha256_init(&s);
	for (int i = 0; i < 1000; i++)
		sha256_update(&s, block, sizeof(block));
	sha256_final(&s, out);
	hex_encode(text, out, sizeof(out));
	assert_string_equal(text, million_a);
}

static void every_result_has_its_own_name_and_text(void **state)
{
	static const enum kms_rc all[] = {
#define X(num, name, text) KMS_RC_##name,
		KMS_RC_LIST(X)
#undef X
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_string_not_equal(kms_rc_name(all[i]), "?");
		assert_string_not_equal(kms_rc_text(all[i]), "?");
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(kms_rc_name(all[i]),
						kms_rc_name(all[k]));
		/* 16 bits on the wire, ascending in the list */
		assert_true((unsigned int)all[i] <= 0xffff);
		assert_true(!i || all[i] > all[i - 1]);
	}
	assert_string_equal(kms_rc_name(KMS_RC_OK), "OK");
	assert_string_equal(kms_rc_name((enum kms_rc)99), "?");
	assert_string_equal(kms_rc_text((enum kms_rc)0xffff), "?");
}

static void an_arena_gives_aligned_zeroed_memory_until_it_is_full(void **state)
{
	struct arena a = { 0 };
	uint8_t *p = NULL;
	uint8_t *q = NULL;

	(void)state;
	arena_clear(&a);
	assert_int_equal(arena_init(&a, 64), 0);
	p = arena_alloc(&a, 1);
	q = arena_alloc(&a, 48);
	assert_non_null(p);
	assert_ptr_equal(q, p + 16);
	assert_null(arena_alloc(&a, 1));
	memset(q, 0xff, 48);
	arena_reset(&a);
	q = arena_alloc(&a, 64);
	assert_ptr_equal(q, p);
	assert_true(ct_is_zero(q, 64));
	arena_reset(&a);
	assert_null(arena_alloc(&a, SIZE_MAX));
	arena_clear(&a);
	assert_null(a.base);
}

static void the_nth_allocation_fails_on_demand(void **state)
{
	void *p = NULL;

	(void)state;
	mem_fail_at(2);
	p = mem_zalloc(1, 8);
	assert_non_null(p);
	mem_free(p);
	assert_null(mem_zalloc(1, 8));
	p = mem_strdup("x");
	assert_string_equal(p, "x");
	mem_free(p);
	mem_fail_at(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_gives_the_vectors_of_the_rfc),
		cmocka_unit_test(base64_has_one_text_per_value),
		cmocka_unit_test(base64_never_writes_past_its_capacity),
		cmocka_unit_test(base64_decodes_in_place),
		cmocka_unit_test(base64_survives_both_ways),
		cmocka_unit_test(what_base64_accepts_it_writes_again),
		cmocka_unit_test(hex_survives_both_ways),
		cmocka_unit_test(other_text_is_no_hex),
		cmocka_unit_test(wiped_secrets_are_zero),
		cmocka_unit_test(every_differing_bit_makes_values_unequal),
		cmocka_unit_test(absent_and_empty_bytes_compare_equal),
		cmocka_unit_test(integers_are_little_endian),
		cmocka_unit_test(a_big_endian_integer_has_its_first_byte_first),
		cmocka_unit_test(sha256_gives_the_published_digests),
		cmocka_unit_test(every_result_has_its_own_name_and_text),
		cmocka_unit_test(
			an_arena_gives_aligned_zeroed_memory_until_it_is_full),
		cmocka_unit_test(the_nth_allocation_fails_on_demand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
