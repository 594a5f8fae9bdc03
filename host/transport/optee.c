/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_optee - the TA in the secure world, through libteec
 *
 * A worker is a session, hence an instance of the TA, and a thread that waits
 * in TEEC_InvokeCommand(). Its queue is bounded by the depth of the channels.
 * SIGN commands that wait together enter the secure world together; when the
 * TA refuses such a batch as a whole, each runs alone, so that a malformed one
 * harms nobody else (the TA has signed nothing then).
 */
#include "common/mem.h"
#include "host/transport/optee_worker.h"
#include "host/transport/transport.h"

#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static void optee_close(struct worker **worker)
{
	struct worker *w = *worker;

	*worker = NULL;
	if (!w)
		return;
	/* The process is to end: what the thread may touch is left to it. */
	if (!worker_end_life(w))
		return;
	if (w->death_fd >= 0)
		close(w->death_fd);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	pthread_mutex_destroy(&w->life);
	mem_free(w);
}

/* Deadlines are of the clock that nobody sets. */
static void init_wake(pthread_cond_t *wake)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(wake, &attr);
	pthread_condattr_destroy(&attr);
}

static enum kms_rc optee_open(struct worker **worker,
			      const struct transport_config *config,
			      unsigned int index)
{
	struct worker *w = NULL;
	enum kms_rc rc = KMS_RC_UNAVAILABLE;

	(void)index;
	*worker = NULL;
	if (!config->depth)
		return KMS_RC_BAD_INPUT;
	w = mem_zalloc(1, sizeof(*w));
	if (!w)
		return KMS_RC_NO_MEMORY;
	w->depth = config->depth;
	pthread_mutex_init(&w->life, NULL);
	pthread_mutex_init(&w->lock, NULL);
	init_wake(&w->wake);
	w->dead = true;
	w->death_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->death_fd >= 0)
		rc = worker_begin_life(w);
	if (rc)
		optee_close(&w);
	*worker = w;
	return rc;
}

static int optee_death_fd(struct worker *w)
{
	return w->death_fd;
}

static enum kms_rc optee_restart(struct worker *w)
{
	enum kms_rc rc = KMS_RC_UNAVAILABLE;

	pthread_mutex_lock(&w->life);
	if (worker_end_life(w))
		rc = worker_begin_life(w);
	pthread_mutex_unlock(&w->life);
	return rc;
}

/* True when the thread may still touch a job of the channel. */
static bool channel_is_busy(const struct channel *c)
{
	unsigned int idle = 0;

	for (const struct job *job = c->free.first; job; job = job->next)
		idle++;
	return idle < c->depth;
}

/* Under the lock: the thread gives the jobs back, or is lost. */
static void channel_await_jobs(struct channel *c)
{
	struct worker *w = c->worker;

	for (unsigned int ms = 0; channel_is_busy(c) && !w->dead; ms++) {
		if (ms == WORKER_PATIENCE_MS) {
			worker_give_up(w);
			break;
		}
		pthread_cond_signal(&w->wake);
		pthread_mutex_unlock(&w->lock);
		usleep(1000);
		pthread_mutex_lock(&w->lock);
	}
}

/* Under the lock. */
static void channel_unlink(struct channel *c)
{
	struct channel **at = &c->worker->channels;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
}

/* Gives whether the channel can be freed; the worker does so later else. */
static bool channel_drain(struct channel *c)
{
	struct worker *w = c->worker;
	struct job *job = NULL;
	bool idle = false;

	pthread_mutex_lock(&w->lock);
	for (unsigned int i = 0; i < c->depth; i++)
		c->jobs[i].call = NULL;
	c->lost = (struct call_list){ 0 };
	while ((job = job_list_take(&c->finished)))
		worker_return_job(job);
	channel_await_jobs(c);
	channel_unlink(c);
	idle = !channel_is_busy(c);
	if (!idle) {
		c->next = w->orphans;
		w->orphans = c;
	}
	pthread_mutex_unlock(&w->lock);
	return idle;
}

