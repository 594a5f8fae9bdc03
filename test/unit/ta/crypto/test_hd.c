/* SPDX-License-Identifier: Apache-2.0 */
#include "common/attr.h"
#include "common/endian.h"
#include "common/keccak.h"
#include "ta/crypto/bip39.h"
#include "ta/crypto/hd.h"
#include "ta/crypto/hmac512.h"
#include "test/unit/ta/crypto/with_k256.h"

#include <secp256k1.h>

#define SEED_ONE "000102030405060708090a0b0c0d0e0f"
#define SEED_TWO                                                           \
	"fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a2" \
	"9f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542"
#define SEED_THREE                                                         \
	"4b381541583be4423346c643850da4b320e46a87ae3d2a4e6da11eba819cd4ac" \
	"ba45d239319ac14f863b8d5ab5a0d0c64d2e8a1e7d1457df2e5a3c51c73235be"
#define SEED_FOUR \
	"3ddd5602285899a946114506157c7997e5444528f3003f6134712147db19b678"

/* BIP-32, test vectors 1 to 4; 3 and 4 are about leading zeros. */
static const struct {
	const char *seed;
	uint32_t path[5];
	size_t steps;
	const char *prv;
	const char *pub;
} bip32[] = {
	{ SEED_ONE,
	  { 0 },
	  0,
	  "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiC"
	  "hkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
	  "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2g"
	  "Z29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8" },
	{ SEED_ONE,
	  { 0 | HD_HARDENED },
	  1,
	  "xprv9uHRZZhk6KAJC1avXpDAp4MDc3sQKNxDiPvvkX8Br5ngLNv1TxvUxt4c"
	  "V1rGL5hj6KCesnDYUhd7oWgT11eZG7XnxHrnYeSvkzY7d2bhkJ7",
	  "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6"
	  "LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw" },
	{ SEED_ONE,
	  { 0 | HD_HARDENED, 1 },
	  2,
	  "xprv9wTYmMFdV23N2TdNG573QoEsfRrWKQgWeibmLntzniatZvR9BmLnvSxq"
	  "u53Kw1UmYPxLgboyZQaXwTCg8MSY3H2EU4pWcQDnRnrVA1xe8fs",
	  "xpub6ASuArnXKPbfEwhqN6e3mwBcDTgzisQN1wXN9BJcM47sSikHjJf3UFHK"
	  "kNAWbWMiGj7Wf5uMash7SyYq527Hqck2AxYysAA7xmALppuCkwQ" },
	{ SEED_ONE,
	  { 0 | HD_HARDENED, 1, 2 | HD_HARDENED },
	  3,
	  "xprv9z4pot5VBttmtdRTWfWQmoH1taj2axGVzFqSb8C9xaxKymcFzXBDptWm"
	  "T7FwuEzG3ryjH4ktypQSAewRiNMjANTtpgP4mLTj34bhnZX7UiM",
	  "xpub6D4BDPcP2GT577Vvch3R8wDkScZWzQzMMUm3PWbmWvVJrZwQY4VUNgqF"
	  "JPMM3No2dFDFGTsxxpG5uJh7n7epu4trkrX7x7DogT5Uv6fcLW5" },
	{ SEED_ONE,
	  { 0 | HD_HARDENED, 1, 2 | HD_HARDENED, 2 },
	  4,
	  "xprvA2JDeKCSNNZky6uBCviVfJSKyQ1mDYahRjijr5idH2WwLsEd4Hsb2Tyh"
	  "8RfQMuPh7f7RtyzTtdrbdqqsunu5Mm3wDvUAKRHSC34sJ7in334",
	  "xpub6FHa3pjLCk84BayeJxFW2SP4XRrFd1JYnxeLeU8EqN3vDfZmbqBqaGJA"
	  "yiLjTAwm6ZLRQUMv1ZACTj37sR62cfN7fe5JnJ7dh8zL4fiyLHV" },
	{ SEED_ONE,
	  { 0 | HD_HARDENED, 1, 2 | HD_HARDENED, 2, 1000000000 },
	  5,
	  "xprvA41z7zogVVwxVSgdKUHDy1SKmdb533PjDz7J6N6mV6uS3ze1ai8FHa8k"
	  "mHScGpWmj4WggLyQjgPie1rFSruoUihUZREPSL39UNdE3BBDu76",
	  "xpub6H1LXWLaKsWFhvm6RVpEL9P4KfRZSW7abD2ttkWP3SSQvnyA8FSVqNTE"
	  "cYFgJS2UaFcxupHiYkro49S8yGasTvXEYBVPamhGW6cFJodrTHy" },
	{ SEED_TWO,
	  { 0 },
	  0,
	  "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso"
	  "3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U",
	  "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCG"
	  "u8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB" },
	{ SEED_TWO,
	  { 0 },
	  1,
	  "xprv9vHkqa6EV4sPZHYqZznhT2NPtPCjKuDKGY38FBWLvgaDx45zo9WQRUT3"
	  "dKYnjwih2yJD9mkrocEZXo1ex8G81dwSM1fwqWpWkeS3v86pgKt",
	  "xpub69H7F5d8KSRgmmdJg2KhpAK8SR3DjMwAdkxj3ZuxV27CprR9LgpeyGmX"
	  "UbC6wb7ERfvrnKZjXoUmmDznezpbZb7ap6r1D3tgFxHmwMkQTPH" },
	{ SEED_TWO,
	  { 0, 2147483647 | HD_HARDENED },
	  2,
	  "xprv9wSp6B7kry3Vj9m1zSnLvN3xH8RdsPP1Mh7fAaR7aRLcQMKTR2vidYEe"
	  "Eg2mUCTAwCd6vnxVrcjfy2kRgVsFawNzmjuHc2YmYRmagcEPdU9",
	  "xpub6ASAVgeehLbnwdqV6UKMHVzgqAG8Gr6riv3Fxxpj8ksbH9ebxaEyBLZ8"
	  "5ySDhKiLDBrQSARLq1uNRts8RuJiHjaDMBU4Zn9h8LZNnBC5y4a" },
	{ SEED_TWO,
	  { 0, 2147483647 | HD_HARDENED, 1 },
	  3,
	  "xprv9zFnWC6h2cLgpmSA46vutJzBcfJ8yaJGg8cX1e5StJh45BBciYTRXSd2"
	  "5UEPVuesF9yog62tGAQtHjXajPPdbRCHuWS6T8XA2ECKADdw4Ef",
	  "xpub6DF8uhdarytz3FWdA8TvFSvvAh8dP3283MY7p2V4SeE2wyWmG5mg5EwV"
	  "vmdMVCQcoNJxGoWaU9DCWh89LojfZ537wTfunKau47EL2dhHKon" },
	{ SEED_TWO,
	  { 0, 2147483647 | HD_HARDENED, 1, 2147483646 | HD_HARDENED },
	  4,
	  "xprvA1RpRA33e1JQ7ifknakTFpgNXPmW2YvmhqLQYMmrj4xJXXWYpDPS3xz7"
	  "iAxn8L39njGVyuoseXzU6rcxFLJ8HFsTjSyQbLYnMpCqE2VbFWc",
	  "xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJb"
	  "ZRkrgZw4koxb5JaHWkY4ALHY2grBGRjaDMzQLcgJvLJuZZvRcEL" },
	{ SEED_TWO,
	  { 0, 2147483647 | HD_HARDENED, 1, 2147483646 | HD_HARDENED, 2 },
	  5,
	  "xprvA2nrNbFZABcdryreWet9Ea4LvTJcGsqrMzxHx98MMrotbir7yrKCEXw7"
	  "nadnHM8Dq38EGfSh6dqA9QWTyefMLEcBYJUuekgW4BYPJcr9E7j",
	  "xpub6FnCn6nSzZAw5Tw7cgR9bi15UV96gLZhjDstkXXxvCLsUXBGXPdSnLFb"
	  "dpq8p9HmGsApME5hQTZ3emM2rnY5agb9rXpVGyy3bdW6EEgAtqt" },
	{ SEED_THREE,
	  { 0 },
	  0,
	  "xprv9s21ZrQH143K25QhxbucbDDuQ4naNntJRi4KUfWT7xo4EKsHt2QJDu7K"
	  "Xp1A3u7Bi1j8ph3EGsZ9Xvz9dGuVrtHHs7pXeTzjuxBrCmmhgC6",
	  "xpub661MyMwAqRbcEZVB4dScxMAdx6d4nFc9nvyvH3v4gJL378CSRZiYmhRo"
	  "P7mBy6gSPSCYk6SzXPTf3ND1cZAceL7SfJ1Z3GC8vBgp2epUt13" },
	{ SEED_THREE,
	  { 0 | HD_HARDENED },
	  1,
	  "xprv9uPDJpEQgRQfDcW7BkF7eTya6RPxXeJCqCJGHuCJ4GiRVLzkTXBAJMu2"
	  "qaMWPrS7AANYqdq6vcBcBUdJCVVFceUvJFjaPdGZ2y9WACViL4L",
	  "xpub68NZiKmJWnxxS6aaHmn81bvJeTESw724CRDs6HbuccFQN9Ku14VQrADW"
	  "gqbhhTHBaohPX4CjNLf9fq9MYo6oDaPPLPxSb7gwQN3ih19Zm4Y" },
	{ SEED_FOUR,
	  { 0 },
	  0,
	  "xprv9s21ZrQH143K48vGoLGRPxgo2JNkJ3J3fqkirQC2zVdk5Dgd5w14S7fR"
	  "DyHH4dWNHUgkvsvNDCkvAwcSHNAQwhwgNMgZhLtQC63zxwhQmRv",
	  "xpub661MyMwAqRbcGczjuMoRm6dXaLDEhW1u34gKenbeYqAix21mdUKJyuyu"
	  "5F1rzYGVxyL6tmgBUAEPrEz92mBXjByMRiJdba9wpnN37RLLAXa" },
	{ SEED_FOUR,
	  { 0 | HD_HARDENED },
	  1,
	  "xprv9vB7xEWwNp9kh1wQRfCCQMnZUEG21LpbR9NPCNN1dwhiZkjjeGRnaALm"
	  "PXCX7SgjFTiCTT6bXes17boXtjq3xLpcDjzEuGLQBM5ohqkao9G",
	  "xpub69AUMk3qDBi3uW1sXgjCmVjJ2G6WQoYSnNHyzkmdCHEhSZ4tBok37xfF"
	  "EqHd2AddP56Tqp4o56AePAgCjYdvpW2PU2jbUPFKsav5ut6Ch1m" },
	{ SEED_FOUR,
	  { 0 | HD_HARDENED, 1 | HD_HARDENED },
	  2,
	  "xprv9xJocDuwtYCMNAo3Zw76WENQeAS6WGXQ55RCy7tDJ8oALr4FWkuVoHJe"
	  "HVAcAqiZLE7Je3vZJHxspZdFHfnBEjHqU5hG1Jaj32dVoS6XLT1",
	  "xpub6BJA1jSqiukeaesWfxe6sNK9CCGaujFFSJLomWHprUL9DePQ4JDkM5d8"
	  "8n49sMGJxrhpjazuXYWdMf17C9T5XnxkopaeS7jGk1GyyVziaMt" },
};

