/* SPDX-License-Identifier: Apache-2.0 */
/* The disk or the memory fails at the nth chance, for every n. */
#include "common/log.h"
#include "common/mem.h"
#include "host/store/sqlite.h"
#include "test/unit/store/wallet_fixture.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct prng rng;
static struct place place;
static struct model model;
static struct model before;
static struct change_set set;
static struct store_proof proof;

/* Counts down to failing; 0: never. */
struct fuse {
	unsigned long left;
	bool burnt;
	bool lasts; /* everything after it fails, too */
};

static struct fuse writes;
static struct fuse syncs;
static struct fuse allocs;
static unsigned long sync_count;

static bool burns(struct fuse *f)
{
	if (f->burnt && f->lasts)
		return true;
	if (!f->left || --f->left)
		return false;
	f->burnt = true;
	return true;
}

static void light(struct fuse *f, unsigned long at, bool lasts)
{
	*f = (struct fuse){ .left = at, .lasts = lasts };
}

static void put_out(struct fuse *f)
{
	*f = (struct fuse){ 0 };
}

/* These stand before the C library's, for libsqlite3 as well. */
int fsync(int fd)
{
	sync_count++;
	if (burns(&syncs)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	sync_count++;
	if (burns(&syncs)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

static ssize_t full_pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (burns(&writes)) {
		errno = ENOSPC;
		return -1;
	}
	return pwrite(fd, data, len, at);
}

static void fill_disk(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)full_pwrite);
	vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)full_pwrite);
}

static sqlite3_mem_methods real_mem;

static void *failing_malloc(int size)
{
	return burns(&allocs) ? NULL : real_mem.xMalloc(size);
}

static void *failing_realloc(void *ptr, int size)
{
	return burns(&allocs) ? NULL : real_mem.xRealloc(ptr, size);
}

static int hook_memory(void **state)
{
	sqlite3_mem_methods mem = { 0 };

	(void)state;
	/* Nothing that SQLite keeps may come from elsewhere. */
	sqlite3_shutdown();
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_mem);
	mem = real_mem;
	mem.xMalloc = failing_malloc;
	mem.xRealloc = failing_realloc;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &mem), SQLITE_OK);
	/* Small values come from the allocator, too. */
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	assert_int_equal(sqlite3_initialize(), SQLITE_OK);
	fill_disk();
	return 0;
}

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
	mem_fail_at(0);
	place_remove(&place);
	return 0;
}

static void grow(struct store *s, size_t count)
{
	change_set_make(&set, &model, s, &rng, count);
	change_set_commit(&set, s);
}

static void assert_nothing_prepared(struct store *s, uint64_t seq)
{
	struct store_shard shard = { 0 };

	assert_int_equal(store_get_shard(s, &shard, 0), KMS_RC_OK);
	assert_false(shard.prepared);
	assert_int_equal(shard.seq, seq);
}

static void a_batch_costs_one_sync(void **state)
{
	struct store *s = open_ok(place.path);

	(void)state;
	/* The log's first use syncs its header and its folder. */
	grow(s, 1);
	sync_count = 0;
	for (int i = 0; i < 10; i++)
		grow(s, 8);
	assert_int_equal(sync_count, 10);
	store_close(&s);
}

static void a_full_disk_refuses_and_keeps_what_was_there(void **state)
{
	struct store *s = open_ok(place.path);
	struct store_reader *r = reader_ok(s);
	enum kms_rc rc = KMS_RC_UNAVAILABLE;
	unsigned long n = 0;

	(void)state;
	grow(s, 30);
	before = model;
	change_set_make(&set, &model, s, &rng, 30);
	for (n = 1; rc; n++) {
		light(&writes, n, true);
		rc = store_begin_batch(s, &set.batch);
		put_out(&writes);
		if (!rc)
			break;
		assert_int_equal(rc, KMS_RC_UNAVAILABLE);
		assert_non_null(strstr(store_why(s), "full"));
		assert_nothing_prepared(s, before.seq);
	}
	assert_true(n > 5);
	for (n = 1, rc = KMS_RC_UNAVAILABLE; rc; n++) {
		light(&writes, n, true);
		rc = store_finish_batch(s, 0, set.batch.seq, set.root);
		put_out(&writes);
		if (!rc)
			break;
		assert_int_equal(rc, KMS_RC_UNAVAILABLE);
		assert_int_equal(store_get_proof(r, &proof, 0, 0), KMS_RC_OK);
		assert_int_equal(proof.seq, before.seq);
		assert_memory_equal(proof.blob, before.blob[0], proof.blob_len);
	}
	assert_true(n > 5);
	assert_model(s, r, &model);
	store_reader_close(&r);
	store_close(&s);
}

