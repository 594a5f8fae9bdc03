/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_rows - the parts of the table of operations, and what their rows share
 */

#ifndef KMS_HOST_OP_ROWS_H
#define KMS_HOST_OP_ROWS_H

#include "host/service/op.h"

struct op_list {
	const struct op *rows;
	size_t count;
};

extern const struct op_list aws_ops;
extern const struct op_list wallet_ops;
extern const struct op_list server_ops;

#define LIST_KEYS_OUT_MAX (192 * 1024) /* 1000 keys of 150 bytes each */

/* clang-format off */
#define MEMBERS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define KEY_ID_EXAMPLE "1234abcd-12ab-34cd-56ef-1234567890ab"
#define PASSKEY_EXAMPLE							       \
	"046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"   \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define DIGEST_EXAMPLE "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
/* clang-format on */

#endif /* KMS_HOST_OP_ROWS_H */
