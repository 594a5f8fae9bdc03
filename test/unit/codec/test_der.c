/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/der.h"
#include "common/hex.h"
#include "test/unit/codec/webauthn_vectors.h"
#include "test/unit/seed.h"

#include <string.h>

static enum kms_rc get_hex(uint8_t rs[64], const char *text)
{
	uint8_t der[128];
	size_t len = strlen(text) / 2;
	uint8_t *copy = malloc(len ? len : 1);
	enum kms_rc rc = KMS_RC_INTERNAL;

	assert_non_null(copy);
	assert_int_equal(hex_decode(der, len, text, strlen(text)), 0);
	memcpy(copy, der, len);
	rc = der_get_ecdsa(rs, bytes_of(copy, len));
	free(copy);
	return rc;
}

static void small_numbers_are_written_minimally(void **state)
{
	uint8_t rs[64] = { 0 };
	uint8_t der[DER_ECDSA_MAX];

	(void)state;
	assert_int_equal(der_put_ecdsa(der, rs), 8);
	assert_memory_equal(der, "\x30\x06\x02\x01\x00\x02\x01\x00", 8);
	rs[31] = 0x7f;
	rs[63] = 0x80;
	assert_int_equal(der_put_ecdsa(der, rs), 9);
	assert_memory_equal(der, "\x30\x07\x02\x01\x7f\x02\x02\x00\x80", 9);
}

static void the_longest_signature_has_72_bytes(void **state)
{
	uint8_t rs[64];
	uint8_t der[DER_ECDSA_MAX];

	(void)state;
	memset(rs, 0xff, sizeof(rs));
	assert_int_equal(der_put_ecdsa(der, rs), 72);
	assert_int_equal(der[1], 70);
}

static void signatures_survive_writing_and_reading(void **state)
{
	struct prng p = prng_start();
	uint8_t rs[64];
	uint8_t back[64];
	uint8_t der[DER_ECDSA_MAX];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t len = 0;

		prng_fill(&p, rs, sizeof(rs));
		memset(rs, 0, prng_below(&p, 33));
		memset(rs + 32, 0, prng_below(&p, 33));
		len = der_put_ecdsa(der, rs);
		assert_int_equal(der_get_ecdsa(back, bytes_of(der, len)), 0);
		assert_memory_equal(back, rs, sizeof(rs));
	}
}

static void only_the_minimal_form_is_read(void **state)
{
	static const char *const refused[] = {
		"",
		"30",
		"3000",
		"3003020100",
		"3006020100020100ff", /* bytes behind */
		"30070201000201",
		"3007020100020100",   /* wrong outer length */
		"3106020100020100",   /* not a sequence */
		"3006030100020100",   /* not an integer */
		"300702020001020101", /* padded */
		"3006020180020101",   /* negative */
		"30050200020101",     /* empty */
		"308106020100020100", /* long form */
		"300702810101020101",
		"3006020101020201",
		"3003020101",		  /* one number */
		"3009020101020101020101", /* three */
		"30800201010201010000",	  /* indefinite */
	};
	uint8_t rs[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (get_hex(rs, refused[i]) != KMS_RC_BAD_INPUT)
			fail_msg("accepted: %s", refused[i]);
	}
	assert_int_equal(get_hex(rs, "3006020101020101"), 0);
}

/* Authenticators do not lower s, and write what only fits with a pad. */
static void an_authenticator_s_signature_is_read(void **state)
{
	static const char want[] = "f50a4e2e4409249c4a853ba361282f09841df4dd454"
				   "7a13a87780218deffcd38"
				   "8480ac0f0b93538174f575bf11a1dd5d78c6e486013"
				   "f937295ea13653e331e87";
	uint8_t rs[64];
	char text[129];

	(void)state;
	assert_int_equal(get_hex(rs, W3C_NONE_GET_SIGNATURE), 0);
	hex_encode(text, rs, sizeof(rs));
	assert_string_equal(text, want);
	assert_int_equal(get_hex(rs, W3C_NONE_GET_SIGNATURE "00"),
			 KMS_RC_BAD_INPUT);
}

