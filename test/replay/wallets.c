/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What owners do with their wallets: creation, uses at both levels, addresses,
 * passkeys, states, and what of it a restart leaves. A gesture that is good is
 * verified twice, in software here: few of them are.
 */
#include "codec/auth_data.h"
#include "codec/client_data.h"
#include "test/replay/owner.h"

#include <string.h>

/* --- creation ----------------------------------------------------------- */

static void half_a_wallet(struct recorder *r)
{
	struct host_op ops[3];

	r->note = "half a wallet";
	wallets_creation(ops, &r->wallets->passkeys[0], BIND_INTENT);
	step_expect(r, host_prepare(&r->host, ops, 1), KMS_RC_DECODE);
	step_expect(r, host_prepare(&r->host, ops + 1, 1), KMS_RC_DECODE);
	ops[2] = ops[1];
	step_expect(r, host_prepare(&r->host, ops, 3), KMS_RC_DECODE);
	ops[1] = host_create(KEY_SPEC_SECP256K1);
	step_expect(r, host_prepare(&r->host, ops, 3), KMS_RC_DECODE);
}

/* Each member as it cannot be; false when there are no more. */
static bool spoil_member(struct host_op *op, unsigned int n)
{
	static const uint8_t zero[64];
	static const char origin[] = "https://a.example.org/x";

	switch (n) {
	case 0:
		op->bind_level = BIND_INTENT + 1;
		return true;
	case 1:
		op->rp_id.len = 0;
		return true;
	case 2:
		op->origins = bytes_of(origin, sizeof(origin) - 1);
		return true;
	case 3:
		op->passkey = bytes_of(zero, sizeof(zero));
		return true;
	case 4:
		op->passkey.len--;
		return true;
	case 5:
		op->credential_hash = bytes_of(zero, SHA256_LEN);
		return true;
	case 6: /* is none */
		op->registration = bytes_of(zero, sizeof(zero));
		return true;
	default:
		return false;
	}
}

static void create_oddly(struct recorder *r)
{
	struct host_op ops[2];
	uint8_t off[64];

	r->note = "a wallet of what is no passkey, RP or origin";
	wallets_creation(ops, &r->wallets->passkeys[0], BIND_INTENT);
	for (unsigned int n = 0; spoil_member(&ops[0], n); n++) {
		step_refused(r, host_prepare(&r->host, ops, 2));
		wallets_creation(ops, &r->wallets->passkeys[0], BIND_INTENT);
	}
	memcpy(off, r->wallets->passkeys[0].pub, sizeof(off));
	off[63] ^= 1;
	ops[0].passkey = bytes_of(off, sizeof(off));
	step_expect(r, host_prepare(&r->host, ops, 2), KMS_RC_DECODE);
	ops[1].passkey = bytes_of(off, sizeof(off));
	step_expect(r, host_prepare(&r->host, ops + 1, 1), KMS_RC_DECODE);
}

static void create(struct recorder *r)
{
	static struct host_op ops[ABI_BATCH_OPS];
	uint8_t entropy[64];

	r->note = "create wallets";
	prng_fill(&r->prng, entropy, sizeof(entropy));
	for (size_t i = 0; i < ABI_BATCH_OPS; i += 2) {
		const struct passkey *p =
			&r->wallets->passkeys[i % WALLETS_PASSKEYS];

		wallets_creation(&ops[i], p,
				 i % 4 ? BIND_PAYLOAD : BIND_INTENT);
		if (i % 3 == 1)
			ops[i].credential_hash =
				bytes_of(p->credential_hash, SHA256_LEN);
		if (i % 3 == 2)
			ops[i].entropy = bytes_of(entropy, sizeof(entropy));
		if (i % 5 == 0) {
			ops[i].evidence_kind = EVIDENCE_API_KEY;
			ops[i].evidence =
				bytes_of(step_token, sizeof(step_token));
		}
	}
	recorder_ok(r, host_apply(&r->host, ops, 2));
	recorder_ok(r, host_apply(&r->host, ops, ABI_BATCH_OPS));
	r->note = "keys and wallets in one batch";
	ops[0] = host_create(KEY_SPEC_SECP256K1);
	wallets_creation(&ops[1], &r->wallets->passkeys[1], BIND_INTENT);
	ops[3] = host_create(KEY_SPEC_SECP256K1);
	recorder_ok(r, host_apply(&r->host, ops, 4));
}