static void optee_channel_close(struct channel **channel)
{
	struct channel *c = *channel;
	bool idle = true;

	*channel = NULL;
	if (!c)
		return;
	if (c->jobs)
		idle = channel_drain(c);
	if (c->fd >= 0)
		close(c->fd);
	if (idle)
		worker_free_channel(c);
}

static enum kms_rc optee_channel_open(struct channel **channel,
				      struct worker *w)
{
	struct channel *c = mem_zalloc(1, sizeof(*c));
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	*channel = c;
	if (!c)
		return rc;
	c->worker = w;
	c->depth = w->depth;
	c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->jobs = mem_zalloc(c->depth, sizeof(*c->jobs));
	if (!c->jobs || c->fd < 0) {
		mem_free(c->jobs);
		c->jobs = NULL;
		optee_channel_close(channel);
		return rc;
	}
	for (unsigned int i = 0; i < c->depth; i++) {
		c->jobs[i].channel = c;
		job_list_add(&c->free, &c->jobs[i]);
	}
	pthread_mutex_lock(&w->lock);
	c->next = w->channels;
	w->channels = c;
	pthread_mutex_unlock(&w->lock);
	return KMS_RC_OK;
}

static enum kms_rc optee_submit(struct channel *c, struct tee_call *call)
{
	struct worker *w = c->worker;
	enum kms_rc rc = KMS_RC_BUSY;
	struct job *job = NULL;

	pthread_mutex_lock(&w->lock);
	job = job_list_take(&c->free);
	pthread_mutex_unlock(&w->lock);
	if (!job)
		return rc;
	rc = job_fill(job, call);
	call->slot = (uint32_t)(job - c->jobs);
	pthread_mutex_lock(&w->lock);
	if (!rc && w->dead)
		rc = KMS_RC_UNAVAILABLE;
	if (rc)
		worker_return_job(job);
	else
		job_list_add(&w->queue, job);
	pthread_mutex_unlock(&w->lock);
	c->unflushed |= rc == KMS_RC_OK;
	return rc;
}

static void optee_flush(struct channel *c)
{
	if (!c->unflushed)
		return;
	c->unflushed = false;
	pthread_mutex_lock(&c->worker->lock);
	pthread_cond_signal(&c->worker->wake);
	pthread_mutex_unlock(&c->worker->lock);
}

static int optee_fd(struct channel *c)
{
	return c->fd;
}

/* Gives the next finished call, or NULL. */
static struct tee_call *next_finished(struct channel *c)
{
	struct tee_call *call = NULL;
	struct job *job = NULL;

	pthread_mutex_lock(&c->worker->lock);
	call = call_list_take(&c->lost);
	while (!call && (job = job_list_take(&c->finished))) {
		call = job->call;
		worker_return_job(job);
	}
	pthread_mutex_unlock(&c->worker->lock);
	return call;
}

static unsigned int optee_reap(struct channel *c)
{
	struct tee_call *call = NULL;
	unsigned int count = 0;
	uint64_t rung = 0;

	if (read(c->fd, &rung, sizeof(rung)) < 0)
		rung = 0;
	/*
	 * What was there before is read within depth calls; what done() submits
	 * rings again when it is finished.
	 */
	while (count < c->depth && (call = next_finished(c))) {
		count++;
		call->done(call);
	}
	return count;
}

static void optee_cancel(struct channel *c, struct tee_call *call)
{
	pthread_mutex_lock(&c->worker->lock);
	if (call->slot < c->depth && c->jobs[call->slot].call == call)
		c->jobs[call->slot].call = NULL;
	else
		(void)call_list_remove(&c->lost, call);
	pthread_mutex_unlock(&c->worker->lock);
}

const struct transport transport_optee = {
	.name = "optee",
	.open = optee_open,
	.close = optee_close,
	.death_fd = optee_death_fd,
	.restart = optee_restart,
	.channel_open = optee_channel_open,
	.channel_close = optee_channel_close,
	.submit = optee_submit,
	.flush = optee_flush,
	.fd = optee_fd,
	.reap = optee_reap,
	.cancel = optee_cancel,
};
