/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/scrub.h"

#include <string.h>

/* The one frame that is large on purpose. */
#pragma GCC diagnostic ignored "-Wframe-larger-than="

__attribute__((noinline)) void scrub_stack(void)
{
	char area[SCRUB_LEN];

	memset(area, 0, sizeof(area));
	__asm__ volatile("" : : "r"(area) : "memory");
}
