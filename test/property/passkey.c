/* SPDX-License-Identifier: Apache-2.0 */
#include "test/property/passkey.h"

#include "abi/messages.h"
#include "codec/auth_data.h"
#include "codec/client_data.h"
#include "common/base64.h"
#include "common/endian.h"
#include "common/sha256.h"

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

static void draw_scalar(uint8_t key[32])
{
	int ok = RAND_bytes(key, 32);

	assert(ok == 1);
	(void)ok;
	/* The first 32 bits of the order are ones. */
	key[0] &= 0x7f;
}

void passkey_point(uint8_t pub[64], const uint8_t key[32])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *point = EC_POINT_new(group);
	BIGNUM *scalar = BN_bin2bn(key, 32, NULL);
	uint8_t octets[65] = { 0 };
	size_t len = 0;

	if (EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1)
		len = EC_POINT_point2oct(group, point,
					 POINT_CONVERSION_UNCOMPRESSED, octets,
					 sizeof(octets), NULL);
	assert(len == sizeof(octets));
	(void)len;
	memcpy(pub, octets + 1, 64);
	BN_free(scalar);
	EC_POINT_free(point);
	EC_GROUP_free(group);
}

void passkey_init_with(struct passkey *p, uint8_t name, const uint8_t key[32])
{
	memset(p, 0, sizeof(*p));
	memcpy(p->key, key, sizeof(p->key));
	passkey_point(p->pub, p->key);
	memset(p->credential_id, name, sizeof(p->credential_id));
	sha256_once(p->credential_hash, p->credential_id,
		    sizeof(p->credential_id));
	p->flags = AUTH_DATA_UP | AUTH_DATA_UV;
}

void passkey_init(struct passkey *p, uint8_t name)
{
	uint8_t key[32];

	draw_scalar(key);
	passkey_init_with(p, name, key);
}

void passkey_clear(struct passkey *p)
{
	memset(p, 0, sizeof(*p));
}

static void put_auth_data(const struct passkey *p, struct passkey_assertion *a)
{
	sha256_once(a->auth_data, PASSKEY_RP, strlen(PASSKEY_RP));
	a->auth_data[32] = p->flags;
	be32_put(a->auth_data + 33, p->sign_count);
	a->auth_len = AUTH_DATA_MIN;
}

void passkey_client_form(struct passkey_assertion *a, const char *form,
			 const uint8_t challenge[32])
{
	char text[64] = { 0 };
	int len = 0;

	base64url_encode(text, challenge, 32);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	len = snprintf(a->client, sizeof(a->client), form, text);
#pragma GCC diagnostic pop
	assert(len > 0 && (size_t)len < sizeof(a->client));
	a->client_len = (size_t)len;
}

void passkey_client_data(struct passkey_assertion *a, const char *type,
			 const uint8_t challenge[32], const char *origin)
{
	char form[512];

	snprintf(form, sizeof(form),
		 "{\"type\":\"%s\",\"challenge\":\"%%s\",\"origin\":\"%s\","
		 "\"crossOrigin\":false}",
		 type, origin);
	passkey_client_form(a, form, challenge);
}

/* ECDSA by the book: r = (kG).x, s = (z + r d) / k. */
static void sign_digest(uint8_t sig[64], const uint8_t digest[32],
			const uint8_t key[32], const uint8_t nonce[32])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	const BIGNUM *n = EC_GROUP_get0_order(group);
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *z = BN_bin2bn(digest, 32, NULL);
	BIGNUM *d = BN_bin2bn(key, 32, NULL);
	BIGNUM *k = BN_bin2bn(nonce, 32, NULL);
	BIGNUM *r = NULL;
	uint8_t point[64];
	int ok = 0;

	passkey_point(point, nonce);
	r = BN_bin2bn(point, 32, NULL);
	ok = ctx && z && d && k && r && BN_nnmod(r, r, n, ctx) &&
	     BN_mod_mul(d, d, r, n, ctx) && BN_mod_add(z, z, d, n, ctx) &&
	     BN_mod_inverse(k, k, n, ctx) && BN_mod_mul(z, z, k, n, ctx) &&
	     BN_bn2binpad(r, sig, 32) == 32 &&
	     BN_bn2binpad(z, sig + 32, 32) == 32;
	assert(ok && !BN_is_zero(r) && !BN_is_zero(z));
	(void)ok;
	BN_free(z);
	BN_free(d);
	BN_free(k);
	BN_free(r);
	BN_CTX_free(ctx);
	EC_GROUP_free(group);
}

