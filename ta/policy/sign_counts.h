/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_counts - the newest signature counters of passkeys, as this boot saw
 *
 * A signature writes no record, so a counter that went up is remembered here
 * until the next change of the wallet writes it down. 1024 sets of 4 ways by
 * (shard, slot); the least recently used way is overwritten, and then the
 * record's own counter is what there is. Owners cannot choose their slot.
 */

#ifndef KMS_TA_POLICY_SIGN_COUNTS_H
#define KMS_TA_POLICY_SIGN_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

#define SIGN_COUNTS_SETS 1024
#define SIGN_COUNTS_WAYS 4

struct sign_counts_entry {
	bool used;
	uint16_t shard;
	uint32_t count;
	uint64_t slot;
	uint64_t id; /* first octets of the passkey's point */
	uint64_t tick;
};

struct sign_counts {
	uint64_t tick;
	struct sign_counts_entry entries[SIGN_COUNTS_SETS][SIGN_COUNTS_WAYS];
};

/* 0 when it is not there. */
uint32_t sign_counts_get(const struct sign_counts *t, uint16_t shard,
			 uint64_t slot, const uint8_t pub[64]);
/* 0 is not worth a place. */
void sign_counts_set(struct sign_counts *t, uint16_t shard, uint64_t slot,
		     const uint8_t pub[64], uint32_t count);

#endif /* KMS_TA_POLICY_SIGN_COUNTS_H */
