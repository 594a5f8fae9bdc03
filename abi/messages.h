/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messages - the structs and layouts that abi/schema.h describes
 *
 * For each message M: struct abi_M, const struct abi_layout abi_layout_M, and
 * ABI_HAS(&m, M, field) for optional members. Views borrow what was decoded.
 */

#ifndef KMS_ABI_MESSAGES_H
#define KMS_ABI_MESSAGES_H

#include "abi/schema.h"
#include "abi/wire.h"

enum abi_cmd {
#define C(name, num) CMD_##name = (num),
	ABI_COMMANDS(C)
#undef C
};

#define ABI_MEMBER_u8(name, max)  uint8_t name;
#define ABI_MEMBER_u16(name, max) uint16_t name;
#define ABI_MEMBER_u32(name, max) uint32_t name;
#define ABI_MEMBER_u64(name, max) uint64_t name;
#define ABI_MEMBER_fix(name, max) uint8_t name[max];
#define ABI_MEMBER_var(name, max) struct bytes name;
#define ABI_MEMBER_rep(name, max) struct abi_rep name;

#define ABI_MEMBER(msg, kind, name, tag, max, required) \
	ABI_MEMBER_##kind(name, max)

#define M(msg)                             \
	struct abi_##msg {                 \
		uint32_t has;              \
		ABI_##msg(ABI_MEMBER, msg) \
	};                                 \
	extern const struct abi_layout abi_layout_##msg;
ABI_MESSAGES(M)
#undef M

bool abi_has(const void *msg, const struct abi_layout *layout, size_t offset);

#define ABI_HAS(m, msg, field) \
	abi_has((m), &abi_layout_##msg, offsetof(struct abi_##msg, field))

#define ABI_DECODE(out, msg, body) abi_decode((out), &abi_layout_##msg, (body))
#define ABI_PUT(w, msg, in)	   abi_put((w), &abi_layout_##msg, (in))

/* Gives "SIGN" for CMD_SIGN, "?" for an unknown number. */
const char *abi_cmd_name(uint16_t cmd);

#endif /* KMS_ABI_MESSAGES_H */
