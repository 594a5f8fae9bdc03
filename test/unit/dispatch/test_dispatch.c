/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"
#include "codec/uuid.h"
#include "common/hex.h"
#include "common/log.h"
#include "host/dispatch/answer.h"
#include "host/dispatch/aws_error.h"
#include "host/dispatch/describe.h"
#include "host/dispatch/plain_error.h"
#include "test/unit/dispatch/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENV_KEY "a key from the environment"
#define SIGV4	"AWS4-HMAC-SHA256 Credential=AKID/20260101/eu/kms/aws4_request"

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

static void unknown_targets_have_no_message(void **state)
{
	static const char want[] = "{\"__type\":\"UnknownOperationException\","
				   "\"error\":\"no such operation\"}";

	(void)state;
	aws("TrentService.Nothing", "{}", 400);
	assert_body(want);
	aws(NULL, "{}", 400);
	assert_body(want);
	aws("trentservice.Sign", "{}", 400);
	assert_body(want);
	begin_aws("TrentService.Sign", SIGN_BODY);
	add_header("x-amz-target", "TrentService.Sign");
	send_it(400);
	assert_body(want);
	aws("TrentService.ReplicateKey", "{}", 400);
	assert_type("UnsupportedOperationException");
	assert_int_equal(fakes.runs, 0);
}

static void bodies_that_are_no_json_are_serialization_errors(void **state)
{
	(void)state;
	aws("TrentService.Sign", "{\"KeyId\":", 400);
	assert_type("SerializationException");
	aws("TrentService.Sign", "[]", 400);
	assert_type("SerializationException");
	aws("TrentService.Sign", "{\"KeyId\":7}", 400);
	assert_body("{\"__type\":\"SerializationException\","
		    "\"message\":\"'keyId' must be a string\","
		    "\"error\":\"'keyId' must be a string\"}");
	assert_int_equal(fakes.runs, 0);
}

static void validation_errors_carry_both_forms(void **state)
{
	(void)state;
	aws("TrentService.DescribeKey", "{}", 400);
	assert_body("{\"__type\":\"ValidationException\","
		    "\"message\":\"1 validation error detected: Value null at "
		    "'keyId' failed to satisfy constraint: Member must not be "
		    "null\",\"error\":\"1 validation error detected: Value "
		    "null at 'keyId' failed to satisfy constraint: Member must "
		    "not be null\"}");
}

static void recorded_exceptions_stay_without_message(void **state)
{
	(void)state;
	fakes.rc = KMS_RC_INVALID_SIGNATURE;
	aws("TrentService.Sign", SIGN_BODY, 400);
	assert_body("{\"__type\":\"KMSInvalidSignatureException\","
		    "\"error\":\"the signature is not valid\"}");
}

static void a_service_can_say_why_it_failed(void **state)
{
	(void)state;
	fakes.rc = KMS_RC_NOT_FOUND;
	fakes.message = "Key 'arn:\"x\"' does not exist";
	aws("TrentService.Sign", SIGN_BODY, 400);
	assert_body("{\"__type\":\"NotFoundException\","
		    "\"message\":\"Key 'arn:\\\"x\\\"' does not exist\","
		    "\"error\":\"Key 'arn:\\\"x\\\"' does not exist\"}");
	get("/keys", 400);
	assert_body("{\"error\":\"Key 'arn:\\\"x\\\"' does not exist\","
		    "\"code\":\"NOT_FOUND\"}");
}

static void faults_tell_nothing_of_their_cause(void **state)
{
	(void)state;
	fakes.rc = KMS_RC_BAD_PROOF;
	aws("TrentService.Sign", SIGN_BODY, 500);
	assert_type("KMSInternalException");
	assert_null(strstr(fakes.body, "\"message\":\"record and proof"));
	get("/keys", 500);
	assert_body("{\"error\":\"Internal server error\","
		    "\"code\":\"BAD_PROOF\"}");
}

static void overload_asks_to_come_back(void **state)
{
	(void)state;
	fakes.rc = KMS_RC_BUSY;
	aws("TrentService.Sign", SIGN_BODY, 400);
	assert_type("ThrottlingException");
	assert_non_null(strstr(fakes.extra, "\r\nRetry-After: 1\r\n"));
	get("/keys", 429);
	assert_non_null(strstr(fakes.extra, "\r\nRetry-After: 1\r\n"));
	fakes.rc = KMS_RC_UNAVAILABLE;
	get("/readyz", 503);
	assert_non_null(strstr(fakes.extra, "\r\nRetry-After: 1\r\n"));
	fakes.rc = KMS_RC_TIMEOUT;
	get("/keys", 504);
	assert_null(strstr(fakes.extra, "Retry-After"));
}

