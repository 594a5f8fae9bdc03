/* SPDX-License-Identifier: Apache-2.0 */
#include "host/http/conn.h"

#include "common/secret.h"
#include "host/http/answer.h"
#include "host/http/reactor.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Steps a connection may take before the others get their turn. */
#define TURNS_MAX 64

static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

/* --- the end ---------------------------------------------------------- */

void conn_close(struct conn *c)
{
	struct http_reactor *r = c->reactor;

	if (c->state == CONN_DEAD)
		return;
	deadline_clear(&c->deadline);
	if (c->x && c->state == CONN_BUSY)
		c->x->conn = NULL; /* http_answer() returns it */
	else if (c->x)
		reactor_return_exchange(r, c->x);
	c->x = NULL;
	pool_return(&r->pool, &c->out);
	close(c->fd);
	c->state = CONN_DEAD;
	reactor_bury(r, c);
}

/*
 * A close() with unread input resets the connection, and the reset may
 * overtake our last answer: RFC 9112 9.6.
 */
static void conn_end(struct conn *c)
{
	if (!c->linger && !c->readable) {
		conn_close(c);
		return;
	}
	shutdown(c->fd, SHUT_WR);
	c->state = CONN_LINGER;
	c->readable = true;
	deadline_set(&c->reactor->deadlines, &c->deadline, DEADLINE_LINGER,
		     c->reactor->now_ns);
	if (!c->running)
		reactor_make_ready(c->reactor, c);
}

static bool drain(struct conn *c)
{
	struct http_reactor *r = c->reactor;
	ssize_t n = 0;

	if (!c->readable)
		return false;
	n = recv(c->fd, r->sink, sizeof(r->sink), 0);
	if (n > 0 || (n < 0 && errno == EINTR))
		return true;
	if (n < 0 && errno == EAGAIN)
		c->readable = false;
	else
		conn_close(c);
	return false;
}

/* --- answers ---------------------------------------------------------- */

/* Keeps what the socket did not take. */
static bool keep_rest(struct conn *c, const struct iovec *iov, size_t count,
		      size_t total, size_t sent)
{
	struct http_reactor *r = c->reactor;

	if (!pool_lend(&r->pool, &c->out, total - sent))
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t skip = sent < iov[i].iov_len ? sent : iov[i].iov_len;
		size_t len = iov[i].iov_len - skip;

		if (len)
			memcpy(c->out.ptr + c->out.len,
			       (const uint8_t *)iov[i].iov_base + skip, len);
		c->out.len += len;
		sent -= skip;
	}
	c->out_sent = 0;
	c->state = CONN_WRITING;
	deadline_set(&r->deadlines, &c->deadline, DEADLINE_ANSWER, r->now_ns);
	return true;
}

static struct iovec part(const void *data, size_t len)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)data,
			       .iov_len = len };
}

