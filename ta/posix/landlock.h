/* SPDX-License-Identifier: Apache-2.0 */
/*
 * landlock - confines the process to the files of its state directory
 *
 * Promises:  afterwards no file can be opened, made, renamed or removed but
 *            those in the state directory, whatever a path looks like, and
 *            nothing can be executed; not even that directory can be listed.
 *            What is open already stays open, and stat() still sees the rest.
 */

#ifndef KMS_TA_POSIX_LANDLOCK_H
#define KMS_TA_POSIX_LANDLOCK_H

#include "common/attr.h"
#include "common/kms_rc.h"

/*
 * For good; no_new_privs must be set. UNSUPPORTED: this kernel has no Landlock,
 * and nothing has changed. UNAVAILABLE: it has, and failed.
 */
enum kms_rc landlock_confine(int state_fd) KMS_MUST_USE;

#endif /* KMS_TA_POSIX_LANDLOCK_H */
