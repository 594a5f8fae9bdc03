/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/bip39.h"

#include "common/sha256.h"
#include "ta/crypto/pbkdf2.h"

#include <string.h>

#define ROUNDS 2048

/*
 * All ones when a and b are equal, both below 2^31. The compiler is not to know
 * what is in the mask, or it might turn its use into a branch.
 */
static uint32_t mask_equal(uint32_t a, uint32_t b)
{
	uint32_t mask = 0 - (((a ^ b) - 1) >> 31);

	__asm__("" : "+r"(mask));
	return mask;
}

/* Eleven bits of the entropy and its checksum, the first bit first. */
static uint32_t index_of(const uint8_t bits[34], size_t number)
{
	size_t at = number * 11;
	const uint8_t *b = bits + at / 8;

	return ((uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2]) >>
		       (13 - at % 8) &
	       0x7ff;
}

/* Reads the whole list: which cache line it needs would tell the word. */
static void look_up(uint8_t word[BIP39_WORD_MAX], uint32_t index)
{
	uint64_t mask = 0;
	uint64_t entry = 0;
	uint64_t found = 0;
	uint32_t i = 0;

	for (i = 0; i < BIP39_WORD_COUNT; i++) {
		mask = mask_equal(i, index);
		memcpy(&entry, bip39_words + (size_t)i * sizeof(entry),
		       sizeof(entry));
		found |= entry & (mask | mask << 32);
	}
	memcpy(word, &found, sizeof(found));
	secret_wipe(&found, sizeof(found));
}

/*
 * Puts the word behind the text, with one blank, and its filling where the next
 * word goes. Touches every place of the text: where a word goes would tell how
 * long those before it are, two bits for each.
 */
static void append(struct bip39_mnemonic *m, const uint8_t word[BIP39_WORD_MAX])
{
	uint32_t mask = 0;
	uint32_t len = 0;
	uint32_t c = 0;
	uint32_t at = 0;
	uint32_t i = 0;

	for (i = 0; i <= BIP39_WORD_MAX; i++) {
		c = i < BIP39_WORD_MAX ? word[i] : ' ';
		len += ~mask_equal(c, ' ') & 1;
		for (at = 0; at < sizeof(m->text); at++) {
			mask = mask_equal(at, (uint32_t)m->len + i);
			m->text[at] =
				(uint8_t)((m->text[at] & ~mask) | (c & mask));
		}
	}
	m->len += len + 1;
}

void bip39_mnemonic(struct bip39_mnemonic *m, const struct secret32 *entropy)
{
	struct sha256 hash;
	struct secret32 checksum = { 0 };
	uint8_t bits[34] = { 0 };
	uint8_t word[BIP39_WORD_MAX] = { 0 };
	size_t i = 0;

	sha256_init(&hash);
	sha256_update(&hash, entropy->b, sizeof(entropy->b));
	sha256_final(&hash, checksum.b);
	memcpy(bits, entropy->b, sizeof(entropy->b));
	bits[32] = checksum.b[0];
	*m = (struct bip39_mnemonic){ 0 };
	for (i = 0; i < BIP39_WORDS; i++) {
		look_up(word, index_of(bits, i));
		append(m, word);
	}
	m->len--;
	secret_wipe(&hash, sizeof(hash));
	secret_wipe(&checksum, sizeof(checksum));
	secret_wipe(bits, sizeof(bits));
	secret_wipe(word, sizeof(word));
}

void bip39_seed(struct secret64 *seed, const struct secret32 *entropy)
{
	static const char salt[] = "mnemonic";
	struct bip39_mnemonic m = { 0 };

	bip39_mnemonic(&m, entropy);
	pbkdf2_sha512(seed->b, sizeof(seed->b), bytes_of(m.text, m.len),
		      bytes_of(salt, sizeof(salt) - 1), ROUNDS);
	secret_wipe(&m, sizeof(m));
}
