/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I11: a deleted, frozen or pending wallet signs by no path. I12: passkeys
 * count from COMMIT on. I19: what the host may do alone. I9 for all of it.
 */
#include "test/property/wallets.h"

#include <string.h>

static uint64_t start(struct wallets *w)
{
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	struct ask add = ask_passkey(slot, OP_ADD_PASSKEY, &w->passkeys[1]);

	assert_ok(ask_do(w, &add, &w->passkeys[0]));
	return slot;
}

/* Every use, by both passkeys. */
static void check_uses(struct wallets *w, uint64_t slot, enum kms_rc want)
{
	const struct ask asks[] = { ask_hash(slot),
				    ask_message(slot, USE_MESSAGE),
				    ask_message(slot, USE_MESSAGE_191),
				    ask_transaction(slot),
				    ask_address(slot, 0) };

	for (size_t i = 0; i < ARRAY_LEN(asks); i++)
		for (size_t p = 0; p < 2; p++)
			assert_rc(ask_do(w, &asks[i], &w->passkeys[p]), want);
}

/* Cold, warmed, and warm from use; before and after COMMIT and a restart. */
static void check_end(struct wallets *w, uint64_t slot, enum kms_rc want)
{
	check_uses(w, slot, KMS_RC_HELD);
	wallets_commit(w);
	check_uses(w, slot, want);
	if (want != KMS_RC_NOT_FOUND) {
		assert_ok(host_warm(w->host, &slot, 1));
		check_uses(w, slot, want);
	}
	fixture_restart(w->f);
	check_uses(w, slot, want);
}

static void i11_a_frozen_wallet_does_nothing(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = start(w);
	struct ask freeze = ask_op(slot, OP_FREEZE);
	struct ask thaw = ask_op(slot, OP_UNFREEZE);
	struct ask issue = ask_op(slot, OP_ISSUE_ADDRESS);

	check_uses(w, slot, KMS_RC_OK);
	assert_ok(
		ask_send(w, &freeze, EVIDENCE_NONE, (struct bytes){ 0 }, NULL));
	check_end(w, slot, KMS_RC_FROZEN);
	assert_rc(ask_do(w, &issue, &w->passkeys[0]), KMS_RC_FROZEN);
	/* Frozen twice is frozen. */
	assert_ok(ask_do_alone(w, &freeze));
	assert_rc(ask_do_alone(w, &thaw), KMS_RC_AUTH_REQUIRED);
	assert_ok(ask_do(w, &thaw, &w->passkeys[1]));
	check_uses(w, slot, KMS_RC_OK);
	/* And what is not frozen can be asked to stay so. */
	assert_ok(ask_do(w, &thaw, &w->passkeys[0]));
	check_uses(w, slot, KMS_RC_OK);
}

/* The owner of a frozen wallet can put its passkeys in order, and leave. */
static void i11_a_frozen_wallet_can_be_put_in_order(void **state)
{
	struct wallets *w = *state;
	struct passkey *p = w->passkeys;
	uint64_t slot = start(w);
	struct ask freeze = ask_op(slot, OP_FREEZE);
	struct ask asks[] = {
		ask_passkey(slot, OP_ADD_PASSKEY, &p[2]),
		ask_passkey(slot, OP_REMOVE_PASSKEY, &p[1]),
		ask_passkey(slot, OP_CHANGE_PASSKEY, &p[3]),
	};
	struct ask schedule = ask_op(slot, OP_SCHEDULE_DELETION);

	assert_ok(ask_do_alone(w, &freeze));
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		assert_ok(ask_do(w, &asks[i], &p[0]));
		check_uses(w, slot, KMS_RC_FROZEN);
	}
	assert_ok(ask_do(w, &schedule, &p[3]));
	check_uses(w, slot, KMS_RC_KEY_DISABLED);
}

