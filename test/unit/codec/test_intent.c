/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/intent.h"
#include "common/attr.h"
#include "test/unit/hex.h"

/* The wallet, RP and payload of the examples in docs/passkeys.md. */
static struct intent example(uint8_t op)
{
	struct intent i = { .op = op, .index = 3, .use = 1, .window_days = 7 };

	from_hex(i.uuid, sizeof(i.uuid), "495c2e73b68846debab21af39ac0802c");
	sha256_once(i.rp_id_hash, "example.org", 11);
	from_hex(i.payload, sizeof(i.payload),
		 "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
		 "e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2");
	for (size_t n = 0; n < sizeof(i.passkey); n++)
		i.passkey[n] = (uint8_t)n;
	sha256_once(i.credential_hash, "credential", 10);
	return i;
}

static void a_signature_has_the_bytes_of_the_docs(void **state)
{
	struct intent i = example(INTENT_SIGN);
	uint8_t out[INTENT_MAX];

	(void)state;
	assert_int_equal(intent_encode(out, &i), 126);
	assert_hex(out, 126,
		   "7465656b6d732f696e74656e742f32"
		   "01000120"
		   "020010495c2e73b68846debab21af39ac0802c"
		   "030020bfabc37432958b063360d3ad6461c9c4"
		   "735ae7f8edd46592a5e0f01452b2e4b5"
		   "04000400000000"
		   "05000400000003"
		   "06000101"
		   "070020a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
		   "e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2");
}

/* Computed from the text of docs/passkeys.md with Python's hashlib. */
static void every_op_has_the_challenge_of_another_implementation(void **state)
{
	static const struct {
		uint8_t op;
		size_t len;
		const char *challenge;
	} rows[] = {
		{ INTENT_SIGN, 126,
		  "96932aea582ed51ae3e71eb86eeb3f9a"
		  "b130b76a0a37cac676fff5af4d451191" },
		{ INTENT_ADDRESS, 87,
		  "b2e86d7d7e39d0c889f9f8663fb2c051"
		  "28cb3cf66bb3c057ce444f135b7d9dbc" },
		{ INTENT_ADD_PASSKEY, 175,
		  "7a03c708413e447ebeb828338c5f2106"
		  "68969a5176f97300f1f9cf635168369f" },
		{ INTENT_REMOVE_PASSKEY, 140,
		  "f11d46693ea522c4deb593788889989c"
		  "51b41ceca65fb8184e048dcc6c298673" },
		{ INTENT_CHANGE_PASSKEY, 175,
		  "f8e30d37c531ac3edb8d37677e7e7593"
		  "4832c799ce4751117551de6bf9866261" },
		{ INTENT_DELETE, 73,
		  "94d2d319ccd959a1d76aadc22f377dad"
		  "6d032bb32c0dac8f942f11c0c169c9d3" },
		{ INTENT_UNFREEZE, 73,
		  "ad86f9656f947594bcfe99f53339bd0a"
		  "cce66972db5faf9bad82ef3f2b07e5cd" },
		{ INTENT_SCHEDULE_DELETION, 78,
		  "7a0272a80e3f5f6353ce3e838c6fb9c1"
		  "fa29086cef4cbf5f5090a6ded797b2aa" },
		{ INTENT_CANCEL_DELETION, 73,
		  "c49b129d1c1243ae5f85e090442df753"
		  "81e0c6bce004e41f9c64dfc87d1f0c57" },
	};
	uint8_t encoded[INTENT_MAX];
	uint8_t challenge[32];
	uint8_t nonce[32];

	(void)state;
	memset(nonce, 0x42, sizeof(nonce));
	for (size_t n = 0; n < ARRAY_LEN(rows); n++) {
		struct intent i = example(rows[n].op);

		assert_int_equal(intent_encode(encoded, &i), rows[n].len);
		intent_challenge(challenge, nonce, &i);
		assert_hex(challenge, 32, rows[n].challenge);
	}
}

