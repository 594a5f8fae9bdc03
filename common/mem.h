/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem - the host's only way to the heap, and its request arena
 *
 * Owns:      every malloc of the normal world, so that tests can fail the
 *            nth one. The TA does not link this file.
 * Threads:   mem_* are thread safe; an arena belongs to one thread at a time.
 */

#ifndef KMS_COMMON_MEM_H
#define KMS_COMMON_MEM_H

#include "common/attr.h"

#include <stddef.h>

/* Gives zeroed memory or NULL. Ended by mem_free(). */
void *mem_zalloc(size_t count, size_t size) KMS_MUST_USE;
char *mem_strdup(const char *text) KMS_MUST_USE;
void mem_free(void *ptr);

/* A bump allocator over one block: no free, one wipe. */
struct arena {
	unsigned char *base;
	size_t cap;
	size_t used;
};

/* Gives the block to the arena; arena_clear() accepts a zeroed arena. */
int arena_init(struct arena *a, size_t cap) KMS_MUST_USE;
/* Gives 16-byte aligned, zeroed memory, or NULL when the arena is full. */
void *arena_alloc(struct arena *a, size_t size) KMS_MUST_USE;
/* Wipes what was used; the block stays. */
void arena_reset(struct arena *a);
void arena_clear(struct arena *a);

/* Makes the nth following mem_zalloc() fail; 0 switches that off. */
void mem_fail_at(unsigned long nth);

#endif /* KMS_COMMON_MEM_H */
