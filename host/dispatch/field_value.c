/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/field_value.h"

#include "codec/utf8.h"
#include "common/base64.h"
#include "common/decimal.h"
#include "common/hex.h"
#include "common/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 8192 /* all violations of a request */
#define ECHO_MAX 2048 /* bytes of a value that are told back */

KMS_PRINTF(2, 0)
static struct bytes arena_text(struct arena *arena, const char *fmt,
			       va_list args)
{
	va_list again;
	char *text = NULL;
	int len = 0;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len >= 0)
		text = arena_alloc(arena, (size_t)len + 1);
	if (!text)
		return (struct bytes){ 0 };
	vsnprintf(text, (size_t)len + 1, fmt, args);
	return bytes_of(text, (size_t)len);
}

enum kms_rc field_not_serialized(struct check *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	*c->message = arena_text(c->arena, fmt, args);
	va_end(args);
	return KMS_RC_SERIALIZATION;
}

KMS_PRINTF(2, 3)
static void append(struct check *c, const char *fmt, ...)
{
	va_list args;
	int n = 0;

	if (!c->text)
		return;
	va_start(args, fmt);
	n = vsnprintf(c->text + c->len, TEXT_MAX - c->len, fmt, args);
	va_end(args);
	c->len += n > 0 ? (size_t)n : 0;
	if (c->len >= TEXT_MAX)
		c->len = TEXT_MAX - 1;
}

/* Longest prefix of at most ECHO_MAX bytes that cuts no character. */
static size_t echo_len(struct bytes value)
{
	size_t at = 0;

	while (at < value.len) {
		size_t n = utf8_len(value.ptr + at, value.len - at);

		if (!n || at + n > ECHO_MAX)
			break;
		at += n;
	}
	return at;
}

/* What stands before the constraint; a NULL echo hides the value. */
static void begin_violation(struct check *c, const struct bytes *echo)
{
	if (!c->text)
		c->text = arena_alloc(c->arena, TEXT_MAX);
	append(c, c->count ? "; Value" : "Value");
	if (echo && echo->ptr)
		append(c, " '%.*s'", (int)echo_len(*echo),
		       (const char *)echo->ptr);
	else if (echo)
		append(c, " null");
	append(c, " at '%s' failed to satisfy constraint: ", c->path);
	c->count++;
}

void field_set_path(struct check *c, size_t at, const char *name)
{
	char first = (char)tolower((unsigned char)name[0]);
	struct text path = { 0 };

	text_begin(&path, c->path + at, sizeof(c->path) - at);
	text_put_bytes(&path, bytes_of(&first, 1));
	text_put(&path, name + 1);
}

void field_violate_null(struct check *c)
{
	static const struct bytes absent = { 0 };

	begin_violation(c, &absent);
	append(c, "Member must not be null");
}

static void check_range(struct check *c, const struct field *f,
			const struct bytes *echo, int64_t n, const char *what)
{
	if (n > f->max) {
		begin_violation(c, echo);
		append(c, "Member must have %s less than or equal to %d", what,
		       (int)f->max);
	}
	if (n < f->min) {
		begin_violation(c, echo);
		append(c, "Member must have %s greater than or equal to %d",
		       what, (int)f->min);
	}
}

/* A view of the value, or of an unescaped copy in the arena. */
static enum kms_rc read_string(struct check *c, struct bytes *out,
			       const struct json_value *v)
{
	char *copy = NULL;
	size_t len = 0;
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (v->type != JSON_STRING)
		return field_not_serialized(c, "'%s' must be a string",
					    c->path);
	*out = v->raw;
	if (!v->escaped)
		return KMS_RC_OK;
	copy = arena_alloc(c->arena, v->raw.len);
	if (!copy)
		return KMS_RC_NO_MEMORY;
	rc = json_string(v, copy, v->raw.len, &len);
	*out = bytes_of(copy, len);
	return rc;
}

static bool pattern_allows(const struct op_pattern *p,
			   const struct json_value *v)
{
	uint32_t ch = 0;
	size_t pos = 0;

	while (json_next_char(v, &pos, &ch))
		if (!p->allows(ch))
			return false;
	return true;
}

enum kms_rc field_check_string(struct check *c, const struct field *f,
			       const struct json_value *v, struct bytes *out)
{
	enum kms_rc rc = read_string(c, out, v);
	const struct bytes *echo = f->flags & FIELD_HIDDEN ? NULL : out;

	if (rc)
		return rc;
	check_range(c, f, echo, (int64_t)json_string_chars(v), "length");
	if (f->pattern && !pattern_allows(f->pattern, v)) {
		begin_violation(c, echo);
		append(c, "Member must satisfy regular expression pattern: %s",
		       f->pattern->text);
	}
	return KMS_RC_OK;
}

static enum kms_rc check_blob(struct check *c, const struct field *f,
			      const struct json_value *v, struct bytes *out)
{
	struct bytes text = { 0 };
	uint8_t *data = NULL;
	size_t len = 0;
	enum kms_rc rc = read_string(c, &text, v);

	if (rc)
		return rc;
	/* One more, so that an empty blob is told from an absent one. */
	data = arena_alloc(c->arena, text.len / 4 * 3 + 1);
	if (!data)
		return KMS_RC_NO_MEMORY;
	if (base64_decode(data, text.len / 4 * 3, &len, (const char *)text.ptr,
			  text.len))
		return field_not_serialized(c, "'%s' is not valid base64",
					    c->path);
	*out = bytes_of(data, len);
	check_range(c, f, NULL, (int64_t)len, "length");
	return KMS_RC_OK;
}

