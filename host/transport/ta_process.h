/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ta_process - one TA process: started, watched, ended
 *
 * Owns:      the child and, when traced, the thread that passes its stderr on.
 * Promises:  the child gets the named descriptors and no environment, and dies
 *            with this process at the latest.
 * Threads:   the caller serialises calls about one child.
 */

#ifndef KMS_HOST_TRANSPORT_TA_PROCESS_H
#define KMS_HOST_TRANSPORT_TA_PROCESS_H

#include "common/attr.h"
#include "common/kms_rc.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

struct ta_process {
	pid_t pid; /* 0: none */
	int pidfd; /* readable once it has died */
	bool traced;
	pthread_t tracer;
};

struct ta_process_args {
	const char *program;
	unsigned int index;
	bool trace;
	const int *fds; /* as abi/ring.h says: ring, doorbell, state, replies */
	unsigned int fd_count;
};

/* UNAVAILABLE when it cannot be started, NO_MEMORY. */
enum kms_rc ta_process_start(struct ta_process *p,
			     const struct ta_process_args *args) KMS_MUST_USE;

/* Waits at most that long; true when it has died. */
bool ta_process_died(const struct ta_process *p, int timeout_ms);

/* Lets it end by itself for that long, then kills it. Accepts none. */
void ta_process_end(struct ta_process *p, int grace_ms);

#endif /* KMS_HOST_TRANSPORT_TA_PROCESS_H */
