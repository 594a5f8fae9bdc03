/* SPDX-License-Identifier: Apache-2.0 */
/* transport_optee over a libteec that is none. */
#include "abi/messages.h"
#include "test/unit/transport/calls.h"
#include "test/unit/transport/fake_teec.h"
#include "test/unit/transport/sign_ta.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define DEPTH	 64
#define ROOM	 1024
#define ECHO_CMD 0x7f

static const struct transport *const t = &transport_optee;

static const struct transport_config config = { .channels = 2, .depth = DEPTH };

struct fixture {
	struct worker *w;
	struct channel *c;
	struct test_call *calls[DEPTH];
};

static int start(void **state)
{
	static struct fixture f;

	f = (struct fixture){ 0 };
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
	for (int i = 0; i < DEPTH; i++)
		test_call_free(&f->calls[i]);
	assert_int_equal(fake_teec_get().open_sessions, 0);
	assert_int_equal(fake_teec_get().open_blocks, 0);
	return 0;
}

static struct test_call *sign_call(unsigned int index)
{
	struct test_call *call = test_call_new(CMD_SIGN, ROOM, 0);
	struct buf req = { .ptr = call->in, .cap = ROOM };

	sign_make(&req, (uint8_t)index, 1, (uint8_t)(index + 1));
	call->call.req.len = req.len;
	return call;
}

static bool is_signed(const struct test_call *call, unsigned int index)
{
	return call->finished == 1 && call->call.rc == KMS_RC_OK &&
	       sign_is_answer(bytes_of(call->out, call->call.rsp.len),
			      (uint8_t)index, 1, (uint8_t)(index + 1));
}

/* Holds the worker in the secure world with a command that goes alone. */
static struct test_call *occupy(struct fixture *f)
{
	struct test_call *call = test_call_new(ECHO_CMD, 8, 0);

	fake_teec_hold(true);
	assert_int_equal(t->submit(f->c, &call->call), KMS_RC_OK);
	t->flush(f->c);
	fake_teec_await_held();
	return call;
}

static void submit_signs(struct fixture *f, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		f->calls[i] = sign_call(i);
		assert_int_equal(t->submit(f->c, &f->calls[i]->call),
				 KMS_RC_OK);
	}
	t->flush(f->c);
}

static void messages_of_every_size_come_back_whole(void **state)
{
	struct fixture *f = *state;
	static const size_t lens[][2] = {
		{ 0, 0 },     { 1, 1 },	       { 2000, 48 },
		{ 2000, 49 }, { 16384, 3000 }, { ABI_RESPONSE_MAX, 262144 },
	};

	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		struct test_call *call =
			test_call_new(ECHO_CMD, lens[i][0], lens[i][1]);

		assert_int_equal(t->submit(f->c, &call->call), KMS_RC_OK);
		t->flush(f->c);
		assert_true(test_reap(t, f->c, 1));
		assert_int_equal(call->call.rc, KMS_RC_OK);
		assert_int_equal(call->call.rsp.len, lens[i][0]);
		assert_int_equal(call->call.state_out.len, lens[i][1]);
		assert_memory_equal(call->in, call->out, lens[i][0]);
		assert_memory_equal(call->in2, call->out2, lens[i][1]);
		test_call_free(&call);
	}
}

static void signs_that_wait_together_enter_together(void **state)
{
	struct fixture *f = *state;
	struct test_call *first = occupy(f);
	unsigned int before = fake_teec_get().invocations;

	submit_signs(f, DEPTH - 1);
	fake_teec_hold(false);
	assert_true(test_reap(t, f->c, DEPTH));
	for (unsigned int i = 0; i < DEPTH - 1; i++)
		assert_true(is_signed(f->calls[i], i));
	/* 63 items, 32 at most at once. */
	assert_int_equal(fake_teec_get().invocations - before, 2);
	test_call_free(&first);
}

