/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anchor - the trusted 162 bytes of a shard (spec 3.a.5)
 *
 * The root of the slot tree and the counters that make it the newest one. Held
 * open exclusively, which is the lock between TA instances.
 */

#ifndef KMS_TA_KEYSTORE_ANCHOR_H
#define KMS_TA_KEYSTORE_ANCHOR_H

#include "common/sha256.h"
#include "ta/keystore/trusted_object.h"

#define ANCHOR_LEN 162

struct anchor {
	uint16_t shard;
	uint64_t seq;
	uint8_t root[SHA256_LEN];
	uint8_t prev_root[SHA256_LEN];
	uint8_t depth;
	uint8_t flags; /* ABI_SHARD_... */
	uint32_t root_gen;
	uint64_t next_slot;
	uint64_t live;
	uint64_t time_floor;
	uint32_t boot_ctr;
	uint64_t manifest_epoch;
	uint32_t min_ta_ver;
	uint64_t quota_epoch;
	uint8_t owner[20];
	uint64_t lease;
};

/* A shard without keys, as PROVISION makes it. EXISTS, STORAGE. */
enum kms_rc anchor_create(uint16_t shard, uint32_t root_gen,
			  uint8_t flags) KMS_MUST_USE;
/*
 * OK when the shard has no anchor, or one that was never opened: what an
 * interrupted PROVISION leaves. STORAGE when it belongs to a domain.
 */
enum kms_rc anchor_check_unused(uint16_t shard) KMS_MUST_USE;

/*
 * Opens and locks. STORAGE when it is missing, altered or of another shard;
 * IN_USE when another instance holds it.
 */
enum kms_rc anchor_open(struct trusted_object *o, struct anchor *a,
			uint16_t shard) KMS_MUST_USE;
/* Replaces it; when this fails, reopen before believing either content. */
enum kms_rc anchor_write(struct trusted_object *o,
			 const struct anchor *a) KMS_MUST_USE;

#endif /* KMS_TA_KEYSTORE_ANCHOR_H */
