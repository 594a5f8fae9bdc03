/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a wallet begins: pairs of ops, what is fixed for good, registrations.
 */
#include "test/property/wallets.h"

#include "codec/auth_data.h"
#include "codec/client_data.h"

#include <string.h>

struct creation {
	struct wallets *w;
	struct passkey *p;
	struct host_op ops[4];
	struct passkey_assertion by;
};

static void start(struct creation *t, struct wallets *w, uint8_t level)
{
	memset(t, 0, sizeof(*t));
	t->w = w;
	t->p = &w->passkeys[0];
	wallets_creation(t->ops, t->p, level);
}

/* Prepares so many ops, checks I9 when that fails, and goes back. */
static enum kms_rc prepare(struct creation *t, size_t count)
{
	uint8_t before[32];
	uint8_t after[32];
	enum kms_rc rc = KMS_RC_INTERNAL;

	wallets_mark(t->w);
	ta_digest(&t->w->f->one.ta, before);
	rc = host_prepare(t->w->host, t->ops, count);
	ta_digest(&t->w->f->one.ta, after);
	if (rc && memcmp(before, after, sizeof(before)) != 0)
		fail_msg("I9: a refused batch (%s) has changed something",
			 kms_rc_name(rc));
	wallets_back(t->w);
	return rc;
}

static void refused(struct creation *t, enum kms_rc want)
{
	assert_rc(prepare(t, 2), want);
	wallets_creation(t->ops, t->p, BIND_INTENT);
}

/* --- pairs -------------------------------------------------------------- */

static void half_a_pair_is_refused(void **state)
{
	struct creation t;
	struct host_op wallet;
	struct host_op vault;
	struct host_op key = host_create(KEY_SPEC_SECP256K1);

	start(&t, *state, BIND_INTENT);
	wallet = t.ops[0];
	vault = t.ops[1];
	assert_ok(prepare(&t, 2));
	assert_rc(prepare(&t, 1), KMS_RC_DECODE);
	t.ops[0] = vault;
	assert_rc(prepare(&t, 1), KMS_RC_DECODE);
	t.ops[1] = wallet;
	assert_rc(prepare(&t, 2), KMS_RC_DECODE);
	/* Not adjacent, doubled, and halves of two pairs. */
	t.ops[0] = wallet;
	t.ops[1] = key;
	t.ops[2] = vault;
	assert_rc(prepare(&t, 3), KMS_RC_DECODE);
	t.ops[1] = vault;
	assert_rc(prepare(&t, 3), KMS_RC_DECODE);
	t.ops[1] = wallet;
	t.ops[2] = vault;
	t.ops[3] = vault;
	assert_rc(prepare(&t, 4), KMS_RC_DECODE);
	t.ops[1] = vault;
	t.ops[2] = wallet;
	assert_ok(prepare(&t, 4));
}

static void half_a_deletion_is_refused(void **state)
{
	struct creation t;
	uint64_t a = 0;
	uint64_t b = 0;
	struct ask gone = { 0 };

	start(&t, *state, BIND_INTENT);
	a = wallets_create(t.w, t.p, BIND_INTENT);
	b = wallets_create(t.w, t.p, BIND_INTENT);
	gone = ask_op(a, OP_DELETE);
	ask_gesture(t.w, &gone, t.p, &t.by);
	t.ops[0] = host_change(t.w->host, a, OP_DELETE, 0);
	t.ops[0].evidence_kind = EVIDENCE_PASSKEY;
	t.ops[0].evidence = passkey_evidence(&t.by);
	assert_rc(prepare(&t, 1), KMS_RC_DECODE);
	/* The vault of the other wallet is not this one's half. */
	t.ops[1] = host_change(t.w->host, b + 1, OP_DELETE_VAULT, 0);
	assert_rc(prepare(&t, 2), KMS_RC_DECODE);
	/* Nor is a wallet, or the same once more. */
	t.ops[1] = host_change(t.w->host, b, OP_DELETE_VAULT, 0);
	assert_rc(prepare(&t, 2), KMS_RC_NOT_FOUND);
	t.ops[1] = host_change(t.w->host, a + 1, OP_DELETE_VAULT, 0);
	assert_ok(prepare(&t, 2));
	t.ops[1].evidence_kind = EVIDENCE_PASSKEY;
	assert_rc(prepare(&t, 2), KMS_RC_AUTH_FORMAT);
	t.ops[1].evidence = passkey_evidence(&t.by);
	assert_rc(prepare(&t, 2), KMS_RC_DECODE);
	t.ops[0] = host_change(t.w->host, a + 1, OP_DELETE_VAULT, 0);
	assert_rc(prepare(&t, 1), KMS_RC_DECODE);
	/* A vault has no other end. */
	t.ops[0] = host_change(t.w->host, a + 1, OP_DELETE, 0);
	assert_rc(prepare(&t, 1), KMS_RC_NOT_FOUND);
	t.ops[0] =
		host_change(t.w->host, a + 1, OP_SET_STATE, KEY_STATE_DISABLED);
	assert_rc(prepare(&t, 1), KMS_RC_NOT_FOUND);
}

