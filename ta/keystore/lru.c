/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/lru.h"

/* Slots are dense: neighbours fall into different sets. */
static size_t set_of(uint16_t shard, uint64_t slot)
{
	return (size_t)((slot + (uint64_t)shard * 7) % LRU_SETS);
}

/* The way that holds it, or LRU_WAYS. */
static size_t way_of(const struct lru_entry *set, uint16_t shard, uint64_t slot)
{
	size_t way = 0;

	while (way < LRU_WAYS && !(set[way].used && set[way].shard == shard &&
				   set[way].slot == slot))
		way++;
	return way;
}

/* A free way, or the one that was used longest ago. */
static size_t way_to_take(const struct lru_entry *set)
{
	size_t oldest = 0;

	for (size_t way = 0; way < LRU_WAYS; way++) {
		if (!set[way].used)
			return way;
		if (set[way].tick < set[oldest].tick)
			oldest = way;
	}
	return oldest;
}

const struct lru_entry *lru_find(const struct lru *l, uint16_t shard,
				 uint64_t slot)
{
	const struct lru_entry *set = l->entries[set_of(shard, slot)];
	size_t way = way_of(set, shard, slot);

	return way < LRU_WAYS ? &set[way] : NULL;
}

struct lru_entry *lru_keep(struct lru *l, const struct lru_entry *e)
{
	struct lru_entry *set = l->entries[set_of(e->shard, e->slot)];
	size_t way = way_of(set, e->shard, e->slot);

	if (way == LRU_WAYS)
		way = way_to_take(set);
	if (&set[way] != e)
		set[way] = *e;
	set[way].used = true;
	set[way].tick = ++l->tick;
	return &set[way];
}

void lru_drop(struct lru *l, uint16_t shard, uint64_t slot)
{
	struct lru_entry *set = l->entries[set_of(shard, slot)];
	size_t way = way_of(set, shard, slot);

	if (way < LRU_WAYS)
		secret_wipe(&set[way], sizeof(set[way]));
}

void lru_drop_shard(struct lru *l, uint16_t shard)
{
	for (size_t set = 0; set < LRU_SETS; set++)
		for (size_t way = 0; way < LRU_WAYS; way++)
			if (l->entries[set][way].shard == shard)
				secret_wipe(&l->entries[set][way],
					    sizeof(struct lru_entry));
}
