/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parser - bytes of one connection in, one request at a time out
 *
 * llhttp in its strict mode, behind our own request line and in front of our
 * own judgement of the head. Knows neither sockets nor clocks, so that tests
 * and the fuzzer drive it as the reactor does.
 *
 * Owns:      nothing; works inside the caller's input buffer, which may move
 *            between calls but not while a request is handed out.
 * Promises:  what is handed out or refused depends on the bytes alone, never
 *            on where they were cut; a refused connection hands out no more.
 * Threads:   none.
 */

#ifndef KMS_HOST_HTTP_PARSER_H
#define KMS_HOST_HTTP_PARSER_H

#include "host/http/http.h"
#include "host/http/request_line.h"

#include <llhttp.h>

enum http_parsed {
	HTTP_PARSED_MORE,     /* all was used, more has to come */
	HTTP_PARSED_CONTINUE, /* the client waits for "100 Continue" */
	HTTP_PARSED_REQUEST,  /* req is complete */
	HTTP_PARSED_REFUSED,  /* refusal says why; the end of the connection */
};

struct http_parser {
	llhttp_t llhttp;
	struct http_request *req; /* borrowed, filled */
	size_t header_max;
	size_t body_max;
	struct request_line line;
	struct refusal refusal;
	uint8_t *data;	 /* where the buffer was in the last call */
	size_t used;	 /* of the buffer */
	size_t head_len; /* 0 until the head is complete */
	size_t raw_len;	 /* used after the head, with all framing */
	size_t chunks;
	bool in_data;	 /* the next byte is body, not framing */
	bool expects;	 /* 100-continue, not given yet */
	bool complete;	 /* the last byte of the request was used */
	bool keep_alive; /* what the client wishes */
};

/* Begins a request at the first byte of an input buffer. Borrows req. */
void http_parser_start(struct http_parser *p, struct http_request *req,
		       size_t header_max, size_t body_max);

/* Reads what has been appended to in; may shorten it. */
enum http_parsed http_parser_run(struct http_parser *p, struct buf *in);

/* Method and path, as far as in was understood. */
void http_parser_tell(const struct http_parser *p, const struct buf *in,
		      struct http_refusal *no);

/* How large the buffer must be so that more can be appended to it. */
size_t http_parser_room(const struct http_parser *p, const struct buf *in);

/*
 * After a request: wipes it from the buffer, moves what follows it to the
 * front and starts again. Gives the number of bytes that follow.
 */
size_t http_parser_next(struct http_parser *p, struct buf *in);

#endif /* KMS_HOST_HTTP_PARSER_H */