static void a_disk_full_at_the_first_start_is_told(void **state)
{
	struct store *s = NULL;
	const char *why = "";
	unsigned long n = 0;

	(void)state;
	for (n = 1;; n++) {
		enum kms_rc rc = KMS_RC_OK;

		light(&writes, n, true);
		rc = store_open(&s, place.path, &why);
		put_out(&writes);
		if (!rc)
			break;
		assert_int_equal(rc, KMS_RC_UNAVAILABLE);
		assert_true(strlen(why) > 10);
	}
	assert_true(n > 5);
	grow(s, 3);
	store_close(&s);
}

/*
 * What a failed sync left behind cannot be known, so the store refuses until
 * it has read the file again.
 */
static void no_promise_is_given_after_a_failed_sync(void **state)
{
	struct store *s = open_ok(place.path);
	struct store_api_key key = { .id = "01234567" };
	struct store_reader *r = NULL;

	(void)state;
	grow(s, 10);
	change_set_make(&set, &model, s, &rng, 10);
	light(&syncs, 1, false);
	assert_int_equal(store_begin_batch(s, &set.batch), KMS_RC_UNAVAILABLE);
	assert_true(syncs.burnt);
	put_out(&syncs);
	assert_int_equal(store_begin_batch(s, &set.batch), KMS_RC_UNAVAILABLE);
	assert_int_equal(store_add_api_key(s, &key), KMS_RC_UNAVAILABLE);
	assert_int_equal(store_drop_batch(s, 0), KMS_RC_UNAVAILABLE);
	assert_non_null(strstr(store_why(s), "disk"));
	store_close(&s);
	s = open_ok(place.path);
	r = reader_ok(s);
	/* Whether the batch is there is open; the database is whole. */
	model_load(&model, s, 0);
	assert_model(s, r, &model);
	grow(s, 5);
	assert_model(s, r, &model);
	store_reader_close(&r);
	store_close(&s);
}

static void a_failed_sync_of_a_checkpoint_is_noticed(void **state)
{
	struct store *s = open_ok(place.path);
	unsigned long syncs_before = 0;
	int i = 0;

	(void)state;
	/* One sync per batch until the log is copied, which takes more. */
	for (i = 0; i < 1000; i++) {
		change_set_make(&set, &model, s, &rng, ABI_BATCH_OPS);
		assert_int_equal(store_begin_batch(s, &set.batch), KMS_RC_OK);
		syncs_before = sync_count;
		light(&syncs, 1, false);
		assert_int_equal(
			store_finish_batch(s, 0, set.batch.seq, set.root),
			KMS_RC_OK);
		if (sync_count != syncs_before)
			break;
		put_out(&syncs);
	}
	assert_true(i > 0 && i < 1000);
	assert_true(syncs.burnt);
	put_out(&syncs);
	change_set_make(&set, &model, s, &rng, 1);
	assert_int_equal(store_begin_batch(s, &set.batch), KMS_RC_UNAVAILABLE);
	store_close(&s);
}

static void our_memory_may_end_anywhere(void **state)
{
	struct store *s = NULL;
	struct store_reader *r = NULL;
	const char *why = "";
	enum kms_rc rc = KMS_RC_NO_MEMORY;
	unsigned long n = 0;

	(void)state;
	for (n = 1; rc; n++) {
		mem_fail_at(n);
		rc = store_open(&s, place.path, &why);
		assert_true(!rc || rc == KMS_RC_NO_MEMORY);
		assert_true(!rc == !!s);
	}
	assert_true(n > 2);
	mem_fail_at(1);
	assert_int_equal(store_reader_open(&r, s), KMS_RC_NO_MEMORY);
	assert_null(r);
	mem_fail_at(1);
	assert_int_equal(store_claim(s), KMS_RC_NO_MEMORY);
	change_set_make(&set, &model, s, &rng, 10);
	mem_fail_at(1);
	assert_int_equal(store_begin_batch(s, &set.batch), KMS_RC_NO_MEMORY);
	assert_nothing_prepared(s, 0);
	change_set_commit(&set, s);
	store_close(&s);
}

