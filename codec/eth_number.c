/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/eth_number.h"

#include "common/hex.h"

#include <string.h>

/* digits stand right-aligned, with a zero before an odd number of them. */
static enum kms_rc get_hex(uint8_t number[ETH_NUMBER_LEN], struct bytes digits)
{
	char padded[2 * ETH_NUMBER_LEN];

	if (!digits.len || digits.len > sizeof(padded))
		return KMS_RC_BAD_INPUT;
	memset(padded, '0', sizeof(padded));
	memcpy(padded + sizeof(padded) - digits.len, digits.ptr, digits.len);
	return hex_decode(number, ETH_NUMBER_LEN, padded, sizeof(padded));
}

/* number = 10 * number + digit; false past 2^256. */
static bool append_digit(uint8_t number[ETH_NUMBER_LEN], unsigned int digit)
{
	unsigned int carry = digit;
	size_t i = 0;

	for (i = ETH_NUMBER_LEN; i; i--) {
		carry += 10u * number[i - 1];
		number[i - 1] = (uint8_t)carry;
		carry >>= 8;
	}
	return !carry;
}

static enum kms_rc get_decimal(uint8_t number[ETH_NUMBER_LEN],
			       struct bytes digits)
{
	size_t i = 0;

	if (!digits.len || (digits.len > 1 && digits.ptr[0] == '0'))
		return KMS_RC_BAD_INPUT;
	memset(number, 0, ETH_NUMBER_LEN);
	for (i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9' ||
		    !append_digit(number, digits.ptr[i] - (unsigned int)'0'))
			return KMS_RC_BAD_INPUT;
	}
	return KMS_RC_OK;
}

enum kms_rc eth_number_get(uint8_t number[ETH_NUMBER_LEN], struct bytes text)
{
	if (text.len >= 2 && text.ptr[0] == '0' && text.ptr[1] == 'x')
		return get_hex(number, bytes_of(text.ptr + 2, text.len - 2));
	return get_decimal(number, text);
}
