/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k256 - secp256k1 keys and signatures, over libsecp256k1
 *
 * Promises:  constant time in the key; nonces are RFC 6979 hedged with 32
 *            bytes of the DRBG; s is low; a signature is verified before it is
 *            released (FAULT otherwise, and nothing is written).
 * Heap:      none, the context lives in struct k256.
 */

#ifndef KMS_TA_CRYPTO_K256_H
#define KMS_TA_CRYPTO_K256_H

#include "common/attr.h"
#include "common/kms_rc.h"
#include "common/secret.h"
#include "ta/crypto/drbg.h"

#define K256_CONTEXT_MAX 1024

struct k256 {
	uint64_t context[K256_CONTEXT_MAX / 8];
	struct drbg *drbg;     /* borrowed */
	uint32_t signed_count; /* since the last blinding */
	bool ready;
};

/* Blinds the context; again every 2^16 signatures. ENTROPY, FAULT. */
enum kms_rc k256_open(struct k256 *k, struct drbg *drbg) KMS_MUST_USE;
void k256_clear(struct k256 *k);

/* Makes a key; the caller wipes it. pub is x | y. ENTROPY, FAULT. */
enum kms_rc k256_generate(struct k256 *k, struct secret32 *key,
			  uint8_t pub[64]) KMS_MUST_USE;
/* BAD_INPUT when key is 0 or not below the group order. */
enum kms_rc k256_public(struct k256 *k, uint8_t pub[64],
			const struct secret32 *key) KMS_MUST_USE;

/*
 * Adds tweak to *key, modulo the group order; 0 changes nothing. BAD_INPUT, and
 * *key is zero, when either is not below the order or the sum is 0.
 */
enum kms_rc k256_tweak_add(struct k256 *k, struct secret32 *key,
			   const struct secret32 *tweak) KMS_MUST_USE;

/* SEC 1 2.3.3: a byte for the parity of y, then x. pub is not looked at. */
void k256_compress(uint8_t octets[33], const uint8_t pub[64]);
/* BAD_INPUT when the octets are no point. */
enum kms_rc k256_expand(uint8_t pub[64], const uint8_t octets[33]) KMS_MUST_USE;

/*
 * Signs any 32-byte digest, also 0 and those over the group order. sig is
 * r | s, recid 0..3. pub is the key's own, for the check. FAULT, ENTROPY.
 */
enum kms_rc k256_sign(struct k256 *k, uint8_t sig[64], uint8_t *recid,
		      const uint8_t digest[32], const struct secret32 *key,
		      const uint8_t pub[64]) KMS_MUST_USE;
/* The same with plain RFC 6979 nonces: for vectors and the self test. */
enum kms_rc k256_sign_rfc6979(struct k256 *k, uint8_t sig[64], uint8_t *recid,
			      const uint8_t digest[32],
			      const struct secret32 *key,
			      const uint8_t pub[64]) KMS_MUST_USE;
/* Takes high s too. INVALID_SIGNATURE, BAD_INPUT (pub is no point). */
enum kms_rc k256_verify(struct k256 *k, const uint8_t sig[64],
			const uint8_t digest[32],
			const uint8_t pub[64]) KMS_MUST_USE;

#endif /* KMS_TA_CRYPTO_K256_H */
