/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/path.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_directory(const char *path)
{
	struct stat st = { 0 };

	return path && !stat(path, &st) && S_ISDIR(st.st_mode);
}

static enum kms_rc put(char *out, size_t cap, const char *dir, const char *name)
{
	int len = snprintf(out, cap, "%s%s%s", dir ? dir : "", dir ? "/" : "",
			   name);

	return len < 0 || (size_t)len >= cap ? KMS_RC_BAD_INPUT : KMS_RC_OK;
}

enum kms_rc store_path_resolve(char *out, size_t cap,
			       const struct store_path_sources *from)
{
	if (from->db && from->state_dir)
		return KMS_RC_BAD_INPUT;
	if (from->db)
		return *from->db ? put(out, cap, NULL, from->db)
				 : KMS_RC_BAD_INPUT;
	if (from->state_dir)
		return *from->state_dir
			       ? put(out, cap, from->state_dir, STORE_FILE_NAME)
			       : KMS_RC_BAD_INPUT;
	if (from->env && *from->env)
		return put(out, cap, NULL, from->env);
	if (from->env_dir && *from->env_dir)
		return put(out, cap, from->env_dir, STORE_FILE_NAME);
	if (is_directory(from->system_dir))
		return put(out, cap, from->system_dir, STORE_FILE_NAME);
	return put(out, cap, ".", STORE_FILE_NAME);
}

enum kms_rc store_path_folder(char *out, size_t cap, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 1;
	int n = 0;

	if (!slash)
		path = ".";
	else if (!len)
		len = 1; /* the root */
	n = snprintf(out, cap, "%.*s", (int)len, path);
	return n < 0 || (size_t)n >= cap ? KMS_RC_BAD_INPUT : KMS_RC_OK;
}
