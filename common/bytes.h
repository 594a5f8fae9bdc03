/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bytes - a view of somebody else's memory: pointer and length, never freed
 *
 * An absent value has ptr NULL; a present empty one has ptr set and len 0.
 */

#ifndef KMS_COMMON_BYTES_H
#define KMS_COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *ptr;
	size_t len;
};

/* A writable window of fixed size; cap never changes, len grows. */
struct buf {
	uint8_t *ptr;
	size_t cap;
	size_t len;
};

static inline struct bytes bytes_of(const void *ptr, size_t len)
{
	return (struct bytes){ .ptr = ptr, .len = len };
}

/* A NUL-terminated text without its NUL; NULL is absent. */
static inline struct bytes bytes_of_text(const char *text)
{
	return bytes_of(text, text ? strlen(text) : 0);
}

/* Time depends on the contents: for public data only. */
bool bytes_equal_var(struct bytes a, struct bytes b);

/* Compares with a NUL-terminated text. */
static inline bool bytes_is_var(struct bytes a, const char *text)
{
	return bytes_equal_var(a, bytes_of_text(text));
}

#endif /* KMS_COMMON_BYTES_H */
