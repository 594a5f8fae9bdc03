/* SPDX-License-Identifier: Apache-2.0 */
/*
 * challenge - nonces for assertions: issued without state, spent once
 *
 *   nonce = issue_ms u40 | counter u32 | random 7 | HMAC(K_boot, uuid | first
 *           16 bytes) first 16; integers big-endian
 *
 * Issuing remembers nothing but a counter, so that asking for challenges can
 * push out nobody's. A spent one is a bit in a window over the last 2^20
 * counters; one that left the window is refused, spent or not.
 *
 * Promises:  a nonce is good for one uuid, in this instance, for
 *            ABI_NONCE_LIFE_MS of secure time, once.
 */

#ifndef KMS_TA_POLICY_CHALLENGE_H
#define KMS_TA_POLICY_CHALLENGE_H

#include "abi/limits.h"
#include "common/attr.h"
#include "common/kms_rc.h"
#include "common/secret.h"
#include "ta/crypto/drbg.h"

#define CHALLENGE_LEN	 32
#define CHALLENGE_WINDOW (1u << 20)

struct challenge {
	struct secret32 key; /* K_boot */
	uint32_t next;	     /* counter of the next nonce; may wrap */
	uint8_t spent[CHALLENGE_WINDOW / 8];
};

/* Makes K_boot. ENTROPY. */
enum kms_rc challenge_open(struct challenge *c, struct drbg *d) KMS_MUST_USE;

/* ENTROPY: then *c is as before. */
enum kms_rc challenge_issue(struct challenge *c, struct drbg *d,
			    uint8_t nonce[CHALLENGE_LEN],
			    const uint8_t uuid[ABI_UUID_LEN],
			    uint64_t now_ms) KMS_MUST_USE;

/* AUTH_CHALLENGE unless it could be spent now; changes nothing. */
enum kms_rc challenge_check(const struct challenge *c,
			    const uint8_t nonce[CHALLENGE_LEN],
			    const uint8_t uuid[ABI_UUID_LEN],
			    uint64_t now_ms) KMS_MUST_USE;

/* Of a nonce that challenge_check() has passed. */
void challenge_spend(struct challenge *c, const uint8_t nonce[CHALLENGE_LEN]);

#endif /* KMS_TA_POLICY_CHALLENGE_H */
