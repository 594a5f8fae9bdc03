/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto - the primitives of one TA instance
 */

#ifndef KMS_TA_CRYPTO_CRYPTO_H
#define KMS_TA_CRYPTO_CRYPTO_H

#include "ta/crypto/aead.h"
#include "ta/crypto/drbg.h"
#include "ta/crypto/hmac.h"
#include "ta/crypto/k256.h"
#include "ta/crypto/p256.h"

struct crypto {
	struct drbg drbg;
	struct k256 k256;
	struct p256 p256;
	struct aead aead;
};

/* Opens all of them; nothing is allocated afterwards. ENTROPY, FAULT. */
enum kms_rc crypto_open(struct crypto *c) KMS_MUST_USE;
void crypto_clear(struct crypto *c);

#endif /* KMS_TA_CRYPTO_CRYPTO_H */