/* Entropy: SHA-256 of "teekms wallet 0", "... 1", ...; the node m/44'/60'/0'
 * and one key below it. Computed with @scure/bip39 1.6 and @scure/bip32 1.7. */
static const struct {
	const char *entropy;
	const char *key;
	const char *chain;
	const char *pub;
	uint32_t account;
	uint32_t index;
	const char *leaf_key;
	const char *leaf_pub;
} wallets[] = {
	{ "d2ea116fc9e242fd3fde936bdffb53353d2c632b24c1d279a2d290b8bbea47c5",
	  "134937c58f14a73cb641a6b5211974ebe4e74a4f1a5bd9025b6c1c5eb658285d",
	  "bbf8809a8d2c79590d56e41515df7b008521100d20ef142b681ad06a36a6c7ca",
	  "038ec5dab605a503b51c2741e3f6b5f9b75a2271e6d67cae38eeda39e7c6e30ff8",
	  0, 0,
	  "c4c2cfcb0ad435104e0d85fb9b07f8c9791856f11e5da02f88ee360a2f165aa3",
	  "0227bb78b0e62f2eff69d0c84af370d78687e16dd6194c89f563833bdda5510b2"
	  "1" },
	{ "6694f60e8ec95bb84347dfe4adc970b4aa5dc26cc2ab2022ba18896780dd07c0",
	  "6f2b4bf7ce461fdf971e35a5ad30d7e289a94e22d8af56d5308b499c34af7f8f",
	  "412adb35892fb5d33e7a88a631aeb5a405326633736a4714314486164c0a5d6a",
	  "0277ced9b0f24c530c941b6d6a4dc7e6fa638b3df97b052a10ed0ea895079476d0",
	  0, 99,
	  "7af9371dec9a94633db59b9549e3038f31afcac4e641963a88b57e2263899580",
	  "034eba7aa11df0897a74a00f06cfbbd16ce9cdbafdbb3bcf572718b6dc0e76762"
	  "1" },
	{ "f16f007068a0a06d1bcfeaae941ee55bc3944876affc3bee4ebfb85445f6566f",
	  "b68fe0827cac847707568e7a70fb46c7f7ebd702f51b5120dd5c82142e906726",
	  "042f9067a7410f89419293bee80075ca8b3526cb0060abb32358f5e17df5d60e",
	  "02623f4147a0346562e28aa11b1f5a87810315d88e168ecbe47de4e8b768af3b6c",
	  1, 7,
	  "b6dc44e1450a2c642fa4b353af1d0fd46af22f941facc22beda9c48c8ac75cb8",
	  "02d59f77b386d2b9d5d789e8e1b11a7b6566466e1b40063b6b8a2ca618fa42be6"
	  "5" },
	{ "aee83ef3024337e5f569bc15df91114db09b210cc9f5280b67e675ecf8c17525",
	  "b15d3660b644c258fb07111051c18e8bda67cec290aae2be25b8c27e42cb80a9",
	  "7f9cd289df7698a917c962caf417cfc64372b1c954a1b80cf8985094f86166cd",
	  "027a852efa4df4d9eacacf1ad5fc68ec5f8506d82300972363c08cb75dbc3eb119",
	  2147483647, 2147483647,
	  "0671b4c36e7a3ad515be4284e76b926c078a538c68641b9b29aab81a92786bdb",
	  "032efc199e339a6cfda9084cbd4b1181e82cc0287dd86e25db98c70b9e133e947"
	  "b" },
	{ "b5323e1d68198a15c2b2361102c9202bba2103d0ceed2bfc22dc950ce30a6692",
	  "b8b77f8290bc1c9e79cdc7dc3b056d2a586deefa94b6a57b608237fa893b252a",
	  "277e40c825a1abf00fcd1da0f343e8ce312ba856bee7fa2a96cf0337de52d5c6",
	  "0299eb095c0136c92ebf3d6aa68e86867c682994f1a0925228fc8fb06e56be37b6",
	  44, 60,
	  "4edcbfacdaaeacd89a85822f621a44df0daa9ae4df8cd66e33bd0cfafc497b28",
	  "02dea6bfc1d75fea0dc2cb460643762e9f93f13267286a65fc271ea07fe641379"
	  "d" },
	{ "224e2312b0b77fffc9df1be8a5bd141109d3133f3052116cb49706c1d3559719",
	  "f8612804af8952739abc0e858651849dc340133de763ac8fef1370d6bcea8947",
	  "5f9ff7acc5653325c1d4257c1ff3bd01265c7b15f8efb889f95dfdec3f1f1c0f",
	  "03c9169737194aaee52df1696a2e28226c2fa8d413d45653c8c1ee45b1dcb9138f",
	  1, 2147483647,
	  "8f000b48f093d59465d53fdfc7cf4759b1762c930669ab946037bc3ee25407da",
	  "0335d584b8902999793a490021220788adb9a3831de2feede2d2cdf8961678cf0"
	  "d" },
	{ "90453740f490916b901f7c3d4e8c85cad8eef335004f78fe65d85f66c2945344",
	  "ef14ef5ce342867e46dfb01d90c9cc1c816c0721acb624fe0adfc829489f7597",
	  "253e3d063d1da185c24f82bc38cbf3e32d8208d9b37281089940032ae0620e69",
	  "03b5898e83291c85516a170ccd5f0b2457b5d5dcccaee0f08411bb13b84da07d2c",
	  5, 16909060,
	  "fd53c081a6f3a6336ab600dd394b1b940bf31b045dc87c4dbd33e60a911f18f5",
	  "02be15fff6f85ef6760d87eb6eefb03d6c66a6442761711afd52203077356b930"
	  "7" },
	{ "f14d418c1aaadd79cceee48b1e4905e3bfedf623f227684feb003df7617cac4c",
	  "fdf240b083b45119203d2df3de85a0b979763f68024e46bd35620233db832b11",
	  "358f95f9cf310024b20c9b9718fc03ad8e5275aec1f368a75fbf392cc3bf4049",
	  "03499567d50754b2146ce426694109a8806e6dcccbaa0bf1012fa239dbcf75dfd0",
	  2147483647, 0,
	  "8a370465e8d818dc62f2fdae26b50639cc256dc4b3b795abd98c866f5a316a2a",
	  "020400a1e0b576179084c03c29d97ee4bb6328c5c51b43fa0f8046072c7ae3836"
	  "5" },
};

