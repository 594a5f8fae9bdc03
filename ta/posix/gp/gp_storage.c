/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Persistent objects: who may open what, and positions inside the data. The
 * sharing rules are OP-TEE's, and GP 5.7.1's.
 */
#include "gp_internal.h"

#include "common/hex.h"

#include <string.h>

#define ACCESS_FLAGS                                              \
	(TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE | \
	 TEE_DATA_FLAG_ACCESS_WRITE_META)
#define SHARE_FLAGS (TEE_DATA_FLAG_SHARE_READ | TEE_DATA_FLAG_SHARE_WRITE)

/* One object that is open in this process, by one handle or several. */
struct gp_pobj {
	unsigned int refs; /* 0: free */
	uint32_t flags;	   /* of the first opener */
	struct gp_file file;
};

static struct gp_pobj pobjs[GP_HANDLES_MAX];
/* Under the lock; the data of an object on its way. */
static uint8_t data[GP_OBJECT_MAX];

static bool make_name(char name[GP_NAME_MAX], uint32_t storage, const void *id,
		      size_t id_len)
{
	if (id_len > TEE_OBJECT_ID_MAX_LEN || (id_len && !id))
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	memset(name, 0, GP_NAME_MAX);
	switch (storage) {
	case TEE_STORAGE_PRIVATE:
	case TEE_STORAGE_PRIVATE_REE:
		name[0] = 'p';
		break;
	case TEE_STORAGE_PRIVATE_RPMB:
		name[0] = 'r';
		break;
	default:
		return false;
	}
	name[1] = '-';
	hex_encode(name + 2, id, id_len);
	return name[0] == 'p' || gp_device.rpmb;
}

static bool may_share(uint32_t a, uint32_t b)
{
	if ((a | b) & TEE_DATA_FLAG_ACCESS_WRITE_META)
		return false;
	if ((a & SHARE_FLAGS) != (b & SHARE_FLAGS))
		return false;
	if (((a | b) & TEE_DATA_FLAG_ACCESS_READ) &&
	    !(a & TEE_DATA_FLAG_SHARE_READ))
		return false;
	return !((a | b) & TEE_DATA_FLAG_ACCESS_WRITE) ||
	       (a & TEE_DATA_FLAG_SHARE_WRITE);
}

/*
 * Sets *pobj to the open object of that name, or to a new entry. Other
 * processes are the store's business.
 */
static TEE_Result take_pobj(struct gp_pobj **pobj, const char *name,
			    uint32_t flags)
{
	struct gp_pobj *unused = NULL;
	size_t i = 0;

	*pobj = NULL;
	for (i = 0; i < ARRAY_LEN(pobjs); i++) {
		if (!pobjs[i].refs) {
			unused = unused ? unused : &pobjs[i];
			continue;
		}
		if (strcmp(pobjs[i].file.name, name) != 0)
			continue;
		if (!may_share(pobjs[i].flags, flags))
			return TEE_ERROR_ACCESS_CONFLICT;
		pobjs[i].refs++;
		*pobj = &pobjs[i];
		return TEE_SUCCESS;
	}
	if (!unused)
		return TEE_ERROR_OUT_OF_MEMORY;
	*unused = (struct gp_pobj){
		.refs = 1,
		.flags = flags,
		.file = { .fd = -1 },
	};
	memcpy(unused->file.name, name, GP_NAME_MAX);
	*pobj = unused;
	return TEE_SUCCESS;
}

static void give_pobj(struct gp_pobj *pobj)
{
	if (--pobj->refs)
		return;
	gp_device.store->close(&pobj->file);
	secret_wipe(pobj, sizeof(*pobj));
}

/* The lock across processes knows readers and everybody else. */
static bool shared_lock(uint32_t flags)
{
	return (flags & (ACCESS_FLAGS | SHARE_FLAGS)) ==
	       (TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_SHARE_READ);
}

/* A damaged object is deleted, as OP-TEE does: it can never be read again. */
static TEE_Result load(struct gp_pobj *pobj, size_t *len)
{
	TEE_Result res = gp_device.store->load(&pobj->file, data, len);

	if (res == TEE_ERROR_CORRUPT_OBJECT)
		gp_device.store->remove(&pobj->file);
	return res;
}

static TEE_Result fault_result(enum gp_fault fault)
{
	if (fault == GP_FAULT_ERROR)
		return TEE_ERROR_STORAGE_NOT_AVAILABLE;
	if (fault == GP_FAULT_CORRUPT)
		return TEE_ERROR_CORRUPT_OBJECT;
	return TEE_SUCCESS;
}

