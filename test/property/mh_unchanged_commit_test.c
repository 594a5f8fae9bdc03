/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I9: a failed request changes nothing.
 *
 * Every command of these tests goes through a sender that digests all the
 * state of the TA and its storage before and after. Here: each
 * result that PREPARE and COMMIT can have.
 */
#include "test/property/mh.h"

#include "ta/crypto/test_hooks.h"

#include <string.h>

/* --- PREPARE -------------------------------------------------------------- */

static struct host_op bad_create(uint8_t spec, uint8_t evidence_kind,
				 size_t evidence_len)
{
	static const uint8_t zero[64];
	struct host_op op = host_create(spec);

	op.evidence_kind = evidence_kind;
	op.evidence = bytes_of(evidence_len ? zero : NULL, evidence_len);
	return op;
}

/* The op alone, and as the last of a batch that was good so far. */
static void check_op(struct fixture *f, struct host_op op, enum kms_rc want)
{
	struct host_op ops[4] = { host_create(KEY_SPEC_SECP256K1),
				  host_create(KEY_SPEC_P256),
				  host_change(&f->host, 7, OP_DELETE, 0), op };

	assert_rc(host_prepare(&f->host, &op, 1), want);
	assert_rc(host_prepare(&f->host, ops, 4), want);
	assert_true(mh_refusals >= 2);
	mh_refusals = 0;
}

static void check_changes(struct fixture *f)
{
	struct host *h = &f->host;
	struct host_blob kept = h->db.blobs[1];
	struct host_op op = host_change(h, 0, OP_SET_STATE, 9);

	check_op(f, op, KMS_RC_DECODE);
	check_op(f, host_change(h, 0, 99, 0), KMS_RC_UNSUPPORTED);
	check_op(f, host_change(h, 4, OP_SET_STATE, 1), KMS_RC_NOT_FOUND);
	check_op(f, host_change(h, 5, OP_DELETE, 0), KMS_RC_AUTH_REQUIRED);
	h->db.keys[1].uuid[3] ^= 1;
	check_op(f, host_change(h, 1, OP_DELETE, 0), KMS_RC_BAD_PROOF);
	h->db.keys[1].uuid[3] ^= 1;
	h->db.blobs[1].bytes[90] ^= 1;
	check_op(f, host_change(h, 1, OP_DELETE, 0), KMS_RC_BAD_PROOF);
	h->db.blobs[1] = kept;
}

static void i9_a_refused_change_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;

	mh_make_keys(f);
	fixture_check_signs(f, 1);
	check_op(f, bad_create(9, EVIDENCE_NONE, 0), KMS_RC_UNSUPPORTED);
	check_op(f, bad_create(1, EVIDENCE_NONE, 3), KMS_RC_AUTH_FORMAT);
	check_op(f, bad_create(1, EVIDENCE_API_KEY, 31), KMS_RC_AUTH_FORMAT);
	check_op(f, bad_create(1, EVIDENCE_GRANT, 8), KMS_RC_AUTH_REQUIRED);
	check_changes(f);
	h->db.seq++;
	check_op(f, host_create(1), KMS_RC_SEQ);
	h->db.seq--;
	h->shard = 1;
	check_op(f, host_create(1), KMS_RC_NOT_OPEN);
	h->shard = 0;
	h->rsp_cap = 256;
	check_op(f, host_create(1), KMS_RC_SHORT_BUFFER);
	h->rsp_cap = sizeof(h->rsp_bytes);
	h->out_cap = 64;
	check_op(f, host_create(1), KMS_RC_SHORT_BUFFER);
	h->out_cap = sizeof(h->out_bytes);
}

static void i9_a_change_that_fails_inside_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_P256);

	mh_make_keys(f);
	/* At the uuid, at the key, at the salt of the seal. */
	for (uint64_t n = 0; n < 3; n++) {
		mh_starve(f);
		f->one.ta.crypto.drbg.requests = 65536 - n;
		check_op(f, host_create(KEY_SPEC_SECP256K1), KMS_RC_ENTROPY);
		mh_feed(f);
	}
	for (uint64_t n = 1; n < 8; n++) {
		enum kms_rc rc = KMS_RC_INTERNAL;

		gp_fault_set(GP_CALL_CRYPTO, n, 1, GP_FAULT_ERROR);
		rc = host_prepare(&f->host, &op, 1);
		gp_fault_set(GP_CALL_CRYPTO, 0, 0, GP_FAULT_NONE);
		if (!rc)
			break;
		assert_rc(rc, KMS_RC_FAULT);
		fixture_restart(f);
		assert_true(n < 7);
	}
}

