/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/sqlite.h"

#include "common/endian.h"
#include "common/mem.h"
#include "host/store/migrations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_SUFFIX    ".lock"
#define WAL_TRIES      100
#define WAL_PAUSE_NS   (20 * 1000 * 1000L)
#define STRINGIFY(x)   #x
#define NUMBER_TEXT(x) STRINGIFY(x)
#define SET_APPLICATION_ID \
	"PRAGMA application_id = " NUMBER_TEXT(SQLITE_APPLICATION_ID)

static const char *errno_why(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
		return "the folder of the database does not exist: create it";
	case EACCES:
	case EPERM:
		return "no permission for the folder of the database";
	case EROFS:
		return "the file system of the database is read-only";
	case ENOSPC:
	case EDQUOT:
		return "the disk is full: free some space";
	case EISDIR:
		return "the database path is a folder: name a file";
	default:
		return "the database file cannot be created";
	}
}

/* A new name survives a power cut only when its folder was synced. */
static enum kms_rc sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	enum kms_rc rc = KMS_RC_NO_MEMORY;
	char *folder = mem_strdup(slash ? path : ".");
	int fd = -1;

	if (!folder)
		goto out;
	if (slash)
		folder[len ? len : 1] = '\0';
	rc = KMS_RC_UNAVAILABLE;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !fsync(fd))
		rc = KMS_RC_OK;
out:
	if (fd >= 0)
		close(fd);
	mem_free(folder);
	return rc;
}

enum kms_rc sqlite_file_create(const char *path, const char **why)
{
	enum kms_rc rc = KMS_RC_UNAVAILABLE;
	struct stat st = { 0 };
	/* SQLite gives its side files the mode of this one. */
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST) {
		if (stat(path, &st) || !S_ISDIR(st.st_mode))
			return KMS_RC_OK;
		errno = EISDIR;
	}
	if (fd < 0) {
		*why = errno_why(errno);
		return rc;
	}
	close(fd);
	rc = sync_folder(path);
	if (rc)
		*why = rc == KMS_RC_NO_MEMORY ? "out of memory"
					      : "the folder cannot be synced";
	return rc;
}

/* Of the database file format: the magic, and where the application id is. */
#define HEADER_LEN	  100
#define APPLICATION_ID_AT 68

static enum kms_rc judge_header(const uint8_t *header, size_t len,
				const char **why)
{
	static const char magic[16] = "SQLite format 3";

	if (!len)
		return KMS_RC_OK;
	*why = "the file is no SQLite database";
	if (len < HEADER_LEN ||
	    !bytes_equal_var(bytes_of(header, sizeof(magic)),
			     bytes_of(magic, sizeof(magic))))
		return KMS_RC_CONFIG;
	*why = "the file is the database of another program";
	return be32_get(header + APPLICATION_ID_AT) == SQLITE_APPLICATION_ID
		       ? KMS_RC_OK
		       : KMS_RC_CONFIG;
}

/*
 * The header's bytes and nothing else: SQLite itself would recover, and so
 * change, what is not ours; and without its log a file whose writer was killed
 * while it copied the log back looks damaged, though nothing of it is lost.
 * Before this process opens it: closing the descriptor ends its locks.
 */
enum kms_rc sqlite_file_check(const char *path, const char **why)
{
	uint8_t header[HEADER_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_UNAVAILABLE;
	ssize_t len = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		len = pread(fd, header, sizeof(header), 0);
	if (len < 0)
		*why = errno_why(errno);
	else
		rc = judge_header(header, (size_t)len, why);
	if (fd >= 0)
		close(fd);
	return rc;
}

static enum kms_rc read_number(struct sqlite_conn *c, const char *pragma,
			       uint64_t *out)
{
	sqlite3_stmt *stmt = NULL;
	int err = sqlite3_prepare_v2(c->db, pragma, -1, &stmt, NULL);

	*out = 0;
	if (!err) {
		err = sqlite3_step(stmt);
		if (err == SQLITE_ROW) {
			*out = (uint64_t)sqlite3_column_int64(stmt, 0);
			err = SQLITE_OK;
		}
	}
	sqlite3_finalize(stmt);
	return err ? sqlite_conn_fail(c, err) : KMS_RC_OK;
}

/* Turning the log on needs the file for a moment alone; others may be at it. */
static enum kms_rc switch_to_wal(struct sqlite_conn *c)
{
	static const struct timespec pause = { .tv_nsec = WAL_PAUSE_NS };
	sqlite3_stmt *stmt = NULL;
	int err = sqlite3_prepare_v2(c->db, "PRAGMA journal_mode = WAL", -1,
				     &stmt, NULL);

