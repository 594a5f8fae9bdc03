/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I8: a challenge authorises at most one effect, within 120 s of secure time,
 * for one wallet, in one boot. I20: no other clock has a say.
 */
#include "test/property/wallets.h"

#include <string.h>
#include <time.h>

static const struct ask *sign_or_issue(uint64_t slot, int which)
{
	static struct ask a;

	a = which ? ask_op(slot, OP_ISSUE_ADDRESS) : ask_hash(slot);
	return &a;
}

static uint64_t start(struct wallets *w)
{
	return wallets_create(w, &w->passkeys[0], BIND_INTENT);
}

static void i8_a_replay_is_refused(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = start(w);
	struct passkey_assertion by;

	for (int which = 0; which < 2; which++) {
		const struct ask *a = sign_or_issue(slot, which);

		ask_gesture(w, a, &w->passkeys[0], &by);
		assert_ok(ask_with(w, a, &by));
		if (which) {
			wallets_commit(w);
			assert_rc(ask_with(w, a, &by), KMS_RC_AUTH_CHALLENGE);
		}
		for (int i = 0; i < 3; i++)
			assert_rc(ask_with(w, sign_or_issue(slot, 0), &by),
				  KMS_RC_AUTH_CHALLENGE);
	}
}

/* The gesture is used up although its batch comes to nothing. */
static void i8_an_abort_gives_no_gesture_back(void **state)
{
	struct wallets *w = *state;
	struct ask a = ask_op(start(w), OP_ISSUE_ADDRESS);
	struct passkey_assertion by;

	ask_gesture(w, &a, &w->passkeys[0], &by);
	assert_ok(ask_with(w, &a, &by));
	assert_ok(host_abort(w->host));
	assert_rc(ask_with(w, &a, &by), KMS_RC_AUTH_CHALLENGE);
}

static void i8_a_refused_gesture_is_not_used_up(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = start(w);
	struct ask a = ask_hash(slot);
	struct ask wrong = ask_message(slot, USE_MESSAGE);
	struct passkey_assertion by;

	ask_gesture(w, &a, &w->passkeys[0], &by);
	assert_rc(ask_with(w, &wrong, &by), KMS_RC_AUTH_CHALLENGE);
	by.signature[3] ^= 1;
	passkey_encode(&by);
	assert_rc(ask_with(w, &a, &by), KMS_RC_AUTH_SIG);
	by.signature[3] ^= 1;
	passkey_encode(&by);
	assert_ok(ask_with(w, &a, &by));
}

static void i8_a_gesture_is_for_one_wallet(void **state)
{
	struct wallets *w = *state;
	uint64_t slots[2] = { start(w), start(w) };
	struct ask mine = ask_hash(slots[0]);
	struct ask other = ask_hash(slots[1]);
	struct passkey_assertion by;
	struct intent intent;
	uint8_t nonce[32];
	uint8_t challenge[32];

	ask_gesture(w, &mine, &w->passkeys[0], &by);
	assert_rc(ask_with(w, &other, &by), KMS_RC_AUTH_CHALLENGE);
	/* Not even when the intent is right and the nonce is not. */
	wallets_nonce(w, slots[0], nonce);
	intent = ask_intent(w, &other);
	intent_challenge(challenge, nonce, &intent);
	passkey_assert(&w->passkeys[0], &by, nonce, challenge);
	assert_rc(ask_with(w, &other, &by), KMS_RC_AUTH_CHALLENGE);
}

static void i8_a_gesture_lives_two_minutes(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = start(w);
	struct passkey_assertion by;

	for (int which = 0; which < 2; which++) {
		const struct ask *a = sign_or_issue(slot, which);

		ask_gesture(w, a, &w->passkeys[0], &by);
		gp_clock_advance(121000);
		assert_rc(ask_with(w, a, &by), KMS_RC_AUTH_CHALLENGE);
		ask_gesture(w, a, &w->passkeys[0], &by);
		gp_clock_advance(120000);
		assert_ok(ask_with(w, a, &by));
		if (which)
			wallets_commit(w);
	}
}