static void an_unfinished_answer_is_an_internal_error(void **state)
{
	(void)state;
	fakes.out = "{\"KeyId\":\"x\"}";
	fakes.later = true;
	begin_aws("TrentService.Sign", SIGN_BODY);
	dispatch_handle(dispatch, request);
	json_object(&fakes.pending->out);
	call_done(fakes.pending, KMS_RC_OK);
	assert_int_equal(fakes.status, 500);
	assert_type("KMSInternalException");
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

static void sign_with(const char *name, const char *value, unsigned int status)
{
	begin_aws("TrentService.Sign", SIGN_BODY);
	add_header(name, value);
	send_it(status);
}

static void dev_is_open_until_the_first_key(void **state)
{
	(void)state;
	aws("TrentService.Sign", SIGN_BODY, 200);
	assert_int_equal(fakes.caller.kind, EVIDENCE_NONE);
	add_api_key(KEY);
	aws("TrentService.Sign", SIGN_BODY, 401);
	assert_body("{\"__type\":\"MissingAuthenticationTokenException\","
		    "\"message\":\"Missing Authentication Token\","
		    "\"error\":\"Missing Authentication Token\"}");
	get("/keys", 401);
	assert_body("{\"error\":\"Missing API key\","
		    "\"code\":\"NO_CREDENTIAL\"}");
	get("/health", 200);
	/* Revoking the last one opens nothing. */
	fakes.keys[0].revoked = true;
	aws("TrentService.Sign", SIGN_BODY, 401);
}

static void an_open_server_answers_to_its_own_names_only(void **state)
{
	static const char *const ours[] = {
		"localhost",	  "localhost:8080", "LocalHost:1",
		"127.0.0.1:8080", "127.0.0.2",	    "[::1]:8080",
	};
	static const char *const others[] = {
		"example.org",
		"localhost.example.org",
		"127.0.0.1.example.org",
		"[::1].example.org",
		"localhost:80@b.org",
		"xlocalhost",
		"1127.0.0.1",
		"[::2]",
		"",
		"0.0.0.0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		sign_with("Host", ours[i], 200);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		sign_with("Host", others[i], 403);
	assert_type("AccessDeniedException");
	assert_non_null(strstr(fakes.body, "localhost"));
	begin("GET", "/keys", NULL);
	add_header("Host", "example.org");
	send_it(403);
	assert_non_null(strstr(fakes.body, "\"code\":\"ACCESS_DENIED\""));
	/* A probe that asks by another name learns nothing. */
	begin("GET", "/health", NULL);
	add_header("Host", "example.org");
	send_it(200);
	/* Whoever has a key may call it what they like. */
	add_api_key(KEY);
	begin_aws("TrentService.Sign", SIGN_BODY);
	add_header("Host", "kms.example.org");
	add_header("x-api-key", KEY);
	send_it(200);
}

static void pages_of_other_sites_change_nothing(void **state)
{
	static const char *const others[] = {
		"http://example.org",
		"https://localhost.example.org",
		"null",
		"",
		"http://example.org:8080",
		"file://",
	};

	(void)state;
	sign_with("Origin", "http://localhost:3000", 200);
	sign_with("Origin", "https://127.0.0.1", 200);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		sign_with("Origin", others[i], 403);
	/* What only reads cannot be read by them: there is no CORS. */
	begin("GET", "/keys", NULL);
	add_header("Origin", "http://example.org");
	send_it(200);
}

static void an_api_key_is_evidence(void **state)
{
	uint8_t hash[SHA256_LEN];

	(void)state;
	add_api_key(KEY);
	sign_with("X-Api-Key", KEY, 200);
	sha256_once(hash, KEY, strlen(KEY));
	assert_int_equal(fakes.caller.kind, EVIDENCE_API_KEY);
	assert_int_equal(fakes.caller.evidence_len, sizeof(hash));
	assert_memory_equal(fakes.caller.evidence, hash, sizeof(hash));
	assert_string_equal(fakes.caller.key_id, "01234567");
}

static void wrong_api_keys_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"kms_",
		"kms_01234567",
		"kms_0123456789abcdef0123456789abcdeF",
		"kms_0123456789abcdef0123456789abcdef0",
		"KMS_0123456789abcdef0123456789abcdef",
		"kms_ffffffff89abcdef0123456789abcdef",
		"kms_'; drop 89abcdef0123456789abcdef",
	};

	(void)state;
	add_api_key(KEY);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		sign_with("x-api-key", wrong[i], 401);
		assert_type("UnrecognizedClientException");
		begin("GET", "/keys", NULL);
		add_header("x-api-key", wrong[i]);
		send_it(401);
		assert_body("{\"error\":\"Invalid API key\","
			    "\"code\":\"BAD_CREDENTIAL\"}");
	}
	begin_aws("TrentService.Sign", SIGN_BODY);
	add_header("x-api-key", KEY);
	add_header("x-api-key", KEY);
	send_it(401);
	assert_int_equal(fakes.runs, 0);
}

