/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mem.h"

#include "common/secret.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong fail_countdown;

void mem_fail_at(unsigned long nth)
{
	atomic_store(&fail_countdown, nth);
}

void *mem_zalloc(size_t count, size_t size)
{
	if (atomic_load_explicit(&fail_countdown, memory_order_relaxed) &&
	    atomic_fetch_sub(&fail_countdown, 1) == 1)
		return NULL;
	return calloc(count, size);
}

char *mem_strdup(const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = mem_zalloc(1, len);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

void mem_free(void *ptr)
{
	free(ptr);
}

int arena_init(struct arena *a, size_t cap)
{
	*a = (struct arena){ .base = mem_zalloc(1, cap), .cap = cap };
	return a->base ? 0 : -1;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t at = (a->used + 15) & ~(size_t)15;
	void *p = NULL;

	if (at > a->cap || size > a->cap - at)
		return NULL;
	p = a->base + at;
	a->used = at + size;
	return p;
}

void arena_reset(struct arena *a)
{
	secret_wipe(a->base, a->used);
	a->used = 0;
}

void arena_clear(struct arena *a)
{
	if (a->base)
		arena_reset(a);
	mem_free(a->base);
	*a = (struct arena){ 0 };
}
