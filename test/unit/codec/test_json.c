/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json.h"
#include "test/unit/codec/exact.h"
#include "test/unit/seed.h"

#include <string.h>

static enum kms_rc parse_exact(const char *text, size_t len)
{
	struct json_value v = { 0 };
	struct bytes copy = exact_copy(text, len);
	enum kms_rc rc = json_parse(&v, copy);

	exact_free(&copy);
	return rc;
}

static struct json_value parse(const char *text)
{
	struct json_value v = { 0 };

	assert_int_equal(json_parse(&v, bytes_of_text(text)), 0);
	return v;
}

static void assert_text(struct bytes got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.ptr, want, got.len);
}

static void well_formed_texts_are_accepted(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" { } ",
		"\t[\n]\r",
		"null",
		"true",
		"false",
		"0",
		"-0",
		"-12.50e+7",
		"1E5",
		"0.1",
		"\"\"",
		"\"\\u0000\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		"\"\\ud83d\\ude00\"",
		"\"\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80\"",
		"{\"a\":1,\"A\":1,\"\":{\"a\":[{},[]]}}",
		"[1 , 2,[3,[4]] ,{\"a\" : {\"a\":null}}]",
		"\"\x7f\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (parse_exact(texts[i], strlen(texts[i])))
			fail_msg("refused: %s", texts[i]);
}

static void malformed_texts_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"{",
		"}",
		"[",
		"]",
		"[1",
		"[1,",
		"[1,]",
		"[,1]",
		"[1 2]",
		"{]",
		"[}",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{,}",
		"{a:1}",
		"{'a':1}",
		"{\"a\" 1}",
		"{1:1}",
		"{null:1}",
		"nul",
		"nulll",
		"True",
		"NaN",
		"Infinity",
		"-",
		"+1",
		"01",
		"1.",
		".5",
		"1e",
		"1e+",
		"0x10",
		"1_0",
		"- 1",
		"-a",
		"\"",
		"\"a",
		"\"\\\"",
		"\"\\x41\"",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\\U0041\"",
		"\"\n\"",
		"\"\t\"",
		"\"\x1f\"",
		"{} {}",
		"1 2",
		"[]]",
		"{}}",
		"/**/1",
		"1//",
		"\xef\xbb\xbf{}",
		"\"a\" \"b\"",
		"{\"a\":1 \"b\":2}",
		"[1}",
		"{\"a\":1]",
		"\f1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (parse_exact(texts[i], strlen(texts[i])) !=
		    KMS_RC_SERIALIZATION)
			fail_msg("accepted: %s", texts[i]);
	assert_int_equal(parse_exact("1\0", 2), KMS_RC_SERIALIZATION);
	assert_int_equal(parse_exact("\"\\\0\"", 4), KMS_RC_SERIALIZATION);
}

static void broken_utf8_is_refused(void **state)
{
	static const char *const texts[] = {
		"\"\x80\"",
		"\"\xc0\x80\"", /* overlong NUL */
		"\"\xc1\xbf\"",
		"\"\xc3\"",
		"\"\xe0\x9f\xbf\"",
		"\"\xed\xa0\x80\"", /* surrogate */
		"\"\xe2\x82\"",
		"\"\xf0\x8f\xbf\xbf\"",
		"\"\xf4\x90\x80\x80\"", /* over U+10FFFF */
		"\"\xf5\x80\x80\x80\"",
		"\"\xff\"",
		"{\"\xc3\x28\":1}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(parse_exact(texts[i], strlen(texts[i])),
				 KMS_RC_SERIALIZATION);
}

static void lone_surrogates_are_refused(void **state)
{
	static const char *const texts[] = {
		"\"\\ud800\"",	      "\"\\udc00\"",
		"\"\\ud800a\"",	      "\"\\ud800\\n\"",
		"\"\\ud800\\ud800\"", "\"\\ud800\\u0041\"",
		"\"\\udc00\\ud800\"", "\"\\ud800\\udc0\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(parse_exact(texts[i], strlen(texts[i])),
				 KMS_RC_SERIALIZATION);
}

static void duplicate_names_are_refused(void **state)
{
	static const char *const texts[] = {
		"{\"a\":1,\"a\":1}",
		"{\"a\":1,\"b\":2,\"c\":{},\"a\":1}",
		"{\"a\":1,\"\\u0061\":1}",
		"{\"\\u00e9\":1,\"\xc3\xa9\":1}",
		"{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}",
		"{\"\":1,\"\":1}",
		"{\"\\/\":1,\"/\":1}",
		"[{\"x\":{\"a\":1,\"a\":1}}]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(parse_exact(texts[i], strlen(texts[i])),
				 KMS_RC_SERIALIZATION);
}

static void equal_names_in_different_objects_are_accepted(void **state)
{
	(void)state;
	parse("{\"a\":{\"a\":1},\"b\":{\"a\":1}}");
	parse("[{\"a\":1},{\"a\":1}]");
}

static void depth_is_limited(void **state)
{
	char text[64];

	(void)state;
	for (size_t depth = 1; depth < 20; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		assert_int_equal(parse_exact(text, 2 * depth),
				 depth <= JSON_DEPTH_MAX
					 ? KMS_RC_OK
					 : KMS_RC_SERIALIZATION);
	}
}

