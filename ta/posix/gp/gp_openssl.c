/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic behind the operations. Algorithms are fetched once; the
 * low-level EC calls are deprecated for applications, yet a fresh public key
 * costs 2 us there and 20 us through EVP_PKEY_fromdata(), and the TA sets one
 * for each assertion it verifies.
 */
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include "gp_internal.h"

#include "common/mem.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <string.h>

#define TAG_LEN	  16
#define NONCE_LEN 12

struct gp_engine {
	EC_KEY *key;
	EC_POINT *point;
	ECDSA_SIG *sig;
};

static EVP_CIPHER *gcm;
static EC_GROUP *p256;
static __thread EVP_CIPHER_CTX *gcm_context;

enum kms_rc gp_crypto_open(void)
{
	gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	if (!gcm || !p256) {
		gp_crypto_close();
		return KMS_RC_NO_MEMORY;
	}
	return KMS_RC_OK;
}

void gp_crypto_close(void)
{
	EVP_CIPHER_CTX_free(gcm_context);
	gcm_context = NULL;
	EVP_CIPHER_free(gcm);
	gcm = NULL;
	EC_GROUP_free(p256);
	p256 = NULL;
}

#ifdef KMS_TA_TEST_HOOKS
void gp_thread_end(void)
{
	EVP_CIPHER_CTX_free(gcm_context);
	gcm_context = NULL;
}
#endif

/* One context for each thread, made at its first use. */
static EVP_CIPHER_CTX *context(void)
{
	if (!gcm_context)
		gcm_context = EVP_CIPHER_CTX_new();
	if (!gcm_context)
		TEE_Panic(TEE_ERROR_OUT_OF_MEMORY);
	return gcm_context;
}

void gp_gcm_seal(uint8_t *ct, uint8_t tag[16], const uint8_t key[32],
		 const uint8_t nonce[12], struct bytes aad, struct bytes plain)
{
	EVP_CIPHER_CTX *c = context();
	bool good = true;
	int n = 0;

	if (plain.len > INT_MAX || aad.len > INT_MAX)
		TEE_Panic(TEE_ERROR_OVERFLOW);
	good = EVP_EncryptInit_ex2(c, gcm, key, nonce, NULL) == 1;
	if (good && aad.len)
		good = EVP_EncryptUpdate(c, NULL, &n, aad.ptr, (int)aad.len) ==
		       1;
	if (good && plain.len)
		good = EVP_EncryptUpdate(c, ct, &n, plain.ptr,
					 (int)plain.len) == 1;
	good = good && EVP_EncryptFinal_ex(c, tag, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) == 1;
	if (!good || EVP_CIPHER_CTX_reset(c) != 1)
		TEE_Panic(TEE_ERROR_OUT_OF_MEMORY);
}

bool gp_gcm_open(uint8_t *plain, const uint8_t key[32], const uint8_t nonce[12],
		 struct bytes aad, struct bytes ct, const uint8_t tag[16])
{
	EVP_CIPHER_CTX *c = context();
	uint8_t expected[TAG_LEN];
	uint8_t none[TAG_LEN];
	bool good = true;
	int n = 0;

	if (ct.len > INT_MAX || aad.len > INT_MAX)
		return false;
	memcpy(expected, tag, TAG_LEN);
	good = EVP_DecryptInit_ex2(c, gcm, key, nonce, NULL) == 1;
	if (good && aad.len)
		good = EVP_DecryptUpdate(c, NULL, &n, aad.ptr, (int)aad.len) ==
		       1;
	if (good && ct.len)
		good = EVP_DecryptUpdate(c, plain, &n, ct.ptr, (int)ct.len) ==
		       1;
	good = good &&
	       EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_LEN,
				   expected) == 1 &&
	       EVP_DecryptFinal_ex(c, none, &n) == 1;
	if (!good && ct.len)
		secret_wipe(plain, ct.len);
	if (EVP_CIPHER_CTX_reset(c) != 1)
		TEE_Panic(TEE_ERROR_OUT_OF_MEMORY);
	return good;
}

