/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/describe.h"

#include "host/dispatch/aws_error.h"
#include "host/dispatch/fields.h"
#include "host/service/op.h"

static const char *type_name(enum field_type type)
{
	switch (type) {
	case T_STRING:
		return "string";
	case T_BLOB:
		return "blob";
	case T_ENUM:
		return "enum";
	case T_INT:
		return "int";
	case T_BOOL:
		return "bool";
	case T_STRINGS:
		return "strings";
	case T_STRUCTS:
		return "structs";
	case T_HEX:
		return "hex";
	case T_BASE64URL:
		return "base64url";
	case T_UINT:
		return "uint64";
	case T_STRUCT:
		return "struct";
	case T_LIST:
		return "list";
	default:
		return "?";
	}
}

static void put_text(struct json_writer *w, const char *name, const char *text)
{
	if (!text)
		return;
	json_text_member(w, name, text);
}

/* All of a field but its sub-fields. */
static void describe_scalar(struct json_writer *w, const struct field *f)
{
	enum field_type type = (enum field_type)f->type;

	put_text(w, "name", f->name);
	put_text(w, "type", type_name(type));
	json_bool_member(w, "required", f->flags & FIELD_REQUIRED);
	if (f->items_max) {
		json_int_member(w, "items_max", f->items_max);
	}
	if (f->max) {
		json_int_member(w, "min", f->min);
		json_int_member(w, "max", f->max);
	}
	if (f->pattern)
		put_text(w, "pattern", f->pattern->text);
	if (f->set) {
		json_name(w, "values");
		json_array(w);
		for (unsigned int i = 0; i < f->set->count; i++)
			json_put_text(w, f->set->names[i]);
		json_end(w);
	}
}

/* The array of a list of fields, with the lists inside. */
static void describe_fields(struct json_writer *w, const struct field *fields)
{
	const struct field *stack[FIELDS_NEST_MAX] = { fields };
	unsigned int depth = 1;

	json_array(w);
	while (depth) {
		const struct field *f = stack[depth - 1]++;

		if (!f->name) {
			json_end(w);
			if (--depth)
				json_end(w);
			continue;
		}
		json_object(w);
		describe_scalar(w, f);
		if (f->sub && depth < FIELDS_NEST_MAX) {
			json_name(w, "members");
			json_array(w);
			stack[depth++] = f->sub;
			continue;
		}
		json_end(w);
	}
}

static void describe_out(struct json_writer *w, const struct op_member *m)
{
	json_name(w, "out");
	json_array(w);
	for (; m && m->name; m++) {
		json_object(w);
		put_text(w, "name", m->name);
		put_text(w, "type", m->type);
		json_bool_member(w, "always", m->always);
		json_end(w);
	}
	json_end(w);
}

static void describe_auth(struct json_writer *w, unsigned int auth)
{
	json_name(w, "auth");
	json_array(w);
	if (auth & AUTH_API_KEY)
		json_put_text(w, "api_key");
	if (auth & AUTH_SIGV4)
		json_put_text(w, "sigv4");
	if (auth & AUTH_OPTIONAL)
		json_put_text(w, "optional");
	json_end(w);
}

/* The members that choose this row among those of its target. */
static void describe_when(struct json_writer *w, const char *const *names)
{
	if (!names)
		return;
	json_name(w, "when");
	json_array(w);
	for (; *names; names++)
		json_put_text(w, *names);
	json_end(w);
}

static void describe_rate(struct json_writer *w, unsigned int rate)
{
	json_name(w, "rate");
	json_array(w);
	if (rate & RATE_CALLER)
		json_put_text(w, "caller");
	if (rate & RATE_ADDRESS)
		json_put_text(w, "address");
	if (rate & RATE_WALLET)
		json_put_text(w, "wallet");
	json_end(w);
}

static void describe_op(struct json_writer *w, const struct op *op)
{
	json_object(w);
	put_text(w, "name", op->name);
	put_text(w, "target", op->target);
	put_text(w, "method", op->method);
	put_text(w, "path", op->path);
	put_text(w, "doc", op->doc);
	put_text(w, "example", op->example);
	describe_auth(w, op->auth);
	describe_when(w, op->when);
	describe_rate(w, op->rate);
	json_name(w, "in");
	describe_fields(w, op->in);
	describe_out(w, op->out);
	json_name(w, "fails");
	json_array(w);
	for (const enum kms_rc *rc = op->fails; rc && *rc; rc++) {
		json_object(w);
		put_text(w, "code", kms_rc_name(*rc));
		put_text(w, "type", aws_error_of(*rc).type);
		json_end(w);
	}
	json_end(w);
	json_end(w);
}

void describe_ops(struct json_writer *w)
{
	json_array(w);
	for (size_t i = 0; i < op_count(); i++)
		describe_op(w, op_at(i));
	json_end(w);
}
