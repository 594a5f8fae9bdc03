/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/eth_message.h"

#include "common/decimal.h"

void eth_message_hash(uint8_t hash[KECCAK256_LEN], struct bytes message)
{
	static const char prefix[] = "\x19"
				     "Ethereum Signed Message:\n";
	char len[DECIMAL_U64_MAX];
	size_t digits = decimal_put(len, message.len);
	struct keccak k;

	keccak256_init(&k);
	keccak256_update(&k, prefix, sizeof(prefix) - 1);
	keccak256_update(&k, len, digits);
	keccak256_update(&k, message.ptr, message.len);
	keccak256_final(&k, hash);
}
