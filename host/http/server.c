/* SPDX-License-Identifier: Apache-2.0 */
#include "host/http/http.h"
#include "host/http/listen.h"
#include "host/http/reactor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REACTORS_MAX 256

struct http_server {
	struct http_config config;
	unsigned int port;
	unsigned int running; /* threads to join */
	struct http_reactor *reactors;
};

static void *thread_main(void *arg)
{
	reactor_run(arg);
	return NULL;
}

/* Signals are for the main thread. */
static int create_thread(struct http_reactor *r)
{
	sigset_t all;
	sigset_t before;
	char name[16];
	int err = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&r->thread, NULL, thread_main, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (err)
		return err;
	snprintf(name, sizeof(name), "http-%u", r->index % 1000);
	(void)pthread_setname_np(r->thread, name); /* only for people */
	return 0;
}

static enum kms_rc start_reactor(struct http_server *s, unsigned int i,
				 const char **why)
{
	struct http_reactor *r = &s->reactors[i];
	int err = create_thread(r);

	if (err) {
		*why = strerrordesc_np(err);
		return KMS_RC_UNAVAILABLE;
	}
	while (sem_wait(&r->started) && errno == EINTR)
		;
	if (r->start_rc) {
		pthread_join(r->thread, NULL);
		*why = kms_rc_text(r->start_rc);
		return r->start_rc;
	}
	s->running++;
	return KMS_RC_OK;
}

static bool stop_all(struct http_server *s, unsigned int grace_ms)
{
	bool all = true;

	for (unsigned int i = 0; i < s->running; i++)
		reactor_stop(&s->reactors[i], grace_ms);
	for (unsigned int i = 0; i < s->running; i++) {
		pthread_join(s->reactors[i].thread, NULL);
		all &= s->reactors[i].all_answered;
	}
	s->running = 0;
	return all;
}

static void server_free(struct http_server **s)
{
	if (!*s)
		return;
	for (unsigned int i = 0; (*s)->reactors && i < (*s)->config.reactors;
	     i++)
		reactor_clear(&(*s)->reactors[i]);
	mem_free((*s)->reactors);
	mem_free(*s);
	*s = NULL;
}

/* A forgotten limit would be no limit. */
static bool is_complete(const struct http_config *c)
{
	return c->listen && c->handle && c->reactors &&
	       c->reactors <= REACTORS_MAX && c->connections_max &&
	       c->requests_max && c->header_max && c->body_max && c->idle_ms &&
	       c->header_ms && c->request_ms && c->answer_ms && c->scratch;
}

static enum kms_rc init_reactors(struct http_server *s, const char **why)
{
	enum kms_rc rc = KMS_RC_OK;
	unsigned int count = s->config.reactors;
	int fds[REACTORS_MAX];
	unsigned int i = 0;

	rc = listen_open(fds, count, &s->port, s->config.listen, why);
	if (rc)
		return rc;
	for (; i < count && !rc; i++)
		rc = reactor_init(&s->reactors[i], i, &s->config, fds[i]);
	if (rc)
		*why = kms_rc_text(rc);
	for (; i < count; i++)
		close(fds[i]);
	return rc;
}

enum kms_rc http_server_start(struct http_server **s,
			      const struct http_config *config,
			      const char **why)
{
	enum kms_rc rc = KMS_RC_NO_MEMORY;
	struct http_server *new = NULL;

	*s = NULL;
	*why = kms_rc_text(rc);
	if (!is_complete(config)) {
		*why = "a limit of the HTTP server is not set";
		return KMS_RC_BAD_INPUT;
	}
	new = mem_zalloc(1, sizeof(*new));
	if (!new)
		goto out;
	new->config = *config;
	new->reactors = mem_zalloc(config->reactors, sizeof(*new->reactors));
	if (!new->reactors)
		goto out;
	rc = init_reactors(new, why);
	for (unsigned int i = 0; i < config->reactors && !rc; i++)
		rc = start_reactor(new, i, why);
	if (rc)
		goto out;
	*s = new;
	new = NULL;
out:
	if (new)
		stop_all(new, 0);
	server_free(&new);
	return rc;
}

unsigned int http_server_port(const struct http_server *s)
{
	return s->port;
}

bool http_server_stop(struct http_server **s, unsigned int grace_ms)
{
	bool all = true;

	if (*s)
		all = stop_all(*s, grace_ms);
	server_free(s);
	return all;
}
