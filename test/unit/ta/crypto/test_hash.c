/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "ta/crypto/hmac.h"
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
	prng_fill(&p, message, sizeof(message));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_gives_the_answers_of_rfc_4231),
		cmocka_unit_test(a_key_longer_than_a_block_is_hashed_first),
		cmocka_unit_test(hmac_does_not_care_how_the_message_is_cut),
		cmocka_unit_test(hkdf_gives_the_answers_of_rfc_5869),
		cmocka_unit_test(hkdf_reaches_its_longest_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
