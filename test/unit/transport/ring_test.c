/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both halves of the ring in one process, so that each can be lied to.
 */
#include "host/transport/ring_map.h"
#include "host/transport/ring_queue.h"
#include "test/unit/transport/calls.h"
#include "test/unit/transport/echo_ta.h"

#include "abi/instance.h"
#include "ta/posix/ring_server.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DEPTH 5 /* no power of two */

struct fixture {
	struct ring_map *map;
	struct ring_channel *shm;
	struct ring_queue host;
	struct ring_server ta;
};

static int start(void **state)
{
	static struct fixture f;

	f = (struct fixture){ 0 };
	assert_int_equal(instance_open(-1), INSTANCE_OK);
	assert_int_equal(ring_map_new(&f.map, 1), KMS_RC_OK);
	f.shm = ring_channel_at(f.map->header, 0);
	assert_int_equal(ring_queue_init(&f.host, DEPTH), KMS_RC_OK);
	ring_queue_attach(&f.host, f.shm);
	f.ta.shm = f.shm;
	*state = &f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	ring_queue_clear(&f->host);
	ring_map_drop(&f->map);
	instance_close();
	return 0;
}

static enum kms_rc serve_one(struct fixture *f)
{
	bool served = false;
	enum kms_rc rc = ring_server_step(&f->ta, &served);

	assert_true(rc || served);
	return rc;
}

static struct ring_request *next_request(struct fixture *f)
{
	void *at = f->shm->requests + f->ta.request_at % RING_LEN;

	return at;
}

static struct ring_reply *next_reply(struct fixture *f)
{
	uint32_t at = f->host.slots[f->host.first & f->host.mask].reply_at;
	void *p = f->shm->replies + at % RING_LEN;

	return p;
}

static void any_order_of_lengths_keeps_the_halves_in_step(void **state)
{
	struct fixture *f = *state;
	struct test_call *calls[DEPTH] = { 0 };
	unsigned int in_flight = 0;
	unsigned int done = 0;

	while (done < 3000) {
		unsigned int serve = 0;

		while (in_flight < DEPTH && test_random_below(4)) {
			size_t len = test_random_below(ABI_RESPONSE_MAX + 1);
			size_t len2 = test_random_below(4)
					      ? 0
					      : test_random_below(
							ABI_STATE_IN_MAX + 1);
			struct test_call *t =
				test_call_new(ECHO_BACK, len, len2);
			enum kms_rc rc = ring_queue_push(&f->host, &t->call);

			if (rc) {
				assert_int_equal(rc, KMS_RC_BUSY);
				assert_true(in_flight > 0);
				test_call_free(&t);
				break;
			}
			calls[in_flight++] = t;
		}
		serve = test_random_below(in_flight + 1);
		for (unsigned int i = 0; i < serve; i++) {
			struct tee_call *call = NULL;
			struct test_call *t = calls[0];

			assert_int_equal(serve_one(f), KMS_RC_OK);
			assert_int_equal(ring_queue_pop(&f->host, &call),
					 KMS_RC_OK);
			assert_ptr_equal(call, &t->call);
			assert_int_equal(call->rc, KMS_RC_OK);
			assert_int_equal(call->rsp.len, call->req.len);
			assert_memory_equal(t->in, t->out, call->req.len);
			assert_memory_equal(t->in2, t->out2, call->state.len);
			test_call_free(&t);
			memmove(calls, calls + 1, --in_flight * sizeof(*calls));
			done++;
		}
	}
	while (in_flight)
		test_call_free(&calls[--in_flight]);
}

