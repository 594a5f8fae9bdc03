/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hostile host tries with wallets: gestures for something else, twice,
 * too late, and none at all. A gesture that is refused is not used up, so one
 * of them serves for many refusals.
 */
#include "common/endian.h"
#include "test/property/asks.h"
#include "test/replay/owner.h"

#include <string.h>

/* --- I7: a gesture for something else ----------------------------------- */

static void change_members(struct recorder *r, const struct ask *a,
			   struct passkey_assertion *by)
{
	uint8_t want[SHA256_LEN];
	uint8_t other[SHA256_LEN];
	struct intent i = ask_intent(r->wallets, a);

	intent_challenge(want, by->nonce, &i);
	for (unsigned int n = 0;; n++) {
		struct ask changed = *a;

		if (!asks_change(r->wallets, &changed, n))
			return;
		i = ask_intent(r->wallets, &changed);
		intent_challenge(other, by->nonce, &i);
		/* The member may be none of this ask's. */
		if (memcmp(want, other, sizeof(want)) != 0)
			owner_sends(r, &changed, by, KMS_RC_AUTH_CHALLENGE);
	}
}

static uint64_t create_with_two(struct recorder *r, uint8_t level)
{
	uint64_t slot = owner_creates(r, 0, level);
	const struct passkey *p = &r->wallets->passkeys[1];

	owner_does(r, ask_passkey(slot, OP_ADD_PASSKEY, p), 0, KMS_RC_OK);
	return slot;
}

/* Items of one command have their own status. Once more, they are replays. */
static void use_all(struct recorder *r, const struct ask asks[ASKS],
		    const struct passkey_assertion by[ASKS])
{
	const struct ask challenge = { .use = USE_CHALLENGE,
				       .slot = asks[0].slot };

	for (int again = 0; again < 2; again++) {
		r->note = again ? "and each of them again"
				: "uses as level 2 takes them, in one command";
		host_begin(&r->host, CMD_SIGN);
		for (size_t a = 0; a < ASK_USES; a++)
			ask_put(&r->host, &asks[a], EVIDENCE_PASSKEY,
				passkey_evidence(&by[a]));
		ask_put(&r->host, &challenge, EVIDENCE_NONE, step_nothing());
		ask_put(&r->host, &asks[0], EVIDENCE_NONE, step_nothing());
		host_put_proof(&r->host, asks[0].slot);
		recorder_ok(
			r, host_send_request(&r->host, CMD_SIGN, ASK_USES + 2));
	}
}

static void every_gesture_for_every_ask(struct recorder *r, uint64_t slot)
{
	static struct passkey_assertion by[ASKS];
	struct ask asks[ASKS];

	r->note = "a gesture for another use or change";
	asks_make(r->wallets, asks, slot);
	for (size_t g = 0; g < ASKS; g++)
		owner_gesture(r, &by[g], &asks[g], 0, OVER_INTENT);
	for (size_t a = 0; a < ASKS; a++)
		for (size_t g = 0; g < ASKS; g++)
			if (a != g)
				owner_sends(r, &asks[a], &by[g],
					    KMS_RC_AUTH_CHALLENGE);
	r->note = "a member that was changed after the gesture";
	for (size_t a = 0; a < ASKS; a++)
		change_members(r, &asks[a], &by[a]);
	use_all(r, asks, by);
	r->note = "a change again, after its ABORT";
	owner_sends(r, &asks[ASK_ISSUE], &by[ASK_ISSUE], KMS_RC_OK);
	step_abort(r);
	owner_sends(r, &asks[ASK_ISSUE], &by[ASK_ISSUE], KMS_RC_AUTH_CHALLENGE);
}

