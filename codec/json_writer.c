/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include "codec/utf8.h"
#include "common/base64.h"
#include "common/decimal.h"

#include <string.h>

#define WRITER_DEPTH_MAX 31 /* bits of comma and objects, one is the root's */

/* out is written to later. NOLINTNEXTLINE(readability-non-const-parameter) */
void json_begin(struct json_writer *w, char *out, size_t cap)
{
	*w = (struct json_writer){ .ptr = out, .cap = cap };
}

/* Room for len characters, or NULL. */
static char *reserve(struct json_writer *w, size_t len)
{
	size_t at = w->len;

	if (w->failed || len > w->cap - w->len) {
		w->failed = true;
		return NULL;
	}
	w->len += len;
	return w->ptr + at;
}

static void put(struct json_writer *w, const void *text, size_t len)
{
	char *p = reserve(w, len);

	if (p && len)
		memcpy(p, text, len);
}

static bool is_object(const struct json_writer *w)
{
	return w->objects >> w->depth & 1;
}

static void put_comma(struct json_writer *w)
{
	if (w->comma >> w->depth & 1)
		put(w, ",", 1);
	w->comma |= (uint32_t)1 << w->depth;
}

/* What stands before each value; a member needs its name first. */
static void begin_value(struct json_writer *w)
{
	if (is_object(w)) {
		w->misused |= !w->after_name;
		w->after_name = false;
		return;
	}
	w->misused |= !w->depth && w->len;
	put_comma(w);
}

static void open_container(struct json_writer *w, bool object)
{
	begin_value(w);
	put(w, object ? "{" : "[", 1);
	if (w->depth == WRITER_DEPTH_MAX) {
		w->misused = true;
		return;
	}
	w->depth++;
	w->comma &= ~((uint32_t)1 << w->depth);
	w->objects &= ~((uint32_t)1 << w->depth);
	w->objects |= (uint32_t)object << w->depth;
}

void json_object(struct json_writer *w)
{
	open_container(w, true);
}

void json_array(struct json_writer *w)
{
	open_container(w, false);
}

void json_end(struct json_writer *w)
{
	if (!w->depth || w->after_name) {
		w->misused = true;
		return;
	}
	put(w, is_object(w) ? "}" : "]", 1);
	w->depth--;
}

static void put_escaped(struct json_writer *w, uint8_t c)
{
	static const char digits[] = "0123456789abcdef";
	char u[6] = { '\\', 'u', '0', '0', digits[c >> 4], digits[c & 15] };

	switch (c) {
	case '"':
		put(w, "\\\"", 2);
		break;
	case '\\':
		put(w, "\\\\", 2);
		break;
	case '\n':
		put(w, "\\n", 2);
		break;
	case '\r':
		put(w, "\\r", 2);
		break;
	case '\t':
		put(w, "\\t", 2);
		break;
	default:
		put(w, u, sizeof(u));
		break;
	}
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void put_quoted(struct json_writer *w, struct bytes s)
{
	size_t i = 0;

	put(w, "\"", 1);
	while (i < s.len) {
		size_t start = i;
		size_t n = 0;

		while (i < s.len && is_plain(s.ptr[i]))
			i++;
		put(w, s.ptr + start, i - start);
		if (i == s.len)
			break;
		n = utf8_len(s.ptr + i, s.len - i);
		/* The text may be hostile; the JSON stays well-formed. */
		if (!n)
			put(w, "\xef\xbf\xbd", 3);
		else if (n == 1)
			put_escaped(w, s.ptr[i]);
		else
			put(w, s.ptr + i, n);
		i += n ? n : 1;
	}
	put(w, "\"", 1);
}

void json_name(struct json_writer *w, const char *name)
{
	w->misused |= !is_object(w) || w->after_name;
	put_comma(w);
	put_quoted(w, bytes_of_text(name));
	put(w, ":", 1);
	w->after_name = true;
}

void json_put_text(struct json_writer *w, const char *text)
{
	json_put_string(w, bytes_of_text(text));
}

void json_put_string(struct json_writer *w, struct bytes utf8)
{
	begin_value(w);
	put_quoted(w, utf8);
}

void json_put_base64(struct json_writer *w, const void *data, size_t len)
{
	char *p = NULL;

	begin_value(w);
	put(w, "\"", 1);
	p = reserve(w, BASE64_LEN(len));
	if (p)
		base64_encode(p, data, len);
	put(w, "\"", 1);
}

void json_put_base64url(struct json_writer *w, const void *data, size_t len)
{
	char *p = NULL;

	begin_value(w);
	put(w, "\"", 1);
	p = reserve(w, BASE64URL_LEN(len));
	if (p)
		base64url_encode(p, data, len);
	put(w, "\"", 1);
}

/* Decimal digits of value, at least width of them. */
static void put_digits(struct json_writer *w, uint64_t value, size_t width)
{
	char text[DECIMAL_U64_MAX];
	size_t len = decimal_put(text, value);

	for (; width > len; width--)
		put(w, "0", 1);
	put(w, text, len);
}

static uint64_t put_sign(struct json_writer *w, int64_t value)
{
	if (value >= 0)
		return (uint64_t)value;
	put(w, "-", 1);
	return 0 - (uint64_t)value;
}

void json_put_int(struct json_writer *w, int64_t value)
{
	begin_value(w);
	put_digits(w, put_sign(w, value), 1);
}

void json_put_time_ms(struct json_writer *w, int64_t ms)
{
	uint64_t size = 0;

	begin_value(w);
	size = put_sign(w, ms);
	put_digits(w, size / 1000, 1);
	put(w, ".", 1);
	put_digits(w, size % 1000, 3);
}

void json_put_bool(struct json_writer *w, bool value)
{
	begin_value(w);
	put(w, value ? "true" : "false", value ? 4 : 5);
}

void json_put_raw(struct json_writer *w, struct bytes json)
{
	begin_value(w);
	put(w, json.ptr, json.len);
}

enum kms_rc json_writer_done(const struct json_writer *w)
{
	if (w->failed)
		return KMS_RC_SHORT_BUFFER;
	if (w->misused || w->depth || w->after_name)
		return KMS_RC_INTERNAL;
	return KMS_RC_OK;
}

void json_text_member(struct json_writer *w, const char *name, const char *text)
{
	json_name(w, name);
	json_put_text(w, text);
}

void json_int_member(struct json_writer *w, const char *name, int64_t value)
{
	json_name(w, name);
	json_put_int(w, value);
}

void json_bool_member(struct json_writer *w, const char *name, bool value)
{
	json_name(w, name);
	json_put_bool(w, value);
}
