/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits - every size both worlds agree on
 *
 * Lengths are bytes, counts are items. The buffer sizes are those of the four
 * GP parameters of every command.
 */

#ifndef KMS_ABI_LIMITS_H
#define KMS_ABI_LIMITS_H

#define ABI_REQUEST_MAX	  81920	 /* p0 */
#define ABI_RESPONSE_MAX  16384	 /* p1 */
#define ABI_STATE_IN_MAX  262144 /* p2 */
#define ABI_STATE_OUT_MAX 262144 /* p3 */

#define ABI_SHARDS_MAX	 64 /* of a domain */
#define ABI_BATCH_OPS	 64 /* items of one PREPARE */
#define ABI_SIGN_ITEMS	 32 /* items of one SIGN */
#define ABI_DEPTH_MAX	 24 /* levels of a slot tree: 2^24 slots */
#define ABI_SIBLINGS_MAX (ABI_BATCH_OPS * ABI_DEPTH_MAX)

#define ABI_UUID_LEN	 16
#define ABI_REQ_ID_LEN	 16
#define ABI_EVIDENCE_MAX 4096
#define ABI_BLOB_MAX	 2048 /* one sealed record, header included */
#define ABI_PC_LEN	 192  /* prepare certificate */
#define ABI_RECEIPT_LEN	 192

#define ABI_PAYLOAD_MAX	    65536 /* of one signature */
#define ABI_AUTH_DATA_MAX   1024
#define ABI_CLIENT_DATA_MAX 2048
#define ABI_RP_ID_MAX	    64
#define ABI_ORIGINS_MAX	    256 /* patterns, with commas between them */
#define ABI_PASSKEYS_MAX    4	/* of one wallet */
#define ABI_ADDRESSES_FIRST                              \
	20 /* issued from the start (BIP-44's gap limit) \
	    */
#define ABI_ADDRESS_INDEX_MAX 9999
#define ABI_NONCE_LIFE_MS     120000
#define ABI_RANDOM_MAX	      1024 /* bytes of one RANDOM */
#define ABI_WINDOW_DAYS_MIN   7	   /* of a scheduled deletion */
#define ABI_WINDOW_DAYS_MAX   30

#endif /* KMS_ABI_LIMITS_H */
