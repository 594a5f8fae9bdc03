/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard - a shard as one instance serves it: anchor, holds, request ids
 *
 * Owns:      the anchor's lock from shard_open() to shard_close().
 * Promises:  the anchor in memory is the one in trusted storage; when a write
 *            fails, the shard is broken and refuses until it is reopened.
 */

#ifndef KMS_TA_KEYSTORE_SHARD_H
#define KMS_TA_KEYSTORE_SHARD_H

#include "abi/limits.h"
#include "ta/keystore/anchor.h"

#define SHARD_HOLDS   128
#define SHARD_REQ_IDS 256

/* What a change takes away, as a set: a stronger one takes away more. */
#define RESTRICT_USE	0x01 /* disabled, frozen */
#define RESTRICT_LIFE	0x02 /* pending deletion */
#define RESTRICT_ACCESS 0x04 /* one who may use it less */
#define RESTRICT_ALL	0xff /* deleted */

struct shard_hold {
	uint64_t slot;
	uint8_t restricts; /* asked for and not committed; outlives an ABORT */
};

struct shard {
	bool open;
	bool broken;
	bool recovery; /* no change since it was opened */
	struct trusted_object object;
	struct anchor anchor;
	struct shard_hold holds[SHARD_HOLDS];
	size_t hold_count;
	uint8_t req_ids[SHARD_REQ_IDS][ABI_REQ_ID_LEN]; /* committed ones */
	uint32_t req_id_next;
	uint32_t req_id_count;
};

/*
 * Locks the anchor and counts the boot in it. weak_allowed: serve although the
 * storage does not detect rollback. STORAGE, IN_USE, STALE, WEAK_REFUSED.
 */
enum kms_rc shard_open(struct shard *s, uint16_t number, bool strong,
		       bool weak_allowed) KMS_MUST_USE;
void shard_close(struct shard *s);

const struct shard_hold *shard_find_hold(const struct shard *s, uint64_t slot);
/* LIMIT when there is no room; then nothing was added. */
enum kms_rc shard_add_hold(struct shard *s, uint64_t slot,
			   uint8_t restricts) KMS_MUST_USE;
/* Ends the hold, unless more was asked for than these. */
void shard_lift_hold(struct shard *s, uint64_t slot, uint8_t restricts);

bool shard_knows_req_id(const struct shard *s,
			const uint8_t req_id[ABI_REQ_ID_LEN]);
void shard_remember_req_id(struct shard *s,
			   const uint8_t req_id[ABI_REQ_ID_LEN]);

#endif /* KMS_TA_KEYSTORE_SHARD_H */
