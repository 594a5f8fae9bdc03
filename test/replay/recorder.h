/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder - writes a trace while an honest host, or a hostile one, works
 *
 * Owns:      the host model whose commands are recorded, and the tape's seed.
 * Promises:  every choice comes from a seed, so a trace can be made again.
 */

#ifndef KMS_TEST_RECORDER_H
#define KMS_TEST_RECORDER_H

#include "test/property/host_model.h"
#include "test/replay/tape.h"
#include "test/replay/trace.h"
#include "test/unit/seed.h"

/* Where the tape's clock starts in every instance. */
#define RECORDER_START_MS 1000000

struct wallets;

struct recorder {
	FILE *out;
	trace_run *run;
	void *run_arg;
	struct prng prng;
	const char *note; /* of the calls that follow */
	size_t calls;
	uint32_t last_result; /* TEE_Result */
	uint64_t statuses;    /* seen in headers and items, a bit each */
	bool bad_params;
	bool short_buffer;
	bool dead;
	struct host host;	 /* of shard 0 */
	struct host other;	 /* of shard 1 */
	struct wallets *wallets; /* of shard 0, from wallets_record() on */
	struct trace_call call;
	struct trace_answer answer;
};

/* Records all scenes to out, against the TA behind run. Aborts when that TA
 * does not do what an honest host needs. */
void recorder_run(struct recorder *r, FILE *out, trace_run *run, void *run_arg,
		  struct prng prng);

/* --- for the scenes ----------------------------------------------------- */

/* Runs r->call and records it. */
void recorder_call(struct recorder *r);
/* A host_send; arg is the recorder. */
enum kms_rc recorder_send(void *arg, uint16_t cmd, struct bytes request,
			  struct bytes state, struct buf *rsp, struct buf *out);
/* r->call for any command; buffers as large as the caller says. */
void recorder_fill(struct recorder *r, uint32_t cmd, struct bytes request,
		   struct bytes state, uint32_t rsp_cap, uint32_t out_cap);
/* A new instance of the TA, on a fresh piece of the tape. */
void recorder_restart(struct recorder *r);
void recorder_random(struct recorder *r, struct bytes literal);
void recorder_clock(struct recorder *r, uint64_t ms);
/* For TAPE_FAIL, TAPE_GLITCH and TAPE_BREAK. */
void recorder_set(struct recorder *r, enum tape_cmd cmd, uint32_t first,
		  uint32_t second);
/* Aborts with what happened unless rc is OK. */
void recorder_ok(const struct recorder *r, enum kms_rc rc);

/* The scenes, in this order; each file is one list of them. */
void life_record(struct recorder *r);
void wallets_record(struct recorder *r);
void wallets_refused_record(struct recorder *r);
void refusals_record(struct recorder *r);

#endif /* KMS_TEST_RECORDER_H */
