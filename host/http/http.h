/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http - listener, HTTP/1.1 and limits: sockets in, requests out
 *
 * Owns:      connections, their buffers and deadlines; one epoll thread
 *            ("reactor") per core with its own listening socket.
 * Promises:  requests of a connection are answered in order; a malformed or
 *            oversized one is refused before anybody else sees it; every
 *            request that was handed out is answered or its connection dies.
 * Threads:   a reactor and everything it hands out belong to one thread.
 */

#ifndef KMS_HOST_HTTP_H
#define KMS_HOST_HTTP_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"
#include "common/mem.h"

#include <stdatomic.h>
#include <stdint.h>

#define HTTP_HEADERS_MAX 64
#define HTTP_EXTRA_MAX	 384
#define HTTP_REFUSAL_MAX 512

struct http_reactor;

struct http_header {
	struct bytes name; /* as received */
	struct bytes value;
};

/*
 * A complete request, valid from handle() until http_answer(). Views borrow
 * the connection's buffer; scratch is wiped when the answer has been sent.
 */
struct http_request {
	struct bytes method; /* "GET" */
	struct bytes target; /* "/path?query" as received */
	struct bytes path;   /* without the query */
	struct bytes query;
	struct bytes body;
	bool http_1_0;
	struct http_header headers[HTTP_HEADERS_MAX];
	size_t header_count;
	struct arena scratch;
	struct http_reactor *reactor;
	char peer[64];	   /* "127.0.0.1:50000" */
	uint64_t start_ns; /* monotonic, first byte of the request */
	void *user;	   /* of the handler */
};

/*
 * Value of the header (name in lower case), ptr NULL when absent. *count, if
 * given, tells how often it occurs: more than once is the caller's to judge.
 */
struct bytes http_header(const struct http_request *req, const char *name,
			 unsigned int *count);

struct http_answer {
	unsigned int status;
	const char *content_type; /* NULL: no body type */
	struct bytes body;	  /* copied */
	const char *extra; /* further header lines, each with CRLF; NULL */
	bool close;
};

/* Called once per request, which is later answered by http_answer(). */
typedef void http_handle(void *arg, struct http_request *req);

/*
 * Answers; may be called from inside handle() or later in the same thread.
 * The client may be gone by then: the call is still right, and needed.
 */
void http_answer(struct http_request *req, const struct http_answer *answer);

/* The answer to a request that never reaches handle(). */
struct http_refusal {
	unsigned int status;
	const char *why; /* for the log */
	const char *peer;
	/* As far as it was understood, else empty. */
	struct bytes method;
	struct bytes path;
	bool http_1_0;
	/* The callback fills these. */
	const char *content_type;
	size_t body_len;
	char body[HTTP_REFUSAL_MAX];
	char extra[HTTP_EXTRA_MAX]; /* header lines, each with CRLF */
};

/* A file descriptor of the server's in the reactor's loop (TEE replies). */
typedef void http_readable(void *arg);

struct http_config {
	const char *listen; /* "127.0.0.1:8080", "[::1]:0" */
	unsigned int reactors;
	unsigned int connections_max; /* of one reactor */
	unsigned int requests_max;    /* handed out at once, of one reactor */
	size_t header_max;	      /* request line and headers together */
	size_t body_max;
	unsigned int idle_ms;	 /* between requests */
	unsigned int header_ms;	 /* until the last header has come */
	unsigned int request_ms; /* until the body has come */
	unsigned int answer_ms;	 /* until the answer has been taken */
	size_t scratch;		 /* arena of a request */

	void *arg; /* of all callbacks */
	/* In the reactor's thread, before its first request. */
	enum kms_rc (*thread_start)(void *arg, struct http_reactor *r,
				    unsigned int index);
	void (*thread_stop)(void *arg, unsigned int index);
	http_handle *handle;
	/* After each round of events: the place to flush batches. */
	void (*round_end)(void *arg, unsigned int index);
	/* About every 10 ms, for deadlines. */
	void (*tick)(void *arg, unsigned int index, uint64_t now_ns);
	/* Makes refusals look like all other errors. May be NULL. */
	void (*refuse)(void *arg, struct http_reactor *r,
		       struct http_refusal *no);
};

struct http_server;

/* Binds and starts the threads. Gives *s. UNAVAILABLE with errno's text. */
enum kms_rc http_server_start(struct http_server **s,
			      const struct http_config *config,
			      const char **why) KMS_MUST_USE;
/* The port that was bound, for port 0. */
unsigned int http_server_port(const struct http_server *s);
/*
 * Graceful: stops accepting, lets open requests finish within grace_ms, then
 * closes what is left. Gives whether all were answered. Frees *s.
 */
bool http_server_stop(struct http_server **s, unsigned int grace_ms);

/* Adds a descriptor to the reactor's loop; edge cases are the callback's. */
enum kms_rc http_reactor_watch(struct http_reactor *r, int fd,
			       http_readable *readable, void *arg) KMS_MUST_USE;
void http_reactor_unwatch(struct http_reactor *r, int fd);

/* What start_ns of a request counts in. */
uint64_t http_now_ns(void);

#endif /* KMS_HOST_HTTP_H */
