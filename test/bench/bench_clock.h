/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_clock - nanoseconds of any clock: of the wall, or of the processor
 */

#ifndef KMS_TEST_BENCH_CLOCK_H
#define KMS_TEST_BENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec t = { 0 };

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

#endif /* KMS_TEST_BENCH_CLOCK_H */
