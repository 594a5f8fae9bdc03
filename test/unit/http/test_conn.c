/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "test/unit/seed.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void
a_connection_serves_one_request_after_another(void **state KMS_UNUSED)
{
	struct client c = { 0 };

	client_open(&c, &server);
	for (unsigned int i = 0; i < 100; i++) {
		client_text(&c, GET("/again"));
		client_expect(&c, 200, "GET /again ");
	}
	client_close(&c);
}

static void connection_close_is_obeyed(void **state KMS_UNUSED)
{
	struct client c = { 0 };

	client_open(&c, &server);
	client_text(&c, "GET / HTTP/1.1\r\nHost: a\r\n"
			"Connection: close\r\n\r\n");
	client_expect(&c, 200, "GET / ");
	client_expect_end(&c);
	client_close(&c);
}

static void a_handler_can_close(void **state KMS_UNUSED)
{
	struct client c = { 0 };

	client_open(&c, &server);
	client_text(&c, GET("/bye") GET("/never"));
	client_expect(&c, 200, "GET /bye ");
	client_expect_end(&c);
	client_close(&c);
}

static void http_1_0_is_closed_unless_it_asks(void **state KMS_UNUSED)
{
	struct client c = { 0 };
	struct reply r = { 0 };

	client_open(&c, &server);
	client_text(&c, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	client_reply(&c, &r, false);
	assert_non_null(strstr(r.head, "\r\nConnection: keep-alive\r\n"));
	client_text(&c, "GET / HTTP/1.0\r\n\r\n");
	client_expect(&c, 200, "GET / ");
	client_expect_end(&c);
	client_close(&c);
}

static void head_has_the_length_but_no_body(void **state KMS_UNUSED)
{
	struct client c = { 0 };
	struct reply r = { 0 };

	client_open(&c, &server);
	client_text(&c, "HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n" GET("/g"));
	client_reply(&c, &r, true);
	assert_int_equal(r.content_length, strlen("HEAD /h "));
	client_expect(&c, 200, "GET /g ");
	client_close(&c);
}

static void statuses_without_a_body_have_none(void **state KMS_UNUSED)
{
	struct client c = { 0 };

	client_open(&c, &server);
	client_text(&c, GET("/status/204") GET("/status/304") GET("/g"));
	client_expect(&c, 204, "");
	client_expect(&c, 304, "");
	client_expect(&c, 200, "GET /g ");
	client_close(&c);
}

static void
a_hundred_pipelined_requests_are_answered_in_order(void **state KMS_UNUSED)
{
	static char text[16384];
	struct client c = { 0 };
	size_t len = 0;
	char want[32];

	for (unsigned int i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"POST /%s HTTP/1.1\r\nHost: a\r\n"
					"Content-Length: 3\r\n\r\n%03u",
					i % 3 ? "now" : "later", i);
	client_open(&c, &server);
	client_send(&c, text, len);
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(want, sizeof(want), "POST /%s %03u",
			 i % 3 ? "now" : "later", i);
		client_expect(&c, 200, want);
	}
	client_close(&c);
}

static void an_answer_may_come_from_another_event(void **state KMS_UNUSED)
{
	struct client c[8] = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		client_open(&c[i], &server);
		client_text(&c[i], GET("/later") GET("/later"));
	}
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		client_expect(&c[i], 200, "GET /later ");
		client_expect(&c[i], 200, "GET /later ");
		client_close(&c[i]);
	}
}

static void byte_by_byte_is_the_same_as_at_once(void **state KMS_UNUSED)
{
	static const char text[] =
		"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
		"POST /q HTTP/1.1\r\nHost: a\r\n"
		"Transfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" GET("/g");
	struct client c = { 0 };
	int on = 1;

	client_open(&c, &server);
	assert_int_equal(
		setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), 0);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		client_send(&c, text + i, 1);
	client_expect(&c, 200, "POST /p hello");
	client_expect(&c, 200, "POST /q abcde");
	client_expect(&c, 200, "GET /g ");
	client_close(&c);
}

