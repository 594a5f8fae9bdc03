/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The low-level calls are deprecated for applications, yet they are the only
 * ones that neither fetch an algorithm nor allocate: 50 ns against 290.
 */
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include "common/sha256.h"

#include <assert.h>
#include <openssl/sha.h>

static_assert(sizeof(SHA256_CTX) <= sizeof(struct sha256), "state fits");

void sha256_init(struct sha256 *s)
{
	SHA256_Init((SHA256_CTX *)(void *)s);
}

void sha256_update(struct sha256 *s, const void *data, size_t len)
{
	SHA256_Update((SHA256_CTX *)(void *)s, data, len);
}

void sha256_final(struct sha256 *s, uint8_t out[SHA256_LEN])
{
	SHA256_Final(out, (SHA256_CTX *)(void *)s);
}

void sha256_once(uint8_t out[SHA256_LEN], const void *data, size_t len)
{
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, data, len);
	sha256_final(&s, out);
}
