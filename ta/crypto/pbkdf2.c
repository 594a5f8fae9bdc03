/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/pbkdf2.h"

#include "common/endian.h"
#include "common/secret.h"
#include "ta/crypto/hmac512.h"

#include <assert.h>
#include <string.h>

/* F of the RFC; from the keyed state a round costs two blocks, not four. */
static void stretch(struct secret64 *sum, const struct hmac512 *keyed,
		    struct bytes salt, uint32_t number, uint32_t rounds)
{
	struct secret64 u = { 0 };
	struct hmac512 h = *keyed;
	uint8_t counter[4] = { 0 };
	size_t i = 0;

	be32_put(counter, number);
	hmac512_update(&h, salt.ptr, salt.len);
	hmac512_update(&h, counter, sizeof(counter));
	hmac512_final(&h, u.b);
	*sum = u;
	while (--rounds) {
		h = *keyed;
		hmac512_update(&h, u.b, sizeof(u.b));
		hmac512_final(&h, u.b);
		for (i = 0; i < sizeof(u.b); i++)
			sum->b[i] ^= u.b[i];
	}
	secret_wipe(&u, sizeof(u));
	secret_wipe(&h, sizeof(h));
}

void pbkdf2_sha512(void *out, size_t out_len, struct bytes password,
		   struct bytes salt, uint32_t rounds)
{
	struct hmac512 keyed;
	struct secret64 block = { 0 };
	uint8_t *at = out;
	uint32_t number = 0;
	size_t n = 0;

	assert(rounds);
	hmac512_init(&keyed, password.ptr, password.len);
	while (out_len) {
		stretch(&block, &keyed, salt, ++number, rounds);
		n = out_len < sizeof(block.b) ? out_len : sizeof(block.b);
		memcpy(at, block.b, n);
		at += n;
		out_len -= n;
	}
	secret_wipe(&keyed, sizeof(keyed));
	secret_wipe(&block, sizeof(block));
}
