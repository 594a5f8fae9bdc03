/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_bench - signatures through the transport alone: no HTTP, no dispatch
 *
 *   sign_bench process|inproc TEEKMS_TA STATE_FOLDER KEY_ID
 *
 * The state is that of a teekmsd that made the key and was stopped. Prints as
 * JSON signatures per second and the processor time of one on both sides: with
 * one, 32 and 64 commands in flight, and for one command with 32 items; also
 * the shortest trip with one in flight. inproc links the TA into this program,
 * so that the difference is the price of the ring.
 */
#include "common/hex.h"
#include "common/mem.h"
#include "host/store/store.h"
#include "host/tee_client/line.h"
#include "test/bench/bench_clock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define IN_FLIGHT_MAX 64
#define RUN_NS	      600000000ull

/* SHA-256 of an API key; the TA takes any. */
static const uint8_t evidence[32];

struct flight {
	struct tee_call call;
	uint8_t rsp[ABI_RESPONSE_MAX];
	struct bench *bench;
};

struct bench {
	const struct transport *t;
	struct tee *tee;
	struct tee_line *line;
	struct store *store;
	struct store_reader *reader;
	struct store_key key;
	struct store_proof proof;
	uint8_t request[ABI_REQUEST_MAX];
	size_t request_len;
	size_t rsp_cap;
	struct flight *flights; /* IN_FLIGHT_MAX of them */
	uint64_t done;
	uint64_t failed;
	bool over;
};

static uint64_t number_in(const char *path)
{
	FILE *f = fopen(path, "r");
	char text[64] = "";

	if (f && !fgets(text, sizeof(text), f))
		text[0] = '\0';
	if (f)
		(void)fclose(f);
	return strtoull(text, NULL, 10);
}

/* Of this program and of the TA, when that is a process. */
static uint64_t cpu_ns(void)
{
	char path[64];
	uint64_t child = number_in("/proc/thread-self/children");
	uint64_t own = clock_ns(CLOCK_PROCESS_CPUTIME_ID);

	if (!child)
		return own;
	(void)snprintf(path, sizeof(path), "/proc/%llu/schedstat",
		       (unsigned long long)child);
	return own + number_in(path);
}

static enum kms_rc make_request(struct bench *b, unsigned int items)
{
	static const uint8_t no_req_id[ABI_REQ_ID_LEN] = { 0 };
	static const uint8_t digest[32] = { 1, 2, 3 };
	struct abi_sign_item item = {
		.shard = b->key.shard,
		.slot = b->key.slot,
		.alg = ALG_ECDSA_SHA_256,
		.digest = bytes_of(digest, sizeof(digest)),
		.evidence_kind = EVIDENCE_API_KEY,
		.evidence = bytes_of(evidence, sizeof(evidence)),
	};
	struct abi_writer w = { 0 };
	size_t at = 0;
	enum kms_rc rc = KMS_RC_INTERNAL;

	memcpy(item.uuid, b->key.uuid, sizeof(item.uuid));
	abi_begin(&w, b->request, sizeof(b->request));
	abi_put_header(&w, CMD_SIGN, 0, no_req_id);
	for (unsigned int i = 0; i < items; i++) {
		at = abi_open(&w, ABI_TAG_SIGN_ITEMS);
		ABI_PUT(&w, sign_item, &item);
		abi_close(&w, at);
	}
	rc = abi_finish(&w, (uint16_t)items);
	b->request_len = w.len;
	b->rsp_cap = items * TEE_SIGN_RSP_MAX;
	if (b->rsp_cap > ABI_RESPONSE_MAX)
		b->rsp_cap = ABI_RESPONSE_MAX;
	return rc;
}

static void submit(struct flight *f)
{
	struct bench *b = f->bench;

	f->call.req = bytes_of(b->request, b->request_len);
	f->call.rsp = (struct buf){ .ptr = f->rsp, .cap = b->rsp_cap };
	if (b->t->submit(b->line->channels[0], &f->call) != KMS_RC_OK)
		b->failed++;
}