static enum kms_rc check_enum(struct check *c, const struct field *f,
			      const struct json_value *v, unsigned int *out)
{
	struct bytes name = { 0 };
	enum kms_rc rc = read_string(c, &name, v);

	if (rc)
		return rc;
	for (unsigned int i = 0; i < f->set->count; i++) {
		if (!bytes_is_var(name, f->set->names[i]))
			continue;
		*out = i + 1;
		return KMS_RC_OK;
	}
	begin_violation(c, &name);
	append(c, "Member must satisfy enum value set: [");
	for (unsigned int i = 0; i < f->set->count; i++)
		append(c, "%s%s", i ? ", " : "", f->set->names[i]);
	append(c, "]");
	return KMS_RC_OK;
}

static enum kms_rc check_int(struct check *c, const struct field *f,
			     const struct json_value *v, struct op_int *out)
{
	if (json_int64(v, &out->value))
		return field_not_serialized(c, "'%s' must be an integer",
					    c->path);
	out->present = true;
	check_range(c, f, &v->raw, out->value, "value");
	return KMS_RC_OK;
}

static enum kms_rc check_bool(struct check *c, const struct json_value *v,
			      bool *out)
{
	if (v->type != JSON_TRUE && v->type != JSON_FALSE)
		return field_not_serialized(c, "'%s' must be true or false",
					    c->path);
	*out = v->type == JSON_TRUE;
	return KMS_RC_OK;
}

static void violate_form(struct check *c, const char *form)
{
	begin_violation(c, NULL);
	append(c, "Member must be %s", form);
}

static enum kms_rc check_hex(struct check *c, const struct field *f,
			     const struct json_value *v, struct bytes *out)
{
	struct bytes text = { 0 };
	uint8_t *data = NULL;
	enum kms_rc rc = read_string(c, &text, v);

	if (rc)
		return rc;
	if (text.len >= 2 && text.ptr[0] == '0' && text.ptr[1] == 'x') {
		text.ptr += 2;
		text.len -= 2;
	}
	data = arena_alloc(c->arena, text.len / 2 + 1);
	if (!data)
		return KMS_RC_NO_MEMORY;
	if (hex_decode(data, text.len / 2, (const char *)text.ptr, text.len)) {
		violate_form(c, "hexadecimal");
		return KMS_RC_OK;
	}
	*out = bytes_of(data, text.len / 2);
	check_range(c, f, NULL, (int64_t)out->len, "length");
	return KMS_RC_OK;
}

static enum kms_rc check_base64url(struct check *c, const struct field *f,
				   const struct json_value *v,
				   struct bytes *out)
{
	struct bytes text = { 0 };
	uint8_t *data = NULL;
	size_t len = 0;
	enum kms_rc rc = read_string(c, &text, v);

	if (rc)
		return rc;
	data = arena_alloc(c->arena, text.len + 1);
	if (!data)
		return KMS_RC_NO_MEMORY;
	if (base64url_decode(data, text.len, &len, (const char *)text.ptr,
			     text.len)) {
		violate_form(c, "base64url without padding");
		return KMS_RC_OK;
	}
	*out = bytes_of(data, len);
	check_range(c, f, NULL, (int64_t)len, "length");
	return KMS_RC_OK;
}

static enum kms_rc check_uint(struct check *c, const struct json_value *v,
			      struct op_uint *out)
{
	if (v->type != JSON_NUMBER)
		return field_not_serialized(c, "'%s' must be an integer",
					    c->path);
	if (decimal_get(&out->value, UINT64_MAX, v->raw)) {
		begin_violation(c, &v->raw);
		append(c, "Member must be an integer from 0 to 2^64 - 1");
	}
	out->present = true;
	return KMS_RC_OK;
}

static enum kms_rc check_list(struct check *c, const struct json_value *v,
			      struct json_value *out)
{
	if (v->type != JSON_ARRAY)
		return field_not_serialized(c, "'%s' must be a list", c->path);
	*out = *v;
	return KMS_RC_OK;
}

bool field_is_absent(const struct json_value *v)
{
	return v->type == JSON_ABSENT || v->type == JSON_NULL;
}

enum kms_rc field_check_scalar(struct check *c, const struct field *f,
			       const struct json_value *v, void *out)
{
	if (field_is_absent(v)) {
		if (f->flags & FIELD_REQUIRED)
			field_violate_null(c);
		return KMS_RC_OK;
	}
	switch (f->type) {
	case T_STRING:
		return field_check_string(c, f, v, out);
	case T_BLOB:
		return check_blob(c, f, v, out);
	case T_ENUM:
		return check_enum(c, f, v, out);
	case T_INT:
		return check_int(c, f, v, out);
	case T_BOOL:
		return check_bool(c, v, out);
	case T_HEX:
		return check_hex(c, f, v, out);
	case T_BASE64URL:
		return check_base64url(c, f, v, out);
	case T_UINT:
		return check_uint(c, v, out);
	case T_LIST:
		return check_list(c, v, out);
	default:
		return KMS_RC_INTERNAL;
	}
}

void field_check_count(struct check *c, const struct field *f, size_t count)
{
	if (!f->items_max || count <= f->items_max)
		return;
	begin_violation(c, NULL);
	append(c, "Member must have length less than or equal to %u",
	       (unsigned int)f->items_max);
}

KMS_PRINTF(2, 3)
static struct bytes finish_text(struct arena *arena, const char *fmt, ...)
{
	struct bytes text = { 0 };
	va_list args;

	va_start(args, fmt);
	text = arena_text(arena, fmt, args);
	va_end(args);
	return text;
}

struct bytes field_told(const struct check *c)
{
	return finish_text(c->arena, "%u validation error%s detected: %s",
			   c->count, c->count == 1 ? "" : "s",
			   c->text ? c->text : "");
}
