/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I18: creation never overwrites, slot and uuid are the TA's choice.
 * I26: no key and nonce of the record cipher are ever used twice.
 */
#include "test/property/mh.h"

#include "common/endian.h"

#include <string.h>

/* --- I18 ------------------------------------------------------------------ */

/* A creation with one member that is not for the host to say. */
static enum kms_rc create_with(struct fixture *f, uint16_t tag,
			       const void *value, size_t len)
{
	struct host *h = &f->host;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	uint8_t create[] = { OP_CREATE_KEY };
	uint8_t zero[] = { EVIDENCE_NONE };
	uint8_t one[] = { 1 };
	size_t at = 0;

	/* Written anew behind the header, shard and seq of a good one. */
	host_encode_prepare(h, &op, 1);
	h->req_w.len = ABI_HEADER_LEN + 2 * ABI_TLV_LEN + 4 + 8;
	at = abi_open(&h->req_w, ABI_TAG_PREPARE_OPS);
	abi_put_var(&h->req_w, 0x0001, create, 1);
	abi_put_var(&h->req_w, 0x0002, zero, 1);
	if (tag < 0x0020)
		abi_put_var(&h->req_w, tag, value, len);
	abi_put_var(&h->req_w, 0x0020, one, 1);
	abi_put_var(&h->req_w, 0x0021, one, 1);
	if (tag > 0x0021)
		abi_put_var(&h->req_w, tag, value, len);
	abi_close(&h->req_w, at);
	return host_send_request(h, CMD_PREPARE, 1);
}

static void i18_the_host_names_neither_slot_nor_uuid_of_a_creation(void **state)
{
	struct fixture *f = *state;
	uint8_t entropy[8] = { 1 };
	uint8_t state_of[] = { KEY_STATE_ENABLED };
	uint8_t uuid[ABI_UUID_LEN] = { 1, 2, 3 };
	uint8_t slot[8];

	fixture_keys(f, 3);
	for (uint64_t n = 0; n < 8; n++) {
		le64_put(slot, n);
		assert_rc(create_with(f, 0x0010, slot, 8), KMS_RC_DECODE);
	}
	assert_rc(create_with(f, 0x0011, uuid, 16), KMS_RC_DECODE);
	assert_rc(create_with(f, 0x0022, state_of, 1), KMS_RC_DECODE);
	/* The same request is fine with what is for the host to say. */
	assert_ok(create_with(f, 0x0023, entropy, sizeof(entropy)));
}

/* The host says that a slot in use is free, and proves it as best it can. */
static void i18_a_slot_that_is_taken_cannot_be_created_again(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	static struct host_db empty;
	static struct host fresh;

	host_init(&fresh, instance_send, &f->one, 0);
	empty = fresh.db;
	fixture_keys(f, 5);
	/* As if nothing was there: other siblings, the slot the TA takes. */
	h->db = empty;
	h->db.seq = 1;
	assert_rc(host_prepare(h, &op, 1), KMS_RC_BAD_PROOF);
	h->db.next_slot = 5;
	assert_rc(host_prepare(h, &op, 1), KMS_RC_BAD_PROOF);
}

/* A tombstone stays what it is; the next creation is behind all slots. */
static void i18_a_deleted_slot_is_not_used_again(void **state)
{
	struct fixture *f = *state;
	uint64_t last = 0;

	fixture_keys(f, 4);
	assert_ok(fixture_delete(f, 3));
	assert_ok(fixture_delete(f, 1));
	last = fixture_key(f, KEY_SPEC_SECP256K1);
	assert_int_equal(last, 4);
	fixture_check_signs(f, last);
	fixture_check_refused(f, 1, KMS_RC_NOT_FOUND);
	fixture_check_refused(f, 3, KMS_RC_NOT_FOUND);
}

/* Every op of a batch must touch a slot of its own. */
static void i18_one_slot_twice_in_a_batch_is_refused(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	struct host_op ops[3];

	fixture_keys(f, 4);
	for (int other = 0; other < 2; other++) {
		ops[0] = host_change(h, 2, OP_SET_STATE, KEY_STATE_ENABLED);
		ops[1] = host_create(KEY_SPEC_SECP256K1);
		ops[2] = host_change(h, 2, other ? OP_DELETE : OP_SET_STATE,
				     KEY_STATE_DISABLED);
		assert_rc(host_prepare(h, ops, 3), KMS_RC_BAD_PROOF);
	}
}

static void swap_slots(struct host_db *db, uint64_t a, uint64_t b)
{
	struct host_blob blob = db->blobs[a];
	struct host_key key = db->keys[a];

	db->blobs[a] = db->blobs[b];
	db->keys[a] = db->keys[b];
	db->blobs[b] = blob;
	db->keys[b] = key;
}

