/* SPDX-License-Identifier: Apache-2.0 */
/* transport_inproc with a TA that echoes. */
#include "abi/limits.h"
#include "test/unit/transport/calls.h"
#include "test/unit/transport/echo_ta.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DEPTH 4

static const struct transport *const t = &transport_inproc;

static const struct transport_config config = {
	.channels = 1,
	.depth = DEPTH,
};

struct fixture {
	struct worker *w;
	struct channel *c;
};

static int start(void **state)
{
	static struct fixture f;

	assert_int_equal(t->open(&f.w, &config, 0), KMS_RC_OK);
	assert_int_equal(t->channel_open(&f.c, f.w), KMS_RC_OK);
	*state = &f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	t->channel_close(&f->c);
	t->close(&f->w);
	return 0;
}

static void messages_of_every_size_come_back_whole(void **state)
{
	struct fixture *f = *state;

	test_round_trip(t, f->c, 0, 0);
	test_round_trip(t, f->c, 1, 1);
	test_round_trip(t, f->c, ABI_RESPONSE_MAX, ABI_STATE_IN_MAX);
}

static void an_answer_is_seen_after_flush_by_reap(void **state)
{
	struct fixture *f = *state;
	struct test_call *call = test_call_new(ECHO_BACK, 10, 0);
	struct pollfd fd = { .fd = t->fd(f->c), .events = POLLIN };

	assert_int_equal(t->submit(f->c, &call->call), KMS_RC_OK);
	assert_int_equal(call->finished, 0);
	assert_int_equal(poll(&fd, 1, 0), 0);
	t->flush(f->c);
	assert_int_equal(poll(&fd, 1, 0), 1);
	assert_int_equal(t->reap(f->c), 1);
	assert_int_equal(call->finished, 1);
	assert_int_equal(poll(&fd, 1, 0), 0);
	test_call_free(&call);
}

static void one_more_than_depth_is_busy(void **state)
{
	struct fixture *f = *state;
	struct test_call *calls[DEPTH + 1];

	for (int i = 0; i <= DEPTH; i++) {
		calls[i] = test_call_new(ECHO_BACK, 10, 0);
		assert_int_equal(t->submit(f->c, &calls[i]->call),
				 i < DEPTH ? KMS_RC_OK : KMS_RC_BUSY);
	}
	t->cancel(f->c, &calls[1]->call);
	t->cancel(f->c, &calls[DEPTH - 1]->call);
	t->flush(f->c);
	assert_int_equal(t->reap(f->c), DEPTH - 2);
	for (int i = 0; i <= DEPTH; i++) {
		bool ends = i != 1 && i != DEPTH - 1 && i != DEPTH;

		assert_int_equal(calls[i]->finished, ends);
		test_call_free(&calls[i]);
	}
}

static void answers_survive_a_restart(void **state)
{
	struct fixture *f = *state;
	struct test_call *call = test_call_new(ECHO_BACK, 10, 0);

	assert_int_equal(t->submit(f->c, &call->call), KMS_RC_OK);
	t->flush(f->c);
	assert_int_equal(t->restart(f->w), KMS_RC_OK);
	assert_int_equal(t->reap(f->c), 1);
	assert_int_equal(call->call.rc, KMS_RC_OK);
	test_call_free(&call);
	test_round_trip(t, f->c, 10, 10);
}

static void a_program_holds_one_ta(void **state)
{
	struct worker *second = NULL;

	(void)state;
	assert_int_equal(t->open(&second, &config, 1), KMS_RC_IN_USE);
	assert_null(second);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(messages_of_every_size_come_back_whole),
		T(an_answer_is_seen_after_flush_by_reap),
		T(one_more_than_depth_is_busy),
		T(answers_survive_a_restart),
		T(a_program_holds_one_ta),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
