/* SPDX-License-Identifier: Apache-2.0 */
/*
 * use - what one item of a SIGN does with the record it names
 *
 * The item's shard is served and the record is current and has the item's
 * uuid; the rest is judged here. On an error nothing of *out is released.
 */

#ifndef KMS_TA_CMD_USE_H
#define KMS_TA_CMD_USE_H

#include "abi/messages.h"
#include "ta/keystore/lru.h"

struct ta;

/* out->signature borrows sig. KEY_DISABLED, KEY_USAGE, DECODE, AUTH_*, FAULT.
 */
enum kms_rc use_key(struct ta *ta, struct abi_sign_result *out, uint8_t sig[64],
		    const struct lru_entry *e,
		    const struct abi_sign_item *item) KMS_MUST_USE;

#endif /* KMS_TA_CMD_USE_H */
