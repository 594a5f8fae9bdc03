/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/access.h"

#include "common/log.h"
#include "common/text.h"

#include <string.h>

#define MODULE "access"

/* So that no part pushes another off the line, escapes included. */
#define METHOD_CAP 24
#define PATH_CAP   384
#define HEADER_CAP 256
#define KEY_CAP	   64

static struct bytes key_of(const struct call *call)
{
	size_t len = strnlen(call->log_key, sizeof(call->log_key));

	return bytes_of(len ? call->log_key : NULL, len);
}

/* cap is at most PATH_CAP. */
static void put_escaped(struct text *t, size_t cap, struct bytes hostile)
{
	char escaped[PATH_CAP];

	text_put(t, log_escape(escaped, cap, hostile));
}

static void put_header(struct text *t, const struct http_request *req,
		       const char *name)
{
	text_put(t, "\"");
	put_escaped(t, HEADER_CAP, http_header(req, name, NULL));
	text_put(t, "\" ");
}

static void put_member(struct text *t, const char *name, const char *value)
{
	text_put(t, " ");
	text_put(t, name);
	text_put(t, "=");
	text_put(t, value);
}

static void put_ms(struct text *t, uint64_t ns)
{
	uint64_t us = (ns + 500) / 1000;

	text_put_number(t, us / 1000, 1);
	text_put(t, ".");
	text_put_number(t, us % 1000, 3);
	text_put(t, "ms");
}

static void put_tee_time(struct text *t, uint64_t ns)
{
	text_put(t, " tee=");
	if (ns)
		put_ms(t, ns);
	else
		text_put(t, "-");
}

/* "GET /health HTTP/1.1" */
static void put_request_line(struct text *t, struct bytes method,
			     struct bytes path, bool http_1_0)
{
	put_escaped(t, METHOD_CAP, method);
	text_put(t, " ");
	put_escaped(t, PATH_CAP, path);
	text_put(t, http_1_0 ? " HTTP/1.0" : " HTTP/1.1");
}

static void put_status(struct text *t, unsigned int status)
{
	text_put(t, "\" ");
	text_put_number(t, status, 1);
	text_put(t, " ");
}

void access_log(const struct http_request *req, const struct call *call,
		const char *request_id, unsigned int status, enum kms_rc rc)
{
	char out[LOG_LINE_MAX];
	struct text line = { 0 };

	if (!log_wants(LOG_INFO, MODULE))
		return;
	text_begin(&line, out, sizeof(out));
	text_put(&line, req->peer);
	text_put(&line, " \"");
	put_request_line(&line, req->method, req->path, req->http_1_0);
	put_status(&line, status);
	put_header(&line, req, "referer");
	put_header(&line, req, "user-agent");
	put_ms(&line, http_now_ns() - req->start_ns);
	put_member(&line, "request", request_id);
	put_member(&line, "api_key", call->caller.key_id);
	put_member(&line, "op", call->op ? call->op->name : "-");
	text_put(&line, " key=");
	put_escaped(&line, KEY_CAP, key_of(call));
	put_tee_time(&line, call->tee_ns);
	put_member(&line, "rc", kms_rc_name(rc));
	log_text(LOG_INFO, MODULE, out);
}

void access_log_refused(const struct http_refusal *no, const char *request_id)
{
	char out[LOG_LINE_MAX];
	struct text line = { 0 };

	if (!log_wants(LOG_INFO, MODULE))
		return;
	text_begin(&line, out, sizeof(out));
	text_put(&line, no->peer);
	text_put(&line, " \"");
	if (no->method.len)
		put_request_line(&line, no->method, no->path, no->http_1_0);
	else
		text_put(&line, "-");
	put_status(&line, no->status);
	text_put(&line, "\"-\" \"-\" -");
	put_member(&line, "request", request_id);
	put_member(&line, "rc", no->why);
	log_text(LOG_INFO, MODULE, out);
}
