/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json.h"
#include "test/unit/seed.h"

#include <string.h>

/* Parses a copy of exactly len bytes, so that a sanitizer sees overreads. */
static enum kms_rc parse_exact(const char *text, size_t len)
{
	struct json_value v = { 0 };
	char *copy = malloc(len ? len : 1);
	enum kms_rc rc = KMS_RC_INTERNAL;

	assert_non_null(copy);
	memcpy(copy, text, len);
	rc = json_parse(&v, bytes_of(copy, len));
	free(copy);
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

static void the_writer_writes_what_aws_writes(void **state)
{
	struct json_writer w = { 0 };
	char out[512];

	(void)state;
	json_begin(&w, out, sizeof(out));
	json_object(&w);
	json_name(&w, "s");
	json_put_text(&w, "a\"\\\n\x01\x7f");
	json_name(&w, "b");
	json_put_base64(&w, "\xfb\xff", 2);
	json_name(&w, "u");
	json_put_base64url(&w, "\xfb\xff", 2);
	json_name(&w, "t");
	json_put_time_ms(&w, 1571767572317);
	json_name(&w, "t2");
	json_put_time_ms(&w, 5);
	json_name(&w, "n");
	json_put_int(&w, INT64_MIN);
	json_name(&w, "z");
	json_put_int(&w, 0);
	json_name(&w, "l");
	json_array(&w);
	json_put_bool(&w, true);
	json_object(&w);
	json_end(&w);
	json_put_raw(&w, bytes_of("{}", 2));
	json_put_bool(&w, false);
	json_end(&w);
	json_end(&w);
	assert_int_equal(json_writer_done(&w), 0);
	assert_text(bytes_of(out, w.len),
		    "{\"s\":\"a\\\"\\\\\\n\\u0001\\u007f\",\"b\":\"+/8=\","
		    "\"u\":\"-_8\","
		    "\"t\":1571767572.317,\"t2\":0.005,"
		    "\"n\":-9223372036854775808,\"z\":0,"
		    "\"l\":[true,{},{},false]}");
}

static void the_writer_remembers_that_it_was_too_short(void **state)
{
	struct json_writer w = { 0 };
	char out[32];

	(void)state;
	for (size_t cap = 0; cap <= 12; cap++) {
		json_begin(&w, out, cap);
		json_object(&w);
		json_name(&w, "abc");
		json_put_int(&w, 1234);
		json_end(&w);
		assert_int_equal(json_writer_done(&w),
				 cap < 12 ? KMS_RC_SHORT_BUFFER : KMS_RC_OK);
		assert_true(w.len <= cap);
	}
}

static void a_misused_writer_is_not_done(void **state)
{
	struct json_writer w = { 0 };
	char out[128];

	(void)state;
	json_begin(&w, out, sizeof(out));
	json_object(&w);
	assert_int_equal(json_writer_done(&w), KMS_RC_INTERNAL);
	json_put_int(&w, 1); /* a member without a name */
	json_end(&w);
	assert_int_equal(json_writer_done(&w), KMS_RC_INTERNAL);
	json_begin(&w, out, sizeof(out));
	json_put_int(&w, 1);
	json_put_int(&w, 2); /* a second text */
	assert_int_equal(json_writer_done(&w), KMS_RC_INTERNAL);
	json_begin(&w, out, sizeof(out));
	json_array(&w);
	json_name(&w, "a"); /* a name in an array */
	json_put_int(&w, 2);
	json_end(&w);
	assert_int_equal(json_writer_done(&w), KMS_RC_INTERNAL);
	json_begin(&w, out, sizeof(out));
	json_end(&w);
	assert_int_equal(json_writer_done(&w), KMS_RC_INTERNAL);
	json_begin(&w, out, sizeof(out));
	for (int i = 0; i < 40; i++)
		json_array(&w);
	for (int i = 0; i < 40; i++)
		json_end(&w);
	assert_int_equal(json_writer_done(&w), KMS_RC_INTERNAL);
}

/* Writes a random value; gives how deep it went. */
static void write_random(struct json_writer *w, struct prng *p)
{
	uint8_t raw[24];
	unsigned int open = 0;
	bool object[JSON_DEPTH_MAX];
	unsigned int budget = 40;
	unsigned int serial = 0;
	char name[32];

	do {
		size_t kind = prng_below(p, 8);

		if (open && (kind == 0 || !budget)) {
			json_end(w);
			open--;
			continue;
		}
		if (!budget)
			break;
		budget--;
		if (open && object[open - 1]) {
			snprintf(name, sizeof(name), "%u\"\xc3\xa9", serial++);
			json_name(w, name);
		}
		prng_fill(p, raw, sizeof(raw));
		switch (kind) {
		case 1:
		case 2:
			if (open == JSON_DEPTH_MAX) {
				json_put_bool(w, raw[0] & 1);
				break;
			}
			object[open++] = kind == 1;
			if (kind == 1)
				json_object(w);
			else
				json_array(w);
			break;
		case 3:
			json_put_int(w, (int64_t)prng_next(p));
			break;
		case 4:
			json_put_base64(w, raw, prng_below(p, sizeof(raw)));
			break;
		case 5:
			json_put_time_ms(w, (int64_t)prng_next(p));
			break;
		default:
			/* Mostly broken UTF-8. */
			json_put_string(w, bytes_of(raw, prng_below(p, 24)));
			break;
		}
	} while (open);
}

static void what_the_writer_writes_parses(void **state)
{
	struct prng p = prng_start();
	struct json_writer w = { 0 };
	struct json_value v = { 0 };
	static char out[8192];

	(void)state;
	for (int i = 0; i < 3000; i++) {
		json_begin(&w, out, sizeof(out));
		write_random(&w, &p);
		assert_int_equal(json_writer_done(&w), 0);
		if (json_parse(&v, bytes_of(out, w.len)))
			fail_msg("%.*s", (int)w.len, out);
		assert_int_equal(v.raw.len + (v.type == JSON_STRING ? 2 : 0),
				 w.len);
	}
}

static void strings_survive_writing_and_reading(void **state)
{
	static const uint32_t bounds[] = { 0x80, 0x800, 0xd800, 0x10000 };
	struct prng p = prng_start();
	struct json_writer w = { 0 };
	struct json_value v = { 0 };
	char utf8[8] = { 0 };
	char text[64];
	char back[8];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		uint32_t c = (uint32_t)prng_below(&p, bounds[i % 4]);
		size_t n = 0;

		if (c < 0x80) {
			utf8[n++] = (char)c;
		} else if (c < 0x800) {
			utf8[n++] = (char)(0xc0 | c >> 6);
			utf8[n++] = (char)(0x80 | (c & 63));
		} else {
			if (c >= 0xd800 && c < 0xe000)
				continue;
			utf8[n++] = (char)(0xe0 | c >> 12);
			utf8[n++] = (char)(0x80 | (c >> 6 & 63));
			utf8[n++] = (char)(0x80 | (c & 63));
		}
		json_begin(&w, text, sizeof(text));
		json_put_string(&w, bytes_of(utf8, n));
		assert_int_equal(json_writer_done(&w), 0);
		assert_int_equal(json_parse(&v, bytes_of(text, w.len)), 0);
		assert_int_equal(json_string(&v, back, sizeof(back), &len), 0);
		assert_int_equal(len, n);
		assert_memory_equal(back, utf8, n);
		assert_int_equal(json_string_chars(&v), 1);
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
		cmocka_unit_test(the_writer_writes_what_aws_writes),
		cmocka_unit_test(the_writer_remembers_that_it_was_too_short),
		cmocka_unit_test(a_misused_writer_is_not_done),
		cmocka_unit_test(what_the_writer_writes_parses),
		cmocka_unit_test(strings_survive_writing_and_reading),
		cmocka_unit_test(mutations_never_break_the_parser),
		cmocka_unit_test(depth_counts_containers_inside_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
