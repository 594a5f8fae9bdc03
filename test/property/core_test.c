/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TA under an honest host: what must work before anything is attacked.
 */
#include "test/property/fixture.h"

#include "ta/crypto/test_hooks.h"
#include "ta/posix/gp/tee_internal_api_extensions.h"

#include <string.h>

static void a_created_key_signs_on_both_curves(void **state)
{
	struct fixture *f = *state;

	fixture_check_signs(f, fixture_key(f, KEY_SPEC_SECP256K1));
	fixture_check_signs(f, fixture_key(f, KEY_SPEC_P256));
}

static void a_batch_of_64_commits_as_one(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, ABI_BATCH_OPS);
	assert_int_equal(f->host.db.seq, 1);
	for (uint64_t slot = 0; slot < ABI_BATCH_OPS; slot++)
		fixture_check_signs(f, slot);
}

static void a_batch_of_65_is_refused(void **state)
{
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	host_encode_prepare(&f->host, &op, 1);
	/* The same op again and again; the run is one too long. */
	for (size_t i = 0; i < ABI_BATCH_OPS; i++) {
		size_t at = abi_open(&f->host.req_w, ABI_TAG_PREPARE_OPS);
		uint8_t one = 1;

		abi_put_var(&f->host.req_w, 0x0001, &one, 1);
		abi_close(&f->host.req_w, at);
	}
	assert_rc(host_send_request(&f->host, CMD_PREPARE, ABI_BATCH_OPS + 1),
		  KMS_RC_DECODE);
}

/* 1, 2, 3, 5, 9, 17 ... keys: each batch crosses a power of two. */
static void the_tree_grows_over_every_power_of_two(void **state)
{
	struct fixture *f = *state;
	struct abi_shard_status_rsp st = { 0 };

	for (size_t total = 1; total <= 260;) {
		fixture_keys(f, total - f->host.db.next_slot);
		assert_ok(host_shard_status(&f->host, &st));
		assert_int_equal(st.next_slot, total);
		assert_int_equal(st.depth, slot_tree_depth(total));
		assert_memory_equal(st.root, host_root(&f->host.db), 32);
		fixture_check_signs(f, 0);
		fixture_check_signs(f, total - 1);
		total += total < 3 ? 1 : total - 1;
	}
	/* And a change in a large tree. */
	assert_ok(fixture_set_state(f, 3, KEY_STATE_DISABLED));
	fixture_check_refused(f, 3, KMS_RC_KEY_DISABLED);
	fixture_check_signs(f, 4);
}

static void one_batch_creates_changes_and_deletes(void **state)
{
	struct fixture *f = *state;
	struct host_op ops[5];
	struct abi_shard_status_rsp st = { 0 };

	fixture_keys(f, 5);
	/* Not in the order of their slots. */
	ops[0] = host_create(KEY_SPEC_P256);
	ops[1] = host_change(&f->host, 4, OP_DELETE, 0);
	ops[2] = host_change(&f->host, 0, OP_SET_STATE, KEY_STATE_DISABLED);
	ops[3] = host_create(KEY_SPEC_SECP256K1);
	ops[4] = host_change(&f->host, 1, OP_SET_STATE,
			     KEY_STATE_PENDING_DELETION);
	assert_ok(host_apply(&f->host, ops, ARRAY_LEN(ops)));
	assert_ok(host_shard_status(&f->host, &st));
	assert_memory_equal(st.root, host_root(&f->host.db), 32);
	assert_int_equal(st.live, 6);
	fixture_check_refused(f, 0, KMS_RC_KEY_DISABLED);
	fixture_check_refused(f, 1, KMS_RC_KEY_DISABLED);
	fixture_check_signs(f, 2);
	fixture_check_signs(f, 3);
	fixture_check_refused(f, 4, KMS_RC_NOT_FOUND);
	fixture_check_signs(f, 5);
	fixture_check_signs(f, 6);
}

static void a_disabled_key_signs_again_when_enabled(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 3);
	for (int i = 0; i < 3; i++) {
		assert_ok(fixture_set_state(f, 1, KEY_STATE_DISABLED));
		fixture_check_refused(f, 1, KMS_RC_KEY_DISABLED);
		assert_ok(fixture_set_state(f, 1, KEY_STATE_ENABLED));
		fixture_check_signs(f, 1);
	}
	assert_int_equal(f->host.db.keys[1].version, 7);
}

