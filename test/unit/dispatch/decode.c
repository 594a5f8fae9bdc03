/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/dispatch/decode.h"

#include <stdio.h>
#include <string.h>

struct arena arena;
char message[16384];
uint64_t input[256];

int decode_open(void **state)
{
	(void)state;
	return arena_init(&arena, 4 * 1024 * 1024);
}

int decode_close(void **state)
{
	(void)state;
	arena_clear(&arena);
	return 0;
}

const struct op *op_of(const char *target)
{
	for (size_t i = 0; i < op_count(); i++)
		if (op_at(i)->target && !strcmp(op_at(i)->target, target))
			return op_at(i);
	fail_msg("no row %s", target);
	return NULL;
}

enum kms_rc decode(const struct op *op, const char *text, size_t len)
{
	struct json_value object = { 0 };
	struct bytes why = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	arena_reset(&arena);
	memset(input, 0, sizeof(input));
	assert_true(op->in_size <= sizeof(input));
	rc = json_parse(&object, bytes_of(text, len));
	if (rc)
		return rc;
	rc = fields_decode(input, op->in, &object, &arena, &why);
	snprintf(message, sizeof(message), "%.*s", (int)why.len,
		 why.ptr ? (const char *)why.ptr : "");
	return rc;
}
