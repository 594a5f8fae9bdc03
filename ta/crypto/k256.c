/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/k256.h"

#include "ta/crypto/hmac.h"
#include "ta/crypto/hmac_drbg.h"

#include <assert.h>
#include <secp256k1.h>
#include <secp256k1_preallocated.h>
#include <secp256k1_recovery.h>
#include <string.h>

#ifdef KMS_TA_TEST_HOOKS
#include "ta/crypto/test_hooks.h"
#endif

#define BLIND_EVERY 65536

#ifdef KMS_TA_TEST_HOOKS
static enum k256_fault fault_where;
static unsigned int fault_bit;

void k256_test_fault(enum k256_fault where, unsigned int bit)
{
	fault_where = where;
	fault_bit = bit;
}

static void glitch(enum k256_fault where, uint8_t *bytes)
{
	if (fault_where != where)
		return;
	bytes[fault_bit / 8] ^= (uint8_t)(1u << (fault_bit % 8));
	fault_where = K256_FAULT_NONE;
}

static void glitch_public(uint8_t pub[64])
{
	if (fault_where == K256_FAULT_PUBLIC && fault_bit >= 512)
		fault_bit -= 512;
	else
		glitch(K256_FAULT_PUBLIC, pub);
}
#else
#define glitch(where, bytes) ((void)0)
#define glitch_public(pub)   ((void)0)
#endif

static secp256k1_context *context(struct k256 *k)
{
	return (secp256k1_context *)(void *)k->context;
}

static enum kms_rc blind(struct k256 *k)
{
	enum kms_rc rc = KMS_RC_ENTROPY;
	struct secret32 seed = { 0 };

	rc = drbg_bytes(k->drbg, seed.b, sizeof(seed.b));
	if (rc)
		goto out;
	rc = KMS_RC_FAULT;
	if (!secp256k1_context_randomize(context(k), seed.b))
		goto out;
	k->signed_count = 0;
	rc = KMS_RC_OK;
out:
	secret_wipe(&seed, sizeof(seed));
	return rc;
}

enum kms_rc k256_open(struct k256 *k, struct drbg *drbg)
{
	enum kms_rc rc = KMS_RC_FAULT;

	*k = (struct k256){ .drbg = drbg };
	if (secp256k1_context_preallocated_size(SECP256K1_CONTEXT_NONE) >
	    sizeof(k->context))
		return KMS_RC_FAULT;
	secp256k1_selftest();
	if (!secp256k1_context_preallocated_create(k->context,
						   SECP256K1_CONTEXT_NONE))
		return KMS_RC_FAULT;
	rc = blind(k);
	k->ready = !rc;
	if (rc)
		k256_clear(k);
	return rc;
}

void k256_clear(struct k256 *k)
{
	if (k->ready)
		secp256k1_context_preallocated_destroy(context(k));
	secret_wipe(k, sizeof(*k));
}

/* False: no point of the curve. */
static bool parse_public(secp256k1_pubkey *p, const uint8_t pub[64])
{
	uint8_t octets[65] = { SECP256K1_TAG_PUBKEY_UNCOMPRESSED };

	memcpy(octets + 1, pub, 64);
	return secp256k1_ec_pubkey_parse(secp256k1_context_static, p, octets,
					 sizeof(octets)) == 1;
}

static enum kms_rc write_public(uint8_t pub[64], const secp256k1_pubkey *p)
{
	uint8_t octets[65] = { 0 };
	size_t len = sizeof(octets);

	if (!secp256k1_ec_pubkey_serialize(secp256k1_context_static, octets,
					   &len, p, SECP256K1_EC_UNCOMPRESSED))
		return KMS_RC_FAULT;
	memcpy(pub, octets + 1, 64);
	return KMS_RC_OK;
}

