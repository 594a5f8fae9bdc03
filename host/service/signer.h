/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer - one signature, with the record fetched when the TEE asks for it
 *
 * Promises:  a signature survives the death of a worker: nothing is changed by
 *            signing, so it is simply asked for again until its deadline.
 * Threads:   a queue belongs to one reactor.
 */

#ifndef KMS_HOST_SERVICE_SIGNER_H
#define KMS_HOST_SERVICE_SIGNER_H

#include "host/store/store.h"
#include "host/tee_client/tee.h"

#include <stdatomic.h>

struct sign_job {
	struct tee_sign sign;
	struct store_proof *proof; /* of the arena, once it was needed */
	struct arena *arena;
	unsigned int loads; /* how often the record was sent along */
	uint64_t retry_ns;
	uint64_t asked_ns; /* when the TEE was asked last */
	uint64_t tee_ns;   /* that its answers took in all */
	enum kms_rc last;
	struct sign_queue *queue;
	struct sign_job *next; /* while it waits for its next try */
	void (*done)(struct sign_job *job, enum kms_rc rc);
	void *arg;
};

struct sign_queue {
	struct tee_line *line;
	struct store_reader *reader;
	struct sign_job *waiting;
	atomic_uint under_way; /* jobs until their done(); any thread reads */
};

/* Takes the job (its sign filled but for the state) until done(). */
void signer_start(struct sign_queue *q, struct sign_job *job);
/* Retries what is due, ends what is late. */
void signer_tick(struct sign_queue *q, uint64_t now_ns);

#endif /* KMS_HOST_SERVICE_SIGNER_H */
