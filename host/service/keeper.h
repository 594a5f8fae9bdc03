/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper - the one thread that changes state and keeps the workers alive
 *
 * Owns:      the commit protocol between database and TEE (spec 3.a.7), the
 *            opening and recovery of shards, the restart of dead workers.
 * Promises:  a change that was answered OK is in both, for good; any other is
 *            in neither or will be finished or dropped at the next opening. A
 *            database that is older than the TEE's state is refused.
 * Threads:   one of its own; submit, fd and reap are for the reactors.
 *
 * Requests that wait are committed together: one PREPARE, one durable
 * transaction and one anchor write for up to ABI_BATCH_OPS of them.
 */

#ifndef KMS_HOST_SERVICE_KEEPER_H
#define KMS_HOST_SERVICE_KEEPER_H

#include "host/store/store.h"
#include "host/tee_client/tee.h"

struct keeper;

struct keeper_config {
	struct tee *tee;      /* borrowed */
	struct store *store;  /* borrowed; only the keeper writes to it */
	uint16_t shard_total; /* of a new domain */
	bool may_provision;   /* make a domain in an empty TEE */
	unsigned int reactors;
	unsigned int queue_max; /* most changes that wait */
};

enum keeper_job { KEEPER_CREATE_KEY = 1, KEEPER_PROBE = 2 };

/* A request; the caller's until done(), which runs in keeper_reap(). */
struct keeper_change {
	enum keeper_job job;
	unsigned int reactor; /* whose reap() ends it */
	uint8_t evidence_kind;
	struct bytes evidence;
	/*
	 * In: key_spec, key_usage, account, created_ms, description. Out: the
	 * rest of the new key.
	 */
	struct store_key key;
	enum kms_rc rc;
	void (*done)(struct keeper_change *c);
	void *arg;
	struct keeper_change *next;
};

/*
 * Opens every shard, finishes or drops interrupted commits, starts the thread.
 * ROLLED_BACK, FOREIGN_STATE, NOT_PROVISIONED, IN_USE, STORAGE, UNAVAILABLE;
 * *why then tells a person what to do.
 */
enum kms_rc keeper_start(struct keeper **keeper, const struct keeper_config *c,
			 const char **why) KMS_MUST_USE;
/* Ends what waits with UNAVAILABLE (reap it) and joins the thread. */
void keeper_stop(struct keeper *k);
void keeper_free(struct keeper **keeper);

/* BUSY when too many wait. */
enum kms_rc keeper_submit(struct keeper *k,
			  struct keeper_change *c) KMS_MUST_USE;
/* Readable when keeper_reap() has something to end. */
int keeper_fd(struct keeper *k, unsigned int reactor);
void keeper_reap(struct keeper *k, unsigned int reactor);
/*
 * Before a reactor ends: its requests are ended here, those that wait with
 * UNAVAILABLE, and none of them is touched any more.
 */
void keeper_withdraw(struct keeper *k, unsigned int reactor);

/* What INFO told of the TEE at the start. */
const struct tee_info *keeper_tee_info(const struct keeper *k);

#endif /* KMS_HOST_SERVICE_KEEPER_H */
