/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world - a TEE with memory for storage, and instances of the TA in it
 *
 * Owns:      the process's one TEE (ta/posix/gp) and what stops in it.
 * Promises:  a power cut or a panic inside the TA comes back as the result of
 *            world_try(); the instance is then dead, as in a real TEE.
 * Threads:   each instance and its world_try() belong to one thread.
 */

#ifndef KMS_TEST_WORLD_H
#define KMS_TEST_WORLD_H

#include "ta/posix/gp/gp_control.h"
#include "ta/ta.h"
#include "test/property/host_model.h"

struct instance {
	unsigned int number; /* of its handles, from 1 */
	bool alive;
	struct ta ta;
	/* Called for every command with what went in and came out. */
	void (*watch)(void *arg, struct bytes request, struct bytes state,
		      struct bytes rsp, struct bytes out);
	void *watch_arg;
};

/* Empty storage, real time, no faults. strong: with an RPMB partition. */
void world_open(bool strong);
void world_close(void);

/* Starts the instance, as TA_CreateEntryPoint() does. */
void instance_start(struct instance *i, unsigned int number);
/* The same without the self test, for those who start it 10^5 times. */
void instance_start_fast(struct instance *i, unsigned int number);
/* Ends it as TA_DestroyEntryPoint() does. */
void instance_stop(struct instance *i);
/* It dies where it stands: nothing of it is asked, handles are closed. */
void instance_kill(struct instance *i);

/* A host_send; arg is the instance. UNAVAILABLE when it is dead. */
enum kms_rc instance_send(void *arg, uint16_t cmd, struct bytes request,
			  struct bytes state, struct buf *rsp, struct buf *out);

enum world_end { WORLD_DONE, WORLD_CUT, WORLD_PANIC };
/* Runs fn until it returns or the TEE stops under it. */
enum world_end world_try(void (*fn)(void *arg), void *arg);
/* A host's own point of death: the machine is off, as by a cut in the TEE. */
void world_cut_here(void) __attribute__((noreturn));

/*
 * A digest of all that a refused command may not change: keys, shards, the
 * staged batch, opened records, nonces, counters, trusted storage.
 */
void ta_digest(const struct ta *ta, uint8_t out[SHA256_LEN]);

#endif /* KMS_TEST_WORLD_H */
