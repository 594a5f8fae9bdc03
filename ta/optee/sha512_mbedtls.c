/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the TA like sha256_mbedtls.c, for its reasons; the dev kit's mbedTLS has
 * SHA-512 since OP-TEE 4.5.
 */
#include "common/sha512.h"

#include <assert.h>
#include <mbedtls/sha512.h>
#include <tee_internal_api.h>

static_assert(sizeof(mbedtls_sha512_context) <= sizeof(struct sha512),
	      "state fits");

static mbedtls_sha512_context *context(struct sha512 *s)
{
	return (mbedtls_sha512_context *)(void *)s;
}

static void insist(int result)
{
	if (result)
		TEE_Panic(TEE_ERROR_BAD_STATE);
}

void sha512_init(struct sha512 *s)
{
	mbedtls_sha512_init(context(s));
	insist(mbedtls_sha512_starts(context(s), 0));
}

void sha512_update(struct sha512 *s, const void *data, size_t len)
{
	insist(mbedtls_sha512_update(context(s), data, len));
}

void sha512_final(struct sha512 *s, uint8_t out[SHA512_LEN])
{
	insist(mbedtls_sha512_finish(context(s), out));
}

void sha512_once(uint8_t out[SHA512_LEN], const void *data, size_t len)
{
	insist(mbedtls_sha512(data, len, out, 0));
}
