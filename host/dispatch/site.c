/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/site.h"

#include "codec/origin.h"

#include <string.h>
#include <strings.h>

static bool is_port(struct bytes text)
{
	if (!text.len)
		return true;
	if (text.ptr[0] != ':')
		return false;
	for (size_t i = 1; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return true;
}

static bool begins(struct bytes text, const char *with)
{
	size_t len = strlen(with);

	return text.len >= len &&
	       !strncasecmp((const char *)text.ptr, with, len);
}

static struct bytes behind(struct bytes text, size_t len)
{
	return bytes_of(text.ptr + len, text.len - len);
}

/* An address names nobody else: "127.0.0.1", and what --listen takes. */
static size_t loopback_len(struct bytes text)
{
	size_t len = 0;

	if (!begins(text, "127."))
		return 0;
	while (len < text.len &&
	       (text.ptr[len] == '.' ||
		(text.ptr[len] >= '0' && text.ptr[len] <= '9')))
		len++;
	return len;
}

/* localhost, 127.x.y.z or [::1], with any port. */
static bool is_local(struct bytes authority)
{
	static const char *const names[] = { "localhost", "[::1]" };
	size_t len = loopback_len(authority);

	for (size_t i = 0; !len && i < ARRAY_LEN(names); i++)
		if (begins(authority, names[i]))
			len = strlen(names[i]);
	return len && is_port(behind(authority, len));
}

/* A page of this machine, whatever serves it. "null" is none. */
static bool is_local_origin(struct bytes origin)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (begins(origin, schemes[i]))
			return is_local(behind(origin, strlen(schemes[i])));
	return false;
}

/* A page that the operator has named. */
static bool is_known_origin(struct bytes origin, struct bytes pages)
{
	while (pages.len) {
		const uint8_t *comma = memchr(pages.ptr, ',', pages.len);
		size_t len = comma ? (size_t)(comma - pages.ptr) : pages.len;

		if (origin_matches_var(bytes_of(pages.ptr, len), origin))
			return true;
		pages = behind(pages, len + (comma != NULL));
	}
	return false;
}

static bool only_reads(const struct http_request *req)
{
	return bytes_is_var(req->method, "GET") ||
	       bytes_is_var(req->method, "HEAD");
}

const char *site_objection(const struct http_request *req, struct bytes pages)
{
	unsigned int hosts = 0;
	unsigned int origins = 0;
	struct bytes host = http_header(req, "host", &hosts);
	struct bytes origin = http_header(req, "origin", &origins);

	/* Browsers always send one. */
	if (hosts && !is_local(host))
		return "While no API key exists, only localhost, 127.0.0.1 and "
		       "[::1] are answered as Host";
	if (origins && !only_reads(req) &&
	    (origins > 1 ||
	     !(is_local_origin(origin) || is_known_origin(origin, pages))))
		return "While no API key exists, pages of other sites may "
		       "change nothing";
	return NULL;
}
