/* SPDX-License-Identifier: Apache-2.0 */
/* How members are decoded, and AWS's texts word for word. */
#include "host/service/aws.h"
#include "test/unit/dispatch/decode.h"

#include <stdio.h>
#include <string.h>

static void assert_refused(const char *target, const char *body,
			   const char *want)
{
	assert_int_equal(decode(op_of(target), body, strlen(body)),
			 KMS_RC_BAD_INPUT);
	assert_string_equal(message, want);
}

#define SIGN   "TrentService.Sign"
#define CREATE "TrentService.CreateKey"
#define LIST   "TrentService.ListKeys"

static void missing_members_are_told_in_one_answer(void **state)
{
	(void)state;
	assert_refused(SIGN, "{}",
		       "3 validation errors detected: Value null at 'keyId' "
		       "failed to satisfy constraint: Member must not be null; "
		       "Value null at 'message' failed to satisfy constraint: "
		       "Member must not be null; Value null at "
		       "'signingAlgorithm' failed to satisfy constraint: "
		       "Member must not be null");
	assert_refused("TrentService.DescribeKey", "{\"KeyId\":null}",
		       "1 validation error detected: Value null at 'keyId' "
		       "failed to satisfy constraint: Member must not be null");
}

static void a_name_outside_the_enumeration_is_echoed(void **state)
{
	(void)state;
	assert_refused(CREATE, "{\"KeyUsage\":\"SIGN\"}",
		       "1 validation error detected: Value 'SIGN' at "
		       "'keyUsage' failed to satisfy constraint: Member must "
		       "satisfy enum value set: [SIGN_VERIFY, ENCRYPT_DECRYPT, "
		       "GENERATE_VERIFY_MAC, KEY_AGREEMENT]");
}

static void numbers_out_of_range_are_told_with_their_bound(void **state)
{
	(void)state;
	assert_refused(LIST, "{\"Limit\":0}",
		       "1 validation error detected: Value '0' at 'limit' "
		       "failed to satisfy constraint: Member must have value "
		       "greater than or equal to 1");
	assert_refused(LIST, "{\"Limit\":1001}",
		       "1 validation error detected: Value '1001' at 'limit' "
		       "failed to satisfy constraint: Member must have value "
		       "less than or equal to 1000");
}

static void lengths_count_characters(void **state)
{
	static char body[9000];
	size_t n = 0;

	(void)state;
	assert_refused("TrentService.DescribeKey", "{\"KeyId\":\"\"}",
		       "1 validation error detected: Value '' at 'keyId' "
		       "failed to satisfy constraint: Member must have length "
		       "greater than or equal to 1");
	/* 2048 characters of three bytes each are fine, one more is not. */
	for (size_t chars = 2048; chars <= 2049; chars++) {
		n = (size_t)snprintf(body, sizeof(body), "{\"KeyId\":\"");
		for (size_t i = 0; i < chars; i++, n += 3)
			memcpy(body + n, "\xe2\x82\xac", 3);
		n += (size_t)snprintf(body + n, sizeof(body) - n, "\"}");
		assert_int_equal(
			decode(op_of("TrentService.DescribeKey"), body, n),
			chars == 2048 ? KMS_RC_OK : KMS_RC_BAD_INPUT);
	}
	assert_non_null(strstr(message, "' at 'keyId' failed to satisfy "
					"constraint: Member must have length "
					"less than or equal to 2048"));
}

static void blobs_and_grant_tokens_are_not_echoed(void **state)
{
	(void)state;
	assert_refused(
		SIGN,
		"{\"KeyId\":\"k\",\"Message\":\"\","
		"\"SigningAlgorithm\":\"ECDSA_SHA_256\","
		"\"GrantTokens\":[\"t\",\"\"]}",
		"2 validation errors detected: Value at 'message' failed "
		"to satisfy constraint: Member must have length greater "
		"than or equal to 1; Value at 'grantTokens.2.member' "
		"failed to satisfy constraint: Member must have length "
		"greater than or equal to 1");
}

