/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I32 without OP-TEE: a trace is deterministic, reaches what it is for, and
 * the comparison finds every kind of difference.
 */
#include "test/property/check.h"

#include "test/replay/compare.h"
#include "test/replay/in_process.h"
#include "test/replay/recorder.h"

#include <string.h>

/* A recorded trace, and what a fresh TA answered to it. */
struct traces {
	struct prng prng;
	struct recorder recorder;
	FILE *trace;
	FILE *answers;
	FILE *report;
};

static FILE *scratch(void)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	return f;
}

static int traces_open(void **state)
{
	static struct traces t;

	t.prng = prng_start();
	t.trace = scratch();
	t.answers = scratch();
	t.report = scratch();
	in_process_open();
	recorder_run(&t.recorder, t.trace, in_process_run, NULL, t.prng);
	in_process_close();
	/* Stays open: the comparison's P-256 is the TEE's. */
	in_process_open();
	rewind(t.trace);
	if (!trace_replay(t.trace, t.answers, in_process_run, NULL))
		return -1;
	*state = &t;
	return 0;
}

static int traces_close(void **state)
{
	struct traces *t = *state;

	in_process_close();
	(void)fclose(t->trace);
	(void)fclose(t->answers);
	(void)fclose(t->report);
	return 0;
}

static struct compared compare(const struct traces *t, FILE *answers)
{
	rewind(t->trace);
	rewind(answers);
	rewind(t->report);
	return compare_files(t->trace, answers, t->report);
}

static void print_report(const struct traces *t)
{
	char line[256];

	(void)fflush(t->report);
	rewind(t->report);
	while (fgets(line, sizeof(line), t->report))
		(void)fputs(line, stdout);
}

static void a_fresh_ta_gives_the_same_answers(void **state)
{
	const struct traces *t = *state;
	struct compared c = compare(t, t->answers);

	if (c.different)
		print_report(t);
	assert_int_equal(c.different, 0);
	assert_int_equal(c.calls, t->recorder.calls);
	assert_true(c.p256 >= 4);
}

static void the_trace_reaches_every_status_it_can(void **state)
{
	static const enum kms_rc wanted[] = {
		KMS_RC_OK,	     KMS_RC_NEED_STATE,
		KMS_RC_BAD_PROOF,    KMS_RC_NOT_FOUND,
		KMS_RC_FROZEN,	     KMS_RC_HELD,
		KMS_RC_AUTH_FORMAT,  KMS_RC_AUTH_RP,
		KMS_RC_AUTH_FLAGS,   KMS_RC_AUTH_CHALLENGE,
		KMS_RC_AUTH_SIG,     KMS_RC_AUTH_COUNTER,
		KMS_RC_POLICY_DENY,  KMS_RC_EXPIRED,
		KMS_RC_LIMIT,	     KMS_RC_SEQ,
		KMS_RC_CERT,	     KMS_RC_BUSY_STAGED,
		KMS_RC_STORAGE,	     KMS_RC_UNSUPPORTED,
		KMS_RC_DECODE,	     KMS_RC_FAULT,
		KMS_RC_DUPLICATE,    KMS_RC_AUTH_REQUIRED,
		KMS_RC_KEY_DISABLED, KMS_RC_KEY_USAGE,
		KMS_RC_NOT_OPEN,     KMS_RC_IN_USE,
		KMS_RC_SELFTEST,     KMS_RC_NOT_PROVISIONED,
		KMS_RC_PROVISIONED,  KMS_RC_ENTROPY,
		KMS_RC_NEED_ISSUE,
	};
	const struct recorder *r = &((struct traces *)*state)->recorder;

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		if (!(r->statuses >> wanted[i] & 1))
			fail_msg("nothing gives %s", kms_rc_name(wanted[i]));
	assert_true(r->bad_params);
	assert_true(r->short_buffer);
	assert_true(r->dead);
}

/* Copies the answers, with one answer changed by a bit or in its result. */
static void spoil(const struct traces *t, FILE *to, size_t which, bool result)
{
	static struct trace_answer a;
	size_t n = 0;

	rewind(t->answers);
	for (; trace_get_answer(t->answers, &a) == TRACE_GOT; n++) {
		uint32_t len = a.param[1].len;

		if (n == which && result)
			a.result ^= 0x10;
		else if (n == which)
			a.param[1].bytes[len - 1 - len % 7] ^= 0x20;
		assert_true(trace_put_answer(to, &a));
	}
	assert_true(n > which);
}

/* A call that was answered with more than a header; gives its command. */
static size_t find_answered(const struct traces *t, uint32_t cmd)
{
	static struct trace_call call;
	static struct trace_answer a;
	size_t n = 0;

	rewind(t->trace);
	while (trace_get_call(t->trace, &call) == TRACE_GOT &&
	       trace_get_answer(t->trace, &a) == TRACE_GOT) {
		if (call.cmd == cmd && a.result == TRACE_SUCCESS &&
		    a.param[1].len > ABI_HEADER_LEN)
			return n;
		n++;
	}
	fail_msg("no answer to command 0x%x", cmd);
	return 0;
}

