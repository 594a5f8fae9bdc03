/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms of requests on which servers have been found to disagree, each sent
 * over a socket: whoever could be read in two ways is refused and cut off.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POST	    "POST /p HTTP/1.1\r\nHost: a\r\n"
#define GET	    "GET /g HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED	    POST "Transfer-Encoding: chunked\r\n\r\n"
#define ANSWERS_MAX 4

struct form {
	const char *name;
	const char *bytes;
	size_t len;
	/* Statuses to come; a refusal is the last and closes. */
	unsigned int statuses[ANSWERS_MAX];
	const char *body; /* of the last answer, if accepted */
};

#define FORM(name, bytes, ...)                              \
	{                                                   \
		name, bytes, sizeof(bytes) - 1, __VA_ARGS__ \
	}

/* clang-format off */
static const struct form forms[] = {
	/* several requests in one segment */
	FORM("two_pipelined_posts_get_two_answers",
	     POST "Content-Length: 1\r\n\r\n1"
	     POST "Content-Length: 2\r\n\r\n22", { 200, 200 }, "POST /p 22"),
	FORM("three_pipelined_posts_get_three_answers",
	     POST "Content-Length: 1\r\n\r\n1"
	     POST "Content-Length: 2\r\n\r\n22"
	     POST "Content-Length: 3\r\n\r\n333", { 200, 200, 200 },
	     "POST /p 333"),
	FORM("a_get_behind_a_chunked_post_is_answered",
	     CHUNKED "3\r\nabc\r\n0\r\n\r\n" GET "\r\n", { 200, 200 },
	     "GET /g "),
	FORM("an_empty_line_before_the_request_is_forgiven",
	     "\r\n" GET "\r\n", { 200 }, "GET /g "),
	FORM("two_empty_lines_are_not",
	     "\r\n\r\n" GET "\r\n", { 400 }, NULL),

	/* bodies */
	FORM("a_chunked_body_is_joined",
	     CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", { 200 },
	     "POST /p abcde"),
	FORM("chunk_extensions_and_trailers_are_ignored",
	     CHUNKED "3;a=b;c=\"d\"\r\nabc\r\n0\r\nX-T: y\r\n\r\n", { 200 },
	     "POST /p abc"),
	FORM("an_empty_chunked_body_is_empty",
	     CHUNKED "0\r\n\r\n", { 200 }, "POST /p "),
	FORM("expect_continue_gets_100_and_the_answer",
	     POST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
	     { 100, 200 }, "POST /p abc"),
	FORM("expect_continue_before_chunks_too",
	     POST "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
	     "3\r\nabc\r\n0\r\n\r\n", { 100, 200 }, "POST /p abc"),
	FORM("expect_continue_without_a_body_is_answered_at_once",
	     GET "Expect: 100-continue\r\n\r\n", { 200 }, "GET /g "),
	FORM("expect_continue_means_nothing_to_http_1_0",
	     "POST /p HTTP/1.0\r\nExpect: 100-continue\r\n"
	     "Content-Length: 3\r\n\r\nabc", { 200 }, "POST /p abc"),
	FORM("another_expectation_is_417",
	     POST "Expect: 200-ok\r\nContent-Length: 3\r\n\r\nabc", { 417 },
	     NULL),

	/* the length, given in two ways or none */
	FORM("two_different_lengths_are_400",
	     POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
	     { 400 }, NULL),
	FORM("two_equal_lengths_are_400",
	     POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
	     { 400 }, NULL),
	FORM("a_length_and_a_coding_are_400",
	     POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
	     "0\r\n\r\n", { 400 }, NULL),
	FORM("a_coding_and_a_length_are_400",
	     POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"
	     "0\r\n\r\n", { 400 }, NULL),
	FORM("a_length_in_the_trailer_is_400",
	     CHUNKED "0\r\nContent-Length: 3\r\n\r\n", { 400 }, NULL),
	FORM("the_coding_xchunked_is_501",
	     POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", { 501 },
	     NULL),
	FORM("the_coding_chunked_identity_is_501",
	     POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
	     { 501 }, NULL),
	FORM("the_coding_gzip_chunked_is_501",
	     POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	     { 501 }, NULL),
	FORM("two_codings_are_refused",
	     POST "Transfer-Encoding: chunked\r\n"
	     "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n", { 501 }, NULL),
	FORM("an_empty_coding_is_501",
	     POST "Transfer-Encoding:\r\n\r\n0\r\n\r\n", { 501 }, NULL),
	FORM("a_coding_behind_a_vertical_tab_is_400",
	     POST "Transfer-Encoding:\x0b" "chunked\r\n\r\n0\r\n\r\n",
	     { 400 }, NULL),
	FORM("a_coding_in_http_1_0_is_400",
	     "POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
	     "0\r\n\r\n", { 400 }, NULL),
	FORM("a_blank_before_the_colon_of_the_coding_is_400",
	     POST "Transfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\n"
	     "abc", { 400 }, NULL),
	FORM("a_blank_before_the_colon_of_the_length_is_400",
	     POST "Content-Length : 3\r\n\r\nabc", { 400 }, NULL),
	FORM("the_length_plus_3_is_400",
	     POST "Content-Length: +3\r\n\r\nabc", { 400 }, NULL),
	FORM("the_length_minus_1_is_400",
	     POST "Content-Length: -1\r\n\r\nabc", { 400 }, NULL),
	FORM("the_length_3_abc_is_400",
	     POST "Content-Length: 3 abc\r\n\r\nabc", { 400 }, NULL),
	FORM("the_length_3_comma_3_is_400",
	     POST "Content-Length: 3, 3\r\n\r\nabc", { 400 }, NULL),
	FORM("the_length_0x3_is_400",
	     POST "Content-Length: 0x3\r\n\r\nabc", { 400 }, NULL),
	FORM("an_empty_length_is_400",
	     POST "Content-Length:\r\n\r\nabc", { 400 }, NULL),
	FORM("the_length_2_to_the_64_plus_3_is_400",
	     POST "Content-Length: 18446744073709551619\r\n\r\nabc", { 400 },
	     NULL),
	FORM("the_largest_length_is_413",
	     POST "Content-Length: 18446744073709551615\r\n\r\nabc", { 413 },
	     NULL),

	/* chunks */
	FORM("a_chunk_size_that_overflows_is_400",
	     CHUNKED "fffffffffffffffff\r\nabc", { 400 }, NULL),
	FORM("the_largest_chunk_size_is_413",
	     CHUNKED "ffffffffffffffff\r\nabc", { 413 }, NULL),
	FORM("the_chunk_size_0x3_is_400",
	     CHUNKED "0x3\r\nabc\r\n0\r\n\r\n", { 400 }, NULL),
	FORM("the_chunk_size_minus_1_is_400",
	     CHUNKED "-1\r\nabc\r\n0\r\n\r\n", { 400 }, NULL),
	FORM("a_blank_behind_the_chunk_size_is_400",
	     CHUNKED "3 \r\nabc\r\n0\r\n\r\n", { 400 }, NULL),
	FORM("no_chunk_size_is_400",
	     CHUNKED "\r\nabc\r\n0\r\n\r\n", { 400 }, NULL),
	FORM("a_bare_lf_behind_the_chunk_size_is_400",
	     CHUNKED "3\nabc\r\n0\r\n\r\n", { 400 }, NULL),
	FORM("a_bare_lf_behind_the_chunk_is_400",
	     CHUNKED "3\r\nabc\n0\r\n\r\n", { 400 }, NULL),
	FORM("a_bare_cr_behind_the_last_chunk_is_400",
	     CHUNKED "0\r\n\rX", { 400 }, NULL),
	FORM("a_bare_lf_in_a_chunk_extension_is_400",
	     CHUNKED "3;a\nb\r\nabc\r\n0\r\n\r\n", { 400 }, NULL),
	FORM("a_chunk_longer_than_its_size_is_400",
	     CHUNKED "3\r\nabcd\r\n0\r\n\r\n", { 400 }, NULL),

	/* lines and bytes */
	FORM("a_folded_header_is_400", GET "X: a\r\n b\r\n\r\n", { 400 }, NULL),
	FORM("a_header_folded_with_a_tab_is_400",
	     GET "X: a\r\n\tb\r\n\r\n", { 400 }, NULL),
	FORM("a_blank_before_the_first_header_is_400",
	     "GET / HTTP/1.1\r\n Host: a\r\n\r\n", { 400 }, NULL),
	FORM("a_bare_lf_behind_the_request_line_is_400",
	     "GET / HTTP/1.1\nHost: a\r\n\r\n", { 400 }, NULL),
	FORM("a_bare_lf_behind_a_header_is_400",
	     "GET / HTTP/1.1\r\nHost: a\n\r\n", { 400 }, NULL),
	FORM("a_bare_lf_at_the_end_of_the_head_is_400", GET "\n", { 400 },
	     NULL),
	FORM("a_bare_cr_in_a_value_is_400", GET "X: a\rb\r\n\r\n", { 400 },
	     NULL),
	FORM("a_bare_cr_at_the_end_of_the_head_is_400", GET "\rX", { 400 },
	     NULL),
	FORM("a_nul_in_a_value_is_400", GET "X: a\0b\r\n\r\n", { 400 }, NULL),
	FORM("a_nul_in_a_name_is_400", GET "X\0: a\r\n\r\n", { 400 }, NULL),
	FORM("a_nul_in_the_target_is_400",
	     "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", { 400 }, NULL),
	FORM("a_control_character_in_a_value_is_400",
	     GET "X: \x01\r\n\r\n", { 400 }, NULL),
	FORM("a_header_without_a_colon_is_400", GET "X a\r\n\r\n", { 400 },
	     NULL),
	FORM("a_header_without_a_name_is_400", GET ": a\r\n\r\n", { 400 },
	     NULL),

	/* Host */
	FORM("no_host_is_400", "GET / HTTP/1.1\r\n\r\n", { 400 }, NULL),
	FORM("two_hosts_are_400", GET "Host: b\r\n\r\n", { 400 }, NULL),
	FORM("two_equal_hosts_are_400", GET "Host: a\r\n\r\n", { 400 }, NULL),
	FORM("a_list_of_hosts_is_400",
	     "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", { 400 }, NULL),
	FORM("http_1_0_needs_no_host", "GET /g HTTP/1.0\r\n\r\n", { 200 },
	     "GET /g "),

	/* the request line */
	FORM("an_absolute_target_has_a_path",
	     "GET http://a/x?y=1 HTTP/1.1\r\nHost: a\r\n\r\n", { 200 },
	     "GET /x?y=1 "),
	FORM("an_absolute_target_without_a_path_means_the_root",
	     "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", { 200 }, "GET / "),
	FORM("an_absolute_target_with_a_user_is_400",
	     "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", { 400 }, NULL),
	FORM("a_target_without_a_slash_is_400",
	     "GET g HTTP/1.1\r\nHost: a\r\n\r\n", { 400 }, NULL),
	FORM("an_asterisk_is_for_options",
	     "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", { 200 }, "OPTIONS * "),
	FORM("an_asterisk_is_not_for_get",
	     "GET * HTTP/1.1\r\nHost: a\r\n\r\n", { 400 }, NULL),
	FORM("a_fragment_is_400", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n",
	     { 400 }, NULL),
	FORM("two_blanks_behind_the_method_are_400",
	     "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", { 400 }, NULL),
	FORM("connect_is_501", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
	     { 501 }, NULL),
	FORM("a_method_in_lower_case_is_501",
	     "get / HTTP/1.1\r\nHost: a\r\n\r\n", { 501 }, NULL),
	FORM("http_1_2_is_505", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", { 505 },
	     NULL),
	FORM("http_2_0_is_505", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", { 505 },
	     NULL),
	FORM("http_0_9_is_400", "GET /\r\n", { 400 }, NULL),
	FORM("another_protocol_is_400", "GET / RTSP/1.0\r\nHost: a\r\n\r\n",
	     { 400 }, NULL),
	FORM("a_tls_greeting_is_400", "\x16\x03\x01\x02\x00", { 400 }, NULL),

	/* offers we pass over */
	FORM("an_upgrade_is_passed_over",
	     POST "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
	     "Content-Length: 3\r\n\r\nabc" GET "\r\n", { 200, 200 },
	     "GET /g "),
};
/* clang-format on */

