/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eth_number - what callers write for an amount: a number below 2^256
 */

#ifndef KMS_CODEC_ETH_NUMBER_H
#define KMS_CODEC_ETH_NUMBER_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define ETH_NUMBER_LEN 32

/*
 * "0x" and 1 to 64 hexadecimal digits, or decimal digits without leading zeros.
 * Nothing else, for what is guessed wrongly is money. Big-endian. BAD_INPUT.
 */
enum kms_rc eth_number_get(uint8_t number[ETH_NUMBER_LEN],
			   struct bytes text) KMS_MUST_USE;

#endif /* KMS_CODEC_ETH_NUMBER_H */
