/* SPDX-License-Identifier: Apache-2.0 */
/* The contract of every row of the table. */
#include "common/base64.h"
#include "test/unit/dispatch/decode.h"
#include "test/unit/seed.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void put_hex(struct json_writer *w, size_t len)
{
	char text[256] = "0x";

	assert_true(2 + 2 * len < sizeof(text));
	memset(text + 2, '0', 2 * len);
	json_put_text(w, text);
}

static void put_base64url(struct json_writer *w, size_t len)
{
	static const char zeros[128];
	char text[256];

	assert_true(len <= sizeof(zeros));
	json_put_string(w, bytes_of(text, base64url_encode(text, zeros, len)));
}

static void put_good(struct json_writer *w, const struct field *f);

/* An object of good members; NOLINTNEXTLINE: as deep as the table. */
static void put_good_object(struct json_writer *w, const struct field *fields)
{
	json_object(w);
	for (; fields->name; fields++) {
		json_name(w, fields->name);
		put_good(w, fields);
	}
	json_end(w);
}

/* A JSON value that satisfies the field. */
static void put_good(struct json_writer *w, const struct field *f)
{
	char text[64];

	memset(text, 'a', sizeof(text));
	switch (f->type) {
	case T_STRING:
		json_put_string(w, bytes_of(text, f->min ? (size_t)f->min : 1));
		break;
	case T_BLOB:
		json_put_base64(w, text, (size_t)f->min);
		break;
	case T_ENUM:
		json_put_text(w, f->set->names[0]);
		break;
	case T_INT:
		json_put_int(w, f->min);
		break;
	case T_BOOL:
		json_put_bool(w, true);
		break;
	case T_HEX:
		put_hex(w, (size_t)f->min);
		break;
	case T_BASE64URL:
		put_base64url(w, (size_t)f->min);
		break;
	case T_UINT:
		json_put_int(w, 7);
		break;
	case T_STRUCT:
		put_good_object(w, f->sub);
		break;
	default:
		json_array(w);
		json_end(w);
		break;
	}
}

/* A JSON value of the wrong JSON type. */
static void put_wrong_type(struct json_writer *w, const struct field *f)
{
	if (f->type == T_STRING || f->type == T_ENUM || f->type == T_BLOB ||
	    f->type == T_HEX || f->type == T_BASE64URL)
		json_put_int(w, 7);
	else
		json_put_text(w, "7");
}

static void put_too_long(struct json_writer *w, const struct field *f)
{
	static char text[140000];
	size_t len = (size_t)f->max + 1;

	if (f->type == T_HEX || f->type == T_BASE64URL) {
		/* Two characters of hexadecimal, or four of three bytes. */
		len = f->type == T_HEX ? 2 * len : BASE64_LEN(len + 2);
		memset(text, f->type == T_HEX ? '0' : 'A', sizeof(text));
		json_put_string(w, bytes_of(text, len));
		return;
	}

	assert_true(f->type == T_INT || len < sizeof(text));
	memset(text, 'a', sizeof(text));
	if (f->type == T_INT)
		json_put_int(w, (int64_t)f->max + 1);
	else if (f->type == T_BLOB)
		json_put_base64(w, text, len);
	else
		json_put_string(w, bytes_of(text, len));
}

static void put_not_in_set(struct json_writer *w, const struct field *f)
{
	(void)f;
	json_put_text(w, "NOT_ONE_OF_THEM");
}

typedef void put_value(struct json_writer *w, const struct field *f);

/* A body of which only the field special is not good; NULL leaves it out. */
static enum kms_rc decode_with(const struct op *op, const struct field *special,
			       put_value *put)
{
	static char body[300000];
	struct json_writer w = { 0 };

	json_begin(&w, body, sizeof(body));
	json_object(&w);
	for (const struct field *f = op->in; f->name; f++) {
		if (f == special && !put)
			continue;
		json_name(&w, f->name);
		if (f == special)
			put(&w, f);
		else
			put_good(&w, f);
	}
	json_end(&w);
	assert_int_equal(json_writer_done(&w), 0);
	return decode(op, body, w.len);
}

static const char *path_of(const struct field *f)
{
	static char path[64];

	snprintf(path, sizeof(path), "%c%s", tolower((unsigned char)f->name[0]),
		 f->name + 1);
	return path;
}

static void assert_one_violation(const struct field *f, const char *text)
{
	char want[512];

	snprintf(want, sizeof(want),
		 " at '%s' failed to satisfy constraint: %s", path_of(f), text);
	if (strncmp(message, "1 validation error detected: Value",
		    strlen("1 validation error detected: Value")) ||
	    !strstr(message, want))
		fail_msg("%s: %s, not %s", f->name, message, want);
}

static void every_row_takes_good_members_and_its_example(void **state)
{
	(void)state;
	for (size_t i = 0; i < op_count(); i++) {
		const struct op *op = op_at(i);

		assert_int_equal(decode_with(op, NULL, NULL), 0);
		if (op->target)
			assert_int_equal(
				decode(op, op->example, strlen(op->example)),
				0);
	}
}

static void every_row_tells_a_missing_required_member(void **state)
{
	(void)state;
	for (size_t i = 0; i < op_count(); i++) {
		for (const struct field *f = op_at(i)->in; f->name; f++) {
			enum kms_rc rc = decode_with(op_at(i), f, NULL);

			if (!(f->flags & FIELD_REQUIRED)) {
				assert_int_equal(rc, 0);
				continue;
			}
			assert_int_equal(rc, KMS_RC_BAD_INPUT);
			assert_one_violation(f, "Member must not be null");
			assert_non_null(strstr(message, "Value null at"));
		}
	}
}

