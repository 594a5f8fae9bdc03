/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/access.h"

#include "common/log.h"

#include <stdio.h>
#include <string.h>

#define MODULE "access"

static struct bytes key_of(const struct call *call)
{
	size_t len = strnlen(call->log_key, sizeof(call->log_key));

	return bytes_of(len ? call->log_key : NULL, len);
}

static const char *version(bool http_1_0)
{
	return http_1_0 ? "HTTP/1.0" : "HTTP/1.1";
}

static void put_tee_time(char *out, size_t cap, uint64_t ns)
{
	if (ns)
		snprintf(out, cap, "%.3fms", (double)ns / 1e6);
	else
		snprintf(out, cap, "-");
}

void access_log(const struct http_request *req, const struct call *call,
		const char *request_id, unsigned int status, enum kms_rc rc)
{
	char method[24];
	char path[384];
	char referer[256];
	char agent[256];
	char key[64];
	char tee[32];
	double ms = 0;

	if (!log_wants(LOG_INFO, MODULE))
		return;
	ms = (double)(http_now_ns() - req->start_ns) / 1e6;
	log_escape(method, sizeof(method), req->method);
	log_escape(path, sizeof(path), req->path);
	log_escape(referer, sizeof(referer), http_header(req, "referer", NULL));
	log_escape(agent, sizeof(agent), http_header(req, "user-agent", NULL));
	log_escape(key, sizeof(key), key_of(call));
	put_tee_time(tee, sizeof(tee), call->tee_ns);
	log_info(MODULE,
		 "%s \"%s %s %s\" %u \"%s\" \"%s\" %.3fms "
		 "request=%s api_key=%s op=%s key=%s tee=%s rc=%s",
		 req->peer, method, path, version(req->http_1_0), status,
		 referer, agent, ms, request_id, call->caller.key_id,
		 call->op ? call->op->name : "-", key, tee, kms_rc_name(rc));
}

void access_log_refused(const struct http_refusal *no, const char *request_id)
{
	char method[24];
	char path[384];
	char line[sizeof(method) + sizeof(path) + 16] = "-";

	if (!log_wants(LOG_INFO, MODULE))
		return;
	log_escape(method, sizeof(method), no->method);
	log_escape(path, sizeof(path), no->path);
	if (no->method.len)
		snprintf(line, sizeof(line), "%s %s %s", method, path,
			 version(no->http_1_0));
	log_info(MODULE, "%s \"%s\" %u \"-\" \"-\" - request=%s rc=%s",
		 no->peer, line, no->status, request_id, no->why);
}
