/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bip39 - from 32 bytes of entropy to the seed of a wallet (BIP-39, English)
 *
 * Promises:  of the entropy, time and memory accesses show nothing but the
 *            length of the text, which holds less than five of its 256 bits.
 */

#ifndef KMS_TA_CRYPTO_BIP39_H
#define KMS_TA_CRYPTO_BIP39_H

#include "common/secret.h"

#define BIP39_WORDS	 24
#define BIP39_WORD_MAX	 8
#define BIP39_WORD_COUNT 2048
#define BIP39_TEXT_MAX	 (BIP39_WORDS * (BIP39_WORD_MAX + 1) - 1)

/* As secret as the entropy; the text is not terminated. */
struct bip39_mnemonic {
	uint8_t text[BIP39_TEXT_MAX];
	size_t len;
};

/* Word i stands at i * BIP39_WORD_MAX, filled up with blanks. */
extern const char bip39_words[BIP39_WORD_COUNT * BIP39_WORD_MAX + 1];

/* The caller wipes *m. */
void bip39_mnemonic(struct bip39_mnemonic *m, const struct secret32 *entropy);

/* Of the mnemonic with an empty passphrase; the caller wipes *seed. */
void bip39_seed(struct secret64 *seed, const struct secret32 *entropy);

#endif /* KMS_TA_CRYPTO_BIP39_H */
