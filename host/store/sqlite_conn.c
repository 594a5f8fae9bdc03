/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/sqlite.h"

#include "common/log.h"

#include <string.h>

#define BUSY_TIMEOUT_MS 5000

/* Extended codes first: the first row that matches tells most. */
static const struct {
	int err;
	enum kms_rc rc;
	const char *why;
} failures[] = {
	{ SQLITE_IOERR_NOMEM, KMS_RC_NO_MEMORY, "out of memory" },
	{ SQLITE_IOERR_FSYNC, KMS_RC_UNAVAILABLE,
	  "the disk failed to keep a write: check it, then restart" },
	{ SQLITE_NOMEM, KMS_RC_NO_MEMORY, "out of memory" },
	{ SQLITE_CONSTRAINT, KMS_RC_EXISTS, "the row exists already" },
	{ SQLITE_FULL, KMS_RC_UNAVAILABLE,
	  "the disk is full: free some space" },
	{ SQLITE_READONLY, KMS_RC_UNAVAILABLE,
	  "the database or its folder is read-only: let this user write" },
	{ SQLITE_PERM, KMS_RC_UNAVAILABLE,
	  "no permission for the database: check its owner and mode" },
	{ SQLITE_CANTOPEN, KMS_RC_UNAVAILABLE,
	  "the database cannot be opened: check folder, owner and mode" },
	{ SQLITE_BUSY, KMS_RC_UNAVAILABLE,
	  "another process keeps the database locked" },
	{ SQLITE_IOERR, KMS_RC_UNAVAILABLE,
	  "the disk reports an error: check it and the free space" },
	{ SQLITE_CORRUPT, KMS_RC_UNAVAILABLE,
	  "the database is damaged, and an older copy would be refused: see "
	  "docs/operations.md" },
	{ SQLITE_NOTADB, KMS_RC_CONFIG, "the file is no SQLite database" },
};

enum kms_rc sqlite_conn_fail(struct sqlite_conn *c, int err)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (err == SQLITE_IOERR_FSYNC || err == SQLITE_IOERR_DIR_FSYNC)
		c->lost = true;
	c->why = "the database refused a statement: this is a bug";
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		if (failures[i].err != err && failures[i].err != (err & 0xff))
			continue;
		c->why = failures[i].why;
		rc = failures[i].rc;
		break;
	}
	if (rc != KMS_RC_EXISTS && rc != KMS_RC_CONFIG)
		log_error("store", "%s (%s, %d)", c->why, sqlite3_errstr(err),
			  err);
	return rc;
}

enum kms_rc sqlite_conn_exec(struct sqlite_conn *c, const char *sql)
{
	int err = sqlite3_exec(c->db, sql, NULL, NULL, NULL);

	return err ? sqlite_conn_fail(c, err) : KMS_RC_OK;
}

enum kms_rc sqlite_conn_open(struct sqlite_conn *c, const char *path,
			     const char *pragmas)
{
	int err = sqlite3_open_v2(path, &c->db,
				  SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
					  SQLITE_OPEN_EXRESCODE,
				  NULL);

	if (err)
		return sqlite_conn_fail(c, err);
	/* SQLite opens what it may not write as well. */
	if (sqlite3_db_readonly(c->db, "main"))
		return sqlite_conn_fail(c, SQLITE_READONLY);
	sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
	/* A hostile schema in the file gets no say in what we run. */
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	return sqlite_conn_exec(c, pragmas);
}

/* With everything prepared, undoing a transaction needs no memory. */
enum kms_rc sqlite_conn_prepare(struct sqlite_conn *c)
{
	struct query q = { 0 };

	for (enum sqlite_sql sql = 0; sql < SQL_COUNT; sql++) {
		query_start(&q, c, sql);
		if (q.err)
			return sqlite_conn_fail(c, q.err);
	}
	return KMS_RC_OK;
}

void sqlite_conn_close(struct sqlite_conn *c)
{
	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(c->stmts[i]);
	sqlite3_close(c->db);
	*c = (struct sqlite_conn){ 0 };
}

enum kms_rc sqlite_conn_run(struct sqlite_conn *c, enum sqlite_sql sql)
{
	struct query q = { 0 };

