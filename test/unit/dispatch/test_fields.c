/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of every row of the table, and AWS's texts word for word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base64.h"
#include "host/dispatch/fields.h"
#include "host/service/aws.h"
#include "host/service/ops.h"
#include "test/unit/seed.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;
static char message[16384];
static uint64_t input[256];

static int start(void **state)
{
	(void)state;
	return arena_init(&arena, 4 * 1024 * 1024);
}

static int end(void **state)
{
	(void)state;
	arena_clear(&arena);
	return 0;
}

static const struct op *op_of(const char *target)
{
	for (size_t i = 0; i < kms_op_count; i++)
		if (kms_ops[i].target && !strcmp(kms_ops[i].target, target))
			return &kms_ops[i];
	fail_msg("no row %s", target);
	return NULL;
}

/* Decodes text for the op; the message stands in message. */
static enum kms_rc decode(const struct op *op, const char *text, size_t len)
{
	struct json_value object = { 0 };
	struct bytes why = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	arena_reset(&arena);
	memset(input, 0, sizeof(input));
	assert_true(op->in_size <= sizeof(input));
	rc = json_parse(&object, bytes_of(text, len));
	if (rc)
		return rc;
	rc = fields_decode(input, op->in, &object, &arena, &why);
	snprintf(message, sizeof(message), "%.*s", (int)why.len,
		 why.ptr ? (const char *)why.ptr : "");
	return rc;
}

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

/* --- the walk over all rows --- */

static void put_hex(struct json_writer *w, size_t len)
{
	char text[256] = "0x";

	assert_true(2 + 2 * len < sizeof(text));
	memset(text + 2, '0', 2 * len);
	json_put_text(w, text);
}

static void put_base64url(struct json_writer *w, size_t len)
{
	static const char zeros[128];
	char text[256];

	assert_true(len <= sizeof(zeros));
	json_put_string(w, bytes_of(text, base64url_encode(text, zeros, len)));
}

static void put_good(struct json_writer *w, const struct field *f);

/* An object of good members; NOLINTNEXTLINE: as deep as the table. */
static void put_good_object(struct json_writer *w, const struct field *fields)
{
	json_object(w);
	for (; fields->name; fields++) {
		json_name(w, fields->name);
		put_good(w, fields);
	}
	json_end(w);
}

/* A JSON value that satisfies the field. */
static void put_good(struct json_writer *w, const struct field *f)
{
	char text[64];

	memset(text, 'a', sizeof(text));
	switch (f->type) {
	case T_STRING:
		json_put_string(w, bytes_of(text, f->min ? (size_t)f->min : 1));
		break;
	case T_BLOB:
		json_put_base64(w, text, (size_t)f->min);
		break;
	case T_ENUM:
		json_put_text(w, f->set->names[0]);
		break;
	case T_INT:
		json_put_int(w, f->min);
		break;
	case T_BOOL:
		json_put_bool(w, true);
		break;
	case T_HEX:
		put_hex(w, (size_t)f->min);
		break;
	case T_BASE64URL:
		put_base64url(w, (size_t)f->min);
		break;
	case T_UINT:
		json_put_int(w, 7);
		break;
	case T_STRUCT:
		put_good_object(w, f->sub);
		break;
	default:
		json_array(w);
		json_end(w);
		break;
	}
}

/* A JSON value of the wrong JSON type. */
static void put_wrong_type(struct json_writer *w, const struct field *f)
{
	if (f->type == T_STRING || f->type == T_ENUM || f->type == T_BLOB ||
	    f->type == T_HEX || f->type == T_BASE64URL)
		json_put_int(w, 7);
	else
		json_put_text(w, "7");
}

static void put_too_long(struct json_writer *w, const struct field *f)
{
	static char text[140000];
	size_t len = (size_t)f->max + 1;

	if (f->type == T_HEX || f->type == T_BASE64URL) {
		/* Two characters of hexadecimal, or four of three bytes. */
		len = f->type == T_HEX ? 2 * len : BASE64_LEN(len + 2);
		memset(text, f->type == T_HEX ? '0' : 'A', sizeof(text));
		json_put_string(w, bytes_of(text, len));
		return;
	}

	assert_true(f->type == T_INT || len < sizeof(text));
	memset(text, 'a', sizeof(text));
	if (f->type == T_INT)
		json_put_int(w, (int64_t)f->max + 1);
	else if (f->type == T_BLOB)
		json_put_base64(w, text, len);
	else
		json_put_string(w, bytes_of(text, len));
}

