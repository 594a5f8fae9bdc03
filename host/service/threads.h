/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads - the half of the service that belongs to one reactor
 */

#ifndef KMS_HOST_SERVICE_THREADS_H
#define KMS_HOST_SERVICE_THREADS_H

#include "host/service/key_cache.h"
#include "host/service/service.h"
#include "host/service/signer.h"

/* What a reactor has counted and not handed to the keeper yet. */
struct service_tally {
	uint64_t signs;
	uint64_t sign_us;
	uint64_t derives;
	uint64_t derive_us;
	uint64_t ops; /* all that count, these two included */
	uint64_t errors;
	uint64_t webauthn;
	uint64_t flushed_ns;
};

/* Answers that are as good for a while. */
struct service_memo {
	struct store_wallet_totals totals;
	uint64_t totals_ns; /* 0: never */
};

struct service_thread {
	struct sign_queue queue;
	struct key_cache *cache;
	struct service_tally tally;
	struct service_memo memo;
};

/* Hands the tally to the keeper, at most once a second, or now. */
void service_flush_tally(struct service *s, unsigned int index, uint64_t now_ns,
			 bool now);

struct service_thread *service_thread(struct service *s, unsigned int index);

#endif /* KMS_HOST_SERVICE_THREADS_H */
