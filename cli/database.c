/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>

bool database_find(char path[STORE_PATH_MAX], const char *db,
		   const char *state_dir)
{
	struct store_path_sources from = {
		.db = db,
		.state_dir = state_dir,
		.env = getenv(STORE_PATH_ENV),
		.env_dir = getenv(STORE_DIR_ENV),
		.system_dir = STORE_SYSTEM_DIR,
	};

	if (!store_path_resolve(path, STORE_PATH_MAX, &from))
		return true;
	fprintf(stderr, "give one of --db and --state-dir, not empty and "
			"not too long\n");
	return false;
}

bool database_open(struct store **s, const char *path)
{
	const char *why = NULL;
	enum kms_rc rc = store_open(s, path, &why);

	if (rc)
		fprintf(stderr, "%s: %s\n", path, why);
	else
		fprintf(stderr, "Database: %s\n", path);
	return !rc;
}
