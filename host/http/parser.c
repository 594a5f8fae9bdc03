/* SPDX-License-Identifier: Apache-2.0 */
#include "host/http/parser.h"

#include "common/secret.h"

#include <string.h>
#include <strings.h>

/* Framing a chunk may cost without being counted as a chunk extension. */
#define CHUNK_FRAMING 16

/* Appended at a time to a body of unknown length. */
#define CHUNK_WINDOW 4096

static struct http_parser *parser_of(llhttp_t *l)
{
	return l->data;
}

static bool fail(struct http_parser *p, unsigned int status, const char *why)
{
	p->refusal = (struct refusal){ .status = status, .why = why };
	return false;
}

/* A span comes in pieces, which lie side by side in the buffer. */
static void extend(struct bytes *b, const char *at, size_t len)
{
	if (!b->ptr)
		b->ptr = (const uint8_t *)at;
	b->len += len;
}

static struct http_header *open_header(struct http_parser *p)
{
	/* Trailers come through the same callbacks, and are ignored. */
	if (p->head_len || p->req->header_count == HTTP_HEADERS_MAX)
		return NULL;
	return &p->req->headers[p->req->header_count];
}

static int on_header_field(llhttp_t *l, const char *at, size_t len)
{
	struct http_header *h = open_header(parser_of(l));

	if (h)
		extend(&h->name, at, len);
	return 0;
}

static int on_header_field_complete(llhttp_t *l)
{
	struct http_parser *p = parser_of(l);

	if (open_header(p) || p->head_len)
		return 0;
	fail(p, 431, "too many headers");
	return HPE_USER;
}

static int on_header_value(llhttp_t *l, const char *at, size_t len)
{
	struct http_header *h = open_header(parser_of(l));

	if (h)
		extend(&h->value, at, len);
	return 0;
}

static bool is_blank(uint8_t b)
{
	return b == ' ' || b == '\t';
}

static int on_header_value_complete(llhttp_t *l)
{
	struct http_parser *p = parser_of(l);
	struct http_header *h = open_header(p);

	if (!h)
		return 0;
	if (!h->value.ptr)
		h->value.ptr = h->name.ptr + h->name.len;
	while (h->value.len && is_blank(h->value.ptr[h->value.len - 1]))
		h->value.len--;
	if (++p->req->header_count < HTTP_HEADERS_MAX)
		h[1] = (struct http_header){ 0 };
	return 0;
}

/* A pause is the only way to learn where the head ends. */
static int on_headers_complete(llhttp_t *l)
{
	/* "Upgrade" is an offer, which we pass over in silence. */
	l->upgrade = 0;
	return HPE_PAUSED;
}

static int on_chunk_header(llhttp_t *l)
{
	struct http_parser *p = parser_of(l);

	p->chunks++;
	p->in_data = true;
	if (l->content_length <= p->body_max - p->req->body.len)
		return 0;
	fail(p, 413, "the body is too large");
	return HPE_USER;
}

/* The body of a chunked request is moved together as it comes. */
static int on_body(llhttp_t *l, const char *at, size_t len)
{
	struct http_parser *p = parser_of(l);
	uint8_t *to = p->data + p->head_len + p->req->body.len;

	if ((const uint8_t *)at != to)
		memmove(to, at, len);
	p->req->body.len += len;
	return 0;
}

static int on_chunk_complete(llhttp_t *l)
{
	parser_of(l)->in_data = false;
	return 0;
}