static void put_not_in_set(struct json_writer *w, const struct field *f)
{
	(void)f;
	json_put_text(w, "NOT_ONE_OF_THEM");
}

typedef void put_value(struct json_writer *w, const struct field *f);

/* A body of which only the field special is not good; NULL leaves it out. */
static enum kms_rc decode_with(const struct op *op, const struct field *special,
			       put_value *put)
{
	static char body[300000];
	struct json_writer w = { 0 };

	json_begin(&w, body, sizeof(body));
	json_object(&w);
	for (const struct field *f = op->in; f->name; f++) {
		if (f == special && !put)
			continue;
		json_name(&w, f->name);
		if (f == special)
			put(&w, f);
		else
			put_good(&w, f);
	}
	json_end(&w);
	assert_int_equal(json_writer_done(&w), 0);
	return decode(op, body, w.len);
}

static const char *path_of(const struct field *f)
{
	static char path[64];

	snprintf(path, sizeof(path), "%c%s", tolower((unsigned char)f->name[0]),
		 f->name + 1);
	return path;
}

static void assert_one_violation(const struct field *f, const char *text)
{
	char want[512];

	snprintf(want, sizeof(want),
		 " at '%s' failed to satisfy constraint: %s", path_of(f), text);
	if (strncmp(message, "1 validation error detected: Value",
		    strlen("1 validation error detected: Value")) ||
	    !strstr(message, want))
		fail_msg("%s: %s, not %s", f->name, message, want);
}

static void every_row_takes_good_members_and_its_example(void **state)
{
	(void)state;
	for (size_t i = 0; i < kms_op_count; i++) {
		const struct op *op = &kms_ops[i];

		assert_int_equal(decode_with(op, NULL, NULL), 0);
		if (op->target)
			assert_int_equal(
				decode(op, op->example, strlen(op->example)),
				0);
	}
}

static void every_row_tells_a_missing_required_member(void **state)
{
	(void)state;
	for (size_t i = 0; i < kms_op_count; i++) {
		for (const struct field *f = kms_ops[i].in; f->name; f++) {
			enum kms_rc rc = decode_with(&kms_ops[i], f, NULL);

			if (!(f->flags & FIELD_REQUIRED)) {
				assert_int_equal(rc, 0);
				continue;
			}
			assert_int_equal(rc, KMS_RC_BAD_INPUT);
			assert_one_violation(f, "Member must not be null");
			assert_non_null(strstr(message, "Value null at"));
		}
	}
}

static void every_row_refuses_a_wrong_json_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < kms_op_count; i++)
		for (const struct field *f = kms_ops[i].in; f->name; f++)
			assert_int_equal(
				decode_with(&kms_ops[i], f, put_wrong_type),
				KMS_RC_SERIALIZATION);
}

static void every_row_tells_what_is_too_long(void **state)
{
	char text[96];

	(void)state;
	for (size_t i = 0; i < kms_op_count; i++) {
		for (const struct field *f = kms_ops[i].in; f->name; f++) {
			if (!f->max || f->type == T_STRINGS)
				continue;
			assert_int_equal(
				decode_with(&kms_ops[i], f, put_too_long),
				KMS_RC_BAD_INPUT);
			snprintf(text, sizeof(text),
				 "Member must have %s less than or equal to %d",
				 f->type == T_INT ? "value" : "length",
				 (int)f->max);
			assert_one_violation(f, text);
			if (f->type == T_BLOB)
				assert_non_null(strstr(message, "Value at "));
		}
	}
}

static void every_row_tells_the_set_of_an_enumeration(void **state)
{
	char text[80];

	(void)state;
	for (size_t i = 0; i < kms_op_count; i++) {
		for (const struct field *f = kms_ops[i].in; f->name; f++) {
			if (f->type != T_ENUM)
				continue;
			assert_int_equal(
				decode_with(&kms_ops[i], f, put_not_in_set),
				KMS_RC_BAD_INPUT);
			snprintf(text, sizeof(text),
				 "Member must satisfy enum value set: [%s",
				 f->set->names[0]);
			assert_one_violation(f, text);
			assert_non_null(strstr(message, "'NOT_ONE_OF_THEM'"));
		}
	}
}

static size_t size_of(uint8_t type)
{
	switch (type) {
	case T_STRING:
	case T_BLOB:
	case T_HEX:
	case T_BASE64URL:
		return sizeof(struct bytes);
	case T_UINT:
		return sizeof(struct op_uint);
	case T_LIST:
		return sizeof(struct json_value);
	case T_ENUM:
		return sizeof(unsigned int);
	case T_INT:
		return sizeof(struct op_int);
	case T_BOOL:
		return sizeof(bool);
	case T_STRINGS:
		return sizeof(struct op_strings);
	case T_STRUCTS:
		return sizeof(struct op_structs);
	default:
		return 0;
	}
}