/* An extended key of BIP-32: 78 bytes and a checksum that is not looked at. */
#define EXTENDED_LEN   82
#define EXTENDED_CHAIN 13
#define EXTENDED_KEY   45

static void from_base58(uint8_t out[EXTENDED_LEN], const char *text)
{
	static const char digits[] =
		"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	const char *digit = NULL;
	uint32_t carry = 0;
	size_t i = 0;

	memset(out, 0, EXTENDED_LEN);
	for (; *text; text++) {
		digit = strchr(digits, *text);
		assert_non_null(digit);
		carry = (uint32_t)(digit - digits);
		for (i = EXTENDED_LEN; i--; carry >>= 8) {
			carry += out[i] * 58u;
			out[i] = (uint8_t)carry;
		}
		assert_int_equal(carry, 0);
	}
}

static void assert_node(const struct hd_node *node, const char *prv,
			const char *pub)
{
	uint8_t want[EXTENDED_LEN];

	from_base58(want, prv);
	assert_int_equal(want[EXTENDED_KEY], 0);
	assert_memory_equal(node->key.b, want + EXTENDED_KEY + 1, 32);
	assert_memory_equal(node->chain.b, want + EXTENDED_CHAIN, 32);
	from_base58(want, pub);
	assert_memory_equal(node->chain.b, want + EXTENDED_CHAIN, 32);
	assert_memory_equal(node->pub, want + EXTENDED_KEY, HD_PUB_LEN);
}

