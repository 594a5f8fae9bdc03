/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64 - RFC 4648 section 4 (padded) and section 5 (URL, unpadded)
 *
 * Strict: no blanks, no missing or extra padding, unused bits zero, so that
 * every byte string has exactly one text. For public data only.
 */

#ifndef KMS_COMMON_BASE64_H
#define KMS_COMMON_BASE64_H

#include "common/attr.h"
#include "common/kms_rc.h"

#include <stdint.h>

/* Characters of the padded form, without a NUL. */
#define BASE64_LEN(len) (((len) + 2) / 3 * 4)

/* Writes BASE64_LEN(len) characters, no NUL; gives that number. */
size_t base64_encode(char *out, const void *data, size_t len);

/*
 * Writes at most cap bytes and sets *out_len. out may be text itself: bytes
 * are written behind the reading position. BAD_INPUT.
 */
enum kms_rc base64_decode(uint8_t *out, size_t cap, size_t *out_len,
			  const char *text, size_t text_len) KMS_MUST_USE;

/* Characters of the URL form, at most BASE64_LEN(len). */
#define BASE64URL_LEN(len) (((len) / 3 * 4) + ((len) % 3 * 8 + 5) / 6)

/* The URL form; encode writes BASE64URL_LEN(len) characters. */
size_t base64url_encode(char *out, const void *data, size_t len);
enum kms_rc base64url_decode(uint8_t *out, size_t cap, size_t *out_len,
			     const char *text, size_t text_len) KMS_MUST_USE;

#endif /* KMS_COMMON_BASE64_H */
