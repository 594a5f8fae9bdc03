/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The corners of PREPARE, COMMIT and ABORT (spec 3.a.7): holds, expiry, the
 * recovery window, receipts, repeated requests (I30).
 */
#include "test/property/fixture.h"

#include "common/endian.h"
#include "ta/crypto/test_hooks.h"

#include <string.h>

static struct host_op disable(struct fixture *f, uint64_t slot)
{
	return host_change(&f->host, slot, OP_SET_STATE, KEY_STATE_DISABLED);
}

static struct host_op enable(struct fixture *f, uint64_t slot)
{
	return host_change(&f->host, slot, OP_SET_STATE, KEY_STATE_ENABLED);
}

static void prepare(struct fixture *f, struct host_op op)
{
	assert_ok(host_prepare(&f->host, &op, 1));
}

/* --- holds -------------------------------------------------------------- */

static void a_staged_key_is_held_and_others_are_not(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 2);
	prepare(f, disable(f, 0));
	fixture_check_refused(f, 0, KMS_RC_HELD);
	fixture_check_signs(f, 1);
	host_store(&f->host);
	assert_ok(host_commit(&f->host));
	host_finish(&f->host);
	fixture_check_refused(f, 0, KMS_RC_KEY_DISABLED);
}

static void a_key_warm_in_the_lru_is_held_too(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 1);
	fixture_check_signs(f, 0);
	prepare(f, host_change(&f->host, 0, OP_DELETE, 0));
	fixture_check_refused(f, 0, KMS_RC_HELD);
	host_store(&f->host);
	assert_ok(host_commit(&f->host));
	host_finish(&f->host);
	fixture_check_refused(f, 0, KMS_RC_NOT_FOUND);
}

static void an_aborted_restriction_keeps_its_hold(void **state)
{
	struct fixture *f = *state;
	const uint8_t kinds[] = { KEY_STATE_DISABLED,
				  KEY_STATE_PENDING_DELETION, 0 };

	fixture_keys(f, ARRAY_LEN(kinds));
	for (uint64_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct host_op op = host_change(
			&f->host, i, kinds[i] ? OP_SET_STATE : OP_DELETE,
			kinds[i]);

		prepare(f, op);
		assert_ok(host_abort(&f->host));
		fixture_check_refused(f, i, KMS_RC_HELD);
		op = enable(f, i);
		assert_rc(host_prepare(&f->host, &op, 1), KMS_RC_HELD);
	}
}

static void a_hold_ends_with_the_restriction_or_the_instance(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 2);
	for (uint64_t i = 0; i < 2; i++) {
		prepare(f, disable(f, i));
		assert_ok(host_abort(&f->host));
	}
	assert_ok(fixture_set_state(f, 0, KEY_STATE_DISABLED));
	fixture_check_refused(f, 0, KMS_RC_KEY_DISABLED);
	assert_ok(fixture_set_state(f, 0, KEY_STATE_ENABLED));
	fixture_check_signs(f, 0);
	fixture_check_refused(f, 1, KMS_RC_HELD);
	fixture_restart(f);
	fixture_check_signs(f, 1);
}

static struct host_op restriction(struct fixture *f, uint64_t slot, int rank)
{
	static const uint8_t states[] = { KEY_STATE_DISABLED,
					  KEY_STATE_PENDING_DELETION };

	return rank < 2
		       ? host_change(&f->host, slot, OP_SET_STATE, states[rank])
		       : host_change(&f->host, slot, OP_DELETE, 0);
}

/* One restriction is aborted, then another one is committed. */
static void check_two_restrictions(struct fixture *f, uint64_t slot, int asked,
				   int done)
{
	struct host_op op = restriction(f, slot, done);
	bool held = done < asked;

	prepare(f, restriction(f, slot, asked));
	assert_ok(host_abort(&f->host));
	assert_ok(host_apply(&f->host, &op, 1));
	if (done == 2) {
		fixture_check_refused(f, slot, KMS_RC_NOT_FOUND);
		return;
	}
	op = enable(f, slot);
	assert_rc(host_prepare(&f->host, &op, 1),
		  held ? KMS_RC_HELD : KMS_RC_OK);
	assert_ok(host_abort(&f->host));
	fixture_check_refused(f, slot,
			      held ? KMS_RC_HELD : KMS_RC_KEY_DISABLED);
}

/* Deleted over pending deletion over disabled: only as much ends a hold. */
static void a_weaker_restriction_does_not_end_the_hold(void **state)
{
	struct fixture *f = *state;
	uint64_t slot = 0;

	fixture_keys(f, 3 * 3);
	for (int asked = 0; asked < 3; asked++)
		for (int done = 0; done < 3; done++)
			check_two_restrictions(f, slot++, asked, done);
}