static void nodes_are_those_of_bip_32(void **state KMS_UNUSED)
{
	struct hd_node node;
	uint8_t seed[64];
	size_t len = 0;
	size_t step = 0;
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(bip32); i++) {
		len = from_hex(seed, sizeof(seed), bip32[i].seed);
		assert_int_equal(hd_master(&k256, &node, bytes_of(seed, len)),
				 KMS_RC_OK);
		for (step = 0; step < bip32[i].steps; step++)
			assert_int_equal(hd_child(&k256, &node, &node,
						  bip32[i].path[step]),
					 KMS_RC_OK);
		assert_node(&node, bip32[i].prv, bip32[i].pub);
	}
}

static void a_child_leaves_its_parent_alone(void **state KMS_UNUSED)
{
	struct hd_node parent;
	struct hd_node before;
	struct hd_node child;

	assert_int_equal(hd_master(&k256, &parent, bytes_of("seed", 4)),
			 KMS_RC_OK);
	before = parent;
	assert_int_equal(hd_child(&k256, &child, &parent, 5), KMS_RC_OK);
	assert_memory_equal(&parent, &before, sizeof(before));
	assert_int_equal(hd_child(&k256, &parent, &parent, 5), KMS_RC_OK);
	assert_memory_equal(&parent, &child, sizeof(child));
}

