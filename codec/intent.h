/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intent - exactly what a passkey is asked to allow, as bytes
 *
 * The challenge of an assertion commits to an intent, so one gesture allows
 * one thing. A client computes the same bytes: docs/passkeys.md. The text
 * "teekms/intent/2", then items  tag u8 | len u16 | value  with ascending
 * tags, integers big-endian; which items there are follows from op. Pure;
 * public data.
 */

#ifndef KMS_CODEC_INTENT_H
#define KMS_CODEC_INTENT_H

#include "common/bytes.h"
#include "common/sha256.h"

#define INTENT_MAX 192

/* Where a change is allowed, its number is that of enum abi_op. */
enum intent_op {
	INTENT_DELETE = 2,
	INTENT_ADD_PASSKEY = 8,
	INTENT_REMOVE_PASSKEY = 9,
	INTENT_CHANGE_PASSKEY = 10,
	INTENT_UNFREEZE = 12,
	INTENT_SCHEDULE_DELETION = 13,
	INTENT_CANCEL_DELETION = 14,
	INTENT_SIGN = 0x20,
	INTENT_ADDRESS = 0x25, /* to see it, or to have it issued */
};

struct intent {
	uint8_t op; /* enum intent_op */
	uint8_t uuid[16];
	uint8_t rp_id_hash[SHA256_LEN];
	uint32_t account;
	uint32_t index;
	uint8_t use;			     /* enum abi_use */
	uint8_t payload[32];		     /* digest of what is signed */
	uint8_t passkey[64];		     /* x | y */
	uint8_t credential_hash[SHA256_LEN]; /* 0: not given */
	uint16_t window_days;
};

/* Gives the length; nothing but op and the items it has is looked at. */
size_t intent_encode(uint8_t out[INTENT_MAX], const struct intent *i);

/* SHA-256("teekms/chal/2" | nonce | SHA-256(intent)): for both levels. */
void intent_challenge(uint8_t out[SHA256_LEN], const uint8_t nonce[32],
		      const struct intent *i);
/* SHA-256(nonce | digest): what BIND_PAYLOAD takes for signatures, too. */
void intent_payload_challenge(uint8_t out[SHA256_LEN], const uint8_t nonce[32],
			      const uint8_t digest[32]);

#endif /* KMS_CODEC_INTENT_H */
