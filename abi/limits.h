/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits - every size both worlds agree on
 *
 * Lengths are bytes, counts are items. The buffer sizes are those of the four
 * GP parameters of every command.
 */

#ifndef KMS_ABI_LIMITS_H
#define KMS_ABI_LIMITS_H

#define ABI_REQUEST_MAX	  65536	 /* p0 */
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

#endif /* KMS_ABI_LIMITS_H */
