/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gp - the TEE under a trusted application that runs as a Linux process
 *
 * Owns:      the state directory, the device key in it, and the handles that
 *            tee_internal_api.h gives out.
 * Promises:  what OP-TEE promises to the TA: an object opened without share
 *            flags has no second opener, in no process, until it is closed or
 *            its owner dies; a write is whole or absent after a power cut;
 *            objects are sealed under the device key.
 *            It cannot promise isolation from root or from its own user.
 * Threads:   any; a handle belongs to the thread that uses it. gp_posix_open()
 *            and gp_posix_close() are for one thread alone.
 */

#ifndef KMS_TA_POSIX_GP_H
#define KMS_TA_POSIX_GP_H

#include "common/attr.h"
#include "common/kms_rc.h"
#include "tee_internal_api.h"

/* Bytes of one persistent object; more is STORAGE_NO_SPACE. */
#define GP_OBJECT_MAX 4048

struct gp_config {
	int state_dir; /* borrowed until gp_posix_close(); O_DIRECTORY */
	TEE_UUID uuid; /* of the trusted application; keys depend on it */
	/*
	 * Whether TEE_STORAGE_PRIVATE_RPMB exists. A file has no replay
	 * protection, so only tests of the TA's RPMB path say true.
	 */
	bool rpmb;
};

/*
 * Loads the device key, or makes it at the very first start; afterwards the
 * only file access is openat() below state_dir. STORAGE: the directory or the
 * key cannot be used, or others may read the key. ENTROPY, NO_MEMORY.
 */
enum kms_rc gp_posix_open(const struct gp_config *cfg) KMS_MUST_USE;

/* Closes what is still open and wipes the device key. */
void gp_posix_close(void);

#endif /* KMS_TA_POSIX_GP_H */
