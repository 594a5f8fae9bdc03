/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control - the control object: which key domain this device holds
 *
 * Layout, little-endian, 130 bytes: magic u32 | format u16 | shard_total u16 |
 * root_gen u32 | domain_id 16 | 0 x 18 | sealed domain root 80 | 0 x 4.
 */

#ifndef KMS_TA_KEYSTORE_CONTROL_H
#define KMS_TA_KEYSTORE_CONTROL_H

#include "ta/keystore/keys.h"

/*
 * Reads it and opens the root into *k. NOT_PROVISIONED, STORAGE; then *k and
 * *shard_total are as before.
 */
enum kms_rc control_load(struct keys *k, struct crypto *c,
			 uint16_t *shard_total) KMS_MUST_USE;
/* Writes it for the root in *k. PROVISIONED when there is one. */
enum kms_rc control_create(const struct keys *k, struct crypto *c,
			   uint16_t shard_total) KMS_MUST_USE;

#endif /* KMS_TA_KEYSTORE_CONTROL_H */
