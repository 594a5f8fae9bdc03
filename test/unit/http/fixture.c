/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENT_BUFFER 65536
#define PATIENCE_MS   3000

static void pause_ms(unsigned int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000,
			       .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&ts, NULL);
}

/* --- the server's side ------------------------------------------------ */

/* cmocka's assertions jump, which only its own thread may do. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static void echo(struct http_request *req)
{
	struct http_answer a = { .status = 200, .content_type = "text/plain" };
	size_t cap = req->method.len + req->path.len + req->query.len +
		     req->body.len + 4;
	char *text = arena_alloc(&req->scratch, cap);
	size_t len = 0;

	if (!text) {
		a.status = 500;
		http_answer(req, &a);
		return;
	}
	len = (size_t)snprintf(
		text, cap, "%.*s %.*s%s%.*s ", (int)req->method.len,
		req->method.ptr, (int)req->path.len, req->path.ptr,
		req->query.ptr ? "?" : "", (int)req->query.len,
		req->query.ptr ? (const char *)req->query.ptr : "");
	memcpy(text + len, req->body.ptr, req->body.len);
	a.body = bytes_of(text, len + req->body.len);
	a.close = bytes_is_var(req->path, "/bye");
	http_answer(req, &a);
}

static bool begins_with(struct bytes text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && bytes_is_var(bytes_of(text.ptr, len), prefix);
}

static void handle(void *arg, struct http_request *req)
{
	struct fixture *f = arg;
	uint64_t one = 1;

	pthread_mutex_lock(&f->lock);
	f->handled++;
	if (bytes_is_var(req->path, "/later") && f->later_count < HELD_MAX) {
		f->later[f->later_count++] = req;
		req = NULL;
		must(write(f->later_fd, &one, sizeof(one)) == sizeof(one));
	} else if (begins_with(req->path, "/hold") &&
		   f->held_count < HELD_MAX) {
		f->held[f->held_count++] = req;
		req = NULL;
	}
	pthread_mutex_unlock(&f->lock);
	if (!req)
		return;
	if (bytes_is_var(req->path, "/big")) {
		struct http_answer a = { .status = 200,
					 .body = bytes_of(f->big, BIG_LEN) };

		http_answer(req, &a);
	} else if (begins_with(req->path, "/status/")) {
		struct http_answer a = { .body = bytes_of("text", 4) };

		a.status = (unsigned int)strtoul(
			(const char *)req->path.ptr + 8, NULL, 10);
		http_answer(req, &a);
	} else {
		echo(req);
	}
}

/* Takes the requests out of the list, newest first. */
static void answer_all(struct fixture *f, struct http_request **list,
		       size_t *count)
{
	for (;;) {
		struct http_request *req = NULL;

		pthread_mutex_lock(&f->lock);
		if (*count)
			req = list[--*count];
		pthread_mutex_unlock(&f->lock);
		if (!req)
			return;
		echo(req);
	}
}

static void later_readable(void *arg)
{
	struct fixture *f = arg;
	uint64_t n = 0;

	must(read(f->later_fd, &n, sizeof(n)) == sizeof(n));
	answer_all(f, f->later, &f->later_count);
}

static enum kms_rc thread_start(void *arg, struct http_reactor *r,
				unsigned int index)
{
	struct fixture *f = arg;

	pthread_mutex_lock(&f->lock);
	f->starts++;
	pthread_mutex_unlock(&f->lock);
	if (f->start_rc && index + 1 == f->config.reactors)
		return f->start_rc;
	return http_reactor_watch(r, f->later_fd, later_readable, f);
}

static void thread_stop(void *arg, unsigned int index KMS_UNUSED)
{
	struct fixture *f = arg;

	pthread_mutex_lock(&f->lock);
	f->stops++;
	pthread_mutex_unlock(&f->lock);
	if (f->abandon)
		answer_all(f, f->held, &f->held_count);
}

