/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of an instance: its stack, and what stays in its variables.
 */
#include "test/property/mh.h"

#include <pthread.h>
#include <string.h>

#define STACK_LEN (256 * 1024)
#define PAINT	  0xa5

/* Of the program, as its linker calls it. */
extern char __data_start[];
extern char _end[];

static _Alignas(4096) uint8_t stack[STACK_LEN];
static uint8_t *stack_top; /* of what the command used */

struct job {
	struct instance *i;
	uint16_t cmd;
	struct bytes request;
	struct bytes state;
	struct buf *rsp;
	struct buf *out;
	enum kms_rc rc;
};

static void run(void *arg)
{
	struct job *j = arg;

	j->rc = instance_send(j->i, j->cmd, j->request, j->state, j->rsp,
			      j->out);
}

static void *on_stack(void *arg)
{
	struct job *j = arg;

	stack_top = __builtin_frame_address(0);
	if (world_try(run, j) != WORLD_DONE) {
		instance_kill(j->i);
		j->rc = KMS_RC_UNAVAILABLE;
	}
	gp_thread_end();
	return NULL;
}

enum kms_rc mh_stack_send(void *arg, uint16_t cmd, struct bytes request,
			  struct bytes state, struct buf *rsp, struct buf *out)
{
	struct job j = { .i = arg,
			 .cmd = cmd,
			 .request = request,
			 .state = state,
			 .rsp = rsp,
			 .out = out,
			 .rc = KMS_RC_INTERNAL };
	pthread_attr_t attr;
	pthread_t thread;

	memset(stack, PAINT, sizeof(stack));
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstack(&attr, stack, sizeof(stack)), 0);
	assert_int_equal(pthread_create(&thread, &attr, on_stack, &j), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attr);
	return j.rc;
}

size_t mh_stack_depth(void)
{
	const uint8_t *lowest = stack;

	while (lowest < stack_top && *lowest == PAINT)
		lowest++;
	return (size_t)(stack_top - lowest);
}

struct bytes mh_stack_memory(void)
{
	return bytes_of(stack, (size_t)(stack_top - stack));
}

static const uint8_t *find_between(const void *from, const void *to)
{
	const uint8_t *a = from;

	return mh_taint_find(a, (size_t)((const uint8_t *)to - a));
}

const uint8_t *mh_taint_in_memory(const struct fixture *f, bool everywhere)
{
	const struct ta *ta = &f->one.ta;
	const uint8_t *at = find_between(__data_start, f);

	if (!at)
		at = find_between(&f->host + 1, _end);
	if (!at && everywhere)
		at = find_between(f, &f->host);
	/* In the order of struct ta: what is between and behind its secrets. */
	if (!at)
		at = find_between(&ta->shard_total, &ta->lru);
	if (!at)
		at = find_between(ta->request, ta + 1);
	return at;
}
