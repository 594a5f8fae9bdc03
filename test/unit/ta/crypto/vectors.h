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

#endif /* KMS_TEST_VECTORS_H */
