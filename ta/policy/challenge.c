/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/policy/challenge.h"

#include "common/endian.h"
#include "ta/crypto/hmac.h"

#include <string.h>

#define AT_COUNTER 5
#define AT_RANDOM  9
#define AT_MAC	   16
#define MAC_LEN	   (CHALLENGE_LEN - AT_MAC)

/* Times are compared modulo 2^40 ms, which is 34 years. */
#define TIME_MASK (((uint64_t)1 << 40) - 1)

static uint32_t counter_of(const uint8_t nonce[CHALLENGE_LEN])
{
	return be32_get(nonce + AT_COUNTER);
}

static void mac(const struct challenge *c, uint8_t out[SHA256_LEN],
		const uint8_t uuid[ABI_UUID_LEN], const uint8_t *head)
{
	struct hmac h;

	hmac_init(&h, c->key.b, sizeof(c->key.b));
	hmac_update(&h, uuid, ABI_UUID_LEN);
	hmac_update(&h, head, AT_MAC);
	hmac_final(&h, out);
	secret_wipe(&h, sizeof(h));
}

static uint8_t *byte_of(struct challenge *c, uint32_t counter)
{
	return &c->spent[counter % CHALLENGE_WINDOW / 8];
}

static uint8_t bit_of(uint32_t counter)
{
	return (uint8_t)(1u << counter % 8);
}

enum kms_rc challenge_open(struct challenge *c, struct drbg *d)
{
	memset(c, 0, sizeof(*c));
	return drbg_bytes(d, c->key.b, sizeof(c->key.b));
}

enum kms_rc challenge_issue(struct challenge *c, struct drbg *d,
			    uint8_t nonce[CHALLENGE_LEN],
			    const uint8_t uuid[ABI_UUID_LEN], uint64_t now_ms)
{
	uint8_t tag[SHA256_LEN] = { 0 };
	enum kms_rc rc = drbg_bytes(d, nonce + AT_RANDOM, AT_MAC - AT_RANDOM);

	if (rc)
		return rc;
	nonce[0] = (uint8_t)(now_ms >> 32);
	be32_put(nonce + 1, (uint32_t)now_ms);
	be32_put(nonce + AT_COUNTER, c->next);
	mac(c, tag, uuid, nonce);
	memcpy(nonce + AT_MAC, tag, MAC_LEN);
	secret_wipe(tag, sizeof(tag));
	/* The bit was that of the counter which leaves the window now. */
	*byte_of(c, c->next) &= (uint8_t)~bit_of(c->next);
	c->next++;
	return KMS_RC_OK;
}

enum kms_rc challenge_check(const struct challenge *c,
			    const uint8_t nonce[CHALLENGE_LEN],
			    const uint8_t uuid[ABI_UUID_LEN], uint64_t now_ms)
{
	uint64_t issued = (uint64_t)nonce[0] << 32 | be32_get(nonce + 1);
	uint32_t counter = counter_of(nonce);
	uint32_t back = c->next - 1 - counter;
	uint8_t want[SHA256_LEN] = { 0 };
	bool good = false;

	mac(c, want, uuid, nonce);
	good = ct_equal(want, nonce + AT_MAC, MAC_LEN);
	secret_wipe(want, sizeof(want));
	if (!good || ((now_ms - issued) & TIME_MASK) > ABI_NONCE_LIFE_MS ||
	    back >= CHALLENGE_WINDOW ||
	    c->spent[counter % CHALLENGE_WINDOW / 8] & bit_of(counter))
		return KMS_RC_AUTH_CHALLENGE;
	return KMS_RC_OK;
}

void challenge_spend(struct challenge *c, const uint8_t nonce[CHALLENGE_LEN])
{
	uint32_t counter = counter_of(nonce);

	*byte_of(c, counter) |= bit_of(counter);
}
