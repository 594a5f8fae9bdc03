/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite - the SQLite backend's own parts; no other room includes this
 *
 * Owns:      four kinds of connection to one file. "durable" writes with
 *            synchronous=FULL: what it commits survives a power cut. "lazy"
 *            writes with synchronous=NORMAL: what it commits is whole or
 *            absent after one, and durable with the next durable commit.
 *            "desk" is another lazy one, for the small writes of any thread.
 *            Each reader has its own.
 * Threads:   a connection belongs to one thread; the desk has a lock.
 */

#ifndef KMS_HOST_STORE_SQLITE_H
#define KMS_HOST_STORE_SQLITE_H

#include "host/store/backend.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#define SQLITE_APPLICATION_ID 0x746b6d73 /* "tkms" */

/* Every statement of the backend; the tests look at each one's query plan. */
enum sqlite_sql {
	SQL_BEGIN_READ,
	SQL_BEGIN_WRITE,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_GET_IDENTITY,
	SQL_PUT_IDENTITY,
	SQL_GET_SHARD,
	SQL_PUT_SHARD,
	SQL_GET_PREPARED,
	SQL_PUT_BATCH,
	SQL_GET_NODES,
	SQL_COMMIT_BATCH,
	SQL_FORGET_BATCHES,
	SQL_DROP_BATCH,
	SQL_GET_VERSION,
	SQL_STAGE_RECORD,
	SQL_RETIRE_RECORDS,
	SQL_FLIP_RECORDS,
	SQL_DROP_RECORDS,
	SQL_STAGE_KEY,
	SQL_STAGE_GONE,
	SQL_RETIRE_KEYS,
	SQL_FLIP_KEYS,
	SQL_STAGE_KEY_EDIT,
	SQL_FLIP_KEY_EDITS,
	SQL_DROP_KEY_EDITS,
	SQL_DROP_KEYS,
	SQL_PUT_NODE,
	SQL_GET_NODE,
	SQL_GET_BLOB,
	SQL_GET_KEY,
	SQL_LIST_KEYS,
	SQL_LIST_DUE_KEYS,
	SQL_PUT_DESCRIPTION,
	SQL_STAGE_DESCRIPTION,
	SQL_ADD_API_KEY,
	SQL_FIND_API_KEYS,
	SQL_REVOKE_API_KEY,
	SQL_LIST_API_KEYS,
	SQL_GET_API_KEY,
	SQL_COUNT_API_KEYS,
	SQL_ADD_ALIAS,
	SQL_MOVE_ALIAS,
	SQL_DELETE_ALIAS,
	SQL_COUNT_ALIASES,
	SQL_GET_ALIAS,
	SQL_LIST_ALIASES,
	SQL_LIST_KEY_ALIASES,
	SQL_RETIRE_ALIASES,
	SQL_HAS_KEY,
	SQL_PUT_TAG,
	SQL_REMOVE_TAG,
	SQL_COUNT_TAGS,
	SQL_LIST_TAGS,
	SQL_RETIRE_TAGS,
	SQL_UNDO_TAGS,
	SQL_ADD_WALLET,
	SQL_ADD_PASSKEY,
	SQL_STAGE_NEW_WALLET,
	SQL_STAGE_EDIT,
	SQL_RETIRE_WALLETS,
	SQL_FLIP_WALLETS,
	SQL_RETIRE_PASSKEYS,
	SQL_FLIP_PASSKEYS,
	SQL_UNDO_WALLETS,
	SQL_DROP_WALLETS,
	SQL_GET_WALLET,
	SQL_LIST_PASSKEYS,
	SQL_LIST_WALLETS,
	SQL_LIST_DORMANT,
	SQL_LIST_DUE,
	SQL_COUNT_WALLETS,
	SQL_ADD_ADDRESS,
	SQL_GET_ADDRESS,
	SQL_NOTE_USE,
	SQL_ADD_COUNT,
	SQL_GET_COUNT,
	SQL_COUNT,
};

extern const char *const sqlite_sql[SQL_COUNT];

struct sqlite_conn {
	sqlite3 *db;
	sqlite3_stmt *stmts[SQL_COUNT];
	const char *why; /* of the last failure; static */
	/*
	 * A failed sync may have dropped earlier writes that a later sync
	 * would no longer report, so no durable promise is given after it.
	 */
	bool lost;
};

enum kms_rc sqlite_conn_open(struct sqlite_conn *c, const char *path,
			     const char *pragmas) KMS_MUST_USE;
/* Once the tables are there. */
enum kms_rc sqlite_conn_prepare(struct sqlite_conn *c) KMS_MUST_USE;
void sqlite_conn_close(struct sqlite_conn *c);
/* Translates an SQLite result and remembers what to tell. */
enum kms_rc sqlite_conn_fail(struct sqlite_conn *c, int err);
/* Runs SQL that is not a prepared statement: pragmas and migrations. */
enum kms_rc sqlite_conn_exec(struct sqlite_conn *c,
			     const char *sql) KMS_MUST_USE;
