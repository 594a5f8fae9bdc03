/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/uuid.h"

#include "common/hex.h"

/* Bytes between the dashes. */
static const uint8_t groups[] = { 4, 2, 2, 2, 6 };

void uuid_put(char out[UUID_TEXT_LEN + 1], const uint8_t uuid[UUID_LEN])
{
	for (size_t g = 0; g < sizeof(groups); g++) {
		if (g)
			*out++ = '-';
		hex_encode(out, uuid, groups[g]);
		uuid += groups[g];
		out += 2 * (size_t)groups[g];
	}
}

bool uuid_get(uint8_t uuid[UUID_LEN], struct bytes text)
{
	const char *p = (const char *)text.ptr;
	char again[UUID_TEXT_LEN + 1];
	uint8_t *out = uuid;

	if (text.len != UUID_TEXT_LEN)
		return false;
	for (size_t g = 0; g < sizeof(groups); g++) {
		size_t digits = 2 * (size_t)groups[g];

		/* The dash; what stands there is compared at the end. */
		if (g)
			p++;
		if (hex_decode(out, groups[g], p, digits))
			return false;
		out += groups[g];
		p += digits;
	}
	uuid_put(again, uuid);
	return bytes_is_var(text, again);
}

void uuid_mark_random(uint8_t uuid[UUID_LEN])
{
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}
