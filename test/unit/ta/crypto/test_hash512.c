/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include "common/attr.h"
#include "common/sha512.h"
#include "ta/crypto/hmac512.h"
#include "ta/crypto/pbkdf2.h"
#include "test/unit/seed.h"

/* FIPS 180-4's examples (NIST, "Examples with Intermediate Values"). */
static void sha512_gives_the_answers_of_fips_180_4(void **state KMS_UNUSED)
{
	static const char two_blocks[] =
		"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		"hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
	uint8_t out[SHA512_LEN];

	sha512_once(out, "abc", 3);
	assert_hex(out, sizeof(out),
		   "ddaf35a193617abacc417349ae204131"
		   "12e6fa4e89a97ea20a9eeee64b55d39a"
		   "2192992a274fc1a836ba3c23a3feebbd"
		   "454d4423643ce80e2a9ac94fa54ca49f");
	sha512_once(out, two_blocks, sizeof(two_blocks) - 1);
	assert_hex(out, sizeof(out),
		   "8e959b75dae313da8cf4f72814fc143f"
		   "8f7779c6eb9f7fa17299aeadb6889018"
		   "501d289e4900f7e4331b99dec4b5433a"
		   "c7d329eeb6dd26545e96e55b874be909");
}

/* The third example, in pieces that never fall together with a block. */
static void a_million_bytes_may_come_in_pieces(void **state KMS_UNUSED)
{
	uint8_t out[SHA512_LEN];
	uint8_t piece[1009];
	size_t left = 1000000;
	size_t n = 0;
	struct sha512 s;

	memset(piece, 'a', sizeof(piece));
	sha512_init(&s);
	while (left) {
		n = left < sizeof(piece) ? left : sizeof(piece);
		sha512_update(&s, piece, n);
		left -= n;
	}
	sha512_final(&s, out);
	assert_hex(out, sizeof(out),
		   "e718483d0ce769644e2e42c7bc15b463"
		   "8e1f98b13b2044285632a803afa973eb"
		   "de0ff244877ea60a4cb0432ce577c31b"
		   "eb009c5c2c49aa2e4eadb217ad8cc09b");
}

/* Around block and padding; computed with Python's hashlib. */
static void sha512_pads_at_every_length(void **state KMS_UNUSED)
{
	static const struct {
		size_t len;
		const char *hash;
	} v[] = {
		{ 0, "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d"
		     "36ce9ce"
		     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af"
		     "927da3e" },
		{ 1, "7b54b66836c1fbdd13d2441d9e1434dc62ca677fb68f5fe66a464baad"
		     "ecdbd00"
		     "576f8d6b5ac3bcc80844b7d50b1cc6603444bbe7cfcf8fc0aa1ee3c63"
		     "6d9e339" },
		{ 55, "44f6d40f3dc121a98043a1771d55650d64a6f196078beedd9c6ca6fe"
		      "73011666"
		      "88bf9b5cb4c5057df7345665ef7f1a4ffddd0743615d9ececca811d3"
		      "04e2afd3" },
		{ 111, "3dfde1184fd99f233f98be4250f4edb9b535157909b668334370742"
		       "204d97e04"
		       "7f1fd6a74bb5ba447f337286f421d9af957811f7ef62a458771457d"
		       "a126cb65e" },
		{ 112, "acc96c509e6d01787330a4c6a241e2cda9dcc2529dbe4288dbbcc38"
		       "12133233c"
		       "4698831127cf6ed0b333632b22715a5ce53a0a1002a684367b71c98"
		       "aa6d1d900" },
		{ 113, "4ede4e315b6ca9754af594de49c76f096a1ff4f52a1f26644c25fb4"
		       "5bce727e4"
		       "28ed971dbdde70738ba0b45eb58c2bc637083626b692e24c0a2396c"
		       "2b354659c" },
		{ 127, "a315910cb7812a8e66d87c0c49a42d93dbe97bf0240ee995792292c"
		       "529256d93"
		       "f40199a59b3f6266343f302651fea1589e2040a2f3756126d3fe4f4"
		       "21a72079d" },
		{ 128, "31f33a52b36dc2e70c83b604fa999a5cabf33bf70e4556fbed7bff1"
		       "0870c1b7b"
		       "241dd3f15d1ade24599f068fc58ab51e0028b0f0c98895c23358e8d"
		       "ee032ce06" },
		{ 129, "748fec3280c9165199f8c260e87eea61cbbe1b23ef1567c220df65b"
		       "37e3fcced"
		       "15fa7f63c9a381fde38ddd4eb2b09b67f77d03c5e0a639b487e8c48"
		       "343590c97" },
		{ 239, "d5e023834c68aeb6e8eef9619ed5fb6fd8b3df796b49d18dce5f6fa"
		       "e76f3f6ca"
		       "e8ddf055611c4031bf5fe6aa68708360f5de1fe69a77055eb55612c"
		       "5509d5e19" },
		{ 240, "67b19552bd96d84b251b262b7eef6fe73b2fdeabc4a4a0e4de2c8c6"
		       "21ee39572"
		       "9b3877c85c2b0fa79e379ca718f1a00d7508d8a5c04967fe240d460"
		       "8edf05c10" },
		{ 241, "899fd1a95df9719ff9aaed385a90137505328341a5c764b42bf9dcb"
		       "75a11869e"
		       "93c3938ce4bd7e26cf301709d0c933675dd2448fbcf4093fdcf64e5"
		       "13291c7dc" },
		{ 255, "3e09a61576e14ea6d37a82b9463a1731f1de024664c4386d6a645ae"
		       "40ad8b9be"
		       "8d737a166ef08a1ae36f95c0179bcbcf441c45aa0509ce04740fffa"
		       "c9724dc35" },
		{ 256, "736e6ce54295f07fa411029e1b610c4a86659552c394165c7ddc2ba"
		       "622630f26"
		       "f898ec8f47db21051773b1ec17b3f63ff4c5f6cf95ddfd68581daed"
		       "51ff4242b" },
		{ 257, "7fedbc29ce3eb21ecb0fabbf9bf5c934ed4c6674b7411844f12902e"
		       "5ad71afe3"
		       "cc2260f3018f750325d65371e94db8bb42ba58f1b40010a0e5b3d92"
		       "62d8635a7" },
		{ 512, "0edd5b7c9f3199c5c12e7dbc45b992ea02a6d8be10f5741b54708e6"
		       "535b72249"
		       "bb3cf768d184b1d22b7a22b8450190ff9d777099c1e2869e8f85a57"
		       "2f3ada652" },
	};
	uint8_t data[512];
	uint8_t out[SHA512_LEN];
	size_t i = 0;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 1);
	for (i = 0; i < ARRAY_LEN(v); i++) {
		sha512_once(out, data, v[i].len);
		assert_hex(out, sizeof(out), v[i].hash);
	}
}