/* Nor do many of them wear it out. */
static void the_hold_of_a_deletion_ends_with_a_restart(void **state)
{
	struct fixture *f = *state;
	struct host_op op = { 0 };

	fixture_keys(f, 1);
	prepare(f, restriction(f, 0, 2));
	assert_ok(host_abort(&f->host));
	assert_ok(fixture_set_state(f, 0, KEY_STATE_PENDING_DELETION));
	assert_ok(fixture_set_state(f, 0, KEY_STATE_DISABLED));
	op = enable(f, 0);
	assert_rc(host_prepare(&f->host, &op, 1), KMS_RC_HELD);
	fixture_restart(f);
	assert_ok(fixture_set_state(f, 0, KEY_STATE_ENABLED));
	fixture_check_signs(f, 0);
}

static void an_aborted_permission_leaves_no_hold(void **state)
{
	struct fixture *f = *state;

	fixture_keys(f, 1);
	assert_ok(fixture_set_state(f, 0, KEY_STATE_DISABLED));
	prepare(f, enable(f, 0));
	fixture_check_refused(f, 0, KMS_RC_HELD);
	assert_ok(host_abort(&f->host));
	fixture_check_refused(f, 0, KMS_RC_KEY_DISABLED);
	assert_ok(fixture_set_state(f, 0, KEY_STATE_ENABLED));
	fixture_check_signs(f, 0);
}

static void an_aborted_creation_gives_its_slot_to_the_next(void **state)
{
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	uint8_t uuid[ABI_UUID_LEN];

	prepare(f, op);
	memcpy(uuid, f->host.staged.ops[0].after.uuid, sizeof(uuid));
	assert_ok(host_abort(&f->host));
	assert_int_equal(fixture_key(f, KEY_SPEC_SECP256K1), 0);
	fixture_check_signs(f, 0);
	assert_memory_not_equal(uuid, f->host.db.keys[0].uuid, sizeof(uuid));
}

/* Repeating the same restriction needs no new room. */
static void aborted_restrictions_can_be_repeated_without_end(void **state)
{
	struct fixture *f = *state;
	struct host_op ops[ABI_BATCH_OPS];

	fixture_keys(f, ABI_BATCH_OPS);
	for (int i = 0; i < 4; i++) {
		for (uint64_t n = 0; n < ABI_BATCH_OPS; n++)
			ops[n] = disable(f, n);
		assert_ok(host_prepare(&f->host, ops, ABI_BATCH_OPS));
		assert_ok(host_abort(&f->host));
	}
}

static void holds_beyond_the_limit_are_refused_whole(void **state)
{
	struct fixture *f = *state;
	struct host_op ops[ABI_BATCH_OPS];
	uint64_t slot = 0;

	fixture_keys(f, SHARD_HOLDS + 2);
	for (int i = 0; i < SHARD_HOLDS / ABI_BATCH_OPS; i++) {
		for (size_t n = 0; n < ABI_BATCH_OPS; n++)
			ops[n] = disable(f, slot++);
		assert_ok(host_prepare(&f->host, ops, ABI_BATCH_OPS));
		assert_ok(host_abort(&f->host));
	}
	ops[0] = disable(f, slot);
	assert_rc(host_prepare(&f->host, ops, 1), KMS_RC_LIMIT);
	fixture_check_signs(f, slot);
	/* What already has its hold can still be done. */
	assert_ok(fixture_set_state(f, 0, KEY_STATE_DISABLED));
}

/* --- expiry and the recovery window ------------------------------------- */

static void a_certificate_expires_after_a_minute(void **state)
{
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	prepare(f, op);
	host_store(&f->host);
	gp_clock_advance(60000);
	assert_ok(host_commit(&f->host));
	host_finish(&f->host);

	prepare(f, op);
	host_store(&f->host);
	gp_clock_advance(60001);
	assert_rc(host_commit(&f->host), KMS_RC_EXPIRED);
	host_drop(&f->host);
	/* Until it is aborted, the batch is in the way; then it is not. */
	assert_rc(host_prepare(&f->host, &op, 1), KMS_RC_BUSY_STAGED);
	assert_ok(host_abort(&f->host));
	assert_ok(host_apply(&f->host, &op, 1));
	fixture_check_signs(f, 1);
}

