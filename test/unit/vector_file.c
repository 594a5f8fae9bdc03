/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/vector_file.h"

#include "codec/uuid.h"
#include "common/base64.h"
#include "common/hex.h"
#include "common/sha256.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 65536

void vector_file_open(struct vector_file *f, const char *path)
{
	FILE *in = fopen(path, "re");
	char *text = malloc(FILE_MAX);
	size_t len = 0;

	if (!in || !text)
		fail_msg("cannot read %s", path);
	len = fread(text, 1, FILE_MAX, in);
	fclose(in);
	assert_true(len < FILE_MAX);
	f->text = bytes_of(text, len);
	assert_int_equal(json_parse(&f->top, f->text), KMS_RC_OK);
}

void vector_file_close(struct vector_file *f)
{
	free((void *)(uintptr_t)f->text.ptr);
	*f = (struct vector_file){ 0 };
}

static size_t count_members(const struct json_value *object)
{
	struct json_value value = { 0 };
	size_t count = 0;
	size_t pos = 0;

	while (json_next(object, &pos, NULL, &value))
		count++;
	return count;
}

void vector_shape(const struct json_value *object, const char *names)
{
	size_t found = 0;

	assert_int_equal(object->type, JSON_OBJECT);
	while (*names) {
		bool optional = *names == '?';
		char name[64] = { 0 };
		size_t len = 0;

		names += optional;
		len = strcspn(names, " ");
		assert_true(len < sizeof(name));
		memcpy(name, names, len);
		names += len + (names[len] == ' ');
		if (vector_has(object, name))
			found++;
		else if (!optional)
			fail_msg("no member %s", name);
	}
	/* No name is there twice, so there is nothing else. */
	if (found != count_members(object))
		fail_msg("a member that nobody knows: %.*s",
			 (int)object->raw.len, (const char *)object->raw.ptr);
}

bool vector_has(const struct json_value *object, const char *name)
{
	return json_member(object, name).type != JSON_ABSENT;
}

struct json_value vector_inside(const struct json_value *object,
				const char *name)
{
	struct json_value v = json_member(object, name);

	if ((v.type != JSON_OBJECT && v.type != JSON_ARRAY) ||
	    !count_members(&v))
		fail_msg("nothing in %s", name);
	return v;
}

size_t vector_text(char *out, size_t cap, const struct json_value *object,
		   const char *name)
{
	struct json_value v = json_member(object, name);
	size_t len = 0;

	if (v.type != JSON_STRING || json_string(&v, out, cap - 1, &len))
		fail_msg("no text %s", name);
	out[len] = 0;
	return len;
}

uint32_t vector_u32(const struct json_value *object, const char *name)
{
	struct json_value v = json_member(object, name);
	int64_t n = -1;

	if (json_int64(&v, &n) || n < 0 || n > UINT32_MAX)
		fail_msg("no number %s", name);
	return (uint32_t)n;
}

void vector_hex(uint8_t *out, size_t len, const struct json_value *object,
		const char *name)
{
	if (vector_hex_any(out, len, object, name) != len)
		fail_msg("%s does not have %zu bytes", name, len);
}

size_t vector_hex_any(uint8_t *out, size_t cap, const struct json_value *object,
		      const char *name)
{
	struct json_value v = json_member(object, name);
	size_t len = v.raw.len / 2;

	if (v.type != JSON_STRING || len > cap ||
	    hex_decode(out, len, (const char *)v.raw.ptr, v.raw.len))
		fail_msg("no hex: %s", name);
	return len;
}

size_t vector_base64url(uint8_t *out, size_t cap,
			const struct json_value *object, const char *name)
{
	struct json_value v = json_member(object, name);
	size_t len = 0;

	if (v.type != JSON_STRING || v.escaped ||
	    base64url_decode(out, cap, &len, (const char *)v.raw.ptr,
			     v.raw.len))
		fail_msg("no base64url: %s", name);
	return len;
}

void vector_uuid(uint8_t uuid[16], const struct json_value *object,
		 const char *name)
{
	if (!uuid_get(uuid, json_member(object, name).raw))
		fail_msg("no uuid: %s", name);
}

void vector_tagged_digest(uint8_t out[32], const char *tag,
			  const uint8_t wallet[16], struct bytes tail)
{
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, tag, strlen(tag));
	sha256_update(&s, wallet, 16);
	sha256_update(&s, tail.ptr, tail.len);
	sha256_final(&s, out);
}