static void i9_a_change_that_comes_at_a_bad_time_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	struct host_op ops[2];

	mh_make_keys(f);
	ops[0] = host_change(h, 0, OP_SET_STATE, KEY_STATE_DISABLED);
	assert_ok(host_prepare(h, ops, 1));
	/* Over a staged batch, and with a hold of an aborted one. */
	check_op(f, host_create(1), KMS_RC_BUSY_STAGED);
	assert_ok(host_abort(h));
	check_op(f, host_change(h, 0, OP_SET_STATE, KEY_STATE_ENABLED),
		 KMS_RC_HELD);
	ops[0] = ops[1] = host_change(h, 1, OP_DELETE, 0);
	assert_rc(host_prepare(h, ops, 2), KMS_RC_BAD_PROOF);
	ops[0] = host_create(1);
	assert_ok(host_prepare(h, ops, 1));
	host_store(h);
	/* The same request again, after it was committed. */
	assert_ok(host_commit(h));
	host_finish(h);
	h->req_counter -= 2;
	assert_rc(host_prepare(h, ops, 1), KMS_RC_DUPLICATE);
}

static void i9_more_holds_than_there_is_room_for_change_nothing(void **state)
{
	/* The last batch would find room for one of its holds. */
	static const size_t counts[] = { 64, SHARD_HOLDS - 65, 2 };
	struct fixture *f = *state;
	struct host_op ops[ABI_BATCH_OPS];
	uint64_t slot = 0;

	fixture_keys(f, SHARD_HOLDS + 1);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		bool last = i + 1 == ARRAY_LEN(counts);

		for (size_t n = 0; n < counts[i]; n++)
			ops[n] = host_change(&f->host, slot++, OP_DELETE, 0);
		assert_rc(host_prepare(&f->host, ops, counts[i]),
			  last ? KMS_RC_LIMIT : KMS_RC_OK);
		if (!last)
			assert_ok(host_abort(&f->host));
	}
	assert_int_equal(mh_refusals, 1);
}

/* --- COMMIT --------------------------------------------------------------- */

static void i9_a_refused_commit_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	uint8_t pc[ABI_PC_LEN];

	mh_make_keys(f);
	assert_ok(host_prepare(h, &op, 1));
	memcpy(pc, h->staged.pc, sizeof(pc));
	pc[100] ^= 1;
	assert_rc(host_send_commit(h, pc, 1), KMS_RC_CERT);
	pc[100] ^= 1;
	assert_rc(host_send_commit(h, pc, 0), KMS_RC_SHORT_BUFFER);
	mh_starve(f);
	assert_rc(host_send_commit(h, pc, 1), KMS_RC_ENTROPY);
	mh_feed(f);
}

static void i9_a_commit_at_a_bad_time_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	mh_make_keys(f);
	assert_ok(host_prepare(h, &op, 1));
	gp_clock_advance(60001);
	assert_rc(host_send_commit(h, h->staged.pc, 1), KMS_RC_EXPIRED);
	assert_ok(host_abort(h));
	assert_ok(host_apply(h, &op, 1));
	assert_rc(host_send_commit(h, h->staged.pc, 1), KMS_RC_SEQ);
	assert_ok(host_prepare(h, &op, 1));
	k256_test_fault(K256_FAULT_R, 77);
	assert_rc(host_send_commit(h, h->staged.pc, 1), KMS_RC_FAULT);
}

static void i9_a_commit_the_storage_refuses_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	struct abi_shard_status_rsp st = { 0 };
	uint64_t slot = 0;

	mh_make_keys(f);
	assert_ok(host_prepare(h, &op, 1));
	gp_fault_set(GP_CALL_WRITE, 1, 1, GP_FAULT_ERROR);
	assert_rc(host_send_commit(h, h->staged.pc, 1), KMS_RC_STORAGE);
	/* From here on the shard refuses, and its refusals change nothing. */
	assert_rc(host_send_commit(h, h->staged.pc, 1), KMS_RC_STORAGE);
	assert_rc(host_prepare(h, &op, 1), KMS_RC_STORAGE);
	assert_rc(host_shard_status(h, &st), KMS_RC_STORAGE);
	assert_rc(host_warm(h, &slot, 1), KMS_RC_STORAGE);
	fixture_check_refused(f, 0, KMS_RC_STORAGE);
	fixture_restart(f);
	fixture_check_signs(f, 0);
	fixture_keys(f, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mh_checked_test(i9_a_refused_change_changes_nothing),
		mh_checked_test(i9_a_change_that_fails_inside_changes_nothing),
		mh_checked_test(
			i9_a_change_that_comes_at_a_bad_time_changes_nothing),
		mh_checked_test(
			i9_more_holds_than_there_is_room_for_change_nothing),
		mh_checked_test(i9_a_refused_commit_changes_nothing),
		mh_checked_test(i9_a_commit_at_a_bad_time_changes_nothing),
		mh_checked_test(
			i9_a_commit_the_storage_refuses_changes_nothing),
	};

	return cmocka_run_group_tests_name("refused changes", tests, NULL,
					   NULL);
}
