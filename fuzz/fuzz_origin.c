/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pattern and an origin, a line each: only patterns match, only origins are
 * matched, and without a star a match is equality.
 */
#include "codec/origin.h"
#include "fuzz/fuzz.h"

#include <string.h>

static bool has_star(struct bytes b)
{
	return b.len && memchr(b.ptr, '*', b.len);
}

static void check_host(struct bytes origin)
{
	struct bytes host = { 0 };

	if (!origin_host(&host, origin))
		return;
	fuzz_check(!has_star(origin) && origin_pattern_ok(origin));
	fuzz_check(host.len && host.ptr >= origin.ptr + 4);
	fuzz_check(bytes_is_var(bytes_of(host.ptr - 3, 3), "://"));
	fuzz_check(host.ptr + host.len == origin.ptr + origin.len ||
		   host.ptr[host.len] == ':');
	fuzz_check(origin_host_in_var(host, host));
}

static void check_match(struct bytes pattern, struct bytes origin)
{
	bool match = origin_matches_var(pattern, origin);

	if (!has_star(pattern))
		fuzz_check(match == (origin_pattern_ok(pattern) &&
				     bytes_equal_var(pattern, origin)));
	if (!match)
		return;
	fuzz_check(origin_pattern_ok(pattern));
	fuzz_check(!has_star(origin) && origin_matches_var(origin, origin));
	/* The scheme, and what stands behind a starred label, are the same. */
	fuzz_check(pattern.ptr[0] == origin.ptr[0]);
	if (pattern.ptr[pattern.len - 1] != '*')
		fuzz_check(pattern.ptr[pattern.len - 1] ==
			   origin.ptr[origin.len - 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
	struct bytes pattern = bytes_of(data, size);
	struct bytes origin = bytes_of(data, size);

	if (line) {
		pattern.len = (size_t)(line - data);
		origin = bytes_of(line + 1, size - pattern.len - 1);
	}
	check_match(pattern, origin);
	check_match(pattern, pattern);
	check_host(origin);
	return 0;
}
