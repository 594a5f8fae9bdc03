/* SPDX-License-Identifier: Apache-2.0 */
/* Which service a request reaches, and what becomes of its answer. */
#include "codec/json.h"
#include "codec/uuid.h"
#include "host/dispatch/describe.h"
#include "test/unit/dispatch/fixture.h"

#include <string.h>

static void a_target_on_post_runs_its_service(void **state)
{
	(void)state;
	fakes.out = "{\"KeyId\":\"x\"}";
	aws("TrentService.Sign", SIGN_BODY, 200);
	assert_string_equal(fakes.ran, "sign");
	assert_true(bytes_is_var(fakes.sign.message, "foo"));
	assert_string_equal(fakes.content_type, "application/x-amz-json-1.1");
	assert_body("{\"KeyId\":\"x\"}");
}

static void an_empty_body_is_an_empty_object(void **state)
{
	(void)state;
	aws("TrentService.ListKeys", "", 200);
	assert_string_equal(fakes.ran, "list_keys");
	assert_false(fakes.list_keys.limit.present);
	assert_body("");
}

static void get_routes_take_their_members_from_the_query(void **state)
{
	(void)state;
	begin("GET", "/keys", NULL);
	request->query = bytes_of_text("Limit=7&Marker=a%20b");
	send_it(200);
	assert_int_equal(fakes.list_keys.limit.value, 7);
	assert_string_equal(fakes.content_type, "application/json");
	begin("GET", "/keys", NULL);
	request->query = bytes_of_text("Limit=7000");
	send_it(400);
	assert_body("{\"error\":\"1 validation error detected: Value '7000' at "
		    "'limit' failed to satisfy constraint: Member must have "
		    "value less than or equal to 1000\","
		    "\"code\":\"BAD_INPUT\"}");
	begin("GET", "/keys", NULL);
	request->query = bytes_of_text("Limit=7&Limit=8");
	send_it(400);
	assert_body("{\"error\":\"the query string has 'Limit' more than "
		    "once\",\"code\":\"BAD_INPUT\"}");
	begin("GET", "/keys", NULL);
	request->query = bytes_of_text("Limit=%");
	send_it(400);
	assert_int_equal(fakes.runs, 1);
}

static void one_slash_more_is_the_same_path(void **state)
{
	(void)state;
	get("/health/", 200);
	assert_string_equal(fakes.ran, "health");
	get("/health//", 404);
	get("/healt", 404);
	get("/health/x", 404);
	get("/Health", 404);
	assert_body("{\"error\":\"Not found\",\"code\":\"UNKNOWN_PATH\"}");
}

static void a_wrong_method_is_told_the_right_ones(void **state)
{
	(void)state;
	begin("DELETE", "/keys", NULL);
	send_it(405);
	assert_non_null(strstr(fakes.extra, "\r\nAllow: GET\r\n"));
	begin("POST", "/health/", NULL);
	send_it(405);
	assert_non_null(strstr(fakes.extra, "\r\nAllow: GET, HEAD\r\n"));
	begin("GET", "/", NULL);
	send_it(405);
	assert_non_null(strstr(fakes.extra, "\r\nAllow: POST\r\n"));
	assert_int_equal(fakes.runs, 0);
}

static void head_works_where_everybody_may_get(void **state)
{
	(void)state;
	begin("HEAD", "/health", NULL);
	send_it(200);
	begin("HEAD", "/keys", NULL);
	send_it(405);
}

static void every_answer_has_its_own_request_id(void **state)
{
	char ids[40][UUID_TEXT_LEN + 1];
	static const char name[] = "x-amzn-RequestId: ";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		const char *id = NULL;

		if (i % 2)
			get("/none", 404);
		else
			aws("TrentService.Sign", SIGN_BODY, 200);
		assert_int_equal(strncmp(fakes.extra, name, strlen(name)), 0);
		id = fakes.extra + strlen(name);
		assert_int_equal(id[8], '-');
		assert_int_equal(id[14], '4');
		assert_non_null(strchr("89ab", id[19]));
		assert_int_equal(id[36], '\r');
		memcpy(ids[i], id, 36);
		ids[i][36] = '\0';
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ids[k], ids[i]);
	}
}

static void a_call_may_end_later(void **state)
{
	(void)state;
	fakes.later = true;
	begin_aws("TrentService.Sign", SIGN_BODY);
	dispatch_handle(dispatch, request);
	assert_int_equal(fakes.answers, 0);
	call_fail(fakes.pending, KMS_RC_KEY_DISABLED, "%s is disabled.", "arn");
	assert_int_equal(fakes.answers, 1);
	assert_int_equal(fakes.status, 400);
	assert_body("{\"__type\":\"DisabledException\","
		    "\"message\":\"arn is disabled.\","
		    "\"error\":\"arn is disabled.\"}");
}

static void a_full_arena_is_an_answered_fault(void **state)
{
	struct arena whole = request->scratch;

	(void)state;
	for (size_t cap = 16; cap < 16000; cap += 160) {
		begin_aws("TrentService.Sign", SIGN_BODY);
		request->scratch.cap = cap;
		dispatch_handle(dispatch, request);
		assert_true(fakes.status == 500 || fakes.status == 503 ||
			    fakes.status == 200);
		if (cap < 500)
			assert_int_equal(fakes.status, 503);
		request->scratch.cap = whole.cap;
	}
	assert_int_equal(fakes.status, 200);
}

static void the_table_is_described_row_by_row(void **state)
{
	static char text[128 * 1024];
	struct json_writer w = { 0 };
	struct json_value all = { 0 };
	struct json_value row = { 0 };
	size_t pos = 0;
	size_t i = 0;

	(void)state;
	json_begin(&w, text, sizeof(text));
	describe_ops(&w);
	assert_int_equal(json_writer_done(&w), 0);
	assert_int_equal(json_parse(&all, bytes_of(text, w.len)), 0);
	for (; json_next(&all, &pos, NULL, &row); i++) {
		struct json_value name = json_member(&row, "name");
		struct json_value in = json_member(&row, "in");
		struct json_value field = { 0 };
		size_t at = 0;
		size_t k = 0;

		assert_true(bytes_is_var(name.raw, op_at(i)->name));
		for (; json_next(&in, &at, NULL, &field); k++) {
			name = json_member(&field, "name");
			assert_true(
				bytes_is_var(name.raw, op_at(i)->in[k].name));
		}
		assert_null(op_at(i)->in[k].name);
	}
	assert_int_equal(i, op_count());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_target_on_post_runs_its_service),
		fixture_test(an_empty_body_is_an_empty_object),
		fixture_test(get_routes_take_their_members_from_the_query),
		fixture_test(one_slash_more_is_the_same_path),
		fixture_test(a_wrong_method_is_told_the_right_ones),
		fixture_test(head_works_where_everybody_may_get),
		fixture_test(every_answer_has_its_own_request_id),
		fixture_test(a_call_may_end_later),
		fixture_test(a_full_arena_is_an_answered_fault),
		fixture_test(the_table_is_described_row_by_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
