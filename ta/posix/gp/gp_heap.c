/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands before the C library's allocator in programs that are linked with
 * gp_heap_dep, so that a malloc of the TA's own code is noticed.
 */
#include "gp_internal.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);

void *__wrap_malloc(size_t size)
{
	gp_heap_note();
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	gp_heap_note();
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
	gp_heap_note();
	return __real_realloc(ptr, size);
}
