/* SPDX-License-Identifier: Apache-2.0 */
/* transport_process: calls, deaths and restarts. */
#include "abi/limits.h"
#include "test/unit/transport/calls.h"
#include "test/unit/transport/echo_ta.h"
#include "test/unit/transport/worker_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct transport *const t = &transport_process;

static void messages_of_every_size_come_back_whole(void **state)
{
	struct fixture *f = *state;
	static const size_t lens[] = { 0,    1,	   3,	  15,
				       16,   17,   63,	  64,
				       65,   1000, 4095,  4096,
				       4097, 9999, 16383, ABI_RESPONSE_MAX };

	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		test_round_trip(t, f->c, lens[i], 0);
		test_round_trip(t, f->c, lens[i], 1);
		test_round_trip(t, f->c, lens[i], ABI_STATE_IN_MAX);
	}
}

static void many_random_messages_wrap_around_the_rings(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 400; i++) {
		size_t len = test_random_below(ABI_RESPONSE_MAX + 1);
		size_t len2 = test_random_below(3)
				      ? 0
				      : test_random_below(ABI_STATE_IN_MAX + 1);

		test_round_trip(t, f->c, len, len2);
	}
}

static void the_largest_request_fits_with_the_largest_reply(void **state)
{
	struct fixture *f = *state;
	struct test_call *call =
		test_call_new(ECHO_RESULT, ABI_REQUEST_MAX, ABI_STATE_IN_MAX);
	uint32_t result = 0xffff0006; /* TEE_ERROR_BAD_PARAMETERS */

	memcpy(call->in, &result, sizeof(result));
	for (int i = 0; i < 5; i++) {
		assert_int_equal(t->submit(f->c, &call->call), KMS_RC_OK);
		t->flush(f->c);
		assert_true(test_reap(t, f->c, 1));
		assert_int_equal(call->call.rc, KMS_RC_DECODE);
	}
	call->call.req.len++;
	assert_int_equal(t->submit(f->c, &call->call), KMS_RC_BAD_INPUT);
	test_call_free(&call);
}

static void results_of_the_ta_are_told_apart(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint32_t result;
		enum kms_rc rc;
	} rows[] = {
		{ 0x00000000, KMS_RC_OK },
		{ 0xffff0006, KMS_RC_DECODE },
		{ 0xffff0010, KMS_RC_SHORT_BUFFER },
		{ 0xffff000c, KMS_RC_UNAVAILABLE },
		{ 0xffff3024, KMS_RC_UNAVAILABLE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct test_call *call = test_call_new(ECHO_RESULT, 4, 0);

		memcpy(call->in, &rows[i].result, 4);
		assert_int_equal(t->submit(f->c, &call->call), KMS_RC_OK);
		t->flush(f->c);
		assert_true(test_reap(t, f->c, 1));
		assert_int_equal(call->call.rc, rows[i].rc);
		test_call_free(&call);
	}
}

static void an_output_longer_than_its_room_is_refused(void **state)
{
	struct fixture *f = *state;
	struct test_call *call = test_call_new(ECHO_LIE, 100, 0);

	assert_int_equal(t->submit(f->c, &call->call), KMS_RC_OK);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, 1));
	assert_int_equal(call->call.rc, KMS_RC_UNAVAILABLE);
	assert_int_equal(call->call.rsp.len, 0);
	test_call_free(&call);
}

static void one_more_than_depth_is_busy(void **state)
{
	struct fixture *f = *state;
	struct test_call *calls[DEPTH + 1];

	for (int i = 0; i <= DEPTH; i++)
		calls[i] = test_call_new(ECHO_BACK, 100, 0);
	for (int i = 0; i < DEPTH; i++)
		assert_int_equal(t->submit(f->c, &calls[i]->call), KMS_RC_OK);
	assert_int_equal(t->submit(f->c, &calls[DEPTH]->call), KMS_RC_BUSY);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, DEPTH));
	assert_int_equal(t->submit(f->c, &calls[DEPTH]->call), KMS_RC_OK);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, 1));
	for (int i = 0; i <= DEPTH; i++) {
		assert_int_equal(calls[i]->finished, 1);
		assert_memory_equal(calls[i]->in, calls[i]->out, 100);
		test_call_free(&calls[i]);
	}
}

static void a_full_ring_is_busy_until_it_is_read(void **state)
{
	struct fixture *f = *state;
	struct test_call *calls[8] = { 0 };
	enum kms_rc rc = KMS_RC_OK;
	unsigned int count = 0;

	while (!rc && count < 8) {
		calls[count] = test_call_new(ECHO_BACK, 100, ABI_STATE_IN_MAX);
		rc = t->submit(f->c, &calls[count]->call);
		count++;
	}
	assert_int_equal(rc, KMS_RC_BUSY);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, count - 1));
	assert_int_equal(t->submit(f->c, &calls[count - 1]->call), KMS_RC_OK);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, 1));
	for (unsigned int i = 0; i < count; i++) {
		assert_int_equal(calls[i]->finished, 1);
		assert_memory_equal(calls[i]->in2, calls[i]->out2,
				    ABI_STATE_IN_MAX);
		test_call_free(&calls[i]);
	}
}