enum kms_rc sqlite_conn_run(struct sqlite_conn *c,
			    enum sqlite_sql sql) KMS_MUST_USE;
/* Ends a transaction: commits when rc is OK, else undoes. Gives the result. */
enum kms_rc sqlite_conn_end(struct sqlite_conn *c, enum kms_rc rc) KMS_MUST_USE;

/*
 * One use of a prepared statement. A failure while binding is remembered and
 * comes out of the first query_next() or query_run().
 */
struct query {
	struct sqlite_conn *conn;
	sqlite3_stmt *stmt;
	int err;
	int bound;
};

void query_start(struct query *q, struct sqlite_conn *c, enum sqlite_sql sql);
void query_put_int(struct query *q, uint64_t value);
/* Borrows until query_end(). */
void query_put_blob(struct query *q, const void *ptr, size_t len);
void query_put_text(struct query *q, const char *text);
/* 0 becomes NULL. */
void query_put_time(struct query *q, int64_t ms);
/* OK: there is a row. NOT_FOUND: there is none any more. */
enum kms_rc query_next(struct query *q) KMS_MUST_USE;
void query_end(struct query *q);
/* For a statement without rows. Includes query_end(). */
enum kms_rc query_run(struct query *q) KMS_MUST_USE;

uint64_t query_int(const struct query *q, int column);
/* UNAVAILABLE when the column has another length: the file is damaged. */
enum kms_rc query_fix(const struct query *q, int column, void *out,
		      size_t len) KMS_MUST_USE;
enum kms_rc query_var(const struct query *q, int column, void *out, size_t cap,
		      size_t *len) KMS_MUST_USE;
/* NUL-terminated. */
enum kms_rc query_text(const struct query *q, int column, char *out,
		       size_t cap) KMS_MUST_USE;

struct sqlite_store {
	struct store base;
	struct sqlite_conn durable;
	struct sqlite_conn lazy;
	struct sqlite_conn desk; /* under desk_lock */
	pthread_mutex_t desk_lock;
	atomic_int log_pages; /* after the last commit but a lazy one */
	const char *why;      /* of the committer's last failure */
	int lock_fd;	      /* held by the server, else -1 */
	char path[];
};

static inline struct sqlite_store *sqlite_of(struct store *s)
{
	return (struct sqlite_store *)s;
}

struct sqlite_reader {
	struct store_reader base;
	struct sqlite_conn conn;
	char description[4 * STORE_DESCRIPTION_MAX + 1];
	char credential[STORE_CREDENTIAL_MAX + 1];
};

static inline struct sqlite_reader *sqlite_reader_of(struct store_reader *r)
{
	return (struct sqlite_reader *)r;
}

/* Copies the log into the file when it has grown; the committer's. */
void sqlite_checkpoint(struct sqlite_store *s, int log_pages);

/* A durable transaction; both remember why they failed. */
enum kms_rc sqlite_begin_write(struct sqlite_store *s) KMS_MUST_USE;
enum kms_rc sqlite_end_write(struct sqlite_store *s,
			     enum kms_rc rc) KMS_MUST_USE;

/* sqlite_file.c: what happens to the file before the backend uses it */
/* Creates an empty file, readable by its owner alone, or leaves the old one. */
enum kms_rc sqlite_file_create(const char *path, const char **why) KMS_MUST_USE;
/* Refuses a file of another program without changing it. */
enum kms_rc sqlite_file_check(const char *path, const char **why) KMS_MUST_USE;
enum kms_rc sqlite_file_migrate(struct sqlite_conn *c) KMS_MUST_USE;
/* Gives a descriptor that holds the lock until it is closed. IN_USE. */
enum kms_rc sqlite_file_lock(int *fd, struct sqlite_conn *c) KMS_MUST_USE;

/* sqlite_batch.c */
enum kms_rc sqlite_get_identity(struct store *base, struct store_identity *id);
enum kms_rc sqlite_set_identity(struct store *base,
				const struct store_identity *id);
enum kms_rc sqlite_get_shard(struct store *base, struct store_shard *out,
			     uint16_t shard);
enum kms_rc sqlite_begin_batch(struct store *base,
			       const struct store_batch *batch);
enum kms_rc sqlite_finish_batch(struct store *base, uint16_t shard,
				uint64_t seq, const uint8_t root[SHA256_LEN]);
enum kms_rc sqlite_drop_batch(struct store *base, uint16_t shard);
enum kms_rc sqlite_put_description(struct store *base,
				   const struct store_key *key);

/* sqlite_read.c */
/* The empty hash when there is none. */
enum kms_rc sqlite_read_node(struct sqlite_conn *c, const struct store *s,
			     uint8_t out[SHA256_LEN], uint16_t shard,
			     unsigned int level, uint64_t index) KMS_MUST_USE;
