/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha256 - FIPS 180-4 SHA-256, streaming, without heap
 *
 * Each world brings its own backend: OpenSSL's block function where it is
 * linked, the dev kit's mbedTLS in the OP-TEE image. The state is opaque and
 * may be copied; whoever hashes a secret wipes it with secret_wipe().
 */

#ifndef KMS_COMMON_SHA256_H
#define KMS_COMMON_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN	 32
#define SHA256_BLOCK_LEN 64

struct sha256 {
	uint64_t opaque[16];
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t len);
void sha256_final(struct sha256 *s, uint8_t out[SHA256_LEN]);
void sha256_once(uint8_t out[SHA256_LEN], const void *data, size_t len);

#endif /* KMS_COMMON_SHA256_H */
