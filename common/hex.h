/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hex - lower-case hexadecimal; for public data only
 */

#ifndef KMS_COMMON_HEX_H
#define KMS_COMMON_HEX_H

#include "common/attr.h"
#include "common/kms_rc.h"

#include <stdint.h>

/* Writes 2 * len characters and a NUL. */
void hex_encode(char *out, const void *data, size_t len);

/* Takes exactly 2 * len characters of either case. BAD_INPUT. */
enum kms_rc hex_decode(uint8_t *out, size_t len, const char *text,
		       size_t text_len) KMS_MUST_USE;

#endif /* KMS_COMMON_HEX_H */