/* --- members ------------------------------------------------------------ */

static void what_a_wallet_is_told_is_checked(void **state)
{
	static const char comma[] = "https://a.example.org,";
	static const char twice[] = "https://a.example.org,,https://b.org";
	static const char path[] = "https://a.example.org/x";
	static const uint8_t zero[64];
	struct creation t;
	uint8_t off[64];

	start(&t, *state, BIND_INTENT);
	t.ops[0].bind_level = 3;
	refused(&t, KMS_RC_DECODE);
	t.ops[0].bind_level = 255;
	refused(&t, KMS_RC_DECODE);
	t.ops[0].rp_id.len = 0;
	refused(&t, KMS_RC_DECODE);
	t.ops[0].rp_id.ptr = NULL;
	refused(&t, KMS_RC_DECODE);
	t.ops[0].origins.len = 0;
	refused(&t, KMS_RC_DECODE);
	t.ops[0].origins = bytes_of(comma, sizeof(comma) - 1);
	refused(&t, KMS_RC_DECODE);
	t.ops[0].origins = bytes_of(comma + 21, 1);
	refused(&t, KMS_RC_DECODE);
	t.ops[0].origins = bytes_of(twice, sizeof(twice) - 1);
	refused(&t, KMS_RC_DECODE);
	t.ops[0].origins = bytes_of(path, sizeof(path) - 1);
	refused(&t, KMS_RC_DECODE);
	t.ops[0].passkey = bytes_of(zero, 64);
	refused(&t, KMS_RC_DECODE);
	t.ops[0].passkey.len = 63;
	refused(&t, KMS_RC_DECODE);
	memcpy(off, t.p->pub, sizeof(off));
	off[63] ^= 1;
	t.ops[0].passkey = bytes_of(off, 64);
	refused(&t, KMS_RC_DECODE);
	t.ops[0].credential_hash = bytes_of(zero, 32);
	refused(&t, KMS_RC_DECODE);
	t.ops[0].credential_hash = bytes_of(t.p->credential_hash, 31);
	refused(&t, KMS_RC_DECODE);
	t.ops[0].credential_hash = bytes_of(t.p->credential_hash, 32);
	assert_ok(prepare(&t, 2));
	/* Who may create is who may create a key. */
	t.ops[0].evidence_kind = EVIDENCE_PASSKEY;
	refused(&t, KMS_RC_AUTH_REQUIRED);
	t.ops[0].evidence_kind = EVIDENCE_API_KEY;
	refused(&t, KMS_RC_AUTH_FORMAT);
}

/* One member too many, by number; false when there are no more. */
static bool add_member(struct creation *t, struct host_op *op, int what)
{
	switch (what) {
	case 0:
		op->passkey = bytes_of(t->p->pub, 64);
		return true;
	case 1:
		op->credential_hash = bytes_of(t->p->credential_hash, 32);
		return true;
	case 2:
		op->rp_id = bytes_of("a", 1);
		return true;
	case 3:
		op->origins = bytes_of("https://a.org", 13);
		return true;
	case 4:
		op->registration = passkey_evidence(&t->by);
		return true;
	default:
		return false;
	}
}

