/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hmac_drbg - the mechanism of NIST SP 800-90A 10.1.2 with SHA-256
 *
 * Arithmetic only: where seeds come from, how often, and whether they can be
 * believed is decided in drbg.h, and RFC 6979 nonces use it with a key.
 */

#ifndef KMS_TA_CRYPTO_HMAC_DRBG_H
#define KMS_TA_CRYPTO_HMAC_DRBG_H

#include "common/bytes.h"
#include "common/secret.h"

struct hmac_drbg {
	struct secret32 key;
	struct secret32 v;
};

/* The seed is entropy | extra; the caller wipes the state. */
void hmac_drbg_init(struct hmac_drbg *d, struct bytes entropy,
		    struct bytes extra);
void hmac_drbg_reseed(struct hmac_drbg *d, struct bytes entropy,
		      struct bytes extra);
/* extra may be absent. */
void hmac_drbg_generate(struct hmac_drbg *d, void *out, size_t len,
			struct bytes extra);

#endif /* KMS_TA_CRYPTO_HMAC_DRBG_H */