static void a_deleted_key_neither_signs_nor_changes(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 2);
	assert_ok(fixture_delete(f, 0));
	fixture_check_refused(f, 0, KMS_RC_NOT_FOUND);
	assert_rc(fixture_set_state(f, 0, KEY_STATE_ENABLED), KMS_RC_NOT_FOUND);
	assert_rc(fixture_delete(f, 0), KMS_RC_NOT_FOUND);
	fixture_check_signs(f, 1);
}

static enum kms_rc change_as(struct fixture *f, struct host_op op, uint8_t kind,
			     size_t evidence_len)
{
	static const uint8_t presented[64] = { 0x5a };

	op.evidence_kind = kind;
	op.evidence = bytes_of(evidence_len ? presented : NULL, evidence_len);
	return host_apply(&f->host, &op, 1);
}

/* Its caller has asked for it: what is to be deleted goes in its time. */
static void i19_a_host_deletes_what_its_caller_gave_up(void **state)
{
	struct fixture *f = *state;
	struct host_op gone = { .op = OP_DELETE };
	struct host_op set = { .op = OP_SET_STATE,
			       .state = KEY_STATE_PENDING_DELETION };
	static const uint8_t states[] = { KEY_STATE_ENABLED,
					  KEY_STATE_DISABLED };

	assert_ok(change_as(f, host_create(KEY_SPEC_SECP256K1),
			    EVIDENCE_API_KEY, 32));
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		set.state = states[i];
		assert_ok(change_as(f, set, EVIDENCE_API_KEY, 32));
		assert_rc(change_as(f, gone, EVIDENCE_NONE, 0),
			  KMS_RC_AUTH_REQUIRED);
	}
	set.state = KEY_STATE_PENDING_DELETION;
	assert_rc(change_as(f, set, EVIDENCE_NONE, 0), KMS_RC_AUTH_REQUIRED);
	assert_ok(change_as(f, set, EVIDENCE_API_KEY, 32));
	/* To keep it takes what any change takes. */
	set.state = KEY_STATE_DISABLED;
	assert_rc(change_as(f, set, EVIDENCE_NONE, 0), KMS_RC_AUTH_REQUIRED);
	/* Malformed evidence is refused even where none is needed. */
	assert_rc(change_as(f, gone, EVIDENCE_NONE, 32), KMS_RC_AUTH_FORMAT);
	assert_rc(change_as(f, gone, EVIDENCE_API_KEY, 31), KMS_RC_AUTH_FORMAT);
	assert_rc(change_as(f, gone, EVIDENCE_PASSKEY, 0), KMS_RC_AUTH_FORMAT);
	assert_ok(change_as(f, gone, EVIDENCE_NONE, 0));
	fixture_check_refused(f, 0, KMS_RC_NOT_FOUND);
}

static void random_bytes_are_as_many_as_asked_and_never_the_same(void **state)
{
	static const uint16_t lens[] = { 1, 2, 31, 32, 33, 1023, 1024 };
	struct fixture *f = *state;
	uint8_t one[1024] = { 0 };
	uint8_t two[1024] = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(lens); i++)
		assert_ok(host_random(&f->host, one, lens[i]));
	assert_ok(host_random(&f->host, two, 1024));
	for (size_t at = 0; at < sizeof(one); at += 8)
		for (size_t to = 0; to < sizeof(two); to += 8)
			assert_memory_not_equal(one + at, two + to, 8);
	/* Nor after a restart; and keys are made as before. */
	fixture_restart(f);
	assert_ok(host_random(&f->host, two, 1024));
	for (size_t at = 0; at < sizeof(one); at += 8)
		assert_memory_not_equal(one + at, two + at, 8);
	fixture_check_signs(f, fixture_key(f, KEY_SPEC_SECP256K1));
	assert_rc(host_random(&f->host, one, 0), KMS_RC_LIMIT);
	assert_rc(host_random(&f->host, one, 1025), KMS_RC_LIMIT);
}

static void no_random_bytes_come_without_a_source(void **state)
{
	struct fixture *f = *state;
	uint8_t bytes[32] = { 0 };

	f->one.ta.crypto.drbg.ready = false;
	assert_rc(host_random(&f->host, bytes, sizeof(bytes)), KMS_RC_ENTROPY);
	f->one.ta.crypto.drbg.ready = true;
}

static void everything_survives_a_restart(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 20);
	assert_ok(fixture_set_state(f, 7, KEY_STATE_DISABLED));
	assert_ok(fixture_delete(f, 8));
	for (int i = 0; i < 3; i++) {
		fixture_restart(f);
		fixture_check_refused(f, 7, KMS_RC_KEY_DISABLED);
		fixture_check_refused(f, 8, KMS_RC_NOT_FOUND);
		fixture_check_signs(f, 9);
		fixture_keys(f, 1);
	}
}