/* Closes the connection when the client cannot be reached. */
static void conn_send(struct conn *c, const struct http_answer *a,
		      bool with_body)
{
	char head[HTTP_HEAD_MAX];
	size_t extra_len = a->extra ? strlen(a->extra) : 0;
	struct iovec iov[] = {
		part(head,
		     http_answer_head(head, a, c->reactor->date, !c->close)),
		part(a->extra, extra_len),
		part("\r\n", 2),
		part(a->body.ptr, with_body ? a->body.len : 0),
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = ARRAY_LEN(iov) };
	size_t total = 0;
	ssize_t n = 0;

	assert(!extra_len || a->extra[extra_len - 1] == '\n');
	for (size_t i = 0; i < ARRAY_LEN(iov); i++)
		total += iov[i].iov_len;
	do
		n = sendmsg(c->fd, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		n = 0;
	if (n < 0 || ((size_t)n < total &&
		      !keep_rest(c, iov, ARRAY_LEN(iov), total, (size_t)n)))
		conn_close(c);
}

/* The last byte of an answer is with the kernel. */
static void conn_written(struct conn *c)
{
	struct http_reactor *r = c->reactor;

	if (c->close) {
		conn_end(c);
		return;
	}
	c->state = CONN_OPEN;
	if (c->x)
		c->x->req.start_ns = r->now_ns;
	deadline_set(&r->deadlines, &c->deadline,
		     c->x ? DEADLINE_HEAD : DEADLINE_IDLE, r->now_ns);
	if (!c->running && (c->x || c->readable || r->stopping))
		reactor_make_ready(r, c);
}

/* The answer is on its way: keep what the client has sent beyond it. */
static void conn_proceed(struct conn *c)
{
	struct exchange *x = c->x;

	if (x && c->close)
		c->linger |= x->in.len > x->parser.used;
	if (x && (c->close || !http_parser_next(&x->parser, &x->in))) {
		reactor_return_exchange(c->reactor, x);
		c->x = NULL;
	}
	if (c->state != CONN_WRITING)
		conn_written(c);
}

static bool wants_body(const struct exchange *x)
{
	return !x || !bytes_is_var(x->req.method, "HEAD");
}

void http_answer(struct http_request *req, const struct http_answer *answer)
{
	/* The request is the first member of its exchange. */
	struct exchange *x = (struct exchange *)req;
	struct http_reactor *r = req->reactor;
	struct conn *c = x->conn;

	if (c) {
		bool ours = answer->close || r->stopping;

		c->close = ours || !x->parser.keep_alive;
		c->linger |= ours;
		conn_send(c, answer,
			  wants_body(x) &&
				  http_status_has_body(answer->status));
	}
	reactor_end_request(r, x);
	c = x->conn; /* NULL too when the client went away meanwhile */
	if (c)
		conn_proceed(c);
	else
		reactor_return_exchange(r, x);
}

static void conn_refuse(struct conn *c, struct refusal why, bool keep_alive)
{
	const struct http_config *config = c->reactor->config;
	struct http_refusal no = {
		.status = why.status,
		.why = why.why,
		.peer = c->peer,
	};
	struct http_answer a = { .status = why.status, .extra = no.extra };

	if (c->x)
		http_parser_tell(&c->x->parser, &c->x->in, &no);
	if (no.status == 503)
		snprintf(no.extra, sizeof(no.extra), "Retry-After: 1\r\n");
	if (config->refuse)
		config->refuse(config->arg, c->reactor, &no);
	a.content_type = no.content_type;
	a.body = bytes_of(no.body, no.body_len);
	c->close = !keep_alive || c->reactor->stopping;
	c->linger |= c->close;
	conn_send(c, &a, wants_body(c->x));
	if (c->state != CONN_DEAD)
		conn_proceed(c);
}

static void conn_refuse_for(struct conn *c, unsigned int status,
			    const char *why)
{
	conn_refuse(c, (struct refusal){ .status = status, .why = why }, false);
}

void conn_turn_away(struct conn *c)
{
	conn_refuse_for(c, 503, "too many connections");
}

static bool flush(struct conn *c)
{
	ssize_t n = send(c->fd, c->out.ptr + c->out_sent,
			 c->out.len - c->out_sent, MSG_NOSIGNAL);

	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n < 0) {
		conn_close(c);
		return false;
	}
	c->out_sent += (size_t)n;
	if (c->out_sent == c->out.len) {
		pool_return(&c->reactor->pool, &c->out);
		conn_written(c);
	}
	return true;
}

/* --- requests --------------------------------------------------------- */

static bool hand_out(struct conn *c)
{
	struct http_reactor *r = c->reactor;
	struct exchange *x = c->x;

	if (!reactor_begin_request(r, x)) {
		conn_refuse(c,
			    (struct refusal){ 503, "too many requests wait" },
			    x->parser.keep_alive);
		return true;
	}
	deadline_clear(&c->deadline);
	c->state = CONN_BUSY;
	x->req.reactor = r;
	x->req.user = NULL;
	memcpy(x->req.peer, c->peer, sizeof(c->peer));
	r->config->handle(r->config->arg, &x->req);
	return true;
}

static bool parse(struct conn *c)
{
	struct http_reactor *r = c->reactor;
	struct exchange *x = c->x;

	switch (http_parser_run(&x->parser, &x->in)) {
	case HTTP_PARSED_REQUEST:
		return hand_out(c);
	case HTTP_PARSED_REFUSED:
		conn_refuse(c, x->parser.refusal, false);
		return true;
	case HTTP_PARSED_CONTINUE:
		/* Earlier answers are out, so a new one fits the socket. */
		if (send(c->fd, go_on, sizeof(go_on) - 1, MSG_NOSIGNAL) !=
		    (ssize_t)sizeof(go_on) - 1)
			conn_close(c);
		return true;
	case HTTP_PARSED_MORE:
	default:
		if (x->parser.head_len && c->deadline.kind == DEADLINE_HEAD)
			deadline_set(&r->deadlines, &c->deadline, DEADLINE_BODY,
				     r->now_ns);
		return true;
	}
}

static bool begin(struct conn *c)
{
	const struct http_config *config = c->reactor->config;

	c->x = reactor_lend_exchange(c->reactor);
	if (!c->x)
		return false;
	c->x->conn = c;
	http_parser_start(&c->x->parser, &c->x->req, config->header_max,
			  config->body_max);
	return true;
}

static bool make_room(struct conn *c)
{
	struct http_reactor *r = c->reactor;
	struct exchange *x = c->x;
	struct buf larger = { 0 };
	size_t want = 0;

	if (x->in.len < x->in.cap)
		return true;
	/* Doubled, so that a client holds no more than it has sent. */
	want = http_parser_room(&x->parser, &x->in);
	if (want > 2 * x->in.cap)
		want = 2 * x->in.cap;
	if (!pool_lend(&r->pool, &larger, want))
		return false;
	memcpy(larger.ptr, x->in.ptr, x->in.len);
	larger.len = x->in.len;
	if (x->is_large)
		pool_return(&r->pool, &x->in);
	else
		secret_wipe(x->in.ptr, x->in.len);
	x->in = larger;
	x->is_large = true;
	return true;
}