static void lists_are_bounded_and_counted_from_one(void **state)
{
	(void)state;
	assert_refused(
		"TrentService.GetPublicKey",
		"{\"KeyId\":\"k\",\"GrantTokens\":[\"1\",\"2\",\"3\",\"4\","
		"\"5\",\"6\",\"7\",\"8\",\"9\",\"10\",\"11\"]}",
		"1 validation error detected: Value at 'grantTokens' failed to "
		"satisfy constraint: Member must have length less than or "
		"equal to 10");
	assert_refused("TrentService.GetPublicKey",
		       "{\"KeyId\":\"k\",\"GrantTokens\":[null]}",
		       "1 validation error detected: Value null at "
		       "'grantTokens.1.member' failed to satisfy constraint: "
		       "Member must not be null");
	assert_refused(
		CREATE,
		"{\"Tags\":[{\"TagKey\":\"a\",\"TagValue\":\"\"},"
		"{\"TagKey\":\"\"},null]}",
		"3 validation errors detected: Value '' at "
		"'tags.2.member.tagKey' failed to satisfy constraint: "
		"Member must have length greater than or equal to 1; "
		"Value null at 'tags.2.member.tagValue' failed to "
		"satisfy constraint: Member must not be null; Value null "
		"at 'tags.3.member' failed to satisfy constraint: Member "
		"must not be null");
}

static void patterns_are_told_as_aws_writes_them(void **state)
{
	(void)state;
	assert_refused(LIST, "{\"Marker\":\"a\\u20ac\"}",
		       "1 validation error detected: Value 'a\xe2\x82\xac' at "
		       "'marker' failed to satisfy constraint: Member must "
		       "satisfy regular expression pattern: "
		       "[\\u0020-\\u00FF]*");
	assert_int_equal(decode(op_of(LIST), "{\"Marker\":\"a\\u00ff \"}", 21),
			 0);
}

static void members_are_decoded_into_the_struct(void **state)
{
	static const char body[] =
		"{\"KeyId\":\"alias\\/x\",\"Message\":\"Zm9v\\/w==\","
		"\"MessageType\":\"DIGEST\",\"Unknown\":{\"KeyId\":1},"
		"\"GrantTokens\":[\"a\",\"\\u0062\"],\"DryRun\":true,"
		"\"SigningAlgorithm\":\"ECDSA_SHA_384\"}";
	const struct sign_in *in = (const struct sign_in *)(void *)input;

	(void)state;
	assert_int_equal(decode(op_of(SIGN), body, sizeof(body) - 1), 0);
	assert_true(bytes_is_var(in->key_id, "alias/x"));
	assert_true(bytes_is_var(in->message, "foo\xff"));
	assert_int_equal(in->message_type, AWS_MESSAGE_DIGEST);
	assert_int_equal(in->signing_algorithm, AWS_SIGNING_ECDSA_SHA_384);
	assert_string_equal(
		op_enum_name(&aws_signing_algorithms, in->signing_algorithm),
		"ECDSA_SHA_384");
	assert_int_equal(in->grant_tokens.count, 2);
	assert_true(bytes_is_var(in->grant_tokens.items[1], "b"));
	assert_true(in->dry_run);
}

static void absent_members_stay_absent(void **state)
{
	static const char body[] =
		"{\"Description\":\"\",\"Origin\":null,\"MultiRegion\":false}";
	const struct create_key_in *in =
		(const struct create_key_in *)(void *)input;

	(void)state;
	assert_int_equal(decode(op_of(CREATE), body, sizeof(body) - 1), 0);
	assert_non_null(in->description.ptr);
	assert_int_equal(in->description.len, 0);
	assert_null(in->policy.ptr);
	assert_int_equal(in->origin, AWS_ORIGIN_ABSENT);
	assert_int_equal(in->tags.count, 0);
	assert_false(in->multi_region);
}

