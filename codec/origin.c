/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/origin.h"

#include "common/attr.h"

#include <string.h>

#define HOST_MAX  253 /* RFC 1035 2.3.4, without the length bytes */
#define LABEL_MAX 63
#define PORT_MAX  65535

/* A web origin, or the pattern for some, cut into parts. */
struct web {
	struct bytes scheme;
	struct bytes host; /* of a pattern: what stands behind "*." */
	struct bytes port; /* absent: the scheme's own */
	bool any_label;
	bool any_port;
};

static bool is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_one_of(uint8_t c, const char *set)
{
	return c && strchr(set, c);
}

static bool starts_with(struct bytes b, const char *text)
{
	size_t len = strlen(text);

	return b.len >= len && bytes_is_var(bytes_of(b.ptr, len), text);
}

static struct bytes behind(struct bytes b, size_t len)
{
	return bytes_of(b.ptr + len, b.len - len);
}

/* Cuts b at the first c and gives what stands before; *found tells it was. */
static struct bytes cut(struct bytes *b, uint8_t c, bool *found)
{
	const uint8_t *at = b->len ? memchr(b->ptr, c, b->len) : NULL;
	struct bytes before = *b;

	*found = at != NULL;
	if (at) {
		before.len = (size_t)(at - b->ptr);
		*b = behind(*b, before.len + 1);
	}
	return before;
}

/* RFC 3986 3.1, in lower case */
static bool is_scheme(struct bytes b)
{
	if (!b.len || !is_lower(b.ptr[0]))
		return false;
	for (size_t i = 0; i < b.len; i++)
		if (!is_lower(b.ptr[i]) && !is_digit(b.ptr[i]) &&
		    !is_one_of(b.ptr[i], "+-."))
			return false;
	return true;
}

/* RFC 1123 2.1, in lower case */
static bool is_label(struct bytes b)
{
	if (!b.len || b.len > LABEL_MAX || b.ptr[0] == '-' ||
	    b.ptr[b.len - 1] == '-')
		return false;
	for (size_t i = 0; i < b.len; i++)
		if (!is_lower(b.ptr[i]) && !is_digit(b.ptr[i]) &&
		    b.ptr[i] != '-')
			return false;
	return true;
}

static bool is_host(struct bytes b)
{
	bool more = true;

	if (b.len > HOST_MAX)
		return false;
	while (more)
		if (!is_label(cut(&b, '.', &more)))
			return false;
	return true;
}

static bool is_port(struct bytes b)
{
	uint32_t port = 0;

	if (!b.len || b.len > 5 || b.ptr[0] == '0')
		return false;
	for (size_t i = 0; i < b.len; i++) {
		if (!is_digit(b.ptr[i]))
			return false;
		port = port * 10 + (uint32_t)(b.ptr[i] - '0');
	}
	return port <= PORT_MAX;
}

/* A browser never writes the port that the scheme implies. */
static bool is_implied(struct bytes scheme, struct bytes port)
{
	return (bytes_is_var(scheme, "https") && bytes_is_var(port, "443")) ||
	       (bytes_is_var(scheme, "http") && bytes_is_var(port, "80"));
}

/* Cuts text at its marks; no part is looked at yet but the scheme. */
static bool get_parts(struct web *w, struct bytes text)
{
	bool found = false;

	*w = (struct web){ 0 };
	w->scheme = cut(&text, ':', &found);
	if (!found || !is_scheme(w->scheme) || !starts_with(text, "//"))
		return false;
	text = behind(text, 2);
	w->host = cut(&text, ':', &found);
	if (found)
		w->port = text;
	return true;
}

static bool check_parts(const struct web *w)
{
	return is_host(w->host) &&
	       (!w->port.ptr || w->any_port ||
		(is_port(w->port) && !is_implied(w->scheme, w->port)));
}

/* So that one "*" does not allow all of a top-level domain. */
static bool has_two_labels(struct bytes host)
{
	return memchr(host.ptr, '.', host.len) ||
	       bytes_is_var(host, "localhost");
}

static bool get_pattern(struct web *w, struct bytes text)
{
	if (!get_parts(w, text))
		return false;
	w->any_port = bytes_is_var(w->port, "*");
	w->any_label = starts_with(w->host, "*.");
	if (w->any_label)
		w->host = behind(w->host, 2);
	return check_parts(w) && (!w->any_label || has_two_labels(w->host));
}

static bool get_web(struct web *w, struct bytes text)
{
	return get_parts(w, text) && check_parts(w);
}

/* The opaque part is base64, with or without padding, or a reversed domain. */
static bool is_app(struct bytes text)
{
	static const char *const kinds[] = {
		"android:apk-key-hash:",
		"android:apk-key-hash-sha256:",
		"ios:bundle-id:",
	};
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (starts_with(text, kinds[i]))
			at = strlen(kinds[i]);
	if (!at || at == text.len)
		return false;
	for (; at < text.len; at++)
		if (!is_lower(text.ptr[at]) && !is_upper(text.ptr[at]) &&
		    !is_digit(text.ptr[at]) &&
		    !is_one_of(text.ptr[at], "+-./=_"))
			return false;
	return true;
}

static bool host_matches_var(const struct web *pattern, struct bytes host)
{
	if (!pattern->any_label)
		return bytes_equal_var(pattern->host, host);
	return host.len > pattern->host.len &&
	       origin_host_in_var(host, pattern->host);
}

static bool port_matches_var(const struct web *pattern, struct bytes port)
{
	return pattern->any_port ? port.ptr != NULL
				 : bytes_equal_var(pattern->port, port);
}

bool origin_pattern_ok(struct bytes pattern)
{
	struct web w = { 0 };

	return is_app(pattern) || get_pattern(&w, pattern);
}

bool origin_matches_var(struct bytes pattern, struct bytes origin)
{
	struct web allowed = { 0 };
	struct web w = { 0 };

	if (is_app(pattern))
		return bytes_equal_var(pattern, origin);
	return get_pattern(&allowed, pattern) && get_web(&w, origin) &&
	       bytes_equal_var(allowed.scheme, w.scheme) &&
	       host_matches_var(&allowed, w.host) &&
	       port_matches_var(&allowed, w.port);
}

bool origin_host(struct bytes *host, struct bytes origin)
{
	struct web w = { 0 };

	if (!get_web(&w, origin))
		return false;
	*host = w.host;
	return true;
}

bool origin_host_in_var(struct bytes host, struct bytes domain)
{
	size_t extra = 0;

	if (host.len <= domain.len)
		return bytes_equal_var(host, domain);
	extra = host.len - domain.len;
	return host.ptr[extra - 1] == '.' &&
	       bytes_equal_var(behind(host, extra), domain);
}
