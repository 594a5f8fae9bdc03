/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sha256.h"
#include "ta/crypto/test_hooks.h"
#include "test/unit/seed.h"
#include "test/unit/ta/crypto/with_k256.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

/* Half the order, rounded down: the largest s that is low. */
#define HALF "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"

static void new_key(struct secret32 *key, uint8_t pub[64])
{
	assert_int_equal(k256_generate(&k256, key, pub), KMS_RC_OK);
}

static void sign(uint8_t sig[64], uint8_t *recid, const uint8_t digest[32],
		 const struct secret32 *key, const uint8_t pub[64])
{
	assert_int_equal(k256_sign(&k256, sig, recid, digest, key, pub),
			 KMS_RC_OK);
}

/* The vectors of RFC 6979 on secp256k1 that Bitcoin libraries share. */
static const struct {
	const char *key;
	const char *text;
	const char *sig;
} shared[] = {
	{ "0000000000000000000000000000000000000000000000000000000000000001",
	  "Satoshi Nakamoto",
	  "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8"
	  "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5" },
	{ "0000000000000000000000000000000000000000000000000000000000000001",
	  "All those moments will be lost in time, like tears in rain. Time "
	  "to die...",
	  "8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b"
	  "547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21" },
	{ "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140",
	  "Satoshi Nakamoto",
	  "fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d0"
	  "6b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5" },
	{ "f8b8af8ce3c7cca5e300d33939540c10d45ce001b8f252bfbc57ba0342904181",
	  "Alan Turing",
	  "7063ae83e7f62bbb171798131b4a0564b956930092b33b07b395615d9ec7e15c"
	  "58dfcc1e00a35e1572f366ffe34ba0fc47db1e7189759b9fb233c5b05ab388ea" },
	{ "e91671c46231f833a6406ccbea0e3e392c76c167bac1cb013f6f1013980455c2",
	  "There is a computer disease that anybody who works with computers "
	  "knows about. It's a very serious disease and it interferes "
	  "completely with the work. The trouble with computers is that you "
	  "'play' with them!",
	  "b552edd27580141f3b2a5463048cb7cd3e047b97c9f98076c32dbdf85a68718b"
	  "279fa72dd19bfae05577e06c7c0c1900c371fcd5893f7e1d56a37d30174671f6" },
};

static void it_gives_the_signatures_all_wallets_give(void **state)
{
	struct secret32 key;
	uint8_t digest[32];
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t recid = 0;
	size_t i = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(shared); i++) {
		from_hex(key.b, sizeof(key.b), shared[i].key);
		sha256_once(digest, shared[i].text, strlen(shared[i].text));
		assert_int_equal(k256_public(&k256, pub, &key), KMS_RC_OK);
		assert_int_equal(k256_sign_rfc6979(&k256, sig, &recid, digest,
						   &key, pub),
				 KMS_RC_OK);
		assert_hex(sig, 64, shared[i].sig);
	}
}

/* Digests as they come, also 0 and above the order (project's own vectors,
 * made with two other implementations). */