/* Records that change places lead to no root, and their seal knows it too. */
static void i18_records_cannot_change_places(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	struct host_op op;
	uint64_t slot = 1;

	fixture_keys(f, 4);
	fixture_restart(f);
	swap_slots(&h->db, 1, 2);
	fixture_check_refused(f, 1, KMS_RC_NEED_STATE);
	assert_rc(host_warm(h, &slot, 1), KMS_RC_BAD_PROOF);
	op = host_change(h, 1, OP_SET_STATE, KEY_STATE_ENABLED);
	assert_rc(host_prepare(h, &op, 1), KMS_RC_BAD_PROOF);
	/* With the slot in the header changed as well. */
	le64_put(h->db.blobs[1].bytes + 16, 1);
	fixture_check_refused(f, 1, KMS_RC_BAD_PROOF);
	assert_rc(host_prepare(h, &op, 1), KMS_RC_BAD_PROOF);
	swap_slots(&h->db, 1, 2);
	le64_put(h->db.blobs[2].bytes + 16, 2);
	fixture_check_signs(f, 1);
	fixture_check_signs(f, 2);
}

static void i18_every_creation_gets_a_slot_and_a_uuid_of_its_own(void **state)
{
	struct fixture *f = *state;
	const struct host_key *keys = f->host.db.keys;

	for (int i = 0; i < 400; i++)
		mh_act(f);
	for (uint64_t a = 0; a < f->host.db.next_slot; a++)
		for (uint64_t b = 0; b < a; b++) {
			assert_memory_not_equal(keys[a].uuid, keys[b].uuid,
						ABI_UUID_LEN);
			assert_memory_not_equal(keys[a].public_key,
						keys[b].public_key, 64);
		}
	assert_true(f->host.db.next_slot > 10);
}

/* --- I26 ------------------------------------------------------------------ */

/* One batch that is repeated, then dropped or committed. */
static void seal_something(struct host *h, uint64_t slot, bool commit)
{
	struct host_op ops[] = { host_create(KEY_SPEC_SECP256K1),
				 host_change(h, slot, OP_SET_STATE,
					     KEY_STATE_ENABLED) };

	assert_ok(host_prepare(h, ops, 2));
	assert_ok(host_resend(h, CMD_PREPARE));
	if (commit)
		assert_ok(host_send_commit(h, h->staged.pc, 2));
	else
		assert_ok(host_abort(h));
}

/*
 * What a host can do to make the TA seal the same thing again: abort, restart,
 * repeat, roll back its own database and the disk of a TEE without RPMB.
 */
static void i26_no_key_and_nonce_seal_twice(void **state)
{
	struct fixture *f = *state;
	struct gp_snapshot *past = NULL;
	static struct host_db old;
	uint64_t seals = gp_aead_seals();

	gp_aead_watch(true);
	fixture_keys(f, 6);
	past = gp_storage_snapshot();
	assert_non_null(past);
	old = f->host.db;
	for (unsigned int round = 0; round < 60; round++) {
		seal_something(&f->host, round % 6, round % 3 == 0);
		instance_kill(&f->one);
		/* The versions of the past are sealed anew. */
		gp_storage_restore(past, GP_MEDIUM_REE | GP_MEDIUM_RPMB);
		f->host.db = old;
		instance_start_fast(&f->one, 1);
		assert_ok(host_recover(&f->host, false));
	}
	gp_aead_watch(false);
	gp_snapshot_free(&past);
	assert_int_equal(gp_aead_repeats(), 0);
	assert_true(gp_aead_seals() - seals >= 120);
}

/* The self test seals its published answers with the same key every time. */
static enum kms_rc send_watched(void *arg, uint16_t cmd, struct bytes request,
				struct bytes state, struct buf *rsp,
				struct buf *out)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	gp_aead_watch(cmd != CMD_SELFTEST);
	rc = instance_send(arg, cmd, request, state, rsp, out);
	gp_aead_watch(false);
	return rc;
}

static void i26_a_hostile_workload_seals_nothing_twice(void **state)
{
	struct fixture *f = *state;
	uint64_t seals = gp_aead_seals();

	f->host.send = send_watched;
	/* A full shard or a held record seals nothing: as long as it takes. */
	for (int i = 0; gp_aead_seals() - seals < 300; i++) {
		assert_true(i < 100000);
		if (prng_below(&f->prng, 2))
			mh_act(f);
		else
			mh_attack(f);
	}
	assert_int_equal(gp_aead_repeats(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(
			i18_the_host_names_neither_slot_nor_uuid_of_a_creation),
		fixture_test(i18_a_slot_that_is_taken_cannot_be_created_again),
		fixture_test(i18_a_deleted_slot_is_not_used_again),
		fixture_test(i18_one_slot_twice_in_a_batch_is_refused),
		fixture_test(i18_records_cannot_change_places),
		fixture_test(
			i18_every_creation_gets_a_slot_and_a_uuid_of_its_own),
		fixture_test(i26_no_key_and_nonce_seal_twice),
		fixture_test(i26_a_hostile_workload_seals_nothing_twice),
	};

	return cmocka_run_group_tests_name("creation", tests, NULL, NULL);
}