static void every_row_refuses_a_wrong_json_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < op_count(); i++)
		for (const struct field *f = op_at(i)->in; f->name; f++)
			assert_int_equal(
				decode_with(op_at(i), f, put_wrong_type),
				KMS_RC_SERIALIZATION);
}

static void every_row_tells_what_is_too_long(void **state)
{
	char text[96];

	(void)state;
	for (size_t i = 0; i < op_count(); i++) {
		for (const struct field *f = op_at(i)->in; f->name; f++) {
			if (!f->max || f->type == T_STRINGS)
				continue;
			assert_int_equal(decode_with(op_at(i), f, put_too_long),
					 KMS_RC_BAD_INPUT);
			snprintf(text, sizeof(text),
				 "Member must have %s less than or equal to %d",
				 f->type == T_INT ? "value" : "length",
				 (int)f->max);
			assert_one_violation(f, text);
			if (f->type == T_BLOB)
				assert_non_null(strstr(message, "Value at "));
		}
	}
}

static void every_row_tells_the_set_of_an_enumeration(void **state)
{
	char text[80];

	(void)state;
	for (size_t i = 0; i < op_count(); i++) {
		for (const struct field *f = op_at(i)->in; f->name; f++) {
			if (f->type != T_ENUM)
				continue;
			assert_int_equal(
				decode_with(op_at(i), f, put_not_in_set),
				KMS_RC_BAD_INPUT);
			snprintf(text, sizeof(text),
				 "Member must satisfy enum value set: [%s",
				 f->set->names[0]);
			assert_one_violation(f, text);
			assert_non_null(strstr(message, "'NOT_ONE_OF_THEM'"));
		}
	}
}

static size_t size_of(uint8_t type)
{
	switch (type) {
	case T_STRING:
	case T_BLOB:
	case T_HEX:
	case T_BASE64URL:
		return sizeof(struct bytes);
	case T_UINT:
		return sizeof(struct op_uint);
	case T_LIST:
		return sizeof(struct json_value);
	case T_ENUM:
		return sizeof(unsigned int);
	case T_INT:
		return sizeof(struct op_int);
	case T_BOOL:
		return sizeof(bool);
	case T_STRINGS:
		return sizeof(struct op_strings);
	case T_STRUCTS:
		return sizeof(struct op_structs);
	default:
		return 0;
	}
}

static void assert_fields_are_sound(const struct field *fields, size_t in_size)
{
	size_t count = 0;

	for (const struct field *f = fields; f->name; f++, count++) {
		assert_true(f->type == T_STRUCT || f->size == size_of(f->type));
		assert_true(f->offset + f->size <= in_size);
		assert_true(f->min <= f->max);
		assert_true(strlen(f->name) < 48);
		assert_true((f->type == T_ENUM) == (f->set != NULL));
		assert_true((f->type == T_STRUCTS || f->type == T_STRUCT) ==
			    (f->sub != NULL));
	}
	assert_true(count <= FIELDS_MAX);
}

static void every_row_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < op_count(); i++) {
		const struct op *op = op_at(i);

		assert_non_null(op->name);
		assert_non_null(op->run);
		assert_non_null(op->doc);
		assert_non_null(op->in);
		assert_non_null(op->out);
		assert_true(op->target || (op->method && op->path));
		assert_true(!op->target || op->example);
		assert_fields_are_sound(op->in, op->in_size);
		for (const struct field *f = op->in; f->name; f++) {
			if (!f->sub)
				continue;
			assert_fields_are_sound(f->sub, f->type == T_STRUCT
								? f->size
								: f->sub_size);
			if (f->type == T_STRUCT)
				continue;
			for (const struct field *s = f->sub; s->name; s++)
				assert_true(s->type < T_STRINGS);
		}
		assert_true(!op->when || op->target);
		/* Of the rows of a target one is for all other bodies. */
		for (size_t k = 0; op->target && !op->when && k < i; k++)
			assert_true(!op_at(k)->target || op_at(k)->when ||
				    strcmp(op->target, op_at(k)->target));
	}
}

static void random_bodies_never_break_the_check(void **state)
{
	static const char spice[] = "{}[]\",:\\u0nul1e-9=+/AZ\xc3\xa9";
	struct prng p = prng_start();
	char body[1024];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		const struct op *op = op_at(prng_below(&p, op_count()));
		size_t len = 0;

		if (!op->target)
			continue;
		len = strlen(op->example);
		assert_true(len < sizeof(body));
		memcpy(body, op->example, len);
		for (size_t k = prng_below(&p, 3); k < 3; k++)
			body[prng_below(&p, len)] =
				spice[prng_below(&p, sizeof(spice) - 1)];
		(void)!decode(op, body, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_takes_good_members_and_its_example),
		cmocka_unit_test(every_row_tells_a_missing_required_member),
		cmocka_unit_test(every_row_refuses_a_wrong_json_type),
		cmocka_unit_test(every_row_tells_what_is_too_long),
		cmocka_unit_test(every_row_tells_the_set_of_an_enumeration),
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(random_bodies_never_break_the_check),
	};

	return cmocka_run_group_tests(tests, decode_open, decode_close);
}
