/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify - ECDSA verification in the normal world, of public data only
 */

#ifndef KMS_HOST_SERVICE_VERIFY_H
#define KMS_HOST_SERVICE_VERIFY_H

#include "common/attr.h"
#include "common/kms_rc.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Takes s and n - s alike. pub is x | y, rs is r | s. INVALID_SIGNATURE;
 * INTERNAL when pub is no point of the curve.
 */
enum kms_rc verify_ecdsa(uint8_t key_spec, const uint8_t pub[64],
			 const uint8_t digest[32],
			 const uint8_t rs[64]) KMS_MUST_USE;

/* Whether x | y is a point of P-256. */
bool verify_is_p256_point(const uint8_t xy[64]);

#endif /* KMS_HOST_SERVICE_VERIFY_H */
