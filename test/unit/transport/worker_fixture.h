/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_fixture - one worker of transport_process with the echoing TA
 */

#ifndef KMS_TEST_WORKER_FIXTURE_H
#define KMS_TEST_WORKER_FIXTURE_H

#include "host/transport/transport.h"

#include <sys/types.h>

#define DEPTH 64

struct fixture {
	char dir[64];
	struct transport_config config;
	struct worker *w;
	struct channel *c;
};

int start(void **state);
int stop(void **state);

/* The pid behind the descriptor that tells of its death. */
pid_t worker_pid(const struct fixture *f);
/* False after ten seconds. */
bool wait_for_death(const struct fixture *f);

#endif /* KMS_TEST_WORKER_FIXTURE_H */
