/* SPDX-License-Identifier: Apache-2.0 */
#include "common/keccak.h"

#include "common/endian.h"
#include "common/secret.h"

#include <string.h>

#define LANES 25

static inline uint64_t rotate(uint64_t v, unsigned int by)
{
	return v << by | v >> (64 - by);
}

/* The parity of the columns, from which theta takes what it adds to each. */
static void columns(uint64_t d[5], const uint64_t a[LANES])
{
	uint64_t c[5];
	unsigned int x = 0;

	for (x = 0; x < 5; x++)
		c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
	d[0] = c[4] ^ rotate(c[1], 1);
	d[1] = c[0] ^ rotate(c[2], 1);
	d[2] = c[1] ^ rotate(c[3], 1);
	d[3] = c[2] ^ rotate(c[4], 1);
	d[4] = c[3] ^ rotate(c[0], 1);
}

/*
 * theta, rho and pi: every lane is turned and put in its new place. Written
 * out, because with constants it takes a quarter of the time.
 */
static void move_lanes(uint64_t b[LANES], const uint64_t a[LANES],
		       const uint64_t d[5])
{
	b[0] = a[0] ^ d[0];
	b[1] = rotate(a[6] ^ d[1], 44);
	b[2] = rotate(a[12] ^ d[2], 43);
	b[3] = rotate(a[18] ^ d[3], 21);
	b[4] = rotate(a[24] ^ d[4], 14);
	b[5] = rotate(a[3] ^ d[3], 28);
	b[6] = rotate(a[9] ^ d[4], 20);
	b[7] = rotate(a[10] ^ d[0], 3);
	b[8] = rotate(a[16] ^ d[1], 45);
	b[9] = rotate(a[22] ^ d[2], 61);
	b[10] = rotate(a[1] ^ d[1], 1);
	b[11] = rotate(a[7] ^ d[2], 6);
	b[12] = rotate(a[13] ^ d[3], 25);
	b[13] = rotate(a[19] ^ d[4], 8);
	b[14] = rotate(a[20] ^ d[0], 18);
	b[15] = rotate(a[4] ^ d[4], 27);
	b[16] = rotate(a[5] ^ d[0], 36);
	b[17] = rotate(a[11] ^ d[1], 10);
	b[18] = rotate(a[17] ^ d[2], 15);
	b[19] = rotate(a[23] ^ d[3], 56);
	b[20] = rotate(a[2] ^ d[2], 62);
	b[21] = rotate(a[8] ^ d[3], 55);
	b[22] = rotate(a[14] ^ d[4], 39);
	b[23] = rotate(a[15] ^ d[0], 41);
	b[24] = rotate(a[21] ^ d[1], 2);
}

static void chi(uint64_t a[LANES], const uint64_t b[LANES])
{
	unsigned int y = 0;

	for (y = 0; y < LANES; y += 5) {
		a[y] = b[y] ^ (~b[y + 1] & b[y + 2]);
		a[y + 1] = b[y + 1] ^ (~b[y + 2] & b[y + 3]);
		a[y + 2] = b[y + 2] ^ (~b[y + 3] & b[y + 4]);
		a[y + 3] = b[y + 3] ^ (~b[y + 4] & b[y]);
		a[y + 4] = b[y + 4] ^ (~b[y] & b[y + 1]);
	}
}

static void permute(uint64_t a[LANES])
{
	static const uint64_t iota[24] = {
		0x0000000000000001, 0x0000000000008082, 0x800000000000808a,
		0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
		0x8000000080008081, 0x8000000000008009, 0x000000000000008a,
		0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
		0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
		0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
		0x000000000000800a, 0x800000008000000a, 0x8000000080008081,
		0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
	};
	uint64_t b[LANES];
	uint64_t d[5];
	unsigned int round = 0;

	for (round = 0; round < 24; round++) {
		columns(d, a);
		move_lanes(b, a, d);
		chi(a, b);
		a[0] ^= iota[round];
	}
	secret_wipe(b, sizeof(b));
}

static void absorb(uint64_t a[LANES], const uint8_t block[KECCAK256_RATE])
{
	unsigned int i = 0;

	for (i = 0; i < KECCAK256_RATE / 8; i++)
		a[i] ^= le64_get(block + 8 * (size_t)i);
	permute(a);
}

void keccak256_init(struct keccak *k)
{
	*k = (struct keccak){ 0 };
}

/* Completes a block that was begun; gives how much of data that took. */
static size_t fill_block(struct keccak *k, const uint8_t *data, size_t len)
{
	size_t room = sizeof(k->block) - k->fill;
	size_t n = len < room ? len : room;

	memcpy(k->block + k->fill, data, n);
	k->fill += n;
	if (k->fill == sizeof(k->block)) {
		absorb(k->lanes, k->block);
		k->fill = 0;
	}
	return n;
}

void keccak256_update(struct keccak *k, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t n = 0;

	if (k->fill && len) {
		n = fill_block(k, p, len);
		p += n;
		len -= n;
	}
	for (; len >= KECCAK256_RATE;
	     p += KECCAK256_RATE, len -= KECCAK256_RATE)
		absorb(k->lanes, p);
	if (len)
		fill_block(k, p, len);
}

void keccak256_final(struct keccak *k, uint8_t out[KECCAK256_LEN])
{
	unsigned int i = 0;

	memset(k->block + k->fill, 0, sizeof(k->block) - k->fill);
	k->block[k->fill] = 0x01;
	k->block[KECCAK256_RATE - 1] |= 0x80;
	absorb(k->lanes, k->block);
	for (i = 0; i < KECCAK256_LEN / 8; i++)
		le64_put(out + 8 * (size_t)i, k->lanes[i]);
	/* A typed transaction may hold what its owner calls secret. */
	secret_wipe(k, sizeof(*k));
}

void keccak256(uint8_t out[KECCAK256_LEN], const void *data, size_t len)
{
	struct keccak k;

	keccak256_init(&k);
	keccak256_update(&k, data, len);
	keccak256_final(&k, out);
}
