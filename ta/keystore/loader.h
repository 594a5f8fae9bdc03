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
 * Proves the record under the shard's committed root and opens it into *out,
 * which the caller wipes. BAD_PROOF when either fails, NOT_FOUND for a
 * tombstone or a record of another type.
 */
enum kms_rc loader_open(struct ta *ta, const struct shard *s,
			struct lru_entry *out,
			const struct abi_state_proof *proof) KMS_MUST_USE;

/*
 * The record at (shard, slot): from the LRU, or opened into *fresh from the
 * proofs of the request; *entry is either. The LRU stays as it is: what a
 * request that fails has brought is not kept. NEED_STATE when neither has it;
 * HELD; and as loader_open().
 */
enum kms_rc loader_find(struct ta *ta, const struct shard *s,
			const struct lru_entry **entry, struct lru_entry *fresh,
			uint64_t slot, struct abi_rep proofs) KMS_MUST_USE;

#endif /* KMS_TA_KEYSTORE_LOADER_H */
