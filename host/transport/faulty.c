/* SPDX-License-Identifier: Apache-2.0 */
#include "host/transport/faulty.h"

#include "common/mem.h"
#include "host/transport/call_list.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* The caller's call and the one that stands for it inside. */
struct wrapped {
	struct tee_call inner;
	struct tee_call *outer; /* NULL: free */
	struct channel *channel;
	enum faulty_kind fault;
};

struct channel {
	const struct transport *t;
	struct worker *worker;
	struct channel *inner;
	int epoll; /* the inner channel's and the timer's */
	int timer;
	struct call_list late; /* finished when the timer says so */
	unsigned int depth;
	struct wrapped *calls;
	unsigned int reaped; /* of the round at work */
	bool kill_at_flush;
};

struct worker {
	const struct transport *t;
	struct worker *inner;
	unsigned int depth;
};

static struct faulty_plan plan;
static atomic_ulong submitted;

void faulty_set_plan(const struct faulty_plan *p)
{
	plan = *p;
	atomic_store(&submitted, 0);
}

unsigned long faulty_count(void)
{
	return atomic_load(&submitted);
}

static enum faulty_kind next_fault(void)
{
	unsigned long n = atomic_fetch_add(&submitted, 1) + 1;

	if (!plan.nth || (plan.again ? n % plan.nth : n != plan.nth))
		return FAULTY_NONE;
	return plan.kind;
}

static void faulty_close(struct worker **worker)
{
	struct worker *w = *worker;

	*worker = NULL;
	if (!w)
		return;
	w->t->close(&w->inner);
	mem_free(w);
}

static enum kms_rc faulty_open(struct worker **worker,
			       const struct transport_config *config,
			       unsigned int index)
{
	struct worker *w = mem_zalloc(1, sizeof(*w));
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	*worker = w;
	if (!w)
		return rc;
	w->t = plan.inner;
	w->depth = config->depth;
	rc = w->t->open(&w->inner, config, index);
	if (rc)
		faulty_close(worker);
	return rc;
}

static int faulty_death_fd(struct worker *w)
{
	return w->t->death_fd(w->inner);
}

static enum kms_rc faulty_restart(struct worker *w)
{
	return w->t->restart(w->inner);
}