static void one_bad_sign_does_not_harm_its_neighbours(void **state)
{
	struct fixture *f = *state;
	struct test_call *first = occupy(f);
	struct test_call *bad = test_call_new(CMD_SIGN, ROOM, 0);
	struct buf req = { .ptr = bad->in, .cap = ROOM };
	struct abi_header h = { 0 };
	struct bytes body = { 0 };

	submit_signs(f, 5);
	sign_make(&req, 99, 1, 0xff);
	bad->call.req.len = req.len;
	assert_int_equal(t->submit(f->c, &bad->call), KMS_RC_OK);
	t->flush(f->c);
	fake_teec_hold(false);
	assert_true(test_reap(t, f->c, 7));
	for (unsigned int i = 0; i < 5; i++)
		assert_true(is_signed(f->calls[i], i));
	assert_int_equal(bad->finished, 1);
	assert_int_equal(abi_get_header(&h, &body,
					bytes_of(bad->out, bad->call.rsp.len)),
			 KMS_RC_OK);
	assert_int_equal(h.status, KMS_RC_DECODE);
	test_call_free(&bad);
	test_call_free(&first);
}

static void one_more_than_depth_is_busy(void **state)
{
	struct fixture *f = *state;
	struct test_call *first = occupy(f);
	struct test_call *more = sign_call(0);

	submit_signs(f, DEPTH - 1);
	assert_int_equal(t->submit(f->c, &more->call), KMS_RC_BUSY);
	fake_teec_hold(false);
	assert_true(test_reap(t, f->c, DEPTH));
	test_call_free(&more);
	test_call_free(&first);
}

static void a_cancelled_call_is_not_finished(void **state)
{
	struct fixture *f = *state;
	struct test_call *first = occupy(f);

	submit_signs(f, 4);
	t->cancel(f->c, &f->calls[2]->call);
	t->cancel(f->c, &first->call); /* while it is in the secure world */
	test_call_free(&first);
	fake_teec_hold(false);
	assert_true(test_reap(t, f->c, 3));
	assert_int_equal(f->calls[2]->finished, 0);
	assert_true(is_signed(f->calls[3], 3));
}

static void calls_of_a_dead_ta_end_once(void **state)
{
	struct fixture *f = *state;
	struct test_call *first = occupy(f);
	struct pollfd death = { .fd = t->death_fd(f->w), .events = POLLIN };

	submit_signs(f, DEPTH - 1);
	fake_teec_die_next();
	assert_int_equal(poll(&death, 1, 0), 0);
	fake_teec_hold(false);
	assert_true(test_reap(t, f->c, DEPTH));
	assert_int_equal(poll(&death, 1, 10000), 1);
	assert_int_equal(first->finished, 1);
	assert_int_equal(first->call.rc, KMS_RC_UNAVAILABLE);
	for (int i = 0; i < DEPTH - 1; i++) {
		assert_int_equal(f->calls[i]->finished, 1);
		assert_int_equal(f->calls[i]->call.rc, KMS_RC_UNAVAILABLE);
	}
	assert_int_equal(t->submit(f->c, &first->call), KMS_RC_UNAVAILABLE);
	/* While it cannot be started it stays dead. */
	fake_teec_refuse(true);
	assert_int_equal(t->restart(f->w), KMS_RC_UNAVAILABLE);
	assert_int_equal(t->submit(f->c, &first->call), KMS_RC_UNAVAILABLE);
	fake_teec_refuse(false);
	assert_int_equal(t->restart(f->w), KMS_RC_OK);
	assert_int_equal(poll(&death, 1, 0), 0);
	assert_int_equal(t->submit(f->c, &first->call), KMS_RC_OK);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, 1));
	assert_int_equal(first->call.rc, KMS_RC_OK);
	test_call_free(&first);
}

static void a_channel_closes_while_its_calls_are_away(void **state)
{
	struct fixture *f = *state;
	struct channel *other = NULL;
	struct test_call *call = sign_call(7);

	assert_int_equal(t->channel_open(&other, f->w), KMS_RC_OK);
	assert_int_equal(t->submit(other, &call->call), KMS_RC_OK);
	t->flush(other);
	t->channel_close(&other);
	assert_int_equal(call->finished, 0);
	test_call_free(&call);
	call = sign_call(8);
	assert_int_equal(t->submit(f->c, &call->call), KMS_RC_OK);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, 1));
	assert_true(is_signed(call, 8));
	test_call_free(&call);
}

