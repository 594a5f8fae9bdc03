/* SPDX-License-Identifier: Apache-2.0 */
#include "common/attr.h"
#include "test/unit/seed.h"
#include "test/unit/ta/crypto/with_k256.h"

#include <secp256k1.h>

#define HIGHEST \
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define LAST "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"
#define BEFORE_LAST \
	"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd036413f"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE  "0000000000000000000000000000000000000000000000000000000000000001"
#define TWO  "0000000000000000000000000000000000000000000000000000000000000002"
#define FIVE "0000000000000000000000000000000000000000000000000000000000000005"

static void a_tweak_is_added_modulo_the_order(void **state KMS_UNUSED)
{
	static const struct {
		const char *key;
		const char *tweak;
		const char *sum; /* NULL: refused */
	} v[] = {
		{ ONE, ONE, TWO },	   { ONE, ZERO, ONE },
		{ LAST, TWO, ONE },	   { LAST, LAST, BEFORE_LAST },
		{ LAST, ONE, NULL },	   { ONE, LAST, NULL },
		{ ONE, K256_ORDER, NULL }, { ONE, HIGHEST, NULL },
		{ ZERO, ONE, NULL },	   { K256_ORDER, ONE, NULL },
		{ HIGHEST, ONE, NULL },	   { ZERO, ZERO, NULL },
	};
	struct secret32 key;
	struct secret32 tweak;
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(v); i++) {
		from_hex(key.b, sizeof(key.b), v[i].key);
		from_hex(tweak.b, sizeof(tweak.b), v[i].tweak);
		assert_int_equal(k256_tweak_add(&k256, &key, &tweak),
				 v[i].sum ? KMS_RC_OK : KMS_RC_BAD_INPUT);
		assert_hex(key.b, sizeof(key.b), v[i].sum ? v[i].sum : ZERO);
	}
}

/* (a + b) G = a G + b G, the right side by the library's own points. */
static void a_tweaked_key_has_the_tweaked_point(void **state KMS_UNUSED)
{
	struct prng p = prng_start();
	secp256k1_pubkey point;
	struct secret32 key;
	struct secret32 tweak;
	uint8_t octets[33];
	uint8_t want[33];
	uint8_t pub[64];
	size_t len = sizeof(want);
	size_t i = 0;

	for (i = 0; i < 50; i++) {
		assert_int_equal(k256_generate(&k256, &key, pub), KMS_RC_OK);
		prng_fill(&p, tweak.b, sizeof(tweak.b));
		tweak.b[0] &= 0x7f;
		k256_compress(octets, pub);
		assert_true(secp256k1_ec_pubkey_parse(secp256k1_context_static,
						      &point, octets, 33));
		assert_true(secp256k1_ec_pubkey_tweak_add(
			secp256k1_context_static, &point, tweak.b));
		assert_true(secp256k1_ec_pubkey_serialize(
			secp256k1_context_static, want, &len, &point,
			SECP256K1_EC_COMPRESSED));
		assert_int_equal(k256_tweak_add(&k256, &key, &tweak),
				 KMS_RC_OK);
		assert_int_equal(k256_public(&k256, pub, &key), KMS_RC_OK);
		k256_compress(octets, pub);
		assert_memory_equal(octets, want, sizeof(want));
	}
}

static void a_compressed_point_expands_to_itself(void **state KMS_UNUSED)
{
	struct secret32 key;
	uint8_t octets[33];
	uint8_t pub[64];
	uint8_t back[64];
	size_t odd = 0;
	size_t i = 0;

	for (i = 0; i < 100; i++) {
		assert_int_equal(k256_generate(&k256, &key, pub), KMS_RC_OK);
		k256_compress(octets, pub);
		odd += octets[0] == 3;
		assert_int_equal(k256_expand(back, octets), KMS_RC_OK);
		assert_memory_equal(back, pub, sizeof(pub));
		octets[0] ^= 1;
		assert_int_equal(k256_expand(back, octets), KMS_RC_OK);
		assert_memory_equal(back, pub, 32);
		assert_memory_not_equal(back + 32, pub + 32, 32);
	}
	assert_in_range(odd, 1, 99);
}

static void octets_that_are_no_point_do_not_expand(void **state KMS_UNUSED)
{
	uint8_t octets[33] = { 0 };
	uint8_t pub[64];
	size_t first = 0;

	from_hex(octets + 1, 32,
		 "79be667ef9dcbbac55a06295ce870b07"
		 "029bfcdb2dce28d959f2815b16f81798");
	for (first = 0; first < 256; first++) {
		octets[0] = (uint8_t)first;
		assert_int_equal(k256_expand(pub, octets),
				 first == 2 || first == 3 ? KMS_RC_OK
							  : KMS_RC_BAD_INPUT);
	}
	octets[0] = 2;
	/* 5^3 + 7 is no square, and the last x is not below the prime. */
	from_hex(octets + 1, 32, FIVE);
	assert_int_equal(k256_expand(pub, octets), KMS_RC_BAD_INPUT);
	from_hex(octets + 1, 32, HIGHEST);
	assert_int_equal(k256_expand(pub, octets), KMS_RC_BAD_INPUT);
}

static void a_closed_context_adds_nothing(void **state KMS_UNUSED)
{
	struct k256 closed = { 0 };
	struct secret32 key = { .b = { [31] = 1 } };

	assert_int_equal(k256_tweak_add(&closed, &key, &key), KMS_RC_FAULT);
	assert_hex(key.b, sizeof(key.b), ONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_K256(a_tweak_is_added_modulo_the_order),
		WITH_K256(a_tweaked_key_has_the_tweaked_point),
		WITH_K256(a_compressed_point_expands_to_itself),
		WITH_K256(octets_that_are_no_point_do_not_expand),
		WITH_K256(a_closed_context_adds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
