/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/fields.h"

#include "common/hex.h"

#include <stdio.h>
#include <string.h>

#define WHY_MAX 128

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

/* The place of a field among its row's; that of the end for another name. */
static size_t find_field(const struct field *fields, struct bytes name)
{
	size_t at = 0;

	while (fields[at].name && !bytes_is_var(name, fields[at].name))
		at++;
	return at;
}

static bool is_json_scalar(struct bytes text)
{
	struct json_value v = { 0 };

	return !json_parse(&v, text) &&
	       (v.type == JSON_NUMBER || v.type == JSON_TRUE ||
		v.type == JSON_FALSE);
}

static void put_parameter(struct json_writer *w, const struct field *f,
			  struct bytes value)
{
	json_name(w, f->name);
	if ((f->type == T_INT || f->type == T_BOOL) && is_json_scalar(value))
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

static enum kms_rc read_pair(struct bytes *name, struct bytes *value,
			     struct bytes pair, struct arena *arena)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	*name = take_until(&pair, '=');
	rc = decode_part(name, *name, arena);
	return rc ? rc : decode_part(value, pair, arena);
}

static enum kms_rc repeated(struct bytes *message, const struct field *f,
			    struct arena *arena)
{
	char *text = arena_alloc(arena, WHY_MAX);

	if (!text)
		return KMS_RC_NO_MEMORY;
	snprintf(text, WHY_MAX, "the query string has '%s' more than once",
		 f->name);
	*message = bytes_of_text(text);
	return KMS_RC_BAD_INPUT;
}

enum kms_rc fields_from_query(struct bytes *json, const struct field *fields,
			      struct bytes query, struct arena *arena,
			      struct bytes *message)
{
	struct json_writer w = { 0 };
	size_t cap = 8 * query.len + 16; /* "\u0000": six for one, and marks */
	char *text = arena_alloc(arena, cap);
	bool seen[FIELDS_MAX + 1] = { false };
	enum kms_rc rc = KMS_RC_OK;

	if (!text)
		return KMS_RC_NO_MEMORY;
	*message = bytes_of_text("the query string is malformed");
	json_begin(&w, text, cap);
	json_object(&w);
	while (query.len) {
		struct bytes pair = take_until(&query, '&');
		struct bytes value = { 0 };
		struct bytes name = { 0 };
		size_t at = 0;

		if (!pair.len)
			continue;
		rc = read_pair(&name, &value, pair, arena);
		if (rc)
			return rc;
		at = find_field(fields, name);
		if (!fields[at].name)
			continue;
		if (seen[at])
			return repeated(message, &fields[at], arena);
		seen[at] = true;
		put_parameter(&w, &fields[at], value);
	}
	*message = (struct bytes){ 0 };
	json_end(&w);
	*json = bytes_of(text, w.len);
	return json_writer_done(&w);
}
