/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deprecated calls for the reason that sha256_openssl.c gives.
 */
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include "common/sha512.h"

#include "common/secret.h"

#include <assert.h>
#include <openssl/sha.h>

static_assert(sizeof(SHA512_CTX) <= sizeof(struct sha512), "state fits");

void sha512_init(struct sha512 *s)
{
	SHA512_Init((SHA512_CTX *)(void *)s);
}

void sha512_update(struct sha512 *s, const void *data, size_t len)
{
	SHA512_Update((SHA512_CTX *)(void *)s, data, len);
}

void sha512_final(struct sha512 *s, uint8_t out[SHA512_LEN])
{
	SHA512_Final(out, (SHA512_CTX *)(void *)s);
}

void sha512_once(uint8_t out[SHA512_LEN], const void *data, size_t len)
{
	struct sha512 s;

	sha512_init(&s);
	sha512_update(&s, data, len);
	sha512_final(&s, out);
	/* The words of a mnemonic pass here. */
	secret_wipe(&s, sizeof(s));
}
