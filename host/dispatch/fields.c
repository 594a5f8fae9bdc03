/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/fields.h"

#include "codec/utf8.h"
#include "common/base64.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 8192 /* all violations of a request */
#define ECHO_MAX 2048 /* bytes of a value that are told back */
#define PATH_CAP 128

struct check {
	struct arena *arena;
	char *text; /* of the violations, from the arena */
	size_t len;
	unsigned int count;
	struct bytes *message;
	char path[PATH_CAP]; /* "tags.1.member.tagKey" */
};

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

KMS_PRINTF(2, 3)
static enum kms_rc not_serialized(struct check *c, const char *fmt, ...)
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

/* Writes the member's name at offset at of the path, in lower camel case. */
static void set_path(struct check *c, size_t at, const char *name)
{
	snprintf(c->path + at, sizeof(c->path) - at, "%c%s",
		 tolower((unsigned char)name[0]), name + 1);
}

/* "grantTokens.1.member": positions count from 1. */
static void set_element_path(struct check *c, const struct field *f,
			     size_t number)
{
	size_t at = 0;

	set_path(c, 0, f->name);
	at = strlen(c->path);
	snprintf(c->path + at, sizeof(c->path) - at, ".%zu.member", number);
}

static void violate_null(struct check *c)
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
		return not_serialized(c, "'%s' must be a string", c->path);
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

static enum kms_rc check_string(struct check *c, const struct field *f,
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
		return not_serialized(c, "'%s' is not valid base64", c->path);
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
		return not_serialized(c, "'%s' must be an integer", c->path);
	out->present = true;
	check_range(c, f, &v->raw, out->value, "value");
	return KMS_RC_OK;
}

static enum kms_rc check_bool(struct check *c, const struct json_value *v,
			      bool *out)
{
	if (v->type != JSON_TRUE && v->type != JSON_FALSE)
		return not_serialized(c, "'%s' must be true or false", c->path);
	*out = v->type == JSON_TRUE;
	return KMS_RC_OK;
}

static bool is_absent(const struct json_value *v)
{
	return v->type == JSON_ABSENT || v->type == JSON_NULL;
}

/* Any field but the lists; c->path is set. */
static enum kms_rc check_scalar(struct check *c, const struct field *f,
				const struct json_value *v, void *out)
{
	if (is_absent(v)) {
		if (f->flags & FIELD_REQUIRED)
			violate_null(c);
		return KMS_RC_OK;
	}
	switch (f->type) {
	case T_STRING:
		return check_string(c, f, v, out);
	case T_BLOB:
		return check_blob(c, f, v, out);
	case T_ENUM:
		return check_enum(c, f, v, out);
	case T_INT:
		return check_int(c, f, v, out);
	case T_BOOL:
		return check_bool(c, v, out);
	default:
		return KMS_RC_INTERNAL;
	}
}

static bool name_is(const struct json_value *name, const char *want)
{
	char plain[64];
	size_t len = 0;

	if (!name->escaped)
		return bytes_is_var(name->raw, want);
	return !json_string(name, plain, sizeof(plain), &len) &&
	       bytes_is_var(bytes_of(plain, len), want);
}

/* One walk over the object, so that a long one is not searched per field. */
static void find_members(struct json_value *found, const struct field *fields,
			 const struct json_value *object)
{
	struct json_value name = { 0 };
	struct json_value value = { 0 };
	size_t pos = 0;

	while (json_next(object, &pos, &name, &value))
		for (size_t i = 0; fields[i].name; i++)
			if (name_is(&name, fields[i].name))
				found[i] = value;
}

static size_t count_elements(const struct json_value *array)
{
	struct json_value v = { 0 };
	size_t count = 0;
	size_t pos = 0;

	while (json_next(array, &pos, NULL, &v))
		count++;
	return count;
}

static void check_count(struct check *c, const struct field *f, size_t count)
{
	if (!f->items_max || count <= f->items_max)
		return;
	begin_violation(c, NULL);
	append(c, "Member must have length less than or equal to %u",
	       (unsigned int)f->items_max);
}

