/* SPDX-License-Identifier: Apache-2.0 */
#include "host/http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 4096 /* the kernel caps it at net.core.somaxconn */

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	} u;
	socklen_t len;
};

static bool parse_port(in_port_t *port, const char *text)
{
	unsigned int n = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		n = n * 10 + (unsigned int)(*text - '0');
		if (n > 65535)
			return false;
	}
	*port = htons((uint16_t)n);
	return true;
}

/* The one name that needs no resolver: RFC 6761 6.3. */
static const char *number_of(const char *host)
{
	return strcmp(host, "localhost") ? host : "127.0.0.1";
}

static bool parse_address(struct address *a, const char *text)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2] = "";
	size_t len = colon ? (size_t)(colon - text) : 0;

	*a = (struct address){ 0 };
	if (!len || len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		a->u.in6.sin6_family = AF_INET6;
		a->len = sizeof(a->u.in6);
		return inet_pton(AF_INET6, host + 1, &a->u.in6.sin6_addr) ==
			       1 &&
		       parse_port(&a->u.in6.sin6_port, colon + 1);
	}
	a->u.in4.sin_family = AF_INET;
	a->len = sizeof(a->u.in4);
	return inet_pton(AF_INET, number_of(host), &a->u.in4.sin_addr) == 1 &&
	       parse_port(&a->u.in4.sin_port, colon + 1);
}

/* TCP_NODELAY is inherited by what is accepted. */
static bool set_options(int fd, const struct address *a, bool shared)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		return false;
	if (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)))
		return false;
	return a->u.any.sa_family != AF_INET6 ||
	       !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
}

/* Gives -1 with errno. */
static int open_bound(const struct address *a, bool shared)
{
	int fd = socket(a->u.any.sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int saved = 0;

	if (fd < 0)
		return -1;
	if (set_options(fd, a, shared) && !bind(fd, &a->u.any, a->len))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static in_port_t *port_of(struct address *a)
{
	return a->u.any.sa_family == AF_INET6 ? &a->u.in6.sin6_port
					      : &a->u.in4.sin_port;
}

/*
 * A second server of the same user could share a SO_REUSEPORT address and
 * take half of the clients, so the port must be free without that option.
 */
static bool is_free(const struct address *a)
{
	int fd = open_bound(a, false);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static int open_listening(struct address *a, bool shared)
{
	int fd = open_bound(a, shared);
	struct address bound = *a;
	int saved = 0;

	if (fd < 0)
		return -1;
	if (!getsockname(fd, &bound.u.any, &bound.len) &&
	    !listen(fd, BACKLOG)) {
		*port_of(a) = *port_of(&bound); /* was 0, perhaps */
		return fd;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

enum kms_rc listen_open(int *fds, unsigned int count, unsigned int *port,
			const char *address, const char **why)
{
	enum kms_rc rc = KMS_RC_UNAVAILABLE;
	struct address a = { 0 };
	unsigned int opened = 0;

	if (!parse_address(&a, address)) {
		*why = "not an address like 127.0.0.1:8080 or [::1]:8080";
		return KMS_RC_BAD_INPUT;
	}
	if (*port_of(&a) && !is_free(&a))
		goto out;
	for (; opened < count; opened++) {
		fds[opened] = open_listening(&a, count > 1);
		if (fds[opened] < 0)
			goto out;
	}
	*port = ntohs(*port_of(&a));
	rc = KMS_RC_OK;
out:
	if (rc) {
		*why = strerrordesc_np(errno);
		while (opened)
			close(fds[--opened]);
	}
	return rc;
}
