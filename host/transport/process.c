/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_process - the TA as a Linux process, over shared memory
 *
 * A worker has lives: each begins with fresh shared memory and a new process
 * and ends with that process. The generation counts their beginnings and ends.
 * A channel that meets a new generation finishes what it had in flight - with
 * the answer when it is there, with UNAVAILABLE when not - and goes on with
 * the new memory. The eventfds stay the same for good.
 */
#include "common/log.h"
#include "common/mem.h"
#include "host/transport/call_list.h"
#include "host/transport/ring_map.h"
#include "host/transport/ring_queue.h"
#include "host/transport/ta_process.h"
#include "host/transport/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODULE "transport"

#define START_MS  30000
#define STOP_MS	  2000
#define FIRST_FDS 3 /* ring, doorbell, state */

struct channel {
	struct worker *worker;
	bool used;
	unsigned int index;
	int reply_fd;
	/* Of the channel's thread alone. */
	unsigned int generation;
	struct ring_map *map;
	struct ring_queue queue;
	struct call_list finished;
	bool unflushed;
};

struct worker {
	char *program;
	unsigned int index;
	bool trace;
	int state_fd;
	int doorbell;
	pthread_mutex_t life; /* held by restart for as long as it takes */
	pthread_mutex_t lock; /* of what follows; never held for long */
	atomic_uint generation;
	struct ring_map *map; /* NULL: dead */
	struct ta_process process;
	unsigned int channel_count;
	struct channel *channels;
};