static void answers_as_the_table_says(void **state)
{
	const struct form *form = *state;
	struct client c = { 0 };
	struct reply r = { 0 };
	unsigned int refused = server.refused;

	client_open(&c, &server);
	client_send(&c, form->bytes, form->len);
	for (size_t i = 0; i < ANSWERS_MAX && form->statuses[i]; i++) {
		client_reply(&c, &r, false);
		assert_int_equal(r.status, form->statuses[i]);
	}
	if (r.status == 200) {
		assert_string_equal(r.body, form->body);
	} else {
		assert_non_null(strstr(r.head, "\r\nConnection: close\r\n"));
		assert_non_null(strstr(r.body, "{\"refused\":"));
		assert_non_null(strstr(r.head, "\r\nX-Refused: yes\r\n"));
		client_expect_end(&c);
		fixture_wait(&server, &server.refused, refused + 1);
		assert_int_equal(server.refused_status, r.status);
	}
	client_close(&c);
}

/* The names are of the table, so the list of tests is made at run time. */
int main(void)
{
	static struct CMUnitTest tests[ARRAY_LEN(forms)];

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		union {
			const struct form *in;
			void *out;
		} state = { .in = &forms[i] };

		tests[i] = (struct CMUnitTest){
			.name = forms[i].name,
			.test_func = answers_as_the_table_says,
			.initial_state = state.out,
		};
	}
	return _cmocka_run_group_tests("forms", tests, ARRAY_LEN(tests),
				       server_start, server_stop);
}
