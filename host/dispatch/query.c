/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/fields.h"

#include "common/hex.h"

#include <string.h>

/* Decodes %XX and + into the arena. */
static enum kms_rc decode_part(struct bytes *out, struct bytes part,
			       struct arena *arena)
{
	uint8_t *text = arena_alloc(arena, part.len + 1);
	size_t n = 0;

	if (!text)
		return KMS_RC_NO_MEMORY;
	for (size_t i = 0; i < part.len; n++) {
		text[n] = part.ptr[i] == '+' ? ' ' : part.ptr[i];
		if (part.ptr[i++] != '%')
			continue;
		if (part.len - i < 2 ||
		    hex_decode(text + n, 1, (const char *)part.ptr + i, 2))
			return KMS_RC_BAD_INPUT;
		i += 2;
	}
	*out = bytes_of(text, n);
	return KMS_RC_OK;
}

static enum field_type type_of(const struct field *fields, const char *name)
{
	for (; fields->name; fields++)
		if (!strcmp(fields->name, name))
			return (enum field_type)fields->type;
	return T_STRING;
}

static bool is_json_scalar(struct bytes text)
{
	struct json_value v = { 0 };

	return !json_parse(&v, text) &&
	       (v.type == JSON_NUMBER || v.type == JSON_TRUE ||
		v.type == JSON_FALSE);
}

static void put_parameter(struct json_writer *w, const struct field *fields,
			  struct bytes name, struct bytes value)
{
	/* decode_part() left a zero byte behind the name. */
	const char *text = (const char *)name.ptr;
	enum field_type type = type_of(fields, text);

	json_name(w, text);
	if ((type == T_INT || type == T_BOOL) && is_json_scalar(value))
		json_put_raw(w, value);
	else
		json_put_string(w, value);
}

/* Takes the part before the delimiter off *rest. */
static struct bytes take_until(struct bytes *rest, char delimiter)
{
	const uint8_t *hit = memchr(rest->ptr, delimiter, rest->len);
	size_t len = hit ? (size_t)(hit - rest->ptr) : rest->len;
	struct bytes part = bytes_of(rest->ptr, len);

	rest->ptr += len + (hit ? 1 : 0);
	rest->len -= len + (hit ? 1 : 0);
	return part;
}

enum kms_rc fields_from_query(struct bytes *json, const struct field *fields,
			      struct bytes query, struct arena *arena)
{
	struct json_writer w = { 0 };
	size_t cap = 8 * query.len + 16; /* "\u0000": six for one, and marks */
	char *text = arena_alloc(arena, cap);
	enum kms_rc rc = KMS_RC_OK;

	if (!text)
		return KMS_RC_NO_MEMORY;
	json_begin(&w, text, cap);
	json_object(&w);
	while (query.len) {
		struct bytes value = take_until(&query, '&');
		struct bytes name = { 0 };

		if (!value.len)
			continue;
		name = take_until(&value, '=');
		rc = decode_part(&name, name, arena);
		if (!rc)
			rc = decode_part(&value, value, arena);
		if (rc)
			return rc;
		put_parameter(&w, fields, name, value);
	}
	json_end(&w);
	*json = bytes_of(text, w.len);
	return json_writer_done(&w);
}
