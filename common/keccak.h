/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keccak - Keccak-256 as Ethereum uses it (padding 0x01, not FIPS 202's 0x06)
 */

#ifndef KMS_COMMON_KECCAK_H
#define KMS_COMMON_KECCAK_H

#include <stddef.h>
#include <stdint.h>

#define KECCAK256_LEN 32

void keccak256(uint8_t out[KECCAK256_LEN], const void *data, size_t len);

#endif /* KMS_COMMON_KECCAK_H */
