/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device_key - KEK_dev: the key only this TA on this device can derive
 *
 * From the TEE's system PTA (bound to the hardware unique key and the TA's
 * UUID). In the process build it comes from a file and protects nothing.
 */

#ifndef KMS_TA_KEYSTORE_DEVICE_KEY_H
#define KMS_TA_KEYSTORE_DEVICE_KEY_H

#include "common/attr.h"
#include "common/kms_rc.h"
#include "common/secret.h"

/* The caller wipes *key. STORAGE. */
enum kms_rc device_key_derive(struct secret32 *key) KMS_MUST_USE;

#endif /* KMS_TA_KEYSTORE_DEVICE_KEY_H */
