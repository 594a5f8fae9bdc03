/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors - what the tests of the primitives share
 */

#ifndef KMS_TEST_VECTORS_H
#define KMS_TEST_VECTORS_H

#include "ta/posix/gp/gp_control.h"
#include "test/unit/hex.h"

static inline void memory_tee(void)
{
	const struct gp_config cfg = { .rpmb = true };

	assert_int_equal(gp_memory_open(&cfg), KMS_RC_OK);
}

/* A signature's s becomes the order less s, which signs the same. */
static inline void negate(uint8_t s[32], const char *order)
{
	uint8_t whole[32];
	int borrow = 0;
	int d = 0;
	size_t i = 32;

	from_hex(whole, sizeof(whole), order);
	while (i--) {
		d = whole[i] - s[i] - borrow;
		borrow = d < 0;
		s[i] = (uint8_t)d;
	}
}

#endif /* KMS_TEST_VECTORS_H */