/* An object with count members, all different, at *text. */
static size_t wide_object(char *text, size_t cap, size_t count)
{
	size_t n = 0;

	text[n++] = '{';
	for (size_t i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, cap - n, "%s\"%zu\":0",
				      i ? "," : "", (i * 7919) % 100000);
	text[n++] = '}';
	return n;
}

static void members_are_limited(void **state)
{
	static char text[8192];
	size_t n = 0;

	(void)state;
	n = wide_object(text, sizeof(text), JSON_MEMBERS_MAX);
	assert_int_equal(parse_exact(text, n), 0);
	n = wide_object(text, sizeof(text), JSON_MEMBERS_MAX + 1);
	assert_int_equal(parse_exact(text, n), KMS_RC_SERIALIZATION);
}

static void members_of_the_whole_text_are_limited(void **state)
{
	static char text[65536];
	size_t n = 0;

	(void)state;
	for (size_t objects = 16; objects <= 17; objects++) {
		n = 0;
		text[n++] = '[';
		for (size_t i = 0; i < objects; i++) {
			n += wide_object(text + n, sizeof(text) - n, 256);
			text[n++] = ',';
		}
		text[n - 1] = ']';
		assert_int_equal(parse_exact(text, n),
				 objects == 16 ? KMS_RC_OK
					       : KMS_RC_SERIALIZATION);
	}
}

static void members_are_found_by_name(void **state)
{
	struct json_value v = parse(
		" {\"KeyId\" : \"k\\n\" ,\"n\":null,\"\\u0061b\":[1,{\"x\":2}],"
		"\"o\":{\"]\":\"}\\\"\"},\"i\":-5 } ");
	struct json_value m = { 0 };

	(void)state;
	m = json_member(&v, "KeyId");
	assert_int_equal(m.type, JSON_STRING);
	assert_true(m.escaped);
	assert_text(m.raw, "k\\n");
	assert_int_equal(json_member(&v, "n").type, JSON_NULL);
	assert_text(json_member(&v, "ab").raw, "[1,{\"x\":2}]");
	assert_text(json_member(&v, "i").raw, "-5");
	assert_int_equal(json_member(&v, "keyid").type, JSON_ABSENT);
	assert_int_equal(json_member(&v, "x").type, JSON_ABSENT);
	m = json_member(&v, "o");
	m = json_member(&m, "]");
	assert_text(m.raw, "}\\\"");
	assert_int_equal(json_member(&m, "a").type, JSON_ABSENT);
}

static void escaped_quotes_and_backslashes_end_no_string(void **state)
{
	static const char *const texts[] = {
		"",
		"\\\\",
		"\\\"",
		"\\\\\\\"",
		"\\\\\\\\",
		"\\\"\\\"",
		"\\\"a\\\\\\\"b",
		"a\\\\",
		"\\u005c\\\"",
		"\\u0022",
		"\\n\\\\\\\\\\\"\\\\",
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct json_value v = { 0 };
		struct json_value name = { 0 };
		struct json_value value = { 0 };
		size_t pos = 0;

		snprintf(text, sizeof(text), "{\"%s\":[\"%s\"],\"z\":\"%s\"}",
			 texts[i], texts[i], texts[i]);
		v = parse(text);
		assert_true(json_next(&v, &pos, &name, &value));
		assert_text(name.raw, texts[i]);
		assert_int_equal(value.raw.len, strlen(texts[i]) + 4);
		assert_true(json_next(&v, &pos, &name, &value));
		assert_text(name.raw, "z");
		assert_text(value.raw, texts[i]);
		assert_false(json_next(&v, &pos, &name, &value));
	}
}

static void elements_are_walked_in_order(void **state)
{
	struct json_value v = parse("[ 1,\"a,]\",[2,3] , true]");
	static const char *const want[] = { "1", "a,]", "[2,3]", "true" };
	struct json_value e = { 0 };
	size_t pos = 0;
	size_t n = 0;

	(void)state;
	while (json_next(&v, &pos, NULL, &e))
		assert_text(e.raw, want[n++]);
	assert_int_equal(n, 4);
	v = parse("[ ]");
	pos = 0;
	assert_false(json_next(&v, &pos, NULL, &e));
	v = parse("7");
	pos = 0;
	assert_false(json_next(&v, &pos, NULL, &e));
}

static void strings_are_unescaped(void **state)
{
	struct json_value v = parse("\"a\\u00e9\\ud83d\\ude00\\/\\t\\u0000z\"");
	char out[16];
	size_t len = 0;

	(void)state;
	assert_int_equal(json_string(&v, out, sizeof(out), &len), 0);
	assert_int_equal(len, 11);
	assert_memory_equal(out, "a\xc3\xa9\xf0\x9f\x98\x80/\t\0z", 11);
	assert_int_equal(json_string_chars(&v), 7);
	assert_int_equal(json_string(&v, out, 11, &len), 0);
	assert_int_equal(json_string(&v, out, 10, &len), KMS_RC_SHORT_BUFFER);
	v = parse("\"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z\"");
	assert_int_equal(json_string_chars(&v), 5);
	v = parse("\"\"");
	assert_int_equal(json_string_chars(&v), 0);
	v = parse("1");
	assert_int_equal(json_string_chars(&v), 0);
	assert_int_equal(json_string(&v, out, 10, &len), KMS_RC_SERIALIZATION);
}

