/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text: what is accepted can be written again, and writing it again
 * changes nothing more (the writer's form is canonical).
 */
#include "codec/json.h"
#include "fuzz/fuzz.h"

#include <string.h>

#define TEXT_MAX 65536

struct level {
	struct json_value container;
	size_t pos;
};

/* Unescapes a name; false when a C string cannot hold it. */
static bool put_name(struct json_writer *w, const struct json_value *name)
{
	static char text[TEXT_MAX];
	size_t len = 0;

	fuzz_check(!json_string(name, text, sizeof(text) - 1, &len));
	text[len] = '\0';
	json_name(w, text);
	return strlen(text) == len;
}

static void put_scalar(struct json_writer *w, const struct json_value *v)
{
	static char text[TEXT_MAX];
	size_t len = 0;
	int64_t n = 0;

	if (v->type == JSON_STRING) {
		fuzz_check(!json_string(v, text, sizeof(text), &len));
		fuzz_check(json_string_chars(v) <= len);
		json_put_string(w, bytes_of(text, len));
	} else if (!json_int64(v, &n)) {
		json_put_int(w, n);
	} else {
		json_put_raw(w, v->raw);
	}
}

static bool is_container(const struct json_value *v)
{
	return v->type == JSON_OBJECT || v->type == JSON_ARRAY;
}

static void open_container(struct json_writer *w, const struct json_value *v)
{
	if (v->type == JSON_OBJECT)
		json_object(w);
	else
		json_array(w);
}

/* Writes a parsed text anew; false when a name holds a zero byte. */
static bool rewrite(struct json_writer *w, const struct json_value *top)
{
	struct level levels[JSON_DEPTH_MAX + 1] = { { *top, 0 } };
	struct json_value name = { 0 };
	struct json_value v = { 0 };
	size_t depth = 0;

	if (!is_container(top)) {
		put_scalar(w, top);
		return true;
	}
	open_container(w, top);
	for (;;) {
		struct level *l = &levels[depth];

		if (!json_next(&l->container, &l->pos, &name, &v)) {
			json_end(w);
			if (!depth--)
				return true;
			continue;
		}
		if (l->container.type == JSON_OBJECT && !put_name(w, &name))
			return false;
		if (!is_container(&v)) {
			put_scalar(w, &v);
			continue;
		}
		fuzz_check(depth < JSON_DEPTH_MAX);
		levels[++depth] = (struct level){ v, 0 };
		open_container(w, &v);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first[8 * TEXT_MAX];
	static char second[8 * TEXT_MAX];
	struct json_writer w = { 0 };
	struct json_writer again = { 0 };
	struct json_value v = { 0 };

	if (size >= TEXT_MAX || json_parse(&v, bytes_of(data, size)))
		return 0;
	json_begin(&w, first, sizeof(first));
	if (!rewrite(&w, &v))
		return 0;
	fuzz_check(!json_writer_done(&w));
	fuzz_check(!json_parse(&v, bytes_of(first, w.len)));
	json_begin(&again, second, sizeof(second));
	fuzz_check(rewrite(&again, &v));
	fuzz_check(again.len == w.len);
	fuzz_check(bytes_equal_var(bytes_of(first, w.len),
				   bytes_of(second, again.len)));
	return 0;
}
