/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_queue - the server's half of one channel of shared memory
 *
 * Owns:      the order of the calls in flight. Borrows the memory.
 * Promises:  a call that was pushed has room for its whole reply; nothing the
 *            TA writes makes this read or write outside of the rings.
 * Threads:   none.
 */

#ifndef KMS_HOST_TRANSPORT_RING_QUEUE_H
#define KMS_HOST_TRANSPORT_RING_QUEUE_H

#include "abi/ring.h"
#include "host/transport/transport.h"

struct ring_slot {
	struct tee_call *call; /* NULL: cancelled */
	struct ring_span reply;
	uint32_t reply_at;
	uint32_t request_end;
	uint32_t out_cap;
	uint32_t out2_cap;
};

struct ring_queue {
	struct ring_channel *shm; /* NULL: nobody listens */
	struct ring_slot *slots;
	uint32_t depth;
	uint32_t mask;	       /* slots - 1 */
	uint32_t first;	       /* seq of the oldest call in flight */
	uint32_t next;	       /* seq of the next call */
	uint32_t request_at;   /* offsets: next to write */
	uint32_t request_free; /* oldest that is in use */
	uint32_t reply_at;
	uint32_t reply_free;
};

/* ring_queue_clear() accepts a zeroed queue. NO_MEMORY, BAD_INPUT. */
enum kms_rc ring_queue_init(struct ring_queue *q,
			    unsigned int depth) KMS_MUST_USE;
void ring_queue_clear(struct ring_queue *q);

/* Begins anew on fresh, zeroed memory, or on none; forgets its calls. */
void ring_queue_attach(struct ring_queue *q, struct ring_channel *shm);

/* Copies the request and publishes it. BUSY, BAD_INPUT, UNAVAILABLE. */
enum kms_rc ring_queue_push(struct ring_queue *q,
			    struct tee_call *call) KMS_MUST_USE;

/*
 * Gives the oldest answered call, filled, or NULL. DECODE when what the TA
 * wrote makes no sense; it is not to be trusted with another call.
 */
enum kms_rc ring_queue_pop(struct ring_queue *q,
			   struct tee_call **call) KMS_MUST_USE;

/* Gives the oldest call whether answered or not, or NULL. */
struct tee_call *ring_queue_abandon(struct ring_queue *q);

/* Forgets the call; true when it was in flight here. */
bool ring_queue_cancel(struct ring_queue *q, const struct tee_call *call);

/* Calls in flight, those included that were cancelled. */
uint32_t ring_queue_count(const struct ring_queue *q);

#endif /* KMS_HOST_TRANSPORT_RING_QUEUE_H */
