/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/control.h"

#include "common/endian.h"
#include "ta/keystore/trusted_object.h"

#include <string.h>

#define CONTROL_ID	"teekms.control"
#define CONTROL_MAGIC	0x434d4b54u /* "TKMC" */
#define CONTROL_FORMAT	1
#define CONTROL_AAD_LEN 46
#define CONTROL_LEN	(CONTROL_AAD_LEN + KEYS_SEALED_ROOT_LEN + 4)

static void put_plain(uint8_t out[CONTROL_AAD_LEN], const struct keys *k,
		      uint16_t shard_total)
{
	memset(out, 0, CONTROL_AAD_LEN);
	le32_put(out, CONTROL_MAGIC);
	le16_put(out + 4, CONTROL_FORMAT);
	le16_put(out + 6, shard_total);
	le32_put(out + 8, k->root_gen);
	memcpy(out + 12, k->domain_id, KEYS_DOMAIN_ID_LEN);
}

enum kms_rc control_create(const struct keys *k, struct crypto *c,
			   uint16_t shard_total)
{
	uint8_t obj[CONTROL_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	put_plain(obj, k, shard_total);
	rc = keys_seal_root(k, c, obj + CONTROL_AAD_LEN,
			    bytes_of(obj, CONTROL_AAD_LEN));
	if (!rc)
		rc = trusted_object_create(CONTROL_ID, obj, sizeof(obj));
	return rc == KMS_RC_EXISTS ? KMS_RC_PROVISIONED : rc;
}

enum kms_rc control_load(struct keys *k, struct crypto *c,
			 uint16_t *shard_total)
{
	uint8_t obj[CONTROL_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;
	uint16_t total = 0;

	rc = trusted_object_read(CONTROL_ID, obj, sizeof(obj));
	if (rc == KMS_RC_NOT_FOUND)
		return KMS_RC_NOT_PROVISIONED;
	if (rc)
		return KMS_RC_STORAGE;
	total = le16_get(obj + 6);
	if (le32_get(obj) != CONTROL_MAGIC ||
	    le16_get(obj + 4) != CONTROL_FORMAT || !total ||
	    total > ABI_SHARDS_MAX)
		return KMS_RC_STORAGE;
	rc = keys_unseal_root(k, c, obj + CONTROL_AAD_LEN,
			      bytes_of(obj, CONTROL_AAD_LEN));
	if (rc)
		return rc;
	k->root_gen = le32_get(obj + 8);
	memcpy(k->domain_id, obj + 12, KEYS_DOMAIN_ID_LEN);
	*shard_total = total;
	return KMS_RC_OK;
}