struct gp_engine *gp_engine_new(void)
{
	struct gp_engine *e = mem_zalloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->key = EC_KEY_new();
	e->point = EC_POINT_new(p256);
	e->sig = ECDSA_SIG_new();
	if (!e->key || !e->point || !e->sig || !EC_KEY_set_group(e->key, p256))
		gp_engine_free(&e);
	return e;
}

void gp_engine_free(struct gp_engine **e)
{
	if (!*e)
		return;
	EC_KEY_free((*e)->key);
	EC_POINT_free((*e)->point);
	ECDSA_SIG_free((*e)->sig);
	mem_free(*e);
	*e = NULL;
}

bool gp_p256_set(struct gp_engine *e, const struct gp_key *key, bool private)
{
	uint8_t octets[65] = { 4 };
	BIGNUM *d = NULL;
	bool good = false;

	if (private) {
		d = BN_secure_new();
		good = d && BN_bin2bn(key->d, sizeof(key->d), d) &&
		       !BN_is_zero(d) &&
		       BN_cmp(d, EC_GROUP_get0_order(p256)) < 0 &&
		       EC_KEY_set_private_key(e->key, d);
		BN_clear_free(d);
		return good;
	}
	memcpy(octets + 1, key->x, sizeof(key->x));
	memcpy(octets + 33, key->y, sizeof(key->y));
	return EC_POINT_oct2point(p256, e->point, octets, sizeof(octets),
				  NULL) &&
	       EC_KEY_set_public_key(e->key, e->point);
}

/* The private value is drawn by us, so that it is on the random tape. */
void gp_p256_generate(struct gp_key *key)
{
	uint8_t octets[65] = { 0 };
	EC_POINT *point = EC_POINT_new(p256);
	BIGNUM *d = BN_secure_new();

	do {
		gp_random(key->d, sizeof(key->d));
		if (!point || !d || !BN_bin2bn(key->d, sizeof(key->d), d))
			TEE_Panic(TEE_ERROR_OUT_OF_MEMORY);
	} while (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(p256)) >= 0);
	BN_set_flags(d, BN_FLG_CONSTTIME);
	if (!EC_POINT_mul(p256, point, d, NULL, NULL, NULL) ||
	    EC_POINT_point2oct(p256, point, POINT_CONVERSION_UNCOMPRESSED,
			       octets, sizeof(octets), NULL) != sizeof(octets))
		TEE_Panic(TEE_ERROR_OUT_OF_MEMORY);
	memcpy(key->x, octets + 1, sizeof(key->x));
	memcpy(key->y, octets + 33, sizeof(key->y));
	EC_POINT_free(point);
	BN_clear_free(d);
}

bool gp_p256_sign(struct gp_engine *e, uint8_t sig[64], struct bytes digest)
{
	ECDSA_SIG *s = ECDSA_do_sign(digest.ptr, (int)digest.len, e->key);
	bool good = s && BN_bn2binpad(ECDSA_SIG_get0_r(s), sig, 32) == 32 &&
		    BN_bn2binpad(ECDSA_SIG_get0_s(s), sig + 32, 32) == 32;

	ECDSA_SIG_free(s);
	return good;
}

bool gp_p256_verify(struct gp_engine *e, const uint8_t sig[64],
		    struct bytes digest)
{
	BIGNUM *r = BN_bin2bn(sig, 32, NULL);
	BIGNUM *s = BN_bin2bn(sig + 32, 32, NULL);

	if (!r || !s)
		TEE_Panic(TEE_ERROR_OUT_OF_MEMORY);
	if (!ECDSA_SIG_set0(e->sig, r, s))
		TEE_Panic(TEE_ERROR_GENERIC);
	return ECDSA_do_verify(digest.ptr, (int)digest.len, e->sig, e->key) ==
	       1;
}
