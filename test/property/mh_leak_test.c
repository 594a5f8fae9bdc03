/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I1: no byte of a key ever leaves the TA, in no answer and in no storage.
 *
 * Every secret the TA has is learned from its memory and from the tape of its
 * random generator; then all that it gives away is searched for any eight
 * bytes of one.
 */
#include "test/property/mh.h"

#include "ta/cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

#define STEPS 10000

struct leak {
	struct fixture *f;
	uint64_t looked; /* bytes */
	bool found;
};

static void look_at(void *arg, struct bytes b)
{
	struct leak *l = arg;

	l->looked += b.len;
	l->found |= mh_taint_find(b.ptr, b.len) != NULL;
}

/* What the generator gave since the last look is as secret as what it made. */
static void learn_tape(void)
{
	struct bytes tape = gp_tape_stop();

	mh_taint_add(tape.ptr, tape.len);
	gp_tape_record();
}

static void look(void *arg, struct bytes request, struct bytes state,
		 struct bytes rsp, struct bytes out)
{
	struct leak *l = arg;

	(void)request;
	(void)state;
	learn_tape();
	mh_taint_learn(&l->f->one);
	mh_taint_learn_generator(&l->f->one);
	mh_taint_learn_blobs(&l->f->one, out);
	look_at(l, rsp);
	look_at(l, out);
	gp_storage_visit(look_at, l);
}

static void open_eyes(struct leak *l)
{
	mh_taint_open();
	gp_tape_record();
	l->f->one.watch = look;
	l->f->one.watch_arg = l;
}

static void close_eyes(struct leak *l)
{
	l->f->one.watch = NULL;
	gp_tape_stop();
	mh_taint_close();
}

static void i1_no_answer_and_no_write_holds_a_byte_of_a_secret(void **state)
{
	struct leak l = { .f = *state };

	open_eyes(&l);
	assert_ok(host_provision(&l.f->host, FIXTURE_SHARDS,
				 (struct bytes){ 0 }));
	assert_ok(host_recover(&l.f->host, false));
	for (int i = 0; i < STEPS && !l.found; i++) {
		struct mh_attack a = { 0 };

		if (prng_below(&l.f->prng, 3))
			mh_act(l.f);
		else
			a = mh_attack(l.f);
		if (l.found)
			fail_msg("a secret got out in step %d, %s", i,
				 mh_name(&a));
	}
	printf("# %zu windows of secrets in %" PRIu64 " bytes\n",
	       mh_taint_count(), l.looked);
	/* It was worth looking, and the eyes were open. */
	assert_true(mh_taint_count() > 10000 && l.looked > 1000000);
	close_eyes(&l);
}

/* The search would find a key, at any place and cut at both ends. */
static void i1_the_search_finds_what_it_looks_for(void **state)
{
	struct leak l = { .f = *state };
	uint8_t haystack[200];
	const struct keys *k = &l.f->one.ta.keys;

	open_eyes(&l);
	fixture_keys(l.f, 2);
	assert_false(l.found);
	prng_fill(&l.f->prng, haystack, sizeof(haystack));
	assert_null(mh_taint_find(haystack, sizeof(haystack)));
	memcpy(haystack + 77, k->root.b + 13, MH_WINDOW);
	assert_ptr_equal(mh_taint_find(haystack, sizeof(haystack)),
			 haystack + 77);
	assert_null(mh_taint_find(haystack + 78, sizeof(haystack) - 78));
	close_eyes(&l);
}

/*
 * What a production TA can be asked for, by hand: whoever adds a command adds
 * it here, and thinks of what it gives away.
 */
static void i1_the_production_ta_has_these_commands_and_no_export(void **state)
{
	static const uint16_t known[] = {
		CMD_INFO,    CMD_SELFTEST,  CMD_SHARD_STATUS, CMD_SHARD_OPEN,
		CMD_PREPARE, CMD_COMMIT,    CMD_ABORT,	      CMD_WARM,
		CMD_SIGN,    CMD_PROVISION, CMD_RANDOM,
	};

	(void)state;
	for (unsigned int number = 0; number <= UINT16_MAX; number++) {
		bool is_known = false;

		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			is_known |= known[i] == number;
		assert_int_equal(cmd_find((uint16_t)number) != NULL, is_known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			i1_no_answer_and_no_write_holds_a_byte_of_a_secret,
			fixture_open_blank, fixture_close),
		fixture_test(i1_the_search_finds_what_it_looks_for),
		cmocka_unit_test(
			i1_the_production_ta_has_these_commands_and_no_export),
	};

	return cmocka_run_group_tests_name("leaks", tests, NULL, NULL);
}