static void sha512_does_not_care_how_the_message_is_cut(void **state KMS_UNUSED)
{
	struct prng p = prng_start();
	uint8_t message[700];
	uint8_t whole[SHA512_LEN];
	uint8_t parts[SHA512_LEN];
	struct sha512 s;
	size_t at = 0;
	size_t n = 0;
	size_t i = 0;

	prng_fill(&p, message, sizeof(message));
	sha512_once(whole, message, sizeof(message));
	for (i = 0; i < 200; i++) {
		sha512_init(&s);
		for (at = 0; at < sizeof(message); at += n) {
			n = prng_below(&p, sizeof(message) - at + 1);
			sha512_update(&s, message + at, n);
		}
		sha512_final(&s, parts);
		assert_memory_equal(parts, whole, sizeof(whole));
	}
}

static void a_copied_state_goes_on_by_itself(void **state KMS_UNUSED)
{
	struct sha512 first;
	struct sha512 second;
	uint8_t want[SHA512_LEN];
	uint8_t out[SHA512_LEN];

	sha512_init(&first);
	sha512_update(&first, "ab", 2);
	second = first;
	sha512_update(&first, "x", 1);
	sha512_update(&second, "c", 1);
	sha512_final(&first, out);
	sha512_final(&second, out);
	sha512_once(want, "abc", 3);
	assert_memory_equal(out, want, sizeof(want));
}

/* RFC 4231, section 4; case 5 is cut to 16 bytes there. */
static const struct {
	const char *key;
	const char *data;
	const char *mac;
} rfc4231[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	  "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" },
	{ "4a656665",
	  "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	  "dddddddddddddddddddddddddddddddddddd",
	  "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
	  "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb" },
	{ "0102030405060708090a0b0c0d0e0f10111213141516171819",
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	  "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
	  "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd" },
	{ "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
	  "546573742057697468205472756e636174696f6e",
	  "415fad6271580a531d4179bc891d87a6" },
};

static void hmac_gives_the_answers_of_rfc_4231(void **state KMS_UNUSED)
{
	uint8_t key[64];
	uint8_t data[64];
	uint8_t mac[SHA512_LEN];
	size_t key_len = 0;
	size_t data_len = 0;
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(rfc4231); i++) {
		key_len = from_hex(key, sizeof(key), rfc4231[i].key);
		data_len = from_hex(data, sizeof(data), rfc4231[i].data);
		hmac512_once(mac, key, key_len, data, data_len);
		assert_hex(mac, strlen(rfc4231[i].mac) / 2, rfc4231[i].mac);
	}
}

