/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "host/http/conn.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static void nap(unsigned int ms)
{
	struct timespec ts = { .tv_nsec = (long)ms * 1000000 };

	nanosleep(&ts, NULL);
}

static uint64_t ms_since(uint64_t start_ns)
{
	return (http_now_ns() - start_ns) / 1000000;
}

static void expect_refusal(struct client *c, unsigned int status)
{
	client_expect(c, status, NULL);
	client_expect_end(c);
	fixture_wait(&server, &server.refused, 1);
	assert_int_equal(server.refused_status, status);
	assert_int_equal(server.handled, 0);
}

/* --- sizes ------------------------------------------------------------ */

static void a_header_of_60_kb_is_431(void **state KMS_UNUSED)
{
	static char line[60000];
	struct client c = { 0 };

	fixture_start(&server);
	client_open(&c, &server);
	memset(line, 'x', sizeof(line));
	client_text(&c, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
	client_send(&c, line, sizeof(line));
	client_text(&c, "\r\n\r\n");
	expect_refusal(&c, 431);
	client_close(&c);
}

static void a_target_of_60_kb_is_414(void **state KMS_UNUSED)
{
	static char line[60000];
	struct client c = { 0 };

	fixture_start(&server);
	client_open(&c, &server);
	memset(line, 'x', sizeof(line));
	client_text(&c, "GET /");
	client_send(&c, line, sizeof(line));
	client_text(&c, " HTTP/1.1\r\nHost: a\r\n\r\n");
	expect_refusal(&c, 414);
	client_close(&c);
}

static void
a_body_of_1_mb_is_413_and_the_answer_arrives(void **state KMS_UNUSED)
{
	static char body[1 << 20];
	struct client c = { 0 };

	fixture_start(&server);
	client_open(&c, &server);
	client_text(&c, "POST / HTTP/1.1\r\nHost: a\r\n"
			"Content-Length: 1048576\r\n\r\n");
	client_send(&c, body, sizeof(body));
	shutdown(c.fd, SHUT_WR);
	expect_refusal(&c, 413);
	client_close(&c);
}

static void a_large_body_is_413_before_100_continue(void **state KMS_UNUSED)
{
	struct client c = { 0 };

	fixture_start(&server);
	client_open(&c, &server);
	client_text(&c, "POST / HTTP/1.1\r\nHost: a\r\n"
			"Expect: 100-continue\r\n"
			"Content-Length: 1048576\r\n\r\n");
	expect_refusal(&c, 413);
	client_close(&c);
}

static void chunks_without_end_are_413_while_reading(void **state KMS_UNUSED)
{
	static char chunk[5 + 0xffa + 2];
	struct client c = { 0 };

	fixture_start(&server);
	client_open(&c, &server);
	client_text(&c, "POST / HTTP/1.1\r\nHost: a\r\n"
			"Transfer-Encoding: chunked\r\n\r\n");
	memset(chunk, 'x', sizeof(chunk));
	memcpy(chunk, "ffa\r\n", 5);
	memcpy(chunk + sizeof(chunk) - 2, "\r\n", 2);
	for (unsigned int i = 0; i < 32; i++)
		client_send(&c, chunk, sizeof(chunk));
	shutdown(c.fd, SHUT_WR);
	expect_refusal(&c, 413);
	client_close(&c);
}

/* --- numbers ---------------------------------------------------------- */

static void too_many_connections_are_503(void **state KMS_UNUSED)
{
	struct client c[4] = { 0 };
	struct reply r = { 0 };

	server.config.connections_max = 3;
	fixture_start(&server);
	for (size_t i = 0; i < 3; i++) {
		client_open(&c[i], &server);
		client_text(&c[i], GET("/g"));
		client_expect(&c[i], 200, "GET /g ");
	}
	client_open(&c[3], &server);
	client_text(&c[3], GET("/g"));
	client_reply(&c[3], &r, false);
	assert_int_equal(r.status, 503);
	assert_non_null(strstr(r.head, "\r\nRetry-After: 1\r\n"));
	client_expect_end(&c[3]);
	client_close(&c[3]);
	/* The others are served, and a place that is free again is given. */
	client_text(&c[0], GET("/g"));
	client_expect(&c[0], 200, "GET /g ");
	client_close(&c[0]);
	nap(50);
	client_open(&c[3], &server);
	client_text(&c[3], GET("/g"));
	client_expect(&c[3], 200, "GET /g ");
	for (size_t i = 1; i < 4; i++)
		client_close(&c[i]);
}

static void
too_many_requests_are_503_and_may_come_again(void **state KMS_UNUSED)
{
	struct client c[3] = { 0 };
	struct reply r = { 0 };

	server.config.requests_max = 2;
	fixture_start(&server);
	for (size_t i = 0; i < 3; i++)
		client_open(&c[i], &server);
	client_text(&c[0], GET("/hold/0"));
	client_text(&c[1], GET("/hold/1"));
	fixture_wait_held(&server, 2);
	client_text(&c[2], GET("/g"));
	client_reply(&c[2], &r, false);
	assert_int_equal(r.status, 503);
	assert_non_null(strstr(r.head, "\r\nRetry-After: 1\r\n"));
	fixture_release(&server);
	client_expect(&c[0], 200, "GET /hold/0 ");
	client_expect(&c[1], 200, "GET /hold/1 ");
	client_text(&c[2], GET("/g"));
	client_expect(&c[2], 200, "GET /g ");
	for (size_t i = 0; i < 3; i++)
		client_close(&c[i]);
}

static void a_thousand_idle_connections_cost_little(void **state KMS_UNUSED)
{
	static struct client c[1000];
	size_t before = 0;
	size_t after = 0;

	fixture_start(&server);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		client_open(&c[i], &server);
		free(c[i].buf);
		c[i].buf = NULL;
		if (i == 9)
			before = mallinfo2().uordblks;
	}
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		c[i].buf = malloc(65536);
		assert_non_null(c[i].buf);
		client_text(&c[i], GET("/g"));
		client_expect(&c[i], 200, "GET /g ");
		free(c[i].buf);
		c[i].buf = NULL;
	}
	after = mallinfo2().uordblks;
	/* The table of connections was there before the first of them. */
	assert_true(sizeof(struct conn) <= 320);
	if (after > before)
		assert_true((after - before) / 1000 + sizeof(struct conn) <=
			    1024);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		client_close(&c[i]);
}