enum kms_rc k256_public(struct k256 *k, uint8_t pub[64],
			const struct secret32 *key)
{
	secp256k1_pubkey p = { 0 };
	enum kms_rc rc = KMS_RC_FAULT;

	if (!k->ready)
		return KMS_RC_FAULT;
	if (!secp256k1_ec_pubkey_create(context(k), &p, key->b))
		return KMS_RC_BAD_INPUT;
	rc = write_public(pub, &p);
	glitch_public(pub);
	return rc;
}

enum kms_rc k256_tweak_add(struct k256 *k, struct secret32 *key,
			   const struct secret32 *tweak)
{
	if (!k->ready)
		return KMS_RC_FAULT;
	if (!secp256k1_ec_seckey_tweak_add(context(k), key->b, tweak->b)) {
		secret_wipe(key, sizeof(*key));
		return KMS_RC_BAD_INPUT;
	}
	return KMS_RC_OK;
}

void k256_compress(uint8_t octets[33], const uint8_t pub[64])
{
	octets[0] = (pub[63] & 1) ? SECP256K1_TAG_PUBKEY_ODD
				  : SECP256K1_TAG_PUBKEY_EVEN;
	memcpy(octets + 1, pub, 32);
}

enum kms_rc k256_expand(uint8_t pub[64], const uint8_t octets[33])
{
	secp256k1_pubkey p = { 0 };

	if (!secp256k1_ec_pubkey_parse(secp256k1_context_static, &p, octets,
				       33))
		return KMS_RC_BAD_INPUT;
	return write_public(pub, &p);
}

/* A draw outside 1..n-1 has a chance of 2^-127; two are a broken generator. */
enum kms_rc k256_generate(struct k256 *k, struct secret32 *key, uint8_t pub[64])
{
	enum kms_rc rc = KMS_RC_FAULT;

	rc = drbg_bytes(k->drbg, key->b, sizeof(key->b));
	if (!rc)
		rc = k256_public(k, pub, key);
	if (rc) {
		secret_wipe(key, sizeof(*key));
		rc = rc == KMS_RC_BAD_INPUT ? KMS_RC_ENTROPY : rc;
	}
	return rc;
}

/* The digest as a number modulo the order, as RFC 6979 2.3.4 wants it. */
static void reduce_digest(uint8_t out[32], const uint8_t digest[32])
{
	static const uint8_t order[32] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
		0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b,
		0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
	};
	uint32_t borrow = 0;
	uint32_t d = 0;
	size_t i = sizeof(order);

	while (i--) {
		d = (uint32_t)digest[i] - order[i] - borrow;
		out[i] = (uint8_t)d;
		borrow = d >> 31;
	}
	if (borrow)
		memcpy(out, digest, 32);
}

/*
 * RFC 6979 3.2 with 32 bytes of additional data (3.6), bit for bit what the
 * library's own function gives (tested), over the platform's SHA-256, which
 * saves a tenth of a signature where the processor has instructions for it.
 */
static int make_nonce(unsigned char *nonce, const unsigned char *msg,
		      const unsigned char *key, const unsigned char *algo,
		      void *data, unsigned int attempt)
{
	struct hmac_drbg d;
	uint8_t seed[96];

	if (algo)
		return 0;
	memcpy(seed, key, 32);
	reduce_digest(seed + 32, msg);
	if (data)
		memcpy(seed + 64, data, 32);
	hmac_drbg_init(&d, bytes_of(seed, data ? 96 : 64), bytes_of(NULL, 0));
	do
		hmac_drbg_generate(&d, nonce, 32, bytes_of(NULL, 0));
	while (attempt--);
	secret_wipe(&d, sizeof(d));
	secret_wipe(seed, sizeof(seed));
	return 1;
}

/*
 * Whether this is the signature, and the recovery id, that belong to pub. The
 * point is recovered and compared: the equation of a verification, with other
 * tables and another algorithm than signing, plus the id.
 *
 * It costs more than the signature (41 us; verify alone 35, sign 21), and
 * nothing cheaper sees as much. To compute the nonce's point twice (17 us)
 * misses a damaged key or table, and a signature made with a damaged key
 * gives away bits of it.
 */
