/* SPDX-License-Identifier: Apache-2.0 */
#include "common/attr.h"
#include "common/keccak.h"
#include "test/unit/hex.h"
#include "test/unit/seed.h"

/* Keccak team, ShortMsgKAT_256, and texts every Ethereum library knows. */
static void keccak_is_the_one_of_ethereum(void **state)
{
	uint8_t out[32];
	uint8_t data[272];
	static const struct {
		const char *text;
		const char *hash;
	} v[] = {
		{ "", "c5d2460186f7233c927e7db2dcc703c0"
		      "e500b653ca82273b7bfad8045d85a470" },
		{ "abc", "4e03657aea45a94fc7d47ba826c8d667"
			 "c0d1e6e33a64a036ec44f58fa12d6c45" },
		{ "Transfer(address,address,uint256)",
		  "ddf252ad1be2c89b69c2b068fc378daa"
		  "952ba7f163c4a11628f55a4df523b3ef" },
		{ "transfer(address,uint256)",
		  "a9059cbb2ab09eb219583f4a59a5d062"
		  "3ade346d962bcd4e46b11da047c9049b" },
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(v); i++) {
		keccak256(out, v[i].text, strlen(v[i].text));
		assert_hex(out, 32, v[i].hash);
	}
	keccak256(out, data, from_hex(data, sizeof(data), "cc"));
	assert_hex(out, 32,
		   "eead6dbfc7340a56caedc044696a1688"
		   "70549a6a7f6f56961e84a54bd9970b8a");
}

/* Around the rate of 136 bytes; computed with an independent implementation. */
static void keccak_pads_at_every_length(void **state)
{
	static const struct {
		size_t len;
		const char *hash;
	} v[] = {
		{ 1, "5fe7f977e71dba2ea1a68e21057beebb"
		     "9be2ac30c6410aa38d4f3fbe41dcffd2" },
		{ 55, "e880584927c01c2943783a18f03287fa"
		      "d14766e5c76eb105c98713082f346685" },
		{ 64, "396a3c357ef3d1cc5bcdc9deaf83ecc9"
		      "8183a047c0c8cf0019f43c0c55c7ce26" },
		{ 100, "1a26710a7f157dcd92fd98d27ee1d2c8"
		       "12e409f36479df6ff2cec223d64b5a24" },
		{ 134, "cbc9c4fd76145c369be30affd71e670e"
		       "411203a88b0901f44c4a6a62a1fab5db" },
		{ 135, "34bd7bed52ea092f88bc887256e7f065"
		       "00ee814afa9a5566e22030af2ef1c5c0" },
		{ 136, "2b31811a93dfc4bdc41b6aa7790e784b"
		       "987c25a2c8a0e101cfa694552dc8ae39" },
		{ 137, "a6103b089a404974c2b460048bfddd45"
		       "108748fbdd9bad451f54d1fe95f8f284" },
		{ 271, "3915ac0d86093104c62ea954228b2880"
		       "2e32a97eaaf854cccaaf526dd14f919e" },
		{ 272, "415fd325cae3a2f957fea2770d710027"
		       "317ced7e7266a59905102c14fdb9959a" },
		{ 273, "5091b58a169d72e691cd40c2796dfe52"
		       "ec91c538f682485c5424971ed02cd906" },
		{ 512, "46aacb841df9b62b3198538d992552be"
		       "5ae7a06047094b98f96f22cdba2afaf8" },
	};
	uint8_t data[512];
	uint8_t out[32];
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 1);
	for (i = 0; i < ARRAY_LEN(v); i++) {
		keccak256(out, data, v[i].len);
		assert_hex(out, 32, v[i].hash);
	}
}

static void keccak_does_not_care_how_the_message_is_cut(void **state)
{
	struct prng p = prng_start();
	uint8_t data[700];
	uint8_t whole[32];
	uint8_t parts[32];
	struct keccak k;

	(void)state;
	prng_fill(&p, data, sizeof(data));
	for (int i = 0; i < 2000; i++) {
		size_t len = prng_below(&p, sizeof(data) + 1);
		size_t at = 0;

		keccak256(whole, data, len);
		keccak256_init(&k);
		while (at < len) {
			size_t n = prng_below(&p, len - at + 1);

			keccak256_update(&k, data + at, n);
			at += n;
		}
		keccak256_update(&k, NULL, 0);
		keccak256_final(&k, parts);
		assert_memory_equal(parts, whole, sizeof(whole));
	}
}

static void nothing_of_the_message_is_left_behind(void **state)
{
	static const struct keccak none;
	struct keccak k;
	uint8_t out[32];

	(void)state;
	keccak256_init(&k);
	keccak256_update(&k, "abc", 3);
	keccak256_final(&k, out);
	assert_memory_equal(&k, &none, sizeof(k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keccak_is_the_one_of_ethereum),
		cmocka_unit_test(keccak_pads_at_every_length),
		cmocka_unit_test(keccak_does_not_care_how_the_message_is_cut),
		cmocka_unit_test(nothing_of_the_message_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
