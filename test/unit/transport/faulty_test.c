/* SPDX-License-Identifier: Apache-2.0 */
/* transport_faulty around a TA in this program and around a process. */
#include "host/transport/faulty.h"
#include "test/unit/transport/calls.h"
#include "test/unit/transport/echo_ta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define CALLS 5

static const struct transport *const t = &transport_faulty;
static const struct transport *const inners[] = { &transport_inproc,
						  &transport_process };

struct fixture {
	char dir[64];
	struct worker *w;
	struct channel *c;
	struct test_call *calls[CALLS];
};

static void open_with(struct fixture *f, const struct faulty_plan *plan)
{
	struct transport_config config = {
		.ta_program = getenv("KMS_TEST_ECHO_TA"),
		.state_dir = f->dir,
		.channels = 1,
		.depth = CALLS,
	};

	*f = (struct fixture){ .dir = "/tmp/teekms-test-XXXXXX" };
	assert_non_null(mkdtemp(f->dir));
	faulty_set_plan(plan);
	assert_int_equal(t->open(&f->w, &config, 0), KMS_RC_OK);
	assert_int_equal(t->channel_open(&f->c, f->w), KMS_RC_OK);
	for (int i = 0; i < CALLS; i++)
		f->calls[i] = test_call_new(ECHO_BACK, 32, 0);
}

static void close_all(struct fixture *f)
{
	t->channel_close(&f->c);
	t->close(&f->w);
	for (int i = 0; i < CALLS; i++)
		test_call_free(&f->calls[i]);
	assert_int_equal(rmdir(f->dir), 0);
}

/* Submits all, one must fail with refused; flushes. */
static void submit_all(struct fixture *f, int odd, enum kms_rc refused)
{
	for (int i = 0; i < CALLS; i++)
		assert_int_equal(t->submit(f->c, &f->calls[i]->call),
				 i == odd ? refused : KMS_RC_OK);
	t->flush(f->c);
}

static void expect_end(const struct fixture *f, int odd, enum kms_rc rc)
{
	for (int i = 0; i < CALLS; i++) {
		assert_int_equal(f->calls[i]->finished, 1);
		assert_int_equal(f->calls[i]->call.rc,
				 i == odd ? rc : KMS_RC_OK);
	}
}

static void the_nth_call_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inners); i++) {
		struct faulty_plan plan = { .inner = inners[i], .nth = 3 };
		struct fixture f;

		plan.kind = FAULTY_REFUSE;
		open_with(&f, &plan);
		submit_all(&f, 2, KMS_RC_UNAVAILABLE);
		assert_true(test_reap(t, f.c, CALLS - 1));
		assert_int_equal(f.calls[2]->finished, 0);
		assert_int_equal(faulty_count(), CALLS);
		close_all(&f);

		plan.kind = FAULTY_BUSY;
		open_with(&f, &plan);
		submit_all(&f, 2, KMS_RC_BUSY);
		assert_true(test_reap(t, f.c, CALLS - 1));
		close_all(&f);
	}
}

static void the_nth_call_or_its_answer_is_lost(void **state)
{
	static const enum faulty_kind kinds[] = { FAULTY_LOSE, FAULTY_FORGET };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inners) * 2; i++) {
		struct faulty_plan plan = { .inner = inners[i / 2],
					    .kind = kinds[i % 2],
					    .nth = 3 };
		struct fixture f;

		open_with(&f, &plan);
		submit_all(&f, -1, KMS_RC_OK);
		assert_true(test_reap(t, f.c, CALLS));
		expect_end(&f, 2, KMS_RC_UNAVAILABLE);
		close_all(&f);
	}
}

static int64_t now_ms(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void the_nth_answer_comes_late(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inners); i++) {
		struct faulty_plan plan = { .inner = inners[i],
					    .kind = FAULTY_DELAY,
					    .nth = 2,
					    .delay_ms = 100 };
		int64_t start = now_ms();
		struct fixture f;

		open_with(&f, &plan);
		submit_all(&f, -1, KMS_RC_OK);
		assert_true(test_reap(t, f.c, CALLS - 1));
		assert_int_equal(f.calls[1]->finished, 0);
		assert_true(test_reap(t, f.c, 1));
		assert_true(now_ms() - start >= 100);
		expect_end(&f, -1, KMS_RC_OK);
		assert_memory_equal(f.calls[1]->in, f.calls[1]->out, 32);
		close_all(&f);
	}
}

static void a_late_answer_can_be_cancelled(void **state)
{
	struct faulty_plan plan = { .inner = &transport_inproc,
				    .kind = FAULTY_DELAY,
				    .nth = 2,
				    .delay_ms = 20 };
	struct fixture f;

	(void)state;
	open_with(&f, &plan);
	submit_all(&f, -1, KMS_RC_OK);
	t->cancel(f.c, &f.calls[4]->call);
	assert_true(test_reap(t, f.c, CALLS - 2));
	t->cancel(f.c, &f.calls[1]->call);
	usleep(40000);
	assert_int_equal(t->reap(f.c), 0);
	assert_int_equal(f.calls[1]->finished, 0);
	assert_int_equal(f.calls[4]->finished, 0);
	close_all(&f);
}

static void a_worker_dies_at_the_nth_call_and_restarts(void **state)
{
	struct faulty_plan plan = { .inner = &transport_process,
				    .kind = FAULTY_KILL,
				    .nth = 1 };
	struct fixture f;

	(void)state;
	open_with(&f, &plan);
	f.calls[0]->call.cmd = ECHO_HANG;
	submit_all(&f, -1, KMS_RC_OK);
	assert_int_equal(t->restart(f.w), KMS_RC_OK);
	assert_true(test_reap(t, f.c, CALLS));
	for (int i = 0; i < CALLS; i++) {
		assert_int_equal(f.calls[i]->finished, 1);
		assert_int_equal(f.calls[i]->call.rc, KMS_RC_UNAVAILABLE);
	}
	test_round_trip(t, f.c, 100, 100);
	close_all(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nth_call_is_refused),
		cmocka_unit_test(the_nth_call_or_its_answer_is_lost),
		cmocka_unit_test(the_nth_answer_comes_late),
		cmocka_unit_test(a_late_answer_can_be_cancelled),
		cmocka_unit_test(a_worker_dies_at_the_nth_call_and_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