	query_start(&q, c, sql);
	return query_run(&q);
}

enum kms_rc sqlite_conn_end(struct sqlite_conn *c, enum kms_rc rc)
{
	const char *why = NULL;

	if (!rc)
		rc = sqlite_conn_run(c, SQL_COMMIT);
	/* SQLite itself undoes after some failures. */
	if (rc && !sqlite3_get_autocommit(c->db)) {
		why = c->why;
		if (sqlite_conn_run(c, SQL_ROLLBACK))
			c->lost = true;
		c->why = why;
	}
	return rc;
}

void query_start(struct query *q, struct sqlite_conn *c, enum sqlite_sql sql)
{
	*q = (struct query){ .conn = c };
	if (!c->stmts[sql])
		q->err = sqlite3_prepare_v3(c->db, sqlite_sql[sql], -1,
					    SQLITE_PREPARE_PERSISTENT,
					    &c->stmts[sql], NULL);
	q->stmt = c->stmts[sql];
}

void query_put_int(struct query *q, uint64_t value)
{
	q->bound++;
	if (!q->err)
		q->err = sqlite3_bind_int64(q->stmt, q->bound,
					    (sqlite3_int64)value);
}

void query_put_blob(struct query *q, const void *ptr, size_t len)
{
	q->bound++;
	if (!q->err)
		q->err = sqlite3_bind_blob64(q->stmt, q->bound, len ? ptr : "",
					     len, SQLITE_STATIC);
}

void query_put_text(struct query *q, const char *text)
{
	q->bound++;
	if (!q->err)
		q->err = sqlite3_bind_text(q->stmt, q->bound, text, -1,
					   SQLITE_STATIC);
}

void query_put_time(struct query *q, int64_t ms)
{
	if (ms)
		query_put_int(q, (uint64_t)ms);
	else
		query_put_text(q, NULL);
}

enum kms_rc query_next(struct query *q)
{
	int err = q->err ? q->err : sqlite3_step(q->stmt);

	if (err == SQLITE_ROW)
		return KMS_RC_OK;
	if (err == SQLITE_DONE)
		return KMS_RC_NOT_FOUND;
	return sqlite_conn_fail(q->conn, err);
}

void query_end(struct query *q)
{
	if (!q->stmt)
		return;
	sqlite3_reset(q->stmt);
	sqlite3_clear_bindings(q->stmt);
	q->stmt = NULL;
}

enum kms_rc query_run(struct query *q)
{
	enum kms_rc rc = query_next(q);

	query_end(q);
	return rc == KMS_RC_NOT_FOUND ? KMS_RC_OK : rc;
}

uint64_t query_int(const struct query *q, int column)
{
	return (uint64_t)sqlite3_column_int64(q->stmt, column);
}

enum kms_rc query_var(const struct query *q, int column, void *out, size_t cap,
		      size_t *len)
{
	const void *ptr = sqlite3_column_blob(q->stmt, column);
	int bytes = sqlite3_column_bytes(q->stmt, column);

	*len = 0;
	/* Reading a long value may allocate. */
	if (!ptr && sqlite3_errcode(sqlite3_db_handle(q->stmt)) == SQLITE_NOMEM)
		return sqlite_conn_fail(q->conn, SQLITE_NOMEM);
	if (bytes < 0 || (size_t)bytes > cap)
		return sqlite_conn_fail(q->conn, SQLITE_CORRUPT);
	if (bytes)
		/* NULL only with 0 bytes.
		 * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		memcpy(out, ptr, (size_t)bytes);
	*len = (size_t)bytes;
	return KMS_RC_OK;
}

enum kms_rc query_fix(const struct query *q, int column, void *out, size_t len)
{
	size_t got = 0;
	enum kms_rc rc = query_var(q, column, out, len, &got);

	if (!rc && got != len)
		rc = sqlite_conn_fail(q->conn, SQLITE_CORRUPT);
	return rc;
}

enum kms_rc query_text(const struct query *q, int column, char *out, size_t cap)
{
	size_t len = 0;
	enum kms_rc rc = query_var(q, column, out, cap - 1, &len);

	out[len] = '\0';
	return rc;
}
