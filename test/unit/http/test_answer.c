/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/http/answer.h"
#include "host/http/deadline.h"
#include "host/http/pool.h"

#include <string.h>

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

static void head_of(char out[HTTP_HEAD_MAX + 1], const struct http_answer *a,
		    bool keep_alive)
{
	out[http_answer_head(out, a, DATE, keep_alive)] = '\0';
}

static void the_date_is_as_in_the_rfc(void **state KMS_UNUSED)
{
	char date[HTTP_DATE_LEN + 1];

	http_date(date, 784111777); /* RFC 9110 5.6.7 */
	assert_string_equal(date, DATE);
	http_date(date, 951782400);
	assert_string_equal(date, "Tue, 29 Feb 2000 00:00:00 GMT");
}

static void a_head_has_what_aws_clients_expect(void **state KMS_UNUSED)
{
	char head[HTTP_HEAD_MAX + 1];
	struct http_answer a = { .status = 200,
				 .content_type = "text/plain",
				 .body = bytes_of("abc", 3) };

	head_of(head, &a, true);
	assert_string_equal(
		head, "HTTP/1.1 200 OK\r\n"
		      "Date: " DATE "\r\n"
		      "Content-Type: text/plain\r\n"
		      "Content-Length: 3\r\n"
		      "Connection: keep-alive\r\n"
		      "X-Content-Type-Options: nosniff\r\n"
		      "Cache-Control: no-cache, no-store, must-revalidate, "
		      "private\r\n"
		      "Pragma: no-cache\r\n"
		      "Expires: 0\r\n");
	head_of(head, &a, false);
	assert_non_null(strstr(head, "\r\nConnection: close\r\n"));
}

static void the_callers_lines_replace_the_defaults(void **state KMS_UNUSED)
{
	char head[HTTP_HEAD_MAX + 1];
	struct http_answer a = { .status = 200,
				 .extra = "X-A: expires: 1\r\n"
					  "cache-control: max-age=9\r\n"
					  "PRAGMA: x\r\n" };

	head_of(head, &a, true);
	assert_null(strstr(head, "Cache-Control"));
	assert_null(strstr(head, "Pragma"));
	assert_non_null(strstr(head, "Expires: 0\r\n"));
	assert_non_null(strstr(head, "nosniff"));
}

static void no_content_has_no_length(void **state KMS_UNUSED)
{
	char head[HTTP_HEAD_MAX + 1];
	struct http_answer a = { .status = 204, .content_type = "text/plain" };

	head_of(head, &a, true);
	assert_null(strstr(head, "Content-"
				 "Length"));
	assert_null(strstr(head, "Content-Type:"));
}

static void the_pool_keeps_to_its_budget(void **state KMS_UNUSED)
{
	struct pool p = { 0 };
	struct buf a = { 0 };
	struct buf b = { 0 };

	pool_init(&p, 24576);
	assert_true(pool_lend(&p, &a, 8193));
	assert_int_equal(a.cap, 16384);
	assert_false(pool_lend(&p, &b, 8193));
	assert_true(pool_lend(&p, &b, 1));
	assert_false(pool_lend(&p, &b, 1));
	pool_return(&p, &a);
	assert_null(a.ptr);
	assert_true(pool_lend(&p, &a, 16384));
	pool_return(&p, &a);
	pool_return(&p, &a);
	pool_return(&p, &b);
	assert_int_equal(p.lent, 0);
	assert_false(pool_lend(&p, &a, SIZE_MAX));
	pool_clear(&p);
}

static void what_the_pool_lends_again_was_wiped(void **state KMS_UNUSED)
{
	struct pool p = { 0 };
	struct buf b = { 0 };

	pool_init(&p, 1 << 20);
	assert_true(pool_lend(&p, &b, 8192));
	memset(b.ptr, 0x5a, 8192);
	b.len = 8192;
	pool_return(&p, &b);
	assert_true(pool_lend(&p, &b, 8192));
	for (size_t i = 0; i < 8192; i++)
		assert_int_not_equal(b.ptr[i], 0x5a);
	pool_return(&p, &b);
	pool_clear(&p);
}

static void deadlines_fall_due_in_order(void **state KMS_UNUSED)
{
	struct deadlines d;
	struct deadline one = { 0 };
	struct deadline two = { 0 };

	deadlines_init(&d);
	deadlines_set_length(&d, DEADLINE_IDLE, 1);
	deadline_set(&d, &one, DEADLINE_IDLE, 0);
	deadline_set(&d, &two, DEADLINE_IDLE, 10);
	assert_null(deadlines_due(&d, DEADLINE_IDLE, 999999));
	assert_ptr_equal(deadlines_due(&d, DEADLINE_IDLE, 1000000), &one);
	assert_ptr_equal(deadlines_next(&d, &one), &two);
	assert_null(deadlines_next(&d, &two));
	deadline_set(&d, &one, DEADLINE_IDLE, 20);
	assert_null(deadlines_due(&d, DEADLINE_IDLE, 1000000));
	assert_ptr_equal(deadlines_due(&d, DEADLINE_IDLE, 1000020), &two);
	deadline_clear(&two);
	deadline_clear(&two);
	assert_ptr_equal(deadlines_first(&d, DEADLINE_IDLE), &one);
	deadline_clear(&one);
	assert_null(deadlines_first(&d, DEADLINE_IDLE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_date_is_as_in_the_rfc),
		cmocka_unit_test(a_head_has_what_aws_clients_expect),
		cmocka_unit_test(the_callers_lines_replace_the_defaults),
		cmocka_unit_test(no_content_has_no_length),
		cmocka_unit_test(the_pool_keeps_to_its_budget),
		cmocka_unit_test(what_the_pool_lends_again_was_wiped),
		cmocka_unit_test(deadlines_fall_due_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
