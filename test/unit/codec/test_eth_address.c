/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/eth_address.h"
#include "test/unit/hex.h"
#include "test/unit/seed.h"

/*
 * Computed with ethers 6.13.5 from the private keys 1, 2, 6, 0x46 * 32, and
 * m/44'/60'/0'/0/0 of the wallet with 32 zero bytes of entropy.
 */
static const struct {
	const char *xy;
	const char *compressed;
	const char *address;
} rows[] = {
	{ "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
	  "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
	  "0x0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f8179"
	  "8",
	  "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf" },
	{ "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
	  "1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a",
	  "0x02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee"
	  "5",
	  "0x2b5ad5c4795c026514f8317c7a215e218dccd6cf" },
	{ "fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a1460297556"
	  "ae12777aacfbb620f3be96017f45c560de80f0f6518fe4a03c870c36b075f297",
	  "0x03fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a146029755"
	  "6",
	  "0xe57bfe9f44b819898f47bf37e5af72a0783e1141" },
	{ "4bc2a31265153f07e70e0bab08724e6b85e217f8cd628ceb62974247bb493382"
	  "ce28cab79ad7119ee1ad3ebcdb98a16805211530ecc6cfefa1b88e6dff99232a",
	  "0x024bc2a31265153f07e70e0bab08724e6b85e217f8cd628ceb62974247bb49338"
	  "2",
	  "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f" },
	{ "dc286c821c7490afbe20a79d13123b9f41f3d7ef21e4a9caacd22f5983b28eca"
	  "0e4dbd5624505a2c968fec15f25990c7324736890f6d0f74241f98e4259c1d42",
	  "0x02dc286c821c7490afbe20a79d13123b9f41f3d7ef21e4a9caacd22f5983b28ec"
	  "a",
	  "0xf278cf59f82edcf871d630f28ecc8056f25c1cdb" },
};

static void public_keys_have_the_addresses_of_other_libraries(void **state)
{
	uint8_t xy[64];
	uint8_t address[ETH_ADDRESS_LEN];
	char text[ETH_ADDRESS_TEXT_LEN + 1];
	char key[ETH_KEY_TEXT_LEN + 1];
	char point[ETH_POINT_TEXT_LEN + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(from_hex(xy, sizeof(xy), rows[i].xy), 64);
		eth_address_of(address, xy);
		eth_address_put(text, address);
		assert_string_equal(text, rows[i].address);
		eth_address_put_key(key, xy);
		assert_string_equal(key, rows[i].compressed);
		eth_address_put_point(point, xy);
		assert_memory_equal(point, "0x04", 4);
		assert_string_equal(point + 4, rows[i].xy);
	}
}

static void an_address_is_read_in_either_case(void **state)
{
	static const char *const texts[] = {
		"0xde0b295669a9fd93d5f28d9ec85e40f4cb697bae",
		"0xDE0B295669A9FD93D5F28D9EC85E40F4CB697BAE",
		"0xde0B295669a9FD93d5F28D9Ec85E40f4cb697BAe",
	};
	uint8_t address[ETH_ADDRESS_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		memset(address, 0, sizeof(address));
		assert_int_equal(
			eth_address_get(address, bytes_of(texts[i], 42)), 0);
		assert_hex(address, 20, texts[0] + 2);
	}
}

static void every_other_text_is_refused(void **state)
{
	static const char *const refused[] = {
		"",
		"0x",
		"de0b295669a9fd93d5f28d9ec85e40f4cb697bae",
		"0xde0b295669a9fd93d5f28d9ec85e40f4cb697ba",
		"0xde0b295669a9fd93d5f28d9ec85e40f4cb697bae0",
		"0xde0b295669a9fd93d5f28d9ec85e40f4cb697baeae",
		"0Xde0b295669a9fd93d5f28d9ec85e40f4cb697bae",
		"1xde0b295669a9fd93d5f28d9ec85e40f4cb697bae",
		"00de0b295669a9fd93d5f28d9ec85e40f4cb697bae",
		"0xge0b295669a9fd93d5f28d9ec85e40f4cb697bae",
		"0xde0b295669a9fd93d5f28d9ec85e40f4cb697bag",
		" 0xde0b295669a9fd93d5f28d9ec85e40f4cb697ba",
		"0xde0b295669a9fd93d5f28d9ec85e40f4cb697ba ",
		"0x0x0b295669a9fd93d5f28d9ec85e40f4cb697bae",
		"vitalik.eth",
	};
	uint8_t address[ETH_ADDRESS_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (eth_address_get(address, bytes_of_text(refused[i])) !=
		    KMS_RC_BAD_INPUT)
			fail_msg("accepted: %s", refused[i]);
}

static void an_address_survives_writing_and_reading(void **state)
{
	struct prng p = prng_start();
	uint8_t address[ETH_ADDRESS_LEN];
	uint8_t back[ETH_ADDRESS_LEN];
	char text[ETH_ADDRESS_TEXT_LEN + 1];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		prng_fill(&p, address, sizeof(address));
		eth_address_put(text, address);
		assert_int_equal(strlen(text), ETH_ADDRESS_TEXT_LEN);
		assert_int_equal(eth_address_get(back, bytes_of(text, 42)), 0);
		assert_memory_equal(back, address, sizeof(back));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			public_keys_have_the_addresses_of_other_libraries),
		cmocka_unit_test(an_address_is_read_in_either_case),
		cmocka_unit_test(every_other_text_is_refused),
		cmocka_unit_test(an_address_survives_writing_and_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
