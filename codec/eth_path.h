/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eth_path - the one form of a derivation path: m/44'/60'/0'/account/index
 *
 * The two numbers are decimal, below 2^31 and not hardened; a path has exactly
 * one text, so that two texts never mean one key.
 */

#ifndef KMS_CODEC_ETH_PATH_H
#define KMS_CODEC_ETH_PATH_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define ETH_PATH_PREFIX	    "m/44'/60'/0'/"
#define ETH_PATH_FIRST	    ETH_PATH_PREFIX "0/0"
#define ETH_PATH_NUMBER_MAX 0x7fffffff
#define ETH_PATH_LEN	    34 /* of the longest text, without NUL */

struct eth_path {
	uint32_t account;
	uint32_t index;
};

/* BAD_INPUT. */
enum kms_rc eth_path_get(struct eth_path *path, struct bytes text) KMS_MUST_USE;

/* Writes the text and a NUL; gives its length. The numbers are in range. */
size_t eth_path_put(char out[ETH_PATH_LEN + 1], const struct eth_path *path);

#endif /* KMS_CODEC_ETH_PATH_H */
