/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I2: a record version other than the committed one is never accepted.
 *
 * The host keeps its whole database after every change and later presents all
 * of it again, in every command that takes a record.
 */
#include "test/property/mh.h"

#include "common/endian.h"
#include "common/mem.h"

#include <string.h>

#define CHANGES		40
#define RECORD_SHARD_AT 8

struct archive {
	size_t count;
	struct host_db dbs[CHANGES];
};

/* A random history; the last entry is what is committed. */
static struct archive *keep_history(struct fixture *f)
{
	struct archive *a = mem_zalloc(1, sizeof(*a));

	assert_non_null(a);
	while (a->count < CHANGES) {
		struct host_op ops[4];
		size_t count = mh_pick_ops(f, ops);

		if (!count)
			continue;
		assert_ok(host_apply(&f->host, ops, count));
		a->dbs[a->count++] = f->host.db;
	}
	return a;
}

/* The oracle of what is committed, while the host lies about it. */
static const struct host_db *current(const struct archive *a)
{
	return &a->dbs[a->count - 1];
}

static enum kms_rc sign_with_proof(struct fixture *f, uint64_t slot)
{
	static const uint8_t digest[32] = { 2 };
	static const uint8_t nothing[64];
	struct host *h = &f->host;
	struct host_signature s = { 0 };

	host_begin(h, CMD_SIGN);
	host_put_sign_item(h, slot, h->db.keys[slot].uuid, digest,
			   EVIDENCE_NONE, (struct bytes){ 0 });
	host_put_proof(h, slot);
	assert_ok(host_send_request(h, CMD_SIGN, 1));
	assert_true(host_get_signature(h, 0, &s));
	if (s.status)
		assert_memory_equal(s.sig, nothing, sizeof(nothing));
	return s.status;
}

static enum kms_rc change_with_proof(struct fixture *f, uint64_t slot,
				     uint8_t op)
{
	struct host_op ops[1] = { op == OP_CREATE_KEY
					  ? host_create(KEY_SPEC_SECP256K1)
					  : host_change(&f->host, slot, op,
							KEY_STATE_ENABLED) };

	return host_prepare(&f->host, ops, 1);
}

/* Nothing of what the host's database says of this slot is taken. */
static void check_all_refused(struct fixture *f, uint64_t slot)
{
	assert_rc(sign_with_proof(f, slot), KMS_RC_BAD_PROOF);
	assert_rc(host_warm(&f->host, &slot, 1), KMS_RC_BAD_PROOF);
	/* A tombstone names no key to change. */
	if (f->host.db.keys[slot].deleted)
		return;
	assert_rc(change_with_proof(f, slot, OP_SET_STATE), KMS_RC_BAD_PROOF);
	assert_rc(change_with_proof(f, slot, OP_DELETE), KMS_RC_BAD_PROOF);
}

/* An old database as it stands, but for the number the TA would ask for. */
static void i2_no_old_database_is_accepted_in_any_command(void **state)
{
	struct fixture *f = *state;
	struct archive *a = keep_history(f);

	fixture_restart(f);
	for (size_t i = 0; i + 1 < a->count; i++) {
		f->host.db = a->dbs[i];
		f->host.db.seq = current(a)->seq;
		for (uint64_t slot = 0; slot < a->dbs[i].next_slot; slot++)
			check_all_refused(f, slot);
		/* Nor is a slot free because it was so once. */
		assert_rc(change_with_proof(f, 0, OP_CREATE_KEY),
			  KMS_RC_BAD_PROOF);
		f->host.db.seq = a->dbs[i].seq;
		assert_rc(change_with_proof(f, 0, OP_CREATE_KEY), KMS_RC_SEQ);
	}
	f->host.db = *current(a);
	assert_ok(change_with_proof(f, 0, OP_CREATE_KEY));
	mem_free(a);
}

static bool same_blob(const struct host_blob *a, const struct host_blob *b)
{
	return bytes_equal_var(bytes_of(a->bytes, a->len),
			       bytes_of(b->bytes, b->len));
}

/* Whether what the host now believes is the path of the committed tree. */
static bool is_current_path(struct fixture *f, const struct host_db *now,
			    uint64_t slot)
{
	static struct host truth;
	uint8_t is[ABI_DEPTH_MAX * SHA256_LEN];
	uint8_t says[ABI_DEPTH_MAX * SHA256_LEN];
	size_t len = 0;

	truth.db = *now;
	len = host_path(&truth, slot, is);
	return bytes_equal_var(bytes_of(is, len),
			       bytes_of(says, host_path(&f->host, slot, says)));
}

/* Every older version under today's path, and today's record under old ones. */
static void i2_no_mixture_of_old_and_new_is_accepted(void **state)
{
	struct fixture *f = *state;
	struct archive *a = keep_history(f);
	unsigned int tried = 0;

	fixture_restart(f);
	for (size_t i = 0; i + 1 < a->count; i++) {
		const struct host_db *old = &a->dbs[i];

		for (uint64_t slot = 0; slot < old->next_slot; slot++) {
			f->host.db = *current(a);
			f->host.db.blobs[slot] = old->blobs[slot];
			if (!same_blob(&old->blobs[slot],
				       &current(a)->blobs[slot])) {
				check_all_refused(f, slot);
				tried++;
			}
			f->host.db = *old;
			f->host.db.seq = current(a)->seq;
			f->host.db.next_slot = current(a)->next_slot;
			f->host.db.blobs[slot] = current(a)->blobs[slot];
			if (is_current_path(f, current(a), slot))
				continue;
			assert_rc(sign_with_proof(f, slot), KMS_RC_BAD_PROOF);
		}
	}
	assert_true(tried > 100);
	mem_free(a);
}

