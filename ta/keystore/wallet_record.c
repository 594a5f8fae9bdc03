/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/wallet_record.h"

#include "codec/auth_data.h"
#include "common/endian.h"
#include "ta/ta_build.h"

#include <assert.h>
#include <string.h>

#define BODY_FORMAT 1

/* Where the members stand. */
enum {
	AT_STATE = 1,
	AT_BIND_LEVEL = 2,
	AT_PASSKEY_COUNT = 3,
	AT_GEN = 4,
	AT_NEXT_INDEX = 8,
	AT_RP_ID_LEN = 12,
	AT_ORIGINS_LEN = 14,
	AT_VAULT_SLOT = 16,
	AT_KEY = 24,
	AT_CHAIN = 56,
	AT_PUB = 88,
	AT_ZERO_1 = AT_PUB + HD_PUB_LEN,
	AT_SECRET = 128,
	AT_RP_ID_HASH = 160,
	AT_RP_ID = 192,
	AT_ORIGINS = AT_RP_ID + ABI_RP_ID_MAX,
	AT_PASSKEYS = AT_ORIGINS + ABI_ORIGINS_MAX,
	PASSKEY_LEN = 112,
	AT_ZERO_2 = AT_PASSKEYS + ABI_PASSKEYS_MAX * PASSKEY_LEN,
};

static_assert(AT_ZERO_2 + 256 == WALLET_RECORD_LEN, "as the header says");

static void put_passkey(uint8_t out[PASSKEY_LEN],
			const struct wallet_passkey *p)
{
	out[0] = p->flags;
	le32_put(out + 4, p->sign_count);
	memcpy(out + 8, p->pub, sizeof(p->pub));
	memcpy(out + 72, p->credential_hash, sizeof(p->credential_hash));
}

void wallet_record_encode(uint8_t out[WALLET_RECORD_LEN],
			  const struct wallet_record *r)
{
	memset(out, 0, WALLET_RECORD_LEN);
	out[0] = BODY_FORMAT;
	out[AT_STATE] = r->state;
	out[AT_BIND_LEVEL] = r->bind_level;
	out[AT_PASSKEY_COUNT] = r->passkey_count;
	le32_put(out + AT_GEN, r->gen);
	le32_put(out + AT_NEXT_INDEX, r->next_index);
	le16_put(out + AT_RP_ID_LEN, r->rp_id_len);
	le16_put(out + AT_ORIGINS_LEN, r->origins_len);
	le64_put(out + AT_VAULT_SLOT, r->vault_slot);
	memcpy(out + AT_KEY, r->node.key.b, sizeof(r->node.key.b));
	memcpy(out + AT_CHAIN, r->node.chain.b, sizeof(r->node.chain.b));
	memcpy(out + AT_PUB, r->node.pub, sizeof(r->node.pub));
	memcpy(out + AT_SECRET, r->secret.b, sizeof(r->secret.b));
	memcpy(out + AT_RP_ID_HASH, r->rp_id_hash, sizeof(r->rp_id_hash));
	memcpy(out + AT_RP_ID, r->rp_id, r->rp_id_len);
	memcpy(out + AT_ORIGINS, r->origins, r->origins_len);
	for (size_t i = 0; i < r->passkey_count; i++)
		put_passkey(out + AT_PASSKEYS + i * PASSKEY_LEN,
			    &r->passkeys[i]);
}

static bool get_passkey(struct wallet_passkey *p, const uint8_t in[PASSKEY_LEN])
{
	p->flags = in[0];
	p->sign_count = le32_get(in + 4);
	memcpy(p->pub, in + 8, sizeof(p->pub));
	memcpy(p->credential_hash, in + 72, sizeof(p->credential_hash));
	return !(p->flags & ~(AUTH_DATA_BE | AUTH_DATA_BS)) &&
	       ct_is_zero(in + 1, 3) && ct_is_zero(in + 104, 8);
}

static bool get_passkeys(struct wallet_record *r, const uint8_t *in)
{
	size_t used = (size_t)r->passkey_count * PASSKEY_LEN;
	bool good =
		ct_is_zero(in + used, ABI_PASSKEYS_MAX * PASSKEY_LEN - used);

	for (size_t i = 0; i < r->passkey_count; i++)
		good &= get_passkey(&r->passkeys[i], in + i * PASSKEY_LEN);
	return good;
}

bool wallet_bind_level_ok(uint8_t level)
{
	return level <= BIND_INTENT && level + 1 > TA_BIND_MIN;
}

static bool members_are_known(const struct wallet_record *r)
{
	return r->state >= WALLET_ACTIVE &&
	       r->state <= WALLET_PENDING_DELETION &&
	       wallet_bind_level_ok(r->bind_level) && r->passkey_count &&
	       r->passkey_count <= ABI_PASSKEYS_MAX &&
	       r->next_index <= ABI_ADDRESS_INDEX_MAX + 1 && r->rp_id_len &&
	       r->rp_id_len <= ABI_RP_ID_MAX && r->origins_len &&
	       r->origins_len <= ABI_ORIGINS_MAX;
}

static bool padding_is_zero(const struct wallet_record *r, const uint8_t *in)
{
	return ct_is_zero(in + AT_ZERO_1, AT_SECRET - AT_ZERO_1) &&
	       ct_is_zero(in + AT_RP_ID + r->rp_id_len,
			  ABI_RP_ID_MAX - r->rp_id_len) &&
	       ct_is_zero(in + AT_ORIGINS + r->origins_len,
			  ABI_ORIGINS_MAX - r->origins_len) &&
	       ct_is_zero(in + AT_ZERO_2, WALLET_RECORD_LEN - AT_ZERO_2);
}

enum kms_rc wallet_record_decode(struct wallet_record *r,
				 const uint8_t in[WALLET_RECORD_LEN])
{
	memset(r, 0, sizeof(*r));
	r->state = in[AT_STATE];
	r->bind_level = in[AT_BIND_LEVEL];
	r->passkey_count = in[AT_PASSKEY_COUNT];
	r->gen = le32_get(in + AT_GEN);
	r->next_index = le32_get(in + AT_NEXT_INDEX);
	r->rp_id_len = le16_get(in + AT_RP_ID_LEN);
	r->origins_len = le16_get(in + AT_ORIGINS_LEN);
	r->vault_slot = le64_get(in + AT_VAULT_SLOT);
	if (in[0] != BODY_FORMAT || !members_are_known(r) ||
	    !padding_is_zero(r, in) || !get_passkeys(r, in + AT_PASSKEYS))
		return KMS_RC_DECODE;
	memcpy(r->node.key.b, in + AT_KEY, sizeof(r->node.key.b));
	memcpy(r->node.chain.b, in + AT_CHAIN, sizeof(r->node.chain.b));
	memcpy(r->node.pub, in + AT_PUB, sizeof(r->node.pub));
	memcpy(r->secret.b, in + AT_SECRET, sizeof(r->secret.b));
	memcpy(r->rp_id_hash, in + AT_RP_ID_HASH, sizeof(r->rp_id_hash));
	memcpy(r->rp_id, in + AT_RP_ID, r->rp_id_len);
	memcpy(r->origins, in + AT_ORIGINS, r->origins_len);
	return KMS_RC_OK;
}

uint8_t wallet_find_passkey(const struct wallet_record *r,
			    const uint8_t pub[64])
{
	for (uint8_t i = 0; i < r->passkey_count; i++)
		if (ct_equal(r->passkeys[i].pub, pub, 64))
			return i;
	return ABI_PASSKEYS_MAX;
}
