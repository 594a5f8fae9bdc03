/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/messages.h"

#define ABI_KIND_u8  ABI_U8
#define ABI_KIND_u16 ABI_U16
#define ABI_KIND_u32 ABI_U32
#define ABI_KIND_u64 ABI_U64
#define ABI_KIND_fix ABI_FIX
#define ABI_KIND_var ABI_VAR
#define ABI_KIND_rep ABI_REP

/* A sentinel row keeps the array of an empty message legal C. */
#define M(msg)                                                                \
	static const struct abi_field fields_##msg[] = { ABI_##msg(ROW, msg){ \
		0 } };                                                        \
	const struct abi_layout abi_layout_##msg = {                          \
		.fields = fields_##msg,                                       \
		.count = ARRAY_LEN(fields_##msg) - 1,                         \
		.size = sizeof(struct abi_##msg),                             \
	};

#define ROW(msg, k, name, t, m, r) \
	{ .tag = (t),              \
	  .kind = ABI_KIND_##k,    \
	  .required = (r),         \
	  .max = (m),              \
	  .offset = offsetof(struct abi_##msg, name) },

ABI_MESSAGES(M)

bool abi_has(const void *msg, const struct abi_layout *layout, size_t offset)
{
	uint32_t has = *(const uint32_t *)msg;

	for (size_t i = 0; i < layout->count; i++)
		if (layout->fields[i].offset == offset)
			return has >> i & 1;
	return false;
}

const char *abi_cmd_name(uint16_t cmd)
{
	switch (cmd) {
#define C(name, num)     \
	case CMD_##name: \
		return #name;
		ABI_COMMANDS(C)
#undef C
	default:
		return "?";
	}
}
