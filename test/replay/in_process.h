/* SPDX-License-Identifier: Apache-2.0 */
/*
 * in_process - runs a trace against the Linux build of the TA
 *
 * Through the entry points, over storage in memory that has rollback
 * protection and a clock as a TEE has them. One at a time in a process.
 */

#ifndef KMS_TEST_IN_PROCESS_H
#define KMS_TEST_IN_PROCESS_H

#include "test/replay/trace.h"

/* Empty storage, no instance. */
void in_process_open(void);
void in_process_close(void);
/* A trace_run; arg is not used. */
void in_process_run(void *arg, const struct trace_call *call,
		    struct trace_answer *answer);

#endif /* KMS_TEST_IN_PROCESS_H */
