/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/sqlite.h"

#include "common/mem.h"

#include <string.h>
#include <unistd.h>

/* Checkpoints are ours: SQLite's own would hide that the disk failed. */
static const char durable_pragmas[] = "PRAGMA synchronous = FULL;"
				      "PRAGMA foreign_keys = ON;"
				      "PRAGMA wal_autocheckpoint = 0;";
static const char lazy_pragmas[] = "PRAGMA synchronous = NORMAL;"
				   "PRAGMA foreign_keys = ON;"
				   "PRAGMA wal_autocheckpoint = 0;"
				   "PRAGMA journal_size_limit = 67108864;";

#define CHECKPOINT_PAGES 4096 /* 16 MiB */

void sqlite_checkpoint(struct sqlite_store *s, int log_pages)
{
	int err = SQLITE_OK;

	if (log_pages < CHECKPOINT_PAGES)
		return;
	err = sqlite3_wal_checkpoint_v2(s->lazy.db, NULL,
					SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	/* The commit itself stands; sqlite_conn_fail() notes a failed sync. */
	if (err && err != SQLITE_BUSY)
		(void)sqlite_conn_fail(&s->lazy, err);
}

/* Only after finish, when no client waits. */
static int on_lazy_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	(void)db;
	(void)name;
	sqlite_checkpoint(arg, pages);
	return SQLITE_OK;
}

/* A client waits: the committer does it at its next note. */
static int on_quick_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct sqlite_store *s = arg;

	(void)db;
	(void)name;
	atomic_store(&s->log_pages, pages);
	return SQLITE_OK;
}

enum kms_rc sqlite_begin_write(struct sqlite_store *s)
{
	enum kms_rc rc = KMS_RC_UNAVAILABLE;

	if (s->lazy.lost) {
		s->why = s->lazy.why;
		return rc;
	}
	if (!s->durable.lost)
		rc = sqlite_conn_run(&s->durable, SQL_BEGIN_WRITE);
	if (rc)
		s->why = s->durable.why;
	return rc;
}

enum kms_rc sqlite_end_write(struct sqlite_store *s, enum kms_rc rc)
{
	rc = sqlite_conn_end(&s->durable, rc);
	if (rc)
		s->why = s->durable.why;
	return rc;
}

static void close_store(struct store *base)
{
	struct sqlite_store *s = sqlite_of(base);

	sqlite_conn_close(&s->desk);
	sqlite_conn_close(&s->lazy);
	sqlite_conn_close(&s->durable);
	pthread_mutex_destroy(&s->desk_lock);
	/* Last, so that the next server finds a file nobody writes to. */
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	mem_free(s);
}

static enum kms_rc open_lazy(struct sqlite_conn *c, const char *path,
			     const char **why)
{
	enum kms_rc rc = sqlite_conn_open(c, path, lazy_pragmas);

	if (!rc)
		rc = sqlite_conn_prepare(c);
	if (rc)
		*why = c->why;
	return rc;
}

static enum kms_rc open_conns(struct sqlite_store *s, const char **why)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	rc = sqlite_conn_open(&s->durable, s->path, durable_pragmas);
	if (!rc)
		rc = sqlite_file_migrate(&s->durable);
	if (!rc)
		rc = sqlite_conn_prepare(&s->durable);
	if (rc) {
		*why = s->durable.why;
		return rc;
	}
	rc = open_lazy(&s->lazy, s->path, why);
	if (!rc)
		rc = open_lazy(&s->desk, s->path, why);
	if (!rc) {
		sqlite3_wal_hook(s->lazy.db, on_lazy_commit, s);
		sqlite3_wal_hook(s->desk.db, on_quick_commit, s);
		sqlite3_wal_hook(s->durable.db, on_quick_commit, s);
	}
	return rc;
}

static enum kms_rc open_store(struct store **out, const char *path,
			      const char **why)
{
	size_t size = strlen(path) + 1;
	struct sqlite_store *s = NULL;
	enum kms_rc rc = KMS_RC_INTERNAL;

	rc = sqlite_file_create(path, why);
	if (rc)
		return rc;
	rc = sqlite_file_check(path, why);
	if (rc)
		return rc;
	s = mem_zalloc(1, sizeof(*s) + size);
	if (!s) {
		*why = "out of memory";
		return KMS_RC_NO_MEMORY;
	}
	memcpy(s->path, path, size);
	pthread_mutex_init(&s->desk_lock, NULL);
	s->lock_fd = -1;
	s->why = "";
	rc = open_conns(s, why);
	if (rc) {
		close_store(&s->base);
		return rc;
	}
	*out = &s->base;
	return KMS_RC_OK;
}

static enum kms_rc claim(struct store *base)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = KMS_RC_OK;

	if (s->lock_fd >= 0)
		return rc;
	rc = sqlite_file_lock(&s->lock_fd, &s->durable);
	if (rc)
		s->why = s->durable.why;
	return rc;
}

static const char *why(const struct store *base)
{
	return ((const struct sqlite_store *)base)->why;
}

static enum kms_rc get_node(struct store *base, uint8_t out[SHA256_LEN],
			    uint16_t shard, unsigned int level, uint64_t index)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_node(&s->durable, base, out, shard, level, index);
}

const struct store_backend store_sqlite = {
	.open = open_store,
	.close = close_store,
	.claim = claim,
	.why = why,
	.get_identity = sqlite_get_identity,
	.set_identity = sqlite_set_identity,
	.get_shard = sqlite_get_shard,
	.get_node = get_node,
	.begin_batch = sqlite_begin_batch,
	.finish_batch = sqlite_finish_batch,
	.drop_batch = sqlite_drop_batch,
	.put_description = sqlite_put_description,
	.add_api_key = sqlite_add_api_key,
	.revoke_api_key = sqlite_revoke_api_key,
	.list_api_keys = sqlite_list_api_keys,
	.reader_open = sqlite_reader_open,
	.reader_close = sqlite_reader_close,
	.get_key = sqlite_get_key,
	.list_keys = sqlite_list_keys,
	.list_due_keys = sqlite_list_due_keys,
	.get_proof = sqlite_get_proof,
	.get_api_key = sqlite_get_api_key,
	.count_api_keys = sqlite_count_api_keys,
	.add_alias = sqlite_add_alias,
	.move_alias = sqlite_move_alias,
	.delete_alias = sqlite_delete_alias,
	.get_alias = sqlite_get_alias,
	.list_aliases = sqlite_list_aliases,
	.put_tags = sqlite_put_tags,
	.remove_tags = sqlite_remove_tags,
	.list_tags = sqlite_list_tags,
	.get_wallet = sqlite_get_wallet,
	.list_passkeys = sqlite_list_passkeys,
	.list_wallets = sqlite_list_wallets,
	.list_dormant = sqlite_list_dormant,
	.list_due = sqlite_list_due,
	.count_wallets = sqlite_count_wallets,
	.add_address = sqlite_add_address,
	.get_address = sqlite_get_address,
	.note = sqlite_note,
	.get_counter = sqlite_get_counter,
};
