/* SPDX-License-Identifier: Apache-2.0 */
#include "test/property/passkey.h"

#include "abi/messages.h"
#include "codec/auth_data.h"
#include "codec/client_data.h"
#include "common/base64.h"
#include "common/endian.h"
#include "common/sha256.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

void passkey_init(struct passkey *p, uint8_t name)
{
	uint8_t octets[65];
	size_t len = 0;
	int ok = 0;

	memset(p, 0, sizeof(*p));
	p->key = EVP_EC_gen("P-256");
	assert(p->key);
	ok = EVP_PKEY_get_octet_string_param(p->key, OSSL_PKEY_PARAM_PUB_KEY,
					     octets, sizeof(octets), &len);
	assert(ok && len == sizeof(octets));
	(void)ok;
	memcpy(p->pub, octets + 1, sizeof(p->pub));
	memset(p->credential_id, name, sizeof(p->credential_id));
	sha256_once(p->credential_hash, p->credential_id,
		    sizeof(p->credential_id));
	p->flags = AUTH_DATA_UP | AUTH_DATA_UV;
}

void passkey_clear(struct passkey *p)
{
	EVP_PKEY_free(p->key);
	p->key = NULL;
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

void passkey_sign(const struct passkey *p, struct passkey_assertion *a)
{
	uint8_t data[sizeof(a->auth_data) + SHA256_LEN];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[80];
	const uint8_t *at = der;
	size_t len = sizeof(der);
	ECDSA_SIG *sig = NULL;

	memcpy(data, a->auth_data, a->auth_len);
	sha256_once(data + a->auth_len, a->client, a->client_len);
	if (!ctx ||
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, p->key) != 1 ||
	    EVP_DigestSign(ctx, der, &len, data, a->auth_len + SHA256_LEN) != 1)
		assert(false);
	sig = d2i_ECDSA_SIG(NULL, &at, (long)len);
	assert(sig);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), a->signature, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), a->signature + 32, 32);
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
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