static void a_credential_that_is_not_given_has_no_item(void **state)
{
	struct intent i = example(INTENT_ADD_PASSKEY);
	uint8_t encoded[INTENT_MAX];
	uint8_t challenge[32];
	uint8_t nonce[32];

	(void)state;
	memset(nonce, 0x42, sizeof(nonce));
	memset(i.credential_hash, 0, sizeof(i.credential_hash));
	assert_int_equal(intent_encode(encoded, &i), 140);
	intent_challenge(challenge, nonce, &i);
	assert_hex(challenge, 32,
		   "4a7223afe43882b5ba229bea6a3f166e"
		   "e91273e68fea2e4b0775bbf38e4e589f");
}

/* Which members an op looks at, by changing each of them. */
static void only_the_items_of_an_op_count(void **state)
{
	enum { ACCOUNT, INDEX, USE, PAYLOAD, PASSKEY, CREDENTIAL, WINDOW, END };
	static const struct {
		uint8_t op;
		bool counts[END];
	} rows[] = {
		{ INTENT_SIGN, { true, true, true, true } },
		{ INTENT_ADDRESS, { true, true } },
		{ INTENT_ADD_PASSKEY,
		  { [PASSKEY] = true, [CREDENTIAL] = true } },
		{ INTENT_REMOVE_PASSKEY, { [PASSKEY] = true } },
		{ INTENT_CHANGE_PASSKEY,
		  { [PASSKEY] = true, [CREDENTIAL] = true } },
		{ INTENT_DELETE, { 0 } },
		{ INTENT_UNFREEZE, { 0 } },
		{ INTENT_SCHEDULE_DELETION, { [WINDOW] = true } },
		{ INTENT_CANCEL_DELETION, { 0 } },
	};
	static const uint8_t nonce[32];

	(void)state;
	for (size_t n = 0; n < ARRAY_LEN(rows); n++) {
		for (int what = 0; what < END; what++) {
			struct intent a = example(rows[n].op);
			struct intent b = a;
			uint8_t one[32];
			uint8_t two[32];

			b.account ^= what == ACCOUNT;
			b.index ^= what == INDEX;
			b.use ^= what == USE;
			b.payload[31] ^= what == PAYLOAD;
			b.passkey[63] ^= what == PASSKEY;
			b.credential_hash[0] ^= what == CREDENTIAL;
			b.window_days ^= what == WINDOW;
			intent_challenge(one, nonce, &a);
			intent_challenge(two, nonce, &b);
			assert_int_equal(memcmp(one, two, 32) != 0,
					 rows[n].counts[what]);
		}
	}
}

/*
 * SHA-256(nonce | digest) as the reference's clients compute it: of a hash,
 * keccak256("Hello"), and an EIP-155 transaction; test_commitments.c has more.
 */
static void payload_challenges_are_those_of_existing_clients(void **state)
{
	static const struct {
		const char *digest;
		const char *challenge;
	} rows[] = {
		{ "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
		  "e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2",
		  "b127491cfbec0128b5bf8ebd460a4c2b"
		  "0fb5a27c70619e34bee6a8b7f5deaad0" },
		{ "06b3dfaec148fb1bb2b066f10ec285e7"
		  "c9bf402ab32aa78a5d38e34566810cd2",
		  "13cbb889f816cce695a80279caeaac65"
		  "4226a7afe68e658eb137922469e25a33" },
		{ "1eaacb75d1224f4cc35d7f37b22f40e5"
		  "fceac56b3849ed912b7ea9249bbefabb",
		  "ba4ec4b489b78bd6e0563c8f5bbc60c2"
		  "ce215f4cfcbf4a22b7fd340fc23acd33" },
	};
	uint8_t nonce[32];
	uint8_t digest[32];
	uint8_t challenge[32];

	(void)state;
	memset(nonce, 0x42, sizeof(nonce));
	for (size_t n = 0; n < ARRAY_LEN(rows); n++) {
		from_hex(digest, sizeof(digest), rows[n].digest);
		intent_payload_challenge(challenge, nonce, digest);
		assert_hex(challenge, 32, rows[n].challenge);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_has_the_bytes_of_the_docs),
		cmocka_unit_test(
			every_op_has_the_challenge_of_another_implementation),
		cmocka_unit_test(a_credential_that_is_not_given_has_no_item),
		cmocka_unit_test(only_the_items_of_an_op_count),
		cmocka_unit_test(
			payload_challenges_are_those_of_existing_clients),
	};

	return cmocka_run_group_tests_name("intent", tests, NULL, NULL);
}