/* Every item has to be signed, or the figure means nothing. */
static bool all_signed(struct bytes rsp)
{
	struct abi_header h = { 0 };
	struct abi_sign_rsp answer = { 0 };
	struct abi_sign_result result = { 0 };
	struct bytes body = { 0 };
	struct bytes value = { 0 };

	if (abi_get_header(&h, &body, rsp) || h.status ||
	    ABI_DECODE(&answer, sign_rsp, body))
		return false;
	while (abi_rep_next(&answer.items, &value))
		if (ABI_DECODE(&result, sign_result, value) || result.status)
			return false;
	return true;
}

static void answered(struct tee_call *call)
{
	struct flight *f = call->arg;

	f->bench->done++;
	f->bench->failed +=
		call->rc || !all_signed(bytes_of(f->rsp, call->rsp.len));
	if (!f->bench->over)
		submit(f);
}

/* True if something was answered: the bell may also ring for nothing. */
static bool turn(struct bench *b)
{
	struct pollfd fd = { .fd = b->t->fd(b->line->channels[0]),
			     .events = POLLIN };

	b->t->flush(b->line->channels[0]);
	if (poll(&fd, 1, 1000) > 0)
		return b->t->reap(b->line->channels[0]) > 0;
	b->failed++;
	return false;
}

struct figures {
	double per_second;
	double cpu_us; /* of one, on both sides */
	double best_us;
};

/* Of signatures, of which each command has so many items. */
static struct figures run(struct bench *b, unsigned int in_flight,
			  unsigned int items)
{
	uint64_t begin = clock_ns(CLOCK_MONOTONIC);
	uint64_t cpu = cpu_ns();
	uint64_t best = UINT64_MAX;
	uint64_t spent = 0;
	uint64_t last = 0;
	struct figures out = { 0 };
	uint64_t all = 0;

	if (make_request(b, items))
		b->failed++;

	b->done = 0;
	b->over = false;
	for (unsigned int i = 0; i < in_flight; i++)
		submit(&b->flights[i]);
	while (spent < RUN_NS && !b->failed) {
		bool answer = turn(b);

		spent = clock_ns(CLOCK_MONOTONIC) - begin;
		if (!answer)
			continue;
		best = spent - last < best ? spent - last : best;
		last = spent;
	}
	out.best_us = (double)best / 1e3;
	out.per_second = (double)b->done * items * 1e9 / (double)spent;
	b->over = true;
	all = b->done + in_flight;
	while (b->done < all && !b->failed)
		(void)turn(b);
	out.cpu_us = (double)(cpu_ns() - cpu) / 1e3 / ((double)b->done * items);
	return out;
}

static bool open_shards(struct bench *b)
{
	struct abi_shard_status_rsp status = { 0 };
	struct tee_info info = { 0 };
	uint16_t shard = b->key.shard;

	return !tee_info(b->line, 0, &info) &&
	       !tee_shard_open(b->line, 0, &shard, 1, &status);
}

static void warmed(struct tee_sign *s, enum kms_rc rc)
{
	*(enum kms_rc *)s->arg = rc;
}

/* With the record's state, which the TA then keeps. */
static bool warm(struct bench *b)
{
	static struct tee_sign s;
	enum kms_rc rc = KMS_RC_TIMEOUT;

	s = (struct tee_sign){
		.shard = b->key.shard,
		.slot = b->key.slot,
		.alg = ALG_ECDSA_SHA_256,
		.evidence_kind = EVIDENCE_API_KEY,
		.evidence = bytes_of(evidence, sizeof(evidence)),
		.blob = bytes_of(b->proof.blob, b->proof.blob_len),
		.path = bytes_of(b->proof.path, b->proof.path_len),
		.deadline_ns = UINT64_MAX,
		.done = warmed,
		.arg = &rc,
	};
	memcpy(s.uuid, b->key.uuid, sizeof(s.uuid));
	tee_set_serving(b->tee, 0, true);
	if (tee_sign(b->line, &s))
		return false;
	for (int i = 0; i < 100 && rc == KMS_RC_TIMEOUT; i++)
		(void)turn(b);
	return rc == KMS_RC_OK;
}

