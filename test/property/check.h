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

static inline void check_rc(enum kms_rc got, enum kms_rc want, const char *what,
			    const char *file, int line)
{
	if (got == want)
		return;
	print_error("%s gives %s, not %s\n", what, kms_rc_name(got),
		    kms_rc_name(want));
	_fail(file, line);
}

#define assert_rc(got, want) check_rc((got), (want), #got, __FILE__, __LINE__)
#define assert_ok(got)	     assert_rc((got), KMS_RC_OK)

#endif /* KMS_TEST_CHECK_H */
