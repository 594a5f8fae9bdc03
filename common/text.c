/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text.h"

#include "common/decimal.h"

#include <assert.h>
#include <string.h>

void text_begin(struct text *t, char *out, size_t cap)
{
	assert(cap);
	*t = (struct text){ .ptr = out, .cap = cap };
	out[0] = '\0';
}

void text_put_bytes(struct text *t, struct bytes more)
{
	size_t left = t->cap - t->len - 1;

	if (more.len > left) {
		more.len = left;
		t->cut = true;
	}
	if (more.len)
		memcpy(t->ptr + t->len, more.ptr, more.len);
	t->len += more.len;
	t->ptr[t->len] = '\0';
}

void text_put_number(struct text *t, uint64_t number, size_t digits_min)
{
	static const char zeros[DECIMAL_U64_MAX + 1] = "00000000000000000000";
	char digits[DECIMAL_U64_MAX];
	size_t len = decimal_put(digits, number);

	assert(digits_min <= DECIMAL_U64_MAX);
	if (digits_min > len)
		text_put_bytes(t, bytes_of(zeros, digits_min - len));
	text_put_bytes(t, bytes_of(digits, len));
}
