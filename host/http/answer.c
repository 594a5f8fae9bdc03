/* SPDX-License-Identifier: Apache-2.0 */
#include "host/http/answer.h"

#include "common/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CONTENT_TYPE_MAX 128

struct reason {
	unsigned int status;
	const char *text;
};

static const struct reason reasons[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

/* What AWS clients are used to, and what a browser must not guess. */
static const char *const defaults[] = {
	"X-Content-Type-Options: nosniff\r\n",
	"Cache-Control: no-cache, no-store, must-revalidate, private\r\n",
	"Pragma: no-cache\r\n",
	"Expires: 0\r\n",
};

static const char *reason_of(unsigned int status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Unknown";
}

void http_date(char out[HTTP_DATE_LEN + 1], time_t t)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	snprintf(out, HTTP_DATE_LEN + 1,
		 "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
		 days + 3 * tm.tm_wday, (unsigned int)tm.tm_mday % 100,
		 months + 3 * tm.tm_mon,
		 (unsigned int)(tm.tm_year + 1900) % 10000,
		 (unsigned int)tm.tm_hour % 100, (unsigned int)tm.tm_min % 100,
		 (unsigned int)tm.tm_sec % 100);
}

bool http_status_has_body(unsigned int status)
{
	return status >= 200 && status != 204 && status != 304;
}

/* Whether one of the lines has the name that this line has. */
static bool lines_bring(const char *lines, const char *line)
{
	size_t len = strcspn(line, ":") + 1;

	while (lines && *lines) {
		if (!strncasecmp(lines, line, len))
			return true;
		lines = strchr(lines, '\n');
		if (lines)
			lines++;
	}
	return false;
}

static struct bytes content_type_of(const struct http_answer *a)
{
	return bytes_of(a->content_type,
			strnlen(a->content_type, CONTENT_TYPE_MAX));
}

size_t http_answer_head(char out[HTTP_HEAD_MAX], const struct http_answer *a,
			const char *date, bool keep_alive)
{
	struct text t = { 0 };

	text_begin(&t, out, HTTP_HEAD_MAX);
	text_put(&t, "HTTP/1.1 ");
	text_put_number(&t, a->status, 1);
	text_put(&t, " ");
	text_put(&t, reason_of(a->status));
	text_put(&t, "\r\nDate: ");
	text_put_bytes(&t, bytes_of(date, HTTP_DATE_LEN));
	if (http_status_has_body(a->status)) {
		if (a->content_type) {
			text_put(&t, "\r\nContent-Type: ");
			text_put_bytes(&t, content_type_of(a));
		}
		text_put(&t, "\r\nContent-Length: ");
		text_put_number(&t, a->body.len, 1);
	}
	text_put(&t, keep_alive ? "\r\nConnection: keep-alive\r\n"
				: "\r\nConnection: close\r\n");
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		if (!lines_bring(a->extra, defaults[i]))
			text_put(&t, defaults[i]);
	/* HTTP_HEAD_MAX has room for the longest of everything. */
	assert(!t.cut);
	return t.len;
}
