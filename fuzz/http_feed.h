/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_feed - drives the HTTP parser as a connection does, and keeps accounts
 *
 * The bytes come in pieces whose lengths a random stream chooses, and the
 * buffer moves now and then. Shared by the fuzz target and the unit test.
 */

#ifndef KMS_FUZZ_HTTP_FEED_H
#define KMS_FUZZ_HTTP_FEED_H

#include "host/http/parser.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FEED_HEADER_MAX 2048
#define FEED_BODY_MAX	4096
#define FEED_BUFFER	(FEED_HEADER_MAX + FEED_BODY_MAX + 8192)

/* What the server made of the bytes. */
struct feed_account {
	uint64_t digest; /* of all requests, in order */
	size_t requests;
	size_t continues;
	unsigned int refused; /* status, or 0 */
	size_t open_bytes;    /* of body held for an incomplete request */
};

static inline uint64_t feed_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static inline void feed_hash(uint64_t *digest, struct bytes b)
{
	*digest = (*digest ^ b.len) * 0x100000001b3u;
	for (size_t i = 0; i < b.len; i++)
		*digest = (*digest ^ b.ptr[i]) * 0x100000001b3u;
}

static inline void feed_check_text(struct bytes b, bool blanks)
{
	assert(b.ptr);
	for (size_t i = 0; i < b.len; i++)
		assert(b.ptr[i] > 0x20 ? b.ptr[i] != 0x7f
				       : blanks && (b.ptr[i] == ' ' ||
						    b.ptr[i] == '\t'));
}

/* What a handler may rely on, whatever was sent. */
static inline void feed_check(const struct http_request *req)
{
	unsigned int lengths = 0;
	unsigned int hosts = 0;
	unsigned int codings = 0;

	feed_check_text(req->method, false);
	feed_check_text(req->target, false);
	assert(req->method.len && req->target.len && req->path.len);
	assert(req->path.ptr[0] == '/' || bytes_is_var(req->path, "*"));
	assert(req->header_count <= HTTP_HEADERS_MAX);
	assert(req->body.ptr && req->body.len <= FEED_BODY_MAX);
	for (size_t i = 0; i < req->header_count; i++) {
		assert(req->headers[i].name.len);
		feed_check_text(req->headers[i].name, false);
		feed_check_text(req->headers[i].value, true);
	}
	(void)http_header(req, "host", &hosts);
	(void)http_header(req, "content-length", &lengths);
	(void)http_header(req, "transfer-encoding", &codings);
	assert(hosts <= 1 && lengths + codings <= 1);
	assert(lengths + codings == 1 || !req->body.len);
}

static inline void feed_note(struct feed_account *a,
			     const struct http_request *req)
{
	feed_check(req);
	a->requests++;
	feed_hash(&a->digest, req->method);
	feed_hash(&a->digest, req->target);
	feed_hash(&a->digest, req->path);
	feed_hash(&a->digest, req->query);
	feed_hash(&a->digest, req->body);
	for (size_t i = 0; i < req->header_count; i++) {
		feed_hash(&a->digest, req->headers[i].name);
		feed_hash(&a->digest, req->headers[i].value);
	}
}

/* Gives false when the connection is over. */
static inline bool feed_run(struct http_parser *p, struct buf *in,
			    struct feed_account *a)
{
	for (;;) {
		switch (http_parser_run(p, in)) {
		case HTTP_PARSED_CONTINUE:
			a->continues++;
			break;
		case HTTP_PARSED_REQUEST:
			feed_note(a, p->req);
			if (!http_parser_next(p, in))
				return true;
			break;
		case HTTP_PARSED_REFUSED:
			a->refused = p->refusal.status;
			assert(a->refused >= 400 && p->refusal.why);
			return false;
		case HTTP_PARSED_MORE:
		default:
			assert(p->used == in->len);
			a->open_bytes = p->head_len ? p->req->body.len : 0;
			assert(http_parser_room(p, in) > in->len);
			return true;
		}
	}
}

/* piece_max 0: all at once, as far as the buffer goes. */
static inline struct feed_account feed(const uint8_t *data, size_t len,
				       size_t piece_max, uint64_t seed)
{
	struct feed_account a = { 0 };
	struct http_request *req = calloc(1, sizeof(*req));
	struct http_parser p = { 0 };
	uint8_t *other = malloc(FEED_BUFFER);
	struct buf in = { .ptr = malloc(FEED_BUFFER), .cap = FEED_BUFFER };
	bool open = true;

	assert(req && other && in.ptr);
	http_parser_start(&p, req, FEED_HEADER_MAX, FEED_BODY_MAX);
	while (open && len) {
		size_t n = in.cap - in.len;

		if (piece_max) {
			size_t piece = 1 + feed_random(&seed) % piece_max;

			n = piece < n ? piece : n;
		}
		n = n < len ? n : len;
		memcpy(in.ptr + in.len, data, n);
		in.len += n;
		data += n;
		len -= n;
		if (piece_max && feed_random(&seed) % 4 == 0) {
			uint8_t *old = in.ptr;

			memcpy(other, old, in.len);
			memset(old, 0xa5, FEED_BUFFER);
			in.ptr = other;
			other = old;
		}
		open = feed_run(&p, &in, &a);
	}
	free(in.ptr);
	free(other);
	free(req);
	return a;
}

/* The property: where the bytes are cut changes nothing. */
static inline bool feed_same(const struct feed_account *a,
			     const struct feed_account *b)
{
	return a->digest == b->digest && a->requests == b->requests &&
	       a->continues == b->continues && a->refused == b->refused;
}

#endif /* KMS_FUZZ_HTTP_FEED_H */
