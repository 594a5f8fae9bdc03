/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drbg - HMAC-DRBG (NIST SP 800-90A, SHA-256) over the TEE's generator
 *
 * Promises:  every seed holds 64 fresh bytes of the TEE that passed the
 *            repetition test; host entropy is mixed in beside, never instead.
 *            After a failure the generator refuses for good (ENTROPY).
 */

#ifndef KMS_TA_CRYPTO_DRBG_H
#define KMS_TA_CRYPTO_DRBG_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"
#include "common/secret.h"
#include "ta/crypto/hmac_drbg.h"

struct drbg {
	struct hmac_drbg core;
	struct secret64 last_seed; /* for the repetition test */
	uint64_t requests;	   /* since the last seed */
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
