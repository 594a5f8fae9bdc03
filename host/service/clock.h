/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock - the time of day and how it is written, and the time that only grows
 */

#ifndef KMS_HOST_SERVICE_CLOCK_H
#define KMS_HOST_SERVICE_CLOCK_H

#include <stdint.h>

#define CLOCK_TEXT_SIZE 40
#define CLOCK_DAY_SIZE	16

int64_t clock_unix_ms(void);
uint64_t clock_mono_ns(void);

/* RFC 3339 in UTC with milliseconds, ending in zone: "Z" or "+00:00". */
void clock_put(char out[CLOCK_TEXT_SIZE], int64_t unix_ms, const char *zone);
/* "2026-01-31" */
void clock_put_day(char out[CLOCK_DAY_SIZE], int64_t unix_ms);

#endif /* KMS_HOST_SERVICE_CLOCK_H */