static void an_answer_that_was_taken_is_not_left_in_the_ring(void **state)
{
	struct fixture *f = *state;

	for (int cancelled = 0; cancelled < 2; cancelled++) {
		struct test_call *t = test_call_new(ECHO_BACK, 300, 500);
		const struct ring_slot *slot = NULL;
		const uint8_t *first = NULL;
		const uint8_t *second = NULL;
		struct tee_call *call = NULL;
		unsigned int left = 0;

		assert_int_equal(ring_queue_push(&f->host, &t->call),
				 KMS_RC_OK);
		slot = &f->host.slots[t->call.slot & f->host.mask];
		first = f->shm->replies + slot->reply.first;
		second = f->shm->replies + slot->reply.second;
		assert_int_equal(serve_one(f), KMS_RC_OK);
		assert_memory_equal(first, t->in, 300);
		assert_memory_equal(second, t->in2, 500);
		if (cancelled)
			assert_true(ring_queue_cancel(&f->host, &t->call));
		assert_int_equal(ring_queue_pop(&f->host, &call), KMS_RC_OK);
		assert_true((call == NULL) == (cancelled == 1));
		for (int i = 0; i < 300; i++)
			left |= first[i];
		for (int i = 0; i < 500; i++)
			left |= second[i];
		assert_int_equal(left, 0);
		test_call_free(&t);
	}
}

static void counters_may_pass_their_end(void **state)
{
	struct fixture *f = *state;
	struct test_call *t = test_call_new(ECHO_BACK, 1000, 0);
	uint32_t at = 0u - 2 * RING_LEN;

	/* As after 2^32 calls and bytes. */
	f->host.first = f->host.next = f->ta.seq = 0u - 3;
	f->host.request_at = f->host.request_free = f->ta.request_at = at;
	f->host.reply_at = f->host.reply_free = f->ta.reply_at = at;
	atomic_store(&f->shm->written, at);
	atomic_store(&f->shm->answered, 0u - 3);
	for (int i = 0; i < 5000; i++) {
		struct tee_call *call = NULL;

		assert_int_equal(ring_queue_push(&f->host, &t->call),
				 KMS_RC_OK);
		assert_int_equal(serve_one(f), KMS_RC_OK);
		assert_int_equal(ring_queue_pop(&f->host, &call), KMS_RC_OK);
		assert_ptr_equal(call, &t->call);
		assert_memory_equal(t->in, t->out, 1000);
	}
	assert_true(f->ta.request_at < at);
	test_call_free(&t);
}

static void the_ta_refuses_a_bad_count_of_bytes(void **state)
{
	struct fixture *f = *state;
	static const uint32_t bad[] = { RING_LEN + RING_ALIGN, 0u - RING_ALIGN,
					1, RING_ALIGN - 1, 0x80000000u };
	bool served = false;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		atomic_store(&f->shm->written, f->ta.request_at + bad[i]);
		assert_int_equal(ring_server_step(&f->ta, &served),
				 KMS_RC_DECODE);
		assert_false(served);
	}
}

static void the_ta_refuses_a_head_that_makes_no_sense(void **state)
{
	struct fixture *f = *state;
	struct test_call *t = test_call_new(ECHO_BACK, 100, 0);
	struct ring_request good = { 0 };
	struct ring_request bad[9];
	bool served = false;

	assert_int_equal(ring_queue_push(&f->host, &t->call), KMS_RC_OK);
	good = *next_request(f);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = good;
	bad[0].seq++;
	bad[1].cmd = 0x10000;
	bad[2].p0_len = ABI_REQUEST_MAX + 1;
	bad[3].p0_len = 0xffffffff;
	bad[4].p1_cap = ABI_RESPONSE_MAX + 1;
	bad[5].p2_len = ABI_STATE_IN_MAX + 1;
	bad[6].p3_cap = ABI_STATE_OUT_MAX + 1;
	bad[7].has_p2 = 2;
	bad[8].p2_len = 1; /* without has_p2 */
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		*next_request(f) = bad[i];
		assert_int_equal(ring_server_step(&f->ta, &served),
				 KMS_RC_DECODE);
		assert_false(served);
	}
	/* Longer than what was written. */
	*next_request(f) = good;
	next_request(f)->p0_len = 1000;
	assert_int_equal(ring_server_step(&f->ta, &served), KMS_RC_DECODE);
	*next_request(f) = good;
	assert_int_equal(ring_server_step(&f->ta, &served), KMS_RC_OK);
	assert_true(served);
	test_call_free(&t);
}

