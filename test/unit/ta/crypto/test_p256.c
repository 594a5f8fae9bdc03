/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "common/sha256.h"
#include "ta/crypto/p256.h"
#include "ta/crypto/p256_point.h"
#include "test/unit/seed.h"

#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define PRIME "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define ZERO  "0000000000000000000000000000000000000000000000000000000000000000"

/* RFC 6979 A.2.5. */
#define SAMPLE_KEY \
	"c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define SAMPLE_PUB                                                         \
	"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6" \
	"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

static struct p256 p256;

static int open_all(void **state)
{
	(void)state;
	memory_tee();
	assert_int_equal(p256_open(&p256), KMS_RC_OK);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	gp_fault_set(GP_CALL_ANY, 0, 0, GP_FAULT_NONE);
	gp_tape_replay(bytes_of(NULL, 0));
	p256_clear(&p256);
	gp_posix_close();
	return 0;
}

static void new_key(struct secret32 *key, uint8_t pub[64])
{
	assert_int_equal(p256_generate(&p256, key, pub), KMS_RC_OK);
}

static void sign(uint8_t sig[64], const uint8_t digest[32],
		 const struct secret32 *key, const uint8_t pub[64])
{
	assert_int_equal(p256_sign(&p256, sig, digest, key, pub), KMS_RC_OK);
}

static void it_verifies_the_signatures_of_rfc_6979(void **state)
{
	static const struct {
		const char *text;
		const char *sig;
	} v[] = {
		{ "sample", "efd48b2aacb6a8fd1140dd9cd45e81d6"
			    "9d2c877b56aaf991c34d0ea84eaf3716"
			    "f7cb1c942d657c41d436c7a1b6e29f65"
			    "f3e900dbb9aff4064dc4ab2f843acda8" },
		{ "test", "f1abb023518351cd71d881567b1ea663"
			  "ed3efcf6c5132b354f28d3b0b7d38367"
			  "019f4113742a2b14bd25926b49c64915"
			  "5f267e60d3814b4c0cc84250e46f0083" },
	};
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t digest[32];
	size_t i = 0;

	(void)state;
	from_hex(pub, sizeof(pub), SAMPLE_PUB);
	for (i = 0; i < ARRAY_LEN(v); i++) {
		from_hex(sig, sizeof(sig), v[i].sig);
		sha256_once(digest, v[i].text, strlen(v[i].text));
		assert_int_equal(p256_verify(&p256, sig, digest, pub),
				 KMS_RC_OK);
		digest[31] ^= 1;
		assert_int_equal(p256_verify(&p256, sig, digest, pub),
				 KMS_RC_INVALID_SIGNATURE);
	}
}

static void i24_what_it_signs_verifies_and_s_is_low(void **state)
{
	struct prng p = prng_start();
	struct secret32 key;
	uint8_t pub[64];
	uint8_t digest[32];
	uint8_t sig[64];
	uint8_t lowered[32];
	size_t i = 0;

	(void)state;
	for (i = 0; i < 40; i++) {
		prng_fill(&p, digest, sizeof(digest));
		new_key(&key, pub);
		assert_true(p256_is_point(pub));
		sign(sig, digest, &key, pub);
		assert_int_equal(p256_verify(&p256, sig, digest, pub),
				 KMS_RC_OK);
		memcpy(lowered, sig + 32, 32);
		p256_lower_s(lowered);
		assert_memory_equal(lowered, sig + 32, 32);
		sig[prng_next(&p) % 64] ^= (uint8_t)(1u << prng_next(&p) % 8);
		assert_int_equal(p256_verify(&p256, sig, digest, pub),
				 KMS_RC_INVALID_SIGNATURE);
	}
}

