/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certificate - the prepare certificate and the receipt (spec 3.a.7)
 *
 * A certificate lets a restarted instance commit what another one prepared; a
 * receipt tells anybody that it was committed. Little-endian:
 *
 *   PC (192): magic u32 | format u16 | shard u16 | seq u64 | prev_root 32 |
 *     root 32 | depth u8 | 0 x 3 | boot_ctr u32 | next_slot u64 | live u64 |
 *     time_floor u64 | ops_digest 32 | req_id 16 | HMAC-SHA-256(K_cert) 32
 *   receipt (192): magic u32 | op u8 | flags u8 | shard u16 | slot u64 |
 *     version u64 | seq u64 | uuid 16 | root 32 | leaf 32 | r | s 64 |
 *     recid u8 | 0 x 15, signed by the AIK over
 *     SHA-256("teekms/receipt/1" | first 112 bytes)
 */

#ifndef KMS_TA_KEYSTORE_CERTIFICATE_H
#define KMS_TA_KEYSTORE_CERTIFICATE_H

#include "abi/schema.h"
#include "ta/keystore/keys.h"

struct certificate {
	uint16_t shard;
	uint64_t seq;
	uint8_t prev_root[SHA256_LEN];
	uint8_t root[SHA256_LEN];
	uint8_t depth;
	uint32_t boot_ctr;
	uint64_t next_slot;
	uint64_t live;
	uint64_t time_floor;
	uint8_t ops_digest[SHA256_LEN];
	uint8_t req_id[ABI_REQ_ID_LEN];
};

void certificate_make(const struct keys *k, uint8_t out[ABI_PC_LEN],
		      const struct certificate *c);
/* CERT when it is not one of ours. */
enum kms_rc certificate_check(const struct keys *k, struct certificate *c,
			      struct bytes pc) KMS_MUST_USE;

struct receipt {
	uint8_t op;
	uint8_t flags;
	uint16_t shard;
	uint64_t slot;
	uint64_t version;
	uint64_t seq;
	uint8_t uuid[ABI_UUID_LEN];
	uint8_t root[SHA256_LEN];
	uint8_t leaf[SHA256_LEN];
};

enum kms_rc receipt_make(const struct keys *k, struct crypto *c,
			 uint8_t out[ABI_RECEIPT_LEN],
			 const struct receipt *r) KMS_MUST_USE;

#endif /* KMS_TA_KEYSTORE_CERTIFICATE_H */