static void i11_a_wallet_to_be_deleted_does_nothing(void **state)
{
	struct wallets *w = *state;
	struct passkey *p = w->passkeys;
	uint64_t slot = start(w);
	struct ask schedule = ask_op(slot, OP_SCHEDULE_DELETION);
	struct ask cancel = ask_op(slot, OP_CANCEL_DELETION);
	struct ask asks[] = {
		ask_op(slot, OP_ISSUE_ADDRESS),
		ask_op(slot, OP_UNFREEZE),
		ask_op(slot, OP_FREEZE),
		ask_op(slot, OP_SCHEDULE_DELETION),
		ask_passkey(slot, OP_ADD_PASSKEY, &p[2]),
		ask_passkey(slot, OP_REMOVE_PASSKEY, &p[1]),
		ask_passkey(slot, OP_CHANGE_PASSKEY, &p[2]),
	};
	struct passkey_assertion by;

	check_uses(w, slot, KMS_RC_OK);
	assert_rc(ask_do(w, &cancel, &p[0]), KMS_RC_POLICY_DENY);
	ask_gesture(w, &schedule, &p[0], &by);
	assert_ok(ask_with(w, &schedule, &by));
	check_end(w, slot, KMS_RC_KEY_DISABLED);
	for (size_t i = 0; i < ARRAY_LEN(asks); i++)
		assert_rc(ask_do(w, &asks[i], &p[0]), KMS_RC_KEY_DISABLED);
	assert_rc(ask_do_alone(w, &cancel), KMS_RC_AUTH_REQUIRED);
	assert_ok(ask_do(w, &cancel, &p[0]));
	check_uses(w, slot, KMS_RC_OK);
}

static void i11_a_deleted_wallet_is_gone(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = start(w);
	struct ask gone = ask_op(slot, OP_DELETE);
	struct ask thaw = ask_op(slot, OP_UNFREEZE);
	struct passkey_assertion by;

	check_uses(w, slot, KMS_RC_OK);
	ask_gesture(w, &gone, &w->passkeys[0], &by);
	assert_ok(ask_with(w, &gone, &by));
	check_end(w, slot, KMS_RC_NOT_FOUND);
	assert_rc(ask_do(w, &thaw, &w->passkeys[0]), KMS_RC_NOT_FOUND);
}

static void the_window_of_a_deletion_is_a_week_to_a_month(void **state)
{
	static const uint16_t days[] = { 0, 6, 31, UINT16_MAX, 7, 30 };
	struct wallets *w = *state;
	uint64_t slot = start(w);
	struct ask a = ask_op(slot, OP_SCHEDULE_DELETION);
	struct ask cancel = ask_op(slot, OP_CANCEL_DELETION);

	for (size_t i = 0; i < ARRAY_LEN(days); i++) {
		bool good = days[i] >= 7 && days[i] <= 30;

		a.window_days = days[i];
		assert_rc(ask_do(w, &a, &w->passkeys[0]),
			  good ? KMS_RC_OK : KMS_RC_LIMIT);
		if (good)
			assert_ok(ask_do(w, &cancel, &w->passkeys[0]));
	}
}

/* A restriction outlives its ABORT, or the host could ignore the owner. */
static void i11_an_aborted_restriction_keeps_its_hold(void **state)
{
	struct wallets *w = *state;
	struct passkey *p = w->passkeys;
	uint64_t slot = start(w);
	const struct ask asks[] = {
		ask_op(slot, OP_FREEZE),
		ask_op(slot, OP_SCHEDULE_DELETION),
		ask_op(slot, OP_DELETE),
		ask_passkey(slot, OP_REMOVE_PASSKEY, &p[1]),
		ask_passkey(slot, OP_CHANGE_PASSKEY, &p[2]),
		ask_op(slot, OP_ISSUE_ADDRESS),
		ask_op(slot, OP_UNFREEZE),
		ask_passkey(slot, OP_ADD_PASSKEY, &p[2]),
	};

	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		struct passkey_assertion by;

		ask_gesture(w, &asks[i], &p[0], &by);
		if (asks[i].op == OP_FREEZE)
			assert_ok(ask_send(w, &asks[i], EVIDENCE_NONE,
					   (struct bytes){ 0 }, NULL));
		else
			assert_ok(ask_with(w, &asks[i], &by));
		assert_ok(host_abort(w->host));
		check_uses(w, slot, i < 5 ? KMS_RC_HELD : KMS_RC_OK);
		fixture_restart(w->f);
	}
}

