/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text - a text that grows inside a buffer of fixed size
 *
 * A NUL always follows it. What does not fit is cut, which the text remembers.
 * For what is written with each request: there printf costs more than the rest.
 */

#ifndef KMS_COMMON_TEXT_H
#define KMS_COMMON_TEXT_H

#include "common/bytes.h"

#include <stdint.h>

struct text {
	char *ptr; /* borrowed */
	size_t cap;
	size_t len; /* without the NUL */
	bool cut;
};

/* cap is at least 1. */
void text_begin(struct text *t, char *out, size_t cap);
void text_put_bytes(struct text *t, struct bytes more);
/* In decimal, with zeros in front of less than so many digits, at most 20. */
void text_put_number(struct text *t, uint64_t number, size_t digits_min);

/* Here, so that the compiler counts what it knows. */
static inline void text_put(struct text *t, const char *more)
{
	text_put_bytes(t, bytes_of_text(more));
}

#endif /* KMS_COMMON_TEXT_H */
