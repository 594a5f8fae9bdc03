/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p256 - NIST P-256 keys and ECDSA through the GlobalPlatform API
 *
 * Promises:  s is made low; a signature is verified before it is released.
 * Heap:      operations and objects are allocated once, in p256_open().
 */

#ifndef KMS_TA_CRYPTO_P256_H
#define KMS_TA_CRYPTO_P256_H

#include "common/attr.h"
#include "common/kms_rc.h"
#include "common/secret.h"

struct p256 {
	void *sign_op; /* TEE_OperationHandle */
	void *verify_op;
	void *pair; /* TEE_ObjectHandle: transient key pair */
	void *public_key;
	bool ready;
};

enum kms_rc p256_open(struct p256 *p) KMS_MUST_USE;
void p256_clear(struct p256 *p);
/* The caller wipes key. pub is x | y. FAULT. */
enum kms_rc p256_generate(struct p256 *p, struct secret32 *key,
			  uint8_t pub[64]) KMS_MUST_USE;
enum kms_rc p256_sign(struct p256 *p, uint8_t sig[64], const uint8_t digest[32],
		      const struct secret32 *key,
		      const uint8_t pub[64]) KMS_MUST_USE;
/* INVALID_SIGNATURE, BAD_INPUT (pub is not on the curve). */
enum kms_rc p256_verify(struct p256 *p, const uint8_t sig[64],
			const uint8_t digest[32],
			const uint8_t pub[64]) KMS_MUST_USE;

#endif /* KMS_TA_CRYPTO_P256_H */
