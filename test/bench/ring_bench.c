/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_bench - what the way to a TA process and back costs
 *
 *   ring_bench PROGRAM [SECONDS]
 *
 * PROGRAM is a TA process that answers any command, best the echoing one of
 * the unit tests. Prints wall and CPU microseconds per round trip of a 256-byte
 * request and a 128-byte room for the reply, with 1 and with 64 in flight.
 */
#include "host/transport/transport.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define DEPTH	64
#define REQ_LEN 256
#define ROOM	256

struct bench {
	const struct transport *t;
	struct channel *c;
	struct tee_call calls[DEPTH];
	uint8_t out[DEPTH][ROOM];
	unsigned long done;
	unsigned long failed;
};

static double clock_of(clockid_t id)
{
	struct timespec now = { 0 };

	clock_gettime(id, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void submit(struct bench *b, struct tee_call *call)
{
	if (b->t->submit(b->c, call))
		b->failed++;
}

/* Sends the call off again at once. */
static void again(struct tee_call *call)
{
	struct bench *b = call->arg;

	b->done++;
	b->failed += call->rc != KMS_RC_OK;
	submit(b, call);
}

static void wait_and_reap(struct bench *b)
{
	struct pollfd fd = { .fd = b->t->fd(b->c), .events = POLLIN };

	b->t->flush(b->c);
	if (poll(&fd, 1, 1000) > 0)
		b->t->reap(b->c);
	else
		b->failed++;
}

static void stop(struct tee_call *call)
{
	struct bench *b = call->arg;

	b->done++;
}

static void run(struct bench *b, unsigned int in_flight, double seconds)
{
	static const uint8_t request[REQ_LEN] = { 1 };
	double start = 0;
	double cpu = 0;
	double wall = 0;
	unsigned long done = 0;

	b->done = 0;
	for (unsigned int i = 0; i < in_flight; i++) {
		b->calls[i] = (struct tee_call){
			.cmd = 1,
			.req = bytes_of(request, sizeof(request)),
			.rsp = { .ptr = b->out[i], .cap = ROOM },
			.done = again,
			.arg = b,
		};
		submit(b, &b->calls[i]);
	}
	start = clock_of(CLOCK_MONOTONIC);
	cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID);
	while (!b->failed && clock_of(CLOCK_MONOTONIC) - start < seconds)
		wait_and_reap(b);
	wall = clock_of(CLOCK_MONOTONIC) - start;
	cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	done = b->done;
	for (unsigned int i = 0; i < in_flight; i++)
		b->calls[i].done = stop;
	while (!b->failed && b->done < done + in_flight)
		wait_and_reap(b);
	printf("%2u in flight: %8.3f us per round trip, server CPU %6.3f us\n",
	       in_flight, wall * 1e6 / (double)done, cpu * 1e6 / (double)done);
}

/* CPU of the children that were waited for. */
static double children_cpu(void)
{
	struct rusage use = { 0 };

	getrusage(RUSAGE_CHILDREN, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static int measure(const char *program, const char *dir, unsigned int in_flight,
		   double seconds)
{
	static struct bench b;
	struct transport_config config = {
		.ta_program = program,
		.state_dir = dir,
		.channels = 1,
		.depth = DEPTH,
	};
	struct worker *w = NULL;
	double before = children_cpu();
	unsigned long done = 0;

	memset(&b, 0, sizeof(b));
	b.t = &transport_process;
	if (b.t->open(&w, &config, 0))
		return 1;
	if (!b.t->channel_open(&b.c, w))
		run(&b, in_flight, seconds);
	else
		b.failed++;
	done = b.done;
	b.t->channel_close(&b.c);
	b.t->close(&w);
	if (b.failed)
		return 1;
	printf("              TA CPU with its start %6.3f us\n",
	       (children_cpu() - before) * 1e6 / (double)done);
	return 0;
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/teekms-bench-XXXXXX";
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 1;
	int failed = 0;

	if (argc < 2 || argc > 3 || !mkdtemp(dir)) {
		fputs("usage: ring_bench PROGRAM [SECONDS]\n", stderr);
		return 2;
	}
	failed = measure(argv[1], dir, 1, seconds) ||
		 measure(argv[1], dir, 64, seconds);
	rmdir(dir);
	if (failed)
		fputs("ring_bench: a call failed\n", stderr);
	return failed;
}
