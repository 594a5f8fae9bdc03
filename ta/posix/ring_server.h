/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_server - the TA's half of the shared memory
 *
 * Owns:      the TA's place in each channel. Borrows the memory.
 * Promises:  whatever the server writes, and whenever, nothing outside of the
 *            rings is read or written. The TA's parameters point into the
 *            rings, as an OP-TEE TA's point into the normal world's memory.
 * Threads:   none.
 */

#ifndef KMS_TA_POSIX_RING_SERVER_H
#define KMS_TA_POSIX_RING_SERVER_H

#include "abi/ring.h"
#include "common/attr.h"
#include "common/kms_rc.h"

struct ring_server {
	struct ring_channel *shm;
	uint32_t request_at; /* offsets */
	uint32_t reply_at;
	uint32_t seq;
};

/* Runs the next request, if there is one. DECODE: the ring makes no sense. */
enum kms_rc ring_server_step(struct ring_server *s, bool *served) KMS_MUST_USE;

/* True when a request waits, or nonsense. */
bool ring_server_pending(const struct ring_server *s);

struct ring_worker {
	struct ring_header *header;
	struct ring_server *channels;
	const int *reply_fds; /* one per channel */
	unsigned int count;
	int doorbell;
};

/* Serves until told to stop: OK. DECODE: a ring makes no sense. */
enum kms_rc ring_worker_run(const struct ring_worker *w) KMS_MUST_USE;

#endif /* KMS_TA_POSIX_RING_SERVER_H */
