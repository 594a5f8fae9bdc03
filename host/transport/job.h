/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job - a call that waits for the secure world, with its own copy of the
 * request
 *
 * Threads:   none; the owner of a list locks it.
 */

#ifndef KMS_HOST_TRANSPORT_JOB_H
#define KMS_HOST_TRANSPORT_JOB_H

#include "host/transport/transport.h"

/* A SIGN with an ordinary piece of evidence; more is taken from the heap. */
#define JOB_INLINE 2048

/* One submitted call, with its own copy of the request. */
struct job {
	struct tee_call *call; /* NULL: cancelled */
	struct channel *channel;
	struct job *next;
	uint16_t cmd;
	unsigned int items; /* 0: goes alone */
	bool away;	    /* in the secure world */
	struct bytes req;
	struct bytes state;
	size_t out_cap;
	size_t out2_cap;
	uint8_t *heap;
	uint8_t data[JOB_INLINE];
};

struct job_list {
	struct job *first;
	struct job *last;
};

void job_list_add(struct job_list *l, struct job *job);
/* Gives the oldest, or NULL. */
struct job *job_list_take(struct job_list *l);

/* Copies the request; nobody else sees the job yet. NO_MEMORY, BAD_INPUT. */
enum kms_rc job_fill(struct job *job, struct tee_call *call) KMS_MUST_USE;
/* Forgets call and request; the channel stays. */
void job_clear(struct job *job);

#endif /* KMS_HOST_TRANSPORT_JOB_H */
