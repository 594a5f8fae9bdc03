/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_record - the inside of a RECORD_KEY: one key of the AWS kind
 *
 * Body, little-endian, 128 bytes: format u8 | spec u8 | usage u8 | state u8 |
 * auth u16 | 0 u16 | flags u32 | 0 u32 | account u64 | private 32 | public 64 |
 * 0 x 8. auth has bit n set when evidence kind n suffices for this key.
 */

#ifndef KMS_TA_KEYSTORE_KEY_RECORD_H
#define KMS_TA_KEYSTORE_KEY_RECORD_H

#include "abi/schema.h"
#include "common/attr.h"
#include "common/kms_rc.h"
#include "common/secret.h"

#define KEY_RECORD_LEN 128

struct key_record {
	uint8_t spec;  /* enum abi_key_spec */
	uint8_t usage; /* enum abi_key_usage */
	uint8_t state; /* enum abi_key_state */
	uint16_t auth; /* bit per enum abi_evidence */
	uint64_t account;
	struct secret32 key;
	uint8_t pub[64];
};

/* The caller wipes out and, after decoding, *r. */
void key_record_encode(uint8_t out[KEY_RECORD_LEN], const struct key_record *r);
/* DECODE when a member is out of range or a reserved bit is set. */
enum kms_rc key_record_decode(struct key_record *r,
			      const uint8_t in[KEY_RECORD_LEN]) KMS_MUST_USE;

#endif /* KMS_TA_KEYSTORE_KEY_RECORD_H */
