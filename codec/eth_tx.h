/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eth_tx - Ethereum transactions of types 0 to 4
 *
 * Type 0 with a chain id only (EIP-155), 1 (EIP-2930), 2 (EIP-1559), 3
 * (EIP-4844, by versioned hashes: no sidecar) and 4 (EIP-7702). A signature is
 * over the Keccak-256 of the unsigned form. Reading takes only what writing
 * makes, so what is judged is what is signed. Used by both worlds; no heap.
 */

#ifndef KMS_CODEC_ETH_TX_H
#define KMS_CODEC_ETH_TX_H

#include "codec/eth_address.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/keccak.h"
#include "common/kms_rc.h"

#define ETH_TX_DATA_MAX	  49152 /* the longest init code, EIP-3860 */
#define ETH_TX_ACCESS_MAX 128	/* addresses of an access list */
#define ETH_TX_KEYS_MAX	  256	/* storage keys of all of them */
#define ETH_TX_BLOBS_MAX  16
#define ETH_TX_AUTHS_MAX  16
#define ETH_TX_LEN_MAX	  64512 /* encoded and signed */

/* Above it, v = 35 + 2 * chain id + 1 leaves 64 bits. */
#define ETH_TX_CHAIN_MAX ((UINT64_MAX - 36) / 2)

enum eth_tx_type {
	ETH_TX_LEGACY,
	ETH_TX_ACCESS_LIST,
	ETH_TX_DYNAMIC_FEE,
	ETH_TX_BLOB,
	ETH_TX_SET_CODE,
};

/*
 * Numbers of 32 bytes are big-endian. A field that the type does not have is
 * zero. Views borrow; those of lists hold their RLP items one behind another.
 */
struct eth_tx {
	enum eth_tx_type type;
	bool has_to; /* or it creates a contract */
	uint8_t to[ETH_ADDRESS_LEN];
	uint64_t chain_id;
	uint64_t nonce;
	uint64_t gas;
	uint8_t gas_price[32];	      /* types 0 and 1 */
	uint8_t max_priority_fee[32]; /* types 2 to 4 */
	uint8_t max_fee[32];	      /* types 2 to 4 */
	uint8_t max_blob_fee[32];     /* type 3 */
	uint8_t value[32];
	struct bytes data;
	struct bytes access_list;    /* types 1 to 4: [address, [key, ...]] */
	struct bytes blob_hashes;    /* type 3 */
	struct bytes authorizations; /* type 4: the tuples of EIP-7702 */
	/* Items of the lists, set by eth_tx_check(). */
	size_t access_count;
	size_t key_count;
	size_t blob_count;
	size_t auth_count;
};

/*
 * Whether the transaction is one that a chain can accept, as far as it tells
 * alone, and within the limits above; sets the counts, of which one is above
 * its limit when that is what is wrong. It also refuses to create a contract
 * without code, which would only lose the value. DECODE.
 */
enum kms_rc eth_tx_check(struct eth_tx *tx) KMS_MUST_USE;

/* Reads and checks what is to be signed; the views borrow it. DECODE. */
enum kms_rc eth_tx_get_unsigned(struct eth_tx *tx,
				struct bytes in) KMS_MUST_USE;

/* Writes what is signed. tx was checked. SHORT_BUFFER. */
enum kms_rc eth_tx_put_unsigned(struct buf *out,
				const struct eth_tx *tx) KMS_MUST_USE;

/*
 * Writes what a node takes: with the signature r | s and its recovery id, 0 or
 * 1. tx was checked. SHORT_BUFFER, FAULT (another recovery id).
 */
enum kms_rc eth_tx_put_signed(struct buf *out, const struct eth_tx *tx,
			      const uint8_t rs[64],
			      unsigned int recid) KMS_MUST_USE;

/* What is signed of an unsigned form, and what names a signed one. */
static inline void eth_tx_hash(uint8_t hash[KECCAK256_LEN], struct bytes tx)
{
	keccak256(hash, tx.ptr, tx.len);
}

#endif /* KMS_CODEC_ETH_TX_H */
