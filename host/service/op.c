/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/op.h"

const char *op_enum_name(const struct op_enum *set, unsigned int value)
{
	return value && value <= set->count ? set->names[value - 1] : "?";
}
