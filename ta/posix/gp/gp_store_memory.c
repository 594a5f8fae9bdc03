/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects in memory, for tests that cut the power a hundred thousand times.
 */
#include "gp_internal.h"

#include "common/hex.h"
#include "common/mem.h"
#include "common/sha256.h"

#include <string.h>

#define ENTRIES_MAX 96

struct entry {
	char name[GP_NAME_MAX]; /* empty: free */
	size_t len;
	bool damaged;
	uint8_t data[GP_OBJECT_MAX];
};

struct gp_snapshot {
	size_t count;
	struct entry entries[];
};

static struct entry entries[ENTRIES_MAX];

static struct entry *find(const char *name)
{
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(entries); i++)
		if (entries[i].name[0] && !strcmp(entries[i].name, name))
			return &entries[i];
	return NULL;
}

static struct entry *find_free(void)
{
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(entries); i++)
		if (!entries[i].name[0])
			return &entries[i];
	return NULL;
}

/* Other instances of this process are the caller's business; no other is. */
static TEE_Result memory_open(struct gp_file *f, bool shared)
{
	(void)shared;
	return find(f->name) ? TEE_SUCCESS : TEE_ERROR_ITEM_NOT_FOUND;
}

static TEE_Result memory_create(struct gp_file *f, bool shared, bool overwrite,
				struct bytes data, enum gp_fault fault)
{
	struct entry *e = find(f->name);

	(void)shared;
	if (e && !overwrite)
		return TEE_ERROR_ACCESS_CONFLICT;
	if (!e)
		e = find_free();
	if (!e)
		return TEE_ERROR_STORAGE_NO_SPACE;
	if (fault == GP_FAULT_CUT_DURING)
		gp_leave(fault);
	memcpy(e->name, f->name, GP_NAME_MAX);
	e->damaged = false;
	e->len = data.len;
	if (data.len)
		memcpy(e->data, data.ptr, data.len);
	return TEE_SUCCESS;
}

static TEE_Result memory_load(struct gp_file *f, uint8_t *buf, size_t *len)
{
	struct entry *e = find(f->name);

	if (!e || e->damaged)
		return TEE_ERROR_CORRUPT_OBJECT;
	*len = e->len;
	memcpy(buf, e->data, e->len);
	return TEE_SUCCESS;
}

static TEE_Result memory_save(struct gp_file *f, struct bytes data,
			      enum gp_fault fault)
{
	struct entry *e = find(f->name);

	if (!e)
		return TEE_ERROR_CORRUPT_OBJECT;
	if (fault == GP_FAULT_CUT_DURING)
		gp_leave(fault);
	memcpy(e->data, data.ptr, data.len);
	e->len = data.len;
	return TEE_SUCCESS;
}

static TEE_Result memory_remove(struct gp_file *f)
{
	struct entry *e = find(f->name);

	if (!e)
		return TEE_ERROR_ITEM_NOT_FOUND;
	memset(e, 0, sizeof(*e));
	return TEE_SUCCESS;
}

static void memory_close(struct gp_file *f)
{
	(void)f;
}

const struct gp_store gp_store_memory = {
	.open = memory_open,
	.create = memory_create,
	.load = memory_load,
	.save = memory_save,
	.remove = memory_remove,
	.close = memory_close,
};

enum kms_rc gp_memory_open(const struct gp_config *cfg)
{
	static const struct secret32 key = { "the device key of every test" };
	enum kms_rc rc = gp_crypto_open();

	if (rc)
		return rc;
	memset(entries, 0, sizeof(entries));
	gp_device = (struct gp_device){
		.store = &gp_store_memory,
		.state_dir = -1,
		.rpmb = cfg->rpmb,
		.uuid = cfg->uuid,
		.key = key,
	};
	return KMS_RC_OK;
}

static bool on_medium(const struct entry *e, unsigned int media)
{
	unsigned int on = e->name[0] == 'r' ? GP_MEDIUM_RPMB : GP_MEDIUM_REE;

	return e->name[0] && (on & media);
}

static void copy_entry(struct entry *to, const struct entry *from)
{
	memcpy(to->name, from->name, sizeof(to->name));
	to->len = from->len;
	to->damaged = from->damaged;
	memcpy(to->data, from->data, from->len);
}

struct gp_snapshot *gp_storage_snapshot(void)
{
	struct gp_snapshot *s = NULL;
	size_t count = 0;
	size_t i = 0;

	gp_lock();
	for (i = 0; i < ARRAY_LEN(entries); i++)
		count += entries[i].name[0] != 0;
	s = mem_zalloc(1, sizeof(*s) + count * sizeof(s->entries[0]));
	for (i = 0; s && i < ARRAY_LEN(entries); i++)
		if (entries[i].name[0])
			copy_entry(&s->entries[s->count++], &entries[i]);
	gp_unlock();
	return s;
}

void gp_storage_restore(const struct gp_snapshot *s, unsigned int media)
{
	struct entry *e = NULL;
	size_t i = 0;

	gp_lock();
	for (i = 0; i < ARRAY_LEN(entries); i++)
		if (on_medium(&entries[i], media))
			entries[i].name[0] = 0;
	for (i = 0; i < s->count; i++) {
		if (!on_medium(&s->entries[i], media))
			continue;
		e = find_free();
		if (e)
			copy_entry(e, &s->entries[i]);
	}
	gp_unlock();
}

void gp_snapshot_free(struct gp_snapshot **s)
{
	mem_free(*s);
	*s = NULL;
}

enum kms_rc gp_storage_tamper(uint32_t storage, struct bytes id,
			      enum gp_tamper how)
{
	char name[GP_NAME_MAX] = { 0 };
	struct entry *e = NULL;

	name[0] = storage == TEE_STORAGE_PRIVATE_RPMB ? 'r' : 'p';
	name[1] = '-';
	hex_encode(name + 2, id.ptr, id.len);
	gp_lock();
	e = find(name);
	if (e && how == GP_TAMPER_DELETE)
		memset(e, 0, sizeof(*e));
	else if (e)
		e->damaged = true;
	gp_unlock();
	return e ? KMS_RC_OK : KMS_RC_NOT_FOUND;
}

/* Order does not matter: the hashes of all objects are added up. */
void gp_storage_digest(uint8_t out[32])
{
	uint8_t one[SHA256_LEN] = { 0 };
	struct sha256 s = { 0 };
	size_t i = 0;
	size_t j = 0;

	memset(out, 0, 32);
	gp_lock();
	for (i = 0; i < ARRAY_LEN(entries); i++) {
		if (!entries[i].name[0])
			continue;
		sha256_init(&s);
		sha256_update(&s, entries[i].name, GP_NAME_MAX);
		sha256_update(&s, &entries[i].damaged, 1);
		sha256_update(&s, entries[i].data, entries[i].len);
		sha256_final(&s, one);
		for (j = 0; j < sizeof(one); j++)
			out[j] = (uint8_t)(out[j] + one[j]);
	}
	gp_unlock();
}

bool gp_storage_contains(struct bytes needle)
{
	bool found = false;
	size_t i = 0;

	gp_lock();
	for (i = 0; i < ARRAY_LEN(entries); i++)
		if (entries[i].name[0] &&
		    memmem(entries[i].data, entries[i].len, needle.ptr,
			   needle.len))
			found = true;
	gp_unlock();
	return found;
}

void gp_storage_visit(void (*visit)(void *arg, struct bytes content), void *arg)
{
	gp_lock();
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		if (entries[i].name[0])
			visit(arg, bytes_of(entries[i].data, entries[i].len));
	gp_unlock();
}
