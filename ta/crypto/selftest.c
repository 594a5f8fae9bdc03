/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/selftest.h"

#include "common/hex.h"
#include "common/keccak.h"
#include "common/sha256.h"
#include "common/sha512.h"
#include "ta/crypto/bip39.h"
#include "ta/crypto/hd.h"
#include "ta/crypto/hmac512.h"
#include "ta/crypto/hmac_drbg.h"
#include "ta/crypto/pbkdf2.h"

#include <string.h>

#ifdef KMS_TA_TEST_HOOKS
#include "ta/crypto/test_hooks.h"

static int broken_answer = -1;

void selftest_test_break(int answer)
{
	broken_answer = answer;
}
#endif

#define HEX_MAX 128

struct run {
	struct crypto *c;
	uint16_t answers;
	bool good;
};

/* Every comparison ends here, so that a test can make each of them fail. */
static void judge(struct run *r, bool good)
{
#ifdef KMS_TA_TEST_HOOKS
	if (broken_answer == r->answers)
		good = false;
#endif
	r->answers++;
	r->good = r->good && good;
}

static bool unhex(uint8_t *out, size_t len, const char *hex)
{
	return !hex_decode(out, len, hex, strlen(hex));
}

static void judge_bytes(struct run *r, const void *got, size_t len,
			const char *hex)
{
	uint8_t want[HEX_MAX] = { 0 };

	judge(r, len <= sizeof(want) && unhex(want, len, hex) &&
			 ct_equal(got, want, len));
}

/* FIPS 180-4, RFC 4231 case 2, RFC 5869 case 1, and Ethereum's "abc". */
static void hashes(struct run *r)
{
	static const char data[] = "what do ya want for nothing?";
	uint8_t ikm[22];
	uint8_t salt[13];
	uint8_t info[10];
	uint8_t out[42];
	size_t i = 0;

	sha256_once(out, "abc", 3);
	judge_bytes(r, out, 32,
		    "ba7816bf8f01cfea414140de5dae2223"
		    "b00361a396177a9cb410ff61f20015ad");
	hmac_once(out, "Jefe", 4, data, sizeof(data) - 1);
	judge_bytes(r, out, 32,
		    "5bdcc146bf60754e6a042426089575c7"
		    "5a003f089d2739839dec58b964ec3843");
	memset(ikm, 0x0b, sizeof(ikm));
	for (i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)i;
	for (i = 0; i < sizeof(info); i++)
		info[i] = (uint8_t)(0xf0 + i);
	hkdf(out, sizeof(out), bytes_of(ikm, sizeof(ikm)),
	     bytes_of(salt, sizeof(salt)), bytes_of(info, sizeof(info)));
	judge_bytes(r, out, sizeof(out),
		    "3cb25f25faacd57a90434f64d0362f2a"
		    "2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
		    "34007208d5b887185865");
	keccak256(out, "abc", 3);
	judge_bytes(r, out, 32,
		    "4e03657aea45a94fc7d47ba826c8d667"
		    "c0d1e6e33a64a036ec44f58fa12d6c45");
}

/* FIPS 180-4, RFC 4231 case 2, and RFC 6070's second input with SHA-512. */
static void hashes_512(struct run *r)
{
	static const char data[] = "what do ya want for nothing?";
	uint8_t out[SHA512_LEN] = { 0 };

	sha512_once(out, "abc", 3);
	judge_bytes(r, out, sizeof(out),
		    "ddaf35a193617abacc417349ae204131"
		    "12e6fa4e89a97ea20a9eeee64b55d39a"
		    "2192992a274fc1a836ba3c23a3feebbd"
		    "454d4423643ce80e2a9ac94fa54ca49f");
	hmac512_once(out, "Jefe", 4, data, sizeof(data) - 1);
	judge_bytes(r, out, sizeof(out),
		    "164b7a7bfcf819e2e395fbe73b56e0a3"
		    "87bd64222e831fd610270cd7ea250554"
		    "9758bf75c05a994a6d034f65f8f0e6fd"
		    "caeab1a34d4a6b4b636e070a38bce737");
	pbkdf2_sha512(out, sizeof(out), bytes_of("password", 8),
		      bytes_of("salt", 4), 2);
	judge_bytes(r, out, sizeof(out),
		    "e1d9c16aa681708a45f5c7c4e215ceb6"
		    "6e011a2e9f0040713f18aefdb866d53c"
		    "f76cab2868a39b9f7840edce4fef5a82"
		    "be67335c77a6068e04112754f27ccf4e");
}

