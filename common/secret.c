/* SPDX-License-Identifier: Apache-2.0 */
#include "common/secret.h"

#include <string.h>

void secret_wipe(void *ptr, size_t len)
{
	if (len)
		memset(ptr, 0, len);
	/*
	 * For all the compiler knows the assembly reads the memory, so it may
	 * not drop the stores, not even at link time.
	 */
	__asm__ volatile("" : : "r"(ptr) : "memory");
}

bool ct_equal(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint32_t diff = 0;

	while (len--)
		diff |= (uint32_t)(*x++ ^ *y++);
	return diff == 0;
}

bool ct_is_zero(const void *a, size_t len)
{
	const volatile uint8_t *x = a;
	uint32_t any = 0;

	while (len--)
		any |= *x++;
	return any == 0;
}
