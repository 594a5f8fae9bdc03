/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char captured[8192];
static int pipe_fds[2];
static int saved_stderr;

static void capture_start(void)
{
	assert_int_equal(pipe(pipe_fds), 0);
	saved_stderr = dup(STDERR_FILENO);
	assert_int_equal(dup2(pipe_fds[1], STDERR_FILENO), STDERR_FILENO);
	close(pipe_fds[1]);
}

static size_t capture_end(void)
{
	ssize_t n = 0;

	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	n = read(pipe_fds[0], captured, sizeof(captured) - 1);
	close(pipe_fds[0]);
	assert_true(n >= 0);
	captured[n] = '\0';
	return (size_t)n;
}

static void a_line_has_time_level_and_module(void **state)
{
	(void)state;
	assert_int_equal(log_configure(NULL), 0);
	capture_start();
	log_info("access", "hello %d", 7);
	capture_end();
	/* [2026-11-24T04:07:29Z INFO  kms::access] hello 7 */
	assert_int_equal(captured[0], '[');
	assert_int_equal(captured[20], 'Z');
	assert_string_equal(captured + 21, " INFO  kms::access] hello 7\n");
}

static void levels_are_kept_per_module(void **state)
{
	(void)state;
	assert_int_equal(log_configure("warn,access=info,store=off"), 0);
	assert_true(log_wants(LOG_WARN, "http"));
	assert_false(log_wants(LOG_INFO, "http"));
	assert_true(log_wants(LOG_INFO, "access"));
	assert_false(log_wants(LOG_DEBUG, "access"));
	assert_false(log_wants(LOG_ERROR, "store"));
	assert_int_equal(log_configure("debug"), 0);
	assert_true(log_wants(LOG_DEBUG, "store"));
	assert_int_equal(log_configure(""), 0);
	assert_true(log_wants(LOG_INFO, "store"));
	assert_false(log_wants(LOG_DEBUG, "store"));
}

static void a_wrong_level_list_changes_nothing(void **state)
{
	static const char *const wrong[] = {
		"verbose",

		",info",
		"access=",
		"=info",
		"access=all",
		"INFO",
		"info access=info",
		"a_module_name_that_is_far_too_long=info",
	};

	(void)state;
	assert_int_equal(log_configure("error"), 0);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_int_equal(log_configure(wrong[i]), KMS_RC_CONFIG);
	assert_false(log_wants(LOG_WARN, "http"));
	assert_int_equal(log_configure(NULL), 0);
}

static void silenced_levels_write_nothing(void **state)
{
	(void)state;
	assert_int_equal(log_configure("error"), 0);
	capture_start();
	log_warn("http", "no");
	log_error("http", "yes");
	capture_end();
	assert_non_null(strstr(captured, "ERROR kms::http] yes\n"));
	assert_null(strstr(captured, "no"));
	assert_int_equal(log_configure(NULL), 0);
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
	static char text[4000];
	size_t n = 0;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	capture_start();
	log_info("http", "%s", text);
	n = capture_end();
	assert_int_equal(n, LOG_LINE_MAX);
	assert_int_equal(captured[n - 1], '\n');
}

static void a_finished_text_is_no_format(void **state)
{
	(void)state;
	capture_start();
	log_text(LOG_INFO, "access", "100%s%n");
	log_text(LOG_DEBUG, "access", "no");
	capture_end();
	assert_string_equal(captured + 21, " INFO  kms::access] 100%s%n\n");
}

static void hostile_text_is_escaped(void **state)
{
	char out[32];

	(void)state;
	assert_string_equal(log_escape(out, sizeof(out),
				       bytes_of("a\n\"\\\x1b\x7f\xc3z", 8)),
			    "a\\x0a\\x22\\x5c\\x1b\\x7f\\xc3z");
	assert_string_equal(log_escape(out, sizeof(out), (struct bytes){ 0 }),
			    "-");
	assert_string_equal(log_escape(out, sizeof(out), bytes_of("", 0)), "");
	assert_string_equal(log_escape(out, 4, bytes_of("abcdef", 6)), "abc");
	assert_string_equal(log_escape(out, 6, bytes_of("ab\ncd", 5)), "ab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_time_level_and_module),
		cmocka_unit_test(levels_are_kept_per_module),
		cmocka_unit_test(a_wrong_level_list_changes_nothing),
		cmocka_unit_test(silenced_levels_write_nothing),
		cmocka_unit_test(a_long_line_is_cut_and_still_ends),
		cmocka_unit_test(a_finished_text_is_no_format),
		cmocka_unit_test(hostile_text_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