static enum kms_rc send_registration(struct recorder *r,
				     struct passkey_assertion *by,
				     uint8_t level)
{
	struct host_op ops[2];

	wallets_creation(ops, &r->wallets->passkeys[2], level);
	passkey_encode_registration(by);
	ops[0].registration = passkey_evidence(by);
	return host_prepare(&r->host, ops, 2);
}

/* Refused for one reason after the other, then taken, once. */
static void register_passkey(struct recorder *r, uint8_t level)
{
	static const uint8_t no_wallet[ABI_UUID_LEN];
	struct passkey *p = &r->wallets->passkeys[2];
	uint64_t slot = r->host.db.next_slot;
	struct passkey_assertion by;
	uint8_t nonce[32];

	r->note = "a registration";
	recorder_ok(r, wallets_nonce_for(&r->host, no_wallet, nonce));
	p->sign_count = 7;
	passkey_register(p, &by, nonce);
	by.auth_data[0] ^= 1;
	step_expect(r, send_registration(r, &by, level), KMS_RC_AUTH_RP);
	by.auth_data[0] ^= 1;
	by.auth_data[32] &= (uint8_t)~AUTH_DATA_UP;
	step_expect(r, send_registration(r, &by, level), KMS_RC_AUTH_FLAGS);
	by.auth_data[32] |= AUTH_DATA_UP;
	by.auth_len--;
	step_expect(r, send_registration(r, &by, level), KMS_RC_AUTH_FORMAT);
	by.auth_len++;
	passkey_client_data(&by, CLIENT_DATA_CREATE, nonce, "https://evil.net");
	step_expect(r, send_registration(r, &by, level), KMS_RC_AUTH_RP);
	passkey_client_data(&by, CLIENT_DATA_GET, nonce, PASSKEY_ORIGIN);
	step_expect(r, send_registration(r, &by, level), KMS_RC_AUTH_FORMAT);
	by.nonce[31] ^= 1;
	passkey_client_data(&by, CLIENT_DATA_CREATE, by.nonce, PASSKEY_ORIGIN);
	step_expect(r, send_registration(r, &by, level), KMS_RC_AUTH_CHALLENGE);
	passkey_register(p, &by, nonce);
	recorder_ok(r, send_registration(r, &by, level));
	wallets_commit(r->wallets);
	r->note = "a registration once more";
	step_expect(r, send_registration(r, &by, level), KMS_RC_AUTH_CHALLENGE);
	r->note = "the counter of a registration";
	owner_does(r, ask_hash(slot), 2, KMS_RC_AUTH_COUNTER);
	p->sign_count++;
	if (level == BIND_PAYLOAD)
		owner_does(r, ask_hash(slot), 2, KMS_RC_OK);
	p->sign_count = 0;
}

/* --- uses --------------------------------------------------------------- */

/* Those of level 2, and what level 1 refuses: wallets_refused.c. */
static void use_by_payload(struct recorder *r, uint64_t slot)
{
	const struct ask asks[] = { ask_hash(slot),
				    ask_message(slot, USE_MESSAGE),
				    ask_message(slot, USE_MESSAGE_191),
				    ask_transaction(slot) };
	struct passkey_assertion by;

	r->note = "uses as level 1 takes them";
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		owner_gesture(r, &by, &asks[i], 0, OVER_PAYLOAD);
		owner_sends(r, &asks[i], &by, KMS_RC_OK);
	}
}

static void warm_up(struct recorder *r, uint64_t slot)
{
	uint64_t vault = r->host.db.keys[slot].vault;

	r->note = "warm a wallet, and a vault";
	recorder_ok(r, host_warm(&r->host, &slot, 1));
	step_expect(r, host_warm(&r->host, &vault, 1), KMS_RC_NOT_FOUND);
	owner_does(r, ask_hash(vault), 0, KMS_RC_NOT_FOUND);
}

