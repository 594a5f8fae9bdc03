/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secret - types and primitives for values that must not leak
 *
 * A secret has its own type, so that log, JSON and memcmp calls do not accept
 * it by accident, and is wiped at the single exit of the function it lives in.
 */

#ifndef KMS_COMMON_SECRET_H
#define KMS_COMMON_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret32 {
	uint8_t b[32];
};

struct secret64 {
	uint8_t b[64];
};

/* Zeroes len bytes; the compiler may not drop it. Accepts NULL with len 0. */
void secret_wipe(void *ptr, size_t len);

/* True when equal; time depends on len alone. */
bool ct_equal(const void *a, const void *b, size_t len);

/* True when all len bytes are zero; time depends on len alone. */
bool ct_is_zero(const void *a, size_t len);

#endif /* KMS_COMMON_SECRET_H */
