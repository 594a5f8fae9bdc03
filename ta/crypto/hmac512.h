/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hmac512 - HMAC-SHA-512 (RFC 2104) over common/sha512
 *
 * A keyed state may be copied: many messages under one key pay for the key
 * once. Whoever has a state wipes it.
 */

#ifndef KMS_TA_CRYPTO_HMAC512_H
#define KMS_TA_CRYPTO_HMAC512_H

#include "common/sha512.h"

struct hmac512 {
	struct sha512 inner;
	struct sha512 outer;
};

void hmac512_init(struct hmac512 *h, const void *key, size_t key_len);
void hmac512_update(struct hmac512 *h, const void *data, size_t len);
void hmac512_final(struct hmac512 *h, uint8_t out[SHA512_LEN]);
void hmac512_once(uint8_t out[SHA512_LEN], const void *key, size_t key_len,
		  const void *data, size_t len);

#endif /* KMS_TA_CRYPTO_HMAC512_H */
