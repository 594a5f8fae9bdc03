/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wallets under an honest host and their owner: what must work before anything
 * is attacked.
 */
#include "test/property/wallets.h"

#include "ta/crypto/test_hooks.h"
#include "ta/keystore/seal.h"
#include "ta/keystore/vault_record.h"

#include <string.h>

/* m, 44', 60', 0', twice; then the branch and the leaf, twice. */
#define FAULTS		   13
#define FAULTS_THAT_MATTER 6

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

	for (unsigned int level = BIND_PAYLOAD; level <= BIND_INTENT; level++)
		check_uses(w,
			   wallets_create(w, &w->passkeys[0], (uint8_t)level),
			   &w->passkeys[0]);
}

/* Opened as no command of the TA does. */
static void open_vault(struct wallets *w, uint64_t slot, struct secret32 *out)
{
	struct ta *ta = &w->f->one.ta;
	const struct host_blob *blob =
		&w->host->db.blobs[w->host->db.keys[slot].vault];
	uint8_t body[VAULT_RECORD_LEN];

	assert_ok(seal_open(&ta->keys, &ta->crypto, body, sizeof(body),
			    bytes_of(blob->bytes, blob->len)));
	assert_ok(vault_record_decode(out, body));
}

/* What a restore from the vault would find is what the wallet signs with. */
static void addresses_are_those_of_the_vault_s_entropy(void **state)
{
	struct wallets *w = *state;
	struct k256 *k = &w->f->one.ta.crypto.k256;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	struct secret32 entropy;
	struct hd_node node;
	struct secret32 key;
	uint8_t pub[64];

	open_vault(w, slot, &entropy);
	assert_ok(hd_account_node(k, &node, &entropy));
	for (uint32_t i = 0; i < ABI_ADDRESSES_FIRST; i++) {
		struct ask a = ask_address(slot, i);
		struct passkey_assertion by;
		struct answer got;

		ask_gesture(w, &a, &w->passkeys[0], &by);
		assert_ok(ask_send(w, &a, EVIDENCE_PASSKEY,
				   passkey_evidence(&by), &got));
		assert_false(got.has_signature);
		assert_ok(hd_leaf(k, &key, pub, &node, 0, i));
		assert_memory_equal(got.public_key, pub, 64);
		if (!i)
			assert_memory_equal(
				pub, w->host->db.keys[slot].public_key, 64);
	}
}

/*
 * A glitch in the x of any public key on the way to an address: FAULT, or,
 * where that key is not used for anything, the address that the vault leads to.
 */
static void i24_a_faulted_address_does_not_leave(void **state)
{
	struct wallets *w = *state;
	unsigned int refused = 0;

	for (unsigned int i = 0; i < FAULTS; i++) {
		struct k256 *k = &w->f->one.ta.crypto.k256;
		uint64_t slot = w->host->db.next_slot;
		struct host_op ops[2];
		struct secret32 entropy;
		struct hd_node node;
		struct secret32 key;
		uint8_t pub[64];
		enum kms_rc rc = KMS_RC_OK;

		fixture_restart(w->f);
		wallets_creation(ops, &w->passkeys[0], BIND_INTENT);
		k256_test_fault(K256_FAULT_PUBLIC, 512 * i + 37 * i % 256);
		rc = host_apply(w->host, ops, 2);
		k256_test_fault(K256_FAULT_NONE, 0);
		refused += rc == KMS_RC_FAULT;
		if (rc == KMS_RC_FAULT)
			continue;
		assert_ok(rc);
		open_vault(w, slot, &entropy);
		assert_ok(hd_account_node(k, &node, &entropy));
		assert_ok(hd_leaf(k, &key, pub, &node, 0, 0));
		assert_memory_equal(pub, w->host->db.keys[slot].public_key, 64);
	}
	assert_int_equal(refused, FAULTS_THAT_MATTER);
}