/* What level 1 takes without an intent, and no more; level 2 takes none. */
static void without_intent(struct recorder *r, uint64_t slot, uint8_t level)
{
	struct passkey_assertion bare;
	struct passkey_assertion payload;
	struct ask asks[ASKS];

	r->note = "a gesture over no intent";
	asks_make(r->wallets, asks, slot);
	for (size_t a = 0; a < ASKS; a++) {
		bool takes = level == BIND_PAYLOAD && asks_bare_nonce(a);

		/* Of another payload: (a + 2) % 4 is no HASH_OF_MESSAGE. */
		owner_gesture(r, &payload, &asks[(a + 2) % 4], 0, OVER_PAYLOAD);
		owner_sends(r, &asks[a], &payload, KMS_RC_AUTH_CHALLENGE);
		owner_gesture(r, &bare, &asks[a], 0, OVER_NONCE);
		owner_sends(r, &asks[a], &bare,
			    takes ? KMS_RC_OK : KMS_RC_AUTH_CHALLENGE);
		if (takes && asks[a].op)
			step_abort(r);
	}
}

/* To cancel takes the intent at level 1, too. */
static void to_be_deleted(struct recorder *r)
{
	uint64_t slot = owner_creates(r, 0, BIND_PAYLOAD);
	struct ask cancel = ask_op(slot, OP_CANCEL_DELETION);
	struct passkey_assertion by;
	struct ask asks[ASKS];

	r->note = "a gesture for something else than to cancel a deletion";
	asks_make(r->wallets, asks, slot);
	owner_does(r, asks[ASK_SCHEDULE], 0, KMS_RC_OK);
	for (size_t g = 0; g < ASKS; g++) {
		owner_gesture(r, &by, &asks[g], 0, OVER_INTENT);
		owner_sends(r, &cancel, &by, KMS_RC_AUTH_CHALLENGE);
	}
	owner_gesture(r, &by, &cancel, 0, OVER_NONCE);
	owner_sends(r, &cancel, &by, KMS_RC_AUTH_CHALLENGE);
	owner_gesture(r, &by, &cancel, 0, OVER_INTENT);
	owner_sends(r, &asks[ASK_DELETE], &by, KMS_RC_AUTH_CHALLENGE);
	owner_sends(r, &cancel, &by, KMS_RC_OK);
	wallets_commit(r->wallets);
}

/* --- I8, I20: a gesture once, in time, for one wallet ------------------- */

static void twice_at_once(struct recorder *r, uint64_t slot)
{
	struct ask sign = ask_hash(slot);
	struct ask issue = ask_op(slot, OP_ISSUE_ADDRESS);
	struct passkey_assertion by;
	struct host_op ops[2];

	r->note = "a gesture twice in one SIGN";
	owner_gesture(r, &by, &sign, 0, OVER_INTENT);
	host_begin(&r->host, CMD_SIGN);
	for (int i = 0; i < 2; i++)
		ask_put(&r->host, &sign, EVIDENCE_PASSKEY,
			passkey_evidence(&by));
	host_put_proof(&r->host, slot);
	recorder_ok(r, host_send_request(&r->host, CMD_SIGN, 2));
	r->note = "a gesture twice in one batch, which does not spend it";
	owner_gesture(r, &by, &issue, 0, OVER_INTENT);
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		ops[i] = host_change(&r->host, slot, issue.op, 0);
		ops[i].index = issue.index;
		ops[i].evidence_kind = EVIDENCE_PASSKEY;
		ops[i].evidence = passkey_evidence(&by);
	}
	step_expect(r, host_prepare(&r->host, ops, 2), KMS_RC_AUTH_CHALLENGE);
	owner_sends(r, &issue, &by, KMS_RC_OK);
	step_abort(r);
}

/* The answer does not fit; whether the gesture is spent is compared. */
static void too_long_an_answer(struct recorder *r, uint64_t slot)
{
	struct ask sign = ask_hash(slot);
	struct passkey_assertion by;

	r->note = "a signature that does not fit, and its gesture again";
	owner_gesture(r, &by, &sign, 0, OVER_INTENT);
	host_begin(&r->host, CMD_SIGN);
	ask_put(&r->host, &sign, EVIDENCE_PASSKEY, passkey_evidence(&by));
	host_put_proof(&r->host, slot);
	step_finish(r, 1);
	step_send_raw(r, CMD_SIGN, 64, 0);
	(void)ask_with(r->wallets, &sign, &by);
}

