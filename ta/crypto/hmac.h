/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hmac - HMAC-SHA-256 (RFC 2104) and HKDF (RFC 5869) over common/sha256
 */

#ifndef KMS_TA_CRYPTO_HMAC_H
#define KMS_TA_CRYPTO_HMAC_H

#include "common/bytes.h"
#include "common/sha256.h"

#define HKDF_MAX ((size_t)255 * SHA256_LEN)

struct hmac {
	struct sha256 inner;
	struct sha256 outer;
};

/* The caller wipes the state. */
void hmac_init(struct hmac *h, const void *key, size_t key_len);
void hmac_update(struct hmac *h, const void *data, size_t len);
void hmac_final(struct hmac *h, uint8_t out[SHA256_LEN]);
void hmac_once(uint8_t out[SHA256_LEN], const void *key, size_t key_len,
	       const void *data, size_t len);

/* Extract and expand; out_len is at most HKDF_MAX. */
void hkdf(void *out, size_t out_len, struct bytes ikm, struct bytes salt,
	  struct bytes info);

#endif /* KMS_TA_CRYPTO_HMAC_H */