static void assert_fields_are_sound(const struct field *fields, size_t in_size)
{
	size_t count = 0;

	for (const struct field *f = fields; f->name; f++, count++) {
		assert_true(f->type == T_STRUCT || f->size == size_of(f->type));
		assert_true(f->offset + f->size <= in_size);
		assert_true(f->min <= f->max);
		assert_true(strlen(f->name) < 48);
		assert_true((f->type == T_ENUM) == (f->set != NULL));
		assert_true((f->type == T_STRUCTS || f->type == T_STRUCT) ==
			    (f->sub != NULL));
	}
	assert_true(count <= FIELDS_MAX);
}

static void every_row_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < kms_op_count; i++) {
		const struct op *op = &kms_ops[i];

		assert_non_null(op->name);
		assert_non_null(op->run);
		assert_non_null(op->doc);
		assert_non_null(op->in);
		assert_non_null(op->out);
		assert_true(op->target || (op->method && op->path));
		assert_true(!op->target || op->example);
		assert_fields_are_sound(op->in, op->in_size);
		for (const struct field *f = op->in; f->name; f++) {
			if (!f->sub)
				continue;
			assert_fields_are_sound(f->sub, f->type == T_STRUCT
								? f->size
								: f->sub_size);
			if (f->type == T_STRUCT)
				continue;
			for (const struct field *s = f->sub; s->name; s++)
				assert_true(s->type < T_STRINGS);
		}
		assert_true(!op->when || op->target);
		/* Of the rows of a target one is for all other bodies. */
		for (size_t k = 0; op->target && !op->when && k < i; k++)
			assert_true(!kms_ops[k].target || kms_ops[k].when ||
				    strcmp(op->target, kms_ops[k].target));
	}
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

static void random_bodies_never_break_the_check(void **state)
{
	static const char spice[] = "{}[]\",:\\u0nul1e-9=+/AZ\xc3\xa9";
	struct prng p = prng_start();
	char body[1024];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		const struct op *op = &kms_ops[prng_below(&p, kms_op_count)];
		size_t len = 0;

		if (!op->target)
			continue;
		len = strlen(op->example);
		assert_true(len < sizeof(body));
		memcpy(body, op->example, len);
		for (size_t k = prng_below(&p, 3); k < 3; k++)
			body[prng_below(&p, len)] =
				spice[prng_below(&p, sizeof(spice) - 1)];
		(void)!decode(op, body, len);
	}
}

static void query(const char *text, enum kms_rc rc, const char *want)
{
	struct bytes json = { 0 };

	arena_reset(&arena);
	assert_int_equal(fields_from_query(&json, op_of(LIST)->in,
					   bytes_of_text(text), &arena),
			 rc);
	if (rc)
		return;
	assert_int_equal(json.len, strlen(want));
	assert_memory_equal(json.ptr, want, json.len);
}

static void a_query_becomes_an_object(void **state)
{
	(void)state;
	query("", KMS_RC_OK, "{}");
	query("Limit=5&Marker=7", KMS_RC_OK, "{\"Limit\":5,\"Marker\":\"7\"}");
	query("Limit=x&&a", KMS_RC_OK, "{\"Limit\":\"x\",\"a\":\"\"}");
	query("Limit={}", KMS_RC_OK, "{\"Limit\":\"{}\"}");
	query("M%61rker=a%20b+%22c%00", KMS_RC_OK,
	      "{\"Marker\":\"a b \\\"c\\u0000\"}");
	query("a=%2", KMS_RC_BAD_INPUT, NULL);
	query("a=%zz", KMS_RC_BAD_INPUT, NULL);
	query("%=1", KMS_RC_BAD_INPUT, NULL);
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
		cmocka_unit_test(every_row_takes_good_members_and_its_example),
		cmocka_unit_test(every_row_tells_a_missing_required_member),
		cmocka_unit_test(every_row_refuses_a_wrong_json_type),
		cmocka_unit_test(every_row_tells_what_is_too_long),
		cmocka_unit_test(every_row_tells_the_set_of_an_enumeration),
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(a_full_arena_is_told),
		cmocka_unit_test(random_bodies_never_break_the_check),
		cmocka_unit_test(a_query_becomes_an_object),
	};

	return cmocka_run_group_tests(tests, start, end);
}
