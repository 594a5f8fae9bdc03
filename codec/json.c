/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/json.h"

#include "codec/utf8.h"

#include <string.h>

/* Names of all objects that are open at once: 1.5 KiB of stack. */
#define NAMES_OPEN_MAX	  384
#define MEMBERS_TOTAL_MAX 4096

struct scan {
	const uint8_t *text;
	size_t len;
	size_t at;
	unsigned int depth;
	uint32_t objects; /* bit per depth: the container is an object */
	uint16_t first[JSON_DEPTH_MAX + 1]; /* of its names */
	uint16_t open;
	uint16_t total;
	uint32_t names[NAMES_OPEN_MAX]; /* offsets; sorted within an object */
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(uint8_t c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void skip_blanks(struct scan *s)
{
	while (s->at < s->len && is_blank(s->text[s->at]))
		s->at++;
}

/* The four hex digits at p, or -1. */
static int32_t hex4(const uint8_t *p, size_t left)
{
	int32_t v = 0;

	if (left < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		int d = hex_value(p[i]);

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/* Length of the escape at p, which is a backslash, or 0. */
static size_t escape_len(const uint8_t *p, size_t left)
{
	int32_t unit = 0;

	if (left < 2)
		return 0;
	if (p[1] != 'u')
		return p[1] && strchr("\"\\/bfnrt", p[1]) ? 2 : 0;
	unit = hex4(p + 2, left - 2);
	if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return 0;
	if (unit < 0xd800 || unit > 0xdbff)
		return 6;
	if (left < 12 || p[6] != '\\' || p[7] != 'u')
		return 0;
	unit = hex4(p + 8, left - 8);
	return unit >= 0xdc00 && unit <= 0xdfff ? 12 : 0;
}

/* Steps over a string; at stands on its opening quote. */
static bool scan_string(struct scan *s)
{
	s->at++;
	while (s->at < s->len) {
		const uint8_t *p = s->text + s->at;
		size_t n = 1;

		if (*p == '"') {
			s->at++;
			return true;
		}
		if (*p < 0x20)
			return false;
		if (*p == '\\')
			n = escape_len(p, s->len - s->at);
		else if (*p >= 0x80)
			n = utf8_len(p, s->len - s->at);
		if (!n)
			return false;
		s->at += n;
	}
	return false;
}

/* The character at *p of a checked string; moves *p behind it. */
static uint32_t next_char(const uint8_t **p)
{
	static const char plain[] = "bfnrt";
	static const char meaning[] = "\b\f\n\r\t";
	const uint8_t *c = *p;
	const char *hit = NULL;
	uint32_t hi = 0;

	if (*c == '\\' && c[1] == 'u') {
		hi = (uint32_t)hex4(c + 2, 4);
		*p += 6;
		if (hi < 0xd800 || hi > 0xdbff)
			return hi;
		*p += 6;
		return 0x10000 + ((hi - 0xd800) << 10) +
		       ((uint32_t)hex4(c + 8, 4) - 0xdc00);
	}
	if (*c == '\\') {
		*p += 2;
		hit = strchr(plain, c[1]);
		return hit ? (uint32_t)meaning[hit - plain] : c[1];
	}
	if (*c < 0x80) {
		*p += 1;
		return *c;
	}
	if (*c < 0xe0) {
		*p += 2;
		return (uint32_t)(c[0] & 0x1f) << 6 | (c[1] & 0x3f);
	}
	if (*c < 0xf0) {
		*p += 3;
		return (uint32_t)(c[0] & 0x0f) << 12 |
		       (uint32_t)(c[1] & 0x3f) << 6 | (c[2] & 0x3f);
	}
	*p += 4;
	return (uint32_t)(c[0] & 0x07) << 18 | (uint32_t)(c[1] & 0x3f) << 12 |
	       (uint32_t)(c[2] & 0x3f) << 6 | (c[3] & 0x3f);
}

/* Compares two checked strings, which end at their closing quotes. */
static int compare_names(const uint8_t *a, const uint8_t *b)
{
	uint32_t x = 0;
	uint32_t y = 0;

	while (*a != '"' && *b != '"') {
		x = next_char(&a);
		y = next_char(&b);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (*a != '"') - (*b != '"');
}

/*
 * Adds the name at offset to those of the innermost object. They are kept
 * sorted, so that also 256 hostile names cost few comparisons each.
 */
static bool add_name(struct scan *s, size_t offset)
{
	size_t lo = s->first[s->depth];
	size_t hi = s->open;

	if (hi - lo >= JSON_MEMBERS_MAX || hi >= NAMES_OPEN_MAX ||
	    s->total >= MEMBERS_TOTAL_MAX)
		return false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = compare_names(s->text + offset,
					  s->text + s->names[mid]);

		if (!order)
			return false;
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	memmove(&s->names[lo + 1], &s->names[lo],
		(s->open - lo) * sizeof(s->names[0]));
	s->names[lo] = (uint32_t)offset;
	s->open++;
	s->total++;
	return true;
}

/* "name" and the colon behind it. */
static bool scan_name(struct scan *s)
{
	size_t offset = 0;

	skip_blanks(s);
	offset = s->at + 1;
	if (s->at >= s->len || s->text[s->at] != '"' || !scan_string(s) ||
	    !add_name(s, offset))
		return false;
	skip_blanks(s);
	if (s->at >= s->len || s->text[s->at] != ':')
		return false;
	s->at++;
	return true;
}

static bool scan_digits(struct scan *s)
{
	size_t start = s->at;

	while (s->at < s->len && is_digit(s->text[s->at]))
		s->at++;
	return s->at > start;
}

static bool next_is(const struct scan *s, uint8_t c)
{
	return s->at < s->len && s->text[s->at] == c;
}

static bool scan_number(struct scan *s)
{
	if (next_is(s, '-'))
		s->at++;
	if (next_is(s, '0'))
		s->at++;
	else if (!scan_digits(s))
		return false;
	if (next_is(s, '.')) {
		s->at++;
		if (!scan_digits(s))
			return false;
	}
	if (next_is(s, 'e') || next_is(s, 'E')) {
		s->at++;
		if (next_is(s, '+') || next_is(s, '-'))
			s->at++;
		if (!scan_digits(s))
			return false;
	}
	return true;
}

static bool scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if (s->len - s->at < n ||
	    !bytes_equal_var(bytes_of(s->text + s->at, n), bytes_of(word, n)))
		return false;
	s->at += n;
	return true;
}

static bool in_object(const struct scan *s)
{
	return s->objects >> s->depth & 1;
}

/*
 * Opens the container at at. An empty one is closed at once; then *more is
 * false, as it is after any other complete value.
 */
static bool open_container(struct scan *s, bool *more)
{
	bool object = s->text[s->at] == '{';

	if (s->depth == JSON_DEPTH_MAX)
		return false;
	s->at++;
	skip_blanks(s);
	if (next_is(s, object ? '}' : ']')) {
		s->at++;
		return true;
	}
	s->depth++;
	s->first[s->depth] = s->open;
	s->objects &= ~((uint32_t)1 << s->depth);
	s->objects |= (uint32_t)object << s->depth;
	*more = true;
	return !object || scan_name(s);
}

/* One scalar, or the head of a container; *more: a value must follow. */
static bool scan_value(struct scan *s, bool *more)
{
	*more = false;
	skip_blanks(s);
	if (s->at >= s->len)
		return false;
	switch (s->text[s->at]) {
	case '{':
	case '[':
		return open_container(s, more);
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		return scan_number(s);
	}
}

/* Behind a value: closes containers, or finds that another value follows. */
static bool scan_behind(struct scan *s, bool *more)
{
	while (s->depth) {
		skip_blanks(s);
		if (next_is(s, ',')) {
			s->at++;
			*more = true;
			return !in_object(s) || scan_name(s);
		}
		if (!next_is(s, in_object(s) ? '}' : ']'))
			return false;
		s->at++;
		s->open = s->first[s->depth];
		s->depth--;
	}
	return true;
}

/* Whether an odd number of backslashes stands before p, within a string. */
static bool is_escaped(const uint8_t *p)
{
	size_t count = 0;

	while (*--p == '\\')
		count++;
	return count % 2;
}

/* End of the checked string whose opening quote stands at at. */
static size_t string_end(struct bytes text, size_t at)
{
	const uint8_t *p = text.ptr + at;

	do {
		p++;
		p = memchr(p, '"', text.len - (size_t)(p - text.ptr));
	} while (is_escaped(p));
	return (size_t)(p - text.ptr) + 1;
}

/* End of the checked value that begins at at. */
static size_t value_end(struct bytes text, size_t at)
{
	unsigned int depth = 0;

	do {
		uint8_t c = text.ptr[at++];

		if (c == '"') {
			at = string_end(text, at - 1);
		} else if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			depth--;
		} else if (!depth) {
			while (at < text.len && !is_blank(text.ptr[at]) &&
			       !strchr(",]}", text.ptr[at]))
				at++;
		}
	} while (depth);
	return at;
}

/* The checked value at *at; moves *at behind it. */
static struct json_value take_value(struct bytes text, size_t *at)
{
	size_t start = *at;
	size_t end = value_end(text, start);
	struct json_value v = { .type = JSON_NUMBER };

	v.raw = bytes_of(text.ptr + start, end - start);
	*at = end;
	switch (text.ptr[start]) {
	case '{':
		v.type = JSON_OBJECT;
		break;
	case '[':
		v.type = JSON_ARRAY;
		break;
	case '"':
		v.type = JSON_STRING;
		v.raw = bytes_of(text.ptr + start + 1, end - start - 2);
		v.escaped = memchr(v.raw.ptr, '\\', v.raw.len) != NULL;
		break;
	case 't':
		v.type = JSON_TRUE;
		break;
	case 'f':
		v.type = JSON_FALSE;
		break;
	case 'n':
		v.type = JSON_NULL;
		break;
	default:
		break;
	}
	return v;
}

enum kms_rc json_parse(struct json_value *out, struct bytes text)
{
	struct scan s = { .text = text.ptr, .len = text.len };
	size_t at = 0;
	bool more = true;

	*out = (struct json_value){ 0 };
	if (text.len > UINT32_MAX)
		return KMS_RC_SERIALIZATION;
	while (more) {
		if (!scan_value(&s, &more))
			return KMS_RC_SERIALIZATION;
		if (!more && !scan_behind(&s, &more))
			return KMS_RC_SERIALIZATION;
	}
	skip_blanks(&s);
	if (s.at != s.len)
		return KMS_RC_SERIALIZATION;
	while (is_blank(text.ptr[at]))
		at++;
	*out = take_value(text, &at);
	return KMS_RC_OK;
}

unsigned int json_depth(const struct json_value *v)
{
	unsigned int depth = 0;
	unsigned int deepest = 0;
	size_t at = 0;

	if (v->type != JSON_ARRAY && v->type != JSON_OBJECT)
		return 0;
	while (at < v->raw.len) {
		uint8_t c = v->raw.ptr[at];

		at = c == '"' ? string_end(v->raw, at) : at + 1;
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		if (depth > deepest)
			deepest = depth;
	}
	return deepest;
}

bool json_next(const struct json_value *container, size_t *pos,
	       struct json_value *name, struct json_value *value)
{
	struct bytes text = container->raw;
	struct json_value n = { 0 };
	size_t at = *pos ? *pos : 1;

	if (container->type != JSON_OBJECT && container->type != JSON_ARRAY)
		return false;
	while (is_blank(text.ptr[at]) || text.ptr[at] == ',')
		at++;
	if (at + 1 == text.len)
		return false;
	if (container->type == JSON_OBJECT) {
		n = take_value(text, &at);
		while (is_blank(text.ptr[at]) || text.ptr[at] == ':')
			at++;
	}
	*value = take_value(text, &at);
	if (name)
		*name = n;
	*pos = at;
	return true;
}

bool json_name_is(const struct json_value *name, const char *want)
{
	const uint8_t *p = name->raw.ptr;
	const uint8_t *end = p + name->raw.len;
	const uint8_t *w = (const uint8_t *)want;

	if (!name->escaped)
		return bytes_is_var(name->raw, want);
	while (p < end && *w)
		if (next_char(&p) != *w++)
			return false;
	return p == end && !*w;
}

struct json_value json_member(const struct json_value *object, const char *name)
{
	struct json_value n = { 0 };
	struct json_value v = { 0 };
	size_t pos = 0;

	if (object->type != JSON_OBJECT)
		return (struct json_value){ 0 };
	while (json_next(object, &pos, &n, &v))
		if (json_name_is(&n, name))
			return v;
	return (struct json_value){ 0 };
}

static size_t put_utf8(uint8_t out[4], uint32_t c)
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

enum kms_rc json_string(const struct json_value *v, char *out, size_t cap,
			size_t *len)
{
	const uint8_t *p = v->raw.ptr;
	const uint8_t *end = p + v->raw.len;
	size_t used = 0;

	*len = 0;
	if (v->type != JSON_STRING)
		return KMS_RC_SERIALIZATION;
	while (p < end) {
		uint8_t utf8[4];
		size_t n = put_utf8(utf8, next_char(&p));

		if (n > cap - used)
			return KMS_RC_SHORT_BUFFER;
		memcpy(out + used, utf8, n);
		used += n;
	}
	*len = used;
	return KMS_RC_OK;
}

bool json_next_char(const struct json_value *v, size_t *pos, uint32_t *c)
{
	const uint8_t *p = v->raw.ptr;

	if (v->type != JSON_STRING || *pos == v->raw.len)
		return false;
	p += *pos;
	*c = next_char(&p);
	*pos = (size_t)(p - v->raw.ptr);
	return true;
}

size_t json_string_chars(const struct json_value *v)
{
	size_t count = 0;
	size_t pos = 0;
	uint32_t c = 0;

	if (v->type == JSON_STRING && !v->escaped) {
		/* Every byte but those that go on with a character. */
		for (size_t i = 0; i < v->raw.len; i++)
			count += (v->raw.ptr[i] & 0xc0) != 0x80;
		return count;
	}
	while (json_next_char(v, &pos, &c))
		count++;
	return count;
}

enum kms_rc json_int64(const struct json_value *v, int64_t *out)
{
	bool negative = false;
	int64_t sum = 0;
	size_t i = 0;

	*out = 0;
	if (v->type != JSON_NUMBER)
		return KMS_RC_BAD_INPUT;
	negative = v->raw.ptr[0] == '-';
	/* Summed up below zero, where INT64_MIN has a place. */
	for (i = negative; i < v->raw.len; i++) {
		uint8_t c = v->raw.ptr[i];

		if (!is_digit(c) || __builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_sub_overflow(sum, c - '0', &sum))
			return KMS_RC_BAD_INPUT;
	}
	if (!negative && __builtin_sub_overflow(0, sum, &sum))
		return KMS_RC_BAD_INPUT;
	*out = sum;
	return KMS_RC_OK;
}