enum kms_rc sqlite_reader_open(struct store_reader **out, struct store *s);
void sqlite_reader_close(struct store_reader *base);
enum kms_rc sqlite_get_key(struct store_reader *base, struct store_key *out,
			   const uint8_t uuid[ABI_UUID_LEN]);
enum kms_rc sqlite_list_keys(struct store_reader *base, uint64_t account,
			     const uint8_t *after, unsigned int limit,
			     store_key_visit *visit, void *arg);
enum kms_rc sqlite_list_due_keys(struct store_reader *base, int64_t now_ms,
				 const struct store_time_mark *after,
				 unsigned int limit, store_key_visit *visit,
				 void *arg);
enum kms_rc sqlite_get_proof(struct store_reader *base, struct store_proof *out,
			     uint16_t shard, uint64_t slot);
enum kms_rc sqlite_get_api_key(struct store_reader *base,
			       struct store_api_key *out, const char *id);
enum kms_rc sqlite_count_api_keys(struct store_reader *base,
				  struct store_api_key_count *count);

/* sqlite_api_key.c */
enum kms_rc sqlite_read_api_key(const struct query *q,
				struct store_api_key *out) KMS_MUST_USE;
enum kms_rc sqlite_add_api_key(struct store *base,
			       const struct store_api_key *key);
enum kms_rc sqlite_revoke_api_key(struct store *base, const char *prefix);
enum kms_rc sqlite_list_api_keys(struct store *base, store_api_key_visit *visit,
				 void *arg);

/* sqlite_alias.c */
enum kms_rc sqlite_add_alias(struct store *base, const struct store_alias *a);
enum kms_rc sqlite_move_alias(struct store *base, const struct store_alias *a);
enum kms_rc sqlite_delete_alias(struct store *base,
				const struct store_alias *a);
enum kms_rc sqlite_get_alias(struct store_reader *base, struct store_alias *out,
			     uint64_t account, const char *name);
enum kms_rc sqlite_list_aliases(struct store_reader *base, uint64_t account,
				const uint8_t *uuid, const char *after,
				unsigned int limit, store_alias_visit *visit,
				void *arg);

/* sqlite_tag.c */
/* In the transaction of sqlite_begin_batch(). */
enum kms_rc sqlite_stage_tags(struct sqlite_conn *c,
			      const struct store_key *k) KMS_MUST_USE;
enum kms_rc sqlite_put_tags(struct store *base, const struct store_tagging *t);
enum kms_rc sqlite_remove_tags(struct store *base,
			       const struct store_tagging *t);
enum kms_rc sqlite_list_tags(struct store_reader *base,
			     const uint8_t uuid[ABI_UUID_LEN],
			     const char *after, unsigned int limit,
			     store_tag_visit *visit, void *arg);

/* sqlite_wallet.c */
/* In the transaction of sqlite_begin_batch(). */
enum kms_rc sqlite_stage_wallet(struct sqlite_conn *c,
				const struct store_wallet *w) KMS_MUST_USE;
enum kms_rc sqlite_stage_edit(struct sqlite_conn *c,
			      const struct store_wallet_edit *e, uint16_t shard,
			      const uint8_t uuid[ABI_UUID_LEN]) KMS_MUST_USE;
enum kms_rc sqlite_get_wallet(struct store_reader *base,
			      struct store_wallet *out,
			      const uint8_t uuid[ABI_UUID_LEN]);
enum kms_rc sqlite_list_passkeys(struct store_reader *base,
				 const uint8_t uuid[ABI_UUID_LEN],
				 store_passkey_visit *visit,
				 void *arg) KMS_MUST_USE;
enum kms_rc sqlite_list_wallets(struct store_reader *base,
				const struct store_wallet_mark *after,
				unsigned int limit, store_wallet_visit *visit,
				void *arg);
enum kms_rc sqlite_list_dormant(struct store_reader *base, int64_t before_ms,
				const struct store_time_mark *after,
				unsigned int limit, store_wallet_visit *visit,
				void *arg);
enum kms_rc sqlite_list_due(struct store_reader *base, int64_t now_ms,
			    const struct store_time_mark *after,
			    unsigned int limit, store_wallet_visit *visit,
			    void *arg);
enum kms_rc sqlite_count_wallets(struct store_reader *base,
				 struct store_wallet_totals *out);

/* sqlite_desk.c */
/* NOT_FOUND when there is no row of the wallet. */
enum kms_rc sqlite_put_address(struct sqlite_conn *c,
			       const struct store_address *a) KMS_MUST_USE;
enum kms_rc sqlite_add_address(struct store *base,
			       const struct store_address *a);
enum kms_rc sqlite_get_address(struct store_reader *base,
			       struct store_address *out, const char *address);
enum kms_rc sqlite_note(struct store *base, const struct store_use *uses,
			size_t use_count, const struct store_count *counts,
			size_t count_count);
enum kms_rc sqlite_get_counter(struct store_reader *base, uint64_t *value,
			       const char *name);

#endif /* KMS_HOST_STORE_SQLITE_H */
