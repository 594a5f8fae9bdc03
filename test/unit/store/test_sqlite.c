/* SPDX-License-Identifier: Apache-2.0 */
/* What only the SQLite backend has: a file, its format and its query plans. */
#include "common/log.h"
#include "host/store/migrations.h"
#include "host/store/sqlite.h"
#include "test/unit/store/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct prng rng;
static struct place place;
static struct model model;
static struct model later;
static struct change_set set;
static struct store_proof proof;

static int set_up(void **state)
{
	(void)state;
	place_make(&place);
	memset(&model, 0, sizeof(model));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	place_remove(&place);
	return 0;
}

static void beside(char out[128], const char *suffix)
{
	snprintf(out, 128, "%s%s", place.path, suffix);
}

/* All of a file; NULL and 0 when there is none. Freed by test_free(). */
static uint8_t *slurp(const char *path, size_t *len)
{
	struct stat st = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *data = NULL;

	*len = 0;
	if (fd < 0)
		return NULL;
	assert_int_equal(fstat(fd, &st), 0);
	*len = (size_t)st.st_size;
	data = test_malloc(*len + 1);
	assert_int_equal(read(fd, data, *len), *len);
	close(fd);
	return data;
}

static void spill(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static void copy_file(const char *to, const char *from)
{
	size_t len = 0;
	uint8_t *data = slurp(from, &len);

	assert_non_null(data);
	spill(to, data, len);
	test_free(data);
}

static void assert_refused(const char *path, enum kms_rc want)
{
	struct store *s = NULL;
	const char *why = "";
	enum kms_rc rc = store_open(&s, path, &why);

	if (rc != want)
		fail_msg("%s: %s, not %s", path, kms_rc_name(rc),
			 kms_rc_name(want));
	assert_null(s);
	assert_true(strlen(why) > 10);
}

/* SQL on the bare file, behind the backend's back. */
static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void grow(struct store *s, size_t count)
{
	change_set_make(&set, &model, s, &rng, count);
	change_set_commit(&set, s);
}

static void assert_holds(const char *path, const struct model *m)
{
	struct store *s = open_ok(path);
	struct store_reader *r = reader_ok(s);

	assert_model(s, r, m);
	store_reader_close(&r);
	store_close(&s);
}

static void new_files_are_for_their_owner_alone(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
	mode_t mask = umask(0);
	struct store *s = open_ok(place.path);

	(void)state;
	assert_int_equal(store_claim(s), KMS_RC_OK);
	grow(s, 1);
	umask(mask);
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		struct stat st = { 0 };
		char path[128];

		beside(path, suffixes[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	store_close(&s);
}

static void an_empty_file_becomes_a_database(void **state)
{
	struct store *s = NULL;

	(void)state;
	spill(place.path, "", 0);
	s = open_ok(place.path);
	grow(s, 3);
	store_close(&s);
	assert_holds(place.path, &model);
}

static void any_character_may_be_in_the_path(void **state)
{
	char path[128];
	struct store *s = NULL;

	(void)state;
	beside(path, " ?mode=memory#50%25%");
	for (int again = 0; again < 2; again++) {
		s = open_ok(path);
		store_close(&s);
		assert_int_equal(access(path, F_OK), 0);
	}
}

static void a_foreign_database_is_refused_and_stays_as_it_was(void **state)
{
	static const char *const suffixes[] = { "", "-wal" };
	uint8_t *before[2] = { 0 };
	size_t len[2] = { 0 };
	sqlite3 *db = NULL;
	char path[128];

	(void)state;
	assert_int_equal(sqlite3_open(place.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "PRAGMA journal_mode = WAL;"
				      "CREATE TABLE theirs (x);"
				      "INSERT INTO theirs VALUES (1)",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	/* Their log is not copied into their file yet. */
	for (size_t i = 0; i < 2; i++) {
		beside(path, suffixes[i]);
		before[i] = slurp(path, &len[i]);
		assert_true(len[i] > 0);
	}
	assert_refused(place.path, KMS_RC_CONFIG);
	for (size_t i = 0; i < 2; i++) {
		size_t now = 0;
		uint8_t *after = NULL;

		beside(path, suffixes[i]);
		after = slurp(path, &now);
		assert_int_equal(now, len[i]);
		assert_memory_equal(after, before[i], now);
		test_free(after);
		test_free(before[i]);
	}
	sqlite3_close(db);
}

static void what_is_no_database_is_refused(void **state)
{
	static const char text[] = "#!/bin/sh\necho this is a script\n";
	char path[128];
	size_t len = 0;
	uint8_t *after = NULL;

	(void)state;
	spill(place.path, text, sizeof(text));
	assert_refused(place.path, KMS_RC_CONFIG);
	after = slurp(place.path, &len);
	assert_int_equal(len, sizeof(text));
	assert_memory_equal(after, text, len);
	test_free(after);
	assert_refused(place.dir, KMS_RC_UNAVAILABLE);
	snprintf(path, sizeof(path), "%s/no/such/kms.db", place.dir);
	assert_refused(path, KMS_RC_UNAVAILABLE);
	snprintf(path, sizeof(path), "%s/kms.db/kms.db", place.dir);
	assert_refused(path, KMS_RC_UNAVAILABLE);
}

static void a_newer_schema_is_refused(void **state)
{
	char sql[64];
	struct store *s = open_ok(place.path);

	(void)state;
	grow(s, 4);
	store_close(&s);
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %u",
		 sqlite_migration_count + 1);
	run_sql(place.path, sql);
	assert_refused(place.path, KMS_RC_CONFIG);
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %u",
		 sqlite_migration_count);
	run_sql(place.path, sql);
	assert_holds(place.path, &model);
}

static void many_processes_may_create_the_database_at_once(void **state)
{
	pid_t children[6] = { 0 };
	int status = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(children); i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (!children[i]) {
			struct store *s = NULL;
			const char *why = NULL;
			enum kms_rc rc = store_open(&s, place.path, &why);

			store_close(&s);
			_exit(rc ? 1 : 0);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(children); i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
}

/*
 * What kill -9 leaves while the log is copied back: the first page is there
 * and counts pages that are in the log alone.
 */
static void a_log_that_was_half_copied_back_is_no_damage(void **state)
{
	static const uint8_t many[4] = { 0, 0, 0x10, 0 };
	struct store *s = open_ok(place.path);
	int status = 0;
	pid_t child = -1;
	int fd = -1;

	(void)state;
	store_close(&s);
	child = fork();
	if (!child) {
		s = open_ok(place.path);
		grow(s, 60);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	fd = open(place.path, O_WRONLY);
	assert_int_equal(pwrite(fd, many, sizeof(many), 28), sizeof(many));
	close(fd);
	s = open_ok(place.path);
	store_close(&s);
}

static void a_copy_of_the_file_alone_is_a_whole_database(void **state)
{
	char copy[128];
	struct store *s = open_ok(place.path);
	struct store_shard shard = { 0 };

	(void)state;
	beside(copy, ".copy");
	for (int i = 0; i < 5; i++)
		grow(s, 20);
	store_close(&s);
	copy_file(copy, place.path);
	later = model;
	assert_holds(copy, &model);
	s = open_ok(place.path);
	grow(s, 20);
	store_close(&s);
	assert_holds(place.path, &model);
	/* Put back while the server is down: seq and root tell. */
	copy_file(place.path, copy);
	s = open_ok(place.path);
	assert_int_equal(store_get_shard(s, &shard, 0), KMS_RC_OK);
	assert_int_equal(shard.seq, model.seq - 1);
	store_close(&s);
	assert_holds(place.path, &later);
}

static void a_copy_without_its_log_is_an_older_moment(void **state)
{
	char copy[128];
	struct store *s = open_ok(place.path);
	struct store_shard shard = { 0 };

	(void)state;
	beside(copy, ".copy");
	grow(s, 20);
	store_close(&s);
	later = model;
	s = open_ok(place.path);
	grow(s, 20);
	copy_file(copy, place.path);
	store_close(&s);
	s = open_ok(copy);
	assert_int_equal(store_get_shard(s, &shard, 0), KMS_RC_OK);
	assert_int_equal(shard.seq, later.seq);
	store_close(&s);
	assert_holds(copy, &later);
}

static void every_query_uses_an_index(void **state)
{
	struct store *s = open_ok(place.path);
	sqlite3 *db = NULL;

	(void)state;
	assert_int_equal(sqlite3_open(place.path, &db), SQLITE_OK);
	for (enum sqlite_sql sql = SQL_GET_IDENTITY; sql < SQL_COUNT; sql++) {
		sqlite3_stmt *stmt = NULL;
		static char text[2048];

		/* These are about all rows, and seldom asked. */
		if (sql == SQL_LIST_API_KEYS || sql == SQL_COUNT_API_KEYS ||
		    sql == SQL_COUNT_WALLETS)
			continue;
		snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s",
			 sqlite_sql[sql]);
		assert_int_equal(sqlite3_prepare_v2(db, text, -1, &stmt, NULL),
				 SQLITE_OK);
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			const char *plan =
				(const char *)sqlite3_column_text(stmt, 3);

			if (strstr(plan, "SCAN") || strstr(plan, "TEMP B-TREE"))
				fail_msg("%s: %s", sqlite_sql[sql], plan);
		}
		sqlite3_finalize(stmt);
	}
	sqlite3_close(db);
	store_close(&s);
}

static void a_damaged_file_is_told_not_believed(void **state)
{
	struct store *s = open_ok(place.path);
	size_t len = 0;
	uint8_t *good = NULL;

	(void)state;
	for (int i = 0; i < 4; i++)
		grow(s, 30);
	store_close(&s);
	good = slurp(place.path, &len);
	for (int round = 0; round < 30; round++) {
		uint8_t *bad = test_malloc(len);
		struct store_reader *r = NULL;
		const char *why = NULL;

		memcpy(bad, good, len);
		/* Behind the header, which says whose file it is. */
		for (int i = 0; i < 400; i++)
			bad[100 + prng_below(&rng, len - 100)] ^= 0xa5;
		spill(place.path, bad, len);
		test_free(bad);
		if (store_open(&s, place.path, &why))
			continue;
		if (!store_reader_open(&r, s))
			for (uint64_t slot = 0; slot < model.slots; slot++)
				(void)!store_get_proof(r, &proof, 0, slot);
		store_reader_close(&r);
		store_close(&s);
	}
	spill(place.path, good, len);
	test_free(good);
	assert_holds(place.path, &model);
}

/* As nobody, whom the mode of a file binds. */
static void what_cannot_be_written_is_refused(void **state)
{
	struct store *s = open_ok(place.path);
	uid_t uid = geteuid();
	char path[128];

	(void)state;
	store_close(&s);
	beside(path, ".new");
	assert_int_equal(chmod(place.path, 0444), 0);
	assert_int_equal(chmod(place.dir, 0555), 0);
	if (!uid)
		assert_int_equal(seteuid(65534), 0);
	assert_refused(place.path, KMS_RC_UNAVAILABLE);
	assert_refused(path, KMS_RC_UNAVAILABLE);
	if (!uid)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(place.dir, 0700), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new_files_are_for_their_owner_alone),
		TEST(an_empty_file_becomes_a_database),
		TEST(any_character_may_be_in_the_path),
		TEST(a_foreign_database_is_refused_and_stays_as_it_was),
		TEST(what_is_no_database_is_refused),
		TEST(a_newer_schema_is_refused),
		TEST(many_processes_may_create_the_database_at_once),
		TEST(a_log_that_was_half_copied_back_is_no_damage),
		TEST(a_copy_of_the_file_alone_is_a_whole_database),
		TEST(a_copy_without_its_log_is_an_older_moment),
		TEST(every_query_uses_an_index),
		TEST(a_damaged_file_is_told_not_believed),
		TEST(what_cannot_be_written_is_refused),
	};

	rng = prng_start();
	/* The damaged file has much to complain about. */
	if (log_configure("off"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
