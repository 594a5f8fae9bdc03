/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/trusted_object.h"

#include <assert.h>
#include <string.h>
#include <tee_internal_api.h>
#include <tee_internal_api_extensions.h>

#define LEVEL_PROPERTY "gpd.tee.trustedStorage.antiRollback.protectionLevel"
#define LEVEL_STRONG   1000

/* GP ids are byte strings of at most 64 bytes, and OP-TEE wants them writable
 * memory of the TA. */
#define ID_MAX 32

uint32_t trusted_storage_level(void)
{
	uint32_t level = 0;

	if (TEE_GetPropertyAsU32(TEE_PROPSET_TEE_IMPLEMENTATION, LEVEL_PROPERTY,
				 &level) != TEE_SUCCESS)
		level = 0;
	return level;
}

bool trusted_storage_is_strong(void)
{
	return trusted_storage_level() >= LEVEL_STRONG;
}

static uint32_t storage_id(void)
{
	return trusted_storage_is_strong() ? TEE_STORAGE_PRIVATE_RPMB
					   : TEE_STORAGE_PRIVATE;
}

static enum kms_rc from_tee(TEE_Result res)
{
	switch (res) {
	case TEE_SUCCESS:
		return KMS_RC_OK;
	case TEE_ERROR_ITEM_NOT_FOUND:
		return KMS_RC_NOT_FOUND;
	case TEE_ERROR_ACCESS_CONFLICT:
		return KMS_RC_IN_USE;
	default:
		return KMS_RC_STORAGE;
	}
}

/*
 * What OP-TEE finds corrupt it deletes, and closes the handle of: to close it
 * again would panic the instance with all its shards.
 */
static enum kms_rc open_and_read(TEE_ObjectHandle *h, const char *id,
				 uint32_t flags, void *data, size_t len)
{
	char name[ID_MAX] = { 0 };
	size_t name_len = strlen(id);
	uint8_t extra = 0;
	size_t got = 0;
	size_t more = 0;
	TEE_Result res = TEE_ERROR_GENERIC;

	assert(name_len <= sizeof(name) && len <= TRUSTED_OBJECT_MAX);
	/* GP ids have a length and no end.
	 * NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(name, id, name_len);
	*h = TEE_HANDLE_NULL;
	res = TEE_OpenPersistentObject(storage_id(), name, name_len, flags, h);
	if (res != TEE_SUCCESS)
		return from_tee(res);
	res = TEE_ReadObjectData(*h, data, len, &got);
	if (res == TEE_SUCCESS)
		res = TEE_ReadObjectData(*h, &extra, 1, &more);
	if (res == TEE_SUCCESS && got == len && !more)
		return KMS_RC_OK;
	if (res != TEE_ERROR_CORRUPT_OBJECT)
		TEE_CloseObject(*h);
	*h = TEE_HANDLE_NULL;
	return KMS_RC_STORAGE;
}

enum kms_rc trusted_object_open(struct trusted_object *o, const char *id,
				void *data, size_t len)
{
	TEE_ObjectHandle h = TEE_HANDLE_NULL;
	enum kms_rc rc = KMS_RC_INTERNAL;

	/* No share flag: a second instance is refused by the TEE itself. */
	rc = open_and_read(
		&h, id, TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE,
		data, len);
	o->handle = rc ? NULL : (void *)h;
	return rc;
}

enum kms_rc trusted_object_read(const char *id, void *data, size_t len)
{
	TEE_ObjectHandle h = TEE_HANDLE_NULL;
	enum kms_rc rc = KMS_RC_INTERNAL;

	rc = open_and_read(&h, id,
			   TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_SHARE_READ,
			   data, len);
	if (!rc)
		TEE_CloseObject(h);
	return rc;
}

enum kms_rc trusted_object_create(const char *id, const void *data, size_t len)
{
	TEE_ObjectHandle h = TEE_HANDLE_NULL;
	char name[ID_MAX] = { 0 };
	size_t name_len = strlen(id);
	TEE_Result res = TEE_ERROR_GENERIC;

	assert(name_len <= sizeof(name) && len <= TRUSTED_OBJECT_MAX);
	/* GP ids have a length and no end.
	 * NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(name, id, name_len);
	/* Without OVERWRITE an existing object is left alone. */
	res = TEE_CreatePersistentObject(storage_id(), name, name_len,
					 TEE_DATA_FLAG_ACCESS_READ |
						 TEE_DATA_FLAG_ACCESS_WRITE,
					 TEE_HANDLE_NULL, data, len, &h);
	if (res == TEE_ERROR_ACCESS_CONFLICT)
		return KMS_RC_EXISTS;
	if (res != TEE_SUCCESS)
		return KMS_RC_STORAGE;
	TEE_CloseObject(h);
	return KMS_RC_OK;
}

enum kms_rc trusted_object_write(struct trusted_object *o, const void *data,
				 size_t len)
{
	TEE_ObjectHandle h = (TEE_ObjectHandle)o->handle;
	TEE_Result res = TEE_ERROR_GENERIC;

	assert(o->handle && len <= TRUSTED_OBJECT_MAX);
	res = TEE_SeekObjectData(h, 0, TEE_DATA_SEEK_SET);
	if (res == TEE_SUCCESS)
		res = TEE_WriteObjectData(h, data, len);
	if (res == TEE_ERROR_CORRUPT_OBJECT)
		o->handle = NULL;
	return res == TEE_SUCCESS ? KMS_RC_OK : KMS_RC_STORAGE;
}

void trusted_object_close(struct trusted_object *o)
{
	if (o->handle)
		TEE_CloseObject((TEE_ObjectHandle)o->handle);
	o->handle = NULL;
}
