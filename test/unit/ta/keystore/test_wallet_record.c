/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/wallet_record.h"
#include "ta/ta_build.h"

#include "test/property/check.h"
#include "test/unit/seed.h"

#include <string.h>

static struct wallet_record full_record(void)
{
	struct wallet_record r = { .state = WALLET_ACTIVE,
				   .bind_level = BIND_INTENT,
				   .passkey_count = ABI_PASSKEYS_MAX,
				   .gen = 0x01020304,
				   .next_index = ABI_ADDRESS_INDEX_MAX + 1,
				   .vault_slot = 0x0a0b0c0d0e0f1011,
				   .rp_id_len = ABI_RP_ID_MAX,
				   .origins_len = ABI_ORIGINS_MAX };

	memset(&r.node, 0x31, sizeof(r.node));
	memset(&r.secret, 0x32, sizeof(r.secret));
	memset(r.rp_id_hash, 0x33, sizeof(r.rp_id_hash));
	memset(r.rp_id, 'r', sizeof(r.rp_id));
	memset(r.origins, 'o', sizeof(r.origins));
	for (uint8_t i = 0; i < ABI_PASSKEYS_MAX; i++) {
		r.passkeys[i].flags = 0x18;
		r.passkeys[i].sign_count = 1000u + i;
		memset(r.passkeys[i].pub, 0x40 + i, 64);
		memset(r.passkeys[i].credential_hash, 0x50 + i, 32);
	}
	return r;
}

static void a_record_comes_back_as_it_was(void **state)
{
	uint8_t body[WALLET_RECORD_LEN];
	uint8_t again[WALLET_RECORD_LEN];

	(void)state;
	for (uint8_t n = 1; n <= ABI_PASSKEYS_MAX; n++) {
		struct wallet_record r = full_record();
		struct wallet_record got;

		r.passkey_count = n;
		r.rp_id_len = n;
		r.origins_len = (uint16_t)(60 * n);
		wallet_record_encode(body, &r);
		assert_ok(wallet_record_decode(&got, body));
		wallet_record_encode(again, &got);
		assert_memory_equal(again, body, sizeof(body));
		assert_int_equal(got.passkey_count, n);
		assert_memory_equal(&got.node, &r.node, sizeof(r.node));
		assert_memory_equal(&got.secret, &r.secret, sizeof(r.secret));
		assert_int_equal(got.vault_slot, r.vault_slot);
		assert_int_equal(got.gen, r.gen);
		assert_int_equal(got.passkeys[n - 1].sign_count, 999u + n);
	}
}

static void members_out_of_range_are_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
		{ 0, 0 },  { 0, 2 },   { 1, 0 },      { 1, 4 },
		{ 2, 3 },  { 2, 255 }, { 3, 0 },      { 3, 5 },
		{ 9, 40 }, { 12, 0 },  { 12, 65 },    { 13, 1 },
		{ 15, 2 }, { 15, 0 },  { 512, 0x01 }, { 512, 0x40 },
	};
	struct wallet_record r = full_record();
	struct wallet_record got;
	uint8_t body[WALLET_RECORD_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		wallet_record_encode(body, &r);
		body[bad[i].at] = bad[i].value;
		assert_rc(wallet_record_decode(&got, body), KMS_RC_DECODE);
	}
	wallet_record_encode(body, &r);
	body[2] = BIND_NOTHING;
	assert_rc(wallet_record_decode(&got, body),
		  TA_IS_DEVELOPMENT ? KMS_RC_OK : KMS_RC_DECODE);
}

/* A bit that means nothing today must not be there, or it could mean more. */
static void no_two_bodies_are_the_same_record(void **state)
{
	struct prng p = prng_start();
	uint8_t again[WALLET_RECORD_LEN];
	uint8_t body[WALLET_RECORD_LEN];
	struct wallet_record r = full_record();
	struct wallet_record got;
	size_t taken = 0;

	(void)state;
	r.passkey_count = 2;
	r.rp_id_len = 11;
	r.origins_len = 19;
	memset(r.passkeys + 2, 0, 2 * sizeof(r.passkeys[0]));
	for (size_t bit = 0; bit < 8 * sizeof(body); bit++) {
		wallet_record_encode(body, &r);
		body[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!wallet_record_decode(&got, body)) {
			taken++;
			wallet_record_encode(again, &got);
			assert_memory_equal(again, body, sizeof(body));
		}
	}
	/* Node, secret, RP, origins, passkeys, counters and levels. */
	assert_in_range(taken, 3200, 3300);
	for (int i = 0; i < 10000; i++) {
		prng_fill(&p, body, sizeof(body));
		body[0] = 1;
		if (!wallet_record_decode(&got, body))
			fail_msg("random bytes are a record");
	}
}

static void a_passkey_is_found_by_its_point(void **state)
{
	struct wallet_record r = full_record();
	uint8_t pub[64];

	(void)state;
	r.passkey_count = 3;
	for (uint8_t i = 0; i < ABI_PASSKEYS_MAX; i++) {
		memset(pub, 0x40 + i, sizeof(pub));
		assert_int_equal(wallet_find_passkey(&r, pub),
				 i < 3 ? i : ABI_PASSKEYS_MAX);
	}
	pub[63] ^= 1;
	assert_int_equal(wallet_find_passkey(&r, pub), ABI_PASSKEYS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back_as_it_was),
		cmocka_unit_test(members_out_of_range_are_refused),
		cmocka_unit_test(no_two_bodies_are_the_same_record),
		cmocka_unit_test(a_passkey_is_found_by_its_point),
	};

	return cmocka_run_group_tests_name("wallet_record", tests, NULL, NULL);
}
