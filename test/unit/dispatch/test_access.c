/* SPDX-License-Identifier: Apache-2.0 */
/* The access log: a line for each request, and no secret in any. */
#include "common/log.h"
#include "test/unit/dispatch/fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char captured[4096];

static void capture(void (*act)(void))
{
	FILE *f = tmpfile();
	int saved = dup(2);

	assert_non_null(f);
	assert_int_equal(dup2(fileno(f), 2), 2);
	act();
	assert_int_equal(dup2(saved, 2), 2);
	close(saved);
	rewind(f);
	captured[fread(captured, 1, sizeof(captured) - 1, f)] = '\0';
	fclose(f);
}

static void act_hostile_request(void)
{
	begin("POST", "/", SIGN_BODY);
	add_header("x-amz-target", "TrentService.Sign");
	add_header("x-api-key", KEY);
	add_header("authorization", "Bearer secret-token");
	add_header("user-agent", "evil\"\n[fake] \x1b[31m");
	add_header("referer", "http://a/?q=1");
	request->query = bytes_of_text("secret=1");
	fakes.now_ns += 81500 * 1000u;
	fakes.tee_ns = 1009501;
	send_it(200);
}

static void the_access_line_tells_what_and_who_but_no_secret(void **state)
{
	(void)state;
	assert_int_equal(log_configure("info"), 0);
	add_api_key(KEY);
	capture(act_hostile_request);
	assert_non_null(strstr(
		captured,
		"Z INFO  kms::access] 127.0.0.1:50000 \"POST / HTTP/1.1\" 200 "
		"\"http://a/?q=1\" \"evil\\x22\\x0a[fake] \\x1b[31m\" "
		"81.500ms request="));
	assert_non_null(strstr(captured, " api_key=01234567 op=Sign "
					 "key=the-key tee=1.010ms "
					 "rc=OK\n"));
	assert_null(strstr(captured, "secret"));
	assert_null(strstr(captured, KEY));
	assert_null(strstr(captured, "Zm9v"));
	assert_ptr_equal(strchr(captured, '\n'),
			 captured + strlen(captured) - 1);
}

static void act_unknown_path(void)
{
	get("/none", 404);
	(void)refusal_of(413, "PO\nST", "/");
	(void)refusal_of(431, NULL, NULL);
}

static void unrouted_requests_are_logged_too(void **state)
{
	(void)state;
	assert_int_equal(log_configure("info"), 0);
	capture(act_unknown_path);
	assert_non_null(strstr(captured, "\"GET /none HTTP/1.1\" 404 \"-\" "
					 "\"-\" 0.000ms request="));
	assert_non_null(strstr(captured, " api_key=- op=- key=- "
					 "tee=- rc=UNKNOWN_PATH\n"));
	assert_non_null(strstr(captured, "10.0.0.1:1 \"PO\\x0aST / HTTP/1.0\" "
					 "413 \"-\" \"-\" - request="));
	assert_non_null(strstr(captured, " rc=body too large\n"));
	assert_non_null(strstr(captured, "10.0.0.1:1 \"-\" 431 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(the_access_line_tells_what_and_who_but_no_secret),
		fixture_test(unrouted_requests_are_logged_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
