/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hd - keys of a wallet derived on secp256k1 (BIP-32), for Ethereum's path
 *
 * A wallet keeps the node m/44'/60'/0'; its keys are m/44'/60'/0'/a/i, two
 * steps away, and neither the seed nor another coin's keys can be had from it.
 *
 * Promises:  constant time in keys and chain codes. Where BIP-32 would have
 *            the next index taken (chance 2^-127), there is no key but FAULT,
 *            and what was to be filled is zero, as after any failure.
 */

#ifndef KMS_TA_CRYPTO_HD_H
#define KMS_TA_CRYPTO_HD_H

#include "common/bytes.h"
#include "ta/crypto/k256.h"

#define HD_HARDENED 0x80000000u
#define HD_PUB_LEN  33

struct hd_node {
	struct secret32 key;
	struct secret32 chain;
	uint8_t pub[HD_PUB_LEN]; /* the key's, compressed */
};

/* The node m; the caller wipes *node, here and below. FAULT. */
enum kms_rc hd_master(struct k256 *k, struct hd_node *node,
		      struct bytes seed) KMS_MUST_USE;

/* A hardened child when index has HD_HARDENED. *child may be *parent. FAULT. */
enum kms_rc hd_child(struct k256 *k, struct hd_node *child,
		     const struct hd_node *parent, uint32_t index) KMS_MUST_USE;

/*
 * m/44'/60'/0' of the wallet with this BIP-39 entropy. Derived twice, for money
 * sent to what a glitch made of it could not be had back from the entropy.
 * FAULT.
 */
enum kms_rc hd_account_node(struct k256 *k, struct hd_node *node,
			    const struct secret32 *entropy) KMS_MUST_USE;

/*
 * The key m/44'/60'/0'/account/index and its x | y; the caller wipes *key. Both
 * numbers are below HD_HARDENED. BAD_INPUT, FAULT.
 */
enum kms_rc hd_leaf(struct k256 *k, struct secret32 *key, uint8_t pub[64],
		    const struct hd_node *node, uint32_t account,
		    uint32_t index) KMS_MUST_USE;

/* Before an address is told: FAULT unless hd_leaf() gives this pub again. */
enum kms_rc hd_check_leaf(struct k256 *k, const uint8_t pub[64],
			  const struct hd_node *node, uint32_t account,
			  uint32_t index) KMS_MUST_USE;

#endif /* KMS_TA_CRYPTO_HD_H */
