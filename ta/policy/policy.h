/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy - who may use which key, judged inside the TEE
 *
 * The verdict is a 32-bit pattern and no boolean, and is computed twice: one
 * flipped bit or one skipped branch does not turn a refusal into consent.
 */

#ifndef KMS_TA_POLICY_POLICY_H
#define KMS_TA_POLICY_POLICY_H

#include "abi/schema.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define POLICY_ALLOW 0x5aa53cc3u
#define POLICY_DENY  0xa55ac33cu

struct evidence {
	uint8_t kind; /* enum abi_evidence */
	struct bytes data;
};

/*
 * auth: bit n set when kind n suffices for the key. AUTH_REQUIRED,
 * AUTH_FORMAT, UNSUPPORTED (a kind this version does not judge yet), FAULT.
 */
enum kms_rc policy_check(const struct evidence *e, uint16_t auth) KMS_MUST_USE;

/*
 * What suffices for a new key, from the evidence it was created with: never
 * less than that. Refused as policy_check() does.
 */
enum kms_rc policy_for_new_key(uint16_t *auth,
			       const struct evidence *e) KMS_MUST_USE;

/*
 * For what the host may do alone: that the evidence is well-formed. None will
 * do, in every build. AUTH_FORMAT.
 */
enum kms_rc policy_check_host(const struct evidence *e) KMS_MUST_USE;

#endif /* KMS_TA_POLICY_POLICY_H */