static void
a_request_in_steady_state_takes_nothing_from_the_heap(void **state KMS_UNUSED)
{
	static const char large[] = "POST / HTTP/1.1\r\nHost: a\r\n"
				    "Content-Length: 20000\r\n\r\n";
	static char body[20000];
	struct client c = { 0 };

	fixture_start(&server);
	client_open(&c, &server);
	for (unsigned int i = 0; i < 50; i++) {
		if (i == 10)
			mem_fail_at(1);
		client_text(&c, GET("/g"));
		client_expect(&c, 200, "GET /g ");
		client_text(&c, large);
		client_send(&c, body, sizeof(body));
		client_expect(&c, 200, NULL);
	}
	mem_fail_at(0);
	client_close(&c);
}

static void without_memory_a_request_is_503(void **state KMS_UNUSED)
{
	struct client c = { 0 };

	fixture_start(&server);
	client_open(&c, &server);
	nap(50);
	mem_fail_at(1);
	client_text(&c, GET("/g"));
	client_expect(&c, 503, NULL);
	mem_fail_at(0);
	client_close(&c);
	client_open(&c, &server);
	client_text(&c, GET("/g"));
	client_expect(&c, 200, "GET /g ");
	client_close(&c);
}

static uint64_t cpu_ms(void)
{
	struct rusage u = { 0 };

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

static void without_descriptors_clients_wait_and_the_loop_does_not_spin(
	void **state KMS_UNUSED)
{
	struct client early = { 0 };
	struct client late = { 0 };
	struct rlimit files = { 0 };
	struct rlimit few = { 0 };
	uint64_t before = 0;
	int spare = 0;

	fixture_start(&server);
	client_open(&early, &server);
	client_text(&early, GET("/g"));
	client_expect(&early, 200, "GET /g ");
	/* The client needs one more descriptor, the server gets none. */
	spare = dup(0);
	assert_true(spare >= 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	few = files;
	few.rlim_cur = (rlim_t)spare + 1;
	close(spare);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	client_open(&late, &server);
	client_text(&late, GET("/late"));
	before = cpu_ms();
	nap(300);
	assert_true(cpu_ms() - before < 100);
	client_text(&early, GET("/g"));
	client_expect(&early, 200, "GET /g ");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	client_expect(&late, 200, "GET /late ");
	client_close(&early);
	client_close(&late);
}

/* --- time ------------------------------------------------------------- */

static void an_idle_connection_is_closed_without_a_word(void **state KMS_UNUSED)
{
	struct client fresh = { 0 };
	struct client used = { 0 };
	uint64_t start = 0;

	server.config.idle_ms = 150;
	fixture_start(&server);
	start = http_now_ns();
	client_open(&fresh, &server);
	client_open(&used, &server);
	client_text(&used, GET("/g"));
	client_expect(&used, 200, "GET /g ");
	client_expect_end(&fresh);
	client_expect_end(&used);
	assert_in_range(ms_since(start), 140, 1500);
	assert_int_equal(server.refused, 0);
	client_close(&fresh);
	client_close(&used);
}

/* A byte now and then does not help: the deadline is of the whole head. */
static void a_slow_loris_is_408(void **state KMS_UNUSED)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: yyyyyyyyyy";
	struct client c = { 0 };
	uint64_t start = 0;

	server.config.header_ms = 200;
	fixture_start(&server);
	start = http_now_ns();
	client_open(&c, &server);
	for (size_t i = 0; i < 15; i++) {
		client_send(&c, text + i, 1);
		nap(20);
	}
	expect_refusal(&c, 408);
	assert_string_equal(server.refused_method, "");
	assert_in_range(ms_since(start), 190, 1500);
	client_close(&c);
}

static void a_slow_body_is_408(void **state KMS_UNUSED)
{
	struct client c = { 0 };
	uint64_t start = 0;

	server.config.request_ms = 200;
	fixture_start(&server);
	start = http_now_ns();
	client_open(&c, &server);
	client_text(&c, "POST / HTTP/1.1\r\nHost: a\r\n"
			"Content-Length: 100\r\n\r\n");
	for (size_t i = 0; i < 15; i++) {
		client_send(&c, "x", 1);
		nap(20);
	}
	expect_refusal(&c, 408);
	assert_string_equal(server.refused_method, "POST");
	assert_in_range(ms_since(start), 190, 1500);
	client_close(&c);
}

static void
a_pipelined_request_that_does_not_end_is_408(void **state KMS_UNUSED)
{
	struct client c = { 0 };

	server.config.header_ms = 150;
	fixture_start(&server);
	client_open(&c, &server);
	client_text(&c, GET("/g") "GET / HT");
	client_expect(&c, 200, "GET /g ");
	client_expect(&c, 408, NULL);
	client_expect_end(&c);
	client_close(&c);
}

static void a_client_that_does_not_read_is_cut_off(void **state KMS_UNUSED)
{
	struct client c = { 0 };
	struct client probe = { 0 };
	size_t got = 0;
	ssize_t n = 0;

	server.config.answer_ms = 200;
	server.config.connections_max = 1;
	fixture_start(&server);
	client_open(&c, &server);
	client_text(&c, GET("/big"));
	nap(500);
	/* Its place is free again. */
	client_open(&probe, &server);
	client_text(&probe, GET("/g"));
	client_expect(&probe, 200, "GET /g ");
	client_close(&probe);
	do {
		n = recv(c.fd, c.buf, 65536, 0);
		got += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	assert_true(got < BIG_LEN);
	client_close(&c);
}

static void a_handler_may_take_its_time(void **state KMS_UNUSED)
{
	struct client c = { 0 };

	server.config.idle_ms = 50;
	server.config.header_ms = 50;
	server.config.request_ms = 50;
	server.config.answer_ms = 50;
	fixture_start(&server);
	client_open(&c, &server);
	client_text(&c, GET("/hold"));
	fixture_wait_held(&server, 1);
	nap(200);
	fixture_release(&server);
	client_expect(&c, 200, "GET /hold ");
	client_close(&c);
}

/* --- stopping --------------------------------------------------------- */

struct stopper {
	pthread_t thread;
	unsigned int grace_ms;
	bool all;
	uint64_t took_ms;
};

static void *stop_main(void *arg)
{
	struct stopper *s = arg;
	uint64_t start = http_now_ns();

	s->all = http_server_stop(&server.server, s->grace_ms);
	s->took_ms = ms_since(start);
	return NULL;
}

static void stop_aside(struct stopper *s, unsigned int grace_ms)
{
	*s = (struct stopper){ .grace_ms = grace_ms };
	assert_int_equal(pthread_create(&s->thread, NULL, stop_main, s), 0);
	nap(100);
}

static void a_stop_lets_an_open_request_finish(void **state KMS_UNUSED)
{
	struct client idle = { 0 };
	struct client busy = { 0 };
	struct reply r = { 0 };
	struct stopper s = { 0 };

	fixture_start(&server);
	client_open(&idle, &server);
	client_text(&idle, GET("/g"));
	client_expect(&idle, 200, "GET /g ");
	client_open(&busy, &server);
	client_text(&busy, GET("/hold"));
	fixture_wait_held(&server, 1);
	stop_aside(&s, 5000);
	client_expect_end(&idle);
	fixture_release(&server);
	client_reply(&busy, &r, false);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.head, "\r\nConnection: close\r\n"));
	client_expect_end(&busy);
	client_close(&idle);
	client_close(&busy);
	pthread_join(s.thread, NULL);
	assert_true(s.all);
	assert_true(s.took_ms < 4000);
}

