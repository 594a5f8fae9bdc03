/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lru - opened records of the instance, so that a hot key costs no unsealing
 *
 * 64 sets of 4 ways, indexed by (shard, slot), the least recently used way is
 * overwritten. Holds private keys: evicted and dropped entries are wiped.
 */

#ifndef KMS_TA_KEYSTORE_LRU_H
#define KMS_TA_KEYSTORE_LRU_H

#include "abi/limits.h"
#include "ta/keystore/key_record.h"
#include "ta/keystore/wallet_record.h"

#define LRU_SETS 64
#define LRU_WAYS 4

/* The key a wallet has used last, so that a hot one derives nothing. */
struct wallet_leaf {
	bool there;
	uint32_t account;
	uint32_t index;
	struct secret32 key;
	uint8_t pub[64];
};

struct lru_entry {
	bool used;
	uint8_t type; /* enum record_type: which of the union's */
	uint16_t shard;
	uint64_t slot;
	uint64_t version;
	uint64_t tick;
	uint8_t uuid[ABI_UUID_LEN];
	union {
		struct key_record key;
		struct {
			struct wallet_record record;
			struct wallet_leaf leaf;
		} wallet;
	};
};

struct lru {
	uint64_t tick;
	struct lru_entry entries[LRU_SETS][LRU_WAYS];
};

/* NULL when it is not there. Valid until the next lru_keep() or drop. */
const struct lru_entry *lru_find(const struct lru *l, uint16_t shard,
				 uint64_t slot);
/*
 * Marks an entry of the LRU as just used, or takes a copy of another one;
 * gives the kept one.
 */
struct lru_entry *lru_keep(struct lru *l, const struct lru_entry *e);
void lru_drop(struct lru *l, uint16_t shard, uint64_t slot);
void lru_drop_shard(struct lru *l, uint16_t shard);

#endif /* KMS_TA_KEYSTORE_LRU_H */
