/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eth_address - account addresses and public keys, and how they are written
 *
 * Texts are lower-case; EIP-55's checksum by case is neither made nor checked.
 */

#ifndef KMS_CODEC_ETH_ADDRESS_H
#define KMS_CODEC_ETH_ADDRESS_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define ETH_ADDRESS_LEN	     20
#define ETH_ADDRESS_TEXT_LEN 42 /* without NUL, as the next one */
#define ETH_KEY_TEXT_LEN     68
#define ETH_POINT_TEXT_LEN   132

/* The account of the public key x | y. */
void eth_address_of(uint8_t address[ETH_ADDRESS_LEN], const uint8_t xy[64]);

/* "0x", 40 digits and a NUL. */
void eth_address_put(char out[ETH_ADDRESS_TEXT_LEN + 1],
		     const uint8_t address[ETH_ADDRESS_LEN]);

/* "0x" and 40 digits of either case. BAD_INPUT. */
enum kms_rc eth_address_get(uint8_t address[ETH_ADDRESS_LEN],
			    struct bytes text) KMS_MUST_USE;

/* The public key compressed (SEC 1, 2.3.3): "0x", 66 digits and a NUL. */
void eth_address_put_key(char out[ETH_KEY_TEXT_LEN + 1], const uint8_t xy[64]);

/* A point, of P-256 too, uncompressed: "0x04", 128 digits and a NUL. */
void eth_address_put_point(char out[ETH_POINT_TEXT_LEN + 1],
			   const uint8_t xy[64]);

#endif /* KMS_CODEC_ETH_ADDRESS_H */