static void i8_a_gesture_does_not_survive_a_restart(void **state)
{
	struct wallets *w = *state;
	struct ask a = ask_hash(start(w));
	struct passkey_assertion by;

	ask_gesture(w, &a, &w->passkeys[0], &by);
	fixture_restart(w->f);
	assert_rc(ask_with(w, &a, &by), KMS_RC_AUTH_CHALLENGE);
	assert_ok(ask_do(w, &a, &w->passkeys[0]));
}

/* Another instance's nonce, for the same uuid and in its own shard. */
static void i8_a_gesture_is_for_one_instance_and_shard(void **state)
{
	static struct host other;
	struct wallets *w = *state;
	uint64_t slot = start(w);
	struct ask a = ask_hash(slot);
	struct passkey_assertion by;
	struct intent intent = ask_intent(w, &a);
	uint8_t nonce[32];
	uint8_t challenge[32];

	instance_start(&w->f->two, 2);
	host_init(&other, instance_send, &w->f->two, 1);
	assert_ok(host_recover(&other, false));
	assert_ok(
		wallets_nonce_for(&other, w->host->db.keys[slot].uuid, nonce));
	intent_challenge(challenge, nonce, &intent);
	passkey_assert(&w->passkeys[0], &by, nonce, challenge);
	assert_rc(ask_with(w, &a, &by), KMS_RC_AUTH_CHALLENGE);
	/* A shard that this instance does not serve has no challenges. */
	other.shard = 2;
	assert_rc(wallets_nonce_for(&other, w->host->db.keys[slot].uuid, nonce),
		  KMS_RC_NOT_OPEN);
}

/* The shard moves to the other instance, and both are asked to spend it. */
static void i8_two_instances_do_not_spend_it_twice(void **state)
{
	struct wallets *w = *state;
	struct ask a = ask_hash(start(w));
	struct passkey_assertion by;
	struct abi_shard_status_rsp st = { 0 };

	ask_gesture(w, &a, &w->passkeys[0], &by);
	assert_ok(ask_with(w, &a, &by));
	instance_start(&w->f->two, 2);
	w->host->arg = &w->f->two;
	assert_rc(host_shard_open(w->host, &st), KMS_RC_IN_USE);
	instance_kill(&w->f->one);
	assert_ok(host_recover(w->host, false));
	assert_rc(ask_with(w, &a, &by), KMS_RC_AUTH_CHALLENGE);
	w->host->arg = &w->f->one;
}

/* --- twice in one command ----------------------------------------------- */

static void i8_twice_in_one_sign_is_once(void **state)
{
	struct wallets *w = *state;
	struct ask a = ask_hash(start(w));
	struct passkey_assertion by;
	struct host_signature s = { 0 };

	ask_gesture(w, &a, &w->passkeys[0], &by);
	host_begin(w->host, CMD_SIGN);
	for (int i = 0; i < 3; i++)
		ask_put(w->host, &a, EVIDENCE_PASSKEY, passkey_evidence(&by));
	host_put_proof(w->host, a.slot);
	assert_ok(host_send_request(w->host, CMD_SIGN, 3));
	for (size_t i = 0; i < 3; i++) {
		assert_true(host_get_signature(w->host, i, &s));
		assert_rc(s.status, i ? KMS_RC_AUTH_CHALLENGE : KMS_RC_OK);
	}
}

static void i8_twice_in_one_batch_is_never(void **state)
{
	struct wallets *w = *state;
	uint64_t slots[2] = { start(w), start(w) };
	struct ask a = ask_op(slots[0], OP_ISSUE_ADDRESS);
	struct passkey_assertion by;
	struct host_op ops[2];
	uint8_t before[32];
	uint8_t after[32];

	/* Of the same wallet: the second is refused before the slot is. */
	ask_gesture(w, &a, &w->passkeys[0], &by);
	for (size_t i = 0; i < 2; i++)
		ops[i] =
			ask_change(&a, EVIDENCE_PASSKEY, passkey_evidence(&by));
	ta_digest(&w->f->one.ta, before);
	assert_rc(host_prepare(w->host, ops, 2), KMS_RC_AUTH_CHALLENGE);
	ta_digest(&w->f->one.ta, after);
	assert_memory_equal(before, after, sizeof(before));
	/* The batch has failed, so the gesture is still there. */
	assert_ok(ask_with(w, &a, &by));
}

