/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls - what the transport's tests share: calls that remember their end
 */

#ifndef KMS_TEST_CALLS_H
#define KMS_TEST_CALLS_H

#include "host/transport/transport.h"

/* A call with buffers of its own, and how often it was finished. */
struct test_call {
	struct tee_call call;
	unsigned int finished;
	uint8_t *in;
	uint8_t *in2;
	uint8_t *out;
	uint8_t *out2;
};

/* Lengths of the input are those of the room for output; 0: no in2, out2. */
struct test_call *test_call_new(uint16_t cmd, size_t len, size_t len2);
void test_call_free(struct test_call **t);

/* The seed of this run, printed once, and bytes made from it. */
void test_random(void *out, size_t len);
uint32_t test_random_below(uint32_t limit);

/* Reaps until so many calls are finished; false after ten seconds. */
bool test_reap(const struct transport *t, struct channel *c,
	       unsigned int count);

/* Submits, flushes, reaps one call and checks that it came back whole. */
void test_round_trip(const struct transport *t, struct channel *c, size_t len,
		     size_t len2);

#endif /* KMS_TEST_CALLS_H */
