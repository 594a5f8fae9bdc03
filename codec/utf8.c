/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/utf8.h"

/* The bounds of the second byte are narrower behind some first bytes. */
static uint8_t second_min(uint8_t first)
{
	if (first == 0xe0)
		return 0xa0;
	return first == 0xf0 ? 0x90 : 0x80;
}

static uint8_t second_max(uint8_t first)
{
	if (first == 0xed)
		return 0x9f; /* surrogates */
	return first == 0xf4 ? 0x8f : 0xbf;
}

size_t utf8_len(const uint8_t *p, size_t left)
{
	size_t n = 0;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	if (!n || n > left || p[1] < second_min(p[0]) ||
	    p[1] > second_max(p[0]))
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}
