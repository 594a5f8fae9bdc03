/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I17: entropy of the host alone never determines a key; without entropy of
 * the TEE there is none.
 */
#include "test/property/mh.h"

#include <string.h>

#define LIVES	 16
#define TAPE_LEN 4096

/* What chance decides in the life of a domain. */
struct made {
	uint8_t domain_id[KEYS_DOMAIN_ID_LEN];
	uint8_t root[32];
	uint8_t uuid[ABI_UUID_LEN];
	uint8_t public_key[64];
	uint8_t salt[RECORD_SALT_LEN];
};

static void live(void *arg)
{
	struct fixture *f = arg;

	instance_start_fast(&f->one, 1);
}

/* A new TEE with this tape, provisioned and used with this host entropy. */
static void live_once(struct fixture *f, struct made *m, struct bytes tape,
		      struct bytes host_entropy)
{
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	instance_kill(&f->one);
	world_close();
	world_open(true);
	gp_tape_replay(tape);
	assert_int_equal(world_try(live, f), WORLD_DONE);
	host_init(&f->host, instance_send, &f->one, 0);
	assert_ok(host_provision(&f->host, FIXTURE_SHARDS, host_entropy));
	assert_ok(host_recover(&f->host, false));
	op.entropy = host_entropy;
	assert_ok(host_apply(&f->host, &op, 1));
	memcpy(m->domain_id, f->one.ta.keys.domain_id, sizeof(m->domain_id));
	memcpy(m->root, f->one.ta.keys.root.b, sizeof(m->root));
	memcpy(m->uuid, f->host.db.keys[0].uuid, sizeof(m->uuid));
	memcpy(m->public_key, f->host.db.keys[0].public_key, 64);
	memcpy(m->salt, f->host.db.blobs[0].bytes + RECORD_HEADER_LEN,
	       sizeof(m->salt));
	gp_tape_replay((struct bytes){ 0 });
}

/* Nothing of the two lives is the same. */
static void check_differ(const struct made *a, const struct made *b)
{
	assert_memory_not_equal(a->domain_id, b->domain_id, 16);
	assert_memory_not_equal(a->root, b->root, 32);
	assert_memory_not_equal(a->uuid, b->uuid, ABI_UUID_LEN);
	assert_memory_not_equal(a->public_key, b->public_key, 64);
	assert_memory_not_equal(a->salt, b->salt, RECORD_SALT_LEN);
}

static void i17_constant_host_entropy_determines_nothing(void **state)
{
	static struct made lives[LIVES];
	static const uint8_t constant[64] = "chosen by the host";
	struct fixture *f = *state;
	uint8_t tape[TAPE_LEN];

	for (size_t i = 0; i < LIVES; i++) {
		prng_fill(&f->prng, tape, sizeof(tape));
		live_once(f, &lives[i], bytes_of(tape, sizeof(tape)),
			  bytes_of(constant, sizeof(constant)));
		for (size_t j = 0; j < i; j++)
			check_differ(&lives[i], &lives[j]);
	}
}

/* Mixed in: it changes what is made, and adds to a tape that repeats. */
static void i17_host_entropy_is_mixed_in(void **state)
{
	static struct made lives[LIVES];
	struct fixture *f = *state;
	uint8_t tape[TAPE_LEN];
	struct made again;
	uint8_t host[64] = { 0 };

	prng_fill(&f->prng, tape, sizeof(tape));
	for (size_t i = 0; i < LIVES; i++) {
		host[63] = (uint8_t)i;
		live_once(f, &lives[i], bytes_of(tape, sizeof(tape)),
			  bytes_of(host, sizeof(host)));
		for (size_t j = 0; j < i; j++)
			check_differ(&lives[i], &lives[j]);
	}
	/* And the tape was all the chance there is. */
	live_once(f, &again, bytes_of(tape, sizeof(tape)),
		  bytes_of(host, sizeof(host)));
	assert_memory_equal(&again, &lives[LIVES - 1], sizeof(again));
}

/* However much the host brings: the TEE is asked for as much as without. */
static void i17_host_entropy_replaces_no_draw_of_the_tee(void **state)
{
	struct fixture *f = *state;
	uint8_t host[64] = { 7 };
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	struct bytes tape;

	for (size_t len = 1; len <= sizeof(host); len += 9) {
		op.entropy = bytes_of(host, len);
		gp_tape_record();
		assert_ok(host_apply(&f->host, &op, 1));
		tape = gp_tape_stop();
		assert_true(tape.len >= 64);
	}
}