static void a_revoked_key_is_refused_at_once(void **state)
{
	(void)state;
	add_api_key(KEY);
	add_api_key("kms_89abcdef0123456789abcdef01234567");
	sign_with("x-api-key", KEY, 200);
	fakes.keys[0].revoked = true;
	sign_with("x-api-key", KEY, 401);
}

static void a_key_from_the_environment_closes_the_server(void **state)
{
	(void)state;
	restart(&(struct dispatch_config){ .api_key = ENV_KEY });
	aws("TrentService.Sign", SIGN_BODY, 401);
	sign_with("x-api-key", ENV_KEY, 200);
	assert_string_equal(fakes.caller.key_id, "env");
	/* An empty variable is none, and an empty header no key. */
	restart(&(struct dispatch_config){ .api_key = "" });
	aws("TrentService.Sign", SIGN_BODY, 200);
	add_api_key(KEY);
	sign_with("x-api-key", "", 401);
}

static void a_demanded_key_closes_the_server(void **state)
{
	(void)state;
	restart(&(struct dispatch_config){ .require_api_key = true });
	aws("TrentService.Sign", SIGN_BODY, 401);
	restart(&(struct dispatch_config){ .production = true });
	aws("TrentService.Sign", SIGN_BODY, 401);
	assert_type("MissingAuthenticationTokenException");
	get("/version", 200);
}

static void an_unverified_signature_opens_nothing(void **state)
{
	(void)state;
	sign_with("Authorization", SIGV4, 200);
	assert_int_equal(fakes.caller.kind, EVIDENCE_NONE);
	restart(&(struct dispatch_config){ .production = true });
	sign_with("Authorization", SIGV4, 400);
	assert_body("{\"__type\":\"UnrecognizedClientException\","
		    "\"message\":\"The security token included in the request "
		    "is invalid.\",\"error\":\"The security token included in "
		    "the request is invalid.\"}");
	restart(&(struct dispatch_config){ 0 });
	add_api_key(KEY);
	sign_with("Authorization", SIGV4, 400);
	assert_int_equal(fakes.runs, 1);
}

static void a_silent_database_opens_nothing(void **state)
{
	(void)state;
	fakes.store_rc = KMS_RC_UNAVAILABLE;
	aws("TrentService.Sign", SIGN_BODY, 500);
	assert_type("KMSInternalException");
	sign_with("x-api-key", KEY, 500);
	get("/keys", 503);
	get("/health", 200);
	assert_int_equal(fakes.runs, 1);
}

static void callers_are_judged_before_targets_and_bodies(void **state)
{
	(void)state;
	add_api_key(KEY);
	aws("TrentService.Nothing", "{", 401);
	assert_type("MissingAuthenticationTokenException");
	begin("DELETE", "/keys", NULL);
	send_it(405);
	get("/none", 404);
}

/* There was a moment in which an open server did not look again. */
static void the_first_key_closes_the_very_next_request(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		aws("TrentService.Sign", SIGN_BODY, 200);
	add_api_key(KEY);
	aws("TrentService.Sign", SIGN_BODY, 401);
}

