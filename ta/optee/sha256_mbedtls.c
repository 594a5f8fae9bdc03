/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dev kit's mbedTLS runs inside the TA: a hash costs no call into the TEE
 * core and no heap. The start and update calls cannot fail without hardware
 * behind them; if they ever do, nothing computed from then on can be trusted.
 */
#include "common/sha256.h"

#include <assert.h>
#include <mbedtls/sha256.h>
#include <tee_internal_api.h>

static_assert(sizeof(mbedtls_sha256_context) <= sizeof(struct sha256),
	      "state fits");

static mbedtls_sha256_context *context(struct sha256 *s)
{
	return (mbedtls_sha256_context *)(void *)s;
}

static void insist(int result)
{
	if (result)
		TEE_Panic(TEE_ERROR_BAD_STATE);
}

void sha256_init(struct sha256 *s)
{
	mbedtls_sha256_init(context(s));
	insist(mbedtls_sha256_starts(context(s), 0));
}

void sha256_update(struct sha256 *s, const void *data, size_t len)
{
	insist(mbedtls_sha256_update(context(s), data, len));
}

void sha256_final(struct sha256 *s, uint8_t out[SHA256_LEN])
{
	insist(mbedtls_sha256_finish(context(s), out));
}

void sha256_once(uint8_t out[SHA256_LEN], const void *data, size_t len)
{
	insist(mbedtls_sha256(data, len, out, 0));
}
