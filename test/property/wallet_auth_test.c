/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I10: the rules of an assertion: RP, flags, counter, client data, origin,
 * challenge, signature, and which passkey; and those of a registration.
 */
#include "test/property/wallets.h"

#include "codec/auth_data.h"
#include "codec/client_data.h"

#include <string.h>

struct i10 {
	struct wallets *w;
	struct passkey *p;
	struct ask a;
	struct intent intent;
	struct passkey_assertion by;
	uint8_t challenge[32];
};

static void start(struct i10 *t, struct wallets *w)
{
	memset(t, 0, sizeof(*t));
	t->w = w;
	t->p = &w->passkeys[0];
	t->a = ask_hash(wallets_create(w, t->p, BIND_INTENT));
	t->intent = ask_intent(w, &t->a);
}

/* An honest gesture, to be spoilt. */
static void gesture(struct i10 *t)
{
	uint8_t nonce[32];

	wallets_nonce(t->w, t->a.slot, nonce);
	intent_challenge(t->challenge, nonce, &t->intent);
	passkey_assert(t->p, &t->by, nonce, t->challenge);
}

static void sends(struct i10 *t, enum kms_rc want)
{
	passkey_encode(&t->by);
	assert_rc(ask_with(t->w, &t->a, &t->by), want);
}

static void sends_signed(struct i10 *t, enum kms_rc want)
{
	passkey_sign(t->p, &t->by);
	sends(t, want);
}

/* --- authenticator data ------------------------------------------------- */

static void i10_every_bit_of_what_is_signed_is_signed(void **state)
{
	struct i10 t;

	start(&t, *state);
	gesture(&t);
	for (size_t bit = 0; bit < 8 * t.by.auth_len; bit++) {
		uint8_t mask = (uint8_t)(1u << bit % 8);
		enum kms_rc rc = KMS_RC_OK;

		t.by.auth_data[bit / 8] ^= mask;
		passkey_encode(&t.by);
		rc = ask_with(t.w, &t.a, &t.by);
		t.by.auth_data[bit / 8] ^= mask;
		if (bit < 256)
			assert_rc(rc, KMS_RC_AUTH_RP);
		else if (bit == 256 || bit == 258)
			assert_rc(rc, KMS_RC_AUTH_FLAGS);
		else if (bit == 262 || bit == 263)
			assert_rc(rc, KMS_RC_AUTH_FORMAT); /* AT, ED */
		else
			/* Reserved flags and the counter, which may go up. */
			assert_true(rc == KMS_RC_AUTH_SIG ||
				    rc == KMS_RC_AUTH_FORMAT);
	}
	for (size_t bit = 0; bit < 8 * t.by.client_len; bit++) {
		char was = t.by.client[bit / 8];

		t.by.client[bit / 8] = (char)(was ^ (char)(1u << bit % 8));
		passkey_encode(&t.by);
		assert_true(ask_with(t.w, &t.a, &t.by) != KMS_RC_OK);
		t.by.client[bit / 8] = was;
	}
	for (size_t bit = 0; bit < 512; bit++) {
		t.by.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		sends(&t, KMS_RC_AUTH_SIG);
		t.by.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	sends(&t, KMS_RC_OK);
}

static void i10_the_user_was_there_and_was_verified(void **state)
{
	struct i10 t;

	start(&t, *state);
	for (unsigned int flags = 0; flags < 64; flags++) {
		bool enough = (flags & 5) == 5;
		bool sane = (flags & 0x18) != 0x10; /* BS needs BE */
		enum kms_rc rc = KMS_RC_OK;

		t.p->flags = (uint8_t)flags;
		gesture(&t);
		rc = ask_with(t.w, &t.a, &t.by);
		if (enough && sane)
			assert_ok(rc);
		else if (sane)
			assert_rc(rc, KMS_RC_AUTH_FLAGS);
		else
			assert_true(rc == KMS_RC_AUTH_FORMAT ||
				    rc == KMS_RC_AUTH_FLAGS);
	}
}

static void i10_another_rp_s_assertion_is_refused(void **state)
{
	struct i10 t;

	start(&t, *state);
	gesture(&t);
	sha256_once(t.by.auth_data, "example.com", 11);
	sends_signed(&t, KMS_RC_AUTH_RP);
}

static void i10_authenticator_data_has_its_length(void **state)
{
	static const size_t bad[] = { 0, 1, 32, 36, 38, 60, 1024 };
	struct i10 t;

	start(&t, *state);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		gesture(&t);
		t.by.auth_len = bad[i];
		sends_signed(&t, KMS_RC_AUTH_FORMAT);
	}
	gesture(&t);
	t.by.auth_len = 1025; /* more than the border lets through */
	sends_signed(&t, KMS_RC_AUTH_FORMAT);
	/* Extensions, as some authenticators send them: {"x": true} */
	gesture(&t);
	t.by.auth_data[32] |= AUTH_DATA_ED;
	memcpy(t.by.auth_data + 37, "\xa1\x61x\xf5", 4);
	t.by.auth_len = 41;
	sends_signed(&t, KMS_RC_OK);
}

