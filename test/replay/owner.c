/* SPDX-License-Identifier: Apache-2.0 */
#include "test/replay/owner.h"

uint64_t owner_creates(struct recorder *r, size_t passkey, uint8_t level)
{
	uint64_t slot = r->host.db.next_slot;
	struct host_op ops[2];

	wallets_creation(ops, &r->wallets->passkeys[passkey], level);
	recorder_ok(r, host_apply(&r->host, ops, 2));
	return slot;
}

void owner_gesture(struct recorder *r, struct passkey_assertion *by,
		   const struct ask *a, size_t passkey,
		   enum owner_challenge over)
{
	struct intent intent = ask_intent(r->wallets, a);
	uint8_t challenge[SHA256_LEN];
	uint8_t nonce[32];

	recorder_ok(r, wallets_nonce_for(&r->host,
					 r->host.db.keys[a->slot].uuid, nonce));
	if (over == OVER_INTENT)
		intent_challenge(challenge, nonce, &intent);
	if (over == OVER_PAYLOAD)
		intent_payload_challenge(challenge, nonce, intent.payload);
	passkey_assert(&r->wallets->passkeys[passkey], by, nonce,
		       over == OVER_NONCE ? nonce : challenge);
}

void owner_sends(struct recorder *r, const struct ask *a,
		 struct passkey_assertion *by, enum kms_rc want)
{
	passkey_encode(by);
	step_expect(r, ask_with(r->wallets, a, by), want);
}

void owner_signs(struct recorder *r, const struct ask *a,
		 struct passkey_assertion *by, size_t passkey, enum kms_rc want)
{
	passkey_sign(&r->wallets->passkeys[passkey], by);
	owner_sends(r, a, by, want);
}

void owner_does(struct recorder *r, struct ask a, size_t passkey,
		enum kms_rc want)
{
	step_expect(r, ask_do(r->wallets, &a, &r->wallets->passkeys[passkey]),
		    want);
}

void owner_uses(struct recorder *r, uint64_t slot, size_t passkey,
		enum kms_rc want)
{
	owner_does(r, ask_hash(slot), passkey, want);
	owner_does(r, ask_message(slot, USE_MESSAGE), passkey, want);
	owner_does(r, ask_message(slot, USE_MESSAGE_191), passkey, want);
	owner_does(r, ask_transaction(slot), passkey, want);
	owner_does(r, ask_address(slot, 0), passkey, want);
}

void owner_is_not_asked(struct recorder *r, struct ask a, enum kms_rc want)
{
	step_expect(r, ask_do_alone(r->wallets, &a), want);
}