static enum kms_rc expected_use(const struct host_key *key)
{
	if (key->deleted)
		return KMS_RC_NOT_FOUND;
	return key->state == KEY_STATE_ENABLED ? KMS_RC_OK
					       : KMS_RC_KEY_DISABLED;
}

/* With the record in the TA's cache the old proof is not looked at. */
static void i2_an_old_proof_does_not_bring_back_an_old_state(void **state)
{
	struct fixture *f = *state;
	struct archive *a = keep_history(f);

	for (uint64_t slot = 0; slot < current(a)->next_slot; slot++) {
		const struct host_key *key = &current(a)->keys[slot];

		f->host.db = *current(a);
		if (key->deleted)
			continue;
		assert_ok(host_warm(&f->host, &slot, 1));
		for (size_t i = 0; i + 1 < a->count; i++) {
			if (slot >= a->dbs[i].next_slot)
				continue;
			f->host.db = a->dbs[i];
			assert_rc(sign_with_proof(f, slot), expected_use(key));
		}
	}
	mem_free(a);
}

/* A staged version is none until its COMMIT, and the one before none after. */
static void
i2_the_committed_version_changes_at_commit_and_not_before(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	static struct host_db before;
	static struct host_db staged;
	struct host_op op;

	fixture_keys(f, 5);
	before = h->db;
	op = host_change(h, 2, OP_SET_STATE, KEY_STATE_ENABLED);
	assert_ok(host_prepare(h, &op, 1));
	host_store(h);
	host_finish(h); /* so it says */
	staged = h->db;
	assert_rc(sign_with_proof(f, 2), KMS_RC_HELD);
	assert_rc(sign_with_proof(f, 1), KMS_RC_BAD_PROOF);
	assert_rc(host_warm(h, &(uint64_t){ 2 }, 1), KMS_RC_BAD_PROOF);
	assert_ok(host_abort(h));
	h->db.seq = before.seq;
	check_all_refused(f, 2);
	h->db = before;
	assert_ok(sign_with_proof(f, 2));
	/* Again, to the end: with warm records of the version before. */
	op = host_change(h, 2, OP_SET_STATE, KEY_STATE_DISABLED);
	assert_ok(host_apply(h, &op, 1));
	assert_rc(sign_with_proof(f, 2), KMS_RC_KEY_DISABLED);
	h->db.blobs[2] = before.blobs[2];
	fixture_restart(f);
	check_all_refused(f, 2);
	h->db.blobs[2] = staged.blobs[2];
	check_all_refused(f, 2);
}

static void i2_a_database_that_is_behind_is_stale(void **state)
{
	struct fixture *f = *state;
	struct archive *a = keep_history(f);

	for (size_t i = 0; i + 1 < a->count; i++) {
		instance_kill(&f->one);
		instance_start_fast(&f->one, 1);
		f->host.db = a->dbs[i];
		assert_rc(host_recover(&f->host, false), KMS_RC_STALE);
	}
	mem_free(a);
}

/* What names another shard is not even looked at, or refused. */
static void check_foreign(struct fixture *f, uint64_t slot)
{
	enum kms_rc rc = sign_with_proof(f, slot);

	if (rc != KMS_RC_NEED_STATE)
		assert_rc(rc, KMS_RC_BAD_PROOF);
	assert_rc(host_warm(&f->host, &slot, 1), KMS_RC_BAD_PROOF);
	assert_rc(change_with_proof(f, slot, OP_SET_STATE), KMS_RC_BAD_PROOF);
	assert_rc(change_with_proof(f, slot, OP_DELETE), KMS_RC_BAD_PROOF);
}

/* A record of the same TEE, but sealed for another place or in another life. */
static void i2_records_of_other_shards_and_domains_are_refused(void **state)
{
	static struct host other;
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	struct host_blob mine;

	fixture_keys(f, 1);
	mine = f->host.db.blobs[0];
	host_init(&other, instance_send, &f->one, 1);
	assert_ok(host_recover(&other, false));
	assert_ok(host_apply(&other, &op, 1));
	f->host.db.blobs[0] = other.db.blobs[0];
	fixture_restart(f);
	check_foreign(f, 0);
	/* The same with its own proof, and with the right number in it. */
	f->host.db = other.db;
	check_foreign(f, 0);
	le16_put(f->host.db.blobs[0].bytes + RECORD_SHARD_AT, 0);
	check_all_refused(f, 0);
	instance_kill(&f->one);
	world_close();
	world_open(true);
	instance_start(&f->one, 1);
	assert_ok(
		host_provision(&f->host, FIXTURE_SHARDS, (struct bytes){ 0 }));
	host_init(&f->host, instance_send, &f->one, 0);
	assert_ok(host_recover(&f->host, false));
	fixture_keys(f, 1);
	f->host.db.blobs[0] = mine;
	fixture_restart(f);
	check_all_refused(f, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(i2_no_old_database_is_accepted_in_any_command),
		fixture_test(i2_no_mixture_of_old_and_new_is_accepted),
		fixture_test(i2_an_old_proof_does_not_bring_back_an_old_state),
		fixture_test(
			i2_the_committed_version_changes_at_commit_and_not_before),
		fixture_test(i2_a_database_that_is_behind_is_stale),
		fixture_test(
			i2_records_of_other_shards_and_domains_are_refused),
	};

	return cmocka_run_group_tests_name("replays", tests, NULL, NULL);
}
