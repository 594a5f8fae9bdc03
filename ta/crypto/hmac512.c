/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/hmac512.h"

#include "common/secret.h"

#include <string.h>

void hmac512_init(struct hmac512 *h, const void *key, size_t key_len)
{
	uint8_t pad[SHA512_BLOCK_LEN] = { 0 };
	size_t i = 0;

	if (key_len > sizeof(pad))
		sha512_once(pad, key, key_len);
	else if (key_len)
		memcpy(pad, key, key_len);
	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	sha512_init(&h->inner);
	sha512_update(&h->inner, pad, sizeof(pad));
	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	sha512_init(&h->outer);
	sha512_update(&h->outer, pad, sizeof(pad));
	secret_wipe(pad, sizeof(pad));
}

void hmac512_update(struct hmac512 *h, const void *data, size_t len)
{
	if (len)
		sha512_update(&h->inner, data, len);
}

void hmac512_final(struct hmac512 *h, uint8_t out[SHA512_LEN])
{
	sha512_final(&h->inner, out);
	sha512_update(&h->outer, out, SHA512_LEN);
	sha512_final(&h->outer, out);
}

void hmac512_once(uint8_t out[SHA512_LEN], const void *key, size_t key_len,
		  const void *data, size_t len)
{
	struct hmac512 h;

	hmac512_init(&h, key, key_len);
	hmac512_update(&h, data, len);
	hmac512_final(&h, out);
	secret_wipe(&h, sizeof(h));
}
