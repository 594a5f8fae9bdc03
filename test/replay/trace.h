/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace - calls of a TA with their answers, as a file
 *
 * A trace is a call, its answer, a call, its answer; what another build
 * answers to the same calls is a file of answers alone. Runs in the guest of
 * tools/qemu as well, so nothing but C and common/ is used.
 */

#ifndef KMS_TEST_TRACE_H
#define KMS_TEST_TRACE_H

#include "abi/limits.h"
#include "common/attr.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* For whoever runs a trace; every other number goes to the TA. */
#define TRACE_OPEN  0xfffe0000u /* a new instance of the TA */
#define TRACE_CLOSE 0xfffe0001u /* its end */

/* GlobalPlatform's names for these results. */
#define TRACE_SUCCESS	   0x00000000u
#define TRACE_SHORT_BUFFER 0xffff0010u
#define TRACE_BAD_PARAMS   0xffff0006u
#define TRACE_TARGET_DEAD  0xffff3024u

#define TRACE_PARAMS   4
#define TRACE_NOTE_MAX 64
/* The longest parameter, and a byte too many. */
#define TRACE_BYTES_MAX (ABI_STATE_IN_MAX + 1)

enum trace_kind {
	TRACE_NONE,
	TRACE_VALUE, /* two zeros */
	TRACE_IN,
	TRACE_OUT,
	TRACE_KINDS,
};

struct trace_call {
	char note[TRACE_NOTE_MAX]; /* what is tried, for people */
	uint32_t cmd;
	struct {
		uint8_t kind;
		uint32_t len; /* IN: of bytes, OUT: of the buffer */
		uint8_t bytes[TRACE_BYTES_MAX];
	} param[TRACE_PARAMS];
};

struct trace_answer {
	uint32_t result; /* TEE_Result */
	struct {
		/* OUT, on success and SHORT_BUFFER: what the TA says. */
		uint32_t len;
		uint8_t bytes[TRACE_BYTES_MAX]; /* on success only */
	} param[TRACE_PARAMS];
};

enum trace_got { TRACE_GOT, TRACE_END, TRACE_DAMAGED };

/* Runs a call; the answer's unused lengths are zeroed. */
typedef void trace_run(void *arg, const struct trace_call *call,
		       struct trace_answer *answer);

/* Starts a call without parameters. */
void trace_begin(struct trace_call *call, uint32_t cmd, const char *note);
bool trace_put_call(FILE *f, const struct trace_call *call) KMS_MUST_USE;
bool trace_put_answer(FILE *f, const struct trace_answer *a) KMS_MUST_USE;
enum trace_got trace_get_call(FILE *f, struct trace_call *call) KMS_MUST_USE;
enum trace_got trace_get_answer(FILE *f, struct trace_answer *a) KMS_MUST_USE;

/* Runs every call of trace and writes the answers. False: a broken file. */
bool trace_replay(FILE *trace, FILE *answers, trace_run *run,
		  void *arg) KMS_MUST_USE;

#endif /* KMS_TEST_TRACE_H */
