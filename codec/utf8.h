/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8 - well-formed UTF-8 (RFC 3629): shortest forms, no surrogates
 */

#ifndef KMS_CODEC_UTF8_H
#define KMS_CODEC_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the character at p, of which left > 0 bytes are there, or 0. */
size_t utf8_len(const uint8_t *p, size_t left);

#endif /* KMS_CODEC_UTF8_H */