static void numbers_over_32_bytes_are_refused(void **state)
{
	uint8_t rs[64];

	(void)state;
	/* 33 bytes that do not begin with 00, and 34 that do */
	assert_int_equal(
		get_hex(rs, "30260221"
			    "01000000000000000000000000000000000000000000000000"
			    "0000000000000000"
			    "00020101"),
		KMS_RC_BAD_INPUT);
	assert_int_equal(
		get_hex(rs, "30270222"
			    "00ff0000000000000000000000000000000000000000000000"
			    "0000000000000000"
			    "0000020101"),
		KMS_RC_BAD_INPUT);
}

static void whatever_is_read_is_written_again(void **state)
{
	struct prng p = prng_start();
	uint8_t rs[64];
	uint8_t der[DER_ECDSA_MAX];
	uint8_t again[DER_ECDSA_MAX];
	size_t accepted = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t len = 0;

		prng_fill(&p, rs, sizeof(rs));
		memset(rs, 0, prng_below(&p, 33));
		len = der_put_ecdsa(der, rs);
		der[prng_below(&p, len)] = (uint8_t)prng_next(&p);
		if (der_get_ecdsa(rs, bytes_of(der, len)))
			continue;
		accepted++;
		assert_int_equal(der_put_ecdsa(again, rs), len);
		assert_memory_equal(again, der, len);
	}
	assert_true(accepted > 100);
}

static void public_keys_have_the_bytes_aws_sends(void **state)
{
	static const char k256[] =
		"3056301006072a8648ce3d020106052b8104000a034200"
		"04";
	static const char p256[] =
		"3059301306072a8648ce3d020106082a8648ce3d030107034200"
		"04";
	struct prng p = prng_start();
	enum der_curve curve = DER_P256;
	uint8_t xy[64];
	uint8_t back[64];
	uint8_t der[DER_SPKI_MAX];
	char text[2 * DER_SPKI_MAX + 1];

	(void)state;
	prng_fill(&p, xy, sizeof(xy));
	assert_int_equal(der_put_spki(der, DER_K256, xy), 88);
	hex_encode(text, der, 88 - 64);
	assert_string_equal(text, k256);
	assert_int_equal(der_get_spki(&curve, back, bytes_of(der, 88)), 0);
	assert_int_equal(curve, DER_K256);
	assert_memory_equal(back, xy, 64);

	assert_int_equal(der_put_spki(der, DER_P256, xy), 91);
	hex_encode(text, der, 91 - 64);
	assert_string_equal(text, p256);
	assert_int_equal(der_get_spki(&curve, back, bytes_of(der, 91)), 0);
	assert_int_equal(curve, DER_P256);
	assert_memory_equal(back, xy, 64);
}

static void other_public_keys_are_refused(void **state)
{
	enum der_curve curve = DER_P256;
	uint8_t xy[64] = { 0 };
	uint8_t der[DER_SPKI_MAX + 1] = { 0 };

	(void)state;
	der_put_spki(der, DER_P256, xy);
	for (size_t len = 0; len <= sizeof(der); len++)
		assert_int_equal(der_get_spki(&curve, xy, bytes_of(der, len)),
				 len == 91 ? KMS_RC_OK : KMS_RC_BAD_INPUT);
	for (size_t i = 0; i < 91 - 64; i++) {
		der[i] ^= 1;
		assert_int_equal(der_get_spki(&curve, xy, bytes_of(der, 91)),
				 KMS_RC_BAD_INPUT);
		der[i] ^= 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_numbers_are_written_minimally),
		cmocka_unit_test(the_longest_signature_has_72_bytes),
		cmocka_unit_test(signatures_survive_writing_and_reading),
		cmocka_unit_test(only_the_minimal_form_is_read),
		cmocka_unit_test(an_authenticator_s_signature_is_read),
		cmocka_unit_test(numbers_over_32_bytes_are_refused),
		cmocka_unit_test(whatever_is_read_is_written_again),
		cmocka_unit_test(public_keys_have_the_bytes_aws_sends),
		cmocka_unit_test(other_public_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
