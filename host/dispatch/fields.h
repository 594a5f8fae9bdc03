/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields - from a JSON object to an operation's struct, checked as AWS checks
 *
 * null counts as absent, unknown members are ignored. A wrong JSON type or bad
 * base64 is SERIALIZATION; then all constraints are checked and told at once,
 * in AWS's words, as BAD_INPUT.
 */

#ifndef KMS_HOST_FIELDS_H
#define KMS_HOST_FIELDS_H

#include "codec/json.h"
#include "common/mem.h"
#include "host/service/op.h"

#define FIELDS_MAX	16 /* of one object */
#define FIELDS_NEST_MAX 4  /* objects inside each other */

/*
 * Fills *out, zeroed before, of views into the object's text and the arena.
 * *message tells what is wrong. SERIALIZATION, BAD_INPUT, NO_MEMORY.
 */
enum kms_rc fields_decode(void *out, const struct field *fields,
			  const struct json_value *object, struct arena *arena,
			  struct bytes *message) KMS_MUST_USE;

/*
 * Makes the object of a query string ("Limit=5&Marker=x") in the arena: of the
 * parameters that the fields name, others are ignored. The fields tell which
 * values are numbers, *message what is wrong. BAD_INPUT (also when one comes
 * twice), NO_MEMORY.
 */
enum kms_rc fields_from_query(struct bytes *json, const struct field *fields,
			      struct bytes query, struct arena *arena,
			      struct bytes *message) KMS_MUST_USE;

#endif /* KMS_HOST_FIELDS_H */
