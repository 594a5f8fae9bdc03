/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json.h"
#include "test/unit/seed.h"

#include <string.h>

static void the_writer_writes_what_aws_writes(void **state)
{
	static const char want[] =
		"{\"s\":\"a\\\"\\\\\\n\\u0001\\u007f\",\"b\":\"+/8=\","
		"\"u\":\"-_8\","
		"\"t\":1571767572.317,\"t2\":0.005,"
		"\"n\":-9223372036854775808,\"z\":0,"
		"\"l\":[true,{},{},false]}";
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
	assert_int_equal(w.len, strlen(want));
	assert_memory_equal(out, want, w.len);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_writer_writes_what_aws_writes),
		cmocka_unit_test(the_writer_remembers_that_it_was_too_short),
		cmocka_unit_test(a_misused_writer_is_not_done),
		cmocka_unit_test(what_the_writer_writes_parses),
		cmocka_unit_test(strings_survive_writing_and_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