/* 300 keys in an LRU of 256: some are evicted, all of them sign. */
static void more_keys_than_the_lru_holds_all_sign(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 300);
	for (uint64_t slot = 0; slot < 300; slot++)
		fixture_check_signs(f, slot);
	for (uint64_t slot = 0; slot < 300; slot += 7)
		fixture_check_signs(f, slot);
}

static void warm_records_sign_without_their_state(void **state)
{
	struct fixture *f = *state;
	const uint64_t slots[] = { 5, 0, 2 };
	static const uint8_t digest[32] = { 7 };
	struct host_signature s = { 0 };

	fixture_keys(f, 6);
	assert_ok(host_warm(&f->host, slots, ARRAY_LEN(slots)));
	for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
		host_begin(&f->host, CMD_SIGN);
		host_put_sign_item(&f->host, slots[i],
				   f->host.db.keys[slots[i]].uuid, digest,
				   EVIDENCE_NONE, (struct bytes){ 0 });
		assert_ok(host_send_request(&f->host, CMD_SIGN, 1));
		assert_true(host_get_signature(&f->host, 0, &s));
		assert_ok(s.status);
	}
}

static void a_full_batch_of_signatures_answers_item_by_item(void **state)
{
	struct fixture *f = *state;
	uint8_t digest[32] = { 0 };
	struct host_signature s = { 0 };

	fixture_keys(f, ABI_SIGN_ITEMS);
	assert_ok(fixture_set_state(f, 3, KEY_STATE_DISABLED));
	host_begin(&f->host, CMD_SIGN);
	for (uint64_t i = 0; i < ABI_SIGN_ITEMS; i++) {
		digest[31] = (uint8_t)i;
		host_put_sign_item(&f->host, i, f->host.db.keys[i].uuid, digest,
				   EVIDENCE_NONE, (struct bytes){ 0 });
		host_put_proof(&f->host, i);
	}
	assert_ok(host_send_request(&f->host, CMD_SIGN, ABI_SIGN_ITEMS));
	for (uint64_t i = 0; i < ABI_SIGN_ITEMS; i++) {
		assert_true(host_get_signature(&f->host, i, &s));
		digest[31] = (uint8_t)i;
		if (i == 3)
			assert_rc(s.status, KMS_RC_KEY_DISABLED);
		else
			fixture_check_signature(&f->host.db.keys[i], digest,
						&s);
	}
}

/* 0, the group orders and all ones are digests like any other. */
static void any_digest_is_signed(void **state)
{
	struct fixture *f = *state;
	uint8_t digests[3][32];
	struct host_signature s = { 0 };

	fixture_keys(f, 2);
	memset(digests, 0, sizeof(digests));
	memset(digests[1], 0xff, 32);
	memset(digests[2], 0xff, 16);
	for (uint64_t slot = 0; slot < 2; slot++)
		for (size_t i = 0; i < ARRAY_LEN(digests); i++) {
			assert_ok(host_sign(&f->host, slot, digests[i], &s));
			fixture_check_signature(&f->host.db.keys[slot],
						digests[i], &s);
		}
}

static void shards_do_not_see_each_other(void **state)
{
	static struct host other;
	struct fixture *f = *state;
	struct host_signature s = { 0 };
	static const uint8_t digest[32];

	host_init(&other, instance_send, &f->one, 1);
	assert_ok(host_recover(&other, false));
	fixture_keys(f, 2);
	f->host.shard = 1; /* keys of shard 0, asked for in shard 1 */
	assert_rc(host_sign(&f->host, 0, digest, &s), KMS_RC_NEED_STATE);
	f->host.shard = 0;
	fixture_check_signs(f, 0);
	assert_int_equal(other.db.seq, 0);
}

static void check_ready(struct fixture *f, enum kms_rc rc, bool provisioned)
{
	struct abi_info_rsp info = { 0 };

	assert_ok(host_info(&f->host, &info));
	assert_rc(info.ready_status, rc);
	assert_int_equal(info.provisioned, provisioned);
}

static void restart_alone(struct fixture *f)
{
	instance_kill(&f->one);
	instance_start(&f->one, 1);
}

static void info_tells_that_a_blank_tee_is_ready(void **state)
{
	struct fixture *f = *state;

	check_ready(f, KMS_RC_OK, false);
	assert_ok(
		host_provision(&f->host, FIXTURE_SHARDS, (struct bytes){ 0 }));
	check_ready(f, KMS_RC_OK, true);
	restart_alone(f);
	check_ready(f, KMS_RC_OK, true);
}