/* --- client data -------------------------------------------------------- */

/* How browsers and native clients write it. */
static void i10_the_client_data_of_browsers_is_taken(void **state)
{
	static const char *const good[] = {
		/* Chrome, Edge */
		"{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":"
		"\"" PASSKEY_ORIGIN "\",\"crossOrigin\":false}",
		/* Chrome, now and then, on purpose */
		"{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":"
		"\"" PASSKEY_ORIGIN "\",\"crossOrigin\":false,"
		"\"other_keys_can_be_added_here\":\"do not compare "
		"clientDataJSON against a template. See "
		"https://goo.gl/yabPex\"}",
		/* Safari before 15 */
		"{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":"
		"\"" PASSKEY_ORIGIN "\"}",
		/* Firefox before 120 */
		"{\"challenge\":\"%s\",\"clientExtensions\":{},"
		"\"hashAlgorithm\":\"SHA-256\",\"origin\":\"" PASSKEY_ORIGIN
		"\",\"type\":\"webauthn.get\"}",
		/* written by hand */
		"{ \"origin\" : \"" PASSKEY_ORIGIN "\" ,\n\t\"type\" : "
		"\"webauthn.get\", \"crossOrigin\" : false, \"challenge\" : "
		"\"%s\" }",
	};
	struct i10 t;

	start(&t, *state);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		gesture(&t);
		passkey_client_form(&t.by, good[i], t.challenge);
		sends_signed(&t, KMS_RC_OK);
	}
}

static void i10_other_client_data_is_refused(void **state)
{
	static const struct {
		const char *form;
		enum kms_rc rc;
	} bad[] = {
		{ "{\"type\":\"webauthn.create\",\"challenge\":\"%s\","
		  "\"origin\":\"" PASSKEY_ORIGIN "\",\"crossOrigin\":false}",
		  KMS_RC_AUTH_FORMAT },
		{ "{\"type\":\"payment.get\",\"challenge\":\"%s\","
		  "\"origin\":\"" PASSKEY_ORIGIN "\",\"crossOrigin\":false}",
		  KMS_RC_AUTH_FORMAT },
		{ "{\"challenge\":\"%s\",\"origin\":\"" PASSKEY_ORIGIN
		  "\",\"crossOrigin\":false}",
		  KMS_RC_AUTH_FORMAT },
		{ "{\"type\":\"webauthn.get\",\"challenge\":\"%s\","
		  "\"challenge\":\"AAAA\",\"origin\":\"" PASSKEY_ORIGIN "\"}",
		  KMS_RC_AUTH_FORMAT },
		{ "{\"type\":\"webauthn.get\",\"challenge\":\"%s\","
		  "\"origin\":\"" PASSKEY_ORIGIN "\",\"crossOrigin\":false} x",
		  KMS_RC_AUTH_FORMAT },
		{ "{\"x\":{\"type\":\"webauthn.get\",\"challenge\":\"%s\","
		  "\"origin\":\"" PASSKEY_ORIGIN "\"}}",
		  KMS_RC_AUTH_FORMAT },
		{ "{\"type\":\"webauthn.get\",\"challenge\":\"%s\","
		  "\"origin\":\"" PASSKEY_ORIGIN "\",\"crossOrigin\":true}",
		  KMS_RC_AUTH_RP },
		{ "{\"type\":\"webauthn.get\",\"challenge\":\"%s\","
		  "\"origin\":\"https://example.org\"}",
		  KMS_RC_AUTH_RP },
		{ "{\"type\":\"webauthn.get\",\"challenge\":\"%s\","
		  "\"origin\":\"https://wallet.example.org.evil.net\"}",
		  KMS_RC_AUTH_RP },
		{ "{\"type\":\"webauthn.get\",\"challenge\":\"%s\","
		  "\"origin\":\"http://wallet.example.org\"}",
		  KMS_RC_AUTH_RP },
		{ "{\"type\":\"webauthn.get\",\"challenge\":\"%s\","
		  "\"origin\":\"\"}",
		  KMS_RC_AUTH_FORMAT },
	};
	struct i10 t;

	start(&t, *state);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		enum kms_rc rc = KMS_RC_OK;

		gesture(&t);
		passkey_client_form(&t.by, bad[i].form, t.challenge);
		passkey_sign(t.p, &t.by);
		passkey_encode(&t.by);
		rc = ask_with(t.w, &t.a, &t.by);
		if (rc != bad[i].rc)
			fail_msg("%s gives %s", bad[i].form, kms_rc_name(rc));
	}
}