/* Submits one that never returns and 63 that wait behind it. */
static void submit_hanging(struct fixture *f, struct test_call **calls)
{
	for (int i = 0; i < DEPTH; i++) {
		calls[i] = test_call_new(i ? ECHO_BACK : ECHO_HANG, 100, 0);
		assert_int_equal(t->submit(f->c, &calls[i]->call), KMS_RC_OK);
	}
	t->flush(f->c);
}

static void expect_unavailable_once(struct test_call **calls)
{
	for (int i = 0; i < DEPTH; i++) {
		assert_int_equal(calls[i]->finished, 1);
		assert_int_equal(calls[i]->call.rc, KMS_RC_UNAVAILABLE);
		test_call_free(&calls[i]);
	}
}

static void calls_of_a_killed_worker_end_once_after_restart(void **state)
{
	struct fixture *f = *state;
	struct test_call *calls[DEPTH];
	struct test_call *late = test_call_new(ECHO_BACK, 10, 0);

	submit_hanging(f, calls);
	kill(worker_pid(f), SIGKILL);
	assert_true(wait_for_death(f));
	assert_int_equal(t->restart(f->w), KMS_RC_OK);
	/* A new call may come before the old ones are read away. */
	assert_int_equal(t->submit(f->c, &late->call), KMS_RC_OK);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, DEPTH + 1));
	expect_unavailable_once(calls);
	assert_int_equal(late->finished, 1);
	assert_int_equal(late->call.rc, KMS_RC_OK);
	test_call_free(&late);
	test_round_trip(t, f->c, 1000, 1000);
}

static void reap_finds_a_dead_worker_without_restart(void **state)
{
	struct fixture *f = *state;
	struct test_call *calls[DEPTH];
	struct test_call *late = test_call_new(ECHO_BACK, 10, 0);

	submit_hanging(f, calls);
	kill(worker_pid(f), SIGKILL);
	assert_true(wait_for_death(f));
	assert_int_equal(t->reap(f->c), DEPTH);
	expect_unavailable_once(calls);
	assert_int_equal(t->submit(f->c, &late->call), KMS_RC_UNAVAILABLE);
	test_call_free(&late);
	assert_int_equal(t->restart(f->w), KMS_RC_OK);
	test_round_trip(t, f->c, 1000, 0);
}

static void answers_written_before_death_are_kept(void **state)
{
	struct fixture *f = *state;
	struct test_call *first = test_call_new(ECHO_BACK, 100, 0);
	struct test_call *second = test_call_new(ECHO_HANG, 100, 0);
	struct pollfd fd = { .fd = t->fd(f->c), .events = POLLIN };

	assert_int_equal(t->submit(f->c, &first->call), KMS_RC_OK);
	t->flush(f->c);
	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_int_equal(t->submit(f->c, &second->call), KMS_RC_OK);
	t->flush(f->c);
	assert_int_equal(t->restart(f->w), KMS_RC_OK);
	assert_true(test_reap(t, f->c, 2));
	assert_int_equal(first->call.rc, KMS_RC_OK);
	assert_memory_equal(first->in, first->out, 100);
	assert_int_equal(second->call.rc, KMS_RC_UNAVAILABLE);
	test_call_free(&first);
	test_call_free(&second);
}

static void a_cancelled_call_is_not_finished(void **state)
{
	struct fixture *f = *state;
	struct test_call *kept = test_call_new(ECHO_BACK, 100, 0);
	struct test_call *dropped = test_call_new(ECHO_BACK, 100, 0);

	assert_int_equal(t->submit(f->c, &dropped->call), KMS_RC_OK);
	assert_int_equal(t->submit(f->c, &kept->call), KMS_RC_OK);
	t->cancel(f->c, &dropped->call);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, 1));
	assert_int_equal(kept->finished, 1);
	assert_int_equal(dropped->finished, 0);
	/* Its buffers are the caller's again. */
	test_call_free(&dropped);
	test_call_free(&kept);
	test_round_trip(t, f->c, 100, 0);
}

static void a_cancelled_call_of_a_dead_worker_is_not_finished(void **state)
{
	struct fixture *f = *state;
	struct test_call *calls[DEPTH];
	struct test_call *late = test_call_new(ECHO_BACK, 10, 0);

	submit_hanging(f, calls);
	assert_int_equal(t->restart(f->w), KMS_RC_OK);
	/* Moves them to the list of those that wait for reap(). */
	assert_int_equal(t->submit(f->c, &late->call), KMS_RC_OK);
	t->cancel(f->c, &calls[0]->call);
	t->cancel(f->c, &calls[30]->call);
	t->cancel(f->c, &calls[DEPTH - 1]->call);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, DEPTH - 3 + 1));
	for (int i = 0; i < DEPTH; i++) {
		bool cancelled = i == 0 || i == 30 || i == DEPTH - 1;

		assert_int_equal(calls[i]->finished, cancelled ? 0 : 1);
		test_call_free(&calls[i]);
	}
	assert_int_equal(late->finished, 1);
	test_call_free(&late);
}

