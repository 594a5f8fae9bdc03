/* SPDX-License-Identifier: Apache-2.0 */
/*
 * field_value - one value of a request, read and checked as its field asks
 *
 * A wrong JSON type is SERIALIZATION at once; what breaks a constraint is
 * collected in AWS's words and is no failure yet.
 */

#ifndef KMS_HOST_FIELD_VALUE_H
#define KMS_HOST_FIELD_VALUE_H

#include "codec/json.h"
#include "common/mem.h"
#include "host/service/op.h"

#define FIELD_PATH_CAP 128

/* The check of one request. */
struct check {
	struct arena *arena;
	char *text; /* of the violations, from the arena */
	size_t len;
	unsigned int count;
	struct bytes *message;
	char path[FIELD_PATH_CAP]; /* "tags.1.member.tagKey" */
	size_t base; /* where the name of the present field begins */
};

/* The path to a member, in lower camel case, written at offset at. */
void field_set_path(struct check *c, size_t at, const char *name);

/* Tells the client; gives SERIALIZATION. */
enum kms_rc field_not_serialized(struct check *c, const char *fmt, ...)
	KMS_PRINTF(2, 3);
void field_violate_null(struct check *c);
/* Counts the elements of a list against the field's items_max. */
void field_check_count(struct check *c, const struct field *f, size_t count);

bool field_is_absent(const struct json_value *v);
enum kms_rc field_check_string(struct check *c, const struct field *f,
			       const struct json_value *v,
			       struct bytes *out) KMS_MUST_USE;
/* Any field but lists of strings and structs, and structs; c->path is set. */
enum kms_rc field_check_scalar(struct check *c, const struct field *f,
			       const struct json_value *v,
			       void *out) KMS_MUST_USE;

/* The text of all violations, in the arena. */
struct bytes field_told(const struct check *c);

#endif /* KMS_HOST_FIELD_VALUE_H */