static void a_stop_lets_a_half_sent_request_finish(void **state KMS_UNUSED)
{
	struct client c = { 0 };
	struct stopper s = { 0 };

	fixture_start(&server);
	client_open(&c, &server);
	client_text(&c, "GET /g HTTP/1.1\r\n");
	nap(50);
	stop_aside(&s, 5000);
	client_text(&c, "Host: a\r\n\r\n");
	client_expect(&c, 200, "GET /g ");
	client_expect_end(&c);
	client_close(&c);
	pthread_join(s.thread, NULL);
	assert_true(s.all);
}

static void a_stop_does_not_wait_longer_than_the_grace(void **state KMS_UNUSED)
{
	struct client c = { 0 };
	struct stopper s = { 0 };

	fixture_start(&server);
	client_open(&c, &server);
	client_text(&c, GET("/hold"));
	fixture_wait_held(&server, 1);
	stop_aside(&s, 200);
	pthread_join(s.thread, NULL);
	assert_false(s.all);
	assert_in_range(s.took_ms, 190, 1500);
	client_expect_end(&c);
	client_close(&c);
}

static void what_is_left_may_be_answered_by_thread_stop(void **state KMS_UNUSED)
{
	struct client c = { 0 };
	struct stopper s = { 0 };

	server.abandon = true;
	fixture_start(&server);
	client_open(&c, &server);
	client_text(&c, GET("/hold"));
	fixture_wait_held(&server, 1);
	stop_aside(&s, 200);
	pthread_join(s.thread, NULL);
	client_expect(&c, 200, "GET /hold ");
	client_close(&c);
}

