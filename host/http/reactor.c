/* SPDX-License-Identifier: Apache-2.0 */
#include "host/http/reactor.h"

#include "common/clock.h"
#include "common/secret.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_NS		 10000000u
#define ACCEPT_PER_ROUND 64
#define ACCEPT_AT_STOP	 4096
#define ACCEPT_PAUSE_NS	 100000000u
#define EXCHANGES_KEPT	 256
#define LINGER_MS	 2000
/* Connections that only get to know that there are too many. */
#define TURN_AWAY	32
#define POOL_BUDGET_MIN ((size_t)64 << 20)
/* What a connection may need beyond its exchange without being handed out. */
#define POOL_PER_CONN 8192

struct watch {
	struct source source;
	struct watch *next;
	http_readable *readable; /* NULL: removed, freed after the round */
	void *arg;
	int fd;
};

uint64_t http_now_ns(void)
{
	return clock_mono_ns();
}

/* --- what is lent to connections -------------------------------------- */

struct exchange *reactor_lend_exchange(struct http_reactor *r)
{
	struct exchange *x = r->exchanges_free;

	if (x) {
		r->exchanges_free = x->next;
		r->exchanges_kept--;
	} else {
		x = mem_zalloc(1, sizeof(*x));
	}
	if (x)
		x->in = (struct buf){ .ptr = x->small,
				      .cap = sizeof(x->small) };
	return x;
}

void reactor_return_exchange(struct http_reactor *r, struct exchange *x)
{
	if (x->is_large)
		pool_return(&r->pool, &x->in);
	else
		secret_wipe(x->in.ptr, x->in.len);
	x->is_large = false;
	if (r->exchanges_kept == EXCHANGES_KEPT) {
		mem_free(x);
		return;
	}
	x->next = r->exchanges_free;
	r->exchanges_free = x;
	r->exchanges_kept++;
}

static bool lend_arena(struct http_reactor *r, struct arena *a)
{
	if (!r->arenas_kept)
		return !arena_init(a, r->config->scratch);
	*a = r->arenas[--r->arenas_kept];
	return true;
}

bool reactor_begin_request(struct http_reactor *r, struct exchange *x)
{
	if (r->requests_out >= r->config->requests_max ||
	    !lend_arena(r, &x->req.scratch))
		return false;
	r->requests_out++;
	x->next = r->exchanges_out;
	x->prev_next = &r->exchanges_out;
	if (x->next)
		x->next->prev_next = &x->next;
	r->exchanges_out = x;
	return true;
}

void reactor_end_request(struct http_reactor *r, struct exchange *x)
{
	arena_reset(&x->req.scratch);
	r->arenas[r->arenas_kept++] = x->req.scratch;
	x->req.scratch = (struct arena){ 0 };
	r->requests_out--;
	*x->prev_next = x->next;
	if (x->next)
		x->next->prev_next = x->prev_next;
}

void reactor_make_ready(struct http_reactor *r, struct conn *c)
{
	if (c->in_ready)
		return;
	c->in_ready = true;
	c->ready_next = NULL;
	*r->ready_last = c;
	r->ready_last = &c->ready_next;
}

void reactor_bury(struct http_reactor *r, struct conn *c)
{
	c->next = r->conns_dead;
	r->conns_dead = c;
	r->conns_open--;
}

/* --- accepting -------------------------------------------------------- */

static struct conn *take_conn(struct http_reactor *r)
{
	struct conn *c = r->conns_free;

	if (c)
		r->conns_free = c->next;
	else if (r->conns_used < r->conns_cap)
		c = &r->conns[r->conns_used++];
	return c;
}

static void adopt(struct http_reactor *r, int fd,
		  const struct sockaddr_storage *peer)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP |
					    EPOLLET };
	struct conn *c = take_conn(r);

	if (!c) {
		close(fd);
		return;
	}
	conn_open(c, r, fd, peer);
	r->conns_open++;
	ev.data.ptr = c;
	if (epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &ev))
		conn_close(c);
	else if (r->conns_open > r->config->connections_max)
		conn_turn_away(c);
	else if (r->stopping)
		reactor_make_ready(r, c);
}

static void set_accepting(struct http_reactor *r, bool on)
{
	struct epoll_event ev = { .events = on ? EPOLLIN : 0,
				  .data.ptr = &r->listener };

	/* Fails only for descriptors that are not in the set. */
	(void)epoll_ctl(r->epoll_fd, EPOLL_CTL_MOD, r->listen_fd, &ev);
	r->accepting = on;
}

/* Gives false when nobody waits, or nobody can be let in. */
static bool accept_one(struct http_reactor *r)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);
	int fd = accept4(r->listen_fd, (struct sockaddr *)&peer, &len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		adopt(r, fd, &peer);
		return true;
	}
	switch (errno) {
	case EAGAIN:
		return false;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		/* The queue stays readable: look away, or spin. */
		set_accepting(r, false);
		r->accept_again_ns = r->now_ns + ACCEPT_PAUSE_NS;
		return false;
	default: /* accept(2): errors of the new connection */
		return true;
	}
}

