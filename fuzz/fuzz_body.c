/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte picks a row of the table, its top bit a query in place of a
 * body: what is accepted keeps the promises of the row's fields, what is
 * refused is told in UTF-8.
 */
#include "codec/utf8.h"
#include "fuzz/fuzz.h"
#include "host/dispatch/fields.h"

#include <string.h>

#define IN_MAX	  1024
#define ARENA_LEN (4 * 1024 * 1024)

static bool in_range(const struct field *f, size_t len)
{
	return len >= (size_t)f->min && len <= (size_t)f->max;
}

static size_t chars_of(struct bytes text)
{
	size_t count = 0;

	for (size_t at = 0; at < text.len; count++) {
		size_t n = utf8_len(text.ptr + at, text.len - at);

		fuzz_check(n);
		at += n;
	}
	return count;
}

static void check_text(const struct field *f, struct bytes text)
{
	size_t chars = chars_of(text);

	if (text.ptr || (f->flags & FIELD_REQUIRED))
		fuzz_check(in_range(f, chars));
}

static void check_data(const struct field *f, struct bytes data)
{
	if (data.ptr || (f->flags & FIELD_REQUIRED))
		fuzz_check(in_range(f, data.len));
}

static void check_choice(const struct field *f, unsigned int choice)
{
	fuzz_check(choice <= f->set->count);
	fuzz_check(choice || !(f->flags & FIELD_REQUIRED));
}

static void check_int(const struct field *f, struct op_int number)
{
	fuzz_check(number.present || !(f->flags & FIELD_REQUIRED));
	fuzz_check(!number.present ||
		   (number.value >= f->min && number.value <= f->max));
}

/* What a field's member holds, by its type. */
union member {
	struct bytes view;
	struct op_int number;
	struct op_uint big;
	struct json_value list;
	unsigned int choice;
	bool flag;
};

static void check_scalar(const struct field *f, const uint8_t *at)
{
	union member m = { 0 };

	if (f->type == T_STRUCT) {
		fuzz_check(*at <= 1);
		return;
	}
	memcpy(&m, at, f->size);
	switch (f->type) {
	case T_STRING:
		check_text(f, m.view);
		break;
	case T_BLOB:
	case T_HEX:
	case T_BASE64URL:
		check_data(f, m.view);
		break;
	case T_ENUM:
		check_choice(f, m.choice);
		break;
	case T_INT:
		check_int(f, m.number);
		break;
	case T_UINT:
		fuzz_check(m.big.present || !(f->flags & FIELD_REQUIRED));
		break;
	case T_LIST:
		fuzz_check(m.list.type == JSON_ABSENT ||
			   m.list.type == JSON_ARRAY);
		break;
	case T_BOOL:
	default:
		fuzz_check(*at <= 1);
		break;
	}
}

static void check_list(const struct field *f, const uint8_t *at)
{
	struct op_strings strings = { 0 };
	struct op_structs structs = { 0 };

	if (f->type == T_STRINGS) {
		memcpy(&strings, at, sizeof(strings));
		fuzz_check(!f->items_max || strings.count <= f->items_max);
		for (size_t i = 0; i < strings.count; i++)
			check_text(f, strings.items[i]);
		return;
	}
	memcpy(&structs, at, sizeof(structs));
	for (size_t i = 0; i < structs.count; i++)
		for (const struct field *s = f->sub; s->name; s++)
			check_scalar(s, (const uint8_t *)structs.items +
						i * f->sub_size + s->offset);
}

static void check_field(const struct field *f, const uint8_t *at)
{
	if (f->type == T_STRINGS || f->type == T_STRUCTS)
		check_list(f, at);
	else
		check_scalar(f, at);
}

/* The members of an object that is there are checked as those of the body. */
static void check_accepted(const struct op *op, const uint8_t *in)
{
	const struct field *fields[FIELDS_NEST_MAX] = { op->in };
	const uint8_t *base[FIELDS_NEST_MAX] = { in };
	unsigned int depth = 1;

	while (depth) {
		const struct field *f = fields[depth - 1]++;
		const uint8_t *at = base[depth - 1] + f->offset;

		if (!f->name) {
			depth--;
			continue;
		}
		check_field(f, at);
		if (f->type != T_STRUCT || !*at)
			continue;
		fuzz_check(depth < FIELDS_NEST_MAX);
		fields[depth] = f->sub;
		base[depth++] = at;
	}
}

static void check_row(const struct op *op, struct bytes text, bool query,
		      struct arena *arena)
{
	uint64_t in[IN_MAX / 8] = { 0 };
	struct json_value object = { 0 };
	struct bytes message = { 0 };
	enum kms_rc rc = KMS_RC_OK;

	fuzz_check(op->in_size <= sizeof(in));
	if (query)
		rc = fields_from_query(&text, op->in, text, arena, &message);
	fuzz_check(!rc || rc == KMS_RC_NO_MEMORY || message.ptr);
	if (!rc)
		rc = json_parse(&object, text);
	if (rc)
		return;
	rc = fields_decode(in, op->in, &object, arena, &message);
	fuzz_check(rc != KMS_RC_INTERNAL);
	if (!rc)
		check_accepted(op, (const uint8_t *)in);
	else if (rc != KMS_RC_NO_MEMORY)
		fuzz_check(message.ptr && chars_of(message));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena; /* kept: making one is slower than a run */

	if (!size || size > 65536 ||
	    (!arena.base && arena_init(&arena, ARENA_LEN)))
		return 0;
	check_row(op_at((data[0] & 0x7f) % op_count()),
		  bytes_of(data + 1, size - 1), data[0] & 0x80, &arena);
	arena_reset(&arena);
	return 0;
}