/* Members that belong to another op are refused, not ignored. */
static void no_op_takes_another_s_members(void **state)
{
	struct creation t;
	struct ask a = { 0 };
	uint64_t slot = 0;
	bool more = true;

	start(&t, *state, BIND_INTENT);
	slot = wallets_create(t.w, t.p, BIND_INTENT);
	a = ask_op(slot, OP_UNFREEZE);
	for (int what = 0; more; what++) {
		ask_gesture(t.w, &a, t.p, &t.by);
		t.ops[0] = host_change(t.w->host, slot, OP_UNFREEZE, 0);
		t.ops[0].evidence_kind = EVIDENCE_PASSKEY;
		t.ops[0].evidence = passkey_evidence(&t.by);
		more = add_member(&t, &t.ops[0], what);
		assert_rc(prepare(&t, 1), more ? KMS_RC_DECODE : KMS_RC_OK);
		t.ops[0] = host_create(KEY_SPEC_SECP256K1);
		more = add_member(&t, &t.ops[0], what);
		assert_rc(prepare(&t, 1), more ? KMS_RC_DECODE : KMS_RC_OK);
	}
	wallets_creation(t.ops, t.p, BIND_INTENT);
	t.ops[1].passkey = bytes_of(t.p->pub, 64);
	assert_rc(prepare(&t, 2), KMS_RC_DECODE);
}

/* --- registrations ------------------------------------------------------ */

static void registration(struct creation *t)
{
	static const uint8_t no_wallet[ABI_UUID_LEN];
	uint8_t nonce[32];

	assert_ok(wallets_nonce_for(t->w->host, no_wallet, nonce));
	passkey_register(t->p, &t->by, nonce);
}

static enum kms_rc send_registration(struct creation *t)
{
	passkey_encode_registration(&t->by);
	t->ops[0].registration = passkey_evidence(&t->by);
	return prepare(t, 2);
}

static void a_registration_fills_in_its_credential(void **state)
{
	struct creation t;
	struct ask sign = { 0 };

	start(&t, *state, BIND_INTENT);
	t.p->sign_count = 7;
	registration(&t);
	t.ops[0].registration = passkey_evidence(&t.by);
	assert_ok(host_apply(t.w->host, t.ops, 2));
	sign = ask_hash(0);
	for (uint32_t n = 7; n < 9; n++) {
		t.p->sign_count = n;
		ask_gesture(t.w, &sign, t.p, &t.by);
		t.by.credential_hash = bytes_of(t.p->credential_hash, 32);
		passkey_encode(&t.by);
		assert_rc(ask_with(t.w, &sign, &t.by),
			  n == 7 ? KMS_RC_AUTH_COUNTER : KMS_RC_OK);
	}
	/* The credential is known now, so no other may be named. */
	t.p->sign_count = 9;
	ask_gesture(t.w, &sign, t.p, &t.by);
	t.by.credential_hash = bytes_of(t.w->passkeys[1].credential_hash, 32);
	passkey_encode(&t.by);
	assert_rc(ask_with(t.w, &sign, &t.by), KMS_RC_AUTH_SIG);
}

static void i8_a_registration_s_nonce_is_spent_once(void **state)
{
	struct creation t;

	start(&t, *state, BIND_INTENT);
	registration(&t);
	t.ops[0].registration = passkey_evidence(&t.by);
	memcpy(&t.ops[2], &t.ops[0], 2 * sizeof(t.ops[0]));
	assert_rc(prepare(&t, 4), KMS_RC_AUTH_CHALLENGE);
	assert_ok(host_apply(t.w->host, t.ops, 2));
	assert_rc(prepare(&t, 2), KMS_RC_AUTH_CHALLENGE);
	registration(&t);
	gp_clock_advance(121000);
	assert_rc(send_registration(&t), KMS_RC_AUTH_CHALLENGE);
}