static void it_gives_the_keeper_vectors(void **state)
{
	static const struct {
		const char *digest;
		const char *sig;
		uint8_t recid;
	} v[] = {
		{ "111111111111111111111111111111111111111111111111111111111111"
		  "1111",
		  "f3da49c6df085a266e32d5564f2f5d91988028b683876a542f437f45763c"
		  "6ea4"
		  "475e8310165cce3d12f317d1c8473e9bc2c2eca40e02d4193cc66d861c89"
		  "6f9d",
		  1 },
		{ "000000000000000000000000000000000000000000000000000000000000"
		  "0000",
		  "6d98f1ff7f621edfb6aff266830364978b518172cd93e53a40fc19496f0c"
		  "d6e1"
		  "3242e44cc51162a8fb7ec78a3fba199dbecadad3591322eef234f4fec41c"
		  "73cd",
		  1 },
		{ "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		  "ffff",
		  "398e23f2c9cd4bf955b02ceab1ac557f8236b724e2db491980c47a43dae8"
		  "7d65"
		  "1b1146b39040dccf143df0d8cb51635e57c5d558fc6dccb2b65aceee8e7b"
		  "3c0c",
		  0 },
		{ "0bf474896363505e5ea5e5d6ace8ebfb13a760a409b1fb467d428fc716f9"
		  "f284",
		  "7ccd1a388673661ccc5e502d6b87a98dd872a27474dc5a65964dcc2dc522"
		  "978a"
		  "3c9b4bdf5fbbf1685461c655d33d96662cfb02cef87bccefa32060cfa2f3"
		  "67b5",
		  0 },
	};
	struct secret32 key;
	uint8_t digest[32];
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t recid = 0;
	size_t i = 0;

	(void)state;
	from_hex(key.b, sizeof(key.b),
		 "4956257054913fcd38a6c7370d54bfc362140942605f404c1db5f347b5eec"
		 "986");
	assert_int_equal(k256_public(&k256, pub, &key), KMS_RC_OK);
	assert_hex(pub, 64,
		   "e431c1886e08ee0c7e0a622fb540afd0fbd9dd9d1e31018dd41c6c61c2c"
		   "ec891"
		   "47101e1771e011af7aff59c2981226f92a2202b111d66811c0ba9e73588"
		   "406aa");
	for (i = 0; i < ARRAY_LEN(v); i++) {
		from_hex(digest, sizeof(digest), v[i].digest);
		assert_int_equal(k256_sign_rfc6979(&k256, sig, &recid, digest,
						   &key, pub),
				 KMS_RC_OK);
		assert_hex(sig, 64, v[i].sig);
		assert_int_equal(recid, v[i].recid);
	}
}

/* Our nonce function against the library's, hedged and not. */
static void nonces_are_bit_for_bit_those_of_the_library(void **state)
{
	struct prng p = prng_start();
	secp256k1_context *ctx =
		secp256k1_context_create(SECP256K1_CONTEXT_NONE);
	secp256k1_ecdsa_recoverable_signature s;
	struct drbg twin;
	struct secret32 key;
	uint8_t hedge[32];
	uint8_t digest[32];
	uint8_t pub[64];
	uint8_t want[64];
	uint8_t sig[64];
	uint8_t recid = 0;
	int want_id = 0;
	size_t i = 0;

	(void)state;
	for (i = 0; i < 60; i++) {
		prng_fill(&p, digest, sizeof(digest));
		if (i < 6)
			memset(digest, i & 1 ? 0xff : 0, 6 * i + 2);
		new_key(&key, pub);
		assert_true(secp256k1_ecdsa_sign_recoverable(
			ctx, &s, digest, key.b, NULL, NULL));
		secp256k1_ecdsa_recoverable_signature_serialize_compact(
			ctx, want, &want_id, &s);
		assert_int_equal(k256_sign_rfc6979(&k256, sig, &recid, digest,
						   &key, pub),
				 KMS_RC_OK);
		assert_memory_equal(sig, want, sizeof(sig));
		assert_int_equal(recid, want_id);
		twin = drbg;
		assert_int_equal(drbg_bytes(&twin, hedge, 32), KMS_RC_OK);
		assert_true(secp256k1_ecdsa_sign_recoverable(
			ctx, &s, digest, key.b, NULL, hedge));
		secp256k1_ecdsa_recoverable_signature_serialize_compact(
			ctx, want, &want_id, &s);
		sign(sig, &recid, digest, &key, pub);
		assert_memory_equal(sig, want, sizeof(sig));
		assert_int_equal(recid, want_id);
	}
	secp256k1_context_destroy(ctx);
}