static void
a_client_in_the_queue_is_served_before_the_stop(void **state KMS_UNUSED)
{
	static struct client c[32];
	struct stopper s = { 0 };

	fixture_start(&server);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		client_open(&c[i], &server);
		client_text(&c[i], GET("/g"));
	}
	stop_aside(&s, 5000);
	for (size_t i = 0; i < ARRAY_LEN(c); i++) {
		client_expect(&c[i], 200, "GET /g ");
		client_close(&c[i]);
	}
	pthread_join(s.thread, NULL);
	assert_true(s.all);
}

/* Every test starts its own server, after changing the limit it is about. */
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, server_prepare, server_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_header_of_60_kb_is_431),
		TEST(a_target_of_60_kb_is_414),
		TEST(a_body_of_1_mb_is_413_and_the_answer_arrives),
		TEST(a_large_body_is_413_before_100_continue),
		TEST(chunks_without_end_are_413_while_reading),
		TEST(too_many_connections_are_503),
		TEST(too_many_requests_are_503_and_may_come_again),
		TEST(a_thousand_idle_connections_cost_little),
		TEST(a_request_in_steady_state_takes_nothing_from_the_heap),
		TEST(without_memory_a_request_is_503),
		TEST(without_descriptors_clients_wait_and_the_loop_does_not_spin),
		TEST(an_idle_connection_is_closed_without_a_word),
		TEST(a_slow_loris_is_408),
		TEST(a_slow_body_is_408),
		TEST(a_pipelined_request_that_does_not_end_is_408),
		TEST(a_client_that_does_not_read_is_cut_off),
		TEST(a_handler_may_take_its_time),
		TEST(a_stop_lets_an_open_request_finish),
		TEST(a_stop_lets_a_half_sent_request_finish),
		TEST(a_stop_does_not_wait_longer_than_the_grace),
		TEST(what_is_left_may_be_answered_by_thread_stop),
		TEST(a_client_in_the_queue_is_served_before_the_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