/* True when the nth allocation was reached and so the call may have failed. */
static bool was_tried(enum kms_rc rc)
{
	bool burnt = allocs.burnt;

	put_out(&allocs);
	if (rc && rc != KMS_RC_NO_MEMORY)
		fail_msg("out of memory is told as %s", kms_rc_name(rc));
	assert_true(burnt || !rc);
	return burnt;
}

static void sqlite_memory_may_end_while_writing(void **state)
{
	struct store *s = open_ok(place.path);
	struct store_reader *r = reader_ok(s);
	enum kms_rc rc = KMS_RC_OK;
	unsigned long n = 0;
	bool tried = true;

	(void)state;
	grow(s, 20);
	for (n = 1; tried; n++) {
		before = model;
		change_set_make(&set, &model, s, &rng, 5);
		light(&allocs, n, false);
		rc = store_begin_batch(s, &set.batch);
		tried = was_tried(rc);
		if (rc) {
			assert_nothing_prepared(s, before.seq);
			assert_int_equal(store_begin_batch(s, &set.batch),
					 KMS_RC_OK);
		}
		light(&allocs, n, false);
		rc = store_finish_batch(s, 0, set.batch.seq, set.root);
		tried |= was_tried(rc);
		if (rc)
			assert_int_equal(store_finish_batch(s, 0, set.batch.seq,
							    set.root),
					 KMS_RC_OK);
	}
	assert_true(n > 10);
	assert_model(s, r, &model);
	store_reader_close(&r);
	store_close(&s);
}

static void sqlite_memory_may_end_while_reading(void **state)
{
	struct store *s = open_ok(place.path);
	struct store_reader *r = NULL;
	struct store_key key = { 0 };
	bool tried = true;

	(void)state;
	grow(s, 20);
	/* Every statement is prepared in much the same way. */
	for (unsigned long n = 1; tried; n += 1 + prng_below(&rng, 10)) {
		enum kms_rc rc = KMS_RC_OK;

		light(&allocs, n, false);
		rc = store_reader_open(&r, s);
		tried = was_tried(rc);
		if (rc)
			assert_int_equal(store_reader_open(&r, s), KMS_RC_OK);
		light(&allocs, n, false);
		tried |= was_tried(store_get_proof(r, &proof, 0, 5));
		uuid_of(key.uuid, 0, 5);
		light(&allocs, n, false);
		tried |= was_tried(store_get_key(r, &key, key.uuid));
		assert_int_equal(store_get_proof(r, &proof, 0, 5), KMS_RC_OK);
		store_reader_close(&r);
	}
	store_close(&s);
}

static void sqlite_memory_may_end_while_opening(void **state)
{
	struct store *s = open_ok(place.path);
	bool tried = true;

	(void)state;
	store_close(&s);
	/* There are very many chances; the stride meets all kinds. */
	for (unsigned long n = 1; tried; n += 1 + prng_below(&rng, 30)) {
		const char *why = "";
		enum kms_rc rc = KMS_RC_OK;

		light(&allocs, n, false);
		rc = store_open(&s, place.path, &why);
		tried = was_tried(rc);
		store_close(&s);
	}
}

