/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seal - records as the host stores them: sealed under a key of their own
 *
 * Each seal draws a fresh salt and with it a fresh key, so a rolled-back
 * version number can never lead to the same key and nonce twice (I26).
 */

#ifndef KMS_TA_KEYSTORE_SEAL_H
#define KMS_TA_KEYSTORE_SEAL_H

#include "abi/record.h"
#include "ta/keystore/keys.h"

/* Writes RECORD_OVERHEAD + body.len bytes. ENTROPY, FAULT, SHORT_BUFFER. */
enum kms_rc seal_record(const struct keys *k, struct crypto *c, struct buf *out,
			const struct record_header *h,
			struct bytes body) KMS_MUST_USE;

/*
 * Opens a blob whose body has exactly body_len bytes; the caller wipes body.
 * BAD_PROOF when it was not sealed in this domain or was altered.
 */
enum kms_rc seal_open(const struct keys *k, struct crypto *c, uint8_t *body,
		      size_t body_len, struct bytes blob) KMS_MUST_USE;

#endif /* KMS_TA_KEYSTORE_SEAL_H */