static void only_objects_are_bodies(void **state)
{
	static const char *const bodies[] = { "[]", "1", "\"{}\"", "null",
					      "true" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
		assert_int_equal(
			decode(op_of(SIGN), bodies[i], strlen(bodies[i])),
			KMS_RC_SERIALIZATION);
}

static void a_full_arena_is_told(void **state)
{
	static const char body[] =
		"{\"KeyId\":\"\\u0061\",\"Message\":\"Zm9v\","
		"\"GrantTokens\":[\"a\"],\"SigningAlgorithm\":\"WRONG\"}";
	struct json_value object = { 0 };
	struct bytes why = { 0 };
	struct arena small = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	(void)state;
	assert_int_equal(json_parse(&object, bytes_of(body, sizeof(body) - 1)),
			 0);
	for (size_t cap = 1; cap < 200; cap++) {
		assert_int_equal(arena_init(&small, cap), 0);
		rc = fields_decode(input, op_of(SIGN)->in, &object, &small,
				   &why);
		assert_true(rc == KMS_RC_NO_MEMORY || rc == KMS_RC_BAD_INPUT);
		arena_clear(&small);
	}
}

static void query(const char *text, enum kms_rc rc, const char *want)
{
	struct bytes json = { 0 };
	struct bytes why = { 0 };

	arena_reset(&arena);
	assert_int_equal(fields_from_query(&json, op_of(LIST)->in,
					   bytes_of_text(text), &arena, &why),
			 rc);
	if (rc)
		json = why;
	assert_int_equal(json.len, strlen(want));
	assert_memory_equal(json.ptr, want, json.len);
}

static void a_query_becomes_an_object(void **state)
{
	(void)state;
	query("", KMS_RC_OK, "{}");
	query("Limit=5&Marker=7", KMS_RC_OK, "{\"Limit\":5,\"Marker\":\"7\"}");
	query("Limit=x&&Marker", KMS_RC_OK,
	      "{\"Limit\":\"x\",\"Marker\":\"\"}");
	query("Limit={}", KMS_RC_OK, "{\"Limit\":\"{}\"}");
	query("M%61rker=a%20b+%22c%00", KMS_RC_OK,
	      "{\"Marker\":\"a b \\\"c\\u0000\"}");
	query("a=%2", KMS_RC_BAD_INPUT, "the query string is malformed");
	query("a=%zz", KMS_RC_BAD_INPUT, "the query string is malformed");
	query("%=1", KMS_RC_BAD_INPUT, "the query string is malformed");
}

static void a_query_says_what_it_names_and_says_it_once(void **state)
{
	(void)state;
	query("a=1&a=2&limit=3&Limit%00x=4&=5", KMS_RC_OK, "{}");
	query("Marker=1&Limit=2&Marke%72=1", KMS_RC_BAD_INPUT,
	      "the query string has 'Marker' more than once");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_members_are_told_in_one_answer),
		cmocka_unit_test(a_name_outside_the_enumeration_is_echoed),
		cmocka_unit_test(
			numbers_out_of_range_are_told_with_their_bound),
		cmocka_unit_test(lengths_count_characters),
		cmocka_unit_test(blobs_and_grant_tokens_are_not_echoed),
		cmocka_unit_test(lists_are_bounded_and_counted_from_one),
		cmocka_unit_test(patterns_are_told_as_aws_writes_them),
		cmocka_unit_test(members_are_decoded_into_the_struct),
		cmocka_unit_test(absent_members_stay_absent),
		cmocka_unit_test(only_objects_are_bodies),
		cmocka_unit_test(a_full_arena_is_told),
		cmocka_unit_test(a_query_becomes_an_object),
		cmocka_unit_test(a_query_says_what_it_names_and_says_it_once),
	};

	return cmocka_run_group_tests(tests, decode_open, decode_close);
}
