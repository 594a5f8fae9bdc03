/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path - where the database is, for the server and the command line alike
 */

#ifndef KMS_HOST_STORE_PATH_H
#define KMS_HOST_STORE_PATH_H

#include "common/attr.h"
#include "common/kms_rc.h"

#define STORE_PATH_MAX	 1024
#define STORE_FILE_NAME	 "kms.db"
#define STORE_SYSTEM_DIR "/data/kms"
#define STORE_PATH_ENV	 "KMS_DB_PATH"
#define STORE_DIR_ENV	 "KMS_STATE_DIR"

/* Where a path may come from; the first that is there wins. */
struct store_path_sources {
	const char *db;		/* --db PATH, or NULL */
	const char *state_dir;	/* --state-dir DIR, or NULL */
	const char *env;	/* KMS_DB_PATH, or NULL; empty is unset */
	const char *env_dir;	/* KMS_STATE_DIR, likewise */
	const char *system_dir; /* STORE_SYSTEM_DIR; used when it exists */
};

/*
 * Writes the path, NUL-terminated. BAD_INPUT when db and state_dir are both
 * given, one of them is empty, or the path is too long.
 */
enum kms_rc
store_path_resolve(char *out, size_t cap,
		   const struct store_path_sources *from) KMS_MUST_USE;

/*
 * Writes the folder that the file is in: the state folder, when none was
 * named. BAD_INPUT when it is too long.
 */
enum kms_rc store_path_folder(char *out, size_t cap,
			      const char *path) KMS_MUST_USE;

#endif /* KMS_HOST_STORE_PATH_H */
