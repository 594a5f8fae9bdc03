/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ta_bench - invocations per second of a TA that has nothing to do
 *
 * Sends INFO through the process transport, one at a time and many in flight,
 * and prints the rates as JSON. The difference to a raw call is the price of
 * the wire: encoding, the ring, the wake-up, the copy into the TA.
 *
 *   ta_bench TEEKMS_TA STATE_FOLDER
 */
#include "abi/messages.h"
#include "common/mem.h"
#include "host/transport/transport.h"
#include "test/bench/bench_clock.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#define IN_FLIGHT 32
#define RUN_NS	  1000000000ull

struct flight {
	struct tee_call call;
	uint8_t rsp[1024];
	struct bench *bench;
};

struct bench {
	struct worker *worker;
	struct channel *channel;
	uint8_t req[ABI_HEADER_LEN];
	struct flight *flights; /* IN_FLIGHT of them */
	uint64_t done;
	uint64_t failed;
	bool over;
};

static void submit(struct flight *f)
{
	struct bench *b = f->bench;

	f->call.req = bytes_of(b->req, sizeof(b->req));
	f->call.rsp = (struct buf){ .ptr = f->rsp, .cap = sizeof(f->rsp) };
	if (transport_process.submit(b->channel, &f->call) != KMS_RC_OK)
		b->failed++;
}

static void answered(struct tee_call *call)
{
	struct flight *f = call->arg;

	f->bench->done++;
	f->bench->failed += call->rc != KMS_RC_OK;
	if (!f->bench->over)
		submit(f);
}

/* Gives invocations per second with that many in flight. */
static double run(struct bench *b, unsigned int in_flight)
{
	struct pollfd fd = { .fd = transport_process.fd(b->channel),
			     .events = POLLIN };
	uint64_t begin = clock_ns(CLOCK_MONOTONIC);
	uint64_t spent = 0;
	uint64_t submitted = in_flight;

	b->done = 0;
	b->over = false;
	for (unsigned int i = 0; i < in_flight; i++)
		submit(&b->flights[i]);
	transport_process.flush(b->channel);
	while (spent < RUN_NS && !b->failed) {
		if (poll(&fd, 1, 1000) <= 0)
			b->failed++;
		(void)transport_process.reap(b->channel);
		transport_process.flush(b->channel);
		spent = clock_ns(CLOCK_MONOTONIC) - begin;
	}
	b->over = true;
	submitted += b->done;
	while (!b->failed && b->done < submitted && poll(&fd, 1, 1000) > 0)
		(void)transport_process.reap(b->channel);
	return (double)b->done * 1e9 / (double)spent;
}

static enum kms_rc bench_open(struct bench *b, const char *program,
			      const char *state_dir)
{
	static const uint8_t req_id[ABI_REQ_ID_LEN];
	const struct transport_config config = {
		.ta_program = program,
		.state_dir = state_dir,
		.channels = 1,
		.depth = IN_FLIGHT,
	};
	struct abi_writer w;
	enum kms_rc rc = KMS_RC_INTERNAL;

	abi_begin(&w, b->req, sizeof(b->req));
	abi_put_header(&w, CMD_INFO, 0, req_id);
	rc = abi_finish(&w, 0);
	if (rc)
		return rc;
	b->flights = mem_zalloc(IN_FLIGHT, sizeof(*b->flights));
	if (!b->flights)
		return KMS_RC_NO_MEMORY;
	for (unsigned int i = 0; i < IN_FLIGHT; i++) {
		b->flights[i].bench = b;
		b->flights[i].call.cmd = CMD_INFO;
		b->flights[i].call.done = answered;
		b->flights[i].call.arg = &b->flights[i];
	}
	rc = transport_process.open(&b->worker, &config, 0);
	if (rc)
		return rc;
	return transport_process.channel_open(&b->channel, b->worker);
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;
	double alone = 0;
	double many = 0;

	if (argc != 3) {
		(void)fprintf(stderr,
			      "usage: ta_bench TEEKMS_TA STATE_FOLDER\n");
		return 2;
	}
	rc = bench_open(&b, argv[1], argv[2]);
	if (!rc) {
		alone = run(&b, 1);
		many = run(&b, IN_FLIGHT);
	}
	if (b.channel)
		transport_process.channel_close(&b.channel);
	if (b.worker)
		transport_process.close(&b.worker);
	mem_free(b.flights);
	if (rc || b.failed) {
		(void)fprintf(stderr, "ta_bench: %s, %" PRIu64 " failed\n",
			      kms_rc_name(rc), b.failed);
		return 1;
	}
	(void)printf("{\"empty_1\": %.0f, \"empty_%d\": %.0f}\n", alone,
		     IN_FLIGHT, many);
	return 0;
}
