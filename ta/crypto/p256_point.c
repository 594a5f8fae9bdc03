/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/p256_point.h"

#include <string.h>

#define LIMBS 8

/* Numbers as 32-bit limbs, the lowest first. */
struct num {
	uint32_t v[LIMBS];
};

static const struct num prime = { {
	0xffffffff,
	0xffffffff,
	0xffffffff,
	0x00000000,
	0x00000000,
	0x00000000,
	0x00000001,
	0xffffffff,
} };
static const struct num order = { {
	0xfc632551,
	0xf3b9cac2,
	0xa7179e84,
	0xbce6faad,
	0xffffffff,
	0xffffffff,
	0x00000000,
	0xffffffff,
} };
/* b of y^2 = x^3 - 3x + b (SEC 2, 2.4.2). */
static const struct num curve_b = { {
	0x27d2604b,
	0x3bce3c3e,
	0xcc53b0f6,
	0x651d06b0,
	0x769886bc,
	0xb3ebbd55,
	0xaa3a93e7,
	0x5ac635d8,
} };
/* 2^512 modulo the prime, which turns a number into Montgomery form. */
static const struct num square_of_r = { {
	0x00000003,
	0x00000000,
	0xffffffff,
	0xfffffffb,
	0xfffffffe,
	0xffffffff,
	0xfffffffd,
	0x00000004,
} };

static void load(struct num *n, const uint8_t bytes[32])
{
	unsigned int i = 0;
	const uint8_t *p = NULL;

	for (i = 0; i < LIMBS; i++) {
		p = bytes + 28 - 4 * (size_t)i;
		n->v[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
			  (uint32_t)p[2] << 8 | p[3];
	}
}

static void store(uint8_t bytes[32], const struct num *n)
{
	unsigned int i = 0;
	uint8_t *p = NULL;

	for (i = 0; i < LIMBS; i++) {
		p = bytes + 28 - 4 * (size_t)i;
		p[0] = (uint8_t)(n->v[i] >> 24);
		p[1] = (uint8_t)(n->v[i] >> 16);
		p[2] = (uint8_t)(n->v[i] >> 8);
		p[3] = (uint8_t)n->v[i];
	}
}

/* out = a - b; gives the borrow. */
static uint32_t subtract(struct num *out, const struct num *a,
			 const struct num *b)
{
	uint64_t d = 0;
	uint32_t borrow = 0;
	unsigned int i = 0;

	for (i = 0; i < LIMBS; i++) {
		d = (uint64_t)a->v[i] - b->v[i] - borrow;
		out->v[i] = (uint32_t)d;
		borrow = (uint32_t)(d >> 63);
	}
	return borrow;
}

/* out = a + b; gives the carry. */
static uint32_t add(struct num *out, const struct num *a, const struct num *b)
{
	uint64_t s = 0;
	unsigned int i = 0;

	for (i = 0; i < LIMBS; i++) {
		s += (uint64_t)a->v[i] + b->v[i];
		out->v[i] = (uint32_t)s;
		s >>= 32;
	}
	return (uint32_t)s;
}

/* Takes a number below twice the prime, carry included. */
static void reduce(struct num *n, uint32_t carry)
{
	struct num d;

	if (!subtract(&d, n, &prime) || carry)
		*n = d;
}

static void add_mod(struct num *out, const struct num *a, const struct num *b)
{
	reduce(out, add(out, a, b));
}

static void subtract_mod(struct num *out, const struct num *a,
			 const struct num *b)
{
	if (subtract(out, a, b))
		add(out, out, &prime);
}

/*
 * Montgomery's product a * b / 2^256. The prime is -1 modulo 2^32, so the
 * multiplier of each step is the lowest limb itself.
 */
static void multiply(struct num *out, const struct num *a, const struct num *b)
{
	uint32_t t[LIMBS + 2] = { 0 };
	uint64_t c = 0;
	uint32_t m = 0;
	unsigned int i = 0;
	unsigned int j = 0;

	for (i = 0; i < LIMBS; i++) {
		for (c = 0, j = 0; j < LIMBS; j++) {
			c += (uint64_t)a->v[j] * b->v[i] + t[j];
			t[j] = (uint32_t)c;
			c >>= 32;
		}
		c += t[LIMBS];
		t[LIMBS] = (uint32_t)c;
		t[LIMBS + 1] = (uint32_t)(c >> 32);
		m = t[0];
		c = ((uint64_t)m * prime.v[0] + t[0]) >> 32;
		for (j = 1; j < LIMBS; j++) {
			c += (uint64_t)m * prime.v[j] + t[j];
			t[j - 1] = (uint32_t)c;
			c >>= 32;
		}
		c += t[LIMBS];
		t[LIMBS - 1] = (uint32_t)c;
		t[LIMBS] = t[LIMBS + 1] + (uint32_t)(c >> 32);
	}
	memcpy(out->v, t, sizeof(out->v));
	reduce(out, t[LIMBS]);
}

bool p256_is_point(const uint8_t pub[64])
{
	struct num x;
	struct num y;
	struct num b;
	struct num right;
	struct num d;

	load(&x, pub);
	load(&y, pub + 32);
	if (!subtract(&d, &x, &prime) || !subtract(&d, &y, &prime))
		return false;
	multiply(&x, &x, &square_of_r);
	multiply(&y, &y, &square_of_r);
	multiply(&b, &curve_b, &square_of_r);
	multiply(&right, &x, &x);
	multiply(&right, &right, &x);
	subtract_mod(&right, &right, &x);
	subtract_mod(&right, &right, &x);
	subtract_mod(&right, &right, &x);
	add_mod(&right, &right, &b);
	multiply(&y, &y, &y);
	return ct_equal(&y, &right, sizeof(y));
}

bool p256_is_private(const struct secret32 *key)
{
	struct num k;
	struct num d;
	uint32_t below = 0;
	bool zero = ct_is_zero(key->b, sizeof(key->b));

	load(&k, key->b);
	below = subtract(&d, &k, &order);
	secret_wipe(&k, sizeof(k));
	secret_wipe(&d, sizeof(d));
	return below & !zero;
}

bool p256_is_signature(const uint8_t sig[64])
{
	struct secret32 part;
	bool good = true;

	memcpy(part.b, sig, sizeof(part.b));
	good = p256_is_private(&part);
	memcpy(part.b, sig + 32, sizeof(part.b));
	return p256_is_private(&part) && good;
}

void p256_lower_s(uint8_t s[32])
{
	struct num n;
	struct num other;
	struct num d;

	load(&n, s);
	subtract(&other, &order, &n);
	if (subtract(&d, &other, &n))
		store(s, &other);
}
