/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_line - the first line of a request, stricter than llhttp
 *
 * llhttp also speaks RTSP, ICE, HTTP/0.9 and 40 methods nobody here serves.
 * This scanner lets only our own dialect through to it. The verdict on a byte
 * depends on the bytes before it alone, never on how they were cut.
 *
 * Owns:      nothing; positions count from the first byte received.
 * Threads:   none.
 */

#ifndef KMS_HOST_HTTP_REQUEST_LINE_H
#define KMS_HOST_HTTP_REQUEST_LINE_H

#include "common/bytes.h"

/* A view by position, because the buffer may move before the line ends. */
struct span {
	size_t at;
	size_t len;
};

struct request_line {
	unsigned int state;
	unsigned int matched; /* of the version */
	struct span method;
	struct span target;
	bool http_1_0;
};

/* Why a request is refused; status 0: it is not. why is static. */
struct refusal {
	unsigned int status;
	const char *why;
};

/* Scans data[*at..len) and moves *at. */
struct refusal request_line_scan(struct request_line *l, const uint8_t *data,
				 size_t *at, size_t len);
bool request_line_done(const struct request_line *l);

/*
 * Splits origin-form and absolute-form, and "*" of OPTIONS. Borrows target,
 * or a constant when the target has no path.
 */
struct refusal request_target_split(struct bytes *path, struct bytes *query,
				    struct bytes method, struct bytes target);

#endif /* KMS_HOST_HTTP_REQUEST_LINE_H */