/* Larger than what a connection is lent at first, cut anywhere. */
static void
a_large_body_arrives_whole_however_it_is_cut(void **state KMS_UNUSED)
{
	static char body[BODY_MAX];
	struct prng prng = prng_start();
	char head[128];
	struct client c = { 0 };
	struct reply r = { 0 };

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)('a' + i % 26);
	client_open(&c, &server);
	for (unsigned int round = 0; round < 20; round++) {
		size_t len = 1 + prng_below(&prng, sizeof(body));
		size_t sent = 0;

		snprintf(head, sizeof(head),
			 "POST / HTTP/1.1\r\nHost: a\r\n"
			 "Content-Length: %zu\r\n\r\n",
			 len);
		client_text(&c, head);
		while (sent < len) {
			size_t n = 1 + prng_below(&prng, 9000);

			n = n < len - sent ? n : len - sent;
			client_send(&c, body + sent, n);
			sent += n;
		}
		client_reply(&c, &r, false);
		assert_int_equal(r.status, 200);
		assert_int_equal(r.content_length, len + strlen("POST / "));
		len = len < 400 ? len : 400;
		assert_memory_equal(r.body + strlen("POST / "), body, len);
	}
	client_close(&c);
}

static void
an_answer_larger_than_the_socket_arrives_whole(void **state KMS_UNUSED)
{
	struct client c = { 0 };
	struct client other = { 0 };
	struct reply r = { 0 };
	struct timespec nap = { .tv_nsec = 50000000 };

	client_open(&c, &server);
	client_open(&other, &server);
	client_text(&c, GET("/big") GET("/g"));
	nanosleep(&nap, NULL);
	/* One slow reader holds up nobody. */
	client_text(&other, GET("/g"));
	client_expect(&other, 200, "GET /g ");
	client_reply(&c, &r, false);
	assert_int_equal(r.content_length, BIG_LEN);
	assert_memory_equal(r.body, server.big, sizeof(r.body) - 1);
	client_expect(&c, 200, "GET /g ");
	client_close(&c);
	client_close(&other);
}

static void a_client_that_is_gone_disturbs_nobody(void **state KMS_UNUSED)
{
	struct client c = { 0 };
	struct linger reset = { .l_onoff = 1 };

	client_open(&c, &server);
	client_text(&c, GET("/hold/gone"));
	fixture_wait_held(&server, 1);
	assert_int_equal(
		setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)),
		0);
	client_close(&c);
	client_open(&c, &server);
	client_text(&c, GET("/g"));
	client_expect(&c, 200, "GET /g ");
	fixture_release(&server);
	fixture_wait_held(&server, 0);
	client_text(&c, GET("/g"));
	client_expect(&c, 200, "GET /g ");
	client_close(&c);
	server.release = false;
}

static void a_client_that_has_said_all_gets_its_answers(void **state KMS_UNUSED)
{
	struct client c = { 0 };

	client_open(&c, &server);
	client_text(&c, GET("/later") GET("/g"));
	assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
	client_expect(&c, 200, "GET /later ");
	client_expect(&c, 200, "GET /g ");
	client_expect_end(&c);
	client_close(&c);
}

static void half_a_request_and_no_more_is_400(void **state KMS_UNUSED)
{
	struct client c = { 0 };

	client_open(&c, &server);
	client_text(&c, "GET / HTT");
	assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
	client_expect(&c, 400, NULL);
	client_expect_end(&c);
	client_close(&c);
}

static void the_loop_ticks_and_ends_its_rounds(void **state KMS_UNUSED)
{
	fixture_wait(&server, &server.ticks, server.ticks + 3);
	fixture_wait(&server, &server.rounds, server.rounds + 3);
}

static void requests_spread_over_several_reactors(void **state KMS_UNUSED)
{
	struct fixture f;
	struct client c[16] = { 0 };

	fixture_init(&f);
	f.config.reactors = 3;
	fixture_start(&f);
	assert_int_equal(f.starts, 3);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		client_open(&c[i], &f);
		client_text(&c[i], GET("/g"));
		client_expect(&c[i], 200, "GET /g ");
		client_close(&c[i]);
	}
	assert_true(fixture_stop(&f, 1000));
	assert_int_equal(f.stops, 3);
}

static void ipv6_is_served(void **state KMS_UNUSED)
{
	struct fixture f;
	const char *why = NULL;

	fixture_init(&f);
	f.config.listen = "[::1]:0";
	/* A container may have no IPv6 at all. */
	if (http_server_start(&f.server, &f.config, &why)) {
		assert_non_null(why);
		fixture_stop(&f, 0);
		return; /* skip() reads as a failure in TAP */
	}
	assert_int_not_equal(http_server_port(f.server), 0);
	assert_true(fixture_stop(&f, 0));
}