static void the_host_refuses_answers_nobody_asked_for(void **state)
{
	struct fixture *f = *state;
	struct test_call *t = test_call_new(ECHO_BACK, 100, 0);
	struct tee_call *call = NULL;
	static const uint32_t bad[] = { 1, 2, 1000, 0xffffffff };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		atomic_store(&f->shm->answered, bad[i]);
		assert_int_equal(ring_queue_pop(&f->host, &call),
				 KMS_RC_DECODE);
		assert_null(call);
	}
	atomic_store(&f->shm->answered, 0);
	assert_int_equal(ring_queue_push(&f->host, &t->call), KMS_RC_OK);
	atomic_store(&f->shm->answered, 2);
	assert_int_equal(ring_queue_pop(&f->host, &call), KMS_RC_DECODE);
	assert_null(call);
	test_call_free(&t);
}

static void the_host_refuses_a_reply_that_makes_no_sense(void **state)
{
	struct fixture *f = *state;
	struct test_call *t = test_call_new(ECHO_BACK, 100, 200);
	struct tee_call *call = NULL;
	struct ring_reply good = { 0 };
	struct ring_reply bad[5];

	assert_int_equal(ring_queue_push(&f->host, &t->call), KMS_RC_OK);
	assert_int_equal(serve_one(f), KMS_RC_OK);
	good = *next_reply(f);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = good;
	bad[0].seq++;
	bad[1].p1_len = 101;
	bad[2].p1_len = 0xffffffff;
	bad[3].p3_len = 201;
	bad[4].result = INSTANCE_SHORT_BUFFER; /* and yet an output */
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		*next_reply(f) = bad[i];
		assert_int_equal(ring_queue_pop(&f->host, &call),
				 KMS_RC_DECODE);
		assert_null(call);
	}
	*next_reply(f) = good;
	assert_int_equal(ring_queue_pop(&f->host, &call), KMS_RC_OK);
	assert_ptr_equal(call, &t->call);
	test_call_free(&t);
}

static void *serve_thread(void *arg)
{
	bool served = false;

	return ring_server_step(arg, &served) || !served ? arg : NULL;
}

static void the_tas_input_is_the_shared_memory_itself(void **state)
{
	struct fixture *f = *state;
	struct test_call *t = test_call_new(ECHO_WATCH, 100, 0);
	struct tee_call *call = NULL;
	pthread_t thread;

	t->in[0] = 'a';
	assert_int_equal(ring_queue_push(&f->host, &t->call), KMS_RC_OK);
	assert_int_equal(pthread_create(&thread, NULL, serve_thread, &f->ta),
			 0);
	/* The output is shared as well: wait until the TA has looked once. */
	while (*(volatile uint8_t *)&f->shm->replies[RING_ALIGN] != 'a')
		usleep(1000);
	/* What a hostile server does while the TA reads. */
	f->shm->requests[RING_ALIGN] = 'b';
	pthread_join(thread, NULL);
	assert_int_equal(ring_queue_pop(&f->host, &call), KMS_RC_OK);
	assert_ptr_equal(call, &t->call);
	assert_int_equal(t->call.rsp.len, 2);
	assert_memory_equal(t->out, "ab", 2);
	test_call_free(&t);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(any_order_of_lengths_keeps_the_halves_in_step),
		T(an_answer_that_was_taken_is_not_left_in_the_ring),
		T(counters_may_pass_their_end),
		T(the_ta_refuses_a_bad_count_of_bytes),
		T(the_ta_refuses_a_head_that_makes_no_sense),
		T(the_host_refuses_answers_nobody_asked_for),
		T(the_host_refuses_a_reply_that_makes_no_sense),
		T(the_tas_input_is_the_shared_memory_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
