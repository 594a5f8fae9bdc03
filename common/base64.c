/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base64.h"

static const char std_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t encode(char *out, const uint8_t *p, size_t len, const char *abc)
{
	size_t n = 0;

	while (len >= 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

		out[n++] = abc[v >> 18];
		out[n++] = abc[v >> 12 & 63];
		out[n++] = abc[v >> 6 & 63];
		out[n++] = abc[v & 63];
		p += 3;
		len -= 3;
	}
	if (len) {
		uint32_t v = (uint32_t)p[0] << 16;

		if (len == 2)
			v |= (uint32_t)p[1] << 8;
		out[n++] = abc[v >> 18];
		out[n++] = abc[v >> 12 & 63];
		if (len == 2)
			out[n++] = abc[v >> 6 & 63];
	}
	return n;
}

static int sextet(char c, char c62, char c63)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == c62)
		return 62;
	if (c == c63)
		return 63;
	return -1;
}

/* text_len counts no padding. */
static enum kms_rc decode(uint8_t *out, size_t cap, size_t *out_len,
			  const char *text, size_t text_len, char c62, char c63)
{
	size_t want = text_len / 4 * 3 + (text_len % 4 * 3) / 4;
	uint32_t acc = 0;
	unsigned int bits = 0;
	size_t n = 0;

	if (text_len % 4 == 1 || want > cap)
		return KMS_RC_BAD_INPUT;
	for (size_t i = 0; i < text_len; i++) {
		int v = sextet(text[i], c62, c63);

		if (v < 0)
			return KMS_RC_BAD_INPUT;
		acc = (acc << 6 | (uint32_t)v) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (uint8_t)(acc >> bits);
		}
	}
	if (acc & ((1u << bits) - 1))
		return KMS_RC_BAD_INPUT;
	*out_len = n;
	return KMS_RC_OK;
}

size_t base64_encode(char *out, const void *data, size_t len)
{
	size_t n = encode(out, data, len, std_alphabet);

	while (n % 4)
		out[n++] = '=';
	return n;
}

enum kms_rc base64_decode(uint8_t *out, size_t cap, size_t *out_len,
			  const char *text, size_t text_len)
{
	if (text_len % 4)
		return KMS_RC_BAD_INPUT;
	if (text_len && text[text_len - 1] == '=')
		text_len--;
	if (text_len % 4 == 3 && text[text_len - 1] == '=')
		text_len--;
	return decode(out, cap, out_len, text, text_len, '+', '/');
}

size_t base64url_encode(char *out, const void *data, size_t len)
{
	return encode(out, data, len, url_alphabet);
}

enum kms_rc base64url_decode(uint8_t *out, size_t cap, size_t *out_len,
			     const char *text, size_t text_len)
{
	return decode(out, cap, out_len, text, text_len, '-', '_');
}