	if (err)
		goto out;
	for (int i = 0; i < WAL_TRIES; i++) {
		err = sqlite3_step(stmt);
		if ((err & 0xff) != SQLITE_BUSY)
			break;
		sqlite3_reset(stmt);
		nanosleep(&pause, NULL);
	}
	/* It answers with the mode that is in force afterwards. */
	if (err == SQLITE_ROW) {
		const char *mode = (const char *)sqlite3_column_text(stmt, 0);

		err = mode && !strcmp(mode, "wal") ? SQLITE_OK
						   : SQLITE_READONLY;
	}
out:
	sqlite3_finalize(stmt);
	return err ? sqlite_conn_fail(c, err) : KMS_RC_OK;
}

static enum kms_rc run_migrations(struct sqlite_conn *c, uint64_t version)
{
	enum kms_rc rc = KMS_RC_OK;
	char pragma[64] = { 0 };

	for (; !rc && version < sqlite_migration_count; version++)
		rc = sqlite_conn_exec(c, sqlite_migrations[version]);
	if (rc)
		return rc;
	rc = sqlite_conn_exec(c, SET_APPLICATION_ID);
	if (rc)
		return rc;
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version = %u",
		 sqlite_migration_count);
	return sqlite_conn_exec(c, pragma);
}

static enum kms_rc check_version(struct sqlite_conn *c, uint64_t *version)
{
	enum kms_rc rc = read_number(c, "PRAGMA user_version", version);

	if (!rc && *version > sqlite_migration_count) {
		c->why = "a newer teekms wrote the database: install that "
			 "version";
		rc = KMS_RC_CONFIG;
	}
	return rc;
}

enum kms_rc sqlite_file_migrate(struct sqlite_conn *c)
{
	uint64_t version = 0;
	enum kms_rc rc = check_version(c, &version);

	if (rc)
		return rc;
	if (version < sqlite_migration_count) {
		rc = sqlite_conn_run(c, SQL_BEGIN_WRITE);
		if (rc)
			return rc;
		/* Another process may have done it while this one waited. */
		rc = check_version(c, &version);
		if (!rc && version < sqlite_migration_count)
			rc = run_migrations(c, version);
		rc = sqlite_conn_end(c, rc);
		if (rc)
			return rc;
	}
	return switch_to_wal(c);
}

enum kms_rc sqlite_file_lock(int *fd, struct sqlite_conn *c)
{
	/* SQLite resolved links, so every name of the file leads here. */
	const char *file = sqlite3_db_filename(c->db, "main");
	size_t len = strlen(file);
	char *path = mem_zalloc(len + sizeof(LOCK_SUFFIX), 1);
	enum kms_rc rc = KMS_RC_NO_MEMORY;
	int lock = -1;

	c->why = "out of memory";
	if (!path)
		goto out;
	/* The suffix brings the NUL.
	 * NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(path, file, len);
	memcpy(path + len, LOCK_SUFFIX, sizeof(LOCK_SUFFIX));

	rc = KMS_RC_UNAVAILABLE;
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0) {
		c->why = errno_why(errno);
		goto out;
	}
	if (flock(lock, LOCK_EX | LOCK_NB)) {
		c->why = "another teekmsd serves this database: stop it first";
		rc = KMS_RC_IN_USE;
		goto out;
	}
	*fd = lock;
	lock = -1;
	rc = KMS_RC_OK;
out:
	if (lock >= 0)
		close(lock);
	mem_free(path);
	return rc;
}