/* One key in 256 has a coordinate that begins with a zero byte. */
static void keys_with_leading_zeroes_work(void **state)
{
	uint8_t tape[96] = { 0 };
	uint8_t digest[32] = { 1 };
	struct secret32 key;
	uint8_t pub[64];
	uint8_t sig[64];
	unsigned int found = 0;
	unsigned int i = 0;

	(void)state;
	for (i = 1; i < 1500 && found < 4; i++) {
		tape[30] = (uint8_t)(i >> 8);
		tape[31] = (uint8_t)i;
		gp_tape_replay(bytes_of(tape, sizeof(tape)));
		new_key(&key, pub);
		assert_memory_equal(key.b, tape, sizeof(key.b));
		if (pub[0] && pub[32])
			continue;
		found++;
		assert_true(p256_is_point(pub));
		sign(sig, digest, &key, pub);
	}
	assert_int_equal(found, 4);
}

static void numbers_out_of_range_are_no_signature(void **state)
{
	static const char *const bad[] = {
		ZERO,
		ORDER,
		PRIME,
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc6325"
		"52",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ff",
	};
	struct secret32 key;
	uint8_t digest[32] = { 5 };
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t forged[64];
	size_t i = 0;

	(void)state;
	new_key(&key, pub);
	sign(sig, digest, &key, pub);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		memcpy(forged, sig, 64);
		from_hex(forged, 32, bad[i]);
		assert_int_equal(p256_verify(&p256, forged, digest, pub),
				 KMS_RC_INVALID_SIGNATURE);
		memcpy(forged, sig, 64);
		from_hex(forged + 32, 32, bad[i]);
		assert_int_equal(p256_verify(&p256, forged, digest, pub),
				 KMS_RC_INVALID_SIGNATURE);
	}
}

static void the_high_twin_of_an_s_verifies_too(void **state)
{
	struct secret32 key;
	uint8_t digest[32] = { 5 };
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t low[32];

	(void)state;
	new_key(&key, pub);
	sign(sig, digest, &key, pub);
	memcpy(low, sig + 32, 32);
	negate(sig + 32, ORDER);
	assert_int_equal(p256_verify(&p256, sig, digest, pub), KMS_RC_OK);
	p256_lower_s(sig + 32);
	assert_memory_equal(sig + 32, low, 32);
}

static void digests_of_zero_and_above_the_order_are_fine(void **state)
{
	struct secret32 key;
	uint8_t digest[32] = { 0 };
	uint8_t pub[64];
	uint8_t sig[64];

	(void)state;
	new_key(&key, pub);
	sign(sig, digest, &key, pub);
	from_hex(digest, sizeof(digest), ORDER);
	assert_int_equal(p256_verify(&p256, sig, digest, pub), KMS_RC_OK);
	memset(digest, 0xff, sizeof(digest));
	sign(sig, digest, &key, pub);
}

/* OP-TEE would panic: these must never reach it. */
static void what_is_no_point_is_refused(void **state)
{
	static const char *const bad[] = {
		ZERO ZERO,
		/* off the curve by one */
		"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29f"
		"b6"
		"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d44622"
		"98",
		/* x and y swapped */
		"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d44622"
		"99"
		"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29f"
		"b6",
		/* x = 5 plus the prime: on the curve only after reduction */
		"ffffffff000000010000000000000000000000010000000000000000000000"
		"04"
		"459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fb"
		"cc",
		PRIME ZERO,
		ZERO PRIME,
	};
	uint8_t digest[32] = { 5 };
	uint8_t sig[64] = { [31] = 1, [63] = 1 };
	struct secret32 key;
	uint8_t pub[64];
	size_t i = 0;

	(void)state;
	from_hex(key.b, sizeof(key.b), SAMPLE_KEY);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		from_hex(pub, sizeof(pub), bad[i]);
		assert_false(p256_is_point(pub));
		assert_int_equal(p256_verify(&p256, sig, digest, pub),
				 KMS_RC_BAD_INPUT);
		assert_int_equal(p256_sign(&p256, sig, digest, &key, pub),
				 KMS_RC_FAULT);
	}
}

