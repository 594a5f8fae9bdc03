/* SPDX-License-Identifier: Apache-2.0 */
/*
 * optee_worker - a thread that waits in TEEC_InvokeCommand(), and its queue
 *
 * Owns:      the session, hence an instance of the TA.
 * Promises:  nobody waits for it without bound. A command that the secure
 *            world does not end cannot be called off, so a thread that is not
 *            back in time counts as lost: its calls end with UNAVAILABLE, and
 *            what it may still touch stays allocated until it is back, which
 *            may be never.
 * Threads:   the lock guards the queue and every channel's lists; what the TA
 *            answered is copied to the caller under it, so that cancelling is
 *            safe. The lane belongs to the thread, which opens and closes it.
 */

#ifndef KMS_HOST_TRANSPORT_OPTEE_WORKER_H
#define KMS_HOST_TRANSPORT_OPTEE_WORKER_H

#include "host/transport/call_list.h"
#include "host/transport/job.h"
#include "host/transport/lane.h"
#include "host/transport/merge.h"

#include <pthread.h>

/* How long a command may take that somebody waits for; tests wait less. */
#ifndef WORKER_PATIENCE_MS
#define WORKER_PATIENCE_MS 5000
#endif

/* A session: the secure world may have to load and check the TA first. */
#ifndef WORKER_OPEN_PATIENCE_MS
#define WORKER_OPEN_PATIENCE_MS 30000
#endif

struct channel {
	struct worker *worker;
	struct channel *next;
	int fd;
	bool unflushed;
	bool ring; /* the lane finished something since it last rang */
	unsigned int depth;
	struct job *jobs;
	struct job_list free;
	struct job_list finished;
	struct call_list lost; /* their jobs are in the secure world for good */
};

struct worker {
	unsigned int depth;
	int death_fd;
	pthread_t thread;
	bool running;
	pthread_mutex_t life; /* of restart */
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	bool opened; /* the thread knows whether there is a session */
	enum kms_rc open_rc;
	bool stop;
	bool dead;
	bool lost; /* somebody waited for the thread in vain */
	struct job_list queue;
	struct channel *channels;
	struct channel *orphans; /* closed, but the thread has a job of them */
	/* Of the thread while it runs. */
	struct lane *lane;
	struct job *jobs[ABI_SIGN_ITEMS]; /* that are in the secure world */
	struct merge_part parts[ABI_SIGN_ITEMS];
	unsigned int count;
};

/* Starts the thread and waits for its session. The caller holds life. */
enum kms_rc worker_begin_life(struct worker *w) KMS_MUST_USE;
/*
 * False: the thread is in a command that does not end. A later call looks
 * again whether it is back, without waiting. The caller holds life.
 */
bool worker_end_life(struct worker *w) KMS_MUST_USE;

/* Under the lock: nobody waits for the thread any more. */
void worker_give_up(struct worker *w);
/* Under the lock: the job is its channel's again. */
void worker_return_job(struct job *job);

/* For a channel that no list holds and whose jobs are all there. */
void worker_free_channel(struct channel *c);

#endif /* KMS_HOST_TRANSPORT_OPTEE_WORKER_H */
