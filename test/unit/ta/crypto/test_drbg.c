/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "ta/crypto/drbg.h"
#include "ta/crypto/hmac_drbg.h"

/* NIST CAVP, HMAC_DRBG.rsp, [SHA-256]; the second output is the answer. */
static const struct {
	const char *seed; /* entropy | nonce */
	const char *reseed;
	const char *reseed_extra;
	const char *extra[2];
	const char *out;
} cavp[] = {
	{ .seed = "ca851911349384bffe89de1cbdc46e68"
		  "31e44d34a4fb935ee285dd14b71a7488"
		  "659ba96c601dc69fc902940805ec0ca8",
	  .out = "e528e9abf2dece54d47c7e75e5fe3021"
		 "49f817ea9fb4bee6f4199697d04d5b89"
		 "d54fbb978a15b5c443c9ec21036d2460"
		 "b6f73ebad0dc2aba6e624abf07745bc1"
		 "07694bb7547bb0995f70de25d6b29e2d"
		 "3011bb19d27676c07162c8b5ccde0668"
		 "961df86803482cb37ed6d5c0bb8d50cf"
		 "1f50d476aa0458bdaba806f48be9dcb8" },
	{ .seed = "06032cd5eed33f39265f49ecb142c511"
		  "da9aff2af71203bffaf34a9ca5bd9c0d"
		  "0e66f71edc43e42a45ad3c6fc6cdc4df",
	  .reseed = "01920a4e669ed3a85ae8a33b35a74ad7"
		    "fb2a6bb4cf395ce00334a9c9a5a5d552",
	  .out = "76fc79fe9b50beccc991a11b5635783a"
		 "83536add03c157fb30645e611c2898bb"
		 "2b1bc215000209208cd506cb28da2a51"
		 "bdb03826aaf2bd2335d576d519160842"
		 "e7158ad0949d1a9ec3e66ea1b1a064b0"
		 "05de914eac2e9d4f2d72a8616a802254"
		 "22918250ff66a41bd2f864a6a38cc5b6"
		 "499dc43f7f2bd09e1e0f8f5885935124" },
	{ .seed = "05ac9fc4c62a02e3f90840da5616218c"
		  "6de5743d66b8e0fbf833759c5928b53d"
		  "2b89a17904922ed8f017a63044848545",
	  .reseed = "2791126b8b52ee1fd9392a0a13e0083b"
		    "ed4186dc649b739607ac70ec8dcecf9b",
	  .reseed_extra = "43bac13bae715092cf7eb280a2e10a96"
			  "2faf7233c41412f69bc74a35a584e54c",
	  .extra = { "3f2fed4b68d506ecefa21f3f5bb907be"
		     "b0f17dbc30f6ffbba5e5861408c53a1e",
		     "529030df50f410985fde068df82b935e"
		     "c23d839cb4b269414c0ede6cffea5b68" },
	  .out = "02ddff5173da2fcffa10215b030d660d"
		 "61179e61ecc22609b1151a75f1cbcbb4"
		 "363c3a89299b4b63aca5e581e73c8604"
		 "91010aa35de3337cc6c09ebec8c91a62"
		 "87586f3a74d9694b462d2720ea2e11bb"
		 "d02af33adefb4a16e6b370fa0effd57d"
		 "607547bdcfbb7831f54de7073ad2a7da"
		 "987a0016a82fa958779a168674b56524" },
};

static struct bytes optional_hex(uint8_t *buf, size_t cap, const char *hex)
{
	if (!hex)
		return bytes_of(NULL, 0);
	return bytes_of(buf, from_hex(buf, cap, hex));
}

static void the_mechanism_gives_the_answers_of_nist(void **state)
{
	struct hmac_drbg d;
	struct bytes extra;
	uint8_t a[64];
	uint8_t b[64];
	uint8_t out[128];
	size_t i = 0;
	size_t j = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cavp); i++) {
		hmac_drbg_init(&d, optional_hex(a, sizeof(a), cavp[i].seed),
			       bytes_of(NULL, 0));
		extra = optional_hex(b, sizeof(b), cavp[i].reseed_extra);
		if (cavp[i].reseed)
			hmac_drbg_reseed(
				&d, optional_hex(a, sizeof(a), cavp[i].reseed),
				extra);
		for (j = 0; j < 2; j++) {
			extra = optional_hex(b, sizeof(b), cavp[i].extra[j]);
			hmac_drbg_generate(&d, out, sizeof(out), extra);
		}
		assert_hex(out, sizeof(out), cavp[i].out);
	}
}

