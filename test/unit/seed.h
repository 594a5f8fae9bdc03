/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seed - random choices of tests, repeatable from a printed seed
 *
 * KMS_TEST_SEED=n repeats a run. Not for anything but tests.
 */

#ifndef KMS_TEST_SEED_H
#define KMS_TEST_SEED_H

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct prng {
	uint64_t state;
};

/* Prints the seed as a TAP comment. */
static inline struct prng prng_start(void)
{
	const char *given = getenv("KMS_TEST_SEED");
	struct prng p = { .state = (uint64_t)time(NULL) };

	if (given)
		p.state = strtoull(given, NULL, 10);
	printf("# KMS_TEST_SEED=%" PRIu64 "\n", p.state);
	return p;
}

/* splitmix64 */
static inline uint64_t prng_next(struct prng *p)
{
	uint64_t z = p->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 .. bound - 1 */
static inline size_t prng_below(struct prng *p, size_t bound)
{
	return (size_t)(prng_next(p) % bound);
}

static inline void prng_fill(struct prng *p, void *out, size_t len)
{
	uint8_t *b = out;

	while (len--)
		*b++ = (uint8_t)prng_next(p);
}

#endif /* KMS_TEST_SEED_H */
