/* SPDX-License-Identifier: Apache-2.0 */
#include "host/http/request_line.h"

#include "common/attr.h"

#include <string.h>
#include <strings.h>

enum {
	LINE_START,
	LINE_BLANK, /* the CR of an empty line before the request */
	LINE_FIRST,
	LINE_METHOD,
	LINE_TARGET,
	LINE_VERSION,
	LINE_DONE,
};

static const char *const methods[] = {
	"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH",
};
#define METHOD_LEN_MAX 16

/* 'd' stands for a digit. */
static const char version[] = "HTTP/d.d\r\n";

static struct refusal refuse(unsigned int status, const char *why)
{
	return (struct refusal){ .status = status, .why = why };
}

static bool is_token_letter(uint8_t b)
{
	return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || b == '-' ||
	       b == '_';
}

static struct refusal check_method(const struct request_line *l,
				   const uint8_t *data)
{
	struct bytes method = bytes_of(data + l->method.at, l->method.len);

	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (bytes_is_var(method, methods[i]))
			return refuse(0, NULL);
	return refuse(501, "the method is not implemented");
}

static struct refusal scan_method(struct request_line *l, const uint8_t *data,
				  size_t at)
{
	if (data[at] == ' ' && l->method.len) {
		l->state = LINE_TARGET;
		l->target.at = at + 1;
		return check_method(l, data);
	}
	if (!is_token_letter(data[at]))
		return refuse(400, "the method is malformed");
	if (++l->method.len > METHOD_LEN_MAX)
		return refuse(501, "the method is not implemented");
	return refuse(0, NULL);
}

static struct refusal scan_target(struct request_line *l, uint8_t b)
{
	if (b == ' ' && l->target.len) {
		l->state = LINE_VERSION;
		return refuse(0, NULL);
	}
	/* A fragment never travels; llhttp would cut the target there. */
	if (b <= ' ' || b >= 0x7f || b == '#')
		return refuse(400, "the request target is malformed");
	l->target.len++;
	return refuse(0, NULL);
}

static struct refusal scan_version(struct request_line *l, uint8_t b)
{
	char want = version[l->matched];

	if (want == 'd' ? b < '0' || b > '9' : b != (uint8_t)want)
		return refuse(400, "the request line is malformed");
	if (want == 'd' && version[l->matched + 1] == '.' && b != '1')
		return refuse(505, "only HTTP/1.0 and HTTP/1.1 are spoken");
	if (want == 'd' && version[l->matched + 1] == '\r') {
		if (b > '1')
			return refuse(505,
				      "only HTTP/1.0 and HTTP/1.1 are spoken");
		l->http_1_0 = b == '0';
	}
	if (!version[++l->matched])
		l->state = LINE_DONE;
	return refuse(0, NULL);
}

/* RFC 9112 2.2: one empty line before the request is forgiven. */
static struct refusal scan_start(struct request_line *l, const uint8_t *data,
				 size_t at)
{
	if (l->state == LINE_BLANK) {
		if (data[at] != '\n')
			return refuse(400, "a bare CR");
		l->state = LINE_FIRST;
		return refuse(0, NULL);
	}
	if (l->state == LINE_START && data[at] == '\r') {
		l->state = LINE_BLANK;
		return refuse(0, NULL);
	}
	l->state = LINE_METHOD;
	l->method.at = at;
	return scan_method(l, data, at);
}

struct refusal request_line_scan(struct request_line *l, const uint8_t *data,
				 size_t *at, size_t len)
{
	struct refusal no = { 0 };

	for (; *at < len && l->state != LINE_DONE && !no.status; (*at)++) {
		switch (l->state) {
		case LINE_METHOD:
			no = scan_method(l, data, *at);
			break;
		case LINE_TARGET:
			no = scan_target(l, data[*at]);
			break;
		case LINE_VERSION:
			no = scan_version(l, data[*at]);
			break;
		default:
			no = scan_start(l, data, *at);
			break;
		}
	}
	return no;
}

bool request_line_done(const struct request_line *l)
{
	return l->state == LINE_DONE;
}

static bool begins_with(struct bytes text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len &&
	       !strncasecmp((const char *)text.ptr, prefix, len);
}

/* Moves *rest behind the authority; false when that is not a host. */
static bool skip_authority(struct bytes *rest)
{
	size_t len = 0;

	while (len < rest->len && rest->ptr[len] != '/' &&
	       rest->ptr[len] != '?') {
		/* "user@host" has only ever served to mislead. */
		if (rest->ptr[len] == '@')
			return false;
		len++;
	}
	*rest = bytes_of(rest->ptr + len, rest->len - len);
	return len > 0;
}

struct refusal request_target_split(struct bytes *path, struct bytes *query,
				    struct bytes method, struct bytes target)
{
	struct bytes rest = target;
	const uint8_t *mark = NULL;

	*query = (struct bytes){ 0 };
	*path = target;
	if (bytes_is_var(target, "*") && bytes_is_var(method, "OPTIONS"))
		return refuse(0, NULL);
	if (begins_with(target, "http://") || begins_with(target, "https://")) {
		size_t scheme = begins_with(target, "http://") ? 7 : 8;

		rest = bytes_of(target.ptr + scheme, target.len - scheme);
		if (!skip_authority(&rest))
			return refuse(400, "the request target is malformed");
	} else if (!begins_with(target, "/")) {
		return refuse(400, "the request target is malformed");
	}
	mark = rest.len ? memchr(rest.ptr, '?', rest.len) : NULL;
	*path = rest;
	if (mark) {
		path->len = (size_t)(mark - rest.ptr);
		*query = bytes_of(mark + 1, rest.len - path->len - 1);
	}
	if (!path->len)
		*path = bytes_of("/", 1);
	return refuse(0, NULL);
}