static void an_altered_answer_is_found(void **state)
{
	static const uint32_t commands[] = {
		CMD_INFO,	CMD_SELFTEST, CMD_PROVISION,
		CMD_SHARD_OPEN, CMD_PREPARE,  CMD_COMMIT,
		CMD_WARM,	CMD_SIGN,     CMD_SHARD_STATUS,
	};
	const struct traces *t = *state;

	for (size_t i = 0; i < 2 * ARRAY_LEN(commands); i++) {
		size_t which = find_answered(t, commands[i / 2]);
		FILE *spoiled = scratch();

		spoil(t, spoiled, which, i % 2);
		assert_int_equal(compare(t, spoiled).different, 1);
		(void)fclose(spoiled);
	}
}

/* The number of the first SIGN that holds a P-256 signature, and where. */
static size_t find_p256(const struct traces *t, size_t *at)
{
	static struct trace_call call;
	static struct trace_answer a;
	static struct trace_answer b;
	size_t n = 0;

	rewind(t->trace);
	rewind(t->answers);
	while (trace_get_call(t->trace, &call) == TRACE_GOT &&
	       trace_get_answer(t->trace, &a) == TRACE_GOT &&
	       trace_get_answer(t->answers, &b) == TRACE_GOT) {
		/* It alone differs between two runs of one build. */
		for (*at = 0; *at < a.param[1].len && !a.result; ++*at)
			if (a.param[1].bytes[*at] != b.param[1].bytes[*at])
				return n;
		n++;
	}
	fail_msg("no P-256 signature");
	return 0;
}

static void a_wrong_p256_signature_is_found(void **state)
{
	static struct trace_answer a;
	const struct traces *t = *state;
	FILE *spoiled = scratch();
	size_t at = 0;
	size_t which = find_p256(t, &at);
	size_t n = 0;

	rewind(t->answers);
	for (; trace_get_answer(t->answers, &a) == TRACE_GOT; n++) {
		if (n == which)
			a.param[1].bytes[at] ^= 1;
		assert_true(trace_put_answer(spoiled, &a));
	}
	assert_int_equal(compare(t, spoiled).different, 1);
	(void)fclose(spoiled);
}

static void answers_that_end_early_are_found(void **state)
{
	static struct trace_answer a;
	const struct traces *t = *state;
	FILE *short_one = scratch();

	rewind(t->answers);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(trace_get_answer(t->answers, &a), TRACE_GOT);
		assert_true(trace_put_answer(short_one, &a));
	}
	assert_int_equal(compare(t, short_one).different, 1);
	assert_int_equal(compare(t, short_one).calls, 100);
	(void)fclose(short_one);
}

struct other_tape {
	uint32_t cmd;
	size_t byte;
};

static void run_on_another_tape(void *arg, const struct trace_call *call,
				struct trace_answer *answer)
{
	static struct trace_call changed;
	const struct other_tape *o = arg;

	changed = *call;
	if (call->cmd == o->cmd)
		changed.param[0].bytes[o->byte] ^= 1;
	in_process_run(NULL, &changed, answer);
}

/* Otherwise the tape would not be what the answers depend on. */
static void another_tape_gives_other_answers(void **state)
{
	struct traces *t = *state;
	struct other_tape tapes[] = {
		{ TAPE_START, 0 },  /* the device key */
		{ TAPE_START, 32 }, /* the generator's seed */
		{ TAPE_FAIL, 4 },   /* which call of storage fails */
		{ TAPE_GLITCH, 1 }, /* in none of the places there are */
		{ TAPE_BREAK, 3 },  /* no known answer */
		{ TAPE_CLOCK, 2 },  /* a minute more */
	};

	for (size_t i = 0; i < ARRAY_LEN(tapes); i++) {
		FILE *answers = scratch();

		in_process_close();
		in_process_open();
		rewind(t->trace);
		assert_true(trace_replay(t->trace, answers, run_on_another_tape,
					 &tapes[i]));
		if (!compare(t, answers).different)
			fail_msg("tape %zu changes nothing", i);
		(void)fclose(answers);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fresh_ta_gives_the_same_answers),
		cmocka_unit_test(the_trace_reaches_every_status_it_can),
		cmocka_unit_test(an_altered_answer_is_found),
		cmocka_unit_test(a_wrong_p256_signature_is_found),
		cmocka_unit_test(answers_that_end_early_are_found),
		cmocka_unit_test(another_tape_gives_other_answers),
	};

	return cmocka_run_group_tests(tests, traces_open, traces_close);
}