/* Whether the id leads from signature and digest back to the key. */
static bool recovers(const uint8_t sig[64], uint8_t recid,
		     const uint8_t digest[32], const uint8_t pub[64])
{
	secp256k1_ecdsa_recoverable_signature s;
	secp256k1_pubkey found;
	uint8_t octets[65] = { 0 };
	size_t len = sizeof(octets);

	return secp256k1_ecdsa_recoverable_signature_parse_compact(
		       secp256k1_context_static, &s, sig, recid) &&
	       secp256k1_ecdsa_recover(secp256k1_context_static, &found, &s,
				       digest) &&
	       secp256k1_ec_pubkey_serialize(secp256k1_context_static, octets,
					     &len, &found,
					     SECP256K1_EC_UNCOMPRESSED) &&
	       !memcmp(octets + 1, pub, 64);
}

static void i24_signatures_are_low_verify_and_recover(void **state)
{
	struct prng p = prng_start();
	struct secret32 key;
	uint8_t half[32];
	uint8_t pub[64];
	uint8_t digest[32];
	uint8_t sig[64];
	uint8_t again[64];
	uint8_t recid = 9;
	size_t i = 0;

	(void)state;
	from_hex(half, sizeof(half), HALF);
	for (i = 0; i < 100; i++) {
		prng_fill(&p, digest, sizeof(digest));
		new_key(&key, pub);
		sign(sig, &recid, digest, &key, pub);
		assert_true(recovers(sig, recid, digest, pub));
		assert_false(recovers(sig, recid ^ 1, digest, pub));
		assert_true(memcmp(sig + 32, half, 32) <= 0);
		assert_int_equal(k256_verify(NULL, sig, digest, pub),
				 KMS_RC_OK);
		sign(again, &recid, digest, &key, pub);
		assert_memory_not_equal(sig, again, sizeof(sig));
	}
}

static void keys_out_of_range_are_refused(void **state)
{
	struct secret32 key = { 0 };
	uint8_t pub[64];

	(void)state;
	assert_int_equal(k256_public(&k256, pub, &key), KMS_RC_BAD_INPUT);
	from_hex(key.b, sizeof(key.b), K256_ORDER);
	assert_int_equal(k256_public(&k256, pub, &key), KMS_RC_BAD_INPUT);
	memset(key.b, 0xff, sizeof(key.b));
	assert_int_equal(k256_public(&k256, pub, &key), KMS_RC_BAD_INPUT);
	from_hex(key.b, sizeof(key.b), K256_ORDER);
	key.b[31]--;
	assert_int_equal(k256_public(&k256, pub, &key), KMS_RC_OK);
}

/* In the manner of Wycheproof's ecdsa_secp256k1 tests. */
static void numbers_out_of_range_are_no_signature(void **state)
{
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000"
		"000000",
		K256_ORDER,
		"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0"
		"364142",
		"fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffff"
		"c2f",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ff",
	};
	struct secret32 key;
	uint8_t digest[32] = { 5 };
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t forged[64];
	uint8_t recid = 0;
	size_t i = 0;

	(void)state;
	new_key(&key, pub);
	sign(sig, &recid, digest, &key, pub);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		memcpy(forged, sig, 64);
		from_hex(forged, 32, bad[i]);
		assert_int_equal(k256_verify(&k256, forged, digest, pub),
				 KMS_RC_INVALID_SIGNATURE);
		memcpy(forged, sig, 64);
		from_hex(forged + 32, 32, bad[i]);
		assert_int_equal(k256_verify(&k256, forged, digest, pub),
				 KMS_RC_INVALID_SIGNATURE);
		from_hex(forged, 32, bad[i]);
		assert_int_equal(k256_verify(&k256, forged, digest, pub),
				 KMS_RC_INVALID_SIGNATURE);
	}
}

/* r = s = 1 with digest 0 verified everywhere where s^-1 was forgotten. */
static void trivial_numbers_are_no_signature(void **state)
{
	struct secret32 key;
	uint8_t digest[32] = { 0 };
	uint8_t pub[64];
	uint8_t sig[64] = { [31] = 1, [63] = 1 };

	(void)state;
	new_key(&key, pub);
	assert_int_equal(k256_verify(&k256, sig, digest, pub),
			 KMS_RC_INVALID_SIGNATURE);
	from_hex(digest, sizeof(digest), K256_ORDER);
	assert_int_equal(k256_verify(&k256, sig, digest, pub),
			 KMS_RC_INVALID_SIGNATURE);
}