/* Host entropy is mixed in and never enough (I17). */
static void i17_no_two_wallets_are_the_same(void **state)
{
	static const uint8_t same[64] = { 0x5e };
	struct wallets *w = *state;
	struct host_op ops[2];

	for (int i = 0; i < 8; i++) {
		wallets_creation(ops, &w->passkeys[0], BIND_INTENT);
		ops[0].entropy = bytes_of(same, sizeof(same));
		assert_ok(host_apply(w->host, ops, 2));
	}
	for (uint64_t a = 0; a < 16; a += 2)
		for (uint64_t b = 0; b < a; b += 2)
			assert_memory_not_equal(w->host->db.keys[a].public_key,
						w->host->db.keys[b].public_key,
						64);
}

/* The passkey that consents is the one that goes; its host may not know. */
static void a_change_tells_which_passkey_it_replaces(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	struct ask add = ask_passkey(slot, OP_ADD_PASSKEY, &w->passkeys[1]);
	struct ask change =
		ask_passkey(slot, OP_CHANGE_PASSKEY, &w->passkeys[2]);

	assert_ok(ask_do(w, &add, &w->passkeys[0]));
	for (size_t i = 0; i < 2; i++) {
		struct passkey_assertion by;
		struct answer got;

		wallets_mark(w);
		ask_gesture(w, &change, &w->passkeys[i], &by);
		assert_ok(ask_send(w, &change, EVIDENCE_PASSKEY,
				   passkey_evidence(&by), &got));
		assert_true(got.has_public_key);
		assert_memory_equal(got.public_key, w->passkeys[i].pub, 64);
		wallets_back(w);
	}
}

static void an_address_is_issued_by_the_gesture_that_asked_for_it(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	struct ask see = ask_address(slot, 30);
	struct ask issue = ask_op(slot, OP_ISSUE_ADDRESS);
	struct passkey_assertion by;
	struct answer issued;
	struct answer seen;

	ask_gesture(w, &see, &w->passkeys[0], &by);
	assert_rc(ask_with(w, &see, &by), KMS_RC_NEED_ISSUE);
	assert_ok(ask_send(w, &issue, EVIDENCE_PASSKEY, passkey_evidence(&by),
			   &issued));
	assert_true(issued.has_public_key);
	host_store(w->host);
	assert_ok(host_commit(w->host));
	host_finish(w->host);
	for (int boot = 0; boot < 2; boot++) {
		ask_gesture(w, &see, &w->passkeys[0], &by);
		assert_ok(ask_send(w, &see, EVIDENCE_PASSKEY,
				   passkey_evidence(&by), &seen));
		assert_memory_equal(seen.public_key, issued.public_key, 64);
		see.index++;
		assert_rc(ask_do(w, &see, &w->passkeys[0]), KMS_RC_NEED_ISSUE);
		see.index--;
		fixture_restart(w->f);
	}
	/* Once more is harmless, and less is not taken back. */
	assert_ok(ask_do(w, &issue, &w->passkeys[0]));
	issue.index = 3;
	assert_ok(ask_do(w, &issue, &w->passkeys[0]));
	assert_ok(ask_do(w, &see, &w->passkeys[0]));
	issue.index = ABI_ADDRESS_INDEX_MAX + 1;
	assert_rc(ask_do(w, &issue, &w->passkeys[0]), KMS_RC_LIMIT);
	issue.index = ABI_ADDRESS_INDEX_MAX;
	assert_ok(ask_do(w, &issue, &w->passkeys[0]));
}

