/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check - cmocka's asserts in the words of these tests
 */

#ifndef KMS_TEST_CHECK_H
#define KMS_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/kms_rc.h"

#define assert_rc(got, want)                                           \
	do {                                                           \
		enum kms_rc rc_ = (got);                               \
		if (rc_ != (want))                                     \
			fail_msg("%s gives %s, not %s", #got,          \
				 kms_rc_name(rc_), kms_rc_name(want)); \
	} while (0)
#define assert_ok(got) assert_rc((got), KMS_RC_OK)

#endif /* KMS_TEST_CHECK_H */
