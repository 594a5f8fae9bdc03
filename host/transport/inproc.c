/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_inproc - the TA linked into this program
 *
 * submit() runs the command at once, in the caller's thread; reap() hands the
 * answer out, so that callers see the same order of events as with the others.
 * There is one TA per program, so a second worker is refused with IN_USE.
 */
#include "abi/instance.h"
#include "common/mem.h"
#include "host/transport/call_list.h"
#include "host/transport/result.h"
#include "host/transport/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct channel {
	struct worker *worker;
	int fd;
	struct call_list finished;
	bool unflushed;
};

struct worker {
	unsigned int depth;
	int state_fd;
	pthread_mutex_t lock; /* of the TA */
	bool alive;
};

static atomic_bool taken;

static void inproc_close(struct worker **worker)
{
	struct worker *w = *worker;

	*worker = NULL;
	if (!w)
		return;
	if (w->alive)
		instance_close();
	if (w->state_fd >= 0)
		close(w->state_fd);
	pthread_mutex_destroy(&w->lock);
	mem_free(w);
	atomic_store(&taken, false);
}

static enum kms_rc start_instance(struct worker *w)
{
	w->alive = instance_open(w->state_fd) == INSTANCE_OK;
	return w->alive ? KMS_RC_OK : KMS_RC_UNAVAILABLE;
}

/* A TA that keeps its objects in memory needs no folder. */
static enum kms_rc open_state(struct worker *w, const char *dir)
{
	if (!dir)
		return KMS_RC_OK;
	if (mkdir(dir, 0700) && errno != EEXIST)
		return KMS_RC_UNAVAILABLE;
	w->state_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return w->state_fd < 0 ? KMS_RC_UNAVAILABLE : KMS_RC_OK;
}

static enum kms_rc inproc_open(struct worker **worker,
			       const struct transport_config *config,
			       unsigned int index)
{
	struct worker *w = NULL;
	enum kms_rc rc = KMS_RC_INTERNAL;

	(void)index;
	*worker = NULL;
	if (!config->depth)
		return KMS_RC_BAD_INPUT;
	if (atomic_exchange(&taken, true))
		return KMS_RC_IN_USE;
	w = mem_zalloc(1, sizeof(*w));
	if (!w) {
		atomic_store(&taken, false);
		return KMS_RC_NO_MEMORY;
	}
	w->depth = config->depth;
	w->state_fd = -1;
	pthread_mutex_init(&w->lock, NULL);
	rc = open_state(w, config->state_dir);
	if (!rc)
		rc = start_instance(w);
	if (rc)
		inproc_close(&w);
	*worker = w;
	return rc;
}

/* If the TA dies here, so do we. */
static int inproc_death_fd(struct worker *w)
{
	(void)w;
	return -1;
}

/* What was submitted has been answered, so there is nothing to give up. */
static enum kms_rc inproc_restart(struct worker *w)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	pthread_mutex_lock(&w->lock);
	instance_close();
	rc = start_instance(w);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

static void inproc_channel_close(struct channel **channel)
{
	struct channel *c = *channel;

	*channel = NULL;
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	mem_free(c);
}

static enum kms_rc inproc_channel_open(struct channel **channel,
				       struct worker *w)
{
	struct channel *c = mem_zalloc(1, sizeof(*c));

	*channel = c;
	if (!c)
		return KMS_RC_NO_MEMORY;
	c->worker = w;
	c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->fd >= 0)
		return KMS_RC_OK;
	inproc_channel_close(channel);
	return KMS_RC_UNAVAILABLE;
}

static struct buf limit(struct buf b, size_t max)
{
	b.cap = b.cap < max ? b.cap : max;
	return b;
}

static enum kms_rc inproc_submit(struct channel *c, struct tee_call *call)
{
	struct instance_params p = {
		.in = call->req,
		.out = limit(call->rsp, ABI_RESPONSE_MAX),
		.in2 = call->state,
	};
	uint32_t result = 0;

	if (call->req.len > ABI_REQUEST_MAX ||
	    call->state.len > ABI_STATE_IN_MAX)
		return KMS_RC_BAD_INPUT;
	if (c->finished.count >= c->worker->depth)
		return KMS_RC_BUSY;
	if (call->state_out.cap)
		p.out2 = limit(call->state_out, ABI_STATE_OUT_MAX);
	pthread_mutex_lock(&c->worker->lock);
	if (!c->worker->alive) {
		pthread_mutex_unlock(&c->worker->lock);
		return KMS_RC_UNAVAILABLE;
	}
	result = instance_invoke(call->cmd, &p);
	pthread_mutex_unlock(&c->worker->lock);
	call->rc = result_to_rc(result);
	call->rsp.len = p.out.len;
	call->state_out.len = p.out2.len;
	call_list_add(&c->finished, call);
	c->unflushed = true;
	return KMS_RC_OK;
}

static void inproc_flush(struct channel *c)
{
	uint64_t one = 1;

	if (c->unflushed && write(c->fd, &one, sizeof(one)) == sizeof(one))
		c->unflushed = false;
}

static int inproc_fd(struct channel *c)
{
	return c->fd;
}

static unsigned int inproc_reap(struct channel *c)
{
	/* Calls that done() submits wait for the next round. */
	uint32_t most = c->finished.count;
	struct tee_call *call = NULL;
	unsigned int count = 0;
	uint64_t rung = 0;

	if (read(c->fd, &rung, sizeof(rung)) < 0)
		rung = 0;
	while (count < most && (call = call_list_take(&c->finished))) {
		count++;
		call->done(call);
	}
	return count;
}

static void inproc_cancel(struct channel *c, struct tee_call *call)
{
	call_list_remove(&c->finished, call);
}

const struct transport transport_inproc = {
	.name = "inproc",
	.open = inproc_open,
	.close = inproc_close,
	.death_fd = inproc_death_fd,
	.restart = inproc_restart,
	.channel_open = inproc_channel_open,
	.channel_close = inproc_channel_close,
	.submit = inproc_submit,
	.flush = inproc_flush,
	.fd = inproc_fd,
	.reap = inproc_reap,
	.cancel = inproc_cancel,
};
