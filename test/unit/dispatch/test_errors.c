/* SPDX-License-Identifier: Apache-2.0 */
/* Every error in both of its forms, wherever it arises. */
#include "codec/json.h"
#include "host/dispatch/aws_error.h"
#include "host/dispatch/plain_error.h"
#include "test/unit/dispatch/fixture.h"

#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(unknown_targets_have_no_message),
		fixture_test(bodies_that_are_no_json_are_serialization_errors),
		fixture_test(validation_errors_carry_both_forms),
		fixture_test(recorded_exceptions_stay_without_message),
		fixture_test(a_service_can_say_why_it_failed),
		fixture_test(faults_tell_nothing_of_their_cause),
		fixture_test(overload_asks_to_come_back),
		fixture_test(an_unfinished_answer_is_an_internal_error),
		fixture_test(refusals_of_http_look_like_other_errors),
		fixture_test(refusals_have_the_type_of_where_they_went),
		fixture_test(every_result_has_an_aws_name_and_a_plain_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