static enum kms_rc check_strings(struct check *c, const struct field *f,
				 const struct json_value *v,
				 struct op_strings *out)
{
	size_t count = count_elements(v);
	struct json_value element = { 0 };
	struct bytes *items = NULL;
	size_t pos = 0;
	enum kms_rc rc = KMS_RC_OK;

	check_count(c, f, count);
	items = arena_alloc(c->arena, count * sizeof(*items));
	if (!items)
		return KMS_RC_NO_MEMORY;
	for (size_t i = 0; !rc && json_next(v, &pos, NULL, &element); i++) {
		set_element_path(c, f, i + 1);
		if (element.type == JSON_NULL)
			violate_null(c);
		else
			rc = check_string(c, f, &element, &items[i]);
	}
	*out = (struct op_strings){ .items = items, .count = count };
	return rc;
}

/* One element of a list of structs. */
static enum kms_rc check_struct(struct check *c, const struct field *f,
				const struct json_value *v, uint8_t *item,
				size_t number)
{
	struct json_value found[FIELDS_MAX] = { 0 };
	size_t at = 0;
	enum kms_rc rc = KMS_RC_OK;

	set_element_path(c, f, number);
	if (v->type == JSON_NULL) {
		violate_null(c);
		return KMS_RC_OK;
	}
	if (v->type != JSON_OBJECT)
		return not_serialized(c, "'%s' must be an object", c->path);
	find_members(found, f->sub, v);
	at = strlen(c->path);
	for (size_t i = 0; !rc && f->sub[i].name; i++) {
		c->path[at] = '.';
		set_path(c, at + 1, f->sub[i].name);
		rc = check_scalar(c, &f->sub[i], &found[i],
				  item + f->sub[i].offset);
	}
	return rc;
}

static enum kms_rc check_structs(struct check *c, const struct field *f,
				 const struct json_value *v,
				 struct op_structs *out)
{
	size_t count = count_elements(v);
	struct json_value element = { 0 };
	uint8_t *items = NULL;
	size_t pos = 0;
	enum kms_rc rc = KMS_RC_OK;

	check_count(c, f, count);
	items = arena_alloc(c->arena, count * f->sub_size);
	if (!items)
		return KMS_RC_NO_MEMORY;
	for (size_t i = 0; !rc && json_next(v, &pos, NULL, &element); i++)
		rc = check_struct(c, f, &element, items + i * f->sub_size,
				  i + 1);
	*out = (struct op_structs){ .items = items, .count = count };
	return rc;
}

static enum kms_rc check_field(struct check *c, const struct field *f,
			       const struct json_value *v, void *out)
{
	set_path(c, 0, f->name);
	if (is_absent(v) || (f->type != T_STRINGS && f->type != T_STRUCTS))
		return check_scalar(c, f, v, out);
	if (v->type != JSON_ARRAY)
		return not_serialized(c, "'%s' must be a list", c->path);
	return f->type == T_STRINGS ? check_strings(c, f, v, out)
				    : check_structs(c, f, v, out);
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

enum kms_rc fields_decode(void *out, const struct field *fields,
			  const struct json_value *object, struct arena *arena,
			  struct bytes *message)
{
	struct json_value found[FIELDS_MAX] = { 0 };
	struct check c = { .arena = arena, .message = message };
	enum kms_rc rc = KMS_RC_OK;

	*message = (struct bytes){ 0 };
	if (object->type != JSON_OBJECT)
		return not_serialized(&c, "the body must be a JSON object");
	find_members(found, fields, object);
	for (size_t i = 0; !rc && fields[i].name; i++)
		rc = check_field(&c, &fields[i], &found[i],
				 (uint8_t *)out + fields[i].offset);
	if (rc || !c.count)
		return rc;
	*message = finish_text(arena, "%u validation error%s detected: %s",
			       c.count, c.count == 1 ? "" : "s",
			       c.text ? c.text : "");
	return KMS_RC_BAD_INPUT;
}
