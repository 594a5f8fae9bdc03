/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/keccak.h"

#include "common/endian.h"
#include "common/secret.h"

#include <string.h>

#define RATE  136
#define LANES 25

static inline uint64_t rotate(uint64_t v, unsigned int by)
{
	return v << by | v >> (64 - by);
}

static void theta(uint64_t a[LANES])
{
	uint64_t c[5];
	uint64_t d = 0;
	unsigned int x = 0;
	unsigned int y = 0;

	for (x = 0; x < 5; x++)
		c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
	for (x = 0; x < 5; x++) {
		d = c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
		for (y = 0; y < LANES; y += 5)
			a[y + x] ^= d;
	}
}

/* One walk over the lanes: rho turns each, pi puts it in the next's place. */
static void rho_pi(uint64_t a[LANES])
{
	static const uint8_t lane[24] = { 10, 7,  11, 17, 18, 3,  5,  16,
					  8,  21, 24, 4,  15, 23, 19, 13,
					  12, 2,  20, 14, 22, 9,  6,  1 };
	static const uint8_t turn[24] = { 1,  3,  6,  10, 15, 21, 28, 36,
					  45, 55, 2,  14, 27, 41, 56, 8,
					  25, 43, 62, 18, 39, 61, 20, 44 };
	uint64_t carried = a[1];
	uint64_t next = 0;
	unsigned int i = 0;

	for (i = 0; i < 24; i++) {
		next = a[lane[i]];
		a[lane[i]] = rotate(carried, turn[i]);
		carried = next;
	}
}

static void chi(uint64_t a[LANES])
{
	uint64_t row[5];
	unsigned int x = 0;
	unsigned int y = 0;

	for (y = 0; y < LANES; y += 5) {
		memcpy(row, a + y, sizeof(row));
		for (x = 0; x < 5; x++)
			a[y + x] =
				row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
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
	unsigned int round = 0;

	for (round = 0; round < 24; round++) {
		theta(a);
		rho_pi(a);
		chi(a);
		a[0] ^= iota[round];
	}
}

static void absorb(uint64_t a[LANES], const uint8_t block[RATE])
{
	unsigned int i = 0;

	for (i = 0; i < RATE / 8; i++)
		a[i] ^= le64_get(block + 8 * (size_t)i);
	permute(a);
}

void keccak256(uint8_t out[KECCAK256_LEN], const void *data, size_t len)
{
	uint64_t a[LANES] = { 0 };
	uint8_t last[RATE] = { 0 };
	const uint8_t *p = data;
	unsigned int i = 0;

	for (; len >= RATE; p += RATE, len -= RATE)
		absorb(a, p);
	if (len)
		memcpy(last, p, len);
	last[len] = 0x01;
	last[RATE - 1] |= 0x80;
	absorb(a, last);
	for (i = 0; i < KECCAK256_LEN / 8; i++)
		le64_put(out + 8 * (size_t)i, a[i]);
	/* A typed transaction may hold what its owner calls secret. */
	secret_wipe(a, sizeof(a));
	secret_wipe(last, sizeof(last));
}