/* CAVP, HMAC_DRBG SHA-256 without reseeding, first case: second output. */
static void generator(struct run *r)
{
	struct hmac_drbg d = { 0 };
	uint8_t seed[48] = { 0 };
	uint8_t out[128] = { 0 };
	struct bytes none = { 0 };

	judge(r, unhex(seed, sizeof(seed),
		       "ca851911349384bffe89de1cbdc46e68"
		       "31e44d34a4fb935ee285dd14b71a7488"
		       "659ba96c601dc69fc902940805ec0ca8"));
	hmac_drbg_init(&d, bytes_of(seed, sizeof(seed)), none);
	hmac_drbg_generate(&d, out, sizeof(out), none);
	hmac_drbg_generate(&d, out, sizeof(out), none);
	judge_bytes(r, out, sizeof(out),
		    "e528e9abf2dece54d47c7e75e5fe3021"
		    "49f817ea9fb4bee6f4199697d04d5b89"
		    "d54fbb978a15b5c443c9ec21036d2460"
		    "b6f73ebad0dc2aba6e624abf07745bc1"
		    "07694bb7547bb0995f70de25d6b29e2d"
		    "3011bb19d27676c07162c8b5ccde0668"
		    "961df86803482cb37ed6d5c0bb8d50cf"
		    "1f50d476aa0458bdaba806f48be9dcb8");
}

/* The GCM specification's test case 14, and its tag with a bit changed. */
static void sealing(struct run *r)
{
	static const struct secret32 key;
	static const uint8_t plain[16];
	struct bytes none = { 0 };
	uint8_t out[32] = { 0 };
	uint8_t back[16] = { 1 };
	enum kms_rc rc = KMS_RC_FAULT;

	rc = aead_seal(&r->c->aead, out, out + 16, &key, none,
		       bytes_of(plain, sizeof(plain)));
	judge(r, !rc);
	judge_bytes(r, out, sizeof(out),
		    "cea7403d4d606b6e074ec5d3baf39d18"
		    "d0d1c8a799996bf0265b98b5d48ab919");
	rc = aead_unseal(&r->c->aead, back, &key, none, bytes_of(out, 16),
			 out + 16);
	judge(r, !rc && ct_equal(back, plain, sizeof(plain)));
	out[31] ^= 1;
	rc = aead_unseal(&r->c->aead, back, &key, none, bytes_of(out, 16),
			 out + 16);
	judge(r, rc == KMS_RC_BAD_PROOF);
}

/* Key 1 and "Satoshi Nakamoto", the vector that all wallets share. */
static void secp256k1(struct run *r)
{
	static const struct secret32 one = { .b = { [31] = 1 } };
	static const char text[] = "Satoshi Nakamoto";
	struct k256 *k = &r->c->k256;
	uint8_t digest[32] = { 0 };
	uint8_t pub[64] = { 0 };
	uint8_t sig[64] = { 0 };
	uint8_t recid = 9;

	judge(r, !k256_public(k, pub, &one));
	judge_bytes(r, pub, sizeof(pub),
		    "79be667ef9dcbbac55a06295ce870b07"
		    "029bfcdb2dce28d959f2815b16f81798"
		    "483ada7726a3c4655da4fbfc0e1108a8"
		    "fd17b448a68554199c47d08ffb10d4b8");
	sha256_once(digest, text, sizeof(text) - 1);
	judge(r, !k256_sign_rfc6979(k, sig, &recid, digest, &one, pub));
	judge_bytes(r, sig, sizeof(sig),
		    "934b1ea10a4b3c1757e2b0c017d0b614"
		    "3ce3c9a7e6a4a49860d7a6ab210ee3d8"
		    "2442ce9d2b916064108014783e923ec3"
		    "6b49743e2ffa1c4496f01a512aafd9e5");
	judge(r, recid == 1);
	judge(r, !k256_verify(k, sig, digest, pub));
	digest[0] ^= 0x80;
	judge(r, k256_verify(k, sig, digest, pub) == KMS_RC_INVALID_SIGNATURE);
}

