/* SPDX-License-Identifier: Apache-2.0 */
/*
 * caretaker - what is to be done now and then, in the keeper's thread
 *
 * Owns:      the noted uses and counts that are not in the database yet, and
 *            the times of the next rounds.
 * Promises:  a round goes page by page, so that nobody waits long behind it.
 *            What the TEE refuses stays as it is until the next round.
 * Threads:   the keeper's, but for caretaker_note_use() and _count(): any.
 */

#ifndef KMS_HOST_SERVICE_CARETAKER_H
#define KMS_HOST_SERVICE_CARETAKER_H

#include "host/service/ledger.h"

#include <pthread.h>

#define CARETAKER_PAGE	 16   /* wallets or keys */
#define CARETAKER_USES	 1024 /* wallets used between two flushes */
#define CARETAKER_COUNTS 64   /* names counted between two flushes */

/* What has been noted; one is filled while the other is written down. */
struct caretaker_notes {
	struct store_use uses[CARETAKER_USES];
	size_t use_count;
	struct store_count counts[CARETAKER_COUNTS];
	size_t count_count;
	uint16_t index[2 * CARETAKER_USES]; /* by uuid: place in uses + 1 */
};

struct caretaker_round {
	uint64_t next_ms; /* monotonic */
	unsigned int every_ms;
	struct store_time_mark mark; /* where the next page begins */
	unsigned int done;	     /* changed in this round */
};

struct caretaker {
	struct ledger *ledger;
	uint64_t freeze_after_ms; /* 0: never */
	struct caretaker_round freeze;
	struct caretaker_round sweep;	   /* of wallets */
	struct caretaker_round sweep_keys; /* as often */
	uint64_t next_flush_ms;
	unsigned int flush_every_ms;

	struct keeper_change page[CARETAKER_PAGE];
	size_t page_count;
	struct store_time_mark last; /* of the page */
	struct caretaker_notes notes[2];
	unsigned int filling; /* which of them */
	bool failing;	      /* the last flush */
	pthread_mutex_t lock; /* of what is being filled */
};

/* All but deletions is due at once. Borrows the ledger. */
void caretaker_init(struct caretaker *c, struct ledger *l,
		    const struct keeper_config *config, uint64_t now_ms);
void caretaker_clear(struct caretaker *c);

/*
 * Does what is due, a page of it, with at most ops_max ops in a commit. True
 * when there is more to do at once.
 */
bool caretaker_work(struct caretaker *c, uint64_t now_ms, size_t ops_max);
/* Milliseconds until something is due. */
uint64_t caretaker_wait_ms(const struct caretaker *c, uint64_t now_ms);

/* Writes down what was noted. */
void caretaker_flush(struct caretaker *c);

/* False: there is no room until the next flush, and it is not noted. */
bool caretaker_note_use(struct caretaker *c, const struct store_use *use);
bool caretaker_count(struct caretaker *c, const char *name, uint64_t delta);

#endif /* KMS_HOST_SERVICE_CARETAKER_H */
