/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/certificate.h"

#include "common/endian.h"

#include <string.h>

#define PC_MAGIC      0x504d4b54u /* "TKMP" */
#define PC_FORMAT     1
#define PC_MAC_AT     (ABI_PC_LEN - SHA256_LEN)
#define RC_MAGIC      0x434b5254u /* "TRKC" */
#define RC_SIGNED_LEN 112

static const char receipt_domain[] = "teekms/receipt/1";

static void mac(const struct keys *k, uint8_t out[SHA256_LEN], uint16_t shard,
		const uint8_t pc[PC_MAC_AT])
{
	struct secret32 key = { 0 };

	keys_cert_key(k, &key, shard);
	hmac_once(out, key.b, sizeof(key.b), pc, PC_MAC_AT);
	secret_wipe(&key, sizeof(key));
}

void certificate_make(const struct keys *k, uint8_t out[ABI_PC_LEN],
		      const struct certificate *c)
{
	memset(out, 0, ABI_PC_LEN);
	le32_put(out, PC_MAGIC);
	le16_put(out + 4, PC_FORMAT);
	le16_put(out + 6, c->shard);
	le64_put(out + 8, c->seq);
	memcpy(out + 16, c->prev_root, SHA256_LEN);
	memcpy(out + 48, c->root, SHA256_LEN);
	out[80] = c->depth;
	le32_put(out + 84, c->boot_ctr);
	le64_put(out + 88, c->next_slot);
	le64_put(out + 96, c->live);
	le64_put(out + 104, c->time_floor);
	memcpy(out + 112, c->ops_digest, SHA256_LEN);
	memcpy(out + 144, c->req_id, ABI_REQ_ID_LEN);
	mac(k, out + PC_MAC_AT, c->shard, out);
}

enum kms_rc certificate_check(const struct keys *k, struct certificate *c,
			      struct bytes pc)
{
	const uint8_t *p = pc.ptr;
	uint8_t want[SHA256_LEN] = { 0 };

	memset(c, 0, sizeof(*c));
	if (pc.len != ABI_PC_LEN || le32_get(p) != PC_MAGIC ||
	    le16_get(p + 4) != PC_FORMAT)
		return KMS_RC_CERT;
	mac(k, want, le16_get(p + 6), p);
	if (!ct_equal(want, p + PC_MAC_AT, sizeof(want)))
		return KMS_RC_CERT;
	c->shard = le16_get(p + 6);
	c->seq = le64_get(p + 8);
	memcpy(c->prev_root, p + 16, SHA256_LEN);
	memcpy(c->root, p + 48, SHA256_LEN);
	c->depth = p[80];
	c->boot_ctr = le32_get(p + 84);
	c->next_slot = le64_get(p + 88);
	c->live = le64_get(p + 96);
	c->time_floor = le64_get(p + 104);
	memcpy(c->ops_digest, p + 112, SHA256_LEN);
	memcpy(c->req_id, p + 144, ABI_REQ_ID_LEN);
	return KMS_RC_OK;
}

enum kms_rc receipt_make(const struct keys *k, struct crypto *c,
			 uint8_t out[ABI_RECEIPT_LEN], const struct receipt *r)
{
	uint8_t digest[SHA256_LEN] = { 0 };
	struct sha256 s;

	memset(out, 0, ABI_RECEIPT_LEN);
	le32_put(out, RC_MAGIC);
	out[4] = r->op;
	out[5] = r->flags;
	le16_put(out + 6, r->shard);
	le64_put(out + 8, r->slot);
	le64_put(out + 16, r->version);
	le64_put(out + 24, r->seq);
	memcpy(out + 32, r->uuid, ABI_UUID_LEN);
	memcpy(out + 48, r->root, SHA256_LEN);
	memcpy(out + 80, r->leaf, SHA256_LEN);
	sha256_init(&s);
	sha256_update(&s, receipt_domain, sizeof(receipt_domain) - 1);
	sha256_update(&s, out, RC_SIGNED_LEN);
	sha256_final(&s, digest);
	return k256_sign(&c->k256, out + RC_SIGNED_LEN,
			 out + RC_SIGNED_LEN + 64, digest, &k->aik, k->aik_pub);
}
