/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I7: every effect an owner has to allow has a gesture over exactly that.
 *
 * All that can be asked of a wallet is asked with gestures for something else:
 * with each member changed after the gesture, and with a gesture for every
 * other ask. What BIND_PAYLOAD leaves open is listed here, and nothing more.
 */
#include "test/property/asks.h"

#include <string.h>

/* What is asked of the other wallet comes last. */
#define CANCEL	 ASKS
#define ALL_ASKS (ASKS + 1)

struct i7 {
	struct wallets *w;
	uint64_t slot;	  /* two passkeys: 0, which acts, and 1 */
	uint64_t pending; /* the same, to be deleted */
	struct ask asks[ALL_ASKS];
};

static uint64_t make_wallet(struct wallets *w, uint8_t level)
{
	uint64_t slot = wallets_create(w, &w->passkeys[0], (uint8_t)level);
	struct ask add = ask_passkey(slot, OP_ADD_PASSKEY, &w->passkeys[1]);

	assert_ok(ask_do(w, &add, &w->passkeys[0]));
	return slot;
}

static void start(struct i7 *t, struct wallets *w, uint8_t level)
{
	struct ask schedule = { 0 };

	t->w = w;
	t->slot = make_wallet(w, level);
	t->pending = make_wallet(w, level);
	schedule = ask_op(t->pending, OP_SCHEDULE_DELETION);
	assert_ok(ask_do(w, &schedule, &w->passkeys[0]));
	asks_make(w, t->asks, t->slot);
	t->asks[CANCEL] = ask_op(t->pending, OP_CANCEL_DELETION);
	wallets_mark(w);
}

static void expect(struct i7 *t, const struct ask *a, const char *given,
		   const struct passkey_assertion *by, enum kms_rc want)
{
	enum kms_rc rc = ask_with(t->w, a, by);

	if (rc != want)
		fail_msg("%s with a gesture for %s gives %s, not %s", a->name,
			 given, kms_rc_name(rc), kms_rc_name(want));
	wallets_back(t->w);
}

/* --- one member after the other ----------------------------------------- */

static void change_every_member(struct i7 *t)
{
	for (size_t n = 0; n < ALL_ASKS; n++) {
		for (unsigned int member = 0;; member++) {
			const struct ask *a = &t->asks[n];
			struct ask other = *a;
			struct passkey_assertion by;
			struct intent one;
			struct intent two;
			uint8_t c1[32];
			uint8_t c2[32];

			if (!asks_change(t->w, &other, member))
				break;
			ask_gesture(t->w, a, &t->w->passkeys[0], &by);
			one = ask_intent(t->w, a);
			two = ask_intent(t->w, &other);
			intent_challenge(c1, by.nonce, &one);
			intent_challenge(c2, by.nonce, &two);
			/* The member may be none of this ask's. */
			if (memcmp(c1, c2, sizeof(c1)) != 0)
				expect(t, &other, "another member", &by,
				       KMS_RC_AUTH_CHALLENGE);
			else
				wallets_back(t->w);
		}
	}
}

static void i7_no_member_can_be_changed_after_the_gesture(void **state)
{
	struct i7 t = { 0 };

	for (unsigned int level = BIND_PAYLOAD; level <= BIND_INTENT; level++) {
		start(&t, *state, (uint8_t)level);
		change_every_member(&t);
	}
}

/* The intent of somebody else's wallet, RP or account is not this one. */
static void i7_an_intent_is_of_one_wallet_and_rp(void **state)
{
	struct i7 t = { 0 };

	start(&t, *state, BIND_INTENT);
	for (size_t n = 0; n < ALL_ASKS; n++) {
		for (int what = 0; what < 3; what++) {
			const struct ask *a = &t.asks[n];
			struct intent i = ask_intent(t.w, a);
			struct passkey_assertion by;
			uint8_t nonce[32];
			uint8_t challenge[32];

			i.uuid[15] ^= what == 0;
			i.rp_id_hash[0] ^= what == 1;
			i.account ^= what == 2;
			if (what == 2 && i.op != INTENT_SIGN &&
			    i.op != INTENT_ADDRESS)
				continue;
			wallets_nonce(t.w, a->slot, nonce);
			intent_challenge(challenge, nonce, &i);
			passkey_assert(&t.w->passkeys[0], &by, nonce,
				       challenge);
			expect(&t, a, "another wallet", &by,
			       KMS_RC_AUTH_CHALLENGE);
		}
	}
}

/* --- every gesture for every ask ---------------------------------------- */

static bool is_same_intent(const struct i7 *t, size_t a, size_t b)
{
	struct intent one = ask_intent(t->w, &t->asks[a]);
	struct intent two = ask_intent(t->w, &t->asks[b]);
	uint8_t e1[INTENT_MAX];
	uint8_t e2[INTENT_MAX];
	size_t len = intent_encode(e1, &one);

	return intent_encode(e2, &two) == len && memcmp(e1, e2, len) == 0;
}

/* Gesture g over the intent of its ask, for the wallet of ask a. */
static void gesture_for(struct i7 *t, struct passkey_assertion *by, size_t g,
			size_t a)
{
	struct ask as_if = t->asks[g];

	as_if.slot = t->asks[a].slot;
	ask_gesture(t->w, &as_if, &t->w->passkeys[0], by);
}

