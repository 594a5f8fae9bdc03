/* SPDX-License-Identifier: Apache-2.0 */
/*
 * folder - a state directory of a test
 */

#ifndef KMS_TEST_FOLDER_H
#define KMS_TEST_FOLDER_H

#include "ta/posix/gp/gp.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder_path[64];
static int folder_fd = -1;

static inline bool folder_make(void)
{
	snprintf(folder_path, sizeof(folder_path), "/tmp/teekms-test-XXXXXX");
	if (!mkdtemp(folder_path))
		return false;
	folder_fd = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder_fd >= 0;
}

static inline enum kms_rc folder_open(bool rpmb)
{
	const struct gp_config cfg = {
		.state_dir = folder_fd,
		.uuid = { .timeLow = 7 },
		.rpmb = rpmb,
	};

	return gp_posix_open(&cfg);
}

/* Calls visit for each file; the number of files. */
static inline unsigned int folder_each(void (*visit)(int dir, const char *))
{
	DIR *d = opendir(folder_path);
	struct dirent *e = NULL;
	unsigned int count = 0;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		count++;
		if (visit)
			visit(folder_fd, e->d_name);
	}
	if (d)
		closedir(d);
	return count;
}

static inline void folder_unlink(int dir, const char *name)
{
	unlinkat(dir, name, 0);
}

static inline void folder_remove(void)
{
	folder_each(folder_unlink);
	rmdir(folder_path);
	close(folder_fd);
	folder_fd = -1;
}

/* Setup and teardown: a TEE whose state is in the folder. */
static inline int folder_set_up(void **state)
{
	(void)state;
	return !folder_make() || folder_open(true) != KMS_RC_OK;
}

static inline int folder_tear_down(void **state)
{
	(void)state;
	gp_posix_close();
	folder_remove();
	return 0;
}

#endif /* KMS_TEST_FOLDER_H */
