/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock - the time of day and how it is written, and the time that only grows
 *
 * The host's: the TEE has a clock of its own.
 */

#ifndef KMS_COMMON_CLOCK_H
#define KMS_COMMON_CLOCK_H

#include <stdint.h>

#define CLOCK_TEXT_SIZE 40
#define CLOCK_DAY_SIZE	16

int64_t clock_unix_ms(void);
uint64_t clock_mono_ns(void);
uint64_t clock_mono_ms(void);

/* RFC 3339 in UTC with milliseconds, ending in zone: "Z" or "+00:00". */
void clock_put(char out[CLOCK_TEXT_SIZE], int64_t unix_ms, const char *zone);
/* The same to the second: "2026-01-31T23:59:59Z". */
void clock_put_seconds(char out[CLOCK_TEXT_SIZE], int64_t unix_ms);
/* "2026-01-31" */
void clock_put_day(char out[CLOCK_DAY_SIZE], int64_t unix_ms);

#endif /* KMS_COMMON_CLOCK_H */
