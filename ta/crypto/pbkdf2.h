/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbkdf2 - PBKDF2 (RFC 8018 5.2) with HMAC-SHA-512
 */

#ifndef KMS_TA_CRYPTO_PBKDF2_H
#define KMS_TA_CRYPTO_PBKDF2_H

#include "common/bytes.h"

/*
 * rounds is 1 or more. Time depends on the lengths and on rounds alone. The
 * caller wipes out.
 */
void pbkdf2_sha512(void *out, size_t out_len, struct bytes password,
		   struct bytes salt, uint32_t rounds);

#endif /* KMS_TA_CRYPTO_PBKDF2_H */