static void issue(struct recorder *r, uint64_t slot)
{
	struct ask see = ask_address(slot, ABI_ADDRESSES_FIRST + 9);
	struct ask more = ask_op(slot, OP_ISSUE_ADDRESS);
	struct passkey_assertion by;

	r->note = "an address that is not issued";
	more.index = see.index;
	owner_gesture(r, &by, &see, 0, OVER_INTENT);
	owner_sends(r, &see, &by, KMS_RC_NEED_ISSUE);
	r->note = "the same gesture issues it, once";
	owner_sends(r, &more, &by, KMS_RC_OK);
	wallets_commit(r->wallets);
	owner_sends(r, &see, &by, KMS_RC_AUTH_CHALLENGE);
	owner_sends(r, &more, &by, KMS_RC_AUTH_CHALLENGE);
	owner_does(r, see, 0, KMS_RC_OK);
	see.index++;
	owner_does(r, see, 0, KMS_RC_NEED_ISSUE);
	more.index = ABI_ADDRESS_INDEX_MAX + 1;
	owner_does(r, more, 0, KMS_RC_LIMIT);
}

/* --- passkeys (I12) ----------------------------------------------------- */

static void add_passkeys(struct recorder *r, uint64_t slot)
{
	const struct passkey *p = r->wallets->passkeys;
	const struct ask sign = ask_hash(slot);
	struct ask a = ask_passkey(slot, OP_REMOVE_PASSKEY, &p[0]);
	struct passkey_assertion by;

	r->note = "a last passkey, one unknown";
	owner_does(r, a, 0, KMS_RC_POLICY_DENY);
	a = ask_passkey(slot, OP_REMOVE_PASSKEY, &p[5]);
	owner_does(r, a, 0, KMS_RC_NOT_FOUND);
	r->note = "a passkey counts from COMMIT on";
	a = ask_passkey(slot, OP_ADD_PASSKEY, &p[1]);
	owner_does(r, sign, 1, KMS_RC_AUTH_SIG);
	owner_gesture(r, &by, &a, 0, OVER_INTENT);
	owner_sends(r, &a, &by, KMS_RC_OK);
	owner_does(r, sign, 1, KMS_RC_HELD);
	wallets_commit(r->wallets);
	owner_does(r, sign, 1, KMS_RC_OK);
	r->note = "a passkey that is there, and more than there can be";
	owner_does(r, a, 0, KMS_RC_POLICY_DENY);
	for (size_t i = 2; i < ABI_PASSKEYS_MAX; i++)
		owner_does(r, ask_passkey(slot, OP_ADD_PASSKEY, &p[i]), 0,
			   KMS_RC_OK);
	owner_does(r, ask_passkey(slot, OP_ADD_PASSKEY, &p[4]), 0,
		   KMS_RC_LIMIT);
}

/* A use by the passkey that says which credential it is. */
static void use_credential(struct recorder *r, uint64_t slot, size_t passkey,
			   enum kms_rc want)
{
	const struct passkey *p = &r->wallets->passkeys[passkey];
	struct ask sign = ask_hash(slot);
	struct passkey_assertion by;

	owner_gesture(r, &by, &sign, passkey, OVER_INTENT);
	by.credential_hash =
		bytes_of(p->credential_hash, sizeof(p->credential_hash));
	owner_sends(r, &sign, &by, want);
}

static void change_passkeys(struct recorder *r, uint64_t slot)
{
	const struct passkey *p = r->wallets->passkeys;
	const struct ask sign = ask_hash(slot);
	struct passkey_assertion by;

	r->note = "a gesture of a passkey that goes before it is used";
	owner_gesture(r, &by, &sign, 1, OVER_INTENT);
	owner_does(r, ask_passkey(slot, OP_REMOVE_PASSKEY, &p[1]), 0,
		   KMS_RC_OK);
	by.credential_hash = bytes_of(p[1].credential_hash, SHA256_LEN);
	owner_sends(r, &sign, &by, KMS_RC_AUTH_SIG);
	r->note = "a passkey that changes itself";
	owner_does(r, ask_passkey(slot, OP_CHANGE_PASSKEY, &p[4]), 2,
		   KMS_RC_OK);
	use_credential(r, slot, 2, KMS_RC_AUTH_SIG);
	use_credential(r, slot, 4, KMS_RC_OK);
}

/* --- states (I11, I19) -------------------------------------------------- */