/* Cases 6 and 7 of the same. */
static void a_key_longer_than_a_block_is_hashed_first(void **state KMS_UNUSED)
{
	static const char six[] =
		"Test Using Larger Than Block-Size Key - Hash Key First";
	static const char seven[] =
		"This is a test using a larger than block-size key and a "
		"larger than block-size data. The key needs to be hashed "
		"before being used by the HMAC algorithm.";
	uint8_t key[131];
	uint8_t mac[SHA512_LEN];

	memset(key, 0xaa, sizeof(key));
	hmac512_once(mac, key, sizeof(key), six, sizeof(six) - 1);
	assert_hex(mac, sizeof(mac),
		   "80b24263c7c1a3ebb71493c1dd7be8b4"
		   "9b46d1f41b4aeec1121b013783f8f352"
		   "6b56d037e05f2598bd0fd2215d6a1e52"
		   "95e64f73f63f0aec8b915a985d786598");
	hmac512_once(mac, key, sizeof(key), seven, sizeof(seven) - 1);
	assert_hex(mac, sizeof(mac),
		   "e37b6a775dc87dbaa4dfa9f96e5e3ffd"
		   "debd71f8867289865df5a32d20cdc944"
		   "b6022cac3c4982b10d5eeb55c3e4de15"
		   "134676fb6de0446065c97440fa8c6a58");
}

static void one_keyed_state_serves_many_messages(void **state KMS_UNUSED)
{
	struct hmac512 keyed;
	struct hmac512 h;
	uint8_t want[SHA512_LEN];
	uint8_t mac[SHA512_LEN];
	uint8_t i = 0;

	hmac512_init(&keyed, "key", 3);
	for (i = 0; i < 5; i++) {
		h = keyed;
		hmac512_update(&h, NULL, 0);
		hmac512_update(&h, &i, 1);
		hmac512_final(&h, mac);
		hmac512_once(want, "key", 3, &i, 1);
		assert_memory_equal(mac, want, sizeof(want));
	}
}

/* The inputs of RFC 6070, which has SHA-1; the widely published answers for
 * SHA-512, which Python's hashlib gives too. */
static const struct {
	const char *password;
	const char *salt;
	uint32_t rounds;
	const char *out;
} rfc6070[] = {
	{ "password", "salt", 1,
	  "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252"
	  "c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce" },
	{ "password", "salt", 2,
	  "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53c"
	  "f76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e" },
	{ "password", "salt", 4096,
	  "d197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5"
	  "143f30602641b3d55cd335988cb36b84376060ecd532e039b742a239434af2d5" },
	{ "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt",
	  4096,
	  "8c0511f4c6e597c6ac6315d8f0362e225f3c501495ba23b868c005174dc4ee71"
	  "115b59f9e60cd9532fa33e0f75aefe30225c583a186cd82bd4daea9724a3d3b8" },
};

static void pbkdf2_gives_the_published_answers(void **state KMS_UNUSED)
{
	uint8_t out[64];
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(rfc6070); i++) {
		pbkdf2_sha512(
			out, sizeof(out), bytes_of_text(rfc6070[i].password),
			bytes_of_text(rfc6070[i].salt), rfc6070[i].rounds);
		assert_hex(out, sizeof(out), rfc6070[i].out);
	}
}

/* Computed with Python's hashlib. */
static void pbkdf2_fills_any_length(void **state KMS_UNUSED)
{
	uint8_t password[200];
	uint8_t all[151];
	uint8_t some[151];
	struct bytes salt = bytes_of("salt", 4);
	size_t len = 0;

	memset(password, 'x', sizeof(password));
	memset(all, 0xee, sizeof(all));
	pbkdf2_sha512(all, 150, bytes_of(password, sizeof(password)), salt, 3);
	assert_hex(
		all, 150,
		"7e06f7557aae6057f38260ec33f67b9675bebccb8b17931386629a07d321"
		"49d2378b0cb294a152173818b94281c3db47d169e538b02deb3f2457884f"
		"1a3e04d9bb1483b5d4b099a9cd7dc62ecd1571c5202ef332fa3d60725bf6"
		"bff97d4906385f8c0cbeba65e74a0da32082baf66ab7a80eb3d186d0f3e9"
		"f6b8b9159dc483c933de63f8ea2e5b9a055ab21044f28d9077ee5667f85c");
	assert_int_equal(all[150], 0xee);
	for (len = 0; len <= 150; len += 25) {
		memset(some, 0xee, sizeof(some));
		pbkdf2_sha512(some, len, bytes_of(password, sizeof(password)),
			      salt, 3);
		assert_memory_equal(some, all, len);
		assert_int_equal(some[len], 0xee);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha512_gives_the_answers_of_fips_180_4),
		cmocka_unit_test(a_million_bytes_may_come_in_pieces),
		cmocka_unit_test(sha512_pads_at_every_length),
		cmocka_unit_test(sha512_does_not_care_how_the_message_is_cut),
		cmocka_unit_test(a_copied_state_goes_on_by_itself),
		cmocka_unit_test(hmac_gives_the_answers_of_rfc_4231),
		cmocka_unit_test(a_key_longer_than_a_block_is_hashed_first),
		cmocka_unit_test(one_keyed_state_serves_many_messages),
		cmocka_unit_test(pbkdf2_gives_the_published_answers),
		cmocka_unit_test(pbkdf2_fills_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