static void i10_the_list_of_origins_is_the_wallet_s(void **state)
{
	static const char list[] = "https://*.example.net,"
				   "android:apk-key-hash:abcdefghijklmnop,"
				   "http://localhost:*";
	static const struct {
		const char *origin;
		bool allowed;
	} rows[] = {
		{ "https://a.example.net", true },
		{ "android:apk-key-hash:abcdefghijklmnop", true },
		{ "http://localhost:3000", true },
		{ "https://example.net", false },
		{ "https://a.example.net,http://localhost:3000", false },
		{ PASSKEY_ORIGIN, false },
		{ "android:apk-key-hash:abcdefghijklmno", false },
	};
	struct i10 t;
	struct host_op ops[2];

	start(&t, *state);
	wallets_creation(ops, t.p, BIND_INTENT);
	ops[0].origins = bytes_of(list, sizeof(list) - 1);
	t.a.slot = t.w->host->db.next_slot;
	assert_ok(host_apply(t.w->host, ops, 2));
	t.intent = ask_intent(t.w, &t.a);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum kms_rc rc = KMS_RC_OK;

		gesture(&t);
		passkey_client_data(&t.by, CLIENT_DATA_GET, t.challenge,
				    rows[i].origin);
		passkey_sign(t.p, &t.by);
		passkey_encode(&t.by);
		rc = ask_with(t.w, &t.a, &t.by);
		assert_true((rc == KMS_RC_OK) == rows[i].allowed);
	}
}

/* --- counters ----------------------------------------------------------- */

static void count(struct i10 *t, uint32_t value, enum kms_rc want)
{
	t->p->sign_count = value;
	gesture(t);
	assert_rc(ask_with(t->w, &t->a, &t->by), want);
}

static void i10_a_counter_only_goes_up(void **state)
{
	struct i10 t;

	start(&t, *state);
	count(&t, 0, KMS_RC_OK);
	count(&t, 0, KMS_RC_OK);
	count(&t, 5, KMS_RC_OK);
	count(&t, 5, KMS_RC_AUTH_COUNTER);
	count(&t, 4, KMS_RC_AUTH_COUNTER);
	/* A clone that says it does not count is no way out. */
	count(&t, 0, KMS_RC_AUTH_COUNTER);
	count(&t, 6, KMS_RC_OK);
	count(&t, UINT32_MAX, KMS_RC_OK);
	count(&t, UINT32_MAX, KMS_RC_AUTH_COUNTER);
	count(&t, 1, KMS_RC_AUTH_COUNTER);
}

/* What RAM has seen goes into the record with the next change. */
static void i10_a_change_writes_counters_down(void **state)
{
	struct i10 t;
	struct ask freeze = { 0 };
	struct ask unfreeze = { 0 };

	start(&t, *state);
	freeze = ask_op(t.a.slot, OP_FREEZE);
	unfreeze = ask_op(t.a.slot, OP_UNFREEZE);
	count(&t, 100, KMS_RC_OK);
	assert_ok(ask_do_alone(t.w, &freeze));
	fixture_restart(t.w->f);
	t.p->sign_count = 100;
	assert_rc(ask_do(t.w, &unfreeze, t.p), KMS_RC_AUTH_COUNTER);
	t.p->sign_count = 101;
	assert_ok(ask_do(t.w, &unfreeze, t.p));
	count(&t, 101, KMS_RC_AUTH_COUNTER);
	fixture_restart(t.w->f);
	count(&t, 101, KMS_RC_AUTH_COUNTER);
	count(&t, 102, KMS_RC_OK);
	/* Signatures alone write nothing: a restart forgets them. */
	fixture_restart(t.w->f);
	count(&t, 102, KMS_RC_OK);
}

