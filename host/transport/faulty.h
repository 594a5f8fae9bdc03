/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faulty - a transport that wraps another kind and lets its nth call go wrong
 *
 * For tests. The plan is the whole program's: set it, then open workers.
 * Threads:   a plan is set while no worker is open; calls are counted over all
 *            workers and threads.
 */

#ifndef KMS_HOST_TRANSPORT_FAULTY_H
#define KMS_HOST_TRANSPORT_FAULTY_H

#include "host/transport/transport.h"

enum faulty_kind {
	FAULTY_NONE,
	FAULTY_REFUSE, /* submit() says UNAVAILABLE */
	FAULTY_BUSY,   /* submit() says BUSY */
	FAULTY_LOSE,   /* the command never runs: UNAVAILABLE */
	FAULTY_FORGET, /* it runs, its answer is lost: UNAVAILABLE */
	FAULTY_DELAY,  /* its answer comes late */
	FAULTY_KILL,   /* the worker dies once it was handed the command */
};

struct faulty_plan {
	const struct transport *inner;
	enum faulty_kind kind;
	unsigned long nth; /* submitted call, from 1; 0: none */
	bool again;	   /* every nth, not only the first */
	unsigned int delay_ms;
};

/* Copies the plan and counts from 1 again. */
void faulty_set_plan(const struct faulty_plan *plan);
/* Calls submitted since then. */
unsigned long faulty_count(void);

extern const struct transport transport_faulty;

#endif /* KMS_HOST_TRANSPORT_FAULTY_H */
