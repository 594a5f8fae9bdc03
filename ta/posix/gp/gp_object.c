/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transient objects: AES-256 keys and ECDSA keys on P-256.
 */
#include "gp_internal.h"

#include <string.h>

TEE_Result TEE_AllocateTransientObject(TEE_ObjectType objectType,
				       uint32_t maxObjectSize,
				       TEE_ObjectHandle *object)
{
	enum gp_fault fault = gp_enter(GP_CALL_ALLOC);
	TEE_Result res = TEE_ERROR_OUT_OF_MEMORY;

	*object = TEE_HANDLE_NULL;
	if (maxObjectSize != GP_KEY_BITS ||
	    (objectType != TEE_TYPE_AES &&
	     objectType != TEE_TYPE_ECDSA_PUBLIC_KEY &&
	     objectType != TEE_TYPE_ECDSA_KEYPAIR))
		res = TEE_ERROR_NOT_SUPPORTED;
	else if (fault != GP_FAULT_ERROR)
		*object = gp_object_take();
	if (*object) {
		(*object)->info.objectType = objectType;
		(*object)->info.maxObjectSize = maxObjectSize;
		(*object)->info.objectUsage = 0xFFFFFFFF;
		res = TEE_SUCCESS;
	}
	gp_leave(fault);
	return res;
}

static void check_transient(TEE_ObjectHandle object)
{
	gp_object_check(object);
	if (object->pobj)
		TEE_Panic(TEE_ERROR_BAD_STATE);
}

void TEE_FreeTransientObject(TEE_ObjectHandle object)
{
	if (object == TEE_HANDLE_NULL)
		return;
	check_transient(object);
	gp_object_give(object);
}

void TEE_ResetTransientObject(TEE_ObjectHandle object)
{
	if (object == TEE_HANDLE_NULL)
		return;
	check_transient(object);
	secret_wipe(&object->key, sizeof(object->key));
	object->info.objectSize = 0;
	object->info.objectUsage = 0xFFFFFFFF;
	object->info.handleFlags = 0;
}

TEE_Result TEE_GetObjectInfo1(TEE_ObjectHandle object,
			      TEE_ObjectInfo *objectInfo)
{
	gp_object_check(object);
	*objectInfo = object->info;
	return TEE_SUCCESS;
}

void TEE_InitRefAttribute(TEE_Attribute *attr, uint32_t attributeID,
			  const void *buffer, size_t length)
{
	attr->attributeID = attributeID;
	memcpy(&attr->content.ref.buffer, &buffer, sizeof(buffer));
	attr->content.ref.length = length;
}

void TEE_InitValueAttribute(TEE_Attribute *attr, uint32_t attributeID,
			    uint32_t a, uint32_t b)
{
	attr->attributeID = attributeID;
	attr->content.value.a = a;
	attr->content.value.b = b;
}

/* Where the attribute of an object of that type is kept; NULL: it has none. */
static uint8_t *field(TEE_ObjectHandle o, uint32_t id)
{
	bool pair = o->info.objectType == TEE_TYPE_ECDSA_KEYPAIR;
	bool ecc = pair || o->info.objectType == TEE_TYPE_ECDSA_PUBLIC_KEY;

	switch (id) {
	case TEE_ATTR_SECRET_VALUE:
		return ecc ? NULL : o->key.d;
	case TEE_ATTR_ECC_PRIVATE_VALUE:
		return pair ? o->key.d : NULL;
	case TEE_ATTR_ECC_PUBLIC_VALUE_X:
		return ecc ? o->key.x : NULL;
	case TEE_ATTR_ECC_PUBLIC_VALUE_Y:
		return ecc ? o->key.y : NULL;
	default:
		return NULL;
	}
}

