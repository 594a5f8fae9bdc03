/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "ta/crypto/aead.h"
#include "test/unit/seed.h"

static struct aead aead;

static int open_all(void **state)
{
	(void)state;
	memory_tee();
	assert_int_equal(aead_start(&aead), KMS_RC_OK);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	gp_fault_set(GP_CALL_ANY, 0, 0, GP_FAULT_NONE);
	aead_clear(&aead);
	gp_posix_close();
	return 0;
}

/* "The Galois/Counter Mode of Operation (GCM)", test cases 13 and 14. */
static void it_gives_the_answers_of_the_gcm_specification(void **state)
{
	static const struct secret32 key;
	static const uint8_t zero[16];
	struct bytes none = { 0 };
	uint8_t out[16];
	uint8_t tag[16];

	(void)state;
	assert_int_equal(aead_seal(&aead, out, tag, &key, none, none),
			 KMS_RC_OK);
	assert_hex(tag, 16, "530f8afbc74536b9a963b4f1c4cb738b");
	assert_int_equal(
		aead_seal(&aead, out, tag, &key, none, bytes_of(zero, 16)),
		KMS_RC_OK);
	assert_hex(out, 16, "cea7403d4d606b6e074ec5d3baf39d18");
	assert_hex(tag, 16, "d0d1c8a799996bf0265b98b5d48ab919");
}

/* Computed with another AES-256-GCM (Python's cryptography). */
static void it_binds_the_additional_data_as_others_do(void **state)
{
	struct secret32 key;
	uint8_t aad[48];
	uint8_t plain[100];
	uint8_t out[100];
	uint8_t tag[16];
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(plain); i++) {
		key.b[i % 32] = (uint8_t)(i % 32);
		aad[i % 48] = (uint8_t)(0x80 + i % 48);
		plain[i] = (uint8_t)(i * 3);
	}
	assert_int_equal(aead_seal(&aead, out, tag, &key, bytes_of(aad, 48),
				   bytes_of(plain, 100)),
			 KMS_RC_OK);
	assert_hex(out, 16, "0ebfb3d7b92391a810b3b7143c0bbbb4");
	assert_hex(tag, 16, "1d1e234112d61d7616c583d451bc0c72");
}

static void what_was_sealed_opens_at_every_length(void **state)
{
	struct prng p = prng_start();
	struct secret32 key;
	uint8_t plain[300];
	uint8_t out[300];
	uint8_t back[300];
	uint8_t tag[16];
	struct bytes aad;
	size_t len = 0;

	(void)state;
	for (len = 0; len <= sizeof(plain); len += 1 + len / 8) {
		prng_fill(&p, plain, sizeof(plain));
		prng_fill(&p, key.b, sizeof(key.b));
		aad = bytes_of(plain, len % 49);
		assert_int_equal(aead_seal(&aead, out, tag, &key, aad,
					   bytes_of(plain, len)),
				 KMS_RC_OK);
		assert_int_equal(aead_unseal(&aead, back, &key, aad,
					     bytes_of(out, len), tag),
				 KMS_RC_OK);
		assert_memory_equal(back, plain, len);
	}
}