static void a_reopened_channel_does_not_see_answers_of_the_old(void **state)
{
	struct fixture *f = *state;
	struct test_call *old = test_call_new(ECHO_BACK, 100, 0);

	for (int i = 0; i < 10; i++) {
		assert_int_equal(t->submit(f->c, &old->call), KMS_RC_OK);
		t->flush(f->c);
		t->channel_close(&f->c);
		assert_int_equal(t->channel_open(&f->c, f->w), KMS_RC_OK);
		test_round_trip(t, f->c, 200, 0);
	}
	assert_int_equal(old->finished, 0);
	test_call_free(&old);
}

static void there_are_only_so_many_channels(void **state)
{
	struct fixture *f = *state;
	struct channel *c[3] = { 0 };

	assert_int_equal(t->channel_open(&c[0], f->w), KMS_RC_OK);
	assert_int_equal(t->channel_open(&c[1], f->w), KMS_RC_OK);
	assert_int_equal(t->channel_open(&c[2], f->w), KMS_RC_LIMIT);
	test_round_trip(t, c[1], 100, 100);
	t->channel_close(&c[0]);
	t->channel_close(&c[1]);
}

struct caller {
	pthread_t thread;
	struct worker *w;
	atomic_bool stop;
	unsigned int ok;
	unsigned int lost;
	bool failed;
};

/* Rounds of 16 calls, of which each must end once, until told to stop. */
static void *keep_calling(void *arg)
{
	struct caller *a = arg;
	struct test_call *calls[16] = { 0 };
	struct channel *c = NULL;

	a->failed = t->channel_open(&c, a->w) != KMS_RC_OK;
	for (int i = 0; i < 16; i++)
		calls[i] = test_call_new(ECHO_BACK, 64, 0);
	while (!a->failed && !atomic_load(&a->stop)) {
		unsigned int count = 0;

		while (count < 16 && !t->submit(c, &calls[count]->call))
			calls[count++]->finished = 0;
		t->flush(c);
		a->failed = !test_reap(t, c, count);
		for (unsigned int i = 0; i < count; i++) {
			a->failed |= calls[i]->finished != 1;
			a->ok += calls[i]->call.rc == KMS_RC_OK;
			a->lost += calls[i]->call.rc == KMS_RC_UNAVAILABLE;
		}
	}
	t->channel_close(&c);
	for (int i = 0; i < 16; i++)
		test_call_free(&calls[i]);
	return NULL;
}

static void restarts_under_load_lose_no_call(void **state)
{
	struct fixture *f = *state;
	struct caller callers[2] = { 0 };

	for (int i = 0; i < 2; i++) {
		callers[i].w = f->w;
		assert_int_equal(pthread_create(&callers[i].thread, NULL,
						keep_calling, &callers[i]),
				 0);
	}
	for (int i = 0; i < 5; i++) {
		usleep(50000);
		if (i % 2)
			kill(worker_pid(f), SIGKILL);
		assert_int_equal(t->restart(f->w), KMS_RC_OK);
	}
	usleep(50000);
	for (int i = 0; i < 2; i++)
		atomic_store(&callers[i].stop, true);
	for (int i = 0; i < 2; i++) {
		pthread_join(callers[i].thread, NULL);
		assert_false(callers[i].failed);
		assert_true(callers[i].ok > 0);
		printf("# %u answered, %u lost\n", callers[i].ok,
		       callers[i].lost);
	}
}

static void *restart_thread(void *arg)
{
	return t->restart(arg) ? arg : NULL;
}

static void a_worker_outlives_the_thread_that_started_it(void **state)
{
	struct fixture *f = *state;
	pthread_t thread;
	void *failed = NULL;

	assert_int_equal(pthread_create(&thread, NULL, restart_thread, f->w),
			 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	usleep(50000);
	test_round_trip(t, f->c, 100, 100);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(messages_of_every_size_come_back_whole),
		T(many_random_messages_wrap_around_the_rings),
		T(the_largest_request_fits_with_the_largest_reply),
		T(results_of_the_ta_are_told_apart),
		T(an_output_longer_than_its_room_is_refused),
		T(one_more_than_depth_is_busy),
		T(a_full_ring_is_busy_until_it_is_read),
		T(calls_of_a_killed_worker_end_once_after_restart),
		T(reap_finds_a_dead_worker_without_restart),
		T(answers_written_before_death_are_kept),
		T(a_cancelled_call_is_not_finished),
		T(a_cancelled_call_of_a_dead_worker_is_not_finished),
		T(a_reopened_channel_does_not_see_answers_of_the_old),
		T(there_are_only_so_many_channels),
		T(restarts_under_load_lose_no_call),
		T(a_worker_outlives_the_thread_that_started_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