static void round_end(void *arg, unsigned int index KMS_UNUSED)
{
	struct fixture *f = arg;

	pthread_mutex_lock(&f->lock);
	f->rounds++;
	pthread_mutex_unlock(&f->lock);
}

static void tick(void *arg, unsigned int index KMS_UNUSED,
		 uint64_t now_ns KMS_UNUSED)
{
	struct fixture *f = arg;
	bool release = false;

	pthread_mutex_lock(&f->lock);
	f->ticks++;
	release = f->release;
	pthread_mutex_unlock(&f->lock);
	if (release)
		answer_all(f, f->held, &f->held_count);
}

static void refuse(void *arg, struct http_reactor *r, struct http_refusal *no)
{
	struct fixture *f = arg;
	size_t n = no->method.len;

	pthread_mutex_lock(&f->lock);
	f->refused++;
	f->refused_status = no->status;
	if (n >= sizeof(f->refused_method))
		n = sizeof(f->refused_method) - 1;
	if (n)
		memcpy(f->refused_method, no->method.ptr, n);
	f->refused_method[n] = '\0';
	pthread_mutex_unlock(&f->lock);
	must(r && no->peer && *no->peer && no->why && *no->why);
	no->content_type = "application/json";
	no->body_len = (size_t)snprintf(no->body, sizeof(no->body),
					"{\"refused\":%u}", no->status);
	n = strlen(no->extra);
	snprintf(no->extra + n, sizeof(no->extra) - n, "X-Refused: yes\r\n");
}

void fixture_init(struct fixture *f)
{
	struct rlimit files = { 0 };

	*f = (struct fixture){ 0 };
	f->config = (struct http_config){
		.listen = "127.0.0.1:0",
		.reactors = 1,
		.connections_max = 2000,
		.requests_max = 64,
		.header_max = HEADER_MAX,
		.body_max = BODY_MAX,
		.idle_ms = 5000,
		.header_ms = 5000,
		.request_ms = 5000,
		.answer_ms = 5000,
		.scratch = 2 * BODY_MAX,
		.arg = f,
		.thread_start = thread_start,
		.thread_stop = thread_stop,
		.handle = handle,
		.round_end = round_end,
		.tick = tick,
		.refuse = refuse,
	};
	pthread_mutex_init(&f->lock, NULL);
	f->later_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->big = malloc(BIG_LEN);
	assert_non_null(f->big);
	for (size_t i = 0; i < BIG_LEN; i++)
		f->big[i] = (uint8_t)(i * 31 + (i >> 12));
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
}

void fixture_start(struct fixture *f)
{
	const char *why = NULL;

	assert_int_equal(http_server_start(&f->server, &f->config, &why), 0);
	f->port = http_server_port(f->server);
}

bool fixture_stop(struct fixture *f, unsigned int grace_ms)
{
	bool all = http_server_stop(&f->server, grace_ms);

	close(f->later_fd);
	free(f->big);
	pthread_mutex_destroy(&f->lock);
	return all;
}

void fixture_wait(struct fixture *f, const unsigned int *counter,
		  unsigned int n)
{
	unsigned int seen = 0;

	for (unsigned int ms = 0; ms < PATIENCE_MS; ms += 5) {
		pthread_mutex_lock(&f->lock);
		seen = *counter;
		pthread_mutex_unlock(&f->lock);
		if (seen >= n)
			return;
		pause_ms(5);
	}
	fail_msg("a counter stands at %u instead of %u", seen, n);
}

void fixture_wait_held(struct fixture *f, size_t n)
{
	size_t held = 0;

	for (unsigned int ms = 0; ms < PATIENCE_MS; ms += 5) {
		pthread_mutex_lock(&f->lock);
		held = f->held_count;
		pthread_mutex_unlock(&f->lock);
		if (held == n)
			return;
		pause_ms(5);
	}
	fail_msg("%zu requests are held instead of %zu", held, n);
}