/* Nothing to read: wait for the next event without holding memory. */
static bool rest(struct conn *c)
{
	if (c->x && !c->x->in.len) {
		reactor_return_exchange(c->reactor, c->x);
		c->x = NULL;
	}
	if (!c->x && c->reactor->stopping)
		conn_close(c);
	return false;
}

static bool received(struct conn *c, size_t n, size_t room)
{
	struct http_reactor *r = c->reactor;
	struct exchange *x = c->x;

	if (!x->in.len) {
		x->req.start_ns = r->now_ns;
		deadline_set(&r->deadlines, &c->deadline, DEADLINE_HEAD,
			     r->now_ns);
	}
	x->in.len += n;
	/* epoll(7): a short read has emptied the socket, but for the end. */
	c->readable = n == room || c->hangup;
	return true;
}

static bool read_end(struct conn *c)
{
	c->readable = false;
	if (c->x && c->x->in.len)
		conn_refuse_for(c, 400, "the request is incomplete");
	else
		conn_close(c);
	return true;
}

static bool fill(struct conn *c)
{
	size_t room = 0;
	ssize_t n = 0;

	if (!c->readable)
		return rest(c);
	if ((!c->x && !begin(c)) || !make_room(c)) {
		conn_refuse_for(c, 503, "no memory for the request");
		return true;
	}
	room = c->x->in.cap - c->x->in.len;
	n = recv(c->fd, c->x->in.ptr + c->x->in.len, room, 0);
	if (n > 0)
		return received(c, (size_t)n, room);
	if (!n)
		return read_end(c);
	if (errno == EINTR)
		return true;
	if (errno == EAGAIN) {
		c->readable = false;
		return rest(c);
	}
	conn_close(c);
	return false;
}

/* --- the loop --------------------------------------------------------- */

/* Gives whether there may be more to do. */
static bool step(struct conn *c)
{
	struct exchange *x = c->x;

	switch (c->state) {
	case CONN_OPEN:
		if (x && x->in.len > x->parser.used)
			return parse(c);
		return fill(c);
	case CONN_WRITING:
		return flush(c);
	case CONN_LINGER:
		return drain(c);
	case CONN_BUSY:
	case CONN_DEAD:
	default:
		return false;
	}
}

void conn_run(struct conn *c)
{
	unsigned int turns = TURNS_MAX;

	c->running = true;
	while (turns && step(c))
		turns--;
	c->running = false;
	if (!turns)
		reactor_make_ready(c->reactor, c);
}

static void conn_ready(struct source *s, uint32_t events)
{
	struct conn *c = (struct conn *)s;

	if (c->state == CONN_DEAD)
		return;
	if (events & (EPOLLERR | EPOLLHUP)) {
		conn_close(c);
		return;
	}
	if (events & EPOLLRDHUP)
		c->hangup = true;
	if (events & (EPOLLIN | EPOLLRDHUP))
		c->readable = true;
	conn_run(c);
}

void conn_expire(struct conn *c)
{
	struct linger reset = { .l_onoff = 1 };

	switch (c->deadline.kind) {
	case DEADLINE_HEAD:
		conn_refuse_for(c, 408, "the headers did not come in time");
		break;
	case DEADLINE_BODY:
		conn_refuse_for(c, 408, "the body did not come in time");
		break;
	case DEADLINE_ANSWER:
		/* Otherwise the kernel goes on for minutes in our stead. */
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset,
				 sizeof(reset));
		conn_close(c);
		break;
	case DEADLINE_IDLE:
	case DEADLINE_LINGER:
	case DEADLINE_KINDS:
	default:
		conn_close(c);
		break;
	}
}

static void name_peer(char out[64], const struct sockaddr_storage *peer)
{
	char ip[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in in4 = { 0 };
	struct sockaddr_in6 in6 = { 0 };

	if (peer->ss_family == AF_INET) {
		memcpy(&in4, peer, sizeof(in4));
		inet_ntop(AF_INET, &in4.sin_addr, ip, sizeof(ip));
		snprintf(out, 64, "%s:%u", ip, ntohs(in4.sin_port));
	} else {
		memcpy(&in6, peer, sizeof(in6));
		inet_ntop(AF_INET6, &in6.sin6_addr, ip, sizeof(ip));
		snprintf(out, 64, "[%s]:%u", ip, ntohs(in6.sin6_port));
	}
}

void conn_open(struct conn *c, struct http_reactor *r, int fd,
	       const struct sockaddr_storage *peer)
{
	*c = (struct conn){
		.source = { .ready = conn_ready },
		.reactor = r,
		.fd = fd,
		.state = CONN_OPEN,
	};
	name_peer(c->peer, peer);
	deadline_set(&r->deadlines, &c->deadline, DEADLINE_IDLE, r->now_ns);
}
