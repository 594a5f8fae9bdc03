/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wallet_record - the inside of a RECORD_WALLET: what signing with it takes
 *
 * The account node, never the entropy it came from, so that neither the seed
 * nor another coin's keys can be had from a record on the signing path.
 *
 * Body, little-endian, 1216 bytes: format u8 | state u8 | bind_level u8 |
 * passkeys u8 | gen u32 | next_index u32 | rp_id_len u16 | origins_len u16 |
 * vault_slot u64 | node: private 32, chain 32, public 33 | 0 x 7 | secret 32 |
 * rp_id_hash 32 | rp_id 64 | origins 256 | 4 passkeys | 0 x 256. A passkey:
 * flags u8 | 0 x 3 | sign_count u32 | x | y 64 | credential_hash 32 | 0 x 8.
 */

#ifndef KMS_TA_KEYSTORE_WALLET_RECORD_H
#define KMS_TA_KEYSTORE_WALLET_RECORD_H

#include "abi/schema.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"
#include "common/sha256.h"
#include "ta/crypto/hd.h"

#define WALLET_RECORD_LEN 1216

struct wallet_passkey {
	uint8_t flags; /* AUTH_DATA_BE and BS, as at its registration */
	uint32_t sign_count;
	uint8_t pub[64];		     /* x | y, on the curve */
	uint8_t credential_hash[SHA256_LEN]; /* of the id; 0: not known */
};

struct wallet_record {
	uint8_t state;	    /* enum abi_wallet_state */
	uint8_t bind_level; /* enum abi_bind_level */
	uint8_t passkey_count;
	uint32_t gen;	     /* counts what ends its delegations */
	uint32_t next_index; /* addresses below it are issued */
	uint64_t vault_slot;
	struct hd_node node;	/* m/44'/60'/0' */
	struct secret32 secret; /* of the credentials it will delegate */
	uint8_t rp_id_hash[SHA256_LEN];
	uint16_t rp_id_len;
	uint16_t origins_len;
	uint8_t rp_id[ABI_RP_ID_MAX];
	uint8_t origins[ABI_ORIGINS_MAX]; /* patterns, with commas between */
	struct wallet_passkey passkeys[ABI_PASSKEYS_MAX];
};

/* The caller wipes out and, after decoding, *r. */
void wallet_record_encode(uint8_t out[WALLET_RECORD_LEN],
			  const struct wallet_record *r);
/* DECODE when a member is out of range or a reserved bit is set. */
enum kms_rc
wallet_record_decode(struct wallet_record *r,
		     const uint8_t in[WALLET_RECORD_LEN]) KMS_MUST_USE;

/* Whether this build serves wallets of such a level. */
bool wallet_bind_level_ok(uint8_t level);

/* Its number, or ABI_PASSKEYS_MAX. */
uint8_t wallet_find_passkey(const struct wallet_record *r,
			    const uint8_t pub[64]);

#endif /* KMS_TA_KEYSTORE_WALLET_RECORD_H */