static void sqlite_memory_may_end_while_a_wallet_is_written(void **state)
{
	static struct wallet_set wallets;
	struct store *s = open_ok(place.path);
	struct store_reader *r = reader_ok(s);
	struct store_wallet want = { 0 };
	struct store_wallet got = { 0 };
	enum kms_rc rc = KMS_RC_OK;
	bool tried = true;

	(void)state;
	for (unsigned int n = 1; tried; n++) {
		wallet_of(&want, 0, n);
		wallet_set_start(&wallets, s, 0);
		wallet_set_create(&wallets, n);
		light(&allocs, n, false);
		rc = store_begin_batch(s, &wallets.batch);
		tried = was_tried(rc);
		if (rc) {
			assert_nothing_prepared(s, wallets.batch.seq - 1);
			assert_int_equal(store_begin_batch(s, &wallets.batch),
					 KMS_RC_OK);
		}
		assert_int_equal(store_get_wallet(r, &got, want.uuid),
				 KMS_RC_NOT_FOUND);
		light(&allocs, n, false);
		rc = store_finish_batch(s, 0, wallets.batch.seq, wallets.root);
		tried |= was_tried(rc);
		if (rc)
			assert_int_equal(store_finish_batch(s, 0,
							    wallets.batch.seq,
							    wallets.root),
					 KMS_RC_OK);
		light(&allocs, n, false);
		rc = store_get_wallet(r, &got, want.uuid);
		tried |= was_tried(rc);
		if (!rc)
			assert_wallet(&got, &want);
	}
	store_reader_close(&r);
	store_close(&s);
}

static bool has_text(void *arg, const struct store_tag *tag)
{
	*(bool *)arg = !strcmp(tag->key, "key") && !strcmp(tag->value, "value");
	return true;
}

static void assert_named(struct store_reader *r, const struct store_alias *want)
{
	struct store_alias got = { 0 };
	bool tagged = false;

	assert_int_equal(store_get_alias(r, &got, want->account,
					 bytes_of_text(want->name)),
			 KMS_RC_OK);
	assert_memory_equal(got.uuid, want->uuid, ABI_UUID_LEN);
	assert_int_equal(
		store_list_tags(r, want->uuid, "", 9, has_text, &tagged),
		KMS_RC_OK);
	assert_true(tagged);
}

static void sqlite_memory_may_end_while_a_key_is_named(void **state)
{
	static const struct store_tag tag = { "key", "value" };
	struct store *s = open_ok(place.path);
	struct store_reader *r = reader_ok(s);
	struct store_alias alias = { .account = account_of(0),
				     .name = "alias/a" };
	struct store_tagging tags = { .account = account_of(0),
				      .tags = &tag,
				      .count = 1 };
	bool tried = true;

	(void)state;
	grow(s, 5);
	uuid_of(alias.uuid, 0, 0);
	uuid_of(tags.uuid, 0, 0);
	for (unsigned long n = 1; tried; n++) {
		enum kms_rc rc = KMS_RC_OK;

		light(&allocs, n, false);
		rc = store_add_alias(s, &alias);
		tried = was_tried(rc);
		/* What was refused is not there. */
		if (rc)
			assert_int_equal(store_add_alias(s, &alias), KMS_RC_OK);
		light(&allocs, n, false);
		rc = store_put_tags(s, &tags);
		tried |= was_tried(rc);
		if (rc)
			assert_int_equal(store_put_tags(s, &tags), KMS_RC_OK);
		assert_named(r, &alias);
		assert_int_equal(store_delete_alias(s, &alias), KMS_RC_OK);
		assert_int_equal(store_remove_tags(s, &tags), KMS_RC_OK);
	}
	store_reader_close(&r);
	store_close(&s);
}

static void a_log_grown_by_names_is_copied_back(void **state)
{
	struct store *s = open_ok(place.path);
	struct store_alias alias = { .account = account_of(0),
				     .name = "alias/a" };

	(void)state;
	grow(s, 1);
	uuid_of(alias.uuid, 0, 0);
	assert_int_equal(store_add_alias(s, &alias), KMS_RC_OK);
	sync_count = 0;
	for (unsigned long n = 1; n <= 4096; n++) {
		assert_int_equal(store_move_alias(s, &alias), KMS_RC_OK);
		/* As durable as a key, and no client waits for more. */
		assert_int_equal(sync_count, n);
	}
	sync_count = 0;
	assert_int_equal(store_note(s, NULL, 0, NULL, 0), KMS_RC_OK);
	assert_true(sync_count > 0);
	sync_count = 0;
	assert_int_equal(store_note(s, NULL, 0, NULL, 0), KMS_RC_OK);
	assert_int_equal(sync_count, 0);
	store_close(&s);
}

static void add_wallet(struct store *s, unsigned int number)
{
	static struct wallet_set wallets;

	wallet_set_start(&wallets, s, 0);
	wallet_set_create(&wallets, number);
	wallet_set_commit(&wallets, s);
}