static void a_closed_door_asks_the_database_no_more(void **state)
{
	unsigned int calls = 0;

	(void)state;
	add_api_key(KEY);
	aws("TrentService.Sign", SIGN_BODY, 401);
	calls = fakes.store_calls;
	aws("TrentService.Sign", SIGN_BODY, 401);
	assert_int_equal(fakes.store_calls, calls);
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

static struct http_refusal refusal_of(unsigned int status, const char *method,
				      const char *path)
{
	struct http_refusal no = {
		.status = status,
		.why = "body too large",
		.peer = "10.0.0.1:1",
		.method = method ? bytes_of_text(method) : (struct bytes){ 0 },
		.path = path ? bytes_of_text(path) : (struct bytes){ 0 },
		.http_1_0 = true,
	};

	dispatch_refuse(dispatch, NULL, &no);
	return no;
}

static void refusals_of_http_look_like_other_errors(void **state)
{
	static const unsigned int statuses[] = { 400, 408, 413, 414, 429,
						 431, 501, 503, 505 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		struct http_refusal no =
			refusal_of(statuses[i], "POST", "/other");
		bool again = statuses[i] == 429 || statuses[i] == 503;
		struct json_value v = { 0 };

		assert_int_equal(json_parse(&v, bytes_of(no.body, no.body_len)),
				 0);
		assert_int_equal(json_member(&v, "error").type, JSON_STRING);
		assert_int_equal(json_member(&v, "__type").type, JSON_STRING);
		assert_string_equal(no.content_type, "application/json");
		assert_memory_equal(no.extra, "x-amzn-RequestId: ", 18);
		assert_int_equal(strcspn(no.extra + 18, "\r"), 36);
		assert_true(!!strstr(no.extra, "\r\nRetry-After: 1\r\n") ==
			    again);
	}
}

static void refusals_have_the_type_of_where_they_went(void **state)
{
	static const struct {
		const char *method;
		const char *path;
		const char *type;
	} rows[] = {
		{ "POST", "/", "application/x-amz-json-1.1" },
		{ "GET", "/", "application/json" },
		{ NULL, NULL, "application/json" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(
			refusal_of(413, rows[i].method, rows[i].path)
				.content_type,
			rows[i].type);
}

static void every_result_has_an_aws_name_and_a_plain_status(void **state)
{
	static const enum kms_rc all[] = {
#define X(num, name, text) KMS_RC_##name,
		KMS_RC_LIST(X)
#undef X
	};

	(void)state;
	for (size_t i = 1; i < ARRAY_LEN(all); i++) {
		struct aws_error a = aws_error_of(all[i]);
		struct plain_error p = plain_error_of(all[i]);

		assert_true(a.status == 400 || a.status == 413 ||
			    a.status == 500);
		assert_non_null(strstr(a.type, "Exception"));
		assert_true(p.status >= 400 && p.status < 600);
		assert_non_null(p.message);
	}
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

		assert_true(bytes_is_var(name.raw, kms_ops[i].name));
		for (; json_next(&in, &at, NULL, &field); k++) {
			name = json_member(&field, "name");
			assert_true(
				bytes_is_var(name.raw, kms_ops[i].in[k].name));
		}
		assert_null(kms_ops[i].in[k].name);
	}
	assert_int_equal(i, kms_op_count);
}

/* --- the access log --- */

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
		fixture_test(a_target_on_post_runs_its_service),
		fixture_test(an_empty_body_is_an_empty_object),
		fixture_test(get_routes_take_their_members_from_the_query),
		fixture_test(one_slash_more_is_the_same_path),
		fixture_test(a_wrong_method_is_told_the_right_ones),
		fixture_test(head_works_where_everybody_may_get),
		fixture_test(every_answer_has_its_own_request_id),
		fixture_test(unknown_targets_have_no_message),
		fixture_test(bodies_that_are_no_json_are_serialization_errors),
		fixture_test(validation_errors_carry_both_forms),
		fixture_test(recorded_exceptions_stay_without_message),
		fixture_test(a_service_can_say_why_it_failed),
		fixture_test(faults_tell_nothing_of_their_cause),
		fixture_test(overload_asks_to_come_back),
		fixture_test(an_unfinished_answer_is_an_internal_error),
		fixture_test(a_call_may_end_later),
		fixture_test(dev_is_open_until_the_first_key),
		fixture_test(an_open_server_answers_to_its_own_names_only),
		fixture_test(pages_of_other_sites_change_nothing),
		fixture_test(an_api_key_is_evidence),
		fixture_test(wrong_api_keys_are_refused),
		fixture_test(a_revoked_key_is_refused_at_once),
		fixture_test(a_key_from_the_environment_closes_the_server),
		fixture_test(a_demanded_key_closes_the_server),
		fixture_test(an_unverified_signature_opens_nothing),
		fixture_test(a_silent_database_opens_nothing),
		fixture_test(callers_are_judged_before_targets_and_bodies),
		fixture_test(the_first_key_closes_the_very_next_request),
		fixture_test(a_closed_door_asks_the_database_no_more),
		fixture_test(a_full_arena_is_an_answered_fault),
		fixture_test(refusals_of_http_look_like_other_errors),
		fixture_test(refusals_have_the_type_of_where_they_went),
		fixture_test(every_result_has_an_aws_name_and_a_plain_status),
		fixture_test(the_table_is_described_row_by_row),
		fixture_test(the_access_line_tells_what_and_who_but_no_secret),
		fixture_test(unrouted_requests_are_logged_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
