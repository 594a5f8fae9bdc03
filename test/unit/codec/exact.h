/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exact - inputs in memory of exactly their size, so that a sanitizer sees
 * any overread
 */

#ifndef KMS_TEST_EXACT_H
#define KMS_TEST_EXACT_H

#include "common/bytes.h"
#include "common/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A copy that the caller ends with exact_free(). */
static inline struct bytes exact_copy(const void *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	if (len)
		memcpy(copy, data, len);
	return bytes_of(copy, len);
}

static inline struct bytes exact_text(const char *text)
{
	return exact_copy(text, strlen(text));
}

static inline struct bytes exact_hex(const char *text)
{
	size_t len = strlen(text) / 2;
	uint8_t *out = malloc(len ? len : 1);

	if (!out || hex_decode(out, len, text, strlen(text))) {
		fprintf(stderr, "no hex: %s\n", text);
		abort();
	}
	return bytes_of(out, len);
}

static inline void exact_free(struct bytes *b)
{
	free((void *)(uintptr_t)b->ptr);
	*b = (struct bytes){ 0 };
}

#endif /* KMS_TEST_EXACT_H */
