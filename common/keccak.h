/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keccak - Keccak-256 as Ethereum uses it, streaming, without heap
 *
 * The padding is 0x01, not FIPS 202's 0x06.
 */

#ifndef KMS_COMMON_KECCAK_H
#define KMS_COMMON_KECCAK_H

#include <stddef.h>
#include <stdint.h>

#define KECCAK256_LEN  32
#define KECCAK256_RATE 136

/* May be copied. */
struct keccak {
	uint64_t lanes[25];
	uint8_t block[KECCAK256_RATE];
	size_t fill; /* bytes of block, below its size */
};

void keccak256_init(struct keccak *k);
void keccak256_update(struct keccak *k, const void *data, size_t len);
/* Wipes *k. */
void keccak256_final(struct keccak *k, uint8_t out[KECCAK256_LEN]);
void keccak256(uint8_t out[KECCAK256_LEN], const void *data, size_t len);

#endif /* KMS_COMMON_KECCAK_H */