static void keys_are_those_that_other_wallets_derive(void **state KMS_UNUSED)
{
	struct secret32 entropy;
	struct secret32 key;
	struct hd_node node;
	uint8_t octets[33];
	uint8_t pub[64];
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(wallets); i++) {
		from_hex(entropy.b, sizeof(entropy.b), wallets[i].entropy);
		assert_int_equal(hd_account_node(&k256, &node, &entropy),
				 KMS_RC_OK);
		assert_hex(node.key.b, 32, wallets[i].key);
		assert_hex(node.chain.b, 32, wallets[i].chain);
		assert_hex(node.pub, sizeof(node.pub), wallets[i].pub);
		assert_int_equal(hd_leaf(&k256, &key, pub, &node,
					 wallets[i].account, wallets[i].index),
				 KMS_RC_OK);
		assert_hex(key.b, sizeof(key.b), wallets[i].leaf_key);
		k256_compress(octets, pub);
		assert_hex(octets, sizeof(octets), wallets[i].leaf_pub);
	}
}

/* The wallet "abandon abandon ... art", which every library knows. */
static void a_wallet_of_zeros_has_the_known_address(void **state KMS_UNUSED)
{
	struct secret32 entropy = { 0 };
	struct secret64 seed;
	struct secret32 key;
	struct hd_node node;
	uint8_t octets[33];
	uint8_t hash[32];
	uint8_t pub[64];

	bip39_seed(&seed, &entropy);
	assert_hex(seed.b, sizeof(seed.b),
		   "408b285c123836004f4b8842c89324c1"
		   "f01382450c0d439af345ba7fc49acf70"
		   "5489c6fc77dbd4e3dc1dd8cc6bc9f043"
		   "db8ada1e243c4a0eafb290d399480840");
	assert_int_equal(hd_account_node(&k256, &node, &entropy), KMS_RC_OK);
	assert_int_equal(hd_leaf(&k256, &key, pub, &node, 0, 0), KMS_RC_OK);
	assert_hex(key.b, sizeof(key.b),
		   "1053fae1b3ac64f178bcc21026fd06a3"
		   "f4544ec2f35338b001f02d1d8efa3d5f");
	k256_compress(octets, pub);
	assert_hex(octets, sizeof(octets),
		   "02dc286c821c7490afbe20a79d13123b"
		   "9f41f3d7ef21e4a9caacd22f5983b28eca");
	keccak256(hash, pub, sizeof(pub));
	assert_hex(hash + 12, 20, "f278cf59f82edcf871d630f28ecc8056f25c1cdb");
}

