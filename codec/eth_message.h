/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eth_message - what "personal_sign" signs (EIP-191, version 0x45)
 */

#ifndef KMS_CODEC_ETH_MESSAGE_H
#define KMS_CODEC_ETH_MESSAGE_H

#include "common/bytes.h"
#include "common/keccak.h"

/* Keccak-256 of 0x19, "Ethereum Signed Message:\n", length and message. */
void eth_message_hash(uint8_t hash[KECCAK256_LEN], struct bytes message);

#endif /* KMS_CODEC_ETH_MESSAGE_H */
