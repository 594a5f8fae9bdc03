/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/record.h"

#include "common/endian.h"

#include <string.h>

void record_put_header(uint8_t out[RECORD_HEADER_LEN],
		       const struct record_header *h)
{
	le32_put(out, RECORD_MAGIC);
	le16_put(out + 4, RECORD_FORMAT);
	out[6] = h->type;
	out[7] = h->flags;
	le16_put(out + 8, h->shard);
	le16_put(out + 10, 0);
	le32_put(out + 12, h->root_gen);
	le64_put(out + 16, h->slot);
	le64_put(out + 24, h->version);
	memcpy(out + 32, h->uuid, ABI_UUID_LEN);
}

enum kms_rc record_get_header(struct record_header *h, struct bytes blob)
{
	const uint8_t *p = blob.ptr;

	*h = (struct record_header){ 0 };
	if (blob.len < RECORD_HEADER_LEN || le32_get(p) != RECORD_MAGIC ||
	    le16_get(p + 4) != RECORD_FORMAT || le16_get(p + 10))
		return KMS_RC_DECODE;
	h->type = p[6];
	h->flags = p[7];
	h->shard = le16_get(p + 8);
	h->root_gen = le32_get(p + 12);
	h->slot = le64_get(p + 16);
	h->version = le64_get(p + 24);
	memcpy(h->uuid, p + 32, ABI_UUID_LEN);
	return KMS_RC_OK;
}

void record_leaf(uint8_t leaf[SHA256_LEN], struct bytes blob)
{
	static const uint8_t domain = 0x00;
	uint8_t rest[SHA256_LEN] = { 0 };
	struct sha256 s;

	sha256_once(rest, blob.ptr + RECORD_HEADER_LEN,
		    blob.len - RECORD_HEADER_LEN);
	sha256_init(&s);
	sha256_update(&s, &domain, 1);
	sha256_update(&s, blob.ptr, RECORD_HEADER_LEN);
	sha256_update(&s, rest, sizeof(rest));
	sha256_final(&s, leaf);
}