static void nonces_of_others(struct recorder *r, uint64_t slot, uint64_t other)
{
	struct ask mine = ask_hash(slot);
	struct ask theirs = ask_hash(other);
	struct passkey_assertion by;
	struct intent intent = ask_intent(r->wallets, &mine);
	uint8_t nonce[32];
	uint8_t challenge[32];

	r->note = "a gesture for another wallet, or with its nonce";
	owner_gesture(r, &by, &theirs, 0, OVER_INTENT);
	owner_sends(r, &mine, &by, KMS_RC_AUTH_CHALLENGE);
	memcpy(nonce, by.nonce, sizeof(nonce));
	intent_challenge(challenge, nonce, &intent);
	passkey_assert(&r->wallets->passkeys[0], &by, nonce, challenge);
	owner_sends(r, &mine, &by, KMS_RC_AUTH_CHALLENGE);
	r->note = "a nonce of which a bit is the host's";
	owner_gesture(r, &by, &mine, 0, OVER_INTENT);
	for (size_t bit = 0; bit < 256; bit += 13) {
		memcpy(nonce, by.nonce, sizeof(nonce));
		nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
		intent_challenge(challenge, nonce, &intent);
		passkey_assert(&r->wallets->passkeys[0], &by, nonce, challenge);
		owner_sends(r, &mine, &by, KMS_RC_AUTH_CHALLENGE);
		nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
		memcpy(by.nonce, nonce, sizeof(nonce));
	}
}

/* The tape's clock and no other: the nonce says when it was made. */
static void time_goes_by(struct recorder *r, uint64_t slot)
{
	const uint64_t made = RECORDER_START_MS + 500000;
	const uint64_t later[] = { made - 1, made + ABI_NONCE_LIFE_MS + 1,
				   made * 1000, made + ABI_NONCE_LIFE_MS };
	struct ask sign = ask_hash(slot);
	struct passkey_assertion by;

	r->note = "a gesture before its time, too late, and just in time";
	recorder_clock(r, made);
	owner_gesture(r, &by, &sign, 0, OVER_INTENT);
	if (be32_get(by.nonce + 1) != made)
		abort();
	for (size_t i = 0; i < ARRAY_LEN(later); i++) {
		recorder_clock(r, later[i]);
		owner_sends(r, &sign, &by,
			    i == 3 ? KMS_RC_OK : KMS_RC_AUTH_CHALLENGE);
	}
	recorder_clock(r, made);
	owner_sends(r, &sign, &by, KMS_RC_AUTH_CHALLENGE);
}

/* --- I19 and what a use may be ------------------------------------------ */

/* Every kind of evidence, as a host can make it. */
static void refuse_host(struct recorder *r, const struct ask *a, bool freezes)
{
	for (unsigned int n = freezes ? EVIDENCE_PASSKEY : EVIDENCE_NONE;
	     n <= EVIDENCE_COUNT; n++) {
		size_t len = n == EVIDENCE_NONE ? 0 : sizeof(step_token);

		step_refused(r, ask_send(r->wallets, a, (uint8_t)n,
					 bytes_of(step_token, len), NULL));
	}
}

/* Every op there is. Only FREEZE takes what a host has. */
static void without_the_owner(struct recorder *r, uint64_t slot)
{
	const struct passkey *p = r->wallets->passkeys;

	r->note = "an op without its owner";
	for (unsigned int op = OP_DELETE; op <= OP_CANCEL_DELETION + 1; op++) {
		bool names = op >= OP_ADD_PASSKEY && op <= OP_CHANGE_PASSKEY;
		struct ask a = ask_op(slot, OP_UNFREEZE);

		if (op == OP_CREATE_WALLET || op == OP_CREATE_VAULT)
			continue;
		a.op = (uint8_t)op;
		a.window_days = 7;
		if (names)
			a.passkey = &p[op == OP_REMOVE_PASSKEY ? 1 : 3];
		refuse_host(r, &a, op == OP_FREEZE);
	}
}