/* Big numbers may come without their leading zeroes; an AES key may not. */
static void populate(TEE_ObjectHandle o, const TEE_Attribute *a)
{
	size_t len = a->content.ref.length;
	uint8_t *to = NULL;

	if (a->attributeID == TEE_ATTR_ECC_CURVE) {
		if (o->info.objectType == TEE_TYPE_AES ||
		    a->content.value.a != TEE_ECC_CURVE_NIST_P256)
			TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
		return;
	}
	to = field(o, a->attributeID);
	if (!to || len > 32 ||
	    (len != 32 && a->attributeID == TEE_ATTR_SECRET_VALUE))
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	/* cppcheck-suppress[nullPointerRedundantCheck,nullPointerArithmeticRedundantCheck]
	 * TEE_Panic() does not return */
	memset(to, 0, 32 - len);
	if (len)
		memcpy(to + 32 - len, a->content.ref.buffer, len);
}

static uint32_t attributes_needed(TEE_ObjectType type)
{
	switch (type) {
	case TEE_TYPE_ECDSA_KEYPAIR:
		return 4;
	case TEE_TYPE_ECDSA_PUBLIC_KEY:
		return 3;
	default:
		return 1;
	}
}

TEE_Result TEE_PopulateTransientObject(TEE_ObjectHandle object,
				       const TEE_Attribute *attrs,
				       uint32_t attrCount)
{
	enum gp_fault fault = gp_enter(GP_CALL_KEY);
	TEE_Result res = TEE_SUCCESS;
	uint32_t i = 0;

	check_transient(object);
	if (object->info.handleFlags & TEE_HANDLE_FLAG_INITIALIZED ||
	    attrCount != attributes_needed(object->info.objectType))
		TEE_Panic(TEE_ERROR_BAD_STATE);
	if (fault == GP_FAULT_ERROR) {
		res = TEE_ERROR_BAD_PARAMETERS;
		goto out;
	}
	for (i = 0; i < attrCount; i++)
		populate(object, &attrs[i]);
	object->info.objectSize = GP_KEY_BITS;
	object->info.handleFlags |= TEE_HANDLE_FLAG_INITIALIZED;
out:
	gp_leave(fault);
	return res;
}

/* As OP-TEE: a big number comes without its leading zeroes. */
TEE_Result TEE_GetObjectBufferAttribute(TEE_ObjectHandle object,
					uint32_t attributeID, void *buffer,
					size_t *size)
{
	uint8_t *from = NULL;
	size_t len = 32;
	size_t room = *size;

	gp_object_check(object);
	from = field(object, attributeID);
	if (!(object->info.handleFlags & TEE_HANDLE_FLAG_INITIALIZED) || !from)
		TEE_Panic(TEE_ERROR_BAD_STATE);
	while (len && attributeID != TEE_ATTR_SECRET_VALUE && !*from) {
		from++;
		len--;
	}
	*size = len;
	if (room < len)
		return TEE_ERROR_SHORT_BUFFER;
	memcpy(buffer, from, len);
	return TEE_SUCCESS;
}

TEE_Result TEE_GenerateKey(TEE_ObjectHandle object, uint32_t keySize,
			   const TEE_Attribute *params, uint32_t paramCount)
{
	enum gp_fault fault = gp_enter(GP_CALL_KEY);
	TEE_Result res = TEE_ERROR_BAD_PARAMETERS;

	check_transient(object);
	if (object->info.handleFlags & TEE_HANDLE_FLAG_INITIALIZED ||
	    object->info.objectType != TEE_TYPE_ECDSA_KEYPAIR ||
	    keySize != GP_KEY_BITS || paramCount != 1 ||
	    params[0].attributeID != TEE_ATTR_ECC_CURVE ||
	    params[0].content.value.a != TEE_ECC_CURVE_NIST_P256)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	if (fault != GP_FAULT_ERROR) {
		gp_p256_generate(&object->key);
		object->info.objectSize = GP_KEY_BITS;
		object->info.handleFlags |= TEE_HANDLE_FLAG_INITIALIZED;
		res = TEE_SUCCESS;
	}
	gp_leave(fault);
	return res;
}
