/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "ta/crypto/hmac.h"
#include "ta/crypto/keccak.h"
#include "test/unit/seed.h"

/* RFC 4231, section 4; case 5 is cut to 16 bytes there. */
static const struct {
	const char *key;
	const char *data;
	const char *mac;
} rfc4231[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "b0344c61d8db38535ca8afceaf0bf12b"
	  "881dc200c9833da726e9376c2e32cff7" },
	{ "4a656665",
	  "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "5bdcc146bf60754e6a042426089575c7"
	  "5a003f089d2739839dec58b964ec3843" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "dddddddddddddddddddddddddddddddddddddddddddddddddd"
	  "dddddddddddddddddddddddddddddddddddddddddddddddddd",
	  "773ea91e36800e46854db8ebd09181a7"
	  "2959098b3ef8c122d9635514ced565fe" },
	{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	  "82558a389a443c0ea4cc819899f2083a"
	  "85f0faa3e578f8077a2e3ff46729665b" },
	{ "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
	  "546573742057697468205472756e636174696f6e",
	  "a3b6167473100ee06e0c796c2955552b" },
};

static void hmac_gives_the_answers_of_rfc_4231(void **state)
{
	uint8_t key[64];
	uint8_t data[64];
	uint8_t mac[32];
	size_t key_len = 0;
	size_t data_len = 0;
	size_t i = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rfc4231); i++) {
		key_len = from_hex(key, sizeof(key), rfc4231[i].key);
		data_len = from_hex(data, sizeof(data), rfc4231[i].data);
		hmac_once(mac, key, key_len, data, data_len);
		assert_hex(mac, strlen(rfc4231[i].mac) / 2, rfc4231[i].mac);
	}
}

static void a_key_longer_than_a_block_is_hashed_first(void **state)
{
	static const char six[] =
		"Test Using Larger Than Block-Size Key - Hash Key First";
	static const char seven[] =
		"This is a test using a larger than block-size key and a "
		"larger "
		"than block-size data. The key needs to be hashed before being "
		"used by the HMAC algorithm.";
	uint8_t key[131];
	uint8_t mac[32];

	(void)state;
	memset(key, 0xaa, sizeof(key));
	hmac_once(mac, key, sizeof(key), six, sizeof(six) - 1);
	assert_hex(mac, 32,
		   "60e431591ee0b67f0d8a26aacbf5b77f"
		   "8e0bc6213728c5140546040f0ee37f54");
	hmac_once(mac, key, sizeof(key), seven, sizeof(seven) - 1);
	assert_hex(mac, 32,
		   "9b09ffa71b942fcb27635fbcd5b0e944"
		   "bfdc63644f0713938a7f51535c3a35e2");
}

static void hmac_does_not_care_how_the_message_is_cut(void **state)
{
	struct prng p = prng_start();
	uint8_t message[300];
	uint8_t whole[32];
	uint8_t parts[32];
	struct hmac h;
	size_t cut = 0;
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)prng_next(&p);
	hmac_once(whole, "key", 3, message, sizeof(message));
	for (i = 0; i < 50; i++) {
		cut = prng_next(&p) % (sizeof(message) + 1);
		hmac_init(&h, "key", 3);
		hmac_update(&h, message, cut);
		hmac_update(&h, message + cut, sizeof(message) - cut);
		hmac_final(&h, parts);
		assert_memory_equal(parts, whole, sizeof(whole));
	}
}

/* RFC 5869, appendix A, the cases of SHA-256. */
static void hkdf_gives_the_answers_of_rfc_5869(void **state)
{
	uint8_t seq[256];
	uint8_t ikm[80];
	uint8_t out[82];
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(seq); i++)
		seq[i] = (uint8_t)i;
	memset(ikm, 0x0b, 22);
	hkdf(out, 42, bytes_of(ikm, 22), bytes_of(seq, 13),
	     bytes_of(seq + 0xf0, 10));
	assert_hex(out, 42,
		   "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c"
		   "5db02d56ecc4c5bf34007208d5b887185865");
	hkdf(out, 82, bytes_of(seq, 80), bytes_of(seq + 0x60, 80),
	     bytes_of(seq + 0xb0, 80));
	assert_hex(out, 82,
		   "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8"
		   "a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
		   "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87"
		   "c14c01d5c1f3434f1d87");
	hkdf(out, 42, bytes_of(ikm, 22), bytes_of(NULL, 0), bytes_of(NULL, 0));
	assert_hex(out, 42,
		   "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879e"
		   "c3454e5f3c738d2d9d201395faa4b61a96c8");
}

static void hkdf_reaches_its_longest_output(void **state)
{
	static uint8_t all[HKDF_MAX];
	uint8_t some[33];
	struct bytes ikm = bytes_of("ikm", 3);

	(void)state;
	hkdf(all, sizeof(all), ikm, bytes_of(NULL, 0), ikm);
	hkdf(some, sizeof(some), ikm, bytes_of(NULL, 0), ikm);
	assert_memory_equal(all, some, sizeof(some));
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_gives_the_answers_of_rfc_4231),
		cmocka_unit_test(a_key_longer_than_a_block_is_hashed_first),
		cmocka_unit_test(hmac_does_not_care_how_the_message_is_cut),
		cmocka_unit_test(hkdf_gives_the_answers_of_rfc_5869),
		cmocka_unit_test(hkdf_reaches_its_longest_output),
		cmocka_unit_test(keccak_is_the_one_of_ethereum),
		cmocka_unit_test(keccak_pads_at_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
