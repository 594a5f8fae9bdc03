/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BIND_NOTHING and raw assertions, which exist in development builds only. Run
 * against the core of such a build, and against the one that ships.
 */
#include "test/property/wallets.h"

#include "ta/ta_build.h"

#include <string.h>

static const uint8_t api_key[SHA256_LEN] = { 0xa9 };

/* Both builds take it, the one that ships no less. */
static enum kms_rc create(struct wallets *w, uint8_t level)
{
	struct host_op ops[2];

	wallets_creation(ops, &w->passkeys[0], level);
	ops[0].evidence_kind = EVIDENCE_API_KEY;
	ops[0].evidence = bytes_of(api_key, sizeof(api_key));
	return host_apply(w->host, ops, 2);
}

static void assert_raw(struct passkey *p, struct passkey_assertion *by)
{
	static const uint8_t any[32] = { 0x27 };

	passkey_assert(p, by, any, any);
	passkey_encode_raw(by);
}

static void expect(struct wallets *w, const struct ask *a, uint8_t kind,
		   const struct passkey_assertion *by, enum kms_rc want)
{
	enum kms_rc rc = KMS_RC_OK;

	wallets_mark(w);
	rc = ask_send(w, a, kind, passkey_evidence(by), NULL);
	if (rc != want)
		fail_msg("%s: %s, not %s", a->name, kms_rc_name(rc),
			 kms_rc_name(want));
	wallets_back(w);
}

static void expect_raw(struct wallets *w, const struct ask *a,
		       const struct passkey_assertion *by, enum kms_rc want)
{
	expect(w, a, EVIDENCE_RAW_PASSKEY, by, want);
}

/* --- in every build ----------------------------------------------------- */

static void other_levels_take_no_raw_assertion(void **state)
{
	struct wallets *w = *state;
	struct passkey_assertion by;

	for (uint8_t level = BIND_PAYLOAD; level <= BIND_INTENT; level++) {
		uint64_t slot = w->host->db.next_slot;
		const struct ask asks[] = { ask_hash(slot),
					    ask_address(slot, 0),
					    ask_op(slot, OP_DELETE),
					    ask_op(slot, OP_UNFREEZE) };

		assert_ok(create(w, level));
		assert_raw(&w->passkeys[0], &by);
		for (size_t i = 0; i < ARRAY_LEN(asks); i++)
			expect_raw(w, &asks[i], &by, KMS_RC_AUTH_REQUIRED);
	}
}

/* --- in the build that ships -------------------------------------------- */

static void the_build_that_ships_makes_no_such_wallet(void **state)
{
	struct wallets *w = *state;

	assert_rc(create(w, BIND_NOTHING), KMS_RC_DECODE);
	assert_ok(create(w, BIND_PAYLOAD));
}

/* --- in a development build --------------------------------------------- */

struct raw {
	struct wallets *w;
	uint64_t slot;
	struct passkey_assertion by;
};

static void start(struct raw *t, void **state)
{
	t->w = *state;
	t->slot = t->w->host->db.next_slot;
	assert_ok(create(t->w, BIND_NOTHING));
	assert_raw(&t->w->passkeys[0], &t->by);
}

/* What the reference's owners could do with it, and nothing that is newer. */
static void a_raw_assertion_does_for_the_reference_s_operations(void **state)
{
	struct raw t;

	start(&t, state);
	{
		const struct passkey *p = &t.w->passkeys[1];
		const struct ask takes[] = {
			ask_hash(t.slot),
			ask_message(t.slot, USE_MESSAGE),
			ask_message(t.slot, USE_MESSAGE_191),
			ask_transaction(t.slot),
			ask_address(t.slot, 3),
			ask_op(t.slot, OP_ISSUE_ADDRESS),
			ask_passkey(t.slot, OP_CHANGE_PASSKEY, p),
			ask_op(t.slot, OP_DELETE),
			ask_op(t.slot, OP_SCHEDULE_DELETION),
			ask_op(t.slot, OP_UNFREEZE),
		};
		const struct ask refuses[] = {
			ask_passkey(t.slot, OP_ADD_PASSKEY, p),
		};

		for (size_t i = 0; i < ARRAY_LEN(takes); i++)
			expect_raw(t.w, &takes[i], &t.by, KMS_RC_OK);
		for (size_t i = 0; i < ARRAY_LEN(refuses); i++)
			expect_raw(t.w, &refuses[i], &t.by,
				   KMS_RC_AUTH_REQUIRED);
	}
}