static void an_aborted_certificate_is_worth_nothing_in_its_boot(void **state)
{
	struct fixture *f = *state;

	prepare(f, host_create(KEY_SPEC_SECP256K1));
	assert_ok(host_abort(&f->host));
	assert_rc(host_send_commit(&f->host, f->host.staged.pc, 1),
		  KMS_RC_EXPIRED);
	prepare(f, host_create(KEY_SPEC_SECP256K1));
	host_store(&f->host);
	assert_ok(host_commit(&f->host));
}

static void an_old_certificate_is_taken_as_the_first_change_only(void **state)
{
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	uint8_t old[ABI_PC_LEN];

	prepare(f, op);
	memcpy(old, f->host.staged.pc, sizeof(old));
	fixture_restart(f);
	/* A refused PREPARE is no change and does not close the window. */
	f->host.db.seq++;
	assert_rc(host_prepare(&f->host, &op, 1), KMS_RC_SEQ);
	f->host.db.seq--;
	prepare(f, op);
	assert_rc(host_send_commit(&f->host, old, 0), KMS_RC_EXPIRED);
	/* Not after the ABORT either: the host has had its chance. */
	assert_ok(host_abort(&f->host));
	assert_rc(host_send_commit(&f->host, old, 0), KMS_RC_EXPIRED);
	fixture_restart(f);
	assert_ok(host_send_commit(&f->host, old, 0));
	assert_rc(host_send_commit(&f->host, old, 0), KMS_RC_SEQ);
}

static void of_two_old_certificates_one_is_committed(void **state)
{
	struct fixture *f = *state;
	uint8_t old[2][ABI_PC_LEN];

	for (int i = 0; i < 2; i++) {
		prepare(f, host_create(KEY_SPEC_SECP256K1));
		memcpy(old[i], f->host.staged.pc, ABI_PC_LEN);
		if (i == 0)
			host_forget(&f->host);
		else
			host_store(&f->host);
		instance_kill(&f->one);
		instance_start(&f->one, 1);
		if (i == 0)
			assert_ok(host_recover(&f->host, false));
	}
	assert_ok(host_recover(&f->host, false));
	assert_int_equal(f->host.db.seq, 1);
	fixture_check_signs(f, 0);
	assert_rc(host_send_commit(&f->host, old[0], 0), KMS_RC_SEQ);
	fixture_restart(f);
	assert_rc(host_send_commit(&f->host, old[0], 0), KMS_RC_SEQ);
	assert_rc(host_send_commit(&f->host, old[1], 0), KMS_RC_SEQ);
}

/* --- several shards in one instance ------------------------------------- */

static void one_batch_is_staged_at_a_time(void **state)
{
	static struct host other;
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	host_init(&other, instance_send, &f->one, 1);
	assert_ok(host_recover(&other, false));
	prepare(f, op);
	assert_rc(host_prepare(&other, &op, 1), KMS_RC_BUSY_STAGED);
	assert_rc(host_prepare(&f->host, &op, 1), KMS_RC_BUSY_STAGED);
	/* ABORT of the one shard does not touch the other's batch. */
	assert_ok(host_abort(&other));
	assert_rc(host_prepare(&other, &op, 1), KMS_RC_BUSY_STAGED);
	assert_ok(host_abort(&f->host));
	assert_ok(host_apply(&other, &op, 1));
}

static void a_shard_recovers_while_another_has_a_staged_batch(void **state)
{
	static struct host other;
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	host_init(&other, instance_send, &f->one, 1);
	assert_ok(host_recover(&other, false));
	assert_ok(host_prepare(&other, &op, 1));
	host_store(&other);
	instance_kill(&f->one);
	instance_start(&f->one, 1);
	assert_ok(host_recover(&f->host, false));
	prepare(f, op);
	assert_ok(host_recover(&other, false));
	assert_int_equal(other.db.seq, 1);
	host_store(&f->host);
	assert_ok(host_commit(&f->host));
}

/* --- receipts ----------------------------------------------------------- */

static void check_receipt(struct fixture *f, struct bytes raw,
			  const struct host_op *op)
{
	uint8_t digest[SHA256_LEN];
	struct abi_info_rsp info = { 0 };
	struct sha256 s;
	const uint8_t *p = raw.ptr;

	assert_int_equal(raw.len, ABI_RECEIPT_LEN);
	assert_int_equal(p[4], op->op);
	assert_int_equal(le64_get(p + 8), op->slot);
	assert_int_equal(le64_get(p + 16), op->after.version);
	assert_int_equal(le64_get(p + 24), f->host.db.seq);
	assert_memory_equal(p + 32, op->after.uuid, ABI_UUID_LEN);
	assert_memory_equal(p + 48, host_root(&f->host.db), SHA256_LEN);
	sha256_init(&s);
	sha256_update(&s, "teekms/receipt/1", 16);
	sha256_update(&s, p, 112);
	sha256_final(&s, digest);
	assert_ok(host_info(&f->host, &info));
	assert_ok(k256_verify(&f->one.ta.crypto.k256, p + 112, digest,
			      info.aik_pub + 1));
}