static void i10_each_passkey_has_its_counter(void **state)
{
	struct i10 t;
	struct ask a = { 0 };
	struct passkey *other = NULL;

	start(&t, *state);
	other = &t.w->passkeys[1];
	a = ask_passkey(t.a.slot, OP_ADD_PASSKEY, other);
	assert_ok(ask_do(t.w, &a, t.p));
	count(&t, 50, KMS_RC_OK);
	t.p = other;
	count(&t, 3, KMS_RC_OK);
	count(&t, 3, KMS_RC_AUTH_COUNTER);
	/* The first one goes; the other keeps its own. */
	a = ask_passkey(t.a.slot, OP_REMOVE_PASSKEY, &t.w->passkeys[0]);
	t.p->sign_count = 4;
	assert_ok(ask_do(t.w, &a, other));
	count(&t, 4, KMS_RC_AUTH_COUNTER);
	count(&t, 5, KMS_RC_OK);
	/* A new passkey begins at 0. */
	a = ask_passkey(t.a.slot, OP_CHANGE_PASSKEY, &t.w->passkeys[2]);
	t.p->sign_count = 6;
	assert_ok(ask_do(t.w, &a, other));
	t.p = &t.w->passkeys[2];
	count(&t, 0, KMS_RC_OK);
	count(&t, 1, KMS_RC_OK);
}

/* --- which passkey ------------------------------------------------------ */

static void i10_the_credential_picks_the_passkey(void **state)
{
	static const uint8_t unknown[32] = { 9 };
	struct i10 t;
	struct passkey *p = NULL;

	start(&t, *state);
	p = t.w->passkeys;
	/* 0: not known, 1 and 2: known */
	for (size_t i = 1; i < 3; i++) {
		struct ask a = ask_passkey(t.a.slot, OP_ADD_PASSKEY, &p[i]);

		assert_ok(ask_do(t.w, &a, &p[0]));
	}
	for (size_t by = 0; by < 4; by++)
		for (size_t says = 0; says < 5; says++) {
			bool good =
				by < 3 && (says == 4 || says == by ||
					   (by == 0 && says != 1 && says != 2));

			t.p = &p[by];
			gesture(&t);
			if (says < 3)
				t.by.credential_hash =
					bytes_of(p[says].credential_hash, 32);
			if (says == 3)
				t.by.credential_hash = bytes_of(unknown, 32);
			sends(&t, good ? KMS_RC_OK : KMS_RC_AUTH_SIG);
		}
	t.p = &p[0];
	gesture(&t);
	t.by.credential_hash = bytes_of(unknown, 31);
	sends(&t, KMS_RC_AUTH_FORMAT);
}

/* The second of them would never be found by its credential. */
static void i10_no_two_passkeys_of_a_wallet_have_one_credential(void **state)
{
	struct i10 t;
	struct passkey twin;
	struct ask a = { 0 };

	start(&t, *state);
	a = ask_passkey(t.a.slot, OP_ADD_PASSKEY, &t.w->passkeys[1]);
	assert_ok(ask_do(t.w, &a, &t.w->passkeys[0]));
	twin = t.w->passkeys[2];
	memcpy(twin.credential_hash, t.w->passkeys[1].credential_hash,
	       sizeof(twin.credential_hash));
	a = ask_passkey(t.a.slot, OP_ADD_PASSKEY, &twin);
	assert_rc(ask_do(t.w, &a, &t.w->passkeys[0]), KMS_RC_POLICY_DENY);
	a = ask_passkey(t.a.slot, OP_CHANGE_PASSKEY, &twin);
	assert_rc(ask_do(t.w, &a, &t.w->passkeys[0]), KMS_RC_POLICY_DENY);
}

static void i10_numbers_that_are_no_signature_do_not_reach_the_tee(void **state)
{
	/* The order of P-256's group. */
	static const uint8_t n[32] = {
		0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
		0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
	};
	struct i10 t;

	start(&t, *state);
	for (size_t half = 0; half < 2; half++) {
		gesture(&t);
		memset(t.by.signature + 32 * half, 0, 32);
		sends(&t, KMS_RC_AUTH_FORMAT);
		memcpy(t.by.signature + 32 * half, n, 32);
		sends(&t, KMS_RC_AUTH_FORMAT);
		memset(t.by.signature + 32 * half, 0xff, 32);
		sends(&t, KMS_RC_AUTH_FORMAT);
	}
}