static void whose_it_is_is_judged_all_the_same(void **state)
{
	struct raw t;
	struct ask a = { 0 };

	start(&t, state);
	a = ask_hash(t.slot);
	assert_raw(&t.w->passkeys[1], &t.by);
	expect_raw(t.w, &a, &t.by, KMS_RC_AUTH_SIG);
	for (size_t bit = 0; bit < 512; bit++) {
		assert_raw(&t.w->passkeys[0], &t.by);
		t.by.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		passkey_encode_raw(&t.by);
		expect_raw(t.w, &a, &t.by, KMS_RC_AUTH_SIG);
	}
	assert_raw(&t.w->passkeys[0], &t.by);
	t.by.auth_data[0] ^= 1;
	passkey_sign(&t.w->passkeys[0], &t.by);
	passkey_encode_raw(&t.by);
	expect_raw(t.w, &a, &t.by, KMS_RC_AUTH_RP);
	t.w->passkeys[0].flags = 0;
	assert_raw(&t.w->passkeys[0], &t.by);
	expect_raw(t.w, &a, &t.by, KMS_RC_AUTH_FLAGS);
}

static void malformed_ones_are_refused(void **state)
{
	static const uint8_t zero[64];
	struct raw t;
	struct ask a = { 0 };

	start(&t, state);
	a = ask_hash(t.slot);
	for (size_t len = 0; len < t.by.len; len++) {
		struct bytes cut = bytes_of(t.by.encoded, len);

		assert_rc(ask_send(t.w, &a, EVIDENCE_RAW_PASSKEY, cut, NULL),
			  KMS_RC_AUTH_FORMAT);
	}
	memcpy(t.by.signature, zero, sizeof(zero));
	passkey_encode_raw(&t.by);
	expect_raw(t.w, &a, &t.by, KMS_RC_AUTH_FORMAT);
	/* Nor is one kind taken for the other. */
	expect(t.w, &a, EVIDENCE_PASSKEY, &t.by, KMS_RC_AUTH_FORMAT);
}

/* It has no nonce, so it spends nobody's; it is good again and again. */
static void it_spends_nothing(void **state)
{
	struct raw t;
	struct ask a = { 0 };
	struct passkey_assertion gesture;

	start(&t, state);
	a = ask_hash(t.slot);
	ask_gesture(t.w, &a, &t.w->passkeys[0], &gesture);
	for (int i = 0; i < 3; i++)
		assert_ok(ask_send(t.w, &a, EVIDENCE_RAW_PASSKEY,
				   passkey_evidence(&t.by), NULL));
	assert_ok(ask_with(t.w, &a, &gesture));
	assert_rc(ask_with(t.w, &a, &gesture), KMS_RC_AUTH_CHALLENGE);
}

/* The other half of the reference's transition build. */
static void a_bare_nonce_signs_too(void **state)
{
	struct raw t;
	uint8_t nonce[32];

	start(&t, state);
	{
		const struct ask takes[] = {
			ask_hash(t.slot),
			ask_message(t.slot, USE_MESSAGE),
			ask_transaction(t.slot),
			ask_address(t.slot, 3),
			ask_op(t.slot, OP_DELETE),
		};
		const struct ask add =
			ask_passkey(t.slot, OP_ADD_PASSKEY, &t.w->passkeys[1]);

		wallets_nonce(t.w, t.slot, nonce);
		passkey_assert(&t.w->passkeys[0], &t.by, nonce, nonce);
		for (size_t i = 0; i < ARRAY_LEN(takes); i++)
			expect(t.w, &takes[i], EVIDENCE_PASSKEY, &t.by,
			       KMS_RC_OK);
		expect(t.w, &add, EVIDENCE_PASSKEY, &t.by,
		       KMS_RC_AUTH_CHALLENGE);
		/* Its payload and its intent do as well. */
		assert_ok(ask_do(t.w, &takes[0], &t.w->passkeys[0]));
	}
}

int main(void)
{
	const struct CMUnitTest development[] = {
		wallets_test(other_levels_take_no_raw_assertion),
		wallets_test(
			a_raw_assertion_does_for_the_reference_s_operations),
		wallets_test(whose_it_is_is_judged_all_the_same),
		wallets_test(malformed_ones_are_refused),
		wallets_test(it_spends_nothing),
		wallets_test(a_bare_nonce_signs_too),
	};
	const struct CMUnitTest production[] = {
		wallets_test(other_levels_take_no_raw_assertion),
		wallets_test(the_build_that_ships_makes_no_such_wallet),
	};

	if (TA_IS_DEVELOPMENT)
		return cmocka_run_group_tests_name("raw assertions",
						   development, NULL, NULL);
	return cmocka_run_group_tests_name("no raw assertions", production,
					   NULL, NULL);
}
