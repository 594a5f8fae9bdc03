/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate_limit - so many requests a minute of each of many
 *
 * Owns:      one number per identity: when its bucket would be full again. An
 *            identity whose bucket is full is forgotten, which changes nothing.
 * Promises:  a burst of a minute's worth, then one request each time a token
 *            has come back; what is refused costs nothing, and what is refused
 *            elsewhere can be given back. Constant memory:
 *            when every identity is a busy one, a new one is refused.
 * Threads:   shared; a lock inside.
 */

#ifndef KMS_HOST_RATE_LIMIT_H
#define KMS_HOST_RATE_LIMIT_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

struct rate_limit;

/* per_minute 0 refuses everything. NO_MEMORY, UNAVAILABLE (no randomness). */
enum kms_rc rate_limit_new(struct rate_limit **out, unsigned int per_minute,
			   unsigned int identities_max) KMS_MUST_USE;
void rate_limit_free(struct rate_limit **r);
unsigned int rate_limit_per_minute(const struct rate_limit *r);

/* RATE: *wait_s, at least 1, tells when to come again. */
enum kms_rc rate_limit_take(struct rate_limit *r, struct bytes identity,
			    uint64_t now_ns, unsigned int *wait_s) KMS_MUST_USE;
/* Undoes a rate_limit_take() that was OK. */
void rate_limit_give_back(struct rate_limit *r, struct bytes identity);

#endif /* KMS_HOST_RATE_LIMIT_H */