static void check_authenticator_s_part(struct creation *t, uint8_t level)
{
	uint8_t *flags = &t->by.auth_data[32];

	t->by.auth_data[0] ^= 1;
	assert_rc(send_registration(t), KMS_RC_AUTH_RP);
	t->by.auth_data[0] ^= 1;
	*flags &= (uint8_t)~AUTH_DATA_UP;
	assert_rc(send_registration(t), KMS_RC_AUTH_FLAGS);
	*flags |= AUTH_DATA_UP;
	/* Existing clients of level 1 do not ask for it. */
	*flags &= (uint8_t)~AUTH_DATA_UV;
	assert_rc(send_registration(t),
		  level == BIND_PAYLOAD ? KMS_RC_OK : KMS_RC_AUTH_FLAGS);
	*flags |= AUTH_DATA_UV;
	*flags &= (uint8_t)~AUTH_DATA_AT;
	assert_rc(send_registration(t), KMS_RC_AUTH_FORMAT);
	*flags |= AUTH_DATA_AT;
	/* The credential of another key, or another id of this one. */
	t->by.auth_data[AUTH_DATA_MIN + 44] ^= 1;
	assert_rc(send_registration(t), KMS_RC_AUTH_FORMAT);
	t->by.auth_data[AUTH_DATA_MIN + 44] ^= 1;
	t->ops[0].credential_hash =
		bytes_of(t->w->passkeys[1].credential_hash, 32);
	assert_rc(send_registration(t), KMS_RC_AUTH_FORMAT);
	t->ops[0].credential_hash = bytes_of(t->p->credential_hash, 32);
	assert_ok(send_registration(t));
	t->by.auth_len--;
	assert_rc(send_registration(t), KMS_RC_AUTH_FORMAT);
	t->by.auth_len++;
}

static void check_browser_s_part(struct creation *t)
{
	uint8_t nonce[32];

	passkey_client_data(&t->by, CLIENT_DATA_CREATE, t->by.nonce,
			    "https://evil.net");
	assert_rc(send_registration(t), KMS_RC_AUTH_RP);
	passkey_client_data(&t->by, CLIENT_DATA_GET, t->by.nonce,
			    PASSKEY_ORIGIN);
	assert_rc(send_registration(t), KMS_RC_AUTH_FORMAT);
	memcpy(nonce, t->by.nonce, sizeof(nonce));
	nonce[31] ^= 1;
	passkey_client_data(&t->by, CLIENT_DATA_CREATE, nonce, PASSKEY_ORIGIN);
	assert_rc(send_registration(t), KMS_RC_AUTH_CHALLENGE);
	memcpy(t->by.nonce, nonce, sizeof(nonce));
	assert_rc(send_registration(t), KMS_RC_AUTH_CHALLENGE);
	/* A nonce for a wallet is none for a registration. */
	memset(nonce, 1, sizeof(nonce));
	assert_ok(wallets_nonce_for(t->w->host, nonce, t->by.nonce));
	passkey_client_data(&t->by, CLIENT_DATA_CREATE, t->by.nonce,
			    PASSKEY_ORIGIN);
	assert_rc(send_registration(t), KMS_RC_AUTH_CHALLENGE);
}

static void i10_the_rules_of_a_registration(void **state)
{
	for (uint8_t level = 1; level <= 2; level++) {
		struct creation t;

		start(&t, *state, level);
		registration(&t);
		assert_ok(send_registration(&t));
		check_authenticator_s_part(&t, level);
		check_browser_s_part(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		wallets_test(half_a_pair_is_refused),
		wallets_test(half_a_deletion_is_refused),
		wallets_test(what_a_wallet_is_told_is_checked),
		wallets_test(no_op_takes_another_s_members),
		wallets_test(a_registration_fills_in_its_credential),
		wallets_test(i8_a_registration_s_nonce_is_spent_once),
		wallets_test(i10_the_rules_of_a_registration),
	};

	return cmocka_run_group_tests_name("creation", tests, NULL, NULL);
}
