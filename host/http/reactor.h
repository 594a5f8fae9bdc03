/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reactor - one epoll loop: who is ready, who is late, who is new
 *
 * Owns:      its descriptors, the table of connections, the exchanges and
 *            buffers that are lent to them.
 * Promises:  memory and descriptors are bounded by the configuration; a
 *            connection is not reused before the round of events that closed
 *            it is over, so no event meets a stranger.
 * Threads:   everything here belongs to the reactor's thread, but
 *            reactor_stop().
 */

#ifndef KMS_HOST_HTTP_REACTOR_H
#define KMS_HOST_HTTP_REACTOR_H

#include "host/http/answer.h"
#include "host/http/conn.h"
#include "host/http/deadline.h"
#include "host/http/pool.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>

#define REACTOR_EVENTS 256

struct http_reactor {
	const struct http_config *config;
	unsigned int index;
	bool is_init;
	int epoll_fd;
	struct source listener;
	int listen_fd;
	struct source wake;
	int wake_fd;
	struct watch *watches;
	bool unwatched; /* some of them wait to be freed */
	uint64_t now_ns;
	uint64_t tick_ns;
	char date[HTTP_DATE_LEN + 1];

	struct conn *conns; /* table; free ones are linked */
	size_t conns_cap;
	size_t conns_used; /* of the table, ever */
	size_t conns_open;
	struct conn *conns_free;
	struct conn *conns_dead; /* free from the next round on */
	struct conn *ready_first;
	struct conn **ready_last;

	struct exchange *exchanges_free;
	size_t exchanges_kept;
	struct exchange *exchanges_out; /* handed out, not answered */
	size_t requests_out;
	struct arena *arenas; /* stack of config->requests_max */
	size_t arenas_kept;
	struct pool pool;
	struct deadlines deadlines;

	bool accepting;
	uint64_t accept_again_ns; /* after running out of descriptors */
	bool stopping;
	uint64_t stop_due_ns;

	/* Shared with the thread that starts and stops. */
	pthread_t thread;
	sem_t started;
	enum kms_rc start_rc;
	atomic_bool stop_asked;
	atomic_uint grace_ms;
	bool all_answered;

	uint8_t sink[16384]; /* what lingering clients still send */
	struct epoll_event events[REACTOR_EVENTS];
};

/*
 * Borrows config. Takes listen_fd also when it fails. UNAVAILABLE, NO_MEMORY.
 */
enum kms_rc reactor_init(struct http_reactor *r, unsigned int index,
			 const struct http_config *config,
			 int listen_fd) KMS_MUST_USE;
/* Accepts what reactor_init() has failed on, or a zeroed one. */
void reactor_clear(struct http_reactor *r);

/* The body of the thread; posts started when thread_start() has run. */
void reactor_run(struct http_reactor *r);
/* From any thread: makes reactor_run() return within the grace. */
void reactor_stop(struct http_reactor *r, unsigned int grace_ms);

/* For conn.c. */
void reactor_make_ready(struct http_reactor *r, struct conn *c);
void reactor_bury(struct http_reactor *r, struct conn *c);
/* Lends; NULL: out of memory. */
struct exchange *reactor_lend_exchange(struct http_reactor *r);
void reactor_return_exchange(struct http_reactor *r, struct exchange *x);
/* Counts it and lends it its scratch; false: as many as may be are out. */
bool reactor_begin_request(struct http_reactor *r,
			   struct exchange *x) KMS_MUST_USE;
void reactor_end_request(struct http_reactor *r, struct exchange *x);

#endif /* KMS_HOST_HTTP_REACTOR_H */
