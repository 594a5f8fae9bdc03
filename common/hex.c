/* SPDX-License-Identifier: Apache-2.0 */
#include "common/hex.h"

void hex_encode(char *out, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * len] = '\0';
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum kms_rc hex_decode(uint8_t *out, size_t len, const char *text,
		       size_t text_len)
{
	if (text_len != 2 * len)
		return KMS_RC_BAD_INPUT;
	for (size_t i = 0; i < len; i++) {
		int hi = digit_value(text[2 * i]);
		int lo = digit_value(text[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return KMS_RC_BAD_INPUT;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return KMS_RC_OK;
}
