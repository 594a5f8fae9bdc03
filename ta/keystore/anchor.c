/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/anchor.h"

#include "abi/slot_tree.h"
#include "common/endian.h"
#include "ta/ta_version.h"

#include <assert.h>
#include <string.h>

#define ANCHOR_MAGIC  0x414d4b54u /* "TKMA" */
#define ANCHOR_FORMAT 1

static_assert(ANCHOR_LEN <= TRUSTED_OBJECT_MAX, "one RPMB block");

/* "teekms.anchor.07" */
struct anchor_id {
	char text[17];
};

static struct anchor_id id_of(uint16_t shard)
{
	struct anchor_id id = { "teekms.anchor.00" };

	id.text[14] = (char)('0' + shard / 10 % 10);
	id.text[15] = (char)('0' + shard % 10);
	return id;
}

static void encode(uint8_t out[ANCHOR_LEN], const struct anchor *a)
{
	memset(out, 0, ANCHOR_LEN);
	le32_put(out, ANCHOR_MAGIC);
	le16_put(out + 4, ANCHOR_FORMAT);
	le16_put(out + 6, a->shard);
	le64_put(out + 8, a->seq);
	memcpy(out + 16, a->root, SHA256_LEN);
	memcpy(out + 48, a->prev_root, SHA256_LEN);
	out[80] = a->depth;
	out[81] = a->flags;
	le32_put(out + 82, a->root_gen);
	le64_put(out + 86, a->next_slot);
	le64_put(out + 94, a->live);
	le64_put(out + 102, a->time_floor);
	le32_put(out + 110, a->boot_ctr);
	le64_put(out + 114, a->manifest_epoch);
	le32_put(out + 122, a->min_ta_ver);
	le64_put(out + 126, a->quota_epoch);
	memcpy(out + 134, a->owner, sizeof(a->owner));
	le64_put(out + 154, a->lease);
}

static enum kms_rc decode(struct anchor *a, const uint8_t in[ANCHOR_LEN],
			  uint16_t shard)
{
	if (le32_get(in) != ANCHOR_MAGIC || le16_get(in + 4) != ANCHOR_FORMAT ||
	    le16_get(in + 6) != shard || in[80] > ABI_DEPTH_MAX)
		return KMS_RC_STORAGE;
	*a = (struct anchor){
		.shard = shard,
		.seq = le64_get(in + 8),
		.depth = in[80],
		.flags = in[81],
		.root_gen = le32_get(in + 82),
		.next_slot = le64_get(in + 86),
		.live = le64_get(in + 94),
		.time_floor = le64_get(in + 102),
		.boot_ctr = le32_get(in + 110),
		.manifest_epoch = le64_get(in + 114),
		.min_ta_ver = le32_get(in + 122),
		.quota_epoch = le64_get(in + 126),
		.lease = le64_get(in + 154),
	};
	memcpy(a->root, in + 16, SHA256_LEN);
	memcpy(a->prev_root, in + 48, SHA256_LEN);
	memcpy(a->owner, in + 134, sizeof(a->owner));
	if (a->depth != slot_tree_depth(a->next_slot))
		return KMS_RC_STORAGE;
	return KMS_RC_OK;
}

enum kms_rc anchor_create(uint16_t shard, uint32_t root_gen, uint8_t flags)
{
	struct anchor a = {
		.shard = shard,
		.root_gen = root_gen,
		.flags = flags,
		.min_ta_ver = TA_VERSION_NUMBER,
	};
	uint8_t raw[ANCHOR_LEN];

	/* The empty tree of depth 0 is the empty leaf: 32 zero bytes. */
	encode(raw, &a);
	return trusted_object_create(id_of(shard).text, raw, sizeof(raw));
}

enum kms_rc anchor_check_unused(uint16_t shard)
{
	uint8_t raw[ANCHOR_LEN] = { 0 };
	struct anchor a = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	rc = trusted_object_read(id_of(shard).text, raw, sizeof(raw));
	if (rc == KMS_RC_NOT_FOUND)
		return KMS_RC_OK;
	if (rc)
		return KMS_RC_STORAGE;
	rc = decode(&a, raw, shard);
	/* An anchor's first opening counts a boot before anything else. */
	if (rc || a.boot_ctr || a.seq || a.next_slot)
		return KMS_RC_STORAGE;
	return KMS_RC_OK;
}

enum kms_rc anchor_open(struct trusted_object *o, struct anchor *a,
			uint16_t shard)
{
	uint8_t raw[ANCHOR_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	rc = trusted_object_open(o, id_of(shard).text, raw, sizeof(raw));
	/* After provisioning "not found" is tampering: OP-TEE deletes what it
	 * finds corrupt. */
	if (rc == KMS_RC_NOT_FOUND)
		return KMS_RC_STORAGE;
	if (rc)
		return rc;
	rc = decode(a, raw, shard);
	if (!rc && a->min_ta_ver > TA_VERSION_NUMBER)
		rc = KMS_RC_STALE;
	if (rc)
		trusted_object_close(o);
	return rc;
}

enum kms_rc anchor_write(struct trusted_object *o, const struct anchor *a)
{
	uint8_t raw[ANCHOR_LEN];

	encode(raw, a);
	return trusted_object_write(o, raw, sizeof(raw));
}
