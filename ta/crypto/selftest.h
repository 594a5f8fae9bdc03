/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest - known answers of every primitive, run before the TA serves
 */

#ifndef KMS_TA_CRYPTO_SELFTEST_H
#define KMS_TA_CRYPTO_SELFTEST_H

#include "common/attr.h"
#include "common/kms_rc.h"
#include "ta/crypto/crypto.h"

/* Sets how many answers were compared. SELFTEST names no detail on purpose. */
enum kms_rc crypto_selftest(struct crypto *c, uint16_t *tests_run) KMS_MUST_USE;

/*
 * secp256k1 alone, and one signature as keys make it, so that a generator that
 * failed shows: what a probe of readiness can afford often.
 */
enum kms_rc crypto_selftest_signature(struct crypto *c,
				      uint16_t *tests_run) KMS_MUST_USE;

#endif /* KMS_TA_CRYPTO_SELFTEST_H */
