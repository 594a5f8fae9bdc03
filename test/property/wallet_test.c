/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wallets under an honest host and their owner: what must work before anything
 * is attacked.
 */
#include "test/property/wallets.h"

#include "common/keccak.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <string.h>

/* The signature leads back to the key it is said to be of. */
static void check_signature(const struct answer *got)
{
	struct host_key key = { .spec = KEY_SPEC_SECP256K1 };
	struct host_signature s = { .has_recid = true, .recid = got->recid };

	assert_true(got->has_signature && got->has_public_key);
	memcpy(key.public_key, got->public_key, 64);
	memcpy(s.sig, got->signature, 64);
	fixture_check_signature(&key, got->digest, &s);
}

static void check_uses(struct wallets *w, uint64_t slot, struct passkey *p)
{
	const struct ask asks[] = { ask_hash(slot),
				    ask_message(slot, USE_MESSAGE),
				    ask_message(slot, USE_MESSAGE_191),
				    ask_transaction(slot) };

	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		struct intent intent = ask_intent(w, &asks[i]);
		struct passkey_assertion by;
		struct answer got;

		ask_gesture(w, &asks[i], p, &by);
		assert_ok(ask_send(w, &asks[i], EVIDENCE_PASSKEY,
				   passkey_evidence(&by), &got));
		assert_memory_equal(got.digest, intent.payload, 32);
		check_signature(&got);
	}
}

static void a_wallet_signs_everything_its_passkey_allows(void **state)
{
	struct wallets *w = *state;

	for (uint8_t level = BIND_PAYLOAD; level <= BIND_INTENT; level++)
		check_uses(w, wallets_create(w, &w->passkeys[0], level),
			   &w->passkeys[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		wallets_test(a_wallet_signs_everything_its_passkey_allows),
	};

	return cmocka_run_group_tests_name("wallet", tests, NULL, NULL);
}
