/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/http_feed.h"
#include "test/unit/seed.h"

#include <stdio.h>

/* Pieces from which the property test makes connections. */
static const char *const pieces[] = {
	"GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n",
	"HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
	"POST /p HTTP/1.1\r\nHost:a\r\nContent-Length: 2\r\n"
	"Expect: 100-continue\r\n\r\nhi",
	"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	"5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nT: u\r\n\r\n",
	"PUT http://a/q HTTP/1.1\r\nHost: a\r\nX:   \t v \t\r\nY:\r\n\r\n",
	"GET /bad HTTP/1.1\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
	"\r\n",
	"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n",
};

#define U(text) ((const uint8_t *)(text))

static uint64_t seed;

static struct feed_account feed_text(const char *text)
{
	return feed((const uint8_t *)text, strlen(text), 0, 0);
}

static void where_the_bytes_are_cut_changes_nothing(void **state KMS_UNUSED)
{
	static char text[4096];

	for (unsigned int round = 0; round < 400; round++) {
		struct feed_account whole = { 0 };
		struct feed_account cut = { 0 };
		size_t len = 0;

		for (unsigned int i = 0; i < 8; i++) {
			const char *p =
				pieces[feed_random(&seed) % ARRAY_LEN(pieces)];

			memcpy(text + len, p, strlen(p));
			len += strlen(p);
		}
		if (feed_random(&seed) % 2)
			text[feed_random(&seed) % len] =
				(char)feed_random(&seed);
		whole = feed((uint8_t *)text, len, 0, 0);
		cut = feed((uint8_t *)text, len, 1, seed);
		assert_true(feed_same(&whole, &cut));
		cut = feed((uint8_t *)text, len, 40, seed);
		assert_true(feed_same(&whole, &cut));
	}
}

static void
requests_behind_a_refused_one_are_not_handed_out(void **state KMS_UNUSED)
{
	struct feed_account a = feed_text("GET / HTTP/1.1\r\nHost: a\r\n\r\n"
					  "GET / HTTP/1.1\r\n\r\n"
					  "GET / HTTP/1.1\r\nHost: a\r\n\r\n");

	assert_int_equal(a.requests, 1);
	assert_int_equal(a.refused, 400);
}

static unsigned int refused_with_headers(unsigned int count)
{
	static char text[FEED_HEADER_MAX];

	snprintf(text, sizeof(text), "GET / HTTP/1.0\r\n");
	for (unsigned int i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "H%u: v\r\n", i);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "\r\n");
	return feed_text(text).refused;
}

static void
sixty_four_headers_are_taken_and_one_more_is_431(void **state KMS_UNUSED)
{
	assert_int_equal(refused_with_headers(HTTP_HEADERS_MAX), 0);
	assert_int_equal(refused_with_headers(HTTP_HEADERS_MAX + 1), 431);
}

/* A head of exactly len bytes. */
static unsigned int refused_with_head_of(size_t len)
{
	static const char begin[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
	static char text[FEED_HEADER_MAX + 16];

	memset(text, 'x', len);
	memcpy(text, begin, sizeof(begin) - 1);
	memcpy(text + len - 4, "\r\n\r\n", 4);
	return feed((uint8_t *)text, len, 0, 0).refused;
}

static void a_head_may_be_as_long_as_configured(void **state KMS_UNUSED)
{
	assert_int_equal(refused_with_head_of(FEED_HEADER_MAX), 0);
	assert_int_equal(refused_with_head_of(FEED_HEADER_MAX + 1), 431);
}

static void a_target_that_does_not_end_is_414(void **state KMS_UNUSED)
{
	static char text[FEED_HEADER_MAX + 1];

	memset(text, 'x', sizeof(text));
	memcpy(text, "GET /", 5);
	assert_int_equal(feed((uint8_t *)text, sizeof(text), 0, 0).refused,
			 414);
}

static unsigned int refused_with_length(size_t len)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
		 len);
	return feed_text(text).refused;
}

static void a_body_may_be_as_long_as_configured(void **state KMS_UNUSED)
{
	assert_int_equal(refused_with_length(FEED_BODY_MAX), 0);
	assert_int_equal(refused_with_length(FEED_BODY_MAX + 1), 413);
}

static void chunks_may_add_up_to_as_much_as_configured(void **state KMS_UNUSED)
{
	static char text[3 * FEED_BODY_MAX];
	size_t len = 0;
	struct feed_account a = { 0 };

	len = (size_t)snprintf(text, sizeof(text),
			       "POST / HTTP/1.1\r\nHost: a\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n");
	for (unsigned int i = 0; i < FEED_BODY_MAX / 16; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"10\r\n0123456789abcdef\r\n");
	a = feed((uint8_t *)text, len, 0, 0);
	assert_int_equal(a.refused, 0);
	assert_int_equal(a.open_bytes, FEED_BODY_MAX);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "1\r\n");
	assert_int_equal(feed((uint8_t *)text, len, 0, 0).refused, 413);
}

static void endless_chunk_extensions_are_431(void **state KMS_UNUSED)
{
	static char text[3 * FEED_HEADER_MAX];
	int head = snprintf(text, sizeof(text),
			    "POST / HTTP/1.1\r\nHost: a\r\n"
			    "Transfer-Encoding: chunked\r\n\r\n1;");

	memset(text + head, 'x', sizeof(text) - (size_t)head);
	assert_int_equal(feed((uint8_t *)text, sizeof(text), 0, 0).refused,
			 431);
	memset(text + head - 2, '0', sizeof(text) - (size_t)head);
	assert_int_equal(feed((uint8_t *)text, sizeof(text), 0, 0).refused,
			 431);
}

static void a_header_is_found_in_any_case_and_counted(void **state KMS_UNUSED)
{
	static const struct http_request req = {
		.headers = { { { U("X-Api-Key"), 9 }, { U("1"), 1 } },
			     { { U("x-api-key"), 9 }, { U("2"), 1 } },
			     { { U("x-api-ke"), 8 }, { U("3"), 1 } } },
		.header_count = 3,
	};
	unsigned int count = 0;

	assert_true(bytes_is_var(http_header(&req, "x-api-key", &count), "1"));
	assert_int_equal(count, 2);
	assert_null(http_header(&req, "x-api", &count).ptr);
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_the_bytes_are_cut_changes_nothing),
		cmocka_unit_test(
			requests_behind_a_refused_one_are_not_handed_out),
		cmocka_unit_test(
			sixty_four_headers_are_taken_and_one_more_is_431),
		cmocka_unit_test(a_head_may_be_as_long_as_configured),
		cmocka_unit_test(a_target_that_does_not_end_is_414),
		cmocka_unit_test(a_body_may_be_as_long_as_configured),
		cmocka_unit_test(chunks_may_add_up_to_as_much_as_configured),
		cmocka_unit_test(endless_chunk_extensions_are_431),
		cmocka_unit_test(a_header_is_found_in_any_case_and_counted),
	};

	seed = prng_start().state;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