static void every_committed_op_has_a_signed_receipt(void **state)
{
	struct fixture *f = *state;
	struct host_op ops[3];
	struct abi_commit_rsp rsp = { 0 };
	uint8_t body[ABI_RESPONSE_MAX];
	size_t len = 0;
	struct bytes raw = { 0 };

	fixture_keys(f, 2);
	ops[0] = disable(f, 0);
	ops[1] = host_change(&f->host, 1, OP_DELETE, 0);
	ops[2] = host_create(KEY_SPEC_P256);
	assert_ok(host_prepare(&f->host, ops, 3));
	host_store(&f->host);
	assert_ok(host_commit(&f->host));
	len = f->host.rsp_body.len;
	memcpy(body, f->host.rsp_body.ptr, len);
	host_finish(&f->host);
	assert_ok(ABI_DECODE(&rsp, commit_rsp, bytes_of(body, len)));
	assert_int_equal(rsp.receipts.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(abi_rep_next(&rsp.receipts, &raw));
		check_receipt(f, raw, &f->host.staged.ops[i]);
	}
}

static void check_not_committed(struct fixture *f)
{
	struct abi_shard_status_rsp st = { 0 };

	instance_kill(&f->one);
	instance_start(&f->one, 1);
	assert_ok(host_shard_open(&f->host, &st));
	assert_int_equal(st.seq, f->host.db.seq);
}

/* Nothing may fail once the anchor is written: the receipts come before. */
static void a_commit_whose_receipt_fails_has_not_happened(void **state)
{
	struct fixture *f = *state;

	prepare(f, host_create(KEY_SPEC_SECP256K1));
	host_store(&f->host);
	k256_test_fault(K256_FAULT_S, 5);
	assert_rc(host_commit(&f->host), KMS_RC_FAULT);
	check_not_committed(f);
}

static void a_commit_without_entropy_has_not_happened(void **state)
{
	struct fixture *f = *state;

	prepare(f, host_create(KEY_SPEC_SECP256K1));
	host_store(&f->host);
	/* The generator is due for its seed, and the source stands still. */
	f->one.ta.crypto.drbg.requests = UINT32_MAX;
	gp_fault_set(GP_CALL_RANDOM, 1, UINT64_MAX, GP_FAULT_STUCK);
	assert_rc(host_commit(&f->host), KMS_RC_ENTROPY);
	gp_fault_set(GP_CALL_RANDOM, 0, 0, GP_FAULT_NONE);
	check_not_committed(f);
}

static void too_few_announced_items_commit_nothing(void **state)
{
	struct fixture *f = *state;
	struct host_op ops[2] = { host_create(KEY_SPEC_P256),
				  host_create(KEY_SPEC_P256) };

	assert_ok(host_prepare(&f->host, ops, 2));
	host_store(&f->host);
	assert_rc(host_send_commit(&f->host, f->host.staged.pc, 1),
		  KMS_RC_SHORT_BUFFER);
	assert_ok(host_commit(&f->host));
	host_finish(&f->host);
	fixture_check_signs(f, 1);
}

/* --- I30 ---------------------------------------------------------------- */

static void i30_a_repeated_prepare_gives_the_same_certificate(void **state)
{
	static uint8_t first[ABI_STATE_OUT_MAX];
	struct fixture *f = *state;
	uint8_t pc[ABI_PC_LEN];
	size_t len = 0;

	prepare(f, host_create(KEY_SPEC_SECP256K1));
	memcpy(pc, f->host.staged.pc, sizeof(pc));
	len = f->host.out.len;
	memcpy(first, f->host.out.ptr, len);
	for (int i = 0; i < 3; i++) {
		struct abi_prepare_rsp rsp = { 0 };

		assert_ok(host_resend(&f->host, CMD_PREPARE));
		assert_ok(ABI_DECODE(&rsp, prepare_rsp, f->host.rsp_body));
		assert_memory_equal(rsp.pc.ptr, pc, sizeof(pc));
		assert_int_equal(f->host.out.len, len);
		assert_memory_equal(f->host.out.ptr, first, len);
	}
	host_store(&f->host);
	assert_ok(host_commit(&f->host));
	host_finish(&f->host);
	assert_int_equal(f->host.db.next_slot, 1);
}

