/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/hmac_drbg.h"

#include "ta/crypto/hmac.h"

#include <string.h>

static void mix(struct hmac_drbg *d, uint8_t tag, struct bytes a,
		struct bytes b)
{
	struct hmac h;

	hmac_init(&h, d->key.b, sizeof(d->key.b));
	hmac_update(&h, d->v.b, sizeof(d->v.b));
	hmac_update(&h, &tag, 1);
	hmac_update(&h, a.ptr, a.len);
	hmac_update(&h, b.ptr, b.len);
	hmac_final(&h, d->key.b);
	secret_wipe(&h, sizeof(h));
	hmac_once(d->v.b, d->key.b, sizeof(d->key.b), d->v.b, sizeof(d->v.b));
}

static void update(struct hmac_drbg *d, struct bytes a, struct bytes b)
{
	mix(d, 0, a, b);
	if (a.len || b.len)
		mix(d, 1, a, b);
}

void hmac_drbg_init(struct hmac_drbg *d, struct bytes entropy,
		    struct bytes extra)
{
	memset(d->key.b, 0, sizeof(d->key.b));
	memset(d->v.b, 1, sizeof(d->v.b));
	update(d, entropy, extra);
}

void hmac_drbg_reseed(struct hmac_drbg *d, struct bytes entropy,
		      struct bytes extra)
{
	update(d, entropy, extra);
}

void hmac_drbg_generate(struct hmac_drbg *d, void *out, size_t len,
			struct bytes extra)
{
	struct bytes none = { 0 };
	uint8_t *at = out;
	size_t n = 0;

	if (extra.len)
		update(d, extra, none);
	while (len) {
		hmac_once(d->v.b, d->key.b, sizeof(d->key.b), d->v.b,
			  sizeof(d->v.b));
		n = len < sizeof(d->v.b) ? len : sizeof(d->v.b);
		memcpy(at, d->v.b, n);
		at += n;
		len -= n;
	}
	update(d, extra, none);
}
