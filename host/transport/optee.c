/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_optee - the TA in the secure world, through libteec
 *
 * A worker is a session, hence an instance of the TA, and a thread that waits
 * in TEEC_InvokeCommand(). Its queue is bounded by the depth of the channels.
 * SIGN commands that wait together enter the secure world together; when the
 * TA refuses such a batch as a whole, each runs alone, so that a malformed one
 * harms nobody else (the TA has signed nothing then).
 *
 * Threads: the worker's lock guards the queue and every channel's list; what
 * the TA answered is copied to the caller under it, so cancel() is safe.
 */
#include "abi/instance.h"
#include "common/mem.h"
#include "host/transport/job.h"
#include "host/transport/lane.h"
#include "host/transport/merge.h"
#include "host/transport/result.h"
#include "host/transport/transport.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct channel {
	struct worker *worker;
	struct channel *next;
	int fd;
	bool unflushed;
	bool ring; /* the lane finished something since it last rang */
	unsigned int depth;
	struct job *jobs;
	struct job_list free;
	struct job_list finished;
};

struct worker {
	unsigned int depth;
	int death_fd;
	pthread_t thread;
	bool running;
	pthread_mutex_t life; /* of restart */
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	bool stop;
	bool dead;
	struct job_list queue;
	struct channel *channels;
	/* Of the thread while it runs. */
	struct lane *lane;
	struct job *jobs[ABI_SIGN_ITEMS]; /* that are in the secure world */
	struct merge_part parts[ABI_SIGN_ITEMS];
	unsigned int count;
};

static void ring_bell(int fd)
{
	uint64_t one = 1;

	/* It cannot fail but by being rung 2^64 times already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

/* Under the lock. */
static void job_free(struct job *job)
{
	job_clear(job);
	job_list_add(&job->channel->free, job);
}

/* Under the lock: the outputs are where they belong; tells the channel. */
static void job_finish(struct job *job, enum kms_rc rc, size_t out_len,
		       size_t out2_len)
{
	if (!job->call) {
		job_free(job);
		return;
	}
	job->call->rc = rc;
	job->call->rsp.len = rc ? 0 : out_len;
	job->call->state_out.len = rc ? 0 : out2_len;
	job_list_add(&job->channel->finished, job);
	job->channel->ring = true;
}

/* Under the lock. */
static void ring_channels(struct worker *w)
{
	for (struct channel *c = w->channels; c; c = c->next) {
		if (c->ring)
			ring_bell(c->fd);
		c->ring = false;
	}
}

/* Under the lock. */
static void fail_queue(struct worker *w)
{
	struct job *job = NULL;

	while ((job = job_list_take(&w->queue)))
		job_finish(job, KMS_RC_UNAVAILABLE, 0, 0);
	ring_channels(w);
}

/* Under the lock: the next job, and those that may enter together with it. */
static void take_batch(struct worker *w)
{
	unsigned int items = 0;
	size_t len = 0;

	w->count = 0;
	while (w->queue.first) {
		const struct job *job = w->queue.first;

		if (!job->call) {
			job_free(job_list_take(&w->queue));
			continue;
		}
		if (w->count &&
		    (!job->items || items + job->items > ABI_SIGN_ITEMS ||
		     len + job->req.len > ABI_REQUEST_MAX))
			break;
		items += job->items;
		len += job->req.len;
		w->parts[w->count] = (struct merge_part){
			.req = job->req,
			.items = job->items,
		};
		w->jobs[w->count++] = job_list_take(&w->queue);
		if (!items)
			break;
	}
}

static void copy_in(struct buf *to, struct bytes from)
{
	to->len = from.len;
	if (from.len)
		memcpy(to->ptr, from.ptr, from.len);
}

static void copy_out(struct buf *to, const struct buf *from)
{
	if (from->len)
		memcpy(to->ptr, from->ptr, from->len);
}

/* Runs one job; false when the TA is dead. */
static bool run_alone(struct worker *w, struct job *job)
{
	struct lane_params p = lane_params(w->lane);
	uint32_t result = 0;
	bool dead = false;

	copy_in(&p.in, job->req);
	copy_in(&p.in2, job->state);
	p.in2_used = job->state.ptr != NULL;
	p.out.cap = job->out_cap;
	p.out2.cap = job->out2_cap;
	result = lane_invoke(w->lane, job->cmd, &p, &dead);
	pthread_mutex_lock(&w->lock);
	if (job->call) {
		copy_out(&job->call->rsp, &p.out);
		copy_out(&job->call->state_out, &p.out2);
	}
	job_finish(job, result_to_rc(result), p.out.len, p.out2.len);
	pthread_mutex_unlock(&w->lock);
	return !dead;
}

/* False when the answer is no answer to all of them: nothing was signed. */
static bool share_out(struct worker *w, struct bytes rsp)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	pthread_mutex_lock(&w->lock);
	for (unsigned int i = 0; i < w->count; i++)
		if (w->jobs[i]->call)
			w->parts[i].rsp = (struct buf){
				.ptr = w->jobs[i]->call->rsp.ptr,
				.cap = w->jobs[i]->out_cap,
			};
	rc = merge_split(w->parts, w->count, rsp);
	for (unsigned int i = 0; !rc && i < w->count; i++)
		job_finish(w->jobs[i], w->parts[i].rc, w->parts[i].rsp.len, 0);
	pthread_mutex_unlock(&w->lock);
	return rc == KMS_RC_OK;
}