static int on_message_complete(llhttp_t *l)
{
	parser_of(l)->complete = true;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_header_field = on_header_field,
	.on_header_field_complete = on_header_field_complete,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_chunk_header = on_chunk_header,
	.on_chunk_complete = on_chunk_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

static void start_at(struct http_parser *p)
{
	struct http_request *req = p->req;

	p->line = (struct request_line){ 0 };
	p->refusal = (struct refusal){ 0 };
	p->data = NULL;
	p->used = 0;
	p->head_len = 0;
	p->raw_len = 0;
	p->chunks = 0;
	p->in_data = false;
	p->expects = false;
	p->complete = false;
	p->keep_alive = false;
	req->method = (struct bytes){ 0 };
	req->target = (struct bytes){ 0 };
	req->path = (struct bytes){ 0 };
	req->query = (struct bytes){ 0 };
	req->body = (struct bytes){ 0 };
	req->header_count = 0;
	req->headers[0] = (struct http_header){ 0 };
	llhttp_init(&p->llhttp, HTTP_REQUEST, &settings);
	p->llhttp.data = p;
}

void http_parser_start(struct http_parser *p, struct http_request *req,
		       size_t header_max, size_t body_max)
{
	p->req = req;
	p->header_max = header_max;
	p->body_max = body_max;
	start_at(p);
}

/* Header views point into the buffer, which has a new place. */
static void follow(struct http_parser *p, uint8_t *data)
{
	struct http_request *req = p->req;

	for (size_t i = 0; p->data && i <= req->header_count; i++) {
		struct http_header *h = &req->headers[i];

		if (i == HTTP_HEADERS_MAX)
			break;
		if (h->name.ptr)
			h->name.ptr = data + (h->name.ptr - p->data);
		if (h->value.ptr)
			h->value.ptr = data + (h->value.ptr - p->data);
	}
	p->data = data;
}

static bool fail_by_llhttp(struct http_parser *p, enum llhttp_errno e)
{
	const char *why = llhttp_get_error_reason(&p->llhttp);

	if (p->refusal.status) /* a callback has judged already */
		return false;
	/* llhttp says the same of a Content-Length that came before. */
	if (e == HPE_INVALID_TRANSFER_ENCODING &&
	    !(p->llhttp.flags & F_CONTENT_LENGTH))
		return fail(p, 501, "the transfer coding is not implemented");
	return fail(p, 400, why && *why ? why : "the request is malformed");
}

/* Gives up to "to" to llhttp, which may stop at the end of head or request. */
static bool execute(struct http_parser *p, size_t to)
{
	const char *from = (const char *)p->data + p->used;
	enum llhttp_errno e = llhttp_execute(&p->llhttp, from, to - p->used);
	size_t taken = to - p->used;

	if (e == HPE_PAUSED) {
		taken = (size_t)(llhttp_get_error_pos(&p->llhttp) - from);
		llhttp_resume(&p->llhttp);
	} else if (e != HPE_OK) {
		return fail_by_llhttp(p, e);
	}
	p->used += taken;
	if (p->head_len)
		p->raw_len += taken;
	else if (e == HPE_PAUSED)
		p->head_len = p->used;
	return true;
}

static bool is_name(const struct http_header *h, const char *name, size_t len)
{
	return h->name.len == len &&
	       !strncasecmp((const char *)h->name.ptr, name, len);
}

static bool is_value(struct bytes value, const char *text)
{
	return value.len == strlen(text) &&
	       !strncasecmp((const char *)value.ptr, text, value.len);
}

/* RFC 3986 host and port, loosely: nothing that could mean two hosts. */
static bool host_is_sane(struct bytes host)
{
	static const char punctuation[] = "-._~:[]%!$&'()*+;=";

	for (size_t i = 0; i < host.len; i++) {
		uint8_t b = host.ptr[i];
		uint8_t lower = b | 0x20;

		if ((b < '0' || b > '9') && (lower < 'a' || lower > 'z') &&
		    !memchr(punctuation, b, sizeof(punctuation) - 1))
			return false;
	}
	return true;
}

struct framing_headers {
	unsigned int hosts;
	unsigned int lengths;
	unsigned int codings;
	bool chunked;
	bool sane_host;
	bool expects;
	bool odd_expectation;
};

static void note_header(struct framing_headers *f, const struct http_header *h)
{
	switch (h->name.len) {
	case sizeof("host") - 1:
		if (is_name(h, "host", h->name.len)) {
			f->hosts++;
			f->sane_host = host_is_sane(h->value);
		}
		break;
	case sizeof("expect") - 1:
		if (is_name(h, "expect", h->name.len)) {
			f->expects = is_value(h->value, "100-continue");
			f->odd_expectation |= !f->expects;
		}
		break;
	case sizeof("content-length") - 1:
		f->lengths += is_name(h, "content-length", h->name.len);
		break;
	case sizeof("transfer-encoding") - 1:
		if (is_name(h, "transfer-encoding", h->name.len)) {
			f->codings++;
			f->chunked = is_value(h->value, "chunked");
		}
		break;
	default:
		break;
	}
}

/* RFC 9112 6.3: whoever could read the length in two ways is sent away. */
static bool judge_framing(struct http_parser *p,
			  const struct framing_headers *f)
{
	if (f->codings && f->lengths)
		return fail(p, 400,
			    "both Content-Length and Transfer-Encoding");
	if (f->lengths > 1 || f->codings > 1)
		return fail(p, 400, "the length of the body is given twice");
	if (f->codings && p->line.http_1_0)
		return fail(p, 400, "HTTP/1.0 has no Transfer-Encoding");
	if (f->codings && !f->chunked)
		return fail(p, 501, "the transfer coding is not implemented");
	if (f->hosts > 1 || (!f->hosts && !p->line.http_1_0))
		return fail(p, 400, "exactly one Host is needed");
	if (f->hosts && !f->sane_host)
		return fail(p, 400, "the Host is malformed");
	return true;
}

static struct bytes view(const struct http_parser *p, struct span s)
{
	return bytes_of(p->data + s.at, s.len);
}

static bool judge_head(struct http_parser *p)
{
	struct http_request *req = p->req;
	struct framing_headers f = { 0 };

	for (size_t i = 0; i < req->header_count; i++)
		note_header(&f, &req->headers[i]);
	if (!judge_framing(p, &f))
		return false;
	p->refusal = request_target_split(&req->path, &req->query,
					  view(p, p->line.method),
					  view(p, p->line.target));
	if (p->refusal.status)
		return false;
	if (f.odd_expectation)
		return fail(p, 417, "only 100-continue can be expected");
	if (f.lengths && p->llhttp.content_length > p->body_max)
		return fail(p, 413, "the body is too large");
	p->expects = f.expects && !p->line.http_1_0 &&
		     (f.codings || p->llhttp.content_length > 0);
	p->in_data = !f.codings;
	p->keep_alive = llhttp_should_keep_alive(&p->llhttp);
	return true;
}

/* Our own scanner first; llhttp sees the line when it is complete. */
static bool run_line(struct http_parser *p, size_t len)
{
	size_t max = len < p->header_max ? len : p->header_max;
	size_t at = p->used;

	p->refusal = request_line_scan(&p->line, p->data, &at, max);
	if (p->refusal.status)
		return false;
	if (request_line_done(&p->line)) {
		p->used = 0;
		return execute(p, at);
	}
	p->used = at;
	if (at == p->header_max)
		return fail(p, 414, "the request target is too long");
	return true;
}

static bool run_head(struct http_parser *p, size_t len)
{
	size_t max = len < p->header_max ? len : p->header_max;

	if (!execute(p, max))
		return false;
	if (p->head_len)
		return judge_head(p);
	if (p->used == p->header_max)
		return fail(p, 431, "the headers are too large");
	return true;
}

/* More than a few bytes around each chunk is nothing a client needs. */
static size_t spare_framing(const struct http_parser *p)
{
	size_t max = p->header_max + CHUNK_FRAMING * (p->chunks + 1);
	size_t framing = p->raw_len - p->req->body.len;

	return framing > max ? 0 : max - framing + 1;
}

/*
 * In slices that end where the framing may first be too much, so that this is
 * found at the same byte however the input was cut.
 */
static bool run_slices(struct http_parser *p, size_t len)
{
	do {
		size_t most = spare_framing(p);
		size_t n = len - p->used;

		if (p->in_data)
			most += p->llhttp.content_length;
		if (!execute(p, p->used + (n < most ? n : most)))
			return false;
		if (!spare_framing(p))
			return fail(p, 431,
				    "too many chunk extensions or trailers");
	} while (!p->complete && p->used < len);
	return true;
}

static bool run_body(struct http_parser *p, struct buf *in)
{
	size_t kept = 0;

	if (!run_slices(p, in->len))
		return false;
	kept = p->head_len + p->req->body.len;
	if (!p->complete && kept < in->len) {
		/* Only framing is left behind the body: make room. */
		secret_wipe(in->ptr + kept, in->len - kept);
		in->len = kept;
		p->used = kept;
	}
	return true;
}

static enum http_parsed finish(struct http_parser *p)
{
	struct http_request *req = p->req;

	req->method = view(p, p->line.method);
	req->target = view(p, p->line.target);
	req->body.ptr = p->data + p->head_len;
	req->http_1_0 = p->line.http_1_0;
	/* Again, because the buffer may have moved since the head came. */
	(void)request_target_split(&req->path, &req->query, req->method,
				   req->target);
	return HTTP_PARSED_REQUEST;
}

enum http_parsed http_parser_run(struct http_parser *p, struct buf *in)
{
	bool ok = true;

	follow(p, in->ptr);
	if (!request_line_done(&p->line))
		ok = run_line(p, in->len);
	if (ok && request_line_done(&p->line) && !p->head_len)
		ok = run_head(p, in->len);
	if (ok && p->expects) {
		p->expects = false;
		return HTTP_PARSED_CONTINUE;
	}
	if (ok && p->head_len)
		ok = run_body(p, in);
	if (!ok)
		return HTTP_PARSED_REFUSED;
	return p->complete ? finish(p) : HTTP_PARSED_MORE;
}

void http_parser_tell(const struct http_parser *p, const struct buf *in,
		      struct http_refusal *no)
{
	struct bytes query = { 0 };

	if (!request_line_done(&p->line))
		return;
	/* Not view(): the buffer may have moved since the last run. */
	no->method = bytes_of(in->ptr + p->line.method.at, p->line.method.len);
	no->http_1_0 = p->line.http_1_0;
	(void)request_target_split(
		&no->path, &query, no->method,
		bytes_of(in->ptr + p->line.target.at, p->line.target.len));
}

size_t http_parser_room(const struct http_parser *p, const struct buf *in)
{
	if (!p->head_len)
		return p->header_max;
	if (!p->chunks)
		return in->len + p->llhttp.content_length + CHUNK_WINDOW;
	return in->len + CHUNK_WINDOW;
}

size_t http_parser_next(struct http_parser *p, struct buf *in)
{
	size_t left = in->len - p->used;

	memmove(in->ptr, in->ptr + p->used, left);
	secret_wipe(in->ptr + left, in->len - left);
	in->len = left;
	start_at(p);
	return left;
}

struct bytes http_header(const struct http_request *req, const char *name,
			 unsigned int *count)
{
	size_t len = strlen(name);
	struct bytes value = { 0 };
	unsigned int found = 0;

	for (size_t i = 0; i < req->header_count; i++) {
		if (!is_name(&req->headers[i], name, len))
			continue;
		if (!found++)
			value = req->headers[i].value;
	}
	if (count)
		*count = found;
	return value;
}