static void info_tells_that_the_self_test_failed(void **state)
{
	struct fixture *f = *state;

	selftest_test_break(3);
	restart_alone(f);
	selftest_test_break(-1);
	check_ready(f, KMS_RC_SELFTEST, false);
}

static void info_tells_that_the_generator_failed(void **state)
{
	struct fixture *f = *state;
	struct drbg *d = &f->one.ta.crypto.drbg;

	gp_fault_set(GP_CALL_RANDOM, 1, UINT64_MAX, GP_FAULT_STUCK);
	assert_rc(drbg_reseed(d, bytes_of(NULL, 0)), KMS_RC_ENTROPY);
	gp_fault_set(GP_CALL_RANDOM, 0, 0, GP_FAULT_NONE);
	check_ready(f, KMS_RC_ENTROPY, true);
	restart_alone(f);
	check_ready(f, KMS_RC_OK, true);
}

/* A TEE deletes what is damaged; that must not look like a blank one. */
static void info_tells_that_the_control_object_is_damaged(void **state)
{
	static const char id[] = "teekms.control";
	struct fixture *f = *state;
	struct abi_shard_status_rsp st = { 0 };

	assert_ok(gp_storage_tamper(TEE_STORAGE_PRIVATE_RPMB,
				    bytes_of(id, sizeof(id) - 1),
				    GP_TAMPER_FLIP));
	restart_alone(f);
	for (int i = 0; i < 2; i++) {
		check_ready(f, KMS_RC_STORAGE, false);
		assert_rc(host_shard_open(&f->host, &st), KMS_RC_STORAGE);
		assert_rc(host_provision(&f->host, FIXTURE_SHARDS,
					 (struct bytes){ 0 }),
			  KMS_RC_STORAGE);
	}
}

/* What cannot be read now may be read later. */
static void info_tells_that_the_control_object_is_not_readable(void **state)
{
	struct fixture *f = *state;

	gp_fault_set(GP_CALL_OPEN, 1, 1, GP_FAULT_ERROR);
	restart_alone(f);
	check_ready(f, KMS_RC_STORAGE, false);
	assert_ok(host_recover(&f->host, false));
	check_ready(f, KMS_RC_OK, true);
}

/* A P-256 key comes straight from the TEE: what is tested is its source. */
static void i17_no_key_is_made_while_the_source_stands_still(void **state)
{
	static const uint8_t specs[] = { KEY_SPEC_SECP256K1, KEY_SPEC_P256 };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		struct host_op op = host_create(specs[i]);

		assert_ok(host_apply(&f->host, &op, 1));
		gp_fault_set(GP_CALL_RANDOM, 1, UINT64_MAX, GP_FAULT_STUCK);
		assert_rc(host_prepare(&f->host, &op, 1), KMS_RC_ENTROPY);
		/* Entropy of the host does not make up for it. */
		op.entropy = bytes_of("0123456789abcdef", 16);
		assert_rc(host_prepare(&f->host, &op, 1), KMS_RC_ENTROPY);
		gp_fault_set(GP_CALL_RANDOM, 0, 0, GP_FAULT_NONE);
		fixture_restart(f);
		fixture_check_signs(f, i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_created_key_signs_on_both_curves),
		fixture_test(a_batch_of_64_commits_as_one),
		fixture_test(a_batch_of_65_is_refused),
		fixture_test(the_tree_grows_over_every_power_of_two),
		fixture_test(one_batch_creates_changes_and_deletes),
		fixture_test(a_disabled_key_signs_again_when_enabled),
		fixture_test(a_deleted_key_neither_signs_nor_changes),
		fixture_test(i19_a_host_deletes_what_its_caller_gave_up),
		fixture_test(
			random_bytes_are_as_many_as_asked_and_never_the_same),
		fixture_test(no_random_bytes_come_without_a_source),
		fixture_test(everything_survives_a_restart),
		fixture_test(more_keys_than_the_lru_holds_all_sign),
		fixture_test(warm_records_sign_without_their_state),
		fixture_test(a_full_batch_of_signatures_answers_item_by_item),
		fixture_test(any_digest_is_signed),
		fixture_test(shards_do_not_see_each_other),
		cmocka_unit_test_setup_teardown(
			info_tells_that_a_blank_tee_is_ready,
			fixture_open_blank, fixture_close),
		fixture_test(i17_no_key_is_made_while_the_source_stands_still),
		fixture_test(info_tells_that_the_self_test_failed),
		fixture_test(info_tells_that_the_generator_failed),
		fixture_test(info_tells_that_the_control_object_is_damaged),
		fixture_test(
			info_tells_that_the_control_object_is_not_readable),
	};

	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
