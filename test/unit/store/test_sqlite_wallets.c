/* SPDX-License-Identifier: Apache-2.0 */
/* Wallets in the SQLite file: its upgrade, its columns, other hands in it. */
#include "common/log.h"
#include "host/store/migrations.h"
#include "host/store/sqlite.h"
#include "test/unit/store/wallet_fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS		30
#define LONGEST_LIFE_NS (40 * 1000 * 1000)

static struct prng rng;
static struct place place;
static struct wallet_set set;

static int set_up(void **state)
{
	(void)state;
	place_make(&place);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	place_remove(&place);
	return 0;
}

/* As the sqlite3 program of an operator does it. */
static void run_sql(const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(place.path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL))
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* Gives the one value of a query as text. */
static void ask(char out[256], const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	const char *text = NULL;

	assert_int_equal(sqlite3_open(place.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	text = (const char *)sqlite3_column_text(stmt, 0);
	snprintf(out, 256, "%s", text ? text : "NULL");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static void create(struct store *s, unsigned int first, unsigned int count)
{
	wallet_set_start(&set, s, 0);
	for (unsigned int i = 0; i < count; i++)
		wallet_set_create(&set, first + i);
	wallet_set_commit(&set, s);
}

/* What version 1 wrote: a committed key, and a prepared batch with another. */
static const char old_rows[] =
	"INSERT INTO shards VALUES (0, 5, zeroblob(32), 0);"
	"INSERT INTO batches VALUES (0, 6, 1, zeroblob(192), x'');"
	"INSERT INTO records VALUES (1, 0, 0, 1, 1, zeroblob(96));"
	"INSERT INTO records VALUES (2, 0, 1, 1, 0, zeroblob(96));"
	"INSERT INTO keys VALUES (x'000102030405060708090a0b0c0d0e0f', 0, 0, "
	"1, 2, 1, 1, 123456789012, 1700000000000, zeroblob(64), 'old');"
	"INSERT INTO keys_staged VALUES "
	"(x'100102030405060708090a0b0c0d0e0f', 0, 0, 1, 1, 1, 1, 1, "
	"123456789012, 1700000000001, zeroblob(64), 'staged');";

static void an_old_database_is_brought_up_to_date(void **state)
{
	uint8_t uuid[ABI_UUID_LEN] = { 0x00, 1, 2,  3,	4,  5,	6,  7,
				       8,    9, 10, 11, 12, 13, 14, 15 };
	uint8_t root[SHA256_LEN] = { 1 };
	struct store_reader *r = NULL;
	struct store_shard shard = { 0 };
	struct store_key key = { 0 };
	struct store *s = NULL;
	char mark[96];

	(void)state;
	assert_true(sqlite_migration_count > 1);
	run_sql(sqlite_migrations[0]);
	run_sql(old_rows);
	snprintf(mark, sizeof(mark),
		 "PRAGMA application_id = %d; PRAGMA user_version = 1",
		 SQLITE_APPLICATION_ID);
	run_sql(mark);
	s = open_ok(place.path);
	r = reader_ok(s);
	assert_int_equal(store_get_key(r, &key, uuid), KMS_RC_OK);
	assert_int_equal(key.kind, STORE_KEY);
	assert_int_equal(key.account, 123456789012);
	assert_string_equal(key.description, "old");
	/* What was under way ends as it would have. */
	assert_int_equal(store_get_shard(s, &shard, 0), KMS_RC_OK);
	assert_int_equal(shard.seq, 5);
	assert_true(shard.prepared);
	/* This one had no kind yet. */
	assert_int_equal(store_finish_batch(s, 0, 6, root), KMS_RC_OK);
	uuid[0] = 0x10;
	assert_int_equal(store_get_key(r, &key, uuid), KMS_RC_OK);
	assert_int_equal(key.kind, STORE_KEY);
	assert_string_equal(key.description, "staged");
	store_reader_close(&r);
	create(s, 8, 2);
	store_close(&s);
}

static void the_columns_are_those_that_scripts_know(void **state)
{
	static const char *const pairs[][2] = {
		{ "address", "0x0000000000000000000000000000000000000001" },
		{ "derivation_path", "m/44'/60'/0'/0/0" },
		{ "key_usage", "SIGN_VERIFY" },
		{ "key_spec", "ECC_SECG_P256K1" },
		{ "origin", "EXTERNAL_KMS" },
		{ "credential_id", "Y3JlZA" },
		{ "status", "ready" },
		{ "created_at", "2023-11-14T22:13:21.000+00:00" },
		{ "lifecycle_status", "active" },
		{ "substr(passkey_pubkey, 1, 8)", "0x048181" },
		{ "length(passkey_pubkey)", "132" },
		/* 01 at the end is odd: 03. */
		{ "substr(public_key, 1, 8)", "0x030101" },
		{ "length(public_key)", "68" },
		{ "length(key_id)", "36" },
		{ "lower(hex(uuid)) = replace(key_id, '-', '')", "1" },
	};
	struct store *s = open_ok(place.path);
	char got[256];

	(void)state;
	create(s, 1, 1);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char sql[256];

		snprintf(sql, sizeof(sql),
			 "SELECT %s FROM wallets JOIN passkeys USING (uuid)",
			 pairs[i][0]);
		ask(got, sql);
		assert_string_equal(got, pairs[i][1]);
	}
	ask(got, "SELECT derivation_path || address || key_id = "
		 "(SELECT derivation_path || address || key_id FROM wallets) "
		 "FROM address_index");
	assert_string_equal(got, "1");
	store_close(&s);
}

/* As a server of before passkeys had a table left it. */
static void the_passkey_of_an_older_database_is_kept(void **state)
{
	struct store *s = open_ok(place.path);
	struct store_reader *r = NULL;
	struct store_wallet want = { 0 };
	struct store_wallet got = { 0 };

	(void)state;
	create(s, 1, 1);
	store_close(&s);
	run_sql("ALTER TABLE wallets ADD COLUMN passkey_pubkey TEXT;"
		"ALTER TABLE wallets ADD COLUMN credential_id TEXT;"
		"ALTER TABLE wallets ADD COLUMN sign_count INTEGER;"
		"UPDATE wallets SET passkey_pubkey = p.passkey_pubkey, "
		"credential_id = p.credential_id FROM passkeys AS p "
		"WHERE p.uuid = wallets.uuid;"
		"DROP TABLE passkeys;"
		"DROP TABLE aliases;"
		"DROP TABLE tags;"
		"ALTER TABLE wallets_staged ADD COLUMN passkey_delta INTEGER;"
		"DROP TABLE key_edits_staged;"
		"DROP INDEX keys_due;"
		"ALTER TABLE keys DROP COLUMN delete_after_ms;"
		"PRAGMA user_version = 2");
	s = open_ok(place.path);
	r = reader_ok(s);
	wallet_of(&want, 0, 1);
	assert_int_equal(store_get_wallet(r, &got, want.uuid), KMS_RC_OK);
	assert_wallet(&got, &want);
	store_reader_close(&r);
	store_close(&s);
}

static void a_lifecycle_edited_by_hand_acts_at_once(void **state)
{
	static const struct {
		const char *word;
		enum store_lifecycle means;
	} words[] = {
		{ "frozen", STORE_FROZEN },
		{ "active", STORE_ACTIVE },
		{ "pending_deletion", STORE_PENDING_DELETION },
		{ "", STORE_FROZEN },
		{ "ACTIVE", STORE_FROZEN },
		{ "active", STORE_ACTIVE },
	};
	struct store *s = open_ok(place.path);
	struct store_reader *r = reader_ok(s);
	struct store_wallet w = { 0 };
	uint8_t uuid[ABI_UUID_LEN];

	(void)state;
	create(s, 0, 1);
	uuid_of(uuid, 0, 0);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char sql[128];

		snprintf(sql, sizeof(sql),
			 "UPDATE wallets SET lifecycle_status = '%s'",
			 words[i].word);
		run_sql(sql);
		assert_int_equal(store_get_wallet(r, &w, uuid), KMS_RC_OK);
		assert_int_equal(w.lifecycle, words[i].means);
	}
	store_reader_close(&r);
	store_close(&s);
}

static void an_edit_by_hand_survives_a_batch_that_is_not_about_it(void **state)
{
	struct store *s = open_ok(place.path);
	struct store_reader *r = reader_ok(s);
	struct store_wallet w = { 0 };
	const uint8_t passkey[64] = { 7 };
	struct store_wallet_edit e = { .passkey = passkey };
	uint8_t uuid[ABI_UUID_LEN];

	(void)state;
	create(s, 0, 1);
	wallet_set_start(&set, s, 0);
	wallet_set_edit(&set, 0, 2, &e);
	assert_int_equal(store_begin_batch(s, &set.batch), KMS_RC_OK);
	run_sql("UPDATE wallets SET lifecycle_status = 'frozen'");
	assert_int_equal(store_finish_batch(s, 0, set.batch.seq, set.root),
			 KMS_RC_OK);
	uuid_of(uuid, 0, 0);
	assert_int_equal(store_get_wallet(r, &w, uuid), KMS_RC_OK);
	assert_int_equal(w.lifecycle, STORE_FROZEN);
	assert_int_equal(w.passkey_count, 2);
	store_reader_close(&r);
	store_close(&s);
}

/* Ends by a signal: creates 16 by 16, then deletes them again. */
static void be_the_writer(int fd)
{
	struct store *s = NULL;
	struct store_shard shard = { 0 };
	const char *why = NULL;

	if (store_open(&s, place.path, &why))
		_exit(4);
	/* Its life is counted from here, however slow the machine is. */
	if (write(fd, "", 1) != 1)
		_exit(3);
	for (;;) {
		if (store_get_shard(s, &shard, 0))
			_exit(5);
		wallet_set_start(&set, s, 0);
		for (unsigned int i = 0; i < 16; i++) {
			unsigned int n = (unsigned int)(shard.seq / 2) * 16 + i;

			if (shard.seq % 2)
				wallet_set_delete(&set, n, 2);
			else
				wallet_set_create(&set, n);
		}
		if (store_begin_batch(s, &set.batch) ||
		    store_finish_batch(s, 0, set.batch.seq, set.root))
			_exit(6);
	}
}

/* Rows, keys and addresses of a moment agree; what is staged is not seen. */
static void assert_whole(struct store *s)
{
	struct store_shard shard = { 0 };
	char want[16];
	char got[256];

	assert_int_equal(store_get_shard(s, &shard, 0), KMS_RC_OK);
	if (shard.prepared && prng_below(&rng, 2)) {
		memset(shard.root, (int)((shard.seq + 1) & 0xff),
		       sizeof(shard.root));
		assert_int_equal(
			store_finish_batch(s, 0, shard.seq + 1, shard.root),
			KMS_RC_OK);
		shard.seq++;
	} else if (shard.prepared) {
		assert_int_equal(store_drop_batch(s, 0), KMS_RC_OK);
	}
	snprintf(want, sizeof(want), "%d", shard.seq % 2 ? 16 : 0);
	ask(got, "SELECT count(*) FROM wallets WHERE status = 'ready'");
	assert_string_equal(got, want);
	ask(got, "SELECT count(*) FROM wallets");
	assert_string_equal(got, want);
	ask(got, "SELECT count(*) FROM keys WHERE kind = 2");
	assert_string_equal(got, want);
	ask(got, "SELECT count(*) FROM address_index");
	assert_string_equal(got, want);
	ask(got, "SELECT count(*) FROM wallets_staged");
	assert_string_equal(got, "0");
}

static void let_live_for_a_while(void)
{
	struct timespec life = { .tv_nsec = (long)prng_below(&rng,
							     LONGEST_LIFE_NS) };
	int fds[2] = { -1, -1 };
	int status = 0;
	pid_t child = -1;
	char byte = 0;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		be_the_writer(fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fds[0]);
	nanosleep(&life, NULL);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static void a_killed_writer_leaves_whole_wallets(void **state)
{
	struct store_shard shard = { 0 };
	struct store *s = NULL;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		let_live_for_a_while();
		s = open_ok(place.path);
		assert_whole(s);
		assert_int_equal(store_get_shard(s, &shard, 0), KMS_RC_OK);
		store_close(&s);
	}
	print_message("# %d kills, %llu batches\n", ROUNDS,
		      (unsigned long long)shard.seq);
	assert_true(shard.seq > 0);
}

static void a_damaged_row_is_told_not_believed(void **state)
{
	static const char *const damages[] = {
		"UPDATE wallets SET address = hex(zeroblob(100))",
		"UPDATE wallets SET rp_id = hex(zeroblob(100))",
		"UPDATE keys SET public_key = x'00'",
	};
	struct store_wallet w = { 0 };
	uint8_t uuid[ABI_UUID_LEN];

	(void)state;
	uuid_of(uuid, 0, 0);
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct store *s = open_ok(place.path);
		struct store_reader *r = reader_ok(s);

		create(s, 0, 1);
		run_sql(damages[i]);
		assert_int_equal(store_get_wallet(r, &w, uuid),
				 KMS_RC_UNAVAILABLE);
		store_reader_close(&r);
		store_close(&s);
		tear_down(NULL);
		set_up(NULL);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_old_database_is_brought_up_to_date),
		TEST(the_columns_are_those_that_scripts_know),
		TEST(the_passkey_of_an_older_database_is_kept),
		TEST(a_lifecycle_edited_by_hand_acts_at_once),
		TEST(an_edit_by_hand_survives_a_batch_that_is_not_about_it),
		TEST(a_killed_writer_leaves_whole_wallets),
		TEST(a_damaged_row_is_told_not_believed),
	};

	rng = prng_start();
	/* What is damaged on purpose is not worth a line each. */
	if (log_configure("off"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
