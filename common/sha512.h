/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sha512 - FIPS 180-4 SHA-512, streaming, without heap
 *
 * Backends and rules are those of sha256.
 */

#ifndef KMS_COMMON_SHA512_H
#define KMS_COMMON_SHA512_H

#include <stddef.h>
#include <stdint.h>

#define SHA512_LEN	 64
#define SHA512_BLOCK_LEN 128

struct sha512 {
	uint64_t opaque[28];
};

void sha512_init(struct sha512 *s);
void sha512_update(struct sha512 *s, const void *data, size_t len);
void sha512_final(struct sha512 *s, uint8_t out[SHA512_LEN]);
void sha512_once(uint8_t out[SHA512_LEN], const void *data, size_t len);

#endif /* KMS_COMMON_SHA512_H */