static void odd_uses(struct recorder *r, uint64_t slot)
{
	struct ask a = ask_hash(slot);

	r->note = "uses of other kinds";
	for (uint8_t use = USE_TRANSACTION; use < 40; use++) {
		a.use = use;
		if (use != USE_CHALLENGE)
			owner_does(r, a, 0,
				   use <= USE_ADDRESS ? KMS_RC_DECODE
						      : KMS_RC_KEY_USAGE);
	}
	a = ask_hash(slot);
	a.payload.len--;
	owner_does(r, a, 0, KMS_RC_DECODE);
	r->note = "a transaction that is cut off";
	a = ask_transaction(slot);
	for (a.payload.len--; a.payload.len > 3; a.payload.len -= 3)
		owner_does(r, a, 0, KMS_RC_DECODE);
	r->note = "other accounts and indices";
	a = ask_hash(slot);
	a.account = 1;
	owner_does(r, a, 0, KMS_RC_POLICY_DENY);
	a.account = UINT32_MAX;
	owner_does(r, a, 0, KMS_RC_POLICY_DENY);
	a = ask_hash(slot);
	a.index = ABI_ADDRESS_INDEX_MAX;
	owner_does(r, a, 0, KMS_RC_NEED_ISSUE);
	a.index++;
	owner_does(r, a, 0, KMS_RC_LIMIT);
	a.index = UINT32_MAX;
	owner_does(r, a, 0, KMS_RC_LIMIT);
}

/* A wallet is no key, a key no wallet, and neither is the other's slot. */
static void other_records(struct recorder *r, uint64_t slot, uint64_t other)
{
	uint64_t key = step_plain_slot(r, KEY_SPEC_SECP256K1);
	struct host_db *db = &r->host.db;
	struct host_op op =
		host_change(&r->host, slot, OP_SET_STATE, KEY_STATE_DISABLED);
	struct host_blob newer;
	struct ask sign = ask_hash(slot);
	struct passkey_assertion by;

	r->note = "a wallet as a key, a key as a wallet";
	step_sign(r, &slot, 1, true);
	step_expect(r, host_prepare(&r->host, &op, 1), KMS_RC_NOT_FOUND);
	owner_does(r, ask_hash(key), 0, KMS_RC_KEY_USAGE);
	owner_is_not_asked(r, ask_op(key, OP_FREEZE), KMS_RC_NOT_FOUND);
	owner_does(r, ask_op(key, OP_UNFREEZE), 0, KMS_RC_NOT_FOUND);
	r->note = "another uuid, another wallet's record";
	owner_gesture(r, &by, &sign, 0, OVER_INTENT);
	db->keys[slot].uuid[0] ^= 1;
	owner_sends(r, &sign, &by, KMS_RC_NOT_FOUND);
	db->keys[slot].uuid[0] ^= 1;
	newer = db->blobs[other];
	db->blobs[other] = db->blobs[slot];
	owner_does(r, ask_op(other, OP_ISSUE_ADDRESS), 0, KMS_RC_BAD_PROOF);
	r->note = "an older record, which has another state";
	db->blobs[other] = newer;
	owner_is_not_asked(r, ask_op(other, OP_FREEZE), KMS_RC_OK);
	newer = db->blobs[other];
	db->blobs[other] = db->blobs[slot];
	owner_does(r, ask_op(other, OP_ISSUE_ADDRESS), 0, KMS_RC_BAD_PROOF);
	db->blobs[other] = newer;
	owner_does(r, ask_hash(other), 0, KMS_RC_FROZEN);
}

void wallets_refused_record(struct recorder *r)
{
	uint64_t two = create_with_two(r, BIND_INTENT);
	uint64_t one = owner_creates(r, 0, BIND_INTENT);

	every_gesture_for_every_ask(r, two);
	without_intent(r, two, BIND_INTENT);
	without_intent(r, create_with_two(r, BIND_PAYLOAD), BIND_PAYLOAD);
	to_be_deleted(r);
	twice_at_once(r, one);
	too_long_an_answer(r, one);
	nonces_of_others(r, one, two);
	time_goes_by(r, one);
	without_the_owner(r, two);
	odd_uses(r, one);
	assertions_record(r, one, two);
	other_records(r, one, two);
}
