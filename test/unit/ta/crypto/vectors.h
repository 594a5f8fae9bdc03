/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors - what the tests of the primitives share
 */

#ifndef KMS_TEST_VECTORS_H
#define KMS_TEST_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/hex.h"
#include "ta/posix/gp/gp_control.h"

#include <string.h>

#define VECTOR_MAX 512

/* Gives the number of bytes. */
static inline size_t from_hex(uint8_t *out, size_t cap, const char *hex)
{
	size_t len = strlen(hex) / 2;

	assert_true(len <= cap);
	assert_int_equal(hex_decode(out, len, hex, 2 * len), KMS_RC_OK);
	return len;
}

static inline void assert_hex(const void *got, size_t len, const char *hex)
{
	uint8_t want[VECTOR_MAX];

	assert_int_equal(from_hex(want, sizeof(want), hex), len);
	assert_memory_equal(got, want, len);
}

static inline void memory_tee(void)
{
	const struct gp_config cfg = { .rpmb = true };

	assert_int_equal(gp_memory_open(&cfg), KMS_RC_OK);
}

#endif /* KMS_TEST_VECTORS_H */