/* Or it could be thrown out by what the host may do alone. */
static void i11_freezing_does_not_end_the_hold_of_more(void **state)
{
	struct wallets *w = *state;
	struct passkey *p = w->passkeys;
	uint64_t slot = start(w);
	struct ask freeze = ask_op(slot, OP_FREEZE);
	struct ask thaw = ask_op(slot, OP_UNFREEZE);
	struct ask change = ask_passkey(slot, OP_CHANGE_PASSKEY, &p[2]);
	struct passkey_assertion by;

	ask_gesture(w, &change, &p[0], &by);
	assert_ok(ask_with(w, &change, &by));
	assert_ok(host_abort(w->host));
	assert_ok(ask_do_alone(w, &freeze));
	assert_rc(ask_do(w, &thaw, &p[0]), KMS_RC_HELD);
	check_uses(w, slot, KMS_RC_HELD);
	/* What the owner wanted ends it. */
	assert_ok(ask_do(w, &change, &p[0]));
	assert_ok(ask_do(w, &thaw, &p[2]));
	assert_rc(ask_do(w, &thaw, &p[0]), KMS_RC_AUTH_SIG);
}

/* --- I12 ---------------------------------------------------------------- */

/* What signatures of the two give at one moment; NULL: there is none. */
static void check_passkeys(struct wallets *w, const struct ask *sign,
			   struct passkey *comes, enum kms_rc comes_rc,
			   struct passkey *goes, enum kms_rc goes_rc)
{
	if (comes)
		assert_rc(ask_do(w, sign, comes), comes_rc);
	if (goes)
		assert_rc(ask_do(w, sign, goes), goes_rc);
}

static void i12_passkeys_count_from_commit_on(void **state)
{
	struct wallets *w = *state;
	struct passkey *p = w->passkeys;
	uint64_t slot = start(w);
	struct ask sign = ask_hash(slot);
	const struct ask asks[] = {
		ask_passkey(slot, OP_ADD_PASSKEY, &p[2]),
		ask_passkey(slot, OP_REMOVE_PASSKEY, &p[1]),
		ask_passkey(slot, OP_CHANGE_PASSKEY, &p[3]),
	};
	struct passkey *const comes[] = { &p[2], NULL, &p[3] };
	struct passkey *const goes[] = { NULL, &p[1], &p[0] };
	struct passkey_assertion by;

	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		check_passkeys(w, &sign, comes[i], KMS_RC_AUTH_SIG, goes[i],
			       KMS_RC_OK);
		ask_gesture(w, &asks[i], &p[0], &by);
		assert_ok(ask_with(w, &asks[i], &by));
		check_passkeys(w, &sign, comes[i], KMS_RC_HELD, goes[i],
			       KMS_RC_HELD);
		wallets_commit(w);
		for (int boot = 0; boot < 2; boot++) {
			check_passkeys(w, &sign, comes[i], KMS_RC_OK, goes[i],
				       KMS_RC_AUTH_SIG);
			fixture_restart(w->f);
		}
	}
}

/* A gesture made before its passkey went is worth nothing afterwards. */
static void i12_a_removed_passkey_s_gesture_ends_with_it(void **state)
{
	struct wallets *w = *state;
	struct passkey *p = w->passkeys;
	uint64_t slot = start(w);
	struct ask sign = ask_hash(slot);
	struct ask back = ask_passkey(slot, OP_ADD_PASSKEY, &p[1]);
	struct ask out = ask_passkey(slot, OP_REMOVE_PASSKEY, &p[1]);
	struct passkey_assertion signing;
	struct passkey_assertion coming;

	ask_gesture(w, &sign, &p[1], &signing);
	ask_gesture(w, &back, &p[1], &coming);
	assert_ok(ask_do(w, &out, &p[0]));
	assert_rc(ask_with(w, &sign, &signing), KMS_RC_AUTH_SIG);
	assert_rc(ask_with(w, &back, &coming), KMS_RC_AUTH_SIG);
}

/* An older record brings no passkey back, and no other state (I2). */
static void i2_an_older_record_is_no_way_back(void **state)
{
	struct wallets *w = *state;
	struct passkey *p = w->passkeys;
	uint64_t slot = start(w);
	struct host_blob old = w->host->db.blobs[slot];
	struct ask out = ask_passkey(slot, OP_REMOVE_PASSKEY, &p[1]);
	struct ask sign = ask_hash(slot);
	struct ask issue = ask_op(slot, OP_ISSUE_ADDRESS);

	assert_ok(ask_do(w, &out, &p[0]));
	w->host->db.blobs[slot] = old;
	assert_rc(ask_do(w, &sign, &p[1]), KMS_RC_BAD_PROOF);
	assert_rc(ask_do(w, &issue, &p[1]), KMS_RC_BAD_PROOF);
}

/* --- I19 ---------------------------------------------------------------- */

