/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vector_file - the files of test/vectors, read with codec/json
 *
 * Whatever is not as the test says fails it: a vector that nobody understands
 * is not left out.
 */

#ifndef KMS_TEST_VECTOR_FILE_H
#define KMS_TEST_VECTOR_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/json.h"

struct vector_file {
	struct json_value top;
	struct bytes text;
};

/* Reads the whole file; ended by vector_file_close(). */
void vector_file_open(struct vector_file *f, const char *path);
void vector_file_close(struct vector_file *f);

/*
 * The object has these members, names with a blank between them, and no other;
 * one that may be left out is marked: "name ?note".
 */
void vector_shape(const struct json_value *object, const char *names);

bool vector_has(const struct json_value *object, const char *name);
/* An object, or an array with something in it. */
struct json_value vector_inside(const struct json_value *object,
				const char *name);
/* A text with a NUL behind it; gives its length. */
size_t vector_text(char *out, size_t cap, const struct json_value *object,
		   const char *name);
uint32_t vector_u32(const struct json_value *object, const char *name);
/* Exactly len bytes. */
void vector_hex(uint8_t *out, size_t len, const struct json_value *object,
		const char *name);
/* These give the number of bytes, cap at most. */
size_t vector_hex_any(uint8_t *out, size_t cap, const struct json_value *object,
		      const char *name);
size_t vector_base64url(uint8_t *out, size_t cap,
			const struct json_value *object, const char *name);
void vector_uuid(uint8_t uuid[16], const struct json_value *object,
		 const char *name);

/*
 * SHA-256(tag | wallet | tail): what an owner allows with the operations that
 * no room has yet.
 */
void vector_tagged_digest(uint8_t out[32], const char *tag,
			  const uint8_t wallet[16], struct bytes tail);

#endif /* KMS_TEST_VECTOR_FILE_H */
