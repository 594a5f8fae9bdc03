/* SPDX-License-Identifier: Apache-2.0 */
#include "common/decimal.h"

size_t decimal_put(char out[DECIMAL_U64_MAX], uint64_t number)
{
	uint64_t rest = number;
	size_t len = 1;
	size_t i = 0;

	while (rest /= 10)
		len++;
	for (i = len; i; i--, number /= 10)
		out[i - 1] = (char)('0' + number % 10);
	return len;
}

enum kms_rc decimal_get(uint64_t *number, uint64_t max, struct bytes text)
{
	uint64_t value = 0;
	uint64_t digit = 0;
	size_t i = 0;

	if (!text.len || (text.len > 1 && text.ptr[0] == '0'))
		return KMS_RC_BAD_INPUT;
	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return KMS_RC_BAD_INPUT;
		digit = text.ptr[i] - (uint64_t)'0';
		if (digit > max || value > (max - digit) / 10)
			return KMS_RC_BAD_INPUT;
		value = value * 10 + digit;
	}
	*number = value;
	return KMS_RC_OK;
}
