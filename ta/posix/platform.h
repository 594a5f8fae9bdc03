/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform - the TEE under a TA that is linked into this program
 *
 * A program links one implementation: platform_gp.c over the state directory,
 * or that of a test.
 */

#ifndef KMS_TA_POSIX_PLATFORM_H
#define KMS_TA_POSIX_PLATFORM_H

#include "common/attr.h"
#include "common/kms_rc.h"

/* state_fd is lent until platform_close(). */
enum kms_rc platform_open(int state_fd) KMS_MUST_USE;
void platform_close(void);

#endif /* KMS_TA_POSIX_PLATFORM_H */
