/* SPDX-License-Identifier: Apache-2.0 */
/*
 * use - what one item of a SIGN does with the record it names
 *
 * The item's shard is served and the record is current and has the item's
 * uuid; the rest is judged here. An error changes nothing, and nothing of what
 * stands in *out is released.
 */

#ifndef KMS_TA_CMD_USE_H
#define KMS_TA_CMD_USE_H

#include "abi/messages.h"
#include "common/sha256.h"
#include "ta/keystore/lru.h"
#include "ta/policy/challenge.h"

struct ta;

/* A result and what its views borrow. */
struct use_out {
	struct abi_sign_result rsp;
	uint8_t signature[64];
	uint8_t digest[SHA256_LEN];
	uint8_t public_key[64];
	uint8_t nonce[CHALLENGE_LEN];
};

/* KEY_DISABLED, KEY_USAGE, DECODE, AUTH_*, FAULT. */
enum kms_rc use_key(struct ta *ta, struct use_out *out,
		    const struct lru_entry *e,
		    const struct abi_sign_item *item) KMS_MUST_USE;

/*
 * Spends the assertion as its last step; the derived key is left in
 * ta->scratch.leaf. FROZEN, KEY_DISABLED, KEY_USAGE, DECODE, POLICY_DENY,
 * LIMIT, NEED_ISSUE, AUTH_*, ENTROPY, FAULT.
 */
enum kms_rc use_wallet(struct ta *ta, struct use_out *out,
		       const struct lru_entry *e,
		       const struct abi_sign_item *item) KMS_MUST_USE;

/* A nonce for the next assertion by the uuid. TIME_UNKNOWN, ENTROPY. */
enum kms_rc use_challenge(struct ta *ta, struct use_out *out,
			  const struct abi_sign_item *item) KMS_MUST_USE;

#endif /* KMS_TA_CMD_USE_H */