static void listener_ready(struct source *s, uint32_t events KMS_UNUSED)
{
	struct http_reactor *r =
		(struct http_reactor *)((char *)s -
					offsetof(struct http_reactor,
						 listener));

	for (unsigned int i = 0; i < ACCEPT_PER_ROUND; i++)
		if (r->listen_fd < 0 || !accept_one(r))
			break;
}

/* --- watches ---------------------------------------------------------- */

static void watch_ready(struct source *s, uint32_t events KMS_UNUSED)
{
	struct watch *w = (struct watch *)s;

	if (w->readable)
		w->readable(w->arg);
}

enum kms_rc http_reactor_watch(struct http_reactor *r, int fd,
			       http_readable *readable, void *arg)
{
	struct watch *w = mem_zalloc(1, sizeof(*w));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = w };

	if (!w)
		return KMS_RC_NO_MEMORY;
	*w = (struct watch){ .source = { .ready = watch_ready },
			     .next = r->watches,
			     .readable = readable,
			     .arg = arg,
			     .fd = fd };
	if (epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &ev)) {
		mem_free(w);
		return KMS_RC_UNAVAILABLE;
	}
	r->watches = w;
	return KMS_RC_OK;
}

void http_reactor_unwatch(struct http_reactor *r, int fd)
{
	for (struct watch *w = r->watches; w; w = w->next) {
		if (w->fd != fd || !w->readable)
			continue;
		(void)epoll_ctl(r->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		w->readable = NULL;
		r->unwatched = true;
	}
}

static void free_unwatched(struct http_reactor *r)
{
	struct watch **at = &r->watches;

	while (*at) {
		struct watch *w = *at;

		if (w->readable) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		mem_free(w);
	}
	r->unwatched = false;
}

/* --- the loop --------------------------------------------------------- */

static void wake_ready(struct source *s, uint32_t events KMS_UNUSED)
{
	struct http_reactor *r =
		(struct http_reactor *)((char *)s -
					offsetof(struct http_reactor, wake));
	uint64_t count = 0;

	if (read(r->wake_fd, &count, sizeof(count)) < 0)
		return;
}

/* Whoever waits in the queue has been promised an answer by the kernel. */
static void begin_stop(struct http_reactor *r)
{
	struct deadline *d = NULL;

	r->stopping = true;
	r->stop_due_ns =
		r->now_ns + (uint64_t)atomic_load(&r->grace_ms) * 1000000;
	for (unsigned int i = 0; i < ACCEPT_AT_STOP && accept_one(r); i++)
		;
	close(r->listen_fd);
	r->listen_fd = -1;
	r->accepting = true;
	for (d = deadlines_first(&r->deadlines, DEADLINE_IDLE); d;
	     d = deadlines_next(&r->deadlines, d)) {
		struct conn *c = conn_of_deadline(d);

		/* One more look: a request may have come this very moment. */
		c->readable = true;
		reactor_make_ready(r, c);
	}
}

static void run_ready(struct http_reactor *r)
{
	struct conn *c = r->ready_first;

	r->ready_first = NULL;
	r->ready_last = &r->ready_first;
	while (c) {
		struct conn *next = c->ready_next;

		c->in_ready = false;
		conn_run(c);
		c = next;
	}
}

static void tick(struct http_reactor *r)
{
	const struct http_config *config = r->config;

	if (r->now_ns < r->tick_ns)
		return;
	r->tick_ns = r->now_ns + TICK_NS;
	http_date(r->date, time(NULL));
	for (unsigned int kind = 0; kind < DEADLINE_KINDS; kind++) {
		struct deadline *d = NULL;

		while ((d = deadlines_due(&r->deadlines, kind, r->now_ns)))
			conn_expire(conn_of_deadline(d));
	}
	if (!r->accepting && r->now_ns >= r->accept_again_ns)
		set_accepting(r, true);
	if (config->tick)
		config->tick(config->arg, r->index, r->now_ns);
}

/* No event of this round can still mean them. */
static void recycle(struct http_reactor *r)
{
	struct conn *c = r->conns_dead;

	r->conns_dead = NULL;
	while (c) {
		struct conn *next = c->next;
		struct conn **list =
			c->in_ready ? &r->conns_dead : &r->conns_free;

		c->next = *list;
		*list = c;
		c = next;
	}
	if (r->unwatched)
		free_unwatched(r);
}

static int wait_ms(const struct http_reactor *r)
{
	uint64_t now = r->now_ns;

	if (r->ready_first || r->tick_ns <= now)
		return 0;
	return (int)((r->tick_ns - now + 999999) / 1000000);
}

static void round_of_events(struct http_reactor *r)
{
	const struct http_config *config = r->config;
	int n = epoll_wait(r->epoll_fd, r->events, REACTOR_EVENTS, wait_ms(r));

	r->now_ns = clock_mono_ns();
	for (int i = 0; i < n; i++) {
		struct source *s = r->events[i].data.ptr;

		s->ready(s, r->events[i].events);
	}
	if (!r->stopping &&
	    atomic_load_explicit(&r->stop_asked, memory_order_acquire))
		begin_stop(r);
	run_ready(r);
	tick(r);
	if (config->round_end)
		config->round_end(config->arg, r->index);
	recycle(r);
}

static bool finished(const struct http_reactor *r)
{
	return r->stopping && (!(r->conns_open || r->requests_out) ||
			       r->now_ns >= r->stop_due_ns);
}

/* Whether a client still waits for an answer. */
static bool anybody_waits(const struct http_reactor *r)
{
	for (size_t i = 0; i < r->conns_used; i++)
		if (r->conns[i].state == CONN_BUSY ||
		    r->conns[i].state == CONN_WRITING)
			return true;
	return false;
}

static void end_all(struct http_reactor *r)
{
	for (size_t i = 0; i < r->conns_used; i++)
		conn_close(&r->conns[i]);
	while (r->exchanges_out) {
		struct exchange *x = r->exchanges_out;

		reactor_end_request(r, x);
		reactor_return_exchange(r, x);
	}
}

void reactor_run(struct http_reactor *r)
{
	const struct http_config *config = r->config;

	r->now_ns = clock_mono_ns();
	http_date(r->date, time(NULL));
	r->start_rc = KMS_RC_OK;
	if (config->thread_start)
		r->start_rc = config->thread_start(config->arg, r, r->index);
	if (sem_post(&r->started))
		r->start_rc = KMS_RC_INTERNAL;
	if (r->start_rc)
		return;
	while (!finished(r))
		round_of_events(r);
	r->all_answered = !anybody_waits(r);
	/* It may still answer what it holds, so connections end after it. */
	if (config->thread_stop)
		config->thread_stop(config->arg, r->index);
	end_all(r);
}

void reactor_stop(struct http_reactor *r, unsigned int grace_ms)
{
	uint64_t one = 1;

	atomic_store(&r->grace_ms, grace_ms);
	atomic_store_explicit(&r->stop_asked, true, memory_order_release);
	/* Should it fail, the next tick sees stop_asked. */
	if (write(r->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/* --- life ------------------------------------------------------------- */

static enum kms_rc add_source(struct http_reactor *r, int fd, struct source *s)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = s };

	if (epoll_ctl(r->epoll_fd, EPOLL_CTL_ADD, fd, &ev))
		return KMS_RC_UNAVAILABLE;
	return KMS_RC_OK;
}

static void set_limits(struct http_reactor *r)
{
	const struct http_config *config = r->config;
	size_t budget =
		config->requests_max * (config->header_max + config->body_max) +
		config->connections_max * (size_t)POOL_PER_CONN;

	pool_init(&r->pool,
		  budget > POOL_BUDGET_MIN ? budget : POOL_BUDGET_MIN);
	deadlines_init(&r->deadlines);
	deadlines_set_length(&r->deadlines, DEADLINE_IDLE, config->idle_ms);
	deadlines_set_length(&r->deadlines, DEADLINE_HEAD, config->header_ms);
	deadlines_set_length(&r->deadlines, DEADLINE_BODY, config->request_ms);
	deadlines_set_length(&r->deadlines, DEADLINE_ANSWER, config->answer_ms);
	deadlines_set_length(&r->deadlines, DEADLINE_LINGER, LINGER_MS);
}

enum kms_rc reactor_init(struct http_reactor *r, unsigned int index,
			 const struct http_config *config, int listen_fd)
{
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	r->config = config;
	r->index = index;
	r->listen_fd = listen_fd;
	r->wake_fd = -1;
	r->epoll_fd = -1;
	r->listener.ready = listener_ready;
	r->wake.ready = wake_ready;
	r->ready_last = &r->ready_first;
	r->accepting = true;
	r->conns_cap = (size_t)config->connections_max + TURN_AWAY;
	set_limits(r);
	/* Cannot fail: a small value, not shared between processes. */
	(void)sem_init(&r->started, 0, 0);
	r->is_init = true;
	r->conns = mem_zalloc(r->conns_cap, sizeof(*r->conns));
	r->arenas = mem_zalloc(config->requests_max, sizeof(*r->arenas));
	if (!r->conns || !r->arenas)
		goto out;
	rc = KMS_RC_UNAVAILABLE;
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->epoll_fd < 0 || r->wake_fd < 0)
		goto out;
	rc = add_source(r, listen_fd, &r->listener);
	if (rc)
		goto out;
	rc = add_source(r, r->wake_fd, &r->wake);
out:
	return rc;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void reactor_clear(struct http_reactor *r)
{
	if (!r->is_init)
		return;
	for (struct watch *w = r->watches; w; w = w->next)
		w->readable = NULL;
	free_unwatched(r);
	while (r->exchanges_free) {
		struct exchange *x = r->exchanges_free;

		r->exchanges_free = x->next;
		mem_free(x);
	}
	while (r->arenas_kept)
		arena_clear(&r->arenas[--r->arenas_kept]);
	pool_clear(&r->pool);
	mem_free(r->arenas);
	mem_free(r->conns);
	close_fd(&r->listen_fd);
	close_fd(&r->wake_fd);
	close_fd(&r->epoll_fd);
	sem_destroy(&r->started);
	r->is_init = false;
}