/* The smallest x from 5 on that has a point, computed in Python. */
static void a_point_of_the_curve_is_one(void **state)
{
	uint8_t pub[64];

	(void)state;
	from_hex(pub, sizeof(pub), SAMPLE_PUB);
	assert_true(p256_is_point(pub));
	from_hex(pub, sizeof(pub),
		 "0000000000000000000000000000000000000000000000000000000000000"
		 "005"
		 "459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248f"
		 "bcc");
	assert_true(p256_is_point(pub));
	pub[63] ^= 1;
	assert_false(p256_is_point(pub));
}

static void private_values_have_a_range(void **state)
{
	struct secret32 key = { 0 };
	uint8_t digest[32] = { 5 };
	uint8_t sig[64];
	uint8_t pub[64];

	(void)state;
	from_hex(pub, sizeof(pub), SAMPLE_PUB);
	assert_false(p256_is_private(&key));
	assert_int_equal(p256_sign(&p256, sig, digest, &key, pub),
			 KMS_RC_FAULT);
	from_hex(key.b, sizeof(key.b), ORDER);
	assert_false(p256_is_private(&key));
	assert_int_equal(p256_sign(&p256, sig, digest, &key, pub),
			 KMS_RC_FAULT);
	key.b[31]--;
	assert_true(p256_is_private(&key));
	memset(key.b, 0, sizeof(key.b));
	key.b[31] = 1;
	assert_true(p256_is_private(&key));
}

static void i24_a_fault_of_the_tee_releases_nothing(void **state)
{
	struct secret32 key;
	uint8_t untouched[64];
	uint8_t digest[32] = { 5 };
	uint8_t pub[64];
	uint8_t sig[64];

	(void)state;
	memset(untouched, 0xee, sizeof(untouched));
	memset(sig, 0xee, sizeof(sig));
	new_key(&key, pub);
	gp_fault_set(GP_CALL_CRYPTO, 1, 1, GP_FAULT_ERROR);
	assert_int_equal(p256_sign(&p256, sig, digest, &key, pub),
			 KMS_RC_FAULT);
	assert_memory_equal(sig, untouched, sizeof(sig));
	for (size_t bit = 0; bit < 8 * sizeof(key); bit++) {
		key.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(p256_sign(&p256, sig, digest, &key, pub),
				 KMS_RC_FAULT);
		assert_memory_equal(sig, untouched, sizeof(sig));
		key.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	sign(sig, digest, &key, pub);
	gp_fault_set(GP_CALL_KEY, 1, 1, GP_FAULT_ERROR);
	assert_int_equal(p256_generate(&p256, &key, pub), KMS_RC_FAULT);
	assert_true(ct_is_zero(key.b, sizeof(key.b)));
}

static void signing_allocates_nothing(void **state)
{
	struct secret32 key;
	uint8_t digest[32] = { 5 };
	uint8_t pub[64];
	uint8_t sig[64];
	uint64_t before = gp_heap_offences();

	(void)state;
	new_key(&key, pub);
	gp_count_reset();
	gp_heap_guard(true);
	sign(sig, digest, &key, pub);
	gp_heap_guard(false);
	assert_int_equal(gp_heap_offences(), before);
	assert_int_equal(gp_count(GP_CALL_ALLOC), 0);
	assert_int_equal(gp_count(GP_CALL_STORAGE), 0);
}

#define WITH_TEE(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TEE(it_verifies_the_signatures_of_rfc_6979),
		WITH_TEE(i24_what_it_signs_verifies_and_s_is_low),
		WITH_TEE(keys_with_leading_zeroes_work),
		WITH_TEE(numbers_out_of_range_are_no_signature),
		WITH_TEE(the_high_twin_of_an_s_verifies_too),
		WITH_TEE(digests_of_zero_and_above_the_order_are_fine),
		WITH_TEE(what_is_no_point_is_refused),
		WITH_TEE(a_point_of_the_curve_is_one),
		WITH_TEE(private_values_have_a_range),
		WITH_TEE(i24_a_fault_of_the_tee_releases_nothing),
		WITH_TEE(signing_allocates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