static void passkeys_come_and_go(void **state)
{
	struct wallets *w = *state;
	struct passkey *p = w->passkeys;
	uint64_t slot = wallets_create(w, &p[0], BIND_INTENT);
	struct ask sign = ask_hash(slot);
	struct ask a = { 0 };

	for (size_t i = 1; i < ABI_PASSKEYS_MAX; i++) {
		a = ask_passkey(slot, OP_ADD_PASSKEY, &p[i]);
		a.with_hash = i % 2;
		assert_ok(ask_do(w, &a, &p[i - 1]));
		assert_ok(ask_do(w, &sign, &p[i]));
	}
	a = ask_passkey(slot, OP_ADD_PASSKEY, &p[4]);
	assert_rc(ask_do(w, &a, &p[0]), KMS_RC_LIMIT);
	/* Which one goes does not matter, not even the one that says so. */
	a = ask_passkey(slot, OP_REMOVE_PASSKEY, &p[1]);
	assert_ok(ask_do(w, &a, &p[1]));
	assert_rc(ask_do(w, &sign, &p[1]), KMS_RC_AUTH_SIG);
	a = ask_passkey(slot, OP_ADD_PASSKEY, &p[3]);
	assert_rc(ask_do(w, &a, &p[0]), KMS_RC_POLICY_DENY);
	/* A change replaces the passkey that has allowed it. */
	a = ask_passkey(slot, OP_CHANGE_PASSKEY, &p[4]);
	assert_ok(ask_do(w, &a, &p[2]));
	assert_rc(ask_do(w, &sign, &p[2]), KMS_RC_AUTH_SIG);
	for (size_t i = 0; i < 5; i++)
		if (i != 1 && i != 2)
			assert_ok(ask_do(w, &sign, &p[i]));
	a = ask_passkey(slot, OP_CHANGE_PASSKEY, &p[0]);
	assert_rc(ask_do(w, &a, &p[4]), KMS_RC_POLICY_DENY);
	a = ask_passkey(slot, OP_REMOVE_PASSKEY, &p[5]);
	assert_rc(ask_do(w, &a, &p[4]), KMS_RC_NOT_FOUND);
}

static void the_last_passkey_stays(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	struct ask a = ask_passkey(slot, OP_REMOVE_PASSKEY, &w->passkeys[0]);

	assert_rc(ask_do(w, &a, &w->passkeys[0]), KMS_RC_POLICY_DENY);
}

static void a_wallet_is_deleted_with_its_vault(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	uint64_t other = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	struct ask gone = ask_op(slot, OP_DELETE);
	struct ask sign = ask_hash(slot);
	struct ask sign_other = ask_hash(other);
	struct abi_shard_status_rsp st = { 0 };

	assert_ok(ask_do(w, &gone, &w->passkeys[0]));
	assert_ok(host_shard_status(w->host, &st));
	assert_int_equal(st.live, 2);
	assert_memory_equal(st.root, host_root(&w->host->db), 32);
	assert_int_equal(w->host->db.blobs[slot + 1].len, RECORD_HEADER_LEN);
	assert_rc(ask_do(w, &sign, &w->passkeys[0]), KMS_RC_NOT_FOUND);
	assert_ok(ask_do(w, &sign_other, &w->passkeys[0]));
}

/* A batch as large as it gets, and one that changes 64 wallets at once. */
static void full_batches_of_wallets_fit(void **state)
{
	static struct host_op ops[ABI_BATCH_OPS];
	static struct passkey_assertion by[ABI_BATCH_OPS];
	struct wallets *w = *state;

	for (int batch = 0; batch < 2; batch++) {
		for (size_t i = 0; i < ABI_BATCH_OPS; i += 2)
			wallets_creation(&ops[i], &w->passkeys[0], BIND_INTENT);
		assert_ok(host_apply(w->host, ops, ABI_BATCH_OPS));
	}
	for (size_t i = 0; i < ABI_BATCH_OPS; i++) {
		struct ask a = ask_op(2 * i, OP_ISSUE_ADDRESS);

		ask_gesture(w, &a, &w->passkeys[0], &by[i]);
		ops[i] = ask_change(&a, EVIDENCE_PASSKEY,
				    passkey_evidence(&by[i]));
	}
	assert_ok(host_apply(w->host, ops, ABI_BATCH_OPS));
	check_uses(w, 2 * (ABI_BATCH_OPS - 1), &w->passkeys[0]);
}

