/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/key_cache.h"

#include "common/endian.h"
#include "common/mem.h"
#include "common/secret.h"

#include <string.h>

struct entry {
	bool used;
	uint64_t as_of;
	struct store_key key;
};

struct key_cache {
	struct entry entries[KEY_CACHE_SLOTS];
};

struct key_cache *key_cache_new(void)
{
	return mem_zalloc(1, sizeof(struct key_cache));
}

void key_cache_free(struct key_cache **c)
{
	mem_free(*c);
	*c = NULL;
}

/* A version 4 UUID is random: any bytes of it spread evenly. */
static size_t place(const uint8_t uuid[ABI_UUID_LEN])
{
	return le32_get(uuid) % KEY_CACHE_SLOTS;
}

bool key_cache_get(const struct key_cache *c, struct store_key *out,
		   const uint8_t uuid[ABI_UUID_LEN], uint64_t now)
{
	const struct entry *e = &c->entries[place(uuid)];

	if (!e->used || e->as_of != now ||
	    !ct_equal(e->key.uuid, uuid, ABI_UUID_LEN))
		return false;
	*out = e->key;
	return true;
}

void key_cache_put(struct key_cache *c, const struct store_key *key,
		   uint64_t now)
{
	struct entry *e = &c->entries[place(key->uuid)];

	e->used = true;
	e->as_of = now;
	e->key = *key;
	e->key.description = NULL;
}