/* After each refusal the same handles must still work. */
static void any_changed_bit_is_refused_and_nothing_is_left(void **state)
{
	static const uint8_t zero[24];
	struct secret32 key = { .b = { 1, 2, 3 } };
	uint8_t blob[8 + 24 + 16] = "headerAA the plain text itself.";
	uint8_t back[24];
	uint8_t plain[24];
	size_t bit = 0;
	enum kms_rc rc = KMS_RC_OK;

	(void)state;
	memcpy(plain, blob + 8, sizeof(plain));
	assert_int_equal(aead_seal(&aead, blob + 8, blob + 32, &key,
				   bytes_of(blob, 8), bytes_of(plain, 24)),
			 KMS_RC_OK);
	for (bit = 0; bit < 8 * sizeof(blob); bit++) {
		blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
		memset(back, 0xee, sizeof(back));
		rc = aead_unseal(&aead, back, &key, bytes_of(blob, 8),
				 bytes_of(blob + 8, 24), blob + 32);
		assert_int_equal(rc, KMS_RC_BAD_PROOF);
		assert_memory_equal(back, zero, sizeof(zero));
		blob[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	key.b[31] ^= 1;
	assert_int_equal(aead_unseal(&aead, back, &key, bytes_of(blob, 8),
				     bytes_of(blob + 8, 24), blob + 32),
			 KMS_RC_BAD_PROOF);
	key.b[31] ^= 1;
	assert_int_equal(aead_unseal(&aead, back, &key, bytes_of(blob, 8),
				     bytes_of(blob + 8, 24), blob + 32),
			 KMS_RC_OK);
	assert_memory_equal(back, plain, sizeof(plain));
}

static void sealing_allocates_nothing(void **state)
{
	struct secret32 key = { .b = { 9 } };
	uint8_t text[64] = { 0 };
	uint8_t tag[16];
	uint64_t before = gp_heap_offences();

	(void)state;
	gp_count_reset();
	gp_heap_guard(true);
	assert_int_equal(aead_seal(&aead, text, tag, &key, bytes_of("a", 1),
				   bytes_of("text", 4)),
			 KMS_RC_OK);
	assert_int_equal(aead_unseal(&aead, text + 8, &key, bytes_of("a", 1),
				     bytes_of(text, 4), tag),
			 KMS_RC_OK);
	gp_heap_guard(false);
	assert_int_equal(gp_heap_offences(), before);
	assert_int_equal(gp_count(GP_CALL_ALLOC), 0);
	assert_int_equal(gp_count(GP_CALL_STORAGE), 0);
}

static void an_allocation_that_fails_leaves_nothing_behind(void **state)
{
	struct aead second;
	struct secret32 key = { 0 };
	uint8_t out[1];
	uint8_t tag[16];
	uint64_t nth = 0;

	(void)state;
	for (nth = 1; nth <= 3; nth++) {
		gp_fault_set(GP_CALL_ALLOC, nth, 1, GP_FAULT_ERROR);
		assert_int_equal(aead_start(&second), KMS_RC_FAULT);
		assert_null(second.seal_op);
		assert_null(second.key);
		assert_int_equal(aead_seal(&second, out, tag, &key,
					   bytes_of(NULL, 0),
					   bytes_of(NULL, 0)),
				 KMS_RC_FAULT);
	}
}

static void a_repeated_key_is_what_the_watch_counts(void **state)
{
	struct secret32 key = { .b = { 3 } };
	uint8_t out[4];
	uint8_t tag[16];
	uint64_t before = gp_aead_repeats();

	(void)state;
	gp_aead_watch(true);
	assert_int_equal(aead_seal(&aead, out, tag, &key, bytes_of(NULL, 0),
				   bytes_of("1234", 4)),
			 KMS_RC_OK);
	assert_int_equal(gp_aead_repeats(), before);
	assert_int_equal(aead_seal(&aead, out, tag, &key, bytes_of(NULL, 0),
				   bytes_of("5678", 4)),
			 KMS_RC_OK);
	gp_aead_watch(false);
	assert_int_equal(gp_aead_repeats(), before + 1);
}

#define WITH_TEE(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TEE(it_gives_the_answers_of_the_gcm_specification),
		WITH_TEE(it_binds_the_additional_data_as_others_do),
		WITH_TEE(what_was_sealed_opens_at_every_length),
		WITH_TEE(any_changed_bit_is_refused_and_nothing_is_left),
		WITH_TEE(sealing_allocates_nothing),
		WITH_TEE(an_allocation_that_fails_leaves_nothing_behind),
		WITH_TEE(a_repeated_key_is_what_the_watch_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