static int open_tee(void **state)
{
	(void)state;
	memory_tee();
	return 0;
}

static int close_tee(void **state)
{
	(void)state;
	gp_fault_set(GP_CALL_RANDOM, 0, 0, GP_FAULT_NONE);
	gp_tape_replay(bytes_of(NULL, 0));
	gp_posix_close();
	return 0;
}

static void two_generators_differ_with_the_same_host_entropy(void **state)
{
	struct bytes constant = bytes_of("all the host has to say", 23);
	struct drbg a;
	struct drbg b;
	uint8_t x[32];
	uint8_t y[32];

	(void)state;
	assert_int_equal(drbg_open(&a, constant), KMS_RC_OK);
	assert_int_equal(drbg_open(&b, constant), KMS_RC_OK);
	assert_int_equal(drbg_bytes(&a, x, sizeof(x)), KMS_RC_OK);
	assert_int_equal(drbg_bytes(&b, y, sizeof(y)), KMS_RC_OK);
	assert_memory_not_equal(x, y, sizeof(x));
}

static void host_entropy_is_mixed_in(void **state)
{
	struct bytes tape;
	uint8_t copy[64];
	uint8_t x[32];
	uint8_t y[32];
	struct drbg a;
	struct drbg b;

	(void)state;
	gp_tape_record();
	assert_int_equal(drbg_open(&a, bytes_of("one", 3)), KMS_RC_OK);
	tape = gp_tape_stop();
	assert_int_equal(tape.len, sizeof(copy));
	memcpy(copy, tape.ptr, sizeof(copy));
	gp_tape_replay(bytes_of(copy, sizeof(copy)));
	assert_int_equal(drbg_open(&b, bytes_of("two", 3)), KMS_RC_OK);
	assert_int_equal(drbg_bytes(&a, x, sizeof(x)), KMS_RC_OK);
	assert_int_equal(drbg_bytes(&b, y, sizeof(y)), KMS_RC_OK);
	assert_memory_not_equal(x, y, sizeof(x));
	gp_tape_replay(bytes_of(copy, sizeof(copy)));
	assert_int_equal(drbg_open(&b, bytes_of("one", 3)), KMS_RC_OK);
	assert_int_equal(drbg_bytes(&b, y, sizeof(y)), KMS_RC_OK);
	assert_memory_equal(x, y, sizeof(x));
}

static void a_stuck_source_is_refused_for_good(void **state)
{
	static const uint8_t zero[32];
	struct drbg d;
	uint8_t out[32] = { 1 };

	(void)state;
	assert_int_equal(drbg_open(&d, bytes_of(NULL, 0)), KMS_RC_OK);
	gp_fault_set(GP_CALL_RANDOM, 1, 1, GP_FAULT_STUCK);
	assert_int_equal(drbg_reseed(&d, bytes_of("fine", 4)), KMS_RC_ENTROPY);
	assert_int_equal(drbg_bytes(&d, out, sizeof(out)), KMS_RC_ENTROPY);
	assert_memory_equal(out, zero, sizeof(out));
	assert_int_equal(drbg_reseed(&d, bytes_of(NULL, 0)), KMS_RC_ENTROPY);
	assert_int_equal(drbg_bytes(&d, out, sizeof(out)), KMS_RC_ENTROPY);
	assert_true(d.failed);
}

/* Seeds no honest source gives; host entropy does not make up for them. */
static void a_seed_without_life_is_refused(void **state)
{
	uint8_t seed[64];
	struct drbg d;
	size_t kind = 0;
	size_t i = 0;

	(void)state;
	for (kind = 0; kind < 5; kind++) {
		for (i = 0; i < sizeof(seed); i++)
			seed[i] = (uint8_t)(i * 37 + 11);
		if (kind == 0)
			memset(seed, 0, sizeof(seed));
		else if (kind == 1)
			memset(seed, 0xff, sizeof(seed));
		else if (kind == 2)
			memcpy(seed + 32, seed, 32);
		else if (kind == 3)
			memset(seed + 20, 0xa5, 8);
		else
			for (i = 0; i < sizeof(seed); i += 2)
				seed[i] = 0x5a;
		gp_tape_replay(bytes_of(seed, sizeof(seed)));
		assert_int_equal(drbg_open(&d, bytes_of("entropy", 7)),
				 KMS_RC_ENTROPY);
		assert_false(d.ready);
	}
}

