/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_record - the inside of a RECORD_VAULT: the entropy a wallet is made of
 *
 * Written when the wallet is created and never opened by a command of this
 * version: it is for moving and restoring wallets.
 *
 * Body, 64 bytes: format u8 | 0 x 7 | entropy 32 | 0 x 24.
 */

#ifndef KMS_TA_KEYSTORE_VAULT_RECORD_H
#define KMS_TA_KEYSTORE_VAULT_RECORD_H

#include "common/attr.h"
#include "common/kms_rc.h"
#include "common/secret.h"

#define VAULT_RECORD_LEN 64

/* The caller wipes out and *entropy. */
void vault_record_encode(uint8_t out[VAULT_RECORD_LEN],
			 const struct secret32 *entropy);
/* DECODE. */
enum kms_rc
vault_record_decode(struct secret32 *entropy,
		    const uint8_t in[VAULT_RECORD_LEN]) KMS_MUST_USE;

#endif /* KMS_TA_KEYSTORE_VAULT_RECORD_H */