static void i24_a_high_s_verifies_but_is_never_made(void **state)
{
	struct secret32 key;
	uint8_t digest[32] = { 7 };
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t recid = 0;

	(void)state;
	new_key(&key, pub);
	sign(sig, &recid, digest, &key, pub);
	negate(sig + 32, K256_ORDER);
	assert_int_equal(k256_verify(&k256, sig, digest, pub), KMS_RC_OK);
}

static void a_digest_and_its_residue_share_signatures(void **state)
{
	struct secret32 key;
	uint8_t zero[32] = { 0 };
	uint8_t order[32];
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t recid = 0;

	(void)state;
	from_hex(order, sizeof(order), K256_ORDER);
	new_key(&key, pub);
	sign(sig, &recid, zero, &key, pub);
	assert_int_equal(k256_verify(&k256, sig, zero, pub), KMS_RC_OK);
	assert_int_equal(k256_verify(&k256, sig, order, pub), KMS_RC_OK);
	sign(sig, &recid, order, &key, pub);
	assert_int_equal(k256_verify(&k256, sig, zero, pub), KMS_RC_OK);
}

static void what_is_no_point_is_refused(void **state)
{
	uint8_t pub[64] = { 0 };
	uint8_t digest[32] = { 1 };
	uint8_t sig[64] = { [31] = 1, [63] = 1 };

	(void)state;
	assert_int_equal(k256_verify(&k256, sig, digest, pub),
			 KMS_RC_BAD_INPUT);
	memset(pub, 0xff, sizeof(pub));
	assert_int_equal(k256_verify(&k256, sig, digest, pub),
			 KMS_RC_BAD_INPUT);
	from_hex(
		pub, sizeof(pub),
		"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f817"
		"98483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb1"
		"0d4b9");
	assert_int_equal(k256_verify(&k256, sig, digest, pub),
			 KMS_RC_BAD_INPUT);
}

/* A glitch at any bit inside signing gives FAULT, and no byte of output. */
static void i24_a_fault_while_signing_releases_nothing(void **state)
{
	static const struct {
		enum k256_fault where;
		unsigned int bits;
	} faults[] = {
		{ K256_FAULT_KEY, 256 }, { K256_FAULT_DIGEST, 256 },
		{ K256_FAULT_R, 256 },	 { K256_FAULT_S, 256 },
		{ K256_FAULT_RECID, 8 },
	};
	struct prng p = prng_start();
	struct secret32 key;
	uint8_t untouched[64];
	uint8_t digest[32];
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t recid = 0x77;
	unsigned int bit = 0;
	size_t i = 0;

	(void)state;
	new_key(&key, pub);
	prng_fill(&p, digest, sizeof(digest));
	memset(untouched, 0xee, sizeof(untouched));
	for (i = 0; i < ARRAY_LEN(faults); i++) {
		for (bit = 0; bit < faults[i].bits; bit++) {
			memset(sig, 0xee, sizeof(sig));
			recid = 0x77;
			k256_test_fault(faults[i].where, bit);
			assert_int_equal(k256_sign(&k256, sig, &recid, digest,
						   &key, pub),
					 KMS_RC_FAULT);
			assert_memory_equal(sig, untouched, sizeof(sig));
			assert_int_equal(recid, 0x77);
		}
	}
	sign(sig, &recid, digest, &key, pub);
}

static void a_public_key_of_another_is_a_fault(void **state)
{
	struct secret32 key;
	struct secret32 other;
	uint8_t digest[32] = { 3 };
	uint8_t pub[64];
	uint8_t other_pub[64];
	uint8_t sig[64];
	uint8_t recid = 0;

	(void)state;
	new_key(&key, pub);
	new_key(&other, other_pub);
	assert_int_equal(k256_sign(&k256, sig, &recid, digest, &key, other_pub),
			 KMS_RC_FAULT);
	memset(key.b, 0, sizeof(key.b));
	assert_int_equal(k256_sign(&k256, sig, &recid, digest, &key, pub),
			 KMS_RC_FAULT);
}

