/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/eth_address.h"

#include "common/hex.h"
#include "common/keccak.h"

#include <string.h>

void eth_address_of(uint8_t address[ETH_ADDRESS_LEN], const uint8_t xy[64])
{
	uint8_t hash[KECCAK256_LEN];

	keccak256(hash, xy, 64);
	memcpy(address, hash + sizeof(hash) - ETH_ADDRESS_LEN, ETH_ADDRESS_LEN);
}

static void put_prefixed(char *out, const uint8_t *data, size_t len)
{
	out[0] = '0';
	out[1] = 'x';
	hex_encode(out + 2, data, len);
}

void eth_address_put(char out[ETH_ADDRESS_TEXT_LEN + 1],
		     const uint8_t address[ETH_ADDRESS_LEN])
{
	put_prefixed(out, address, ETH_ADDRESS_LEN);
}

enum kms_rc eth_address_get(uint8_t address[ETH_ADDRESS_LEN], struct bytes text)
{
	if (text.len != ETH_ADDRESS_TEXT_LEN || text.ptr[0] != '0' ||
	    text.ptr[1] != 'x')
		return KMS_RC_BAD_INPUT;
	return hex_decode(address, ETH_ADDRESS_LEN, (const char *)text.ptr + 2,
			  text.len - 2);
}

void eth_address_put_key(char out[ETH_KEY_TEXT_LEN + 1], const uint8_t xy[64])
{
	uint8_t compressed[33];

	compressed[0] = xy[63] & 1 ? 0x03 : 0x02;
	memcpy(compressed + 1, xy, 32);
	put_prefixed(out, compressed, sizeof(compressed));
}

void eth_address_put_point(char out[ETH_POINT_TEXT_LEN + 1],
			   const uint8_t xy[64])
{
	uint8_t point[65];

	point[0] = 0x04;
	memcpy(point + 1, xy, 64);
	put_prefixed(out, point, sizeof(point));
}
