/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drbg - HMAC-DRBG (NIST SP 800-90A, SHA-256) over the TEE's generator
 *
 * Promises:  every seed holds 64 fresh bytes of the TEE that passed the
 *            repetition test; host entropy is mixed in beside, never instead.
 *            A seed is not kept: what is read here later does not tell it.
 *            After a failure the generator refuses for good (ENTROPY).
 */

#ifndef KMS_TA_CRYPTO_DRBG_H
#define KMS_TA_CRYPTO_DRBG_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"
#include "common/secret.h"
#include "common/sha256.h"
#include "ta/crypto/hmac_drbg.h"

#define DRBG_HALVES 2

/* A half of a seed: enough to know it again, not to make the state from it. */
struct drbg_seen {
	uint8_t hash[SHA256_LEN];
};

struct drbg {
	struct hmac_drbg core;
	struct drbg_seen last[DRBG_HALVES]; /* for the repetition test */
	uint64_t requests;		    /* since the last seed */
	bool ready;
	bool failed;
};

/* Seeds; extra may be absent. ENTROPY. */
enum kms_rc drbg_open(struct drbg *d, struct bytes extra) KMS_MUST_USE;
void drbg_clear(struct drbg *d);
/* Reseeds by itself every 2^16 requests. ENTROPY: out is zeroed. */
enum kms_rc drbg_bytes(struct drbg *d, void *out, size_t len) KMS_MUST_USE;
/* Reseeds from the TEE and mixes extra in. ENTROPY. */
enum kms_rc drbg_reseed(struct drbg *d, struct bytes extra) KMS_MUST_USE;

#endif /* KMS_TA_CRYPTO_DRBG_H */
