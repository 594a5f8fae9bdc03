/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/policy/sign_counts.h"

#include "common/endian.h"

#include <stddef.h>

/* Slots are dense: neighbours fall into different sets. */
static size_t set_of(uint16_t shard, uint64_t slot)
{
	return (size_t)((slot + (uint64_t)shard * 7) % SIGN_COUNTS_SETS);
}

/* The way that holds it, or SIGN_COUNTS_WAYS. */
static size_t way_of(const struct sign_counts_entry *set, uint16_t shard,
		     uint64_t slot, uint64_t id)
{
	size_t way = 0;

	while (way < SIGN_COUNTS_WAYS &&
	       !(set[way].used && set[way].shard == shard &&
		 set[way].slot == slot && set[way].id == id))
		way++;
	return way;
}

/* A free way, or the one that was used longest ago. */
static size_t way_to_take(const struct sign_counts_entry *set)
{
	size_t oldest = 0;

	for (size_t way = 0; way < SIGN_COUNTS_WAYS; way++) {
		if (!set[way].used)
			return way;
		if (set[way].tick < set[oldest].tick)
			oldest = way;
	}
	return oldest;
}

uint32_t sign_counts_get(const struct sign_counts *t, uint16_t shard,
			 uint64_t slot, const uint8_t pub[64])
{
	const struct sign_counts_entry *set = t->entries[set_of(shard, slot)];
	size_t way = way_of(set, shard, slot, le64_get(pub));

	return way < SIGN_COUNTS_WAYS ? set[way].count : 0;
}

void sign_counts_set(struct sign_counts *t, uint16_t shard, uint64_t slot,
		     const uint8_t pub[64], uint32_t count)
{
	struct sign_counts_entry *set = t->entries[set_of(shard, slot)];
	size_t way = way_of(set, shard, slot, le64_get(pub));

	if (!count)
		return;
	if (way == SIGN_COUNTS_WAYS)
		way = way_to_take(set);
	set[way] = (struct sign_counts_entry){
		.used = true,
		.shard = shard,
		.slot = slot,
		.id = le64_get(pub),
		.count = count,
		.tick = ++t->tick,
	};
}