void fixture_release(struct fixture *f)
{
	pthread_mutex_lock(&f->lock);
	f->release = true;
	pthread_mutex_unlock(&f->lock);
}

/* --- the client's side ------------------------------------------------ */

struct fixture server;

int server_prepare(void **state KMS_UNUSED)
{
	fixture_init(&server);
	return 0;
}

int server_start(void **state KMS_UNUSED)
{
	fixture_init(&server);
	fixture_start(&server);
	return 0;
}

int server_stop(void **state KMS_UNUSED)
{
	return !fixture_stop(&server, 1000);
}

void client_open(struct client *c, const struct fixture *f)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)f->port),
				 .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };

	*c = (struct client){ .fd = socket(AF_INET, SOCK_STREAM, 0) };
	assert_true(c->fd >= 0);
	c->buf = malloc(CLIENT_BUFFER);
	assert_non_null(c->buf);
	assert_int_equal(setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
				    sizeof(patience)),
			 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&a, sizeof(a)), 0);
}

void client_close(struct client *c)
{
	close(c->fd);
	free(c->buf);
	*c = (struct client){ .fd = -1 };
}

/* A server that has refused may close while we send. */
void client_send(struct client *c, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = send(c->fd, at, len, MSG_NOSIGNAL);

		if (n < 0)
			return;
		at += n;
		len -= (size_t)n;
	}
}

void client_text(struct client *c, const char *text)
{
	client_send(c, text, strlen(text));
}

/* Gives false at the end of the connection. */
static bool receive(struct client *c)
{
	ssize_t n = 0;

	assert_true(c->len < CLIENT_BUFFER);
	n = recv(c->fd, c->buf + c->len, CLIENT_BUFFER - c->len, 0);
	if (n < 0 && errno == EAGAIN)
		fail_msg("the server neither answers nor closes");
	if (n < 0)
		fail_msg("the connection was reset: %s", strerror(errno));
	c->len += (size_t)n;
	return n > 0;
}

static void drop(struct client *c, size_t n)
{
	memmove(c->buf, c->buf + n, c->len - n);
	c->len -= n;
}

static void take_head(struct client *c, struct reply *r, const char *end)
{
	size_t len = (size_t)(end - c->buf) + 4;
	char *length = NULL;

	assert_true(len < sizeof(r->head));
	memcpy(r->head, c->buf, len);
	r->head[len] = '\0';
	drop(c, len);
	assert_memory_equal(r->head, "HTTP/1.1 ", 9);
	r->status = (unsigned int)strtoul(r->head + 9, NULL, 10);
	assert_in_range(r->status, 100, 599);
	length = strstr(r->head, "\r\nContent-Length: ");
	if (length)
		r->content_length = strtoul(length + 18, NULL, 10);
}

void client_reply(struct client *c, struct reply *r, bool head_only)
{
	const char *end = NULL;
	size_t got = 0;

	*r = (struct reply){ 0 };
	while (!(end = memmem(c->buf, c->len, "\r\n\r\n", 4))) {
		if (receive(c))
			continue;
		assert_int_equal(c->len, 0);
		return;
	}
	take_head(c, r, end);
	while (!head_only && got < r->content_length) {
		size_t n = 0;

		if (!c->len && !receive(c))
			fail_msg("the answer ends early");
		n = r->content_length - got;
		n = n < c->len ? n : c->len;
		for (size_t i = 0; i < n && got + i + 1 < sizeof(r->body); i++)
			r->body[got + i] = c->buf[i];
		drop(c, n);
		got += n;
	}
}

void client_expect(struct client *c, unsigned int status, const char *body)
{
	struct reply r = { 0 };

	client_reply(c, &r, false);
	assert_int_equal(r.status, status);
	if (body)
		assert_string_equal(r.body, body);
}

void client_expect_end(struct client *c)
{
	assert_int_equal(c->len, 0);
	if (receive(c))
		fail_msg("the server sent more: %.*s", (int)c->len, c->buf);
}
