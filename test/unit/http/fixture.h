/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture - a server under test on loopback, and a client that sees bytes
 */

#ifndef KMS_TEST_HTTP_FIXTURE_H
#define KMS_TEST_HTTP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/http/http.h"

#include <pthread.h>

#define HEADER_MAX 8192
#define BODY_MAX   65536
#define HELD_MAX   64
#define BIG_LEN	   ((size_t)24 << 20)

/*
 * The server under test echoes "METHOD path?query body", except:
 *   /later  is answered from another event of the loop
 *   /hold   is answered when the test says so
 *   /big    has an answer of BIG_LEN bytes
 *   /bye    is answered with close
 *   /status/nnn  has that status
 */
struct fixture {
	struct http_config config;
	struct http_server *server;
	unsigned int port;
	int later_fd;
	uint8_t *big;

	pthread_mutex_t lock; /* for all that follows */
	struct http_request *later[HELD_MAX];
	size_t later_count;
	struct http_request *held[HELD_MAX];
	size_t held_count;
	bool release; /* answer what is held */
	bool abandon; /* thread_stop answers what is held */
	unsigned int handled;
	unsigned int refused;
	unsigned int refused_status;
	char refused_method[8];
	unsigned int rounds;
	unsigned int ticks;
	unsigned int starts;
	unsigned int stops;
	enum kms_rc start_rc;
};

/* One reactor and roomy limits; a test may change config before start. */
void fixture_init(struct fixture *f);
void fixture_start(struct fixture *f);
/* Gives what http_server_stop() gives. */
bool fixture_stop(struct fixture *f, unsigned int grace_ms);
/* Waits until the counter reaches n; fails the test after 3 s. */
void fixture_wait(struct fixture *f, const unsigned int *counter,
		  unsigned int n);
void fixture_wait_held(struct fixture *f, size_t n);
void fixture_release(struct fixture *f);

/* What most tests talk to; server_prepare() leaves the start to them. */
extern struct fixture server;
int server_prepare(void **state);
int server_start(void **state);
int server_stop(void **state);

struct client {
	int fd;
	char *buf;
	size_t len;
};

struct reply {
	unsigned int status; /* 0: the connection ended */
	char head[1024];
	size_t content_length;
	char body[512]; /* its beginning */
};

void client_open(struct client *c, const struct fixture *f);
void client_close(struct client *c);
void client_send(struct client *c, const void *data, size_t len);
void client_text(struct client *c, const char *text);
/* Reads one answer; head_only when it answers a HEAD. */
void client_reply(struct client *c, struct reply *r, bool head_only);
void client_expect(struct client *c, unsigned int status, const char *body);
/* The server has closed, and sent nothing more. */
void client_expect_end(struct client *c);

#endif /* KMS_TEST_HTTP_FIXTURE_H */
