/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/lru.h"

static struct lru_entry *set_of(struct lru *l, uint16_t shard, uint64_t slot)
{
	/* Slots are dense: neighbours fall into different sets. */
	return l->entries[(slot + (uint64_t)shard * 7) % LRU_SETS];
}

static struct lru_entry *find(struct lru *l, uint16_t shard, uint64_t slot)
{
	struct lru_entry *set = set_of(l, shard, slot);

	for (size_t way = 0; way < LRU_WAYS; way++)
		if (set[way].used && set[way].shard == shard &&
		    set[way].slot == slot)
			return &set[way];
	return NULL;
}

const struct lru_entry *lru_find(struct lru *l, uint16_t shard, uint64_t slot)
{
	struct lru_entry *e = find(l, shard, slot);

	if (e)
		e->tick = ++l->tick;
	return e;
}

struct lru_entry *lru_claim(struct lru *l, uint16_t shard, uint64_t slot)
{
	struct lru_entry *set = set_of(l, shard, slot);
	struct lru_entry *e = find(l, shard, slot);

	for (size_t way = 0; !e && way < LRU_WAYS; way++)
		if (!set[way].used)
			e = &set[way];
	if (!e) {
		e = &set[0];
		for (size_t way = 1; way < LRU_WAYS; way++)
			if (set[way].tick < e->tick)
				e = &set[way];
	}
	secret_wipe(e, sizeof(*e));
	e->used = true;
	e->shard = shard;
	e->slot = slot;
	e->tick = ++l->tick;
	return e;
}

void lru_drop(struct lru *l, uint16_t shard, uint64_t slot)
{
	struct lru_entry *e = find(l, shard, slot);

	if (e)
		secret_wipe(e, sizeof(*e));
}

void lru_drop_shard(struct lru *l, uint16_t shard)
{
	for (size_t set = 0; set < LRU_SETS; set++)
		for (size_t way = 0; way < LRU_WAYS; way++)
			if (l->entries[set][way].shard == shard)
				secret_wipe(&l->entries[set][way],
					    sizeof(struct lru_entry));
}
