/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hex - test vectors as text
 */

#ifndef KMS_TEST_HEX_H
#define KMS_TEST_HEX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/hex.h"

#include <stdlib.h>
#include <string.h>

/* Gives the number of bytes. */
static inline size_t from_hex(uint8_t *out, size_t cap, const char *hex)
{
	size_t len = strlen(hex) / 2;

	assert_true(len <= cap);
	assert_int_equal(hex_decode(out, len, hex, 2 * len), KMS_RC_OK);
	return len;
}

static inline void assert_hex(const void *got, size_t len, const char *hex)
{
	char *text = malloc(2 * len + 1);

	assert_non_null(text);
	hex_encode(text, got, len);
	assert_string_equal(text, hex);
	free(text);
}

#endif /* KMS_TEST_HEX_H */