void passkey_sign(const struct passkey *p, struct passkey_assertion *a)
{
	uint8_t digest[SHA256_LEN];
	uint8_t nonce[SHA256_LEN];
	struct sha256 s;

	sha256_once(digest, a->client, a->client_len);
	sha256_init(&s);
	sha256_update(&s, a->auth_data, a->auth_len);
	sha256_update(&s, digest, sizeof(digest));
	sha256_final(&s, digest);
	/* No randomness, so that a trace can be made again from its seed. */
	sha256_init(&s);
	sha256_update(&s, p->key, sizeof(p->key));
	sha256_update(&s, digest, sizeof(digest));
	sha256_final(&s, nonce);
	nonce[0] &= 0x7f;
	sign_digest(a->signature, digest, p->key, nonce);
}

static void encode(struct passkey_assertion *a, const struct abi_layout *layout,
		   const void *message)
{
	struct abi_writer w;

	abi_begin(&w, a->encoded, sizeof(a->encoded));
	abi_put(&w, layout, message);
	assert(!abi_finish_body(&w));
	a->len = w.len;
}

void passkey_encode(struct passkey_assertion *a)
{
	struct abi_passkey_evidence e = {
		.auth_data = bytes_of(a->auth_data, a->auth_len),
		.client_data = bytes_of(a->client, a->client_len),
		.credential_hash = a->credential_hash,
	};

	memcpy(e.nonce, a->nonce, sizeof(e.nonce));
	memcpy(e.signature, a->signature, sizeof(e.signature));
	encode(a, &abi_layout_passkey_evidence, &e);
}

void passkey_encode_raw(struct passkey_assertion *a)
{
	struct abi_raw_assertion message = {
		.auth_data = bytes_of(a->auth_data, a->auth_len),
	};

	sha256_once(message.client_hash, a->client, a->client_len);
	memcpy(message.signature, a->signature, sizeof(message.signature));
	encode(a, &abi_layout_raw_assertion, &message);
}

void passkey_assert(struct passkey *p, struct passkey_assertion *a,
		    const uint8_t nonce[32], const uint8_t challenge[32])
{
	memset(a, 0, sizeof(*a));
	memcpy(a->nonce, nonce, sizeof(a->nonce));
	if (p->counts)
		p->sign_count++;
	put_auth_data(p, a);
	passkey_client_data(a, CLIENT_DATA_GET, challenge, PASSKEY_ORIGIN);
	passkey_sign(p, a);
	passkey_encode(a);
}

/* --- registration ------------------------------------------------------- */

static void put_attested(const struct passkey *p, struct passkey_assertion *a)
{
	/* {1: 2, 3: -7, -1: 1, -2: x, -3: y} */
	static const uint8_t head[] = { 0xa5, 0x01, 0x02, 0x03, 0x26,
					0x20, 0x01, 0x21, 0x58, 0x20 };
	static const uint8_t middle[] = { 0x22, 0x58, 0x20 };
	uint8_t *at = a->auth_data + AUTH_DATA_MIN;

	memset(at, 0xaa, 16);
	at[16] = 0;
	at[17] = sizeof(p->credential_id);
	at += 18;
	memcpy(at, p->credential_id, sizeof(p->credential_id));
	at += sizeof(p->credential_id);
	memcpy(at, head, sizeof(head));
	at += sizeof(head);
	memcpy(at, p->pub, 32);
	at += 32;
	memcpy(at, middle, sizeof(middle));
	at += sizeof(middle);
	memcpy(at, p->pub + 32, 32);
	a->auth_len = (size_t)(at + 32 - a->auth_data);
}

void passkey_encode_registration(struct passkey_assertion *a)
{
	struct abi_registration r = {
		.auth_data = bytes_of(a->auth_data, a->auth_len),
		.client_data = bytes_of(a->client, a->client_len),
	};

	memcpy(r.nonce, a->nonce, sizeof(r.nonce));
	encode(a, &abi_layout_registration, &r);
}

void passkey_register(struct passkey *p, struct passkey_assertion *a,
		      const uint8_t nonce[32])
{
	memset(a, 0, sizeof(*a));
	memcpy(a->nonce, nonce, sizeof(a->nonce));
	put_auth_data(p, a);
	a->auth_data[32] |= AUTH_DATA_AT;
	put_attested(p, a);
	passkey_client_data(a, CLIENT_DATA_CREATE, nonce, PASSKEY_ORIGIN);
	passkey_encode_registration(a);
}
