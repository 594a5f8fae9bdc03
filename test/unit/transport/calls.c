/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/transport/calls.h"

#include "common/mem.h"
#include "test/unit/seed.h"
#include "test/unit/transport/echo_ta.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct prng *prng(void)
{
	static struct prng p;
	static bool started;

	if (!started)
		p = prng_start();
	started = true;
	return &p;
}

void test_random(void *out, size_t len)
{
	prng_fill(prng(), out, len);
}

uint32_t test_random_below(uint32_t limit)
{
	return (uint32_t)prng_below(prng(), limit);
}

static void count_end(struct tee_call *call)
{
	struct test_call *t = call->arg;

	t->finished++;
}

struct test_call *test_call_new(uint16_t cmd, size_t len, size_t len2)
{
	struct test_call *t = mem_zalloc(1, sizeof(*t));

	assert_non_null(t);
	t->in = mem_zalloc(1, len + 1);
	t->out = mem_zalloc(1, len + 1);
	t->in2 = mem_zalloc(1, len2 + 1);
	t->out2 = mem_zalloc(1, len2 + 1);
	assert_true(t->in && t->out && t->in2 && t->out2);
	test_random(t->in, len);
	test_random(t->in2, len2);
	t->call = (struct tee_call){
		.cmd = cmd,
		.req = bytes_of(t->in, len),
		.rsp = { .ptr = t->out, .cap = len },
		.rc = KMS_RC_INTERNAL,
		.done = count_end,
		.arg = t,
	};
	if (len2) {
		t->call.state = bytes_of(t->in2, len2);
		t->call.state_out = (struct buf){ .ptr = t->out2, .cap = len2 };
	}
	return t;
}

void test_call_free(struct test_call **call)
{
	struct test_call *t = *call;

	*call = NULL;
	if (!t)
		return;
	mem_free(t->in);
	mem_free(t->in2);
	mem_free(t->out);
	mem_free(t->out2);
	mem_free(t);
}

bool test_reap(const struct transport *t, struct channel *c, unsigned int count)
{
	time_t end = time(NULL) + 10;
	unsigned int got = 0;

	while (got < count && time(NULL) < end) {
		struct pollfd fd = { .fd = t->fd(c), .events = POLLIN };

		if (poll(&fd, 1, 100) > 0)
			got += t->reap(c);
	}
	return got == count;
}

void test_round_trip(const struct transport *t, struct channel *c, size_t len,
		     size_t len2)
{
	struct test_call *call = test_call_new(ECHO_BACK, len, len2);

	assert_int_equal(t->submit(c, &call->call), KMS_RC_OK);
	t->flush(c);
	assert_true(test_reap(t, c, 1));
	assert_int_equal(call->finished, 1);
	assert_int_equal(call->call.rc, KMS_RC_OK);
	assert_int_equal(call->call.rsp.len, len);
	assert_memory_equal(call->in, call->out, len);
	assert_int_equal(call->call.state_out.len, len2);
	assert_memory_equal(call->in2, call->out2, len2);
	test_call_free(&call);
}