/* Authenticators do not make s low, and need not. */
static void i10_a_high_s_is_as_good(void **state)
{
	struct i10 t;
	bool high = false;
	bool low = false;

	start(&t, *state);
	while (!high || !low) {
		gesture(&t);
		high |= t.by.signature[32] >> 7;
		low |= !(t.by.signature[32] >> 7);
		sends(&t, KMS_RC_OK);
	}
}

/* What one glitch makes of a verdict, the other one does not confirm. */
static void i10_the_signature_is_verified_twice(void **state)
{
	struct wallets *w = *state;
	struct fixture *f = w->f;
	struct abi_info_rsp info = { 0 };
	struct i10 t;

	start(&t, w);
	gesture(&t);
	sends(&t, KMS_RC_OK);
	gesture(&t);
	gp_count_reset();
	sends(&t, KMS_RC_OK);
	assert_int_equal(gp_count(GP_CALL_CRYPTO), 2);
	gesture(&t);
	gp_fault_set(GP_CALL_CRYPTO, 1, 1, GP_FAULT_ERROR);
	sends(&t, KMS_RC_AUTH_SIG);
	/* The instance is dead then, which is a change (I9). */
	w->f = NULL;
	gp_fault_set(GP_CALL_CRYPTO, 2, 1, GP_FAULT_ERROR);
	sends(&t, KMS_RC_FAULT);
	gp_fault_set(GP_CALL_CRYPTO, 0, 0, GP_FAULT_NONE);
	w->f = f;
	assert_int_equal(w->host->rsp_body.len, 0);
	assert_rc(host_info(w->host, &info), KMS_RC_FAULT);
}

static void i10_other_evidence_is_not_a_passkey_s(void **state)
{
	static const uint8_t presented[SHA256_LEN] = { 1 };
	struct i10 t;
	struct ask a = { 0 };

	start(&t, *state);
	a = ask_op(t.a.slot, OP_UNFREEZE);
	gesture(&t);
	for (uint8_t kind = 0; kind < 8; kind++) {
		if (kind == EVIDENCE_PASSKEY)
			continue;
		assert_rc(ask_send(t.w, &t.a, kind, passkey_evidence(&t.by),
				   NULL),
			  KMS_RC_AUTH_REQUIRED);
		assert_rc(ask_send(t.w, &t.a, kind, bytes_of(presented, 32),
				   NULL),
			  KMS_RC_AUTH_REQUIRED);
		assert_rc(ask_send(t.w, &a, kind, (struct bytes){ 0 }, NULL),
			  KMS_RC_AUTH_REQUIRED);
	}
	assert_rc(ask_send(t.w, &t.a, EVIDENCE_PASSKEY, (struct bytes){ 0 },
			   NULL),
		  KMS_RC_AUTH_FORMAT);
	/* Cut off anywhere, or with something behind it. */
	for (size_t len = 0; len < t.by.len; len++)
		assert_rc(ask_send(t.w, &t.a, EVIDENCE_PASSKEY,
				   bytes_of(t.by.encoded, len), NULL),
			  KMS_RC_AUTH_FORMAT);
	t.by.len += 4;
	assert_rc(ask_with(t.w, &t.a, &t.by), KMS_RC_AUTH_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		wallets_test(i10_every_bit_of_what_is_signed_is_signed),
		wallets_test(i10_the_user_was_there_and_was_verified),
		wallets_test(i10_another_rp_s_assertion_is_refused),
		wallets_test(i10_authenticator_data_has_its_length),
		wallets_test(i10_the_client_data_of_browsers_is_taken),
		wallets_test(i10_other_client_data_is_refused),
		wallets_test(i10_the_list_of_origins_is_the_wallet_s),
		wallets_test(i10_a_counter_only_goes_up),
		wallets_test(i10_a_change_writes_counters_down),
		wallets_test(i10_each_passkey_has_its_counter),
		wallets_test(i10_the_credential_picks_the_passkey),
		wallets_test(
			i10_no_two_passkeys_of_a_wallet_have_one_credential),
		wallets_test(
			i10_numbers_that_are_no_signature_do_not_reach_the_tee),
		wallets_test(i10_a_high_s_is_as_good),
		wallets_test(i10_the_signature_is_verified_twice),
		wallets_test(i10_other_evidence_is_not_a_passkey_s),
	};

	return cmocka_run_group_tests_name("assertion", tests, NULL, NULL);
}
