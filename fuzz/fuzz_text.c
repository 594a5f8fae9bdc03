/* SPDX-License-Identifier: Apache-2.0 */
/* Base64, its URL form and hex: one text per value. */
#include "common/base64.h"
#include "common/bytes.h"
#include "common/hex.h"
#include "fuzz/fuzz.h"

#include <ctype.h>

#define TEXT_MAX 4096

static void check_base64(const char *text, size_t len)
{
	static uint8_t data[TEXT_MAX];
	static char again[BASE64_LEN(TEXT_MAX)];
	size_t n = 0;

	if (!base64_decode(data, sizeof(data), &n, text, len)) {
		size_t back = base64_encode(again, data, n);

		fuzz_check(bytes_equal_var(bytes_of(again, back),
					   bytes_of(text, len)));
	}
	if (!base64url_decode(data, sizeof(data), &n, text, len)) {
		size_t back = base64url_encode(again, data, n);

		fuzz_check(bytes_equal_var(bytes_of(again, back),
					   bytes_of(text, len)));
	}
}

static void check_hex(const char *text, size_t len)
{
	static uint8_t data[TEXT_MAX];
	static char again[2 * TEXT_MAX + 1];

	if (hex_decode(data, len / 2, text, len))
		return;
	hex_encode(again, data, len / 2);
	for (size_t i = 0; i < len; i++)
		fuzz_check(again[i] == tolower((unsigned char)text[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > TEXT_MAX)
		return 0;
	check_base64((const char *)data, size);
	check_hex((const char *)data, size);
	return 0;
}
