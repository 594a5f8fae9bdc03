/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conn - one client: reads requests, hands them out, writes answers
 *
 * Owns:      the socket, the answer that could not be written at once and,
 *            while a request is incomplete or handed out, an exchange.
 * Promises:  one request at a time, so answers come in order whatever the
 *            order in which handlers finish.
 * Threads:   the reactor's.
 */

#ifndef KMS_HOST_HTTP_CONN_H
#define KMS_HOST_HTTP_CONN_H

#include "host/http/deadline.h"
#include "host/http/http.h"
#include "host/http/parser.h"

#include <netinet/in.h>

/* What most requests fit into; larger ones get a block of the pool. */
#define EXCHANGE_BUFFER 4096

/* First member of whatever epoll reports. */
struct source {
	void (*ready)(struct source *s, uint32_t events);
};

/* A request, from its first byte until its answer. */
struct exchange {
	struct http_request req;
	struct http_parser parser;
	struct conn *conn;     /* NULL: the client is gone */
	struct exchange *next; /* free, or handed out */
	struct exchange **prev_next;
	struct buf in; /* small, or lent by the pool */
	bool is_large;
	uint8_t small[EXCHANGE_BUFFER];
};

enum conn_state {
	CONN_OPEN,    /* between or inside requests */
	CONN_BUSY,    /* a request is handed out */
	CONN_WRITING, /* the client takes its time to read */
	CONN_LINGER,  /* has its last answer; what it sends is thrown away */
	CONN_DEAD,
};

struct conn {
	struct source source;
	struct deadline deadline;
	struct http_reactor *reactor;
	struct conn *next; /* in the free or dead list */
	struct conn *ready_next;
	struct exchange *x;
	struct buf out;
	size_t out_sent;
	int fd;
	enum conn_state state;
	bool in_ready : 1;
	bool running : 1;  /* conn_run() is on the stack */
	bool readable : 1; /* the last recv() did not empty the socket */
	bool hangup : 1;   /* the client will send no more */
	bool close : 1;	   /* after the answer that is being written */
	bool linger : 1;   /* before the close: it may still be sending */
	char peer[64];
};

static inline struct conn *conn_of_deadline(struct deadline *d)
{
	return (struct conn *)(void *)((char *)d -
				       offsetof(struct conn, deadline));
}

/* Takes fd, which is in no epoll set yet. */
void conn_open(struct conn *c, struct http_reactor *r, int fd,
	       const struct sockaddr_storage *peer);
/* Does what can be done without waiting. */
void conn_run(struct conn *c);
/* The deadline that is set has passed. */
void conn_expire(struct conn *c);
/* Answers 503 and says good-bye. */
void conn_turn_away(struct conn *c);
/* At once; a request that is handed out stays with its handler. */
void conn_close(struct conn *c);

#endif /* KMS_HOST_HTTP_CONN_H */
