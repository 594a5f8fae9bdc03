/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I6: a missing, altered or unreadable anchor or control object is refused and
 * never made anew; other shards do not suffer.
 */
#include "test/property/mh_files.h"

#include "common/hex.h"
#include "ta/keystore/anchor.h"
#include "ta/posix/gp/tee_internal_api_extensions.h"

#include <string.h>

#define CONTROL_ID "teekms.control"
#define ANCHOR_0   "teekms.anchor.00"
#define FILE_MAX   8192
#define SLOT_BYTES 4096

/* What the store puts around an object: a header and a tag. */
#define ENVELOPE (32 + 16)

/* --- the bytes of the files ----------------------------------------------- */

struct kept_file {
	char name[80];
	uint8_t bytes[FILE_MAX];
	size_t len;
};

static void keep_file(struct kept_file *k, const char *id)
{
	int fd = -1;
	ssize_t len = 0;

	memset(k, 0, sizeof(*k));
	memcpy(k->name, "r-", 2);
	hex_encode(k->name + 2, (const uint8_t *)id, strlen(id));
	fd = openat(folder_fd, k->name, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	len = read(fd, k->bytes, sizeof(k->bytes));
	close(fd);
	assert_true(len == FILE_MAX);
	k->len = (size_t)len;
}

static void put_file(const struct kept_file *k, const uint8_t *bytes,
		     size_t len)
{
	int fd = openat(folder_fd, k->name,
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void start(struct fixture *f)
{
	instance_kill(&f->one);
	instance_start_fast(&f->one, 1);
}

static enum kms_rc provision(struct fixture *f)
{
	return host_provision(&f->host, FIXTURE_SHARDS, (struct bytes){ 0 });
}

/* Shard 0 is refused and stays so; no other shard is touched. */
static void check_anchor_refused(struct fixture *f)
{
	struct abi_shard_status_rsp st = { 0 };

	for (int again = 0; again < 2; again++) {
		start(f);
		assert_rc(host_shard_open(&f->host, &st), KMS_RC_STORAGE);
		assert_rc(host_shard_status(&f->host, &st), KMS_RC_NOT_OPEN);
		assert_rc(provision(f), KMS_RC_PROVISIONED);
	}
	f->host.shard = 1;
	assert_ok(host_shard_open(&f->host, &st));
	assert_int_equal(st.seq, 0);
	f->host.shard = 0;
}

/* Nothing is served, and above all no new domain begins. */
static void check_control_refused(struct fixture *f)
{
	struct abi_shard_status_rsp st = { 0 };

	for (int again = 0; again < 2; again++) {
		enum kms_rc rc = KMS_RC_INTERNAL;

		start(f);
		rc = host_shard_open(&f->host, &st);
		if (rc != KMS_RC_NOT_PROVISIONED)
			assert_rc(rc, KMS_RC_STORAGE);
		assert_rc(provision(f), KMS_RC_STORAGE);
		assert_false(f->one.ta.keys.has_root);
	}
}

/* A key in shard 0, so that there is something to lose. */
static void settle(struct fixture *f)
{
	assert_ok(host_recover(&f->host, false));
	fixture_key(f, KEY_SPEC_SECP256K1);
	instance_kill(&f->one);
}

static void check_whole(struct fixture *f)
{
	start(f);
	assert_ok(host_recover(&f->host, false));
	fixture_check_signs(f, 0);
	instance_kill(&f->one);
}

/* Both copies of the object, or one would do for the other. */
static void flip_each_byte(struct fixture *f, const char *id, size_t len,
			   void (*check)(struct fixture *f))
{
	struct kept_file k;
	uint8_t bent[FILE_MAX];

	keep_file(&k, id);
	for (size_t at = 0; at < len + ENVELOPE; at++) {
		memcpy(bent, k.bytes, k.len);
		bent[at] ^= (uint8_t)(1u << prng_below(&f->prng, 8));
		bent[SLOT_BYTES + at] ^=
			(uint8_t)(1u << prng_below(&f->prng, 8));
		put_file(&k, bent, k.len);
		check(f);
		instance_kill(&f->one);
		put_file(&k, k.bytes, k.len);
	}
	check_whole(f);
}

static void i6_an_anchor_with_any_byte_flipped_is_refused(void **state)
{
	struct fixture *f = *state;

	settle(f);
	flip_each_byte(f, ANCHOR_0, ANCHOR_LEN, check_anchor_refused);
}

static void i6_a_control_object_with_any_byte_flipped_is_refused(void **state)
{
	struct fixture *f = *state;

	settle(f);
	flip_each_byte(f, CONTROL_ID, 130, check_control_refused);
}

static void i6_truncated_objects_are_refused(void **state)
{
	struct fixture *f = *state;
	struct kept_file anchor;
	struct kept_file control;

	settle(f);
	keep_file(&anchor, ANCHOR_0);
	keep_file(&control, CONTROL_ID);
	for (size_t len = 0; len < SLOT_BYTES; len += 1 + len / 2) {
		put_file(&anchor, anchor.bytes, len);
		check_anchor_refused(f);
		instance_kill(&f->one);
		put_file(&anchor, anchor.bytes, anchor.len);
		put_file(&control, control.bytes, len);
		check_control_refused(f);
		put_file(&control, control.bytes, control.len);
	}
	check_whole(f);
}

static void i6_the_anchor_of_another_shard_is_refused(void **state)
{
	struct fixture *f = *state;
	struct kept_file mine;
	struct kept_file others;

	settle(f);
	keep_file(&mine, ANCHOR_0);
	keep_file(&others, "teekms.anchor.02");
	put_file(&mine, others.bytes, others.len);
	check_anchor_refused(f);
	instance_kill(&f->one);
	put_file(&mine, mine.bytes, mine.len);
	check_whole(f);
}

/* --- missing objects ------------------------------------------------------ */

static void tamper(const char *id, enum gp_tamper how)
{
	assert_ok(gp_storage_tamper(TEE_STORAGE_PRIVATE_RPMB,
				    bytes_of((const uint8_t *)id, strlen(id)),
				    how));
}

static void i6_a_missing_or_damaged_anchor_is_refused(void **state)
{
	struct fixture *f = *state;

	for (int how = GP_TAMPER_DELETE; how <= GP_TAMPER_FLIP; how++) {
		instance_kill(&f->one);
		if (how == GP_TAMPER_FLIP) {
			fixture_close(state);
			fixture_open(state);
			f = *state;
			instance_kill(&f->one);
		}
		tamper(ANCHOR_0, (enum gp_tamper)how);
		check_anchor_refused(f);
	}
}

static void i6_a_missing_or_damaged_control_object_is_refused(void **state)
{
	struct fixture *f = *state;

	instance_kill(&f->one);
	/* As OP-TEE does, the store deletes what it finds damaged. */
	tamper(CONTROL_ID, GP_TAMPER_FLIP);
	check_control_refused(f);
}

/* One anchor that was ever opened is enough to know that there was a domain. */
static void i6_any_anchor_left_over_forbids_a_new_domain(void **state)
{
	struct fixture *f = *state;

	instance_kill(&f->one);
	tamper(CONTROL_ID, GP_TAMPER_DELETE);
	for (unsigned int i = 1; i < FIXTURE_SHARDS; i++) {
		char id[] = "teekms.anchor.00";

		id[sizeof(id) - 2] = (char)('0' + i);
		tamper(id, GP_TAMPER_DELETE);
		check_control_refused(f);
	}
}

/* --- errors on the way ---------------------------------------------------- */

struct flow {
	struct fixture *f;
	enum kms_rc opened;
	enum kms_rc provisioned;
	enum kms_rc applied;
};

/* All that touches storage, with an error somewhere. */
static void run_flow(void *arg)
{
	struct flow *l = arg;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	instance_start_fast(&l->f->one, 1);
	l->provisioned = provision(l->f);
	l->opened = host_recover(&l->f->host, false);
	l->applied = host_prepare(&l->f->host, &op, 1);
	if (l->applied)
		return;
	host_store(&l->f->host);
	l->applied = host_commit(&l->f->host);
	if (!l->applied)
		host_finish(&l->f->host);
}

static void check_flow(struct flow *l, enum gp_fault fault)
{
	struct fixture *f = l->f;
	struct abi_shard_status_rsp st = { 0 };
	bool damaged = fault == GP_FAULT_CORRUPT;
	enum kms_rc rc = KMS_RC_INTERNAL;

	/* Some index in all of this was an error, and none made a domain. */
	assert_true(l->provisioned == KMS_RC_PROVISIONED ||
		    l->provisioned == KMS_RC_STORAGE);
	start(f);
	rc = host_recover(&f->host, false);
	if (rc) {
		/* What was damaged stays refused; the rest is as it was. */
		assert_true(damaged);
		assert_true(rc == KMS_RC_STORAGE ||
			    rc == KMS_RC_NOT_PROVISIONED);
		assert_rc(provision(f),
			  rc == KMS_RC_NOT_PROVISIONED || !f->one.ta.shard_total
				  ? KMS_RC_STORAGE
				  : KMS_RC_PROVISIONED);
		return;
	}
	fixture_check_signs(f, 0);
	f->host.shard = 1;
	assert_ok(host_shard_open(&f->host, &st));
	f->host.shard = 0;
}

static void error_at_every_call(struct fixture *f, enum gp_fault fault)
{
	struct flow l = { .f = f };
	struct gp_snapshot *before = NULL;
	static struct host_db db;
	uint64_t calls = 0;

	instance_kill(&f->one);
	before = gp_storage_snapshot();
	assert_non_null(before);
	db = f->host.db;
	/* At first without, to know the calls there are. */
	for (uint64_t at = 0; at <= calls; at++) {
		instance_kill(&f->one);
		gp_storage_restore(before, GP_MEDIUM_REE | GP_MEDIUM_RPMB);
		f->host.db = db;
		host_forget(&f->host);
		gp_count_reset();
		gp_fault_set(GP_CALL_STORAGE, at, 1, fault);
		assert_int_equal(world_try(run_flow, &l), WORLD_DONE);
		gp_fault_set(GP_CALL_STORAGE, 0, 0, GP_FAULT_NONE);
		if (!at)
			calls = gp_count(GP_CALL_STORAGE);
		check_flow(&l, fault);
	}
	assert_true(calls >= 8);
	gp_snapshot_free(&before);
}

static void i6_an_error_of_any_storage_call_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 1);
	error_at_every_call(f, GP_FAULT_ERROR);
}

static void i6_damage_found_by_any_storage_call_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 1);
	error_at_every_call(f, GP_FAULT_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mh_files_test(i6_an_anchor_with_any_byte_flipped_is_refused),
		mh_files_test(
			i6_a_control_object_with_any_byte_flipped_is_refused),
		mh_files_test(i6_truncated_objects_are_refused),
		mh_files_test(i6_the_anchor_of_another_shard_is_refused),
		fixture_test(i6_a_missing_or_damaged_anchor_is_refused),
		fixture_test(i6_a_missing_or_damaged_control_object_is_refused),
		fixture_test(i6_any_anchor_left_over_forbids_a_new_domain),
		fixture_test(i6_an_error_of_any_storage_call_is_refused),
		fixture_test(i6_damage_found_by_any_storage_call_is_refused),
	};

	return cmocka_run_group_tests_name("trusted storage", tests, NULL,
					   NULL);
}
