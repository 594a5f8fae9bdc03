/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loader - from a blob and its path to an opened, current record
 */

#ifndef KMS_TA_KEYSTORE_LOADER_H
#define KMS_TA_KEYSTORE_LOADER_H

#include "abi/messages.h"
#include "ta/keystore/lru.h"
#include "ta/keystore/shard.h"

struct ta;

/*
 * Proves the record under the shard's committed root, opens it and puts it
 * into the LRU. BAD_PROOF when either fails, NOT_FOUND for a tombstone or a
 * record of another type. *entry is valid until the LRU's next call.
 */
enum kms_rc loader_load(struct ta *ta, const struct shard *s,
			const struct lru_entry **entry,
			const struct abi_state_proof *proof) KMS_MUST_USE;

/*
 * The record at (shard, slot): from the LRU, or from the proofs of the
 * request. NEED_STATE when neither has it; HELD; and as loader_load().
 */
enum kms_rc loader_find(struct ta *ta, const struct shard *s,
			const struct lru_entry **entry, uint64_t slot,
			struct abi_rep proofs) KMS_MUST_USE;

#endif /* KMS_TA_KEYSTORE_LOADER_H */
