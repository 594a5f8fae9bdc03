/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I4: no power cut loses or invents a change, also inside recovery. States
 * are recovered from in 10^4 workloads, cuts are made 2000 times.
 *
 * KMS_TEST_LONG=1: 10^5 workloads, 10^5 cuts.
 */
#include "test/property/pc_cut.h"

#include <stdio.h>
#include <stdlib.h>

/* 0 or 1: KMS_TEST_LONG. */
static unsigned int wanted(unsigned int usual, unsigned int in_long_mode)
{
	const char *more = getenv("KMS_TEST_LONG");

	return more && *more == '1' ? in_long_mode : usual;
}

static void i4_no_cut_at_any_call_loses_or_invents_a_change(void **state)
{
	struct run r = { 0 };
	unsigned int workloads = 0;
	unsigned int runs = 0;

	run_begin(&r, *state);
	for (; runs < wanted(2000, 100000); workloads++)
		runs += cut_everywhere(&r, prng_next(&r.f->prng));
	printf("# %u cuts of %u workloads\n", runs, workloads);
	run_end(&r);
}

static void i4_no_cut_of_any_workload_loses_or_invents_a_change(void **state)
{
	struct run r = { 0 };
	unsigned int workloads = wanted(10000, 100000);
	size_t cuts = 0;

	run_begin(&r, *state);
	for (unsigned int i = 0; i < workloads; i++)
		cuts += cut_after_each_write(&r);
	printf("# %zu cuts of %u workloads\n", cuts, workloads);
	run_end(&r);
}

/* A wallet and its vault come and go as one, and so do their passkeys. */
static void i4_no_power_cut_halves_a_wallet(void **state)
{
	static struct passkey owners[OWNERS];
	static struct run r;
	unsigned int workloads = 0;
	unsigned int runs = 0;

	for (uint8_t i = 0; i < OWNERS; i++)
		passkey_init(&owners[i], i);
	r.owners = owners;
	run_begin(&r, *state);
	for (; runs < wanted(1000, 20000); workloads++)
		runs += cut_everywhere(&r, prng_next(&r.f->prng));
	printf("# %u runs of %u workloads\n", runs, workloads);
	run_end(&r);
	for (size_t i = 0; i < OWNERS; i++)
		passkey_clear(&owners[i]);
}

/* So that the harness is known to find what it looks for. */
static void i4_a_host_that_writes_the_anchor_first_is_caught(void **state)
{
	struct run r = { .anchor_first = true };

	run_begin(&r, *state);
	/* Nothing is lost of a workload whose changes are all refused. */
	for (int i = 0; !r.lost && i < 16; i++)
		cut_everywhere(&r, prng_next(&r.f->prng));
	assert_true(r.lost > 0);
	run_end(&r);
}

static void provision(void *arg)
{
	struct fixture *f = arg;

	assert_ok(
		host_provision(&f->host, FIXTURE_SHARDS, (struct bytes){ 0 }));
}

/* Whatever was cut, PROVISION can be done again, or is done. */
static void
i4_a_cut_in_provisioning_leaves_a_tee_that_can_be_provisioned(void **state)
{
	static const enum gp_fault cuts[] = { GP_FAULT_CUT_BEFORE,
					      GP_FAULT_CUT_DURING,
					      GP_FAULT_CUT_AFTER };
	struct fixture *f = *state;
	struct gp_snapshot *blank = gp_storage_snapshot();
	enum kms_rc rc = KMS_RC_INTERNAL;
	uint64_t at = 1;
	bool cut = true;

	for (size_t how = 0; how < ARRAY_LEN(cuts); how++) {
		for (at = 1, cut = true; cut; at++) {
			instance_kill(&f->one);
			gp_storage_restore(blank,
					   GP_MEDIUM_REE | GP_MEDIUM_RPMB);
			instance_start_fast(&f->one, 1);
			host_init(&f->host, instance_send, &f->one, 0);
			gp_fault_set(GP_CALL_ANY, at, 1, cuts[how]);
			cut = world_try(provision, f) == WORLD_CUT;
			gp_fault_set(GP_CALL_ANY, 0, 0, GP_FAULT_NONE);
			if (!cut)
				break;
			instance_kill(&f->one);
			instance_start_fast(&f->one, 1);
			rc = host_provision(&f->host, FIXTURE_SHARDS,
					    (struct bytes){ 0 });
			assert_true(!rc || rc == KMS_RC_PROVISIONED);
			assert_ok(host_recover(&f->host, false));
			fixture_check_signs(f,
					    fixture_key(f, KEY_SPEC_SECP256K1));
		}
		assert_true(at > 10);
	}
	gp_snapshot_free(&blank);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(i4_no_power_cut_halves_a_wallet),
		fixture_test(
			i4_no_cut_of_any_workload_loses_or_invents_a_change),
		fixture_test(i4_no_cut_at_any_call_loses_or_invents_a_change),
		fixture_test(i4_a_host_that_writes_the_anchor_first_is_caught),
		cmocka_unit_test_setup_teardown(
			i4_a_cut_in_provisioning_leaves_a_tee_that_can_be_provisioned,
			fixture_open_blank, fixture_close),
	};

	return cmocka_run_group_tests_name("power cuts", tests, NULL, NULL);
}
