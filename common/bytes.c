/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bytes.h"

bool bytes_equal_var(struct bytes a, struct bytes b)
{
	size_t i = 0;

	if (a.len != b.len)
		return false;
	while (i < a.len && a.ptr[i] == b.ptr[i])
		i++;
	return i == a.len;
}
