/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/fields.h"

#include "host/dispatch/field_value.h"

#include <stdio.h>
#include <string.h>

/* An object that is being walked. */
struct level {
	const struct field *next;
	size_t at; /* of next in found */
	uint8_t *out;
	size_t base;
	struct json_value found[FIELDS_MAX];
};

/* "grantTokens.1.member": positions count from 1. */
static void set_element_path(struct check *c, const struct field *f,
			     size_t number)
{
	size_t at = 0;

	field_set_path(c, c->base, f->name);
	at = strlen(c->path);
	snprintf(c->path + at, sizeof(c->path) - at, ".%zu.member", number);
}

/* One walk over the object, so that a long one is not searched per field. */
static void find_members(struct json_value *found, const struct field *fields,
			 const struct json_value *object)
{
	struct json_value name = { 0 };
	struct json_value value = { 0 };
	size_t pos = 0;

	while (json_next(object, &pos, &name, &value)) {
		size_t i = 0;

		while (fields[i].name && !json_name_is(&name, fields[i].name))
			i++;
		if (fields[i].name)
			found[i] = value;
	}
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

static enum kms_rc check_strings(struct check *c, const struct field *f,
				 const struct json_value *v,
				 struct op_strings *out)
{
	size_t count = count_elements(v);
	struct json_value element = { 0 };
	struct bytes *items = NULL;
	size_t pos = 0;
	enum kms_rc rc = KMS_RC_OK;

	field_check_count(c, f, count);
	items = arena_alloc(c->arena, count * sizeof(*items));
	if (!items)
		return KMS_RC_NO_MEMORY;
	for (size_t i = 0; !rc && json_next(v, &pos, NULL, &element); i++) {
		set_element_path(c, f, i + 1);
		if (element.type == JSON_NULL)
			field_violate_null(c);
		else
			rc = field_check_string(c, f, &element, &items[i]);
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
		field_violate_null(c);
		return KMS_RC_OK;
	}
	if (v->type != JSON_OBJECT)
		return field_not_serialized(c, "'%s' must be an object",
					    c->path);
	find_members(found, f->sub, v);
	at = strlen(c->path);
	for (size_t i = 0; !rc && f->sub[i].name; i++) {
		c->path[at] = '.';
		field_set_path(c, at + 1, f->sub[i].name);
		rc = field_check_scalar(c, &f->sub[i], &found[i],
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

	field_check_count(c, f, count);
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
	field_set_path(c, c->base, f->name);
	if (field_is_absent(v) ||
	    (f->type != T_STRINGS && f->type != T_STRUCTS))
		return field_check_scalar(c, f, v, out);
	if (v->type != JSON_ARRAY)
		return field_not_serialized(c, "'%s' must be a list", c->path);
	return f->type == T_STRINGS ? check_strings(c, f, v, out)
				    : check_structs(c, f, v, out);
}

/* Starts the walk over an object whose name, if it has one, is c->path. */
static enum kms_rc enter(struct check *c, struct level **level,
			 const struct field *fields,
			 const struct json_value *object, uint8_t *out)
{
	struct level *l = arena_alloc(c->arena, sizeof(*l));

	if (object->type != JSON_OBJECT) {
		field_not_serialized(c, "'%s' must be an object", c->path);
		return KMS_RC_SERIALIZATION;
	}
	if (!l)
		return KMS_RC_NO_MEMORY;
	l->next = fields;
	l->out = out;
	l->base = strlen(c->path);
	if (l->base && l->base + 1 < sizeof(c->path))
		c->path[l->base++] = '.';
	find_members(l->found, fields, object);
	*level = l;
	return KMS_RC_OK;
}

/* One field; *depth grows when it is an object that is there. */
static enum kms_rc step(struct check *c, struct level **stack,
			unsigned int *depth)
{
	struct level *l = stack[*depth - 1];
	const struct field *f = l->next++;
	const struct json_value *v = &l->found[l->at++];
	uint8_t *out = l->out + f->offset;

	c->base = l->base;
	if (f->type != T_STRUCT || field_is_absent(v))
		return check_field(c, f, v, out);
	if (*depth == FIELDS_NEST_MAX)
		return KMS_RC_INTERNAL;
	field_set_path(c, l->base, f->name);
	*(bool *)(void *)out = true;
	return enter(c, &stack[(*depth)++], f->sub, v, out);
}

static enum kms_rc walk(struct check *c, struct level *root)
{
	struct level *stack[FIELDS_NEST_MAX] = { root };
	unsigned int depth = 1;
	enum kms_rc rc = KMS_RC_OK;

	while (!rc && depth) {
		if (stack[depth - 1]->next->name)
			rc = step(c, stack, &depth);
		else
			depth--;
	}
	return rc;
}

enum kms_rc fields_decode(void *out, const struct field *fields,
			  const struct json_value *object, struct arena *arena,
			  struct bytes *message)
{
	struct check c = { .arena = arena, .message = message };
	struct level *root = NULL;
	enum kms_rc rc = KMS_RC_OK;

	*message = (struct bytes){ 0 };
	if (object->type != JSON_OBJECT)
		return field_not_serialized(&c,
					    "the body must be a JSON object");
	rc = enter(&c, &root, fields, object, out);
	if (!rc)
		rc = walk(&c, root);
	if (rc || !c.count)
		return rc;
	*message = field_told(&c);
	return KMS_RC_BAD_INPUT;
}