static void a_leaf_is_two_children_away(void **state KMS_UNUSED)
{
	struct hd_node node;
	struct hd_node child;
	struct secret32 key;
	uint8_t octets[33];
	uint8_t pub[64];

	assert_int_equal(hd_master(&k256, &node, bytes_of("seed", 4)),
			 KMS_RC_OK);
	assert_int_equal(hd_child(&k256, &child, &node, 3), KMS_RC_OK);
	assert_int_equal(hd_child(&k256, &child, &child, 0x7fffffff),
			 KMS_RC_OK);
	assert_int_equal(hd_leaf(&k256, &key, pub, &node, 3, 0x7fffffff),
			 KMS_RC_OK);
	assert_memory_equal(key.b, child.key.b, sizeof(key.b));
	k256_compress(octets, pub);
	assert_memory_equal(octets, child.pub, sizeof(octets));
}

static void assert_zero(const void *ptr, size_t len)
{
	assert_true(ct_is_zero(ptr, len));
}

static void a_hardened_number_is_no_leaf(void **state KMS_UNUSED)
{
	static const uint32_t bad[][2] = {
		{ 0x80000000, 0 },
		{ 0, 0x80000000 },
		{ 0xffffffff, 5 },
		{ 5, 0x8000002c },
	};
	struct hd_node node;
	struct secret32 key;
	uint8_t pub[64];
	size_t i = 0;

	assert_int_equal(hd_master(&k256, &node, bytes_of("seed", 4)),
			 KMS_RC_OK);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		memset(&key, 0xee, sizeof(key));
		memset(pub, 0xee, sizeof(pub));
		assert_int_equal(
			hd_leaf(&k256, &key, pub, &node, bad[i][0], bad[i][1]),
			KMS_RC_BAD_INPUT);
		assert_zero(&key, sizeof(key));
		assert_zero(pub, sizeof(pub));
	}
}

/*
 * Sets a key to which the tweak of this child adds up to the group's order. The
 * tweak hangs on pub and chain alone, so the node has a pub of another key.
 */
static void make_sum_zero(struct hd_node *node, uint32_t index)
{
	uint8_t number[4];
	uint8_t whole[64];
	struct hmac512 h;

	be32_put(number, index);
	hmac512_init(&h, node->chain.b, sizeof(node->chain.b));
	hmac512_update(&h, node->pub, sizeof(node->pub));
	hmac512_update(&h, number, sizeof(number));
	hmac512_final(&h, whole);
	memcpy(node->key.b, whole, sizeof(node->key.b));
	assert_true(secp256k1_ec_seckey_negate(secp256k1_context_static,
					       node->key.b));
}

