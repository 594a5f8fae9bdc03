/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_unix_ms(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

uint64_t clock_mono_ns(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t clock_mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}

static struct tm parts_of(int64_t unix_ms)
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	return tm;
}

void clock_put(char out[CLOCK_TEXT_SIZE], int64_t unix_ms, const char *zone)
{
	struct tm tm = parts_of(unix_ms);
	size_t len = strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);

	snprintf(out + len, CLOCK_TEXT_SIZE - len, ".%03d%.6s",
		 (int)(unix_ms % 1000), zone);
}

void clock_put_seconds(char out[CLOCK_TEXT_SIZE], int64_t unix_ms)
{
	struct tm tm = parts_of(unix_ms);

	if (!strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm))
		out[0] = '\0';
}

void clock_put_day(char out[CLOCK_DAY_SIZE], int64_t unix_ms)
{
	struct tm tm = parts_of(unix_ms);

	strftime(out, CLOCK_DAY_SIZE, "%Y-%m-%d", &tm);
}