static void localhost_is_the_loopback_of_ipv4(void **state KMS_UNUSED)
{
	struct fixture f;
	struct client c = { 0 };

	fixture_init(&f);
	f.config.listen = "localhost:0";
	fixture_start(&f);
	client_open(&c, &f);
	client_text(&c, GET("/a"));
	client_expect(&c, 200, "GET /a ");
	client_close(&c);
	assert_true(fixture_stop(&f, 1000));
}

static void a_port_in_use_is_not_shared(void **state KMS_UNUSED)
{
	struct fixture f;
	char address[32];
	const char *why = NULL;

	fixture_init(&f);
	snprintf(address, sizeof(address), "127.0.0.1:%u", server.port);
	f.config.listen = address;
	f.config.reactors = 2;
	assert_int_equal(http_server_start(&f.server, &f.config, &why),
			 KMS_RC_UNAVAILABLE);
	assert_string_equal(why, "Address already in use");
	fixture_stop(&f, 0);
}

static void a_bad_address_or_a_missing_limit_is_refused(void **state KMS_UNUSED)
{
	static const char *const bad[] = { "",
					   "8080",
					   ":8080",
					   "localhos:80",
					   "localhosts:80",
					   "example.org:80",
					   "127.0.0.1:",
					   "127.0.0.1:65536",
					   "::1:80",
					   "[::1]",
					   "127.0.0.1:8x" };
	struct fixture f;
	const char *why = NULL;

	fixture_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		f.config.listen = bad[i];
		assert_int_equal(http_server_start(&f.server, &f.config, &why),
				 KMS_RC_BAD_INPUT);
		assert_null(f.server);
	}
	f.config.listen = "127.0.0.1:0";
	f.config.body_max = 0;
	assert_int_equal(http_server_start(&f.server, &f.config, &why),
			 KMS_RC_BAD_INPUT);
	fixture_stop(&f, 0);
}

static void a_thread_that_cannot_start_stops_the_others(void **state KMS_UNUSED)
{
	struct fixture f;
	const char *why = NULL;

	fixture_init(&f);
	f.config.reactors = 3;
	f.start_rc = KMS_RC_NOT_OPEN;
	assert_int_equal(http_server_start(&f.server, &f.config, &why),
			 KMS_RC_NOT_OPEN);
	assert_string_equal(why, kms_rc_text(KMS_RC_NOT_OPEN));
	assert_int_equal(f.starts, 3);
	assert_int_equal(f.stops, 2);
	fixture_stop(&f, 0);
}

static void a_start_without_memory_leaves_nothing(void **state KMS_UNUSED)
{
	struct fixture f;
	const char *why = NULL;
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	fixture_init(&f);
	for (unsigned long nth = 1; rc && nth < 20; nth++) {
		mem_fail_at(nth);
		rc = http_server_start(&f.server, &f.config, &why);
		mem_fail_at(0);
		assert_true(rc == KMS_RC_OK || rc == KMS_RC_NO_MEMORY);
	}
	assert_int_equal(rc, KMS_RC_OK);
	fixture_stop(&f, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_serves_one_request_after_another),
		cmocka_unit_test(connection_close_is_obeyed),
		cmocka_unit_test(a_handler_can_close),
		cmocka_unit_test(http_1_0_is_closed_unless_it_asks),
		cmocka_unit_test(head_has_the_length_but_no_body),
		cmocka_unit_test(statuses_without_a_body_have_none),
		cmocka_unit_test(
			a_hundred_pipelined_requests_are_answered_in_order),
		cmocka_unit_test(an_answer_may_come_from_another_event),
		cmocka_unit_test(byte_by_byte_is_the_same_as_at_once),
		cmocka_unit_test(a_large_body_arrives_whole_however_it_is_cut),
		cmocka_unit_test(
			an_answer_larger_than_the_socket_arrives_whole),
		cmocka_unit_test(a_client_that_is_gone_disturbs_nobody),
		cmocka_unit_test(a_client_that_has_said_all_gets_its_answers),
		cmocka_unit_test(half_a_request_and_no_more_is_400),
		cmocka_unit_test(the_loop_ticks_and_ends_its_rounds),
		cmocka_unit_test(requests_spread_over_several_reactors),
		cmocka_unit_test(ipv6_is_served),
		cmocka_unit_test(localhost_is_the_loopback_of_ipv4),
		cmocka_unit_test(a_port_in_use_is_not_shared),
		cmocka_unit_test(a_bad_address_or_a_missing_limit_is_refused),
		cmocka_unit_test(a_thread_that_cannot_start_stops_the_others),
		cmocka_unit_test(a_start_without_memory_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, server_start, server_stop);
}
