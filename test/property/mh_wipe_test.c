/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I23: secrets are wiped on every exit path.
 *
 * After each command the stack it ran on and all variables of the program are
 * searched, but for where the TA means to keep a secret.
 */
#include "test/property/mh.h"

#include <string.h>

static struct fixture *fixture;
static unsigned int looks;

static void learn(struct bytes out)
{
	if (!fixture->one.alive || !fixture->one.ta.ready)
		return;
	mh_taint_learn(&fixture->one);
	mh_taint_learn_generator(&fixture->one);
	mh_taint_learn_blobs(&fixture->one, out);
}

static enum kms_rc send_searched(void *arg, uint16_t cmd, struct bytes request,
				 struct bytes state, struct buf *rsp,
				 struct buf *out)
{
	struct instance *i = arg;
	struct bytes used = { 0 };
	enum kms_rc rc = mh_stack_send(i, cmd, request, state, rsp, out);

	/* The memory of a TA that panicked is gone, and so is this one's. */
	if (!i->alive)
		return rc;
	learn(bytes_of(out->ptr, out->len));
	used = mh_stack_memory();
	looks++;
	if (mh_taint_find(used.ptr, used.len))
		fail_msg("%s leaves a secret on its stack", abi_cmd_name(cmd));
	if (mh_taint_in_memory(fixture, false))
		fail_msg("%s leaves a secret in memory", abi_cmd_name(cmd));
	return rc;
}

static int open_searched(void **state)
{
	fixture_open(state);
	fixture = *state;
	fixture->host.send = send_searched;
	mh_taint_open();
	looks = 0;
	return 0;
}

static int close_searched(void **state)
{
	mh_taint_close();
	return fixture_close(state);
}

static void i23_no_command_leaves_a_secret_behind(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 150; i++) {
		if (prng_below(&f->prng, 2))
			mh_act(f);
		else
			mh_attack(f);
	}
	assert_true(looks > 150);
}

/* One thing of each kind, and whatever comes of it. */
static void one_of_each(struct fixture *f)
{
	struct host *h = &f->host;
	struct host_op ops[3] = {
		host_create(KEY_SPEC_SECP256K1), host_create(KEY_SPEC_P256),
		host_change(h, 0, OP_SET_STATE, KEY_STATE_ENABLED)
	};
	static const uint8_t digest[32] = { 5 };
	struct host_signature s = { 0 };
	uint64_t slots[] = { 0, 1 };
	uint8_t random[64] = { 0 };

	(void)host_random(h, random, sizeof(random));
	(void)host_warm(h, slots, 2);
	(void)host_sign(h, 0, digest, &s);
	(void)host_sign(h, 1, digest, &s);
	if (host_prepare(h, ops, 3))
		return;
	host_store(h);
	if (!host_commit(h))
		host_finish(h);
	else
		host_drop(h);
}

/*
 * The nth call into the TEE of that kind fails, for every n that one_of_each()
 * gets to when nothing fails (n 0).
 */
static void errors_everywhere(struct fixture *f, enum gp_call kind)
{
	uint64_t calls = 0;

	for (uint64_t at = 0; at <= calls; at++) {
		instance_kill(&f->one);
		instance_start_fast(&f->one, 1);
		assert_ok(host_recover(&f->host, false));
		gp_count_reset();
		gp_fault_set(kind, at, 1, GP_FAULT_ERROR);
		one_of_each(f);
		gp_fault_set(kind, 0, 0, GP_FAULT_NONE);
		if (!at)
			calls = gp_count(kind);
	}
}

static void i23_no_error_leaves_a_secret_behind(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 2);
	for (int kind = 0; kind < GP_CALL_KINDS; kind++)
		errors_everywhere(f, (enum gp_call)kind);
	printf("# %u commands\n", looks);
	assert_true(looks > 200);
}

/* What is deleted is nowhere, not even where secrets may be. */
static void i23_a_deleted_key_is_nowhere_in_the_ta(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	/* The one secret that is learned is this key. */
	h->send = instance_send;
	assert_ok(host_apply(h, &op, 1));
	assert_ok(host_prepare(h, &op, 1));
	mh_taint_learn_blobs(&f->one, bytes_of(h->out.ptr, h->out.len));
	host_store(h);
	assert_ok(host_commit(h));
	host_finish(h);
	fixture_check_signs(f, 1);
	assert_non_null(mh_taint_in_memory(f, true));
	assert_ok(fixture_delete(f, 1));
	assert_null(mh_taint_in_memory(f, true));
}

/* More keys than the cache has room for: the first ones have left it. */
static void i23_an_evicted_key_is_nowhere_in_the_ta(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	h->send = instance_send;
	assert_ok(host_prepare(h, &op, 1));
	mh_taint_learn_blobs(&f->one, bytes_of(h->out.ptr, h->out.len));
	host_store(h);
	assert_ok(host_commit(h));
	host_finish(h);
	fixture_check_signs(f, 0);
	assert_non_null(mh_taint_in_memory(f, true));
	fixture_keys(f, LRU_SETS * LRU_WAYS);
	/* Its set of the cache, as often as it takes. */
	for (uint64_t slot = LRU_SETS; slot <= LRU_SETS * LRU_WAYS;
	     slot += LRU_SETS)
		fixture_check_signs(f, slot);
	assert_null(mh_taint_in_memory(f, true));
}

static void i23_a_closed_ta_holds_no_secret(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 4);
	for (uint64_t slot = 0; slot < 4; slot++)
		fixture_check_signs(f, slot);
	assert_non_null(mh_taint_in_memory(f, true));
	instance_stop(&f->one);
	assert_null(mh_taint_in_memory(f, true));
}

/* What a command might do that has no wiping and no scrubbing behind it. */
__attribute__((noinline)) static void
leave_on_stack(void *arg, struct bytes request, struct bytes state,
	       struct bytes rsp, struct bytes out)
{
	const struct fixture *f = arg;
	uint8_t here[32];

	(void)request;
	(void)state;
	(void)rsp;
	(void)out;
	memcpy(here, f->one.ta.keys.root.b, sizeof(here));
	__asm__ volatile("" : : "r"(here) : "memory");
}

static void i23_the_search_finds_what_is_left_on_a_stack(void **state)
{
	struct fixture *f = *state;
	struct abi_info_rsp info = { 0 };
	struct bytes used = { 0 };

	mh_taint_learn(&f->one);
	f->host.send = mh_stack_send;
	for (int leave = 0; leave < 2; leave++) {
		f->one.watch = leave ? leave_on_stack : NULL;
		f->one.watch_arg = f;
		assert_ok(host_info(&f->host, &info));
		used = mh_stack_memory();
		assert_int_equal(mh_taint_find(used.ptr, used.len) != NULL,
				 leave);
	}
}

#define searched_test(name) \
	cmocka_unit_test_setup_teardown(name, open_searched, close_searched)

int main(void)
{
	const struct CMUnitTest tests[] = {
		searched_test(i23_the_search_finds_what_is_left_on_a_stack),
		searched_test(i23_no_command_leaves_a_secret_behind),
		searched_test(i23_no_error_leaves_a_secret_behind),
		searched_test(i23_a_deleted_key_is_nowhere_in_the_ta),
		searched_test(i23_an_evicted_key_is_nowhere_in_the_ta),
		searched_test(i23_a_closed_ta_holds_no_secret),
	};

	return cmocka_run_group_tests_name("wiping", tests, NULL, NULL);
}