/* An op as a host would put it together, with all it needs but the owner. */
static struct ask host_s_ask(struct wallets *w, uint64_t slot, uint8_t op)
{
	struct ask a = ask_op(slot, OP_UNFREEZE);

	a.op = op;
	a.name = "an op of the host's";
	a.window_days = 7;
	if (op == OP_REMOVE_PASSKEY)
		a.passkey = &w->passkeys[1];
	if (op == OP_ADD_PASSKEY || op == OP_CHANGE_PASSKEY)
		a.passkey = &w->passkeys[3];
	if (!op)
		a.use = USE_HASH;
	return a;
}

static bool creates(uint8_t op)
{
	return op == OP_CREATE_KEY || op == OP_CREATE_WALLET ||
	       op == OP_CREATE_VAULT;
}

/* Every op there is, with what a host has at hand; FREEZE alone does it. */
static void i19_without_its_owner_a_wallet_can_only_be_frozen(void **state)
{
	static const uint8_t presented[SHA256_LEN] = { 0x5a };
	const struct bytes evidence[] = { { 0 }, bytes_of(presented, 32) };
	struct wallets *w = *state;
	uint64_t slot = start(w);

	wallets_mark(w);
	for (unsigned int n = 0; n < 20 * 8 * 2; n++) {
		uint8_t op = (uint8_t)(n / 16);
		uint8_t kind = (uint8_t)(n / 2 % 8);
		bool sane = n % 2 ? kind == EVIDENCE_API_KEY
				  : kind == EVIDENCE_NONE;
		struct ask a = host_s_ask(w, slot, op);
		enum kms_rc rc = KMS_RC_OK;

		if (creates(op))
			continue;
		rc = ask_send(w, &a, kind, evidence[n % 2], NULL);
		assert_true((rc == KMS_RC_OK) == (op == OP_FREEZE && sane));
		wallets_back(w);
	}
}

/* The owner has consented: what is to be deleted goes in its time. */
static void i19_a_host_deletes_what_the_owner_gave_up(void **state)
{
	static const uint8_t presented[SHA256_LEN] = { 0x5a };
	struct wallets *w = *state;
	uint64_t slot = start(w);
	struct ask gone = ask_op(slot, OP_DELETE);
	struct ask schedule = ask_op(slot, OP_SCHEDULE_DELETION);
	struct passkey_assertion by;

	assert_rc(ask_do_alone(w, &gone), KMS_RC_AUTH_REQUIRED);
	assert_ok(ask_do(w, &schedule, &w->passkeys[0]));
	wallets_mark(w);
	assert_ok(ask_send(w, &gone, EVIDENCE_API_KEY, bytes_of(presented, 32),
			   NULL));
	wallets_back(w);
	/* Malformed evidence is refused even where none is needed. */
	assert_rc(ask_send(w, &gone, EVIDENCE_NONE, bytes_of(presented, 32),
			   NULL),
		  KMS_RC_AUTH_FORMAT);
	ask_gesture(w, &gone, &w->passkeys[0], &by);
	by.signature[0] ^= 1;
	passkey_encode(&by);
	assert_rc(ask_with(w, &gone, &by), KMS_RC_AUTH_SIG);
	assert_ok(ask_do_alone(w, &gone));
	check_uses(w, slot, KMS_RC_NOT_FOUND);
}

/* Reading, warming, challenges, aborts: whatever else there is changes none. */
static void i19_other_commands_change_no_wallet(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = start(w);
	struct abi_shard_status_rsp st = { 0 };
	struct abi_info_rsp info = { 0 };
	uint8_t root[32];
	uint8_t nonce[32];

	memcpy(root, w->f->one.ta.shards[0].anchor.root, sizeof(root));
	assert_ok(host_info(w->host, &info));
	assert_ok(host_shard_status(w->host, &st));
	assert_ok(host_warm(w->host, &slot, 1));
	wallets_nonce(w, slot, nonce);
	assert_ok(host_abort(w->host));
	assert_rc(host_provision(w->host, 1, (struct bytes){ 0 }),
		  KMS_RC_PROVISIONED);
	assert_memory_equal(root, w->f->one.ta.shards[0].anchor.root, 32);
	assert_int_equal(w->f->one.ta.shards[0].anchor.seq, st.seq);
	check_uses(w, slot, KMS_RC_OK);
}

/* --- what a use may be -------------------------------------------------- */

