/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring - the memory that a server and a TA process share
 *
 * One sealed memfd per TA process: a header page, then per channel a control
 * page, a ring of requests and a ring of replies. The TA answers the requests
 * of a channel in their order, so both sides compute every position alone and
 * share only two words per channel: how far requests are written, and how many
 * are answered. The space of a request and of its whole reply is taken at
 * submit and given back when the reply is read.
 *
 * A record is a 64-byte head, then two parts (p0 and p2, or p1 and p3) in one
 * piece, which begins at the start of the ring when it would cross its end.
 *
 * Both sides distrust it: every word is read once, checked, and not read again.
 * Memory, so integers are of the machine; this never leaves it.
 *
 * The TA is started as: PROGRAM INDEX PARENT TRACE RING DOORBELL STATE REPLY...
 * with the worker's number, the server's pid, 0 or 1, and the numbers of the
 * inherited descriptors: memfd, eventfds, the state directory.
 */

#ifndef KMS_ABI_RING_H
#define KMS_ABI_RING_H

#include "abi/limits.h"

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_MAGIC	  0x31524b54u /* "TKR1" */
#define RING_LEN	  (1u << 20)  /* of each ring */
#define RING_ALIGN	  64u
#define RING_PAGE	  4096u
#define RING_CHANNELS_MAX 64u
#define RING_WAKE_EVERY	  8u /* replies, when more requests wait */

enum ring_state {
	RING_STARTING = 0,
	RING_SERVING = 1,
};

/* The first page. */
struct ring_header {
	uint32_t magic;
	uint32_t channels;
	alignas(RING_ALIGN) _Atomic uint32_t state; /* the TA's */
	_Atomic uint32_t sleeping; /* the TA waits for its doorbell */
	alignas(RING_ALIGN) _Atomic uint32_t stop; /* the server's */
};

struct ring_request {
	uint32_t seq; /* counts the channel's requests from 0 */
	uint32_t cmd;
	uint32_t p0_len;
	uint32_t p1_cap;
	uint32_t p2_len;
	uint32_t p3_cap; /* 0: none */
	uint32_t has_p2; /* 0 or 1 */
	uint32_t zero[9];
};

struct ring_reply {
	uint32_t seq;
	uint32_t result; /* a TEE_Result */
	uint32_t p1_len; /* 0 unless the result is TEE_SUCCESS */
	uint32_t p3_len;
	uint32_t zero[12];
};

struct ring_channel {
	alignas(RING_ALIGN) _Atomic uint32_t written;  /* the server's */
	alignas(RING_ALIGN) _Atomic uint32_t answered; /* the TA's */
	alignas(RING_PAGE) uint8_t requests[RING_LEN];
	alignas(RING_PAGE) uint8_t replies[RING_LEN];
};

static_assert(sizeof(struct ring_request) == RING_ALIGN, "one line");
static_assert(sizeof(struct ring_reply) == RING_ALIGN, "one line");
static_assert(sizeof(struct ring_header) <= RING_PAGE, "one page");
static_assert(2 * (ABI_REQUEST_MAX + ABI_STATE_IN_MAX) + RING_ALIGN <= RING_LEN,
	      "the largest request fits into an empty ring, wherever it is");

/* Where the pieces of a record lie: offsets count on, the ring is modulo. */
struct ring_span {
	uint32_t first;	 /* index of p0 or p1 in the ring */
	uint32_t second; /* of p2 or p3 */
	uint32_t end;	 /* where the next record begins */
};

/* The record at offset at, whose parts are no longer than abi/limits.h says. */
static inline struct ring_span ring_place(uint32_t at, uint32_t first_len,
					  uint32_t second_len)
{
	uint32_t mask = RING_ALIGN - 1;
	uint32_t first = (first_len + mask) & ~mask;
	uint32_t len = first + ((second_len + mask) & ~mask);
	uint32_t data = at + RING_ALIGN;
	uint32_t left = RING_LEN - data % RING_LEN;

	if (len > left)
		data += left;
	return (struct ring_span){
		.first = data % RING_LEN,
		.second = (data + first) % RING_LEN,
		.end = data + len,
	};
}

static inline size_t ring_size(unsigned int channels)
{
	return RING_PAGE + (size_t)channels * sizeof(struct ring_channel);
}

static inline struct ring_channel *ring_channel_at(void *base,
						   unsigned int index)
{
	void *at = (uint8_t *)base + RING_PAGE +
		   (size_t)index * sizeof(struct ring_channel);

	return at;
}

#endif /* KMS_ABI_RING_H */