/* A row of BIP-39's vectors, and of BIP-32's: m/0' and m/0'/1. */
static void wallet(struct run *r)
{
	static const char words[] =
		"letter advice cage absurd amount doctor acoustic avoid letter "
		"advice cage absurd amount doctor acoustic avoid letter advice "
		"cage absurd amount doctor acoustic bless";
	struct k256 *k = &r->c->k256;
	struct bip39_mnemonic m = { 0 };
	struct secret32 entropy = { 0 };
	struct hd_node node = { 0 };
	uint8_t seed[16] = { 0 };
	size_t i = 0;

	memset(entropy.b, 0x80, sizeof(entropy.b));
	bip39_mnemonic(&m, &entropy);
	judge(r, m.len == sizeof(words) - 1 && ct_equal(m.text, words, m.len));
	for (i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	judge(r, !hd_master(k, &node, bytes_of(seed, sizeof(seed))));
	judge(r, !hd_child(k, &node, &node, 0 | HD_HARDENED));
	judge_bytes(r, &node, sizeof(node),
		    "edb2e14f9ee77d26dd93b4ecede8d16e"
		    "d408ce149b6cd80b0715a2d911a0afea"
		    "47fdacbd0f1097043b78c63c20c34ef4"
		    "ed9a111d980047ad16282c7ae6236141"
		    "035a784662a4a20a65bf6aab9ae98a6c"
		    "068a81c52e4b032c0fb5400c706cfccc56");
	judge(r, !hd_child(k, &node, &node, 1));
	judge_bytes(r, &node, sizeof(node),
		    "3c6cb8d0f6a264c91ea8b5030fadaa8e"
		    "538b020f0a387421a12de9319dc93368"
		    "2a7857631386ba23dacac34180dd1983"
		    "734e444fdbf774041578e9b6adb37c19"
		    "03501e454bf00751f24b1b489aa92521"
		    "5d66af2234e3891c3b21a52bedb3cd711c");
}

/* As keys sign: the generator is asked for the nonce, so a dead one shows. */
static void hedged(struct run *r)
{
	static const struct secret32 one = { .b = { [31] = 1 } };
	struct k256 *k = &r->c->k256;
	uint8_t digest[32] = { 0 };
	uint8_t pub[64] = { 0 };
	uint8_t sig[64] = { 0 };
	uint8_t recid = 9;

	sha256_once(digest, "hedged", 6);
	judge(r, !k256_public(k, pub, &one) &&
			 !k256_sign(k, sig, &recid, digest, &one, pub) &&
			 recid < 4);
	judge(r, !k256_verify(k, sig, digest, pub));
}

/* RFC 6979 A.2.5, "sample"; the TEE's own nonce is random, so sign is tried. */
static void p256(struct run *r)
{
	struct p256 *p = &r->c->p256;
	struct secret32 key = { 0 };
	uint8_t pub[64] = { 0 };
	uint8_t sig[64] = { 0 };
	uint8_t digest[32] = { 0 };

	judge(r, unhex(key.b, sizeof(key.b),
		       "c9afa9d845ba75166b5c215767b1d693"
		       "4e50c3db36e89b127b8a622b120f6721") &&
			 unhex(pub, sizeof(pub),
			       "60fed4ba255a9d31c961eb74c6356d68"
			       "c049b8923b61fa6ce669622e60f29fb6"
			       "7903fe1008b8bc99a41ae9e95628bc64"
			       "f2f1b20c2d7e9f5177a3c294d4462299") &&
			 unhex(sig, sizeof(sig),
			       "efd48b2aacb6a8fd1140dd9cd45e81d6"
			       "9d2c877b56aaf991c34d0ea84eaf3716"
			       "f7cb1c942d657c41d436c7a1b6e29f65"
			       "f3e900dbb9aff4064dc4ab2f843acda8"));
	sha256_once(digest, "sample", 6);
	judge(r, !p256_verify(p, sig, digest, pub));
	judge(r, !p256_sign(p, sig, digest, &key, pub));
	judge(r, !p256_verify(p, sig, digest, pub));
	sig[63] ^= 1;
	judge(r, p256_verify(p, sig, digest, pub) == KMS_RC_INVALID_SIGNATURE);
	pub[63] ^= 1;
	judge(r, p256_verify(p, sig, digest, pub) == KMS_RC_BAD_INPUT);
}

enum kms_rc crypto_selftest(struct crypto *c, uint16_t *tests_run)
{
	struct run r = { .c = c, .good = true };

	hashes(&r);
	hashes_512(&r);
	generator(&r);
	sealing(&r);
	secp256k1(&r);
	wallet(&r);
	hedged(&r);
	p256(&r);
	*tests_run = r.answers;
	return r.good ? KMS_RC_OK : KMS_RC_SELFTEST;
}

enum kms_rc crypto_selftest_signature(struct crypto *c, uint16_t *tests_run)
{
	struct run r = { .c = c, .good = true };

	secp256k1(&r);
	hedged(&r);
	*tests_run = r.answers;
	return r.good ? KMS_RC_OK : KMS_RC_SELFTEST;
}