/* The first op is good, the second is not: nothing was spent. */
static void i8_a_batch_that_fails_spends_nothing(void **state)
{
	struct wallets *w = *state;
	uint64_t slots[2] = { start(w), start(w) };
	struct ask a = ask_op(slots[0], OP_ISSUE_ADDRESS);
	struct passkey_assertion by;
	struct host_op ops[2];
	uint8_t before[32];
	uint8_t after[32];

	w->passkeys[0].counts = true;
	ask_gesture(w, &a, &w->passkeys[0], &by);
	ops[0] = ask_change(&a, EVIDENCE_PASSKEY, passkey_evidence(&by));
	ops[1] = host_change(w->host, slots[1], OP_UNFREEZE, 0);
	ta_digest(&w->f->one.ta, before);
	assert_rc(host_prepare(w->host, ops, 2), KMS_RC_AUTH_REQUIRED);
	/* Not even a fold that fails at the very end spends anything. */
	host_encode_prepare(w->host, ops, 1);
	w->host->state[w->host->state_w.len - 1] ^= 1;
	assert_rc(host_send_request(w->host, CMD_PREPARE, 1), KMS_RC_BAD_PROOF);
	ta_digest(&w->f->one.ta, after);
	assert_memory_equal(before, after, sizeof(before));
	assert_ok(ask_with(w, &a, &by));
}

static void i8_no_bit_of_the_nonce_is_the_host_s(void **state)
{
	struct wallets *w = *state;
	struct ask a = ask_hash(start(w));
	struct intent intent = ask_intent(w, &a);
	struct passkey_assertion by;
	uint8_t nonce[32];
	uint8_t challenge[32];

	for (size_t bit = 0; bit < 256; bit += 5) {
		wallets_nonce(w, a.slot, nonce);
		nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
		intent_challenge(challenge, nonce, &intent);
		passkey_assert(&w->passkeys[0], &by, nonce, challenge);
		assert_rc(ask_with(w, &a, &by), KMS_RC_AUTH_CHALLENGE);
	}
}

/* --- I20 ---------------------------------------------------------------- */

/* That the TA has no other clock to ask is for tools/check-banned. */
static void i20_secure_time_alone_ages_a_gesture(void **state)
{
	struct wallets *w = *state;
	struct ask a = ask_hash(start(w));
	struct passkey_assertion by;
	struct timespec pause = { .tv_nsec = 3000000 };

	/* Secure time stands still, whatever the world's clocks do. */
	gp_clock_set(5000);
	ask_gesture(w, &a, &w->passkeys[0], &by);
	nanosleep(&pause, NULL);
	gp_count_reset();
	assert_ok(ask_with(w, &a, &by));
	assert_int_equal(gp_count(GP_CALL_TIME), 1);
	/* And a jump of it in either direction refuses. */
	ask_gesture(w, &a, &w->passkeys[0], &by);
	gp_clock_set(4999);
	assert_rc(ask_with(w, &a, &by), KMS_RC_AUTH_CHALLENGE);
	gp_clock_set(5000 + (int64_t)100 * 365 * 86400 * 1000);
	assert_rc(ask_with(w, &a, &by), KMS_RC_AUTH_CHALLENGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		wallets_test(i8_a_replay_is_refused),
		wallets_test(i8_an_abort_gives_no_gesture_back),
		wallets_test(i8_a_refused_gesture_is_not_used_up),
		wallets_test(i8_a_gesture_is_for_one_wallet),
		wallets_test(i8_a_gesture_lives_two_minutes),
		wallets_test(i8_a_gesture_does_not_survive_a_restart),
		wallets_test(i8_a_gesture_is_for_one_instance_and_shard),
		wallets_test(i8_two_instances_do_not_spend_it_twice),
		wallets_test(i8_twice_in_one_sign_is_once),
		wallets_test(i8_twice_in_one_batch_is_never),
		wallets_test(i8_a_batch_that_fails_spends_nothing),
		wallets_test(i8_no_bit_of_the_nonce_is_the_host_s),
		wallets_test(i20_secure_time_alone_ages_a_gesture),
	};

	return cmocka_run_group_tests_name("nonce", tests, NULL, NULL);
}
