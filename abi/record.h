/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - the outside of a sealed record, and its place in the slot tree
 *
 * A blob is header48 | salt32 | ciphertext | tag16. The header is plain and
 * authenticated; the host reads it, only the TA opens the rest. Little-endian:
 *
 *   magic u32 | format u16 | type u8 | flags u8 | shard u16 | 0 u16 |
 *   root_gen u32 | slot u64 | version u64 | uuid 16
 */

#ifndef KMS_ABI_RECORD_H
#define KMS_ABI_RECORD_H

#include "abi/limits.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"
#include "common/sha256.h"

#define RECORD_MAGIC	  0x524d4b54u /* "TKMR" */
#define RECORD_FORMAT	  1
#define RECORD_HEADER_LEN 48
#define RECORD_SALT_LEN	  32
#define RECORD_TAG_LEN	  16
#define RECORD_OVERHEAD	  (RECORD_HEADER_LEN + RECORD_SALT_LEN + RECORD_TAG_LEN)

enum record_type {
	RECORD_WALLET = 1,
	RECORD_VAULT = 2,
	RECORD_SESSION = 3,
	RECORD_SERVICE = 4,
	RECORD_TOMBSTONE = 5,
	RECORD_KEY = 6, /* one AWS-style key without a derivation tree */
};

struct record_header {
	uint8_t type;
	uint8_t flags;
	uint16_t shard;
	uint32_t root_gen;
	uint64_t slot;
	uint64_t version;
	uint8_t uuid[ABI_UUID_LEN];
};

void record_put_header(uint8_t out[RECORD_HEADER_LEN],
		       const struct record_header *h);

/* DECODE when it is no header of this format, or bits are set that are 0. */
enum kms_rc record_get_header(struct record_header *h,
			      struct bytes blob) KMS_MUST_USE;

/*
 * The leaf of a blob: SHA-256(0x00 | header48 | SHA-256(rest)). A tombstone's
 * blob is its header alone.
 */
void record_leaf(uint8_t leaf[SHA256_LEN], struct bytes blob);

#endif /* KMS_ABI_RECORD_H */
