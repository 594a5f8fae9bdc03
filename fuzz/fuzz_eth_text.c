/* SPDX-License-Identifier: Apache-2.0 */
/* Paths, amounts, addresses: what is read is written alike, but for case. */
#include "codec/eth_address.h"
#include "codec/eth_number.h"
#include "codec/eth_path.h"
#include "common/hex.h"
#include "fuzz/fuzz.h"

#include <ctype.h>

static void check_path(struct bytes text)
{
	struct eth_path path = { 0 };
	char again[ETH_PATH_LEN + 1];
	size_t len = 0;

	if (eth_path_get(&path, text))
		return;
	len = eth_path_put(again, &path);
	fuzz_check(bytes_equal_var(bytes_of(again, len), text));
}

static void check_address(struct bytes text)
{
	uint8_t address[ETH_ADDRESS_LEN];
	char again[ETH_ADDRESS_TEXT_LEN + 1];

	if (eth_address_get(address, text))
		return;
	eth_address_put(again, address);
	fuzz_check(text.len == ETH_ADDRESS_TEXT_LEN);
	for (size_t i = 0; i < text.len; i++)
		fuzz_check(again[i] == tolower(text.ptr[i]));
}

/* Divides by ten; gives the remainder. */
static unsigned int take_digit(uint8_t number[ETH_NUMBER_LEN])
{
	unsigned int rest = 0;

	for (size_t i = 0; i < ETH_NUMBER_LEN; i++) {
		rest = rest << 8 | number[i];
		number[i] = (uint8_t)(rest / 10);
		rest %= 10;
	}
	return rest;
}

/* The number as 0x and all digits must be read as the same again. */
static void check_hex(const uint8_t number[ETH_NUMBER_LEN])
{
	uint8_t back[ETH_NUMBER_LEN];
	char text[2 + 2 * ETH_NUMBER_LEN + 1] = "0x";

	hex_encode(text + 2, number, ETH_NUMBER_LEN);
	fuzz_check(!eth_number_get(back, bytes_of(text, sizeof(text) - 1)));
	fuzz_check(bytes_equal_var(bytes_of(back, sizeof(back)),
				   bytes_of(number, ETH_NUMBER_LEN)));
}

static void check_number(struct bytes text)
{
	uint8_t number[ETH_NUMBER_LEN];

	if (eth_number_get(number, text))
		return;
	check_hex(number);
	if (text.len > 1 && text.ptr[1] == 'x')
		return;
	for (size_t i = text.len; i; i--)
		fuzz_check(take_digit(number) ==
			   text.ptr[i - 1] - (unsigned)'0');
	for (size_t i = 0; i < ETH_NUMBER_LEN; i++)
		fuzz_check(!number[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = bytes_of(data, size);

	check_path(text);
	check_address(text);
	check_number(text);
	return 0;
}