static void a_source_that_starts_over_is_noticed_at_the_next_seed(void **state)
{
	uint8_t seeds[128];
	struct drbg d;
	size_t i = 0;

	(void)state;
	for (i = 0; i < 64; i++)
		seeds[i] = (uint8_t)(i * 37 + 11);
	memcpy(seeds + 64, seeds, 64);
	gp_tape_replay(bytes_of(seeds, sizeof(seeds)));
	assert_int_equal(drbg_open(&d, bytes_of(NULL, 0)), KMS_RC_OK);
	assert_int_equal(drbg_reseed(&d, bytes_of(NULL, 0)), KMS_RC_ENTROPY);
}

/* Any half of the first, or the same twice, wherever it stands. */
static void each_repeated_half_is_noticed(void **state)
{
	uint8_t seeds[128];
	struct drbg d;
	size_t which = 0;
	size_t i = 0;

	(void)state;
	for (which = 0; which < 4; which++) {
		for (i = 0; i < sizeof(seeds); i++)
			seeds[i] = (uint8_t)(i * i * 37 + i * 11);
		memcpy(seeds + 64 + which % 2 * 32, seeds + which / 2 * 32, 32);
		gp_tape_replay(bytes_of(seeds, sizeof(seeds)));
		assert_int_equal(drbg_open(&d, bytes_of(NULL, 0)), KMS_RC_OK);
		assert_int_equal(drbg_reseed(&d, bytes_of(NULL, 0)),
				 KMS_RC_ENTROPY);
	}
}

/* Who reads the memory later must not get the state it began with. */
static void no_part_of_a_seed_is_kept(void **state)
{
	struct bytes tape;
	struct drbg d;
	size_t i = 0;

	(void)state;
	gp_tape_record();
	assert_int_equal(drbg_open(&d, bytes_of(NULL, 0)), KMS_RC_OK);
	assert_int_equal(drbg_reseed(&d, bytes_of(NULL, 0)), KMS_RC_OK);
	tape = gp_tape_stop();
	assert_int_equal(tape.len, 128);
	for (i = 0; i + 8 <= tape.len; i++)
		assert_null(memmem(&d, sizeof(d), tape.ptr + i, 8));
}

static void it_reseeds_itself_every_65536_requests(void **state)
{
	struct drbg d;
	uint8_t out[1];
	uint32_t i = 0;

	(void)state;
	assert_int_equal(drbg_open(&d, bytes_of(NULL, 0)), KMS_RC_OK);
	gp_count_reset();
	for (i = 0; i < 65536; i++)
		assert_int_equal(drbg_bytes(&d, out, 1), KMS_RC_OK);
	assert_int_equal(gp_count(GP_CALL_RANDOM), 0);
	assert_int_equal(drbg_bytes(&d, out, 1), KMS_RC_OK);
	assert_int_equal(gp_count(GP_CALL_RANDOM), 1);
	d.requests = 65536;
	gp_fault_set(GP_CALL_RANDOM, 1, UINT64_MAX, GP_FAULT_STUCK);
	assert_int_equal(drbg_bytes(&d, out, 1), KMS_RC_ENTROPY);
}

static void an_unopened_generator_refuses(void **state)
{
	struct drbg d = { 0 };
	uint8_t out[8] = { 7 };

	(void)state;
	assert_int_equal(drbg_bytes(&d, out, sizeof(out)), KMS_RC_ENTROPY);
	assert_int_equal(out[0], 0);
	assert_int_equal(drbg_reseed(&d, bytes_of(NULL, 0)), KMS_RC_ENTROPY);
}

#define WITH_TEE(f) cmocka_unit_test_setup_teardown(f, open_tee, close_tee)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_mechanism_gives_the_answers_of_nist),
		WITH_TEE(two_generators_differ_with_the_same_host_entropy),
		WITH_TEE(host_entropy_is_mixed_in),
		WITH_TEE(a_stuck_source_is_refused_for_good),
		WITH_TEE(a_seed_without_life_is_refused),
		WITH_TEE(a_source_that_starts_over_is_noticed_at_the_next_seed),
		WITH_TEE(each_repeated_half_is_noticed),
		WITH_TEE(no_part_of_a_seed_is_kept),
		WITH_TEE(it_reseeds_itself_every_65536_requests),
		WITH_TEE(an_unopened_generator_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