static void where_bip_32_would_skip_there_is_no_key(void **state KMS_UNUSED)
{
	struct hd_node node;
	struct hd_node child;
	struct secret32 key;
	uint8_t pub[64];

	assert_int_equal(hd_master(&k256, &node, bytes_of("seed", 4)),
			 KMS_RC_OK);
	make_sum_zero(&node, 7);
	memset(&child, 0xee, sizeof(child));
	assert_int_equal(hd_child(&k256, &child, &node, 7), KMS_RC_FAULT);
	assert_zero(&child, sizeof(child));
	memset(&key, 0xee, sizeof(key));
	memset(pub, 0xee, sizeof(pub));
	assert_int_equal(hd_leaf(&k256, &key, pub, &node, 7, 0), KMS_RC_FAULT);
	assert_zero(&key, sizeof(key));
	assert_zero(pub, sizeof(pub));
	assert_int_equal(hd_child(&k256, &child, &node, 8), KMS_RC_OK);
}

static void a_node_with_a_key_out_of_range_has_no_child(void **state KMS_UNUSED)
{
	struct hd_node node;
	struct hd_node child;
	size_t i = 0;

	assert_int_equal(hd_master(&k256, &node, bytes_of("seed", 4)),
			 KMS_RC_OK);
	for (i = 0; i < 2; i++) {
		memset(node.key.b, i ? 0xff : 0, sizeof(node.key.b));
		assert_int_equal(hd_child(&k256, &child, &node, 1),
				 KMS_RC_FAULT);
		assert_zero(&child, sizeof(child));
		assert_int_equal(
			hd_child(&k256, &child, &node, 1 | HD_HARDENED),
			KMS_RC_FAULT);
		assert_zero(&child, sizeof(child));
	}
}

static void a_closed_context_derives_nothing(void **state KMS_UNUSED)
{
	struct k256 closed = { 0 };
	struct secret32 entropy = { 0 };
	struct secret32 key;
	struct hd_node node;
	struct hd_node child;
	uint8_t pub[64];

	assert_int_equal(hd_master(&k256, &node, bytes_of("seed", 4)),
			 KMS_RC_OK);
	assert_int_equal(hd_child(&closed, &child, &node, 1), KMS_RC_FAULT);
	assert_zero(&child, sizeof(child));
	assert_int_equal(hd_leaf(&closed, &key, pub, &node, 1, 1),
			 KMS_RC_FAULT);
	assert_zero(&key, sizeof(key));
	assert_int_equal(hd_account_node(&closed, &node, &entropy),
			 KMS_RC_FAULT);
	assert_zero(&node, sizeof(node));
}

static void
deriving_neither_allocates_nor_calls_the_tee(void **state KMS_UNUSED)
{
	uint64_t before = gp_heap_offences();
	struct secret32 entropy = { 0 };
	struct secret32 key;
	struct hd_node node;
	uint8_t pub[64];

	gp_count_reset();
	gp_heap_guard(true);
	assert_int_equal(hd_account_node(&k256, &node, &entropy), KMS_RC_OK);
	assert_int_equal(hd_leaf(&k256, &key, pub, &node, 0, 0), KMS_RC_OK);
	gp_heap_guard(false);
	assert_int_equal(gp_heap_offences(), before);
	assert_int_equal(gp_count(GP_CALL_ANY), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_K256(nodes_are_those_of_bip_32),
		WITH_K256(a_child_leaves_its_parent_alone),
		WITH_K256(keys_are_those_that_other_wallets_derive),
		WITH_K256(a_wallet_of_zeros_has_the_known_address),
		WITH_K256(a_leaf_is_two_children_away),
		WITH_K256(a_hardened_number_is_no_leaf),
		WITH_K256(where_bip_32_would_skip_there_is_no_key),
		WITH_K256(a_node_with_a_key_out_of_range_has_no_child),
		WITH_K256(a_closed_context_derives_nothing),
		WITH_K256(deriving_neither_allocates_nor_calls_the_tee),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