/* The handle owns the object at once: a power cut may end the call anywhere. */
static TEE_Result open_locked(TEE_ObjectHandle o, const char *name,
			      uint32_t flags, enum gp_fault fault)
{
	TEE_Result res = take_pobj(&o->pobj, name, flags);

	if (res)
		return res;
	if (o->pobj->refs == 1)
		res = gp_device.store->open(&o->pobj->file, shared_lock(flags));
	if (res)
		return res;
	res = fault_result(fault);
	if (res == TEE_ERROR_CORRUPT_OBJECT)
		gp_device.store->remove(&o->pobj->file);
	if (!res)
		res = load(o->pobj, &o->info.dataSize);
	secret_wipe(data, sizeof(data));
	return res;
}

static TEE_Result create_locked(TEE_ObjectHandle o, const char *name,
				uint32_t flags, struct bytes init,
				enum gp_fault fault)
{
	TEE_Result res = take_pobj(&o->pobj, name, flags);

	if (res)
		return res;
	o->info.dataSize = init.len;
	if (o->pobj->refs > 1 && !(flags & TEE_DATA_FLAG_OVERWRITE))
		return TEE_ERROR_ACCESS_CONFLICT;
	if (init.len > GP_OBJECT_MAX)
		return TEE_ERROR_STORAGE_NO_SPACE;
	res = fault_result(fault);
	if (res)
		return res;
	return gp_device.store->create(&o->pobj->file, shared_lock(flags),
				       flags & TEE_DATA_FLAG_OVERWRITE, init,
				       fault);
}

static void set_info(TEE_ObjectHandle o, uint32_t flags)
{
	o->info.objectType = TEE_TYPE_DATA;
	o->info.objectUsage = 0xFFFFFFFF;
	o->info.handleFlags = TEE_HANDLE_FLAG_PERSISTENT |
			      TEE_HANDLE_FLAG_INITIALIZED | flags;
}

TEE_Result TEE_OpenPersistentObject(uint32_t storageID, const void *objectID,
				    size_t objectIDLen, uint32_t flags,
				    TEE_ObjectHandle *object)
{
	enum gp_fault fault = gp_enter(GP_CALL_OPEN);
	TEE_Result res = TEE_ERROR_OUT_OF_MEMORY;
	TEE_ObjectHandle o = TEE_HANDLE_NULL;
	char name[GP_NAME_MAX];

	*object = TEE_HANDLE_NULL;
	if (flags & ~(uint32_t)(ACCESS_FLAGS | SHARE_FLAGS))
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	if (!make_name(name, storageID, objectID, objectIDLen)) {
		res = TEE_ERROR_ITEM_NOT_FOUND;
		goto out;
	}
	o = gp_object_take();
	if (!o)
		goto out;
	gp_lock();
	res = open_locked(o, name, flags, fault);
	gp_unlock();
	set_info(o, flags);
	if (res)
		TEE_CloseObject(o);
	else
		*object = o;
out:
	gp_leave(fault);
	return res;
}

/* Data objects only: the TA keeps no GP key in storage. */
TEE_Result TEE_CreatePersistentObject(uint32_t storageID, const void *objectID,
				      size_t objectIDLen, uint32_t flags,
				      TEE_ObjectHandle attributes,
				      const void *initialData,
				      size_t initialDataLen,
				      TEE_ObjectHandle *object)
{
	enum gp_fault fault = gp_enter(GP_CALL_CREATE);
	TEE_Result res = TEE_ERROR_OUT_OF_MEMORY;
	TEE_ObjectHandle o = TEE_HANDLE_NULL;
	char name[GP_NAME_MAX];

	if (object)
		*object = TEE_HANDLE_NULL;
	if (attributes != TEE_HANDLE_NULL ||
	    (flags & ~(uint32_t)(ACCESS_FLAGS | SHARE_FLAGS |
				 TEE_DATA_FLAG_OVERWRITE)) ||
	    (initialDataLen && !initialData))
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	if (!make_name(name, storageID, objectID, objectIDLen)) {
		res = TEE_ERROR_ITEM_NOT_FOUND;
		goto out;
	}
	o = gp_object_take();
	if (!o)
		goto out;
	gp_lock();
	res = create_locked(o, name, flags,
			    bytes_of(initialData, initialDataLen), fault);
	gp_unlock();
	set_info(o, flags);
	if (res || !object)
		TEE_CloseObject(o);
	else
		*object = o;
out:
	gp_leave(fault);
	return res;
}

void TEE_CloseObject(TEE_ObjectHandle object)
{
	if (object == TEE_HANDLE_NULL)
		return;
	gp_object_check(object);
	if (object->pobj) {
		gp_lock();
		give_pobj(object->pobj);
		gp_unlock();
	}
	gp_object_give(object);
}