static void keys_and_wallets_share_a_batch_and_the_lru(void **state)
{
	struct wallets *w = *state;
	struct host_op ops[4];

	for (int i = 0; i < 40; i++) {
		ops[0] = host_create(KEY_SPEC_SECP256K1);
		wallets_creation(&ops[1], &w->passkeys[0], BIND_INTENT);
		ops[3] = host_create(KEY_SPEC_SECP256K1);
		assert_ok(host_apply(w->host, ops, 4));
	}
	/* 320 uses of 120 records, which meet in the sets of the LRU. */
	for (int round = 0; round < 2; round++)
		for (uint64_t i = 0; i < 160; i += 4) {
			fixture_check_signs(w->f, i);
			check_uses(w, i + 1, &w->passkeys[0]);
			fixture_check_signs(w->f, i + 3);
		}
}

static void a_wallet_is_warm_and_a_vault_never(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	uint64_t vault = slot + 1;
	struct ask sign = ask_hash(vault);

	assert_ok(host_warm(w->host, &slot, 1));
	assert_rc(host_warm(w->host, &vault, 1), KMS_RC_NOT_FOUND);
	assert_rc(ask_do(w, &sign, &w->passkeys[0]), KMS_RC_NOT_FOUND);
	check_uses(w, slot, &w->passkeys[0]);
}

/* Two wallets and two indices by turns: the leaf that is kept is the right. */
static void a_kept_leaf_is_never_mistaken(void **state)
{
	struct wallets *w = *state;
	uint64_t slots[2] = { wallets_create(w, &w->passkeys[0], BIND_INTENT),
			      wallets_create(w, &w->passkeys[0], BIND_INTENT) };
	uint8_t seen[2][3][64];

	for (int round = 0; round < 3; round++)
		for (uint32_t i = 0; i < 6; i++) {
			struct ask a = ask_hash(slots[i % 2]);
			struct passkey_assertion by;
			struct answer got;

			a.index = i / 2;
			ask_gesture(w, &a, &w->passkeys[0], &by);
			assert_ok(ask_send(w, &a, EVIDENCE_PASSKEY,
					   passkey_evidence(&by), &got));
			check_signature(&got);
			if (round)
				assert_memory_equal(seen[i % 2][i / 2],
						    got.public_key, 64);
			memcpy(seen[i % 2][i / 2], got.public_key, 64);
		}
	assert_memory_not_equal(seen[0][0], seen[1][0], 64);
	assert_memory_not_equal(seen[0][0], seen[0][1], 64);
}

static void messages_of_any_length_are_signed(void **state)
{
	static uint8_t text[60000];
	struct wallets *w = *state;
	const size_t lens[] = { 0, 1, 135, 136, 137, sizeof(text) };
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);

	for (size_t i = 0; i < ARRAY_LEN(lens); i++)
		for (unsigned int use = USE_MESSAGE; use <= USE_MESSAGE_191;
		     use++) {
			struct ask a = ask_message(slot, (uint8_t)use);

			a.payload = bytes_of(text, lens[i]);
			assert_ok(ask_do(w, &a, &w->passkeys[0]));
		}
	/* Absent is as good as empty. */
	for (unsigned int use = USE_MESSAGE; use <= USE_MESSAGE_191; use++) {
		struct ask a = ask_message(slot, (uint8_t)use);

		a.payload = (struct bytes){ 0 };
		assert_ok(ask_do(w, &a, &w->passkeys[0]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		wallets_test(a_wallet_signs_everything_its_passkey_allows),
		wallets_test(addresses_are_those_of_the_vault_s_entropy),
		wallets_test(i24_a_faulted_address_does_not_leave),
		wallets_test(i17_no_two_wallets_are_the_same),
		wallets_test(a_change_tells_which_passkey_it_replaces),
		wallets_test(
			an_address_is_issued_by_the_gesture_that_asked_for_it),
		wallets_test(passkeys_come_and_go),
		wallets_test(the_last_passkey_stays),
		wallets_test(a_wallet_is_deleted_with_its_vault),
		wallets_test(full_batches_of_wallets_fit),
		wallets_test(keys_and_wallets_share_a_batch_and_the_lru),
		wallets_test(a_wallet_is_warm_and_a_vault_never),
		wallets_test(a_kept_leaf_is_never_mistaken),
		wallets_test(messages_of_any_length_are_signed),
	};

	return cmocka_run_group_tests_name("wallet", tests, NULL, NULL);
}
