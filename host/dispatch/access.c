/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/access.h"

#include "common/log.h"

#include <string.h>

#define MODULE "access"

static struct bytes key_of(const struct call *call)
{
	size_t len = strnlen(call->log_key, sizeof(call->log_key));

	return bytes_of(len ? call->log_key : NULL, len);
}

void access_log(const struct http_request *req, const struct call *call,
		const char *request_id, unsigned int status, enum kms_rc rc)
{
	char method[24];
	char path[384];
	char referer[256];
	char agent[256];
	char key[64];
	double ms = 0;

	if (!log_wants(LOG_INFO, MODULE))
		return;
	ms = (double)(http_now_ns() - req->start_ns) / 1e6;
	log_escape(method, sizeof(method), req->method);
	log_escape(path, sizeof(path), req->path);
	log_escape(referer, sizeof(referer), http_header(req, "referer", NULL));
	log_escape(agent, sizeof(agent), http_header(req, "user-agent", NULL));
	log_escape(key, sizeof(key), key_of(call));
	log_info(MODULE,
		 "%s \"%s %s HTTP/1.1\" %u \"%s\" \"%s\" %.3fms "
		 "request=%s api_key=%s op=%s key=%s rc=%s",
		 req->peer, method, path, status, referer, agent, ms,
		 request_id, call->caller.key_id,
		 call->op ? call->op->name : "-", key, kms_rc_name(rc));
}

void access_log_refused(const char *peer, unsigned int status, const char *why)
{
	log_info(MODULE, "%s \"-\" %u \"-\" \"-\" - rc=%s", peer, status, why);
}