static void faulty_channel_close(struct channel **channel)
{
	struct channel *c = *channel;

	*channel = NULL;
	if (!c)
		return;
	for (unsigned int i = 0; c->inner && i < c->depth; i++)
		/* calls exists where inner does.
		 * NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		if (c->calls[i].outer)
			c->t->cancel(c->inner, &c->calls[i].inner);
	c->t->channel_close(&c->inner);
	if (c->timer >= 0)
		close(c->timer);
	if (c->epoll >= 0)
		close(c->epoll);
	mem_free(c->calls);
	mem_free(c);
}

static bool watch(const struct channel *c, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static enum kms_rc faulty_channel_open(struct channel **channel,
				       struct worker *w)
{
	struct channel *c = mem_zalloc(1, sizeof(*c));
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	*channel = c;
	if (!c)
		return rc;
	c->t = w->t;
	c->worker = w;
	c->depth = w->depth;
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	c->calls = mem_zalloc(c->depth, sizeof(*c->calls));
	if (c->timer < 0 || c->epoll < 0 || !c->calls)
		goto out;
	rc = c->t->channel_open(&c->inner, w->inner);
	if (!rc && (!watch(c, c->timer) || !watch(c, c->t->fd(c->inner))))
		rc = KMS_RC_UNAVAILABLE;
out:
	if (rc)
		faulty_channel_close(channel);
	return rc;
}

/* As if the power of the worker were cut; where it has none, as a restart. */
static void kill_worker(const struct channel *c)
{
	int fd = c->t->death_fd(c->worker->inner);

	if (fd >= 0 &&
	    syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0)
		return;
	if (c->t->restart(c->worker->inner))
		return; /* dead, as was wanted */
}

static void finish_late(struct channel *c, struct tee_call *call)
{
	const struct itimerspec when = {
		.it_value = { .tv_sec = plan.delay_ms / 1000,
			      .tv_nsec =
				      (long)(plan.delay_ms % 1000) * 1000000 +
				      1 },
	};

	call_list_add(&c->late, call);
	timerfd_settime(c->timer, 0, &when, NULL);
}

static void finish_unavailable(struct channel *c, struct tee_call *call)
{
	call->rc = KMS_RC_UNAVAILABLE;
	call->rsp.len = 0;
	call->state_out.len = 0;
	c->reaped++;
	call->done(call);
}

static void inner_done(struct tee_call *inner)
{
	struct wrapped *w = inner->arg;
	struct tee_call *call = w->outer;
	struct channel *c = w->channel;
	enum faulty_kind fault = w->fault;

	w->outer = NULL;
	call->rc = inner->rc;
	call->rsp.len = inner->rsp.len;
	call->state_out.len = inner->state_out.len;
	if (fault == FAULTY_DELAY) {
		finish_late(c, call);
	} else if (fault == FAULTY_FORGET) {
		finish_unavailable(c, call);
	} else {
		c->reaped++;
		call->done(call);
	}
}

static struct wrapped *find(struct channel *c, const struct tee_call *outer)
{
	for (unsigned int i = 0; i < c->depth; i++)
		if (c->calls[i].outer == outer)
			return &c->calls[i];
	return NULL;
}

static enum kms_rc pass_on(struct channel *c, struct tee_call *call,
			   enum faulty_kind fault)
{
	struct wrapped *w = find(c, NULL);
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!w)
		return KMS_RC_BUSY;
	*w = (struct wrapped){
		.inner = *call, .outer = call, .channel = c, .fault = fault
	};
	w->inner.done = inner_done;
	w->inner.arg = w;
	rc = c->t->submit(c->inner, &w->inner);
	if (rc)
		w->outer = NULL;
	else if (fault == FAULTY_KILL)
		c->kill_at_flush = true;
	return rc;
}

static enum kms_rc faulty_submit(struct channel *c, struct tee_call *call)
{
	enum faulty_kind fault = next_fault();

	if (fault == FAULTY_REFUSE)
		return KMS_RC_UNAVAILABLE;
	if (fault == FAULTY_BUSY)
		return KMS_RC_BUSY;
	if (fault != FAULTY_LOSE)
		return pass_on(c, call, fault);
	call->rc = KMS_RC_UNAVAILABLE;
	call->rsp.len = 0;
	call->state_out.len = 0;
	finish_late(c, call);
	return KMS_RC_OK;
}

static void faulty_flush(struct channel *c)
{
	c->t->flush(c->inner);
	if (c->kill_at_flush)
		kill_worker(c);
	c->kill_at_flush = false;
}

static int faulty_fd(struct channel *c)
{
	return c->epoll;
}

static unsigned int faulty_reap(struct channel *c)
{
	struct tee_call *call = NULL;
	uint64_t expired = 0;
	uint32_t most = 0;

	c->reaped = 0;
	c->t->reap(c->inner);
	if (read(c->timer, &expired, sizeof(expired)) == sizeof(expired))
		most = c->late.count;
	while (most-- && (call = call_list_take(&c->late))) {
		c->reaped++;
		call->done(call);
	}
	return c->reaped;
}

static void faulty_cancel(struct channel *c, struct tee_call *call)
{
	struct wrapped *w = find(c, call);

	if (w) {
		c->t->cancel(c->inner, &w->inner);
		w->outer = NULL;
	} else {
		call_list_remove(&c->late, call);
	}
}

const struct transport transport_faulty = {
	.name = "faulty",
	.open = faulty_open,
	.close = faulty_close,
	.death_fd = faulty_death_fd,
	.restart = faulty_restart,
	.channel_open = faulty_channel_open,
	.channel_close = faulty_channel_close,
	.submit = faulty_submit,
	.flush = faulty_flush,
	.fd = faulty_fd,
	.reap = faulty_reap,
	.cancel = faulty_cancel,
};
