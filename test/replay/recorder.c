/* SPDX-License-Identifier: Apache-2.0 */
#include "test/replay/recorder.h"

#include "common/endian.h"
#include "test/property/passkey.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS 6

static void note_status(struct recorder *r, uint16_t status)
{
	if (status < 64)
		r->statuses |= (uint64_t)1 << status;
}

/* Statuses of a SIGN stand in its items. */
static void note_answer(struct recorder *r)
{
	struct bytes body = { 0 };
	struct abi_header h = { 0 };
	struct abi_sign_rsp rsp = { 0 };
	struct bytes value = { 0 };

	r->last_result = r->answer.result;
	r->bad_params |= r->answer.result == TRACE_BAD_PARAMS;
	r->short_buffer |= r->answer.result == TRACE_SHORT_BUFFER;
	r->dead |= r->answer.result == TRACE_TARGET_DEAD;
	if (r->answer.result != TRACE_SUCCESS ||
	    abi_get_header(
		    &h, &body,
		    bytes_of(r->answer.param[1].bytes, r->answer.param[1].len)))
		return;
	note_status(r, h.status);
	if (h.status || h.cmd != CMD_SIGN || ABI_DECODE(&rsp, sign_rsp, body))
		return;
	while (abi_rep_next(&rsp.items, &value)) {
		struct abi_sign_result result = { 0 };

		if (!ABI_DECODE(&result, sign_result, value))
			note_status(r, result.status);
	}
}

void recorder_call(struct recorder *r)
{
	r->run(r->run_arg, &r->call, &r->answer);
	if (!trace_put_call(r->out, &r->call) ||
	    !trace_put_answer(r->out, &r->answer))
		abort();
	r->calls++;
	note_answer(r);
}

static void set_input(struct recorder *r, int i, struct bytes in)
{
	if (in.len > TRACE_BYTES_MAX)
		abort();
	r->call.param[i].kind = TRACE_IN;
	r->call.param[i].len = (uint32_t)in.len;
	if (in.len)
		memcpy(r->call.param[i].bytes, in.ptr, in.len);
}

void recorder_fill(struct recorder *r, uint32_t cmd, struct bytes request,
		   struct bytes state, uint32_t rsp_cap, uint32_t out_cap)
{
	trace_begin(&r->call, cmd, r->note);
	set_input(r, 0, request);
	r->call.param[1].kind = TRACE_OUT;
	r->call.param[1].len = rsp_cap;
	if (state.len)
		set_input(r, 2, state);
	if (out_cap) {
		r->call.param[3].kind = TRACE_OUT;
		r->call.param[3].len = out_cap;
	}
}

static void take_output(struct buf *to, const struct recorder *r, int i)
{
	to->len = r->answer.param[i].len;
	if (to->len > to->cap)
		abort();
	if (to->len)
		memcpy(to->ptr, r->answer.param[i].bytes, to->len);
}

enum kms_rc recorder_send(void *arg, uint16_t cmd, struct bytes request,
			  struct bytes state, struct buf *rsp, struct buf *out)
{
	struct recorder *r = arg;

	/* As the server does it: no memory for what cannot come. */
	recorder_fill(r, cmd, request, state, (uint32_t)rsp->cap,
		      cmd == CMD_PREPARE ? (uint32_t)out->cap : 0);
	recorder_call(r);
	if (r->answer.result == TRACE_SHORT_BUFFER)
		return KMS_RC_SHORT_BUFFER;
	if (r->answer.result != TRACE_SUCCESS)
		return KMS_RC_UNAVAILABLE;
	take_output(rsp, r, 1);
	take_output(out, r, 3);
	return KMS_RC_OK;
}

void recorder_ok(const struct recorder *r, enum kms_rc rc)
{
	if (!rc)
		return;
	(void)fprintf(stderr, "call %zu (%s): %s, TEE_Result 0x%08x\n",
		      r->calls, r->note, kms_rc_name(rc), r->last_result);
	abort();
}

/* --- the tape ----------------------------------------------------------- */

static void tape_command(struct recorder *r, enum tape_cmd cmd, struct bytes in)
{
	trace_begin(&r->call, (uint32_t)cmd, r->note);
	set_input(r, 0, in);
	recorder_call(r);
	recorder_ok(r, r->answer.result ? KMS_RC_UNAVAILABLE : KMS_RC_OK);
}

void recorder_random(struct recorder *r, struct bytes literal)
{
	tape_command(r, TAPE_RANDOM, literal);
}

void recorder_clock(struct recorder *r, uint64_t ms)
{
	uint8_t le[8];

	le64_put(le, ms);
	tape_command(r, TAPE_CLOCK, bytes_of(le, sizeof(le)));
}

void recorder_set(struct recorder *r, enum tape_cmd cmd, uint32_t first,
		  uint32_t second)
{
	uint8_t le[8];

	le32_put(le, first);
	le32_put(le + 4, second);
	tape_command(r, cmd, bytes_of(le, sizeof(le)));
}

/* The TEE makes P-256 keys by itself; on the tape they stand ready. */
static void make_pair(struct tape_pair *pair, struct prng *prng)
{
	uint8_t pub[64];

	prng_fill(prng, pair->key, sizeof(pair->key));
	/* Below the order, whose first 32 bits are ones. */
	pair->key[0] &= 0x7f;
	passkey_point(pub, pair->key);
	memcpy(pair->x, pub, sizeof(pair->x));
	memcpy(pair->y, pub + 32, sizeof(pair->y));
}

static void start_tape(struct recorder *r)
{
	static struct {
		struct tape_start start;
		struct tape_pair pairs[PAIRS];
	} s;

	/* One device for the whole trace, another generator each time. */
	memset(s.start.device_key, TAPE_DEVICE_KEY, sizeof(s.start.device_key));
	prng_fill(&r->prng, s.start.seed, sizeof(s.start.seed));
	for (size_t i = 0; i < PAIRS; i++)
		make_pair(&s.pairs[i], &r->prng);
	tape_command(r, TAPE_START, bytes_of(&s, sizeof(s)));
	recorder_clock(r, RECORDER_START_MS);
}

void recorder_restart(struct recorder *r)
{
	trace_begin(&r->call, TRACE_CLOSE, r->note);
	recorder_call(r);
	trace_begin(&r->call, TRACE_OPEN, r->note);
	recorder_call(r);
	start_tape(r);
}

void recorder_run(struct recorder *r, FILE *out, trace_run *run, void *run_arg,
		  struct prng prng)
{
	memset(r, 0, sizeof(*r));
	r->out = out;
	r->run = run;
	r->run_arg = run_arg;
	r->prng = prng;
	host_init(&r->host, recorder_send, r, 0);
	host_init(&r->other, recorder_send, r, 1);
	life_record(r);
	wallets_record(r);
	wallets_refused_record(r);
	refusals_record(r);
	if (fflush(out))
		abort();
}
