/* SPDX-License-Identifier: Apache-2.0 */
#include "host/http/answer.h"

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

struct text {
	char *at;
	char *end;
};

static void put(struct text *t, const char *data, size_t len)
{
	/* HTTP_HEAD_MAX has room for the longest of everything. */
	assert(len <= (size_t)(t->end - t->at));
	memcpy(t->at, data, len);
	t->at += len;
}

static void put_text(struct text *t, const char *text)
{
	put(t, text, strlen(text));
}

static void put_number(struct text *t, size_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	put(t, digits + at, sizeof(digits) - at);
}

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

size_t http_answer_head(char out[HTTP_HEAD_MAX], const struct http_answer *a,
			const char *date, bool keep_alive)
{
	struct text t = { .at = out, .end = out + HTTP_HEAD_MAX };

	put_text(&t, "HTTP/1.1 ");
	put_number(&t, a->status);
	put_text(&t, " ");
	put_text(&t, reason_of(a->status));
	put_text(&t, "\r\nDate: ");
	put(&t, date, HTTP_DATE_LEN);
	if (http_status_has_body(a->status)) {
		if (a->content_type) {
			put_text(&t, "\r\nContent-Type: ");
			put(&t, a->content_type,
			    strnlen(a->content_type, CONTENT_TYPE_MAX));
		}
		put_text(&t, "\r\nContent-Length: ");
		put_number(&t, a->body.len);
	}
	put_text(&t, keep_alive ? "\r\nConnection: keep-alive\r\n"
				: "\r\nConnection: close\r\n");
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		if (!lines_bring(a->extra, defaults[i]))
			put_text(&t, defaults[i]);
	return (size_t)(t.at - out);
}