static void expect(struct wallets *w, struct ask a, enum kms_rc want)
{
	assert_rc(ask_do(w, &a, &w->passkeys[0]), want);
}

static void uses_are_for_what_they_are(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = start(w);
	uint64_t key = fixture_key(w->f, KEY_SPEC_SECP256K1);
	struct ask a = ask_hash(slot);

	for (unsigned int use = 0; use < 256; use++) {
		a.use = (uint8_t)use;
		if (use != USE_CHALLENGE)
			expect(w, a,
			       use == USE_HASH || use == USE_MESSAGE ||
					       use == USE_MESSAGE_191
				       ? KMS_RC_OK
			       : use == USE_TRANSACTION || use == USE_ADDRESS
				       ? KMS_RC_DECODE
				       : KMS_RC_KEY_USAGE);
	}
	a = ask_hash(slot);
	a.payload.len = 31;
	expect(w, a, KMS_RC_DECODE);
	a = ask_transaction(slot);
	a.payload.len--;
	expect(w, a, KMS_RC_DECODE);
	a = ask_hash(slot);
	a.account = 1;
	expect(w, a, KMS_RC_POLICY_DENY);
	a.account = UINT32_MAX;
	expect(w, a, KMS_RC_POLICY_DENY);
	a = ask_hash(slot);
	a.index = ABI_ADDRESSES_FIRST;
	expect(w, a, KMS_RC_NEED_ISSUE);
	a.index = ABI_ADDRESS_INDEX_MAX + 1;
	expect(w, a, KMS_RC_LIMIT);
	a.index = UINT32_MAX;
	expect(w, a, KMS_RC_LIMIT);
	/* A key has no passkeys, and a wallet is no key. */
	expect(w, ask_hash(key), KMS_RC_KEY_USAGE);
	expect(w, ask_op(key, OP_FREEZE), KMS_RC_NOT_FOUND);
	expect(w, ask_op(key, OP_UNFREEZE), KMS_RC_NOT_FOUND);
	assert_rc(fixture_set_state(w->f, slot, KEY_STATE_DISABLED),
		  KMS_RC_NOT_FOUND);
	fixture_check_refused(w->f, slot, KMS_RC_KEY_USAGE);
	fixture_check_signs(w->f, key);
}

/* Another slot's or shard's proof, another uuid: I9 and a refusal each. */
static void a_use_names_its_wallet(void **state)
{
	struct wallets *w = *state;
	uint64_t a = start(w);
	uint64_t b = start(w);
	struct ask sign = ask_hash(a);
	struct passkey_assertion by;

	ask_gesture(w, &sign, &w->passkeys[0], &by);
	w->host->db.keys[a].uuid[0] ^= 1;
	assert_rc(ask_with(w, &sign, &by), KMS_RC_NOT_FOUND);
	w->host->db.keys[a].uuid[0] ^= 1;
	sign.slot = b;
	assert_rc(ask_with(w, &sign, &by), KMS_RC_AUTH_CHALLENGE);
	sign.slot = a;
	w->host->db.blobs[b] = w->host->db.blobs[a];
	fixture_restart(w->f);
	w->host->shard = 1;
	assert_rc(ask_with(w, &sign, &by), KMS_RC_NOT_OPEN);
	w->host->shard = 0;
	sign.slot = b;
	assert_rc(ask_with(w, &sign, &by), KMS_RC_NEED_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		wallets_test(i11_a_frozen_wallet_does_nothing),
		wallets_test(i11_a_frozen_wallet_can_be_put_in_order),
		wallets_test(i11_a_wallet_to_be_deleted_does_nothing),
		wallets_test(i11_a_deleted_wallet_is_gone),
		wallets_test(the_window_of_a_deletion_is_a_week_to_a_month),
		wallets_test(i11_an_aborted_restriction_keeps_its_hold),
		wallets_test(i11_freezing_does_not_end_the_hold_of_more),
		wallets_test(i12_passkeys_count_from_commit_on),
		wallets_test(i12_a_removed_passkey_s_gesture_ends_with_it),
		wallets_test(i2_an_older_record_is_no_way_back),
		wallets_test(i19_without_its_owner_a_wallet_can_only_be_frozen),
		wallets_test(i19_a_host_deletes_what_the_owner_gave_up),
		wallets_test(i19_other_commands_change_no_wallet),
		wallets_test(uses_are_for_what_they_are),
		wallets_test(a_use_names_its_wallet),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