/* Restarts until the thread that was lost is back. */
static void revive(struct fixture *f)
{
	enum kms_rc rc = KMS_RC_UNAVAILABLE;

	for (int i = 0; rc && i < 1000; i++) {
		usleep(10000);
		rc = t->restart(f->w);
	}
	assert_int_equal(rc, KMS_RC_OK);
}

static void a_hung_command_does_not_hang_the_restart(void **state)
{
	struct fixture *f = *state;
	struct pollfd death = { .fd = t->death_fd(f->w), .events = POLLIN };
	struct test_call *first = occupy(f);

	submit_signs(f, 3);
	assert_int_equal(t->restart(f->w), KMS_RC_UNAVAILABLE);
	assert_int_equal(poll(&death, 1, 0), 1);
	assert_true(test_reap(t, f->c, 4));
	assert_int_equal(first->finished, 1);
	assert_int_equal(first->call.rc, KMS_RC_UNAVAILABLE);
	for (int i = 0; i < 3; i++)
		assert_int_equal(f->calls[i]->call.rc, KMS_RC_UNAVAILABLE);
	assert_int_equal(t->submit(f->c, &first->call), KMS_RC_UNAVAILABLE);
	/* Only the first one waits. */
	assert_int_equal(t->restart(f->w), KMS_RC_UNAVAILABLE);
	/* What comes back late goes nowhere. */
	test_call_free(&first);
	fake_teec_hold(false);
	revive(f);
	assert_int_equal(poll(&death, 1, 0), 0);
	test_round_trip(t, f->c, 100, 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(f->calls[i]->finished, 1);
}

static void a_lost_call_can_be_cancelled(void **state)
{
	struct fixture *f = *state;
	struct test_call *first = occupy(f);

	assert_int_equal(t->restart(f->w), KMS_RC_UNAVAILABLE);
	t->cancel(f->c, &first->call);
	assert_int_equal(t->reap(f->c), 0);
	test_call_free(&first);
	fake_teec_hold(false);
	revive(f);
}

static void a_hung_session_does_not_hang_the_restart(void **state)
{
	struct fixture *f = *state;
	struct test_call *call = test_call_new(ECHO_CMD, 8, 0);

	fake_teec_hold_open(true);
	assert_int_equal(t->restart(f->w), KMS_RC_UNAVAILABLE);
	assert_int_equal(t->submit(f->c, &call->call), KMS_RC_UNAVAILABLE);
	fake_teec_hold_open(false);
	revive(f);
	test_round_trip(t, f->c, 8, 0);
	test_call_free(&call);
}

static void a_channel_closes_though_its_command_hangs(void **state)
{
	struct fixture *f = *state;
	struct test_call *first = occupy(f);

	t->channel_close(&f->c);
	assert_int_equal(first->finished, 0);
	test_call_free(&first);
	fake_teec_hold(false);
	revive(f);
	assert_int_equal(t->channel_open(&f->c, f->w), KMS_RC_OK);
	test_round_trip(t, f->c, 100, 0);
}

/* Last, because its thread stays where it is until the process ends. */
static void a_hung_command_does_not_hang_the_end(void **state)
{
	struct fixture *f = NULL;
	struct test_call *first = NULL;

	start(state);
	f = *state;
	first = occupy(f);
	t->channel_close(&f->c);
	t->close(&f->w);
	assert_null(f->w);
	assert_int_equal(first->finished, 0);
	test_call_free(&first);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(messages_of_every_size_come_back_whole),
		T(signs_that_wait_together_enter_together),
		T(one_bad_sign_does_not_harm_its_neighbours),
		T(one_more_than_depth_is_busy),
		T(a_cancelled_call_is_not_finished),
		T(calls_of_a_dead_ta_end_once),
		T(a_channel_closes_while_its_calls_are_away),
		T(a_hung_command_does_not_hang_the_restart),
		T(a_lost_call_can_be_cancelled),
		T(a_hung_session_does_not_hang_the_restart),
		T(a_channel_closes_though_its_command_hangs),
		cmocka_unit_test(a_hung_command_does_not_hang_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