static void freeze(struct recorder *r, uint64_t slot)
{
	struct ask a = ask_op(slot, OP_FREEZE);

	r->note = "a wallet that is being frozen while it is warm";
	recorder_ok(r, host_warm(&r->host, &slot, 1));
	recorder_ok(r, ask_send(r->wallets, &a, EVIDENCE_NONE, step_nothing(),
				NULL));
	owner_uses(r, slot, 0, KMS_RC_HELD);
	wallets_commit(r->wallets);
	r->note = "a frozen wallet";
	owner_uses(r, slot, 0, KMS_RC_FROZEN);
	recorder_ok(r, host_warm(&r->host, &slot, 1));
	owner_uses(r, slot, 0, KMS_RC_FROZEN);
	owner_does(r, ask_op(slot, OP_ISSUE_ADDRESS), 0, KMS_RC_FROZEN);
	owner_is_not_asked(r, ask_op(slot, OP_UNFREEZE), KMS_RC_AUTH_REQUIRED);
	r->note = "a frozen wallet is put in order, and thawed";
	owner_does(
		r,
		ask_passkey(slot, OP_CHANGE_PASSKEY, &r->wallets->passkeys[3]),
		0, KMS_RC_OK);
	owner_uses(r, slot, 3, KMS_RC_FROZEN);
	owner_does(r, ask_op(slot, OP_UNFREEZE), 3, KMS_RC_OK);
	owner_does(r, ask_hash(slot), 3, KMS_RC_OK);
}

static void refuse_while_pending(struct recorder *r, uint64_t slot)
{
	const struct passkey *p = &r->wallets->passkeys[4];

	owner_uses(r, slot, 0, KMS_RC_KEY_DISABLED);
	recorder_ok(r, host_warm(&r->host, &slot, 1));
	owner_uses(r, slot, 0, KMS_RC_KEY_DISABLED);
	for (unsigned int n = OP_ISSUE_ADDRESS; n < OP_CANCEL_DELETION; n++) {
		uint8_t op = (uint8_t)n;
		bool names = op >= OP_ADD_PASSKEY && op <= OP_CHANGE_PASSKEY;

		owner_does(r,
			   names ? ask_passkey(slot, op, p) : ask_op(slot, op),
			   0, KMS_RC_KEY_DISABLED);
	}
	owner_is_not_asked(r, ask_op(slot, OP_CANCEL_DELETION),
			   KMS_RC_AUTH_REQUIRED);
}

static void schedule_and_cancel(struct recorder *r, uint64_t slot)
{
	static const uint16_t days[] = { 0, 6, 31, UINT16_MAX };
	struct ask a = ask_op(slot, OP_SCHEDULE_DELETION);
	struct passkey_assertion by;

	r->note = "a window that is too short or too long";
	for (size_t i = 0; i < ARRAY_LEN(days); i++) {
		a.window_days = days[i];
		owner_does(r, a, 0, KMS_RC_LIMIT);
	}
	owner_does(r, ask_op(slot, OP_CANCEL_DELETION), 0, KMS_RC_POLICY_DENY);
	owner_is_not_asked(r, ask_op(slot, OP_DELETE), KMS_RC_AUTH_REQUIRED);
	r->note = "a wallet whose deletion is being scheduled";
	a.window_days = 30;
	recorder_ok(r, host_warm(&r->host, &slot, 1));
	owner_gesture(r, &by, &a, 0, OVER_INTENT);
	owner_sends(r, &a, &by, KMS_RC_OK);
	owner_uses(r, slot, 0, KMS_RC_HELD);
	wallets_commit(r->wallets);
	r->note = "a wallet whose deletion is scheduled";
	refuse_while_pending(r, slot);
	r->note = "a deletion that is cancelled";
	owner_does(r, ask_op(slot, OP_CANCEL_DELETION), 0, KMS_RC_OK);
	owner_does(r, ask_hash(slot), 0, KMS_RC_OK);
}

/* One by its owner, one by the host whose owner has scheduled it. */
static void delete_two(struct recorder *r)
{
	uint64_t mine = owner_creates(r, 0, BIND_INTENT);
	uint64_t given_up = owner_creates(r, 0, BIND_INTENT);
	struct ask gone = ask_op(mine, OP_DELETE);
	struct passkey_assertion by;

	r->note = "a wallet that is being deleted while it is warm";
	recorder_ok(r, host_warm(&r->host, &mine, 1));
	owner_gesture(r, &by, &gone, 0, OVER_INTENT);
	owner_sends(r, &gone, &by, KMS_RC_OK);
	owner_uses(r, mine, 0, KMS_RC_HELD);
	wallets_commit(r->wallets);
	r->note = "a deleted wallet";
	owner_uses(r, mine, 0, KMS_RC_NOT_FOUND);
	owner_does(r, ask_op(mine, OP_UNFREEZE), 0, KMS_RC_NOT_FOUND);
	owner_sends(r, &gone, &by, KMS_RC_NOT_FOUND);
	r->note = "the host deletes what its owner has given up";
	owner_does(r, ask_op(given_up, OP_SCHEDULE_DELETION), 0, KMS_RC_OK);
	owner_is_not_asked(r, ask_op(given_up, OP_DELETE), KMS_RC_OK);
	owner_uses(r, given_up, 0, KMS_RC_NOT_FOUND);
}