static void the_context_is_blinded_again_after_65536_signatures(void **state)
{
	struct secret32 key;
	uint64_t before[K256_CONTEXT_MAX / 8];
	uint8_t digest[32] = { 3 };
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t recid = 0;

	(void)state;
	new_key(&key, pub);
	memcpy(before, k256.context, sizeof(before));
	sign(sig, &recid, digest, &key, pub);
	assert_memory_equal(k256.context, before, sizeof(before));
	k256.signed_count = 65536;
	sign(sig, &recid, digest, &key, pub);
	assert_memory_not_equal(k256.context, before, sizeof(before));
	assert_int_equal(k256.signed_count, 1);
}

static void without_entropy_there_is_no_signature(void **state)
{
	struct secret32 key;
	uint8_t untouched[64];
	uint8_t digest[32] = { 3 };
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t recid = 0;

	(void)state;
	memset(untouched, 0xee, sizeof(untouched));
	memset(sig, 0xee, sizeof(sig));
	new_key(&key, pub);
	gp_fault_set(GP_CALL_RANDOM, 1, UINT64_MAX, GP_FAULT_STUCK);
	drbg.requests = 65536;
	assert_int_equal(k256_sign(&k256, sig, &recid, digest, &key, pub),
			 KMS_RC_ENTROPY);
	assert_memory_equal(sig, untouched, sizeof(sig));
	assert_int_equal(k256_generate(&k256, &key, pub), KMS_RC_ENTROPY);
}

static void signing_neither_allocates_nor_calls_the_tee(void **state)
{
	struct secret32 key;
	uint8_t digest[32] = { 3 };
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t recid = 0;
	uint64_t before = gp_heap_offences();

	(void)state;
	new_key(&key, pub);
	gp_count_reset();
	gp_heap_guard(true);
	sign(sig, &recid, digest, &key, pub);
	gp_heap_guard(false);
	assert_int_equal(gp_heap_offences(), before);
	assert_int_equal(gp_count(GP_CALL_ANY), 0);
}

static void a_closed_context_signs_nothing(void **state)
{
	struct k256 closed = { 0 };
	struct secret32 key = { .b = { [31] = 1 } };
	uint8_t digest[32] = { 3 };
	uint8_t pub[64];
	uint8_t sig[64];
	uint8_t recid = 0;

	(void)state;
	assert_int_equal(k256_public(&k256, pub, &key), KMS_RC_OK);
	assert_int_equal(k256_sign(&closed, sig, &recid, digest, &key, pub),
			 KMS_RC_FAULT);
	assert_int_equal(
		k256_sign_rfc6979(&closed, sig, &recid, digest, &key, pub),
		KMS_RC_FAULT);
	assert_int_equal(k256_public(&closed, pub, &key), KMS_RC_FAULT);
	k256_clear(&closed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_K256(it_gives_the_signatures_all_wallets_give),
		WITH_K256(it_gives_the_keeper_vectors),
		WITH_K256(nonces_are_bit_for_bit_those_of_the_library),
		WITH_K256(i24_signatures_are_low_verify_and_recover),
		WITH_K256(keys_out_of_range_are_refused),
		WITH_K256(numbers_out_of_range_are_no_signature),
		WITH_K256(trivial_numbers_are_no_signature),
		WITH_K256(i24_a_high_s_verifies_but_is_never_made),
		WITH_K256(a_digest_and_its_residue_share_signatures),
		WITH_K256(what_is_no_point_is_refused),
		WITH_K256(i24_a_fault_while_signing_releases_nothing),
		WITH_K256(a_public_key_of_another_is_a_fault),
		WITH_K256(the_context_is_blinded_again_after_65536_signatures),
		WITH_K256(without_entropy_there_is_no_signature),
		WITH_K256(signing_neither_allocates_nor_calls_the_tee),
		WITH_K256(a_closed_context_signs_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
