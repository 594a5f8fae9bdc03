/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bytes.h"

#include <string.h>

struct bytes bytes_of_text(const char *text)
{
	return bytes_of(text, text ? strlen(text) : 0);
}

bool bytes_equal_var(struct bytes a, struct bytes b)
{
	size_t i = 0;

	if (a.len != b.len)
		return false;
	while (i < a.len && a.ptr[i] == b.ptr[i])
		i++;
	return i == a.len;
}

bool bytes_is_var(struct bytes a, const char *text)
{
	return bytes_equal_var(a, bytes_of_text(text));
}