static bool find_key(struct bench *b, const char *state, const char *key_id)
{
	char path[1024];
	char hex[2 * ABI_UUID_LEN + 1];
	uint8_t uuid[ABI_UUID_LEN];
	const char *why = NULL;
	size_t len = 0;

	for (; *key_id && len < sizeof(hex) - 1; key_id++)
		if (*key_id != '-')
			hex[len++] = *key_id;
	(void)snprintf(path, sizeof(path), "%s/kms.db", state);
	return hex_decode(uuid, sizeof(uuid), hex, len) == KMS_RC_OK &&
	       !store_open(&b->store, path, &why) &&
	       !store_reader_open(&b->reader, b->store) &&
	       !store_get_key(b->reader, &b->key, uuid) &&
	       !store_get_proof(b->reader, &b->proof, b->key.shard,
				b->key.slot);
}

static bool start(struct bench *b, char **argv)
{
	static char folder[1024];
	struct tee_config config = {
		.transport = b->t,
		.transport_config = { .ta_program = argv[2],
				      .state_dir = folder,
				      .depth = IN_FLIGHT_MAX },
		.workers = 1,
		.call_ms = 20000,
		.lines_max = 1,
	};

	(void)snprintf(folder, sizeof(folder), "%s/tee", argv[3]);
	b->flights = mem_zalloc(IN_FLIGHT_MAX, sizeof(*b->flights));
	if (!b->flights || !find_key(b, argv[3], argv[4]) ||
	    tee_open(&b->tee, &config) || tee_line_open(&b->line, b->tee))
		return false;
	for (int i = 0; i < IN_FLIGHT_MAX; i++) {
		b->flights[i].bench = b;
		b->flights[i].call.cmd = CMD_SIGN;
		b->flights[i].call.done = answered;
		b->flights[i].call.arg = &b->flights[i];
	}
	return open_shards(b) && warm(b);
}

static void stop(struct bench *b)
{
	tee_line_close(&b->line);
	tee_close(&b->tee);
	store_reader_close(&b->reader);
	store_close(&b->store);
	mem_free(b->flights);
}

static void measure(struct bench *b)
{
	struct figures one = run(b, 1, 1);
	struct figures many = run(b, 32, 1);
	struct figures crowd = run(b, IN_FLIGHT_MAX, 1);
	struct figures batch = run(b, 1, ABI_SIGN_ITEMS);

	(void)printf("{\"sign_1\": %.0f, \"sign_32\": %.0f, "
		     "\"batch_32\": %.0f, \"best_us\": %.2f, "
		     "\"cpu_us_1\": %.3f, \"cpu_us_32\": %.3f, "
		     "\"cpu_us_64\": %.3f, \"cpu_us_batch\": %.3f}\n",
		     one.per_second, many.per_second, batch.per_second,
		     one.best_us, one.cpu_us, many.cpu_us, crowd.cpu_us,
		     batch.cpu_us);
}

int main(int argc, char **argv)
{
	static struct bench b;
	bool good = false;

	if (argc != 5) {
		(void)fputs("usage: sign_bench process|inproc TEEKMS_TA "
			    "STATE_FOLDER KEY_ID\n",
			    stderr);
		return 2;
	}
	b.t = strcmp(argv[1], "inproc") ? &transport_process
					: &transport_inproc;
	good = start(&b, argv);
	if (good)
		measure(&b);
	good = good && !b.failed;
	stop(&b);
	if (!good)
		(void)fputs("sign_bench: a signature failed\n", stderr);
	return good ? 0 : 1;
}