/* --- a generator that fails ----------------------------------------------- */

static enum kms_rc create_key(struct fixture *f)
{
	static const uint8_t host[64] = "entropy of the host does not help";
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	op.entropy = bytes_of(host, sizeof(host));
	return host_prepare(&f->host, &op, 1);
}

static void i17_a_generator_that_stands_still_makes_no_key(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 1);
	gp_fault_set(GP_CALL_RANDOM, 1, UINT64_MAX, GP_FAULT_STUCK);
	for (int i = 0; i < 3; i++)
		assert_rc(create_key(f), KMS_RC_ENTROPY);
	/* Once failed, the instance makes nothing even when it moves again. */
	gp_fault_set(GP_CALL_RANDOM, 0, 0, GP_FAULT_NONE);
	assert_rc(create_key(f), KMS_RC_ENTROPY);
	assert_int_equal(f->host.db.seq, 1);
	fixture_restart(f);
	assert_ok(create_key(f));
}

static void i17_a_generator_that_stands_still_makes_no_domain(void **state)
{
	struct fixture *f = *state;
	uint8_t before[SHA256_LEN];
	uint8_t after[SHA256_LEN];

	gp_storage_digest(before);
	gp_fault_set(GP_CALL_RANDOM, 1, UINT64_MAX, GP_FAULT_STUCK);
	assert_rc(host_provision(&f->host, FIXTURE_SHARDS, (struct bytes){ 0 }),
		  KMS_RC_ENTROPY);
	gp_storage_digest(after);
	assert_memory_equal(before, after, sizeof(before));
	assert_false(f->one.ta.keys.has_root);
	/* A new instance knows no seed yet, and finds out at the second. */
	instance_kill(&f->one);
	instance_start(&f->one, 1);
	assert_rc(host_provision(&f->host, FIXTURE_SHARDS, (struct bytes){ 0 }),
		  KMS_RC_ENTROPY);
	gp_storage_digest(after);
	assert_memory_equal(before, after, sizeof(before));
}

/* A tape of one repeated block, for blocks that divide a seed and others. */
static void i17_repeated_blocks_are_no_entropy(void **state)
{
	static const size_t blocks[] = { 1, 2, 4, 8, 16, 32, 64 };
	struct fixture *f = *state;
	static uint8_t tape[TAPE_LEN];

	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		prng_fill(&f->prng, tape, blocks[i]);
		for (size_t at = blocks[i]; at < sizeof(tape); at++)
			tape[at] = tape[at - blocks[i]];
		fixture_restart(f);
		f->one.ta.crypto.drbg.requests = UINT32_MAX;
		gp_tape_replay(bytes_of(tape, sizeof(tape)));
		/* A block of a whole seed shows itself at the second one. */
		if (blocks[i] == 64)
			assert_ok(drbg_reseed(&f->one.ta.crypto.drbg,
					      (struct bytes){ 0 }));
		assert_rc(create_key(f), KMS_RC_ENTROPY);
		gp_tape_replay((struct bytes){ 0 });
	}
}

static void try_to_create(void *arg)
{
	(void)create_key(arg);
}

/* GP has no error for randomness: the TEE stops the TA, and nothing is made. */
static void i17_a_generator_that_fails_stops_the_ta(void **state)
{
	struct fixture *f = *state;
	uint8_t before[SHA256_LEN];
	uint8_t after[SHA256_LEN];

	fixture_keys(f, 1);
	gp_storage_digest(before);
	gp_fault_set(GP_CALL_RANDOM, 1, 1, GP_FAULT_ERROR);
	assert_int_equal(world_try(try_to_create, f), WORLD_PANIC);
	gp_storage_digest(after);
	assert_memory_equal(before, after, sizeof(before));
	fixture_restart(f);
	fixture_check_signs(f, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(i17_constant_host_entropy_determines_nothing),
		fixture_test(i17_host_entropy_is_mixed_in),
		fixture_test(i17_host_entropy_replaces_no_draw_of_the_tee),
		fixture_test(i17_a_generator_that_stands_still_makes_no_key),
		cmocka_unit_test_setup_teardown(
			i17_a_generator_that_stands_still_makes_no_domain,
			fixture_open_blank, fixture_close),
		fixture_test(i17_repeated_blocks_are_no_entropy),
		fixture_test(i17_a_generator_that_fails_stops_the_ta),
	};

	return cmocka_run_group_tests_name("entropy", tests, NULL, NULL);
}