/* Runs the batch; false when the TA is dead. */
static bool run_batch(struct worker *w)
{
	struct lane_params p = lane_params(w->lane);
	uint32_t result = INSTANCE_BAD_PARAMS;
	bool dead = false;

	if (w->count > 1 && !merge_join(&p.in, w->parts, w->count)) {
		p.out2.cap = 0;
		result = lane_invoke(w->lane, w->jobs[0]->cmd, &p, &dead);
		if (!result && share_out(w, bytes_of(p.out.ptr, p.out.len)))
			return true;
	}
	for (unsigned int i = 0; i < w->count; i++) {
		if (!dead) {
			dead = !run_alone(w, w->jobs[i]);
			continue;
		}
		pthread_mutex_lock(&w->lock);
		job_finish(w->jobs[i], KMS_RC_UNAVAILABLE, 0, 0);
		pthread_mutex_unlock(&w->lock);
	}
	return !dead;
}

static void *lane_main(void *arg)
{
	struct worker *w = arg;
	bool alive = true;

	pthread_mutex_lock(&w->lock);
	while (!w->stop && alive) {
		take_batch(w);
		if (!w->count) {
			ring_channels(w);
			pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		pthread_mutex_unlock(&w->lock);
		alive = run_batch(w);
		pthread_mutex_lock(&w->lock);
		ring_channels(w);
	}
	w->dead = true;
	fail_queue(w);
	pthread_mutex_unlock(&w->lock);
	if (!alive)
		ring_bell(w->death_fd);
	return NULL;
}

/* The caller holds life. */
static enum kms_rc worker_begin_life(struct worker *w)
{
	enum kms_rc rc = lane_open(&w->lane);
	uint64_t rung = 0;
	sigset_t all;
	sigset_t old;

	if (rc)
		return rc;
	if (read(w->death_fd, &rung, sizeof(rung)) < 0)
		rung = 0;
	pthread_mutex_lock(&w->lock);
	w->stop = false;
	w->dead = false;
	pthread_mutex_unlock(&w->lock);
	/* Signals are for the server's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	w->running = pthread_create(&w->thread, NULL, lane_main, w) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (w->running)
		return KMS_RC_OK;
	pthread_mutex_lock(&w->lock);
	w->dead = true;
	fail_queue(w);
	pthread_mutex_unlock(&w->lock);
	lane_close(&w->lane);
	return KMS_RC_NO_MEMORY;
}

/* Waits for the command that is running; it cannot be called off. */
static void worker_end_life(struct worker *w)
{
	if (w->running) {
		pthread_mutex_lock(&w->lock);
		w->stop = true;
		pthread_cond_signal(&w->wake);
		pthread_mutex_unlock(&w->lock);
		pthread_join(w->thread, NULL);
		w->running = false;
	}
	lane_close(&w->lane);
}

static void optee_close(struct worker **worker)
{
	struct worker *w = *worker;

	*worker = NULL;
	if (!w)
		return;
	worker_end_life(w);
	if (w->death_fd >= 0)
		close(w->death_fd);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	pthread_mutex_destroy(&w->life);
	mem_free(w);
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
	pthread_cond_init(&w->wake, NULL);
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
	enum kms_rc rc = KMS_RC_INTERNAL;

	pthread_mutex_lock(&w->life);
	worker_end_life(w);
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

/* Its calls were cancelled; the thread gives their jobs back. */
static void channel_drain(struct channel *c)
{
	struct worker *w = c->worker;
	struct job *job = NULL;

	pthread_mutex_lock(&w->lock);
	for (unsigned int i = 0; i < c->depth; i++)
		c->jobs[i].call = NULL;
	while ((job = job_list_take(&c->finished)))
		job_free(job);
	while (channel_is_busy(c) && !w->dead) {
		pthread_cond_signal(&w->wake);
		pthread_mutex_unlock(&w->lock);
		usleep(1000);
		pthread_mutex_lock(&w->lock);
	}
	for (struct channel **at = &w->channels; *at; at = &(*at)->next) {
		if (*at != c)
			continue;
		*at = c->next;
		break;
	}
	pthread_mutex_unlock(&w->lock);
}

static void optee_channel_close(struct channel **channel)
{
	struct channel *c = *channel;

	*channel = NULL;
	if (!c)
		return;
	if (c->jobs)
		channel_drain(c);
	if (c->fd >= 0)
		close(c->fd);
	mem_free(c->jobs);
	mem_free(c);
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
		job_free(job);
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
	while (!call && (job = job_list_take(&c->finished))) {
		call = job->call;
		job_free(job);
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
