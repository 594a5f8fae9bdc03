/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer - the head of an answer as bytes
 *
 * Owns:      nothing.
 * Threads:   none.
 */

#ifndef KMS_HOST_HTTP_ANSWER_H
#define KMS_HOST_HTTP_ANSWER_H

#include "host/http/http.h"

#include <time.h>

#define HTTP_DATE_LEN 29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */

/* Room for everything in a head but the caller's extra lines. */
#define HTTP_HEAD_MAX 768

/* A NUL follows the date. */
void http_date(char out[HTTP_DATE_LEN + 1], time_t t);

/* Whether the status has a body at all, RFC 9110 6.4.1. */
bool http_status_has_body(unsigned int status);

/*
 * Writes the head without the caller's extra lines and without the empty line
 * that ends it. The headers that keep answers out of caches and sniffers are
 * there unless the caller's extra lines bring their own.
 */
size_t http_answer_head(char out[HTTP_HEAD_MAX], const struct http_answer *a,
			const char *date, bool keep_alive);

#endif /* KMS_HOST_HTTP_ANSWER_H */
