/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json - strict, allocation-free JSON (RFC 8259), reading and writing
 *
 * Reading checks everything first: valid UTF-8, no duplicate member names in
 * one object (after unescaping), depth at most JSON_DEPTH_MAX, numbers in the
 * grammar, nothing behind the value. Then values are views of the text. Used
 * by both worlds; no heap, no recursion, no clock, no I/O.
 */

#ifndef KMS_CODEC_JSON_H
#define KMS_CODEC_JSON_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define JSON_DEPTH_MAX	 16
#define JSON_MEMBERS_MAX 256 /* of one object; of all open ones 384 */

enum json_type {
	JSON_ABSENT = 0,
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* A value inside a checked text. raw of a string excludes its quotes. */
struct json_value {
	enum json_type type;
	struct bytes raw;
	bool escaped; /* string: contains at least one backslash */
};

/* Checks the whole text and gives its one value. SERIALIZATION. */
enum kms_rc json_parse(struct json_value *out, struct bytes text) KMS_MUST_USE;

/* Containers inside each other: 0 for a scalar, 1 for {} or [1]. */
unsigned int json_depth(const struct json_value *v);

/* Member by name (ASCII); type JSON_ABSENT when there is none or it is no
 * object. */
struct json_value json_member(const struct json_value *object,
			      const char *name);

/* Walks members or elements: start with *pos = 0. name may be NULL. */
bool json_next(const struct json_value *container, size_t *pos,
	       struct json_value *name, struct json_value *value);

/* Whether a name that json_next() gave is want (ASCII), escaped or not. */
bool json_name_is(const struct json_value *name, const char *want);

/*
 * Unescapes a string into out (UTF-8, no NUL added); sets *len. Lone
 * surrogates are SERIALIZATION (also at json_parse); SHORT_BUFFER.
 */
enum kms_rc json_string(const struct json_value *v, char *out, size_t cap,
			size_t *len) KMS_MUST_USE;

/* Walks the characters (code points) of a string: start with *pos = 0. */
bool json_next_char(const struct json_value *v, size_t *pos, uint32_t *c);

/* Characters of a string value. */
size_t json_string_chars(const struct json_value *v);

/* An integer without fraction or exponent that fits. BAD_INPUT. */
enum kms_rc json_int64(const struct json_value *v, int64_t *out) KMS_MUST_USE;

/*
 * The writer remembers an overflow; check json_writer_done() once. What is not
 * UTF-8 comes out as U+FFFD, so that a finished text always parses.
 */
struct json_writer {
	char *ptr;
	size_t cap;
	size_t len;
	unsigned int depth;
	uint32_t comma;	  /* bit per depth: a comma is due */
	uint32_t objects; /* bit per depth: the container is an object */
	bool after_name;
	bool failed;  /* it did not fit */
	bool misused; /* a name or an end stood where none belongs */
};

void json_begin(struct json_writer *w, char *out, size_t cap);
void json_object(struct json_writer *w);
void json_array(struct json_writer *w);
void json_end(struct json_writer *w); /* closes either */
void json_name(struct json_writer *w, const char *name);
void json_put_text(struct json_writer *w, const char *text);
void json_put_string(struct json_writer *w, struct bytes utf8);
void json_put_base64(struct json_writer *w, const void *data, size_t len);
/* As base64url_encode(): the URL form, no padding. */
void json_put_base64url(struct json_writer *w, const void *data, size_t len);
void json_put_int(struct json_writer *w, int64_t value);
/* Milliseconds as AWS's seconds with three digits: 1571767572.317 */
void json_put_time_ms(struct json_writer *w, int64_t ms);
void json_put_bool(struct json_writer *w, bool value);
void json_put_raw(struct json_writer *w, struct bytes json);

/* A member of an object: name and value. */
void json_text_member(struct json_writer *w, const char *name,
		      const char *text);
void json_int_member(struct json_writer *w, const char *name, int64_t value);
void json_bool_member(struct json_writer *w, const char *name, bool value);
/* SHORT_BUFFER when it did not fit; INTERNAL when it is no JSON text. */
enum kms_rc json_writer_done(const struct json_writer *w) KMS_MUST_USE;

#endif /* KMS_CODEC_JSON_H */