static void ring_bell(int fd)
{
	uint64_t one = 1;

	/* It cannot fail but by being rung 2^64 times already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

/* Ends the current life, if it is still that one, and tells the channels. */
static void worker_end_life(struct worker *w, unsigned int generation)
{
	bool ended = false;

	pthread_mutex_lock(&w->lock);
	if (w->map && atomic_load(&w->generation) == generation) {
		if (w->process.pid > 0)
			kill(w->process.pid, SIGKILL);
		ring_map_drop(&w->map);
		atomic_fetch_add(&w->generation, 1);
		ended = true;
	}
	pthread_mutex_unlock(&w->lock);
	for (unsigned int i = 0; ended && i < w->channel_count; i++)
		ring_bell(w->channels[i].reply_fd);
}

/* Waits until the TA serves. The map is not yet seen by anybody else. */
static enum kms_rc await_serving(const struct ta_process *p,
				 struct ring_map *map)
{
	for (int waited = 0; waited < START_MS; waited++) {
		if (atomic_load(&map->header->state) == RING_SERVING)
			return KMS_RC_OK;
		if (ta_process_died(p, 1))
			break;
	}
	return KMS_RC_UNAVAILABLE;
}

/* Begins a life; the previous one is over. The caller holds life. */
static enum kms_rc worker_begin_life(struct worker *w)
{
	int fds[FIRST_FDS + RING_CHANNELS_MAX] = { 0 };
	struct ta_process_args args = {
		.program = w->program,
		.index = w->index,
		.trace = w->trace,
		.fds = fds,
		.fd_count = FIRST_FDS + w->channel_count,
	};
	struct ta_process process = { .pidfd = -1 };
	struct ring_map *map = NULL;
	enum kms_rc rc = KMS_RC_INTERNAL;

	rc = ring_map_new(&map, w->channel_count);
	if (rc)
		return rc;
	fds[0] = map->fd;
	fds[1] = w->doorbell;
	fds[2] = w->state_fd;
	for (unsigned int i = 0; i < w->channel_count; i++)
		fds[FIRST_FDS + i] = w->channels[i].reply_fd;
	rc = ta_process_start(&process, &args);
	ring_map_close_fd(map);
	if (!rc)
		rc = await_serving(&process, map);
	if (rc) {
		log_error(MODULE, "worker %u: %s does not start", w->index,
			  w->program);
		ta_process_end(&process, 0);
		ring_map_drop(&map);
		return rc;
	}
	pthread_mutex_lock(&w->lock);
	w->process = process;
	w->map = map;
	atomic_fetch_add(&w->generation, 1);
	pthread_mutex_unlock(&w->lock);
	return KMS_RC_OK;
}

static void process_close(struct worker **worker)
{
	struct worker *w = *worker;

	*worker = NULL;
	if (!w)
		return;
	if (w->map) {
		atomic_store(&w->map->header->stop, 1);
		ring_bell(w->doorbell);
	}
	ta_process_end(&w->process, w->map ? STOP_MS : 0);
	ring_map_drop(&w->map);
	for (unsigned int i = 0; w->channels && i < w->channel_count; i++) {
		struct channel *c = &w->channels[i];

		ring_queue_clear(&c->queue);
		ring_map_drop(&c->map);
		if (c->reply_fd >= 0)
			close(c->reply_fd);
	}
	if (w->doorbell >= 0)
		close(w->doorbell);
	if (w->state_fd >= 0)
		close(w->state_fd);
	pthread_mutex_destroy(&w->lock);
	pthread_mutex_destroy(&w->life);
	mem_free(w->channels);
	mem_free(w->program);
	mem_free(w);
}

static enum kms_rc init_channels(struct worker *w,
				 const struct transport_config *config)
{
	enum kms_rc rc = KMS_RC_OK;

	w->channels = mem_zalloc(config->channels, sizeof(*w->channels));
	if (!w->channels)
		return KMS_RC_NO_MEMORY;
	w->channel_count = config->channels;
	for (unsigned int i = 0; i < w->channel_count; i++) {
		w->channels[i].worker = w;
		w->channels[i].index = i;
		w->channels[i].reply_fd = -1;
	}
	for (unsigned int i = 0; !rc && i < w->channel_count; i++) {
		struct channel *c = &w->channels[i];

		rc = ring_queue_init(&c->queue, config->depth);
		c->reply_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (!rc && c->reply_fd < 0)
			rc = KMS_RC_UNAVAILABLE;
	}
	return rc;
}

static enum kms_rc init_worker(struct worker *w,
			       const struct transport_config *config)
{
	w->program = mem_strdup(config->ta_program);
	if (!w->program)
		return KMS_RC_NO_MEMORY;
	/* Only the TA's user has business there, see ta/posix/lockdown.h. */
	if (mkdir(config->state_dir, 0700) && errno != EEXIST)
		return KMS_RC_UNAVAILABLE;
	w->state_fd =
		open(config->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w->doorbell = eventfd(0, EFD_CLOEXEC); /* the TA sleeps in read() */
	if (w->state_fd < 0 || w->doorbell < 0)
		return KMS_RC_UNAVAILABLE;
	return init_channels(w, config);
}

static enum kms_rc process_open(struct worker **worker,
				const struct transport_config *config,
				unsigned int index)
{
	struct worker *w = NULL;
	enum kms_rc rc = KMS_RC_INTERNAL;

	*worker = NULL;
	if (!config->ta_program || !config->state_dir || !config->channels ||
	    config->channels > RING_CHANNELS_MAX)
		return KMS_RC_BAD_INPUT;
	w = mem_zalloc(1, sizeof(*w));
	if (!w)
		return KMS_RC_NO_MEMORY;
	w->index = index;
	w->trace = config->trace;
	w->state_fd = -1;
	w->doorbell = -1;
	w->process.pidfd = -1;
	pthread_mutex_init(&w->life, NULL);
	pthread_mutex_init(&w->lock, NULL);
	rc = init_worker(w, config);
	if (!rc)
		rc = worker_begin_life(w);
	if (rc)
		process_close(&w);
	*worker = w;
	return rc;
}

static int process_death_fd(struct worker *w)
{
	int fd = -1;

	pthread_mutex_lock(&w->lock);
	fd = w->process.pidfd;
	pthread_mutex_unlock(&w->lock);
	return fd;
}

static enum kms_rc process_restart(struct worker *w)
{
	struct ta_process old = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	pthread_mutex_lock(&w->life);
	worker_end_life(w, atomic_load(&w->generation));
	pthread_mutex_lock(&w->lock);
	old = w->process;
	w->process = (struct ta_process){ .pidfd = -1 };
	pthread_mutex_unlock(&w->lock);
	ta_process_end(&old, 0);
	rc = worker_begin_life(w);
	pthread_mutex_unlock(&w->life);
	return rc;
}

static enum kms_rc process_channel_open(struct channel **channel,
					struct worker *w)
{
	*channel = NULL;
	pthread_mutex_lock(&w->lock);
	for (unsigned int i = 0; i < w->channel_count && !*channel; i++) {
		if (w->channels[i].used)
			continue;
		w->channels[i].used = true;
		*channel = &w->channels[i];
	}
	pthread_mutex_unlock(&w->lock);
	return *channel ? KMS_RC_OK : KMS_RC_LIMIT;
}

static void process_channel_close(struct channel **channel)
{
	struct channel *c = *channel;

	*channel = NULL;
	if (!c)
		return;
	/* The TA still answers them; the next owner reads that away. */
	for (uint32_t i = 0; i <= c->queue.mask; i++)
		c->queue.slots[i].call = NULL;
	while (call_list_take(&c->finished))
		;
	pthread_mutex_lock(&c->worker->lock);
	c->used = false;
	pthread_mutex_unlock(&c->worker->lock);
}

/* Goes over to the current life of the worker. */
static void channel_renew(struct channel *c)
{
	struct ring_channel *shm = NULL;
	struct tee_call *call = NULL;

	while (!ring_queue_pop(&c->queue, &call) && call)
		call_list_add(&c->finished, call);
	while ((call = ring_queue_abandon(&c->queue))) {
		call->rc = KMS_RC_UNAVAILABLE;
		call->rsp.len = 0;
		call->state_out.len = 0;
		call_list_add(&c->finished, call);
	}
	ring_map_drop(&c->map);
	pthread_mutex_lock(&c->worker->lock);
	c->generation = atomic_load(&c->worker->generation);
	c->map = ring_map_hold(c->worker->map);
	pthread_mutex_unlock(&c->worker->lock);
	if (c->map)
		shm = ring_channel_at(c->map->header, c->index);
	ring_queue_attach(&c->queue, shm);
}

static bool channel_is_stale(const struct channel *c)
{
	return c->generation != atomic_load(&c->worker->generation);
}

static enum kms_rc process_submit(struct channel *c, struct tee_call *call)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (channel_is_stale(c))
		channel_renew(c);
	rc = ring_queue_push(&c->queue, call);
	if (!rc)
		c->unflushed = true;
	return rc;
}

static void process_flush(struct channel *c)
{
	if (!c->unflushed)
		return;
	c->unflushed = false;
	if (!c->map)
		return;
	/*
	 * Either the TA sees what was written before it sleeps, or it is seen
	 * here to be sleeping. One of the channels that see it rings.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&c->map->header->sleeping,
				 memory_order_relaxed) &&
	    atomic_exchange(&c->map->header->sleeping, 0))
		ring_bell(c->worker->doorbell);
}

static int process_fd(struct channel *c)
{
	return c->reply_fd;
}

/* Waiting calls and nothing to read: perhaps nobody is left to answer. */
static void look_for_death(struct channel *c)
{
	struct worker *w = c->worker;
	bool died = false;

	pthread_mutex_lock(&w->lock);
	died = w->map && ta_process_died(&w->process, 0);
	pthread_mutex_unlock(&w->lock);
	if (died)
		worker_end_life(w, c->generation);
}

static struct tee_call *next_finished(struct channel *c)
{
	struct tee_call *call = call_list_take(&c->finished);

	if (call)
		return call;
	if (ring_queue_pop(&c->queue, &call)) {
		log_error(MODULE, "worker %u broke the protocol",
			  c->worker->index);
		worker_end_life(c->worker, c->generation);
		call = NULL;
	}
	if (!call && channel_is_stale(c)) {
		channel_renew(c);
		call = call_list_take(&c->finished);
	}
	return call;
}

/* A callback may submit, and that may reap: once.
 * NOLINTNEXTLINE(misc-no-recursion) */
static unsigned int process_reap(struct channel *c)
{
	uint32_t most = ring_queue_count(&c->queue) + c->finished.count;
	struct tee_call *call = NULL;
	unsigned int count = 0;
	uint64_t rung = 0;

	/*
	 * Drained first: an answer that comes later rings again. Calls that
	 * done() submits wait for the next round, so the loop has an end.
	 */
	if (read(c->reply_fd, &rung, sizeof(rung)) < 0)
		rung = 0;
	if (!most && channel_is_stale(c))
		channel_renew(c);
	while (count < most && (call = next_finished(c))) {
		count++;
		call->done(call);
	}
	if (!count && most && !channel_is_stale(c)) {
		look_for_death(c);
		if (channel_is_stale(c))
			return process_reap(c);
	}
	return count;
}

static void process_cancel(struct channel *c, struct tee_call *call)
{
	if (!ring_queue_cancel(&c->queue, call))
		call_list_remove(&c->finished, call);
}

const struct transport transport_process = {
	.name = "process",
	.open = process_open,
	.close = process_close,
	.death_fd = process_death_fd,
	.restart = process_restart,
	.channel_open = process_channel_open,
	.channel_close = process_channel_close,
	.submit = process_submit,
	.flush = process_flush,
	.fd = process_fd,
	.reap = process_reap,
	.cancel = process_cancel,
};
