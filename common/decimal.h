/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decimal - unsigned decimal numbers, one text per value
 */

#ifndef KMS_COMMON_DECIMAL_H
#define KMS_COMMON_DECIMAL_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define DECIMAL_U64_MAX 20 /* digits */

/* Writes the digits without a NUL; gives their number. */
size_t decimal_put(char out[DECIMAL_U64_MAX], uint64_t number);

/* Digits without sign and leading zeros, at most max. BAD_INPUT. */
enum kms_rc decimal_get(uint64_t *number, uint64_t max,
			struct bytes text) KMS_MUST_USE;

#endif /* KMS_COMMON_DECIMAL_H */