static bool is_right(const uint8_t sig[64], uint8_t recid,
		     const uint8_t digest[32], const uint8_t pub[64])
{
	secp256k1_ecdsa_recoverable_signature s;
	secp256k1_pubkey recovered;
	secp256k1_pubkey expected;

	return recid < 4 && parse_public(&expected, pub) &&
	       secp256k1_ecdsa_recoverable_signature_parse_compact(
		       secp256k1_context_static, &s, sig, recid) &&
	       secp256k1_ecdsa_recover(secp256k1_context_static, &recovered, &s,
				       digest) &&
	       !secp256k1_ec_pubkey_cmp(secp256k1_context_static, &recovered,
					&expected);
}

static enum kms_rc sign(struct k256 *k, uint8_t sig[64], uint8_t *recid,
			const uint8_t digest[32], const struct secret32 *key,
			const uint8_t pub[64], const struct secret32 *hedge)
{
	enum kms_rc rc = KMS_RC_FAULT;
	secp256k1_ecdsa_recoverable_signature s = { 0 };
	struct secret32 used_key = *key;
	uint8_t used_digest[32];
	uint8_t made[65];
	int id = 0;

	memcpy(used_digest, digest, sizeof(used_digest));
	glitch(K256_FAULT_KEY, used_key.b);
	glitch(K256_FAULT_DIGEST, used_digest);
	if (!k->ready ||
	    !secp256k1_ecdsa_sign_recoverable(context(k), &s, used_digest,
					      used_key.b, make_nonce, hedge))
		goto out;
	secp256k1_ecdsa_recoverable_signature_serialize_compact(context(k),
								made, &id, &s);
	made[64] = (uint8_t)id;
	glitch(K256_FAULT_R, made);
	glitch(K256_FAULT_S, made + 32);
	glitch(K256_FAULT_RECID, made + 64);
	if (!is_right(made, made[64], digest, pub))
		goto out;
	memcpy(sig, made, 64);
	*recid = made[64];
	rc = KMS_RC_OK;
out:
	secret_wipe(&used_key, sizeof(used_key));
	secret_wipe(made, sizeof(made));
	secret_wipe(&s, sizeof(s));
	return rc;
}

enum kms_rc k256_sign(struct k256 *k, uint8_t sig[64], uint8_t *recid,
		      const uint8_t digest[32], const struct secret32 *key,
		      const uint8_t pub[64])
{
	enum kms_rc rc = KMS_RC_FAULT;
	struct secret32 hedge = { 0 };

	if (!k->ready)
		return KMS_RC_FAULT;
	if (k->signed_count >= BLIND_EVERY) {
		rc = blind(k);
		if (rc)
			return rc;
	}
	rc = drbg_bytes(k->drbg, hedge.b, sizeof(hedge.b));
	if (rc)
		goto out;
	k->signed_count++;
	rc = sign(k, sig, recid, digest, key, pub, &hedge);
out:
	secret_wipe(&hedge, sizeof(hedge));
	return rc;
}

enum kms_rc k256_sign_rfc6979(struct k256 *k, uint8_t sig[64], uint8_t *recid,
			      const uint8_t digest[32],
			      const struct secret32 *key, const uint8_t pub[64])
{
	return sign(k, sig, recid, digest, key, pub, NULL);
}

enum kms_rc k256_verify(struct k256 *k KMS_UNUSED, const uint8_t sig[64],
			const uint8_t digest[32], const uint8_t pub[64])
{
	secp256k1_ecdsa_signature s;
	secp256k1_pubkey p;

	if (!parse_public(&p, pub))
		return KMS_RC_BAD_INPUT;
	if (!secp256k1_ecdsa_signature_parse_compact(secp256k1_context_static,
						     &s, sig))
		return KMS_RC_INVALID_SIGNATURE;
	secp256k1_ecdsa_signature_normalize(secp256k1_context_static, &s, &s);
	if (!secp256k1_ecdsa_verify(secp256k1_context_static, &s, digest, &p))
		return KMS_RC_INVALID_SIGNATURE;
	return KMS_RC_OK;
}
