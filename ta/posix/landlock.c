/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/posix/landlock.h"

#include <linux/landlock.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Headers are often older than the kernel. */
#define ACCESS_TRUNCATE	 (1ull << 14)
#define ACCESS_IOCTL_DEV (1ull << 15)

#define ALL_OF_V1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* What storage does: see gp_store_file.c. */
#define NEEDED                                                          \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)

/* Every right the kernel knows how to withhold; more than that it refuses. */
static uint64_t rights_of(long version)
{
	uint64_t rights = ALL_OF_V1;

	if (version >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		rights |= ACCESS_TRUNCATE;
	if (version >= 5)
		rights |= ACCESS_IOCTL_DEV;
	return rights;
}

enum kms_rc landlock_confine(int state_fd)
{
	struct landlock_ruleset_attr rules = { 0 };
	struct landlock_path_beneath_attr state = {
		.allowed_access = NEEDED,
		.parent_fd = state_fd,
	};
	enum kms_rc rc = KMS_RC_UNAVAILABLE;
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	int fd = -1;

	if (version < 1)
		return KMS_RC_UNSUPPORTED;
	rules.handled_access_fs = rights_of(version);
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules),
			  0);
	if (fd < 0)
		return rc;
	if (!syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH,
		     &state, 0) &&
	    !syscall(SYS_landlock_restrict_self, fd, 0))
		rc = KMS_RC_OK;
	close(fd);
	return rc;
}
