/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aead - AES-256-GCM (SP 800-38D) with one-time keys, through the GP API
 *
 * The nonce is 96 zero bits: every key seals exactly one message, because it
 * is derived from 32 fresh random bytes. Callers must keep it so.
 */

#ifndef KMS_TA_CRYPTO_AEAD_H
#define KMS_TA_CRYPTO_AEAD_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"
#include "common/secret.h"

#define AEAD_TAG_LEN 16

struct aead {
	void *seal_op; /* TEE_OperationHandle */
	void *open_op;
	void *key; /* TEE_ObjectHandle: transient AES key */
	bool ready;
};

enum kms_rc aead_start(struct aead *a) KMS_MUST_USE;
void aead_clear(struct aead *a);
/* Writes plain.len bytes to out, then the tag. FAULT. */
enum kms_rc aead_seal(struct aead *a, uint8_t *out, uint8_t tag[AEAD_TAG_LEN],
		      const struct secret32 *key, struct bytes aad,
		      struct bytes plain) KMS_MUST_USE;
/* Writes cipher.len bytes; on failure out is wiped. BAD_PROOF: wrong tag. */
enum kms_rc aead_unseal(struct aead *a, uint8_t *out,
			const struct secret32 *key, struct bytes aad,
			struct bytes cipher,
			const uint8_t tag[AEAD_TAG_LEN]) KMS_MUST_USE;

#endif /* KMS_TA_CRYPTO_AEAD_H */