/* Another one of wallet 1. */
static struct store_address new_address(unsigned int number)
{
	struct store_address a = { .index = number };

	uuid_of(a.uuid, 0, 1);
	snprintf(a.address, sizeof(a.address), "0xabcdef%034x", number);
	return a;
}

/* Fails once at the nth chance; what was told is so, and again helps. */
static void an_address_is_there_when_told(struct fuse *fuse)
{
	struct store *s = open_ok(place.path);
	struct store_reader *r = reader_ok(s);
	bool tried = true;
	unsigned int n = 0;

	add_wallet(s, 1);
	for (n = 1; tried; n++) {
		struct store_address a = new_address(n);
		struct store_address got = { 0 };
		enum kms_rc rc = KMS_RC_OK;

		light(fuse, n, false);
		rc = store_add_address(s, &a);
		tried = fuse->burnt;
		put_out(fuse);
		if (rc)
			assert_int_equal(store_add_address(s, &a), KMS_RC_OK);
		assert_int_equal(store_get_address(r, &got, a.address),
				 KMS_RC_OK);
		assert_int_equal(got.index, n);
	}
	assert_true(n > 2);
	store_reader_close(&r);
	store_close(&s);
}

static void an_address_is_there_when_told_though_memory_ends(void **state)
{
	(void)state;
	an_address_is_there_when_told(&allocs);
}

static void an_address_is_there_when_told_though_the_disk_is_full(void **state)
{
	(void)state;
	an_address_is_there_when_told(&writes);
}

static void addresses_and_uses_cost_no_sync(void **state)
{
	struct store *s = open_ok(place.path);
	struct store_count count = { "sign", 1 };

	(void)state;
	add_wallet(s, 1);
	sync_count = 0;
	for (unsigned int n = 0; n < 20; n++) {
		struct store_address a = new_address(n);

		assert_int_equal(store_add_address(s, &a), KMS_RC_OK);
		assert_int_equal(store_note(s, NULL, 0, &count, 1), KMS_RC_OK);
	}
	assert_int_equal(sync_count, 0);
	store_close(&s);
}

static void a_log_grown_by_addresses_is_copied_back(void **state)
{
	struct store *s = open_ok(place.path);

	(void)state;
	/* The head of a new log is synced. */
	add_wallet(s, 1);
	sync_count = 0;
	for (unsigned int n = 0; n < 2000; n++) {
		struct store_address a = new_address(n);

		assert_int_equal(store_add_address(s, &a), KMS_RC_OK);
	}
	/* No client waits for the disk. */
	assert_int_equal(sync_count, 0);
	assert_int_equal(store_note(s, NULL, 0, NULL, 0), KMS_RC_OK);
	assert_true(sync_count > 0);
	sync_count = 0;
	assert_int_equal(store_note(s, NULL, 0, NULL, 0), KMS_RC_OK);
	assert_int_equal(sync_count, 0);
	store_close(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_batch_costs_one_sync),
		TEST(a_full_disk_refuses_and_keeps_what_was_there),
		TEST(a_disk_full_at_the_first_start_is_told),
		TEST(no_promise_is_given_after_a_failed_sync),
		TEST(a_failed_sync_of_a_checkpoint_is_noticed),
		TEST(our_memory_may_end_anywhere),
		TEST(sqlite_memory_may_end_while_writing),
		TEST(sqlite_memory_may_end_while_reading),
		TEST(sqlite_memory_may_end_while_opening),
		TEST(sqlite_memory_may_end_while_a_wallet_is_written),
		TEST(sqlite_memory_may_end_while_a_key_is_named),
		TEST(a_log_grown_by_names_is_copied_back),
		TEST(an_address_is_there_when_told_though_memory_ends),
		TEST(an_address_is_there_when_told_though_the_disk_is_full),
		TEST(addresses_and_uses_cost_no_sync),
		TEST(a_log_grown_by_addresses_is_copied_back),
	};

	rng = prng_start();
	/* Thousands of failures are not worth a line each. */
	if (log_configure("off"))
		return 1;
	return cmocka_run_group_tests(tests, hook_memory, NULL);
}
