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

#define IN_MAX	  512
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

static void check_scalar(const struct field *f, const uint8_t *at)
{
	struct bytes view = { 0 };
	struct op_int number = { 0 };
	unsigned int choice = 0;

	switch (f->type) {
	case T_STRING:
		memcpy(&view, at, sizeof(view));
		check_text(f, view);
		break;
	case T_BLOB:
		memcpy(&view, at, sizeof(view));
		if (view.ptr || (f->flags & FIELD_REQUIRED))
			fuzz_check(in_range(f, view.len));
		break;
	case T_ENUM:
		memcpy(&choice, at, sizeof(choice));
		fuzz_check(choice <= f->set->count);
		fuzz_check(choice || !(f->flags & FIELD_REQUIRED));
		break;
	case T_INT:
		memcpy(&number, at, sizeof(number));
		fuzz_check(!number.present ||
			   (number.value >= f->min && number.value <= f->max));
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

static void check_accepted(const struct op *op, const uint8_t *in)
{
	for (const struct field *f = op->in; f->name; f++) {
		if (f->type == T_STRINGS || f->type == T_STRUCTS)
			check_list(f, in + f->offset);
		else
			check_scalar(f, in + f->offset);
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
		rc = fields_from_query(&text, op->in, text, arena);
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
	check_row(&kms_ops[(data[0] & 0x7f) % kms_op_count],
		  bytes_of(data + 1, size - 1), data[0] & 0x80, &arena);
	arena_reset(&arena);
	return 0;
}
