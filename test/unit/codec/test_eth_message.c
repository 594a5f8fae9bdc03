/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/eth_message.h"
#include "common/attr.h"
#include "test/unit/hex.h"

/* Computed with hashMessage() of ethers 6.13.5 and of viem 2.22.17. */
static void texts_have_the_digests_of_other_libraries(void **state)
{
	static const struct {
		const char *text;
		const char *hash;
	} rows[] = {
		{ "", "5f35dce98ba4fba25530a026ed80b2ce"
		      "cdaa31091ba4958b99b52ea1d068adad" },
		{ "hello", "50b2c43fd39106bafbba0da34fc430e1"
			   "f91e3c96ea2acee2bc34119f92b37750" },
		{ "Hello World", "a1de988600a42c4b4ab089b619297c17"
				 "d53cffae5d5120d82d8a92d0bb3b78f2" },
	};
	uint8_t hash[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		eth_message_hash(hash, bytes_of_text(rows[i].text));
		assert_hex(hash, 32, rows[i].hash);
	}
	eth_message_hash(hash, (struct bytes){ 0 });
	assert_hex(hash, 32, rows[0].hash);
}

/* The same libraries, over many letters "a". */
static void the_length_is_decimal_and_counts_bytes(void **state)
{
	static const struct {
		size_t len;
		const char *hash;
	} rows[] = {
		{ 9, "88995234d4eb226af685fa2580eef084"
		     "276924ab4ef7849b29712b1056ef3916" },
		{ 10, "1e4bedee6ac3c9810061c8bc59736e1a"
		      "482e656de13b4648a7f965b58fd6843d" },
		{ 99, "f7dd7608b0c349a85025cf8cd0f25110"
		      "ef341e555c5501bdf31719aee8831f1a" },
		{ 100, "90b496d4433ae2fe10bba2f73ca6a210"
		       "a57d8499db0ae5dfb05f3fbeeff2b0cf" },
		{ 136, "8bb59af93262a4046c2dfa396bb96c42"
		       "f155facff85a2d0db3be68f11e5eea56" },
		{ 1000, "646dfe80977f3cb244f566d96cd3aabb"
			"891d47b9ba5159076d78e9999835e0d6" },
	};
	uint8_t text[1000];
	uint8_t hash[32];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		eth_message_hash(hash, bytes_of(text, rows[i].len));
		assert_hex(hash, 32, rows[i].hash);
	}
}

static void any_bytes_can_be_a_message(void **state)
{
	static uint8_t data[65536];
	uint8_t hash[32];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 1);
	eth_message_hash(hash, bytes_of(data, 300));
	assert_hex(hash, 32,
		   "ee3da389b22452e147b3e9e203fa94fd"
		   "1df3c4d952f98e473f54267b9a536f1a");
	eth_message_hash(hash, bytes_of(data, sizeof(data)));
	assert_hex(hash, 32,
		   "1d2d14f7b609bdf12f0e506a84497c51"
		   "798a4e34e1d2cf32b0b94a614d0b76f2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_have_the_digests_of_other_libraries),
		cmocka_unit_test(the_length_is_decimal_and_counts_bytes),
		cmocka_unit_test(any_bytes_can_be_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