void gp_pobj_give(struct gp_pobj *pobj)
{
	gp_lock();
	give_pobj(pobj);
	gp_unlock();
}

static void check_persistent(TEE_ObjectHandle object, uint32_t flag)
{
	gp_object_check(object);
	if (!object->pobj || !(object->info.handleFlags & flag))
		TEE_Panic(TEE_ERROR_ACCESS_CONFLICT);
}

TEE_Result TEE_CloseAndDeletePersistentObject1(TEE_ObjectHandle object)
{
	enum gp_fault fault = gp_enter(GP_CALL_DELETE);
	TEE_Result res = fault_result(fault);

	if (object == TEE_HANDLE_NULL) {
		gp_leave(fault);
		return TEE_SUCCESS;
	}
	check_persistent(object, TEE_DATA_FLAG_ACCESS_WRITE_META);
	if (!res) {
		gp_lock();
		res = gp_device.store->remove(&object->pobj->file);
		gp_unlock();
	}
	TEE_CloseObject(object);
	gp_leave(fault);
	return res;
}

TEE_Result TEE_ReadObjectData(TEE_ObjectHandle object, void *buffer,
			      size_t size, size_t *count)
{
	enum gp_fault fault = gp_enter(GP_CALL_READ);
	TEE_Result res = fault_result(fault);
	size_t at = 0;
	size_t len = 0;

	check_persistent(object, TEE_DATA_FLAG_ACCESS_READ);
	*count = 0;
	at = object->info.dataPosition;
	gp_lock();
	if (!res)
		res = load(object->pobj, &len);
	else if (res == TEE_ERROR_CORRUPT_OBJECT)
		gp_device.store->remove(&object->pobj->file);
	if (!res && at < len) {
		*count = size < len - at ? size : len - at;
		memcpy(buffer, data + at, *count);
	}
	secret_wipe(data, sizeof(data));
	gp_unlock();
	if (!res)
		object->info.dataPosition = at + *count;
	else if (res == TEE_ERROR_CORRUPT_OBJECT)
		TEE_CloseObject(object);
	gp_leave(fault);
	return res;
}

static TEE_Result write_locked(TEE_ObjectHandle object, const void *buffer,
			       size_t size, enum gp_fault fault)
{
	size_t at = object->info.dataPosition;
	TEE_Result res = TEE_SUCCESS;
	size_t len = 0;

	res = load(object->pobj, &len);
	if (res)
		return res;
	if (at > GP_OBJECT_MAX || size > GP_OBJECT_MAX - at)
		return TEE_ERROR_STORAGE_NO_SPACE;
	if (at > len)
		memset(data + len, 0, at - len);
	memcpy(data + at, buffer, size);
	len = at + size > len ? at + size : len;
#ifdef KMS_TA_TEST_HOOKS
	if (object->pobj->file.name[0] == 'r')
		gp_rpmb_note(at, size, len);
#endif
	res = gp_device.store->save(&object->pobj->file, bytes_of(data, len),
				    fault);
	if (res)
		return res;
	object->info.dataPosition = at + size;
	object->info.dataSize = len;
	return TEE_SUCCESS;
}

TEE_Result TEE_WriteObjectData(TEE_ObjectHandle object, const void *buffer,
			       size_t size)
{
	enum gp_fault fault = gp_enter(GP_CALL_WRITE);
	TEE_Result res = fault_result(fault);

	check_persistent(object, TEE_DATA_FLAG_ACCESS_WRITE);
	if (!res) {
		gp_lock();
		res = write_locked(object, buffer, size, fault);
		secret_wipe(data, sizeof(data));
		gp_unlock();
	}
	if (res == TEE_ERROR_CORRUPT_OBJECT)
		TEE_CloseObject(object);
	gp_leave(fault);
	return res;
}

TEE_Result TEE_SeekObjectData(TEE_ObjectHandle object, intmax_t offset,
			      TEE_Whence whence)
{
	intmax_t from = 0;

	check_persistent(object, TEE_HANDLE_FLAG_PERSISTENT);
	switch (whence) {
	case TEE_DATA_SEEK_SET:
		break;
	case TEE_DATA_SEEK_CUR:
		from = (intmax_t)object->info.dataPosition;
		break;
	case TEE_DATA_SEEK_END:
		from = (intmax_t)object->info.dataSize;
		break;
	default:
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
		return TEE_ERROR_BAD_PARAMETERS;
	}
	if (__builtin_add_overflow(from, offset, &from) || from > UINT32_MAX)
		return TEE_ERROR_OVERFLOW;
	object->info.dataPosition = from > 0 ? (size_t)from : 0;
	return TEE_SUCCESS;
}
