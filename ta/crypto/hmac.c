/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/hmac.h"

#include "common/secret.h"

#include <assert.h>
#include <string.h>

void hmac_init(struct hmac *h, const void *key, size_t key_len)
{
	uint8_t pad[SHA256_BLOCK_LEN] = { 0 };
	size_t i = 0;

	if (key_len > sizeof(pad))
		sha256_once(pad, key, key_len);
	else if (key_len)
		memcpy(pad, key, key_len);
	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	sha256_init(&h->inner);
	sha256_update(&h->inner, pad, sizeof(pad));
	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	sha256_init(&h->outer);
	sha256_update(&h->outer, pad, sizeof(pad));
	secret_wipe(pad, sizeof(pad));
}

void hmac_update(struct hmac *h, const void *data, size_t len)
{
	if (len)
		sha256_update(&h->inner, data, len);
}

void hmac_final(struct hmac *h, uint8_t out[SHA256_LEN])
{
	sha256_final(&h->inner, out);
	sha256_update(&h->outer, out, SHA256_LEN);
	sha256_final(&h->outer, out);
}

void hmac_once(uint8_t out[SHA256_LEN], const void *key, size_t key_len,
	       const void *data, size_t len)
{
	struct hmac h;

	hmac_init(&h, key, key_len);
	hmac_update(&h, data, len);
	hmac_final(&h, out);
	secret_wipe(&h, sizeof(h));
}

/* RFC 5869 2.3; every block starts from one keyed state. */
void hkdf(void *out, size_t out_len, struct bytes ikm, struct bytes salt,
	  struct bytes info)
{
	static const uint8_t no_salt[SHA256_LEN];
	struct secret32 prk = { 0 };
	struct secret32 block = { 0 };
	struct hmac keyed;
	struct hmac h;
	uint8_t *at = out;
	uint8_t counter = 0;
	size_t n = 0;

	assert(out_len <= HKDF_MAX);
	if (!salt.len)
		salt = bytes_of(no_salt, sizeof(no_salt));
	hmac_once(prk.b, salt.ptr, salt.len, ikm.ptr, ikm.len);
	hmac_init(&keyed, prk.b, sizeof(prk.b));
	while (out_len) {
		h = keyed;
		if (counter++)
			hmac_update(&h, block.b, sizeof(block.b));
		hmac_update(&h, info.ptr, info.len);
		hmac_update(&h, &counter, 1);
		hmac_final(&h, block.b);
		n = out_len < sizeof(block.b) ? out_len : sizeof(block.b);
		memcpy(at, block.b, n);
		at += n;
		out_len -= n;
	}
	secret_wipe(&prk, sizeof(prk));
	secret_wipe(&block, sizeof(block));
	secret_wipe(&keyed, sizeof(keyed));
	secret_wipe(&h, sizeof(h));
}