static void abort_a_restriction(struct recorder *r, uint64_t slot)
{
	struct ask a =
		ask_passkey(slot, OP_CHANGE_PASSKEY, &r->wallets->passkeys[5]);
	struct passkey_assertion by;

	r->note = "ABORT does not end the hold of a passkey's change";
	owner_gesture(r, &by, &a, 0, OVER_INTENT);
	owner_sends(r, &a, &by, KMS_RC_OK);
	step_abort(r);
	owner_uses(r, slot, 0, KMS_RC_HELD);
	owner_is_not_asked(r, ask_op(slot, OP_FREEZE), KMS_RC_OK);
	owner_does(r, ask_op(slot, OP_UNFREEZE), 0, KMS_RC_HELD);
	owner_uses(r, slot, 0, KMS_RC_HELD);
	r->note = "what the owner wanted ends it";
	owner_does(r, a, 0, KMS_RC_OK);
	owner_uses(r, slot, 5, KMS_RC_FROZEN);
}

/* --- a restart ---------------------------------------------------------- */

/*
 * The batch of the last instance is dropped. frozen: with a passkey changed;
 * counted: by a passkey that counts.
 */
static void restart(struct recorder *r, uint64_t frozen, uint64_t counted,
		    uint64_t other)
{
	struct passkey *p = &r->wallets->passkeys[0];
	const struct ask sign = ask_hash(other);
	struct passkey_assertion by;
	struct host_op ops[2];

	r->note = "a change writes the counter down";
	p->sign_count = 100;
	owner_does(r, ask_hash(counted), 0, KMS_RC_OK);
	owner_is_not_asked(r, ask_op(counted, OP_FREEZE), KMS_RC_OK);
	r->note = "a gesture ends with its instance";
	owner_gesture(r, &by, &sign, 0, OVER_INTENT);
	wallets_creation(ops, p, BIND_INTENT);
	recorder_ok(r, host_prepare(&r->host, ops, 2));
	host_store(&r->host);
	recorder_restart(r);
	recorder_ok(r, host_recover(&r->host, true));
	recorder_ok(r, host_recover(&r->other, false));
	recorder_ok(r, host_apply(&r->host, ops, 2));
	owner_sends(r, &sign, &by, KMS_RC_AUTH_CHALLENGE);
	r->note = "what was counted is, as far as it was written down";
	owner_does(r, ask_op(counted, OP_UNFREEZE), 0, KMS_RC_AUTH_COUNTER);
	p->sign_count = 101;
	owner_does(r, ask_op(counted, OP_UNFREEZE), 0, KMS_RC_OK);
	p->sign_count = 0;
	owner_does(r, ask_hash(counted), 0, KMS_RC_AUTH_COUNTER);
	r->note = "what was frozen is, for the passkey that was put in place";
	owner_uses(r, frozen, 5, KMS_RC_FROZEN);
	owner_does(r, ask_op(frozen, OP_UNFREEZE), 0, KMS_RC_AUTH_SIG);
}

void wallets_record(struct recorder *r)
{
	static struct wallets w;
	uint64_t slots[5] = { 0 };

	r->wallets = &w;
	wallets_begin(&w, &r->host, &r->prng);
	half_a_wallet(r);
	create_oddly(r);
	create(r);
	register_passkey(r, BIND_PAYLOAD);
	register_passkey(r, BIND_INTENT);
	for (size_t i = 0; i < ARRAY_LEN(slots); i++)
		slots[i] = owner_creates(r, 0, i ? BIND_INTENT : BIND_PAYLOAD);
	use_by_payload(r, slots[0]);
	warm_up(r, slots[1]);
	issue(r, slots[1]);
	add_passkeys(r, slots[1]);
	change_passkeys(r, slots[1]);
	freeze(r, slots[2]);
	schedule_and_cancel(r, slots[3]);
	delete_two(r);
	abort_a_restriction(r, slots[4]);
	restart(r, slots[4], slots[3], slots[1]);
}