static void i30_a_committed_request_is_a_duplicate(void **state)
{
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	static uint8_t request[ABI_REQUEST_MAX];
	static uint8_t siblings[ABI_STATE_IN_MAX];
	size_t len = 0;
	size_t state_len = 0;

	prepare(f, op);
	len = f->host.req_w.len;
	state_len = f->host.state_w.len;
	memcpy(request, f->host.request, len);
	memcpy(siblings, f->host.state, state_len);
	host_store(&f->host);
	assert_ok(host_commit(&f->host));
	host_finish(&f->host);
	for (int boot = 0; boot < 2; boot++) {
		memcpy(f->host.request, request, len);
		memcpy(f->host.state, siblings, state_len);
		f->host.req_w.len = len;
		f->host.state_w.len = state_len;
		/* After a restart the seq it was made for tells. */
		assert_rc(host_resend(&f->host, CMD_PREPARE),
			  boot ? KMS_RC_SEQ : KMS_RC_DUPLICATE);
		fixture_restart(f);
	}
	assert_int_equal(f->host.db.next_slot, 1);
}

static void i30_a_repeated_commit_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct abi_shard_status_rsp st = { 0 };

	prepare(f, host_create(KEY_SPEC_SECP256K1));
	host_store(&f->host);
	assert_ok(host_commit(&f->host));
	host_finish(&f->host);
	for (int boot = 0; boot < 2; boot++) {
		assert_rc(host_send_commit(&f->host, f->host.staged.pc, 1),
			  KMS_RC_SEQ);
		assert_ok(host_shard_status(&f->host, &st));
		assert_int_equal(st.seq, 1);
		if (!boot) {
			instance_kill(&f->one);
			instance_start(&f->one, 1);
			assert_ok(host_recover(&f->host, false));
		}
	}
}

/* The ring of ids forgets after 256 commits; the seq does not. */
static void i30_not_even_a_forgotten_request_runs_twice(void **state)
{
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	uint8_t first[ABI_REQ_ID_LEN];

	assert_ok(host_apply(&f->host, &op, 1));
	prepare(f, host_change(&f->host, 0, OP_SET_STATE, KEY_STATE_ENABLED));
	memcpy(first, f->host.req_id, sizeof(first));
	host_store(&f->host);
	assert_ok(host_commit(&f->host));
	host_finish(&f->host);
	for (int i = 0; i < SHARD_REQ_IDS; i++) {
		assert_true(shard_knows_req_id(&f->one.ta.shards[0], first));
		assert_ok(fixture_set_state(f, 0, KEY_STATE_ENABLED));
	}
	assert_false(shard_knows_req_id(&f->one.ta.shards[0], first));
	host_encode_prepare(&f->host, &op, 1);
	memcpy(f->host.request + 16, first, sizeof(first));
	le64_put(f->host.request + ABI_HEADER_LEN + 12 + ABI_TLV_LEN, 1);
	assert_rc(host_send_request(&f->host, CMD_PREPARE, 1), KMS_RC_SEQ);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_staged_key_is_held_and_others_are_not),
		fixture_test(a_key_warm_in_the_lru_is_held_too),
		fixture_test(an_aborted_restriction_keeps_its_hold),
		fixture_test(a_hold_ends_with_the_restriction_or_the_instance),
		fixture_test(a_weaker_restriction_does_not_end_the_hold),
		fixture_test(the_hold_of_a_deletion_ends_with_a_restart),
		fixture_test(an_aborted_permission_leaves_no_hold),
		fixture_test(an_aborted_creation_gives_its_slot_to_the_next),
		fixture_test(aborted_restrictions_can_be_repeated_without_end),
		fixture_test(holds_beyond_the_limit_are_refused_whole),
		fixture_test(a_certificate_expires_after_a_minute),
		fixture_test(
			an_aborted_certificate_is_worth_nothing_in_its_boot),
		fixture_test(
			an_old_certificate_is_taken_as_the_first_change_only),
		fixture_test(of_two_old_certificates_one_is_committed),
		fixture_test(one_batch_is_staged_at_a_time),
		fixture_test(a_shard_recovers_while_another_has_a_staged_batch),
		fixture_test(every_committed_op_has_a_signed_receipt),
		fixture_test(a_commit_whose_receipt_fails_has_not_happened),
		fixture_test(a_commit_without_entropy_has_not_happened),
		fixture_test(too_few_announced_items_commit_nothing),
		fixture_test(i30_a_repeated_prepare_gives_the_same_certificate),
		fixture_test(i30_a_committed_request_is_a_duplicate),
		fixture_test(i30_a_repeated_commit_changes_nothing),
		fixture_test(i30_not_even_a_forgotten_request_runs_twice),
	};

	return cmocka_run_group_tests_name("commit", tests, NULL, NULL);
}
