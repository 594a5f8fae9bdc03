/* SPDX-License-Identifier: Apache-2.0 */
#include "host/transport/optee_worker.h"

#include "abi/instance.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/secret.h"
#include "host/transport/result.h"

#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static void ring_bell(int fd)
{
	uint64_t one = 1;

	/* It cannot fail but by being rung 2^64 times already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

void worker_return_job(struct job *job)
{
	job_clear(job);
	job_list_add(&job->channel->free, job);
}

/* Under the lock: the outputs are where they belong; tells the channel. */
static void job_finish(struct job *job, enum kms_rc rc, size_t out_len,
		       size_t out2_len)
{
	job->away = false;
	if (!job->call) {
		worker_return_job(job);
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
			worker_return_job(job_list_take(&w->queue));
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
		w->jobs[w->count] = job_list_take(&w->queue);
		w->jobs[w->count++]->away = true;
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
	/* Random bytes may be in it, and the buffer is used again. */
	secret_wipe(p.out.ptr, p.out.len);
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

/* Under the lock; serves until it is told to stop, or the TA is dead. */
static bool serve(struct worker *w)
{
	bool alive = true;

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
	return alive;
}

static void *lane_main(void *arg)
{
	struct worker *w = arg;
	enum kms_rc rc = lane_open(&w->lane);
	bool alive = true;

	pthread_mutex_lock(&w->lock);
	w->open_rc = rc;
	w->opened = true;
	w->dead = rc != KMS_RC_OK || w->lost;
	pthread_cond_broadcast(&w->wake);
	if (!rc)
		alive = serve(w);
	w->dead = true;
	fail_queue(w);
	pthread_mutex_unlock(&w->lock);
	if (!alive)
		ring_bell(w->death_fd);
	lane_close(&w->lane);
	return NULL;
}

static struct timespec in_ms(long ms)
{
	struct timespec at = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

/* Under the lock: the calls of the channel end, their jobs stay away. */
static void lose_calls(struct channel *c)
{
	for (unsigned int i = 0; i < c->depth; i++) {
		struct job *job = &c->jobs[i];

		if (!job->away || !job->call)
			continue;
		job->call->rc = KMS_RC_UNAVAILABLE;
		call_list_add(&c->lost, job->call);
		job->call = NULL;
		c->ring = true;
	}
}

void worker_give_up(struct worker *w)
{
	if (!w->lost) {
		log_error("optee", "a command does not come back");
		ring_bell(w->death_fd);
	}
	w->lost = true;
	w->stop = true;
	w->dead = true;
	for (struct channel *c = w->channels; c; c = c->next)
		lose_calls(c);
	fail_queue(w);
}

void worker_free_channel(struct channel *c)
{
	mem_free(c->jobs);
	mem_free(c);
}

/* Under the lock; the thread has ended. */
static void free_orphans(struct worker *w)
{
	while (w->orphans) {
		struct channel *c = w->orphans;

		w->orphans = c->next;
		worker_free_channel(c);
	}
}

bool worker_end_life(struct worker *w)
{
	struct timespec until = { 0 }; /* in the past */

	if (!w->running)
		return true;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_broadcast(&w->wake);
	if (!w->lost)
		until = in_ms(WORKER_PATIENCE_MS);
	pthread_mutex_unlock(&w->lock);
	if (pthread_clockjoin_np(w->thread, NULL, CLOCK_MONOTONIC, &until)) {
		pthread_mutex_lock(&w->lock);
		worker_give_up(w);
		pthread_mutex_unlock(&w->lock);
		return false;
	}
	w->running = false;
	pthread_mutex_lock(&w->lock);
	w->lost = false;
	free_orphans(w);
	pthread_mutex_unlock(&w->lock);
	return true;
}

static bool start_thread(struct worker *w)
{
	sigset_t all;
	sigset_t old;

	/* Signals are for the server's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	w->running = pthread_create(&w->thread, NULL, lane_main, w) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return w->running;
}

/* Gives whether there is a session; UNAVAILABLE when that takes too long. */
static enum kms_rc await_opened(struct worker *w)
{
	struct timespec until = in_ms(WORKER_OPEN_PATIENCE_MS);
	enum kms_rc rc = KMS_RC_UNAVAILABLE;
	int failed = 0;

	pthread_mutex_lock(&w->lock);
	while (!w->opened && !failed)
		failed = pthread_cond_timedwait(&w->wake, &w->lock, &until);
	if (w->opened)
		rc = w->open_rc;
	else
		worker_give_up(w);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

enum kms_rc worker_begin_life(struct worker *w)
{
	uint64_t rung = 0;

	if (read(w->death_fd, &rung, sizeof(rung)) < 0)
		rung = 0;
	pthread_mutex_lock(&w->lock);
	w->stop = false;
	w->opened = false;
	pthread_mutex_unlock(&w->lock);
	return start_thread(w) ? await_opened(w) : KMS_RC_NO_MEMORY;
}