static void integers_are_exact_or_refused(void **state)
{
	static const struct {
		const char *text;
		enum kms_rc rc;
		int64_t value;
	} rows[] = {
		{ "0", KMS_RC_OK, 0 },
		{ "-0", KMS_RC_OK, 0 },
		{ "1000", KMS_RC_OK, 1000 },
		{ "9223372036854775807", KMS_RC_OK, INT64_MAX },
		{ "-9223372036854775808", KMS_RC_OK, INT64_MIN },
		{ "9223372036854775808", KMS_RC_BAD_INPUT, 0 },
		{ "-9223372036854775809", KMS_RC_BAD_INPUT, 0 },
		{ "99999999999999999999", KMS_RC_BAD_INPUT, 0 },
		{ "1.0", KMS_RC_BAD_INPUT, 0 },
		{ "1e3", KMS_RC_BAD_INPUT, 0 },
		{ "\"1\"", KMS_RC_BAD_INPUT, 0 },
		{ "true", KMS_RC_BAD_INPUT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct json_value v = parse(rows[i].text);
		int64_t n = 1;

		assert_int_equal(json_int64(&v, &n), rows[i].rc);
		assert_true(n == rows[i].value);
	}
}

/* Walks everything, so that a sanitizer sees every byte that is touched. */
static size_t walk(const struct json_value *top)
{
	struct json_value stack[JSON_DEPTH_MAX + 1];
	size_t pos[JSON_DEPTH_MAX + 1] = { 0 };
	size_t depth = 0;
	size_t seen = 0;
	struct json_value v = { 0 };
	struct json_value n = { 0 };

	stack[0] = *top;
	for (;;) {
		if (!json_next(&stack[depth], &pos[depth], &n, &v)) {
			if (!depth)
				return seen;
			depth--;
			continue;
		}
		seen += json_string_chars(&n) + json_string_chars(&v) + 1;
		if (v.type == JSON_ARRAY || v.type == JSON_OBJECT) {
			depth++;
			stack[depth] = v;
			pos[depth] = 0;
		}
	}
}

static void mutations_never_break_the_parser(void **state)
{
	static const char seed_text[] =
		"{\"KeyId\":\"a\\u00e9\\ud83d\\ude00\xc3\xa9\",\"L\":[1,-2.5e7,"
		"{\"x\":null}],\"t\":true,\"f\":false,\"\\u0061\":{}}";
	static const char spice[] = "{}[]\",:\\u0dD8e-+.\xc3\xed\x00 tfn";
	struct prng p = prng_start();
	size_t accepted = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char *copy = malloc(sizeof(seed_text) - 1);
		size_t len = sizeof(seed_text) - 1;
		struct json_value v = { 0 };

		assert_non_null(copy);
		memcpy(copy, seed_text, len);
		for (size_t k = prng_below(&p, 3); k < 3; k++)
			copy[prng_below(&p, len)] =
				spice[prng_below(&p, sizeof(spice) - 1)];
		if (prng_below(&p, 4) == 0)
			len = prng_below(&p, len);
		if (!json_parse(&v, bytes_of(copy, len))) {
			accepted++;
			walk(&v);
		}
		free(copy);
	}
	assert_true(accepted > 10);
}

static void depth_counts_containers_inside_each_other(void **state)
{
	static const struct {
		const char *text;
		unsigned int depth;
	} rows[] = {
		{ "1", 0 },
		{ "\"[[\"", 0 },
		{ "{}", 1 },
		{ " [1] ", 1 },
		{ "[[],[]]", 2 },
		{ "{\"a\":{},\"b\":[{}],\"c\":1}", 3 },
		{ "[\"[\",\"\\\"{\",\"\\\\\",[0],\"]\"]", 2 },
		{ "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", JSON_DEPTH_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct json_value v = parse(rows[i].text);

		assert_int_equal(json_depth(&v), rows[i].depth);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_texts_are_accepted),
		cmocka_unit_test(malformed_texts_are_refused),
		cmocka_unit_test(broken_utf8_is_refused),
		cmocka_unit_test(lone_surrogates_are_refused),
		cmocka_unit_test(duplicate_names_are_refused),
		cmocka_unit_test(equal_names_in_different_objects_are_accepted),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(members_are_limited),
		cmocka_unit_test(members_of_the_whole_text_are_limited),
		cmocka_unit_test(members_are_found_by_name),
		cmocka_unit_test(escaped_quotes_and_backslashes_end_no_string),
		cmocka_unit_test(elements_are_walked_in_order),
		cmocka_unit_test(strings_are_unescaped),
		cmocka_unit_test(integers_are_exact_or_refused),
		cmocka_unit_test(mutations_never_break_the_parser),
		cmocka_unit_test(depth_counts_containers_inside_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
