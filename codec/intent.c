/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/intent.h"

#include "common/endian.h"
#include "common/secret.h"

#include <string.h>

static const char intent_domain[] = "teekms/intent/2";
static const char challenge_domain[] = "teekms/chal/2";

#define DOMAIN_LEN(text) (sizeof(text) - 1)

enum {
	ITEM_OP = 1,
	ITEM_UUID = 2,
	ITEM_RP_ID_HASH = 3,
	ITEM_ACCOUNT = 4,
	ITEM_INDEX = 5,
	ITEM_USE = 6,
	ITEM_PAYLOAD = 7,
	ITEM_PASSKEY = 8,
	ITEM_CREDENTIAL_HASH = 9,
	ITEM_WINDOW = 10,
};

#define HAS(item) (1u << (item))

/* The items of an op besides those that all have. */
static uint32_t items_of(uint8_t op)
{
	switch (op) {
	case INTENT_SIGN:
		return HAS(ITEM_ACCOUNT) | HAS(ITEM_INDEX) | HAS(ITEM_USE) |
		       HAS(ITEM_PAYLOAD);
	case INTENT_ADDRESS:
		return HAS(ITEM_ACCOUNT) | HAS(ITEM_INDEX);
	case INTENT_ADD_PASSKEY:
	case INTENT_CHANGE_PASSKEY:
		return HAS(ITEM_PASSKEY) | HAS(ITEM_CREDENTIAL_HASH);
	case INTENT_REMOVE_PASSKEY:
		return HAS(ITEM_PASSKEY);
	case INTENT_SCHEDULE_DELETION:
		return HAS(ITEM_WINDOW);
	default:
		return 0;
	}
}

/* The longest intent has 175 bytes, so nothing here can overflow. */
static void put(struct buf *b, uint8_t tag, const void *value, uint16_t len)
{
	const uint8_t head[] = { tag, (uint8_t)(len >> 8), (uint8_t)len };

	memcpy(b->ptr + b->len, head, sizeof(head));
	memcpy(b->ptr + b->len + sizeof(head), value, len);
	b->len += sizeof(head) + len;
}

static void put_u32(struct buf *b, uint8_t tag, uint32_t value)
{
	uint8_t be[4];

	be32_put(be, value);
	put(b, tag, be, sizeof(be));
}

static void put_signature(struct buf *b, const struct intent *i, uint32_t items)
{
	if (items & HAS(ITEM_ACCOUNT))
		put_u32(b, ITEM_ACCOUNT, i->account);
	if (items & HAS(ITEM_INDEX))
		put_u32(b, ITEM_INDEX, i->index);
	if (items & HAS(ITEM_USE))
		put(b, ITEM_USE, &i->use, 1);
	if (items & HAS(ITEM_PAYLOAD))
		put(b, ITEM_PAYLOAD, i->payload, sizeof(i->payload));
}

static void put_change(struct buf *b, const struct intent *i, uint32_t items)
{
	const uint8_t days[] = { (uint8_t)(i->window_days >> 8),
				 (uint8_t)i->window_days };

	if (items & HAS(ITEM_PASSKEY))
		put(b, ITEM_PASSKEY, i->passkey, sizeof(i->passkey));
	if (items & HAS(ITEM_CREDENTIAL_HASH) &&
	    !ct_is_zero(i->credential_hash, sizeof(i->credential_hash)))
		put(b, ITEM_CREDENTIAL_HASH, i->credential_hash,
		    sizeof(i->credential_hash));
	if (items & HAS(ITEM_WINDOW))
		put(b, ITEM_WINDOW, days, sizeof(days));
}

size_t intent_encode(uint8_t out[INTENT_MAX], const struct intent *i)
{
	struct buf b = { .ptr = out, .cap = INTENT_MAX };
	uint32_t items = items_of(i->op);

	memcpy(out, intent_domain, DOMAIN_LEN(intent_domain));
	b.len = DOMAIN_LEN(intent_domain);
	put(&b, ITEM_OP, &i->op, 1);
	put(&b, ITEM_UUID, i->uuid, sizeof(i->uuid));
	put(&b, ITEM_RP_ID_HASH, i->rp_id_hash, sizeof(i->rp_id_hash));
	put_signature(&b, i, items);
	put_change(&b, i, items);
	return b.len;
}

void intent_challenge(uint8_t out[SHA256_LEN], const uint8_t nonce[32],
		      const struct intent *i)
{
	uint8_t encoded[INTENT_MAX];
	uint8_t digest[SHA256_LEN];
	struct sha256 s;

	sha256_once(digest, encoded, intent_encode(encoded, i));
	sha256_init(&s);
	sha256_update(&s, challenge_domain, DOMAIN_LEN(challenge_domain));
	sha256_update(&s, nonce, 32);
	sha256_update(&s, digest, sizeof(digest));
	sha256_final(&s, out);
}

void intent_payload_challenge(uint8_t out[SHA256_LEN], const uint8_t nonce[32],
			      const uint8_t digest[32])
{
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, nonce, 32);
	sha256_update(&s, digest, 32);
	sha256_final(&s, out);
}