static void i7_no_gesture_does_for_another_ask(void **state)
{
	struct i7 t = { 0 };
	struct passkey_assertion by;

	for (unsigned int level = BIND_PAYLOAD; level <= BIND_INTENT; level++) {
		start(&t, *state, (uint8_t)level);
		/* An address may be seen or issued: let both be the same. */
		t.asks[ASK_ISSUE].index = t.asks[ASK_ADDRESS].index;
		for (size_t a = 0; a < ALL_ASKS; a++)
			for (size_t g = 0; g < ALL_ASKS; g++) {
				bool same = a == g || is_same_intent(&t, a, g);

				gesture_for(&t, &by, g, a);
				expect(&t, &t.asks[a], t.asks[g].name, &by,
				       same ? KMS_RC_OK
					    : KMS_RC_AUTH_CHALLENGE);
			}
		assert_true(is_same_intent(&t, ASK_ADDRESS, ASK_ISSUE));
	}
}

/* --- what BIND_PAYLOAD takes, and no more ------------------------------- */

static bool signs(size_t a)
{
	return a <= ASK_TRANSACTION || a == ASK_HASH_OF_MESSAGE;
}

static void i7_a_bare_nonce_does_where_the_docs_say_so(void **state)
{
	struct i7 t = { 0 };
	struct passkey_assertion by;
	uint8_t nonce[32];

	for (unsigned int level = BIND_PAYLOAD; level <= BIND_INTENT; level++) {
		start(&t, *state, (uint8_t)level);
		for (size_t a = 0; a < ALL_ASKS; a++) {
			wallets_nonce(t.w, t.asks[a].slot, nonce);
			passkey_assert(&t.w->passkeys[0], &by, nonce, nonce);
			expect(&t, &t.asks[a], "a bare nonce", &by,
			       level == BIND_PAYLOAD && asks_bare_nonce(a)
				       ? KMS_RC_OK
				       : KMS_RC_AUTH_CHALLENGE);
		}
	}
}

static void i7_a_payload_does_for_its_own_digest(void **state)
{
	struct i7 t = { 0 };
	struct passkey_assertion by;
	uint8_t nonce[32];
	uint8_t challenge[32];

	for (unsigned int level = BIND_PAYLOAD; level <= BIND_INTENT; level++) {
		start(&t, *state, (uint8_t)level);
		for (size_t a = 0; a < ALL_ASKS; a++)
			for (size_t g = 0; g < ALL_ASKS; g++) {
				struct intent i = ask_intent(t.w, &t.asks[g]);
				struct intent j = ask_intent(t.w, &t.asks[a]);
				bool good = level == BIND_PAYLOAD && signs(a) &&
					    signs(g) &&
					    !memcmp(i.payload, j.payload, 32);

				wallets_nonce(t.w, t.asks[a].slot, nonce);
				intent_payload_challenge(challenge, nonce,
							 i.payload);
				passkey_assert(&t.w->passkeys[0], &by, nonce,
					       challenge);
				expect(&t, &t.asks[a], t.asks[g].name, &by,
				       good ? KMS_RC_OK
					    : KMS_RC_AUTH_CHALLENGE);
			}
	}
}

/* The price of BIND_PAYLOAD, by the letter of docs/passkeys.md. */
static void
i7_what_level_1_leaves_open_is_the_index_and_the_new_passkey(void **state)
{
	struct i7 t = { 0 };
	struct passkey_assertion by;
	struct ask a = { 0 };
	struct intent i;
	uint8_t nonce[32];
	uint8_t challenge[32];

	start(&t, *state, BIND_PAYLOAD);
	a = t.asks[ASK_HASH];
	i = ask_intent(t.w, &a);
	wallets_nonce(t.w, a.slot, nonce);
	intent_payload_challenge(challenge, nonce, i.payload);
	passkey_assert(&t.w->passkeys[0], &by, nonce, challenge);
	a.index = ABI_ADDRESSES_FIRST - 1;
	expect(&t, &a, "another index", &by, KMS_RC_OK);
	a.index = ABI_ADDRESSES_FIRST;
	expect(&t, &a, "an index not issued", &by, KMS_RC_NEED_ISSUE);
	a.index = 0;
	a.account = 1;
	expect(&t, &a, "another account", &by, KMS_RC_POLICY_DENY);

	wallets_nonce(t.w, t.slot, nonce);
	wallets_mark(t.w);
	passkey_assert(&t.w->passkeys[0], &by, nonce, nonce);
	a = ask_passkey(t.slot, OP_CHANGE_PASSKEY, &t.w->passkeys[3]);
	expect(&t, &a, "some passkey", &by, KMS_RC_OK);
	/* One passkey more, or one less, is never left open. */
	a = ask_passkey(t.slot, OP_ADD_PASSKEY, &t.w->passkeys[3]);
	expect(&t, &a, "a bare nonce", &by, KMS_RC_AUTH_CHALLENGE);
	a = ask_passkey(t.slot, OP_REMOVE_PASSKEY, &t.w->passkeys[1]);
	expect(&t, &a, "a bare nonce", &by, KMS_RC_AUTH_CHALLENGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		wallets_test(i7_no_member_can_be_changed_after_the_gesture),
		wallets_test(i7_an_intent_is_of_one_wallet_and_rp),
		wallets_test(i7_no_gesture_does_for_another_ask),
		wallets_test(i7_a_bare_nonce_does_where_the_docs_say_so),
		wallets_test(i7_a_payload_does_for_its_own_digest),
		wallets_test(
			i7_what_level_1_leaves_open_is_the_index_and_the_new_passkey),
	};

	return cmocka_run_group_tests_name("intent", tests, NULL, NULL);
}
