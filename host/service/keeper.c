/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/keeper.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/secret.h"
#include "host/service/caretaker.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define REACTORS_MAX 64
#define PING_MS	     2000
#define REVIVE_MS    500
#define PROBE_MS     1000
#define IN_USE_TRIES 20

#define BATCH_FAST_MS 250
#define BATCH_SLOW_MS 1000
#define BATCH_FIRST   4

struct inbox {
	pthread_mutex_t lock;
	struct keeper_change *first;
	struct keeper_change *last;
	unsigned int count;
	int fd;
};

struct keeper {
	struct keeper_config config;
	struct ledger ledger;
	struct caretaker caretaker;
	struct tee_info info;
	struct inbox queue;		    /* to the keeper */
	struct inbox answers[REACTORS_MAX]; /* to the reactors */
	unsigned int in_work[REACTORS_MAX]; /* taken and not answered yet */
	pthread_cond_t worked;		    /* with the queue's lock */
	pthread_t thread;
	bool running;
	atomic_bool stop;
	uint64_t next_revive_ms[TEE_WORKERS_MAX];
	unsigned int losses; /* of workers, that are counted */
	size_t batch_max;    /* most ops of a commit, see adapt() */
	uint64_t probed_ms;  /* when readiness was found out; 0 never */
	enum kms_rc probe_rc;
	atomic_ullong commits; /* of all shards; the reactors read it */
	atomic_ullong key_changes;
};

static enum kms_rc inbox_init(struct inbox *b)
{
	pthread_mutex_init(&b->lock, NULL);
	b->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return b->fd < 0 ? KMS_RC_UNAVAILABLE : KMS_RC_OK;
}

static void inbox_clear(struct inbox *b)
{
	if (b->fd > 0)
		close(b->fd);
	pthread_mutex_destroy(&b->lock);
}

static enum kms_rc inbox_put(struct inbox *b, struct keeper_change *c,
			     unsigned int max)
{
	uint64_t one = 1;

	c->next = NULL;
	pthread_mutex_lock(&b->lock);
	if (max && b->count >= max) {
		pthread_mutex_unlock(&b->lock);
		return KMS_RC_BUSY;
	}
	if (b->last)
		b->last->next = c;
	else
		b->first = c;
	b->last = c;
	b->count++;
	pthread_mutex_unlock(&b->lock);
	/* A full counter is a wake-up that is already on its way. */
	if (write(b->fd, &one, sizeof(one)) < 0)
		return KMS_RC_OK;
	return KMS_RC_OK;
}

/* Takes at most max, in order, and counts them; gives how many. */
static size_t inbox_take(struct inbox *b, struct keeper_change **out,
			 size_t max, unsigned int *in_work)
{
	size_t n = 0;

	pthread_mutex_lock(&b->lock);
	while (n < max && b->first) {
		out[n++] = b->first;
		if (in_work)
			in_work[b->first->reactor]++;
		b->first = b->first->next;
		b->count--;
	}
	if (!b->first)
		b->last = NULL;
	pthread_mutex_unlock(&b->lock);
	return n;
}

static void inbox_drain(struct inbox *b)
{
	uint64_t count = 0;

	while (read(b->fd, &count, sizeof(count)) > 0)
		;
}

static void answer(struct keeper *k, struct keeper_change *c, enum kms_rc rc)
{
	unsigned int reactor = c->reactor;

	c->rc = rc;
	/* Without a limit it cannot be refused. */
	if (inbox_put(&k->answers[reactor], c, 0))
		log_error("keeper", "an answer was lost");
	pthread_mutex_lock(&k->queue.lock);
	k->in_work[reactor]--;
	pthread_cond_broadcast(&k->worked);
	pthread_mutex_unlock(&k->queue.lock);
}

/* Ready means: each worker makes a known signature, the database answers. */
static enum kms_rc find_out(struct keeper *k)
{
	struct store_shard shard = { 0 };
	enum kms_rc rc = store_get_shard(k->config.store, &shard, 0);

	for (unsigned int i = 0; !rc && i < tee_workers(k->config.tee); i++) {
		if (!tee_serves(k->config.tee, i))
			return KMS_RC_UNAVAILABLE;
		rc = tee_selftest(k->ledger.line, i);
	}
	return rc;
}

/*
 * A batch must end long before the deadline of a call, on a board that makes a
 * hundred keys a second as well as on one that makes two: so its size follows
 * the time that the last one took.
 */
static void adapt(struct keeper *k, uint64_t took_ms)
{
	if (took_ms > BATCH_SLOW_MS && k->batch_max > 1)
		k->batch_max /= 2;
	else if (took_ms < BATCH_FAST_MS && k->batch_max < ABI_BATCH_OPS)
		k->batch_max *= 2;
}

/* The counters of the shards' anchors together, and that of the keys. */
static void publish(struct keeper *k)
{
	unsigned long long sum = 0;

	for (unsigned int i = 0; i < k->ledger.shard_total; i++)
		sum += k->ledger.shards[i].seq;
	atomic_store_explicit(&k->commits, sum, memory_order_relaxed);
	atomic_store(&k->key_changes, k->ledger.key_changes);
}

static void run_changes(struct keeper *k, struct keeper_change **changes,
			size_t count)
{
	size_t n = 0;

	for (size_t at = 0; at < count; at += n) {
		uint64_t start = clock_mono_ms();

		n = ledger_pick(changes + at, count - at, k->batch_max);
		ledger_run(&k->ledger, changes + at, n);
		publish(k);
		for (size_t i = at; i < at + n; i++)
			answer(k, changes[i], changes[i]->rc);
		adapt(k, clock_mono_ms() - start);
	}
}

/* However many ask, the workers are bothered once a second. */
static enum kms_rc probe(struct keeper *k)
{
	if (!k->probed_ms || clock_mono_ms() - k->probed_ms >= PROBE_MS) {
		k->probe_rc = find_out(k);
		k->probed_ms = clock_mono_ms();
	}
	return k->probe_rc;
}

static bool is_late(const struct keeper_change *c)
{
	return c->deadline_ns && c->deadline_ns / 1000000 < clock_mono_ms();
}

/*
 * One portion of what waits, so that whoever asks much does not keep a dead
 * worker from being looked after. Tells whether more may be waiting.
 */
static bool run_jobs(struct keeper *k)
{
	struct keeper_change *all[ABI_BATCH_OPS];
	struct keeper_change *changes[ABI_BATCH_OPS];
	size_t change_count = 0;
	size_t n = inbox_take(&k->queue, all, ARRAY_LEN(all), k->in_work);

	for (size_t i = 0; i < n; i++) {
		struct keeper_change *c = all[i];

		if (is_late(c))
			answer(k, c, KMS_RC_BUSY);
		else if (c->job == KEEPER_PROBE)
			answer(k, c, probe(k));
		else if (c->job == KEEPER_ADD_ADDRESS)
			answer(k, c,
			       store_add_address(k->config.store, c->address));
		else if (c->job == KEEPER_WRITE)
			answer(k, c, c->write(k->config.store, c->what));
		else
			changes[change_count++] = c;
	}
	run_changes(k, changes, change_count);
	return n == ARRAY_LEN(all);
}

/* A generator or a self test that has failed stays so: only a restart helps. */
static bool is_well(struct keeper *k, unsigned int worker)
{
	struct tee_info info = { 0 };

	/* An abandoned one may be well: nobody waits for its answer. */
	if (tee_info(k->ledger.line, worker, &info))
		return tee_is_abandoned(k->config.tee);
	if (info.ready_rc)
		log_error("keeper", "worker %u: %s", worker,
			  kms_rc_name(info.ready_rc));
	return info.ready_rc == KMS_RC_OK;
}

static void look_after_workers(struct keeper *k, const struct pollfd *deaths,
			       bool ping)
{
	struct tee *tee = k->config.tee;

	for (unsigned int i = 0; i < tee_workers(tee); i++) {
		bool dead = deaths[i].fd >= 0 && deaths[i].revents;

		if (tee_serves(tee, i) && !dead && ping)
			dead = !is_well(k, i);
		if (dead && tee_serves(tee, i)) {
			log_error("keeper", "worker %u died", i);
			tee_set_serving(tee, i, false);
			k->next_revive_ms[i] = 0;
		}
		if (tee_serves(tee, i) ||
		    clock_mono_ms() < k->next_revive_ms[i])
			continue;
		if (ledger_revive(&k->ledger, i))
			k->next_revive_ms[i] = clock_mono_ms() + REVIVE_MS;
	}
}

/* Whoever noticed it; the database keeps the sum. */
static void count_losses(struct keeper *k)
{
	unsigned int losses = tee_losses(k->config.tee);

	if (losses != k->losses)
		keeper_count(k, "panic", losses - k->losses);
	k->losses = losses;
}

static int wait_ms(const struct keeper *k)
{
	uint64_t ms = caretaker_wait_ms(&k->caretaker, clock_mono_ms());

	return ms < REVIVE_MS ? (int)ms : REVIVE_MS;
}

static void *keeper_main(void *arg)
{
	struct keeper *k = arg;
	unsigned int workers = tee_workers(k->config.tee);
	struct pollfd fds[1 + TEE_WORKERS_MAX];
	uint64_t next_ping = clock_mono_ms() + PING_MS;
	bool more = false;

	pthread_setname_np(pthread_self(), "keeper");
	publish(k);
	while (!atomic_load(&k->stop)) {
		bool ping = clock_mono_ms() >= next_ping;

		fds[0] = (struct pollfd){ .fd = k->queue.fd, .events = POLLIN };
		for (unsigned int i = 0; i < workers; i++)
			fds[1 + i] = (struct pollfd){
				/* A dead worker would wake us without end. */
				.fd = tee_serves(k->config.tee, i)
					      ? tee_death_fd(k->config.tee, i)
					      : -1,
				.events = POLLIN,
			};
		poll(fds, 1 + workers, more ? 0 : wait_ms(k));
		inbox_drain(&k->queue);
		look_after_workers(k, fds + 1, ping);
		count_losses(k);
		if (ping)
			next_ping = clock_mono_ms() + PING_MS;
		more = run_jobs(k);
		more |= caretaker_work(&k->caretaker, clock_mono_ms(),
				       k->batch_max);
		publish(k);
	}
	return NULL;
}

/* Which domain the TEE holds, and whether the database is of the same one. */
static enum kms_rc agree_on_domain(struct keeper *k, const char **why)
{
	struct store_identity id = { 0 };
	enum kms_rc rc = store_get_identity(k->config.store, &id);

	if (!rc)
		rc = tee_info(k->ledger.line, 0, &k->info);
	if (rc)
		return rc;
	if (!k->info.provisioned) {
		if (id.known) {
			*why = "The TEE holds no key domain, but the database "
			       "belongs to one. Put the TEE's trusted storage "
			       "back.";
			return KMS_RC_FOREIGN_STATE;
		}
		if (!k->config.may_provision) {
			*why = "The TEE holds no key domain yet. Start once "
			       "with --provision to make one.";
			return KMS_RC_NOT_PROVISIONED;
		}
		rc = tee_provision(k->ledger.line, 0, k->config.shard_total);
		if (!rc)
			rc = tee_info(k->ledger.line, 0, &k->info);
		if (rc)
			return rc;
		log_info("keeper", "made a key domain of %u shards",
			 k->info.shard_total);
	}
	if (id.known &&
	    !ct_equal(id.domain_id, k->info.domain_id, sizeof(id.domain_id))) {
		*why = "The database belongs to another key domain than the "
		       "TEE. Start with the state directory of this TEE.";
		return KMS_RC_FOREIGN_STATE;
	}
	k->ledger.shard_total = k->info.shard_total;
	return KMS_RC_OK;
}

static enum kms_rc remember_domain(struct keeper *k)
{
	struct store_identity id = { .known = true,
				     .shard_total = k->info.shard_total };

	memcpy(id.domain_id, k->info.domain_id, sizeof(id.domain_id));
	return store_set_identity(k->config.store, &id);
}

/*
 * After kill -9 of a server its workers may live for a moment longer and hold
 * their shards. A fresh instance each time: one may have got half of them.
 */
static enum kms_rc open_worker(struct keeper *k, unsigned int worker,
			       const char **why)
{
	static const struct timespec pause = { .tv_nsec = 100000000 };
	enum kms_rc rc = ledger_open_worker(&k->ledger, worker, why);

	for (int i = 0; rc == KMS_RC_IN_USE && i < IN_USE_TRIES; i++) {
		nanosleep(&pause, NULL);
		if (!tee_restart(k->config.tee, worker))
			rc = ledger_open_worker(&k->ledger, worker, why);
	}
	return rc;
}

static enum kms_rc open_all(struct keeper *k, const char **why)
{
	enum kms_rc rc = tee_line_open(&k->ledger.line, k->config.tee);

	if (!rc)
		rc = store_reader_open(&k->ledger.reader, k->config.store);
	if (!rc)
		rc = agree_on_domain(k, why);
	for (unsigned int i = 0; !rc && i < tee_workers(k->config.tee); i++)
		rc = open_worker(k, i, why);
	/* Last: a database that was refused stays as it is. */
	if (!rc)
		rc = remember_domain(k);
	/* Nothing of it has failed before, so this is about now. */
	if (rc && !*why && *store_why(k->config.store))
		*why = store_why(k->config.store);
	return rc;
}

enum kms_rc keeper_start(struct keeper **keeper, const struct keeper_config *c,
			 const char **why)
{
	struct keeper *k = NULL;
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	*keeper = NULL;
	*why = NULL;
	k = mem_zalloc(1, sizeof(*k));
	if (!k || c->reactors > REACTORS_MAX)
		goto fail;
	k->config = *c;
	k->batch_max = BATCH_FIRST;
	k->ledger.tee = c->tee;
	k->ledger.store = c->store;
	caretaker_init(&k->caretaker, &k->ledger, c, clock_mono_ms());
	pthread_cond_init(&k->worked, NULL);
	rc = inbox_init(&k->queue);
	for (unsigned int i = 0; !rc && i < c->reactors; i++)
		rc = inbox_init(&k->answers[i]);
	if (!rc)
		rc = open_all(k, why);
	if (rc)
		goto fail;
	if (pthread_create(&k->thread, NULL, keeper_main, k)) {
		rc = KMS_RC_UNAVAILABLE;
		goto fail;
	}
	k->running = true;
	*keeper = k;
	return KMS_RC_OK;
fail:
	keeper_free(&k);
	return rc;
}

void keeper_stop(struct keeper *k)
{
	struct keeper_change *c = NULL;
	uint64_t one = 1;

	if (!k->running)
		return;
	atomic_store(&k->stop, true);
	tee_abandon(k->config.tee);
	if (write(k->queue.fd, &one, sizeof(one)) < 0)
		log_error("keeper", "the wake-up failed");
	pthread_join(k->thread, NULL);
	k->running = false;
	while (inbox_take(&k->queue, &c, 1, k->in_work))
		answer(k, c, KMS_RC_UNAVAILABLE);
	caretaker_flush(&k->caretaker);
}

void keeper_free(struct keeper **keeper)
{
	struct keeper *k = *keeper;

	if (!k)
		return;
	keeper_stop(k);
	tee_line_close(&k->ledger.line);
	store_reader_close(&k->ledger.reader);
	caretaker_clear(&k->caretaker);
	inbox_clear(&k->queue);
	pthread_cond_destroy(&k->worked);
	for (unsigned int i = 0; i < k->config.reactors; i++)
		inbox_clear(&k->answers[i]);
	mem_free(k);
	*keeper = NULL;
}

enum kms_rc keeper_submit(struct keeper *k, struct keeper_change *c)
{
	if (atomic_load(&k->stop))
		return KMS_RC_UNAVAILABLE;
	if (!ledger_accepts(c))
		return KMS_RC_BAD_INPUT;
	return inbox_put(&k->queue, c, k->config.queue_max);
}

int keeper_fd(struct keeper *k, unsigned int reactor)
{
	return k->answers[reactor].fd;
}

void keeper_reap(struct keeper *k, unsigned int reactor)
{
	struct keeper_change *c = NULL;

	inbox_drain(&k->answers[reactor]);
	while (inbox_take(&k->answers[reactor], &c, 1, NULL))
		c->done(c);
}

/* Moves a reactor's waiting requests out of the queue. */
static struct keeper_change *unqueue(struct inbox *b, unsigned int reactor)
{
	struct keeper_change *mine = NULL;
	struct keeper_change **at = &b->first;

	b->last = NULL;
	while (*at) {
		struct keeper_change *c = *at;

		if (c->reactor == reactor) {
			*at = c->next;
			c->next = mine;
			mine = c;
			b->count--;
		} else {
			b->last = c;
			at = &c->next;
		}
	}
	return mine;
}

void keeper_withdraw(struct keeper *k, unsigned int reactor)
{
	struct keeper_change *mine = NULL;

	pthread_mutex_lock(&k->queue.lock);
	mine = unqueue(&k->queue, reactor);
	/* It has had its time; a TEE that hangs must not hang the stop. */
	if (k->in_work[reactor])
		tee_abandon(k->config.tee);
	while (k->in_work[reactor])
		pthread_cond_wait(&k->worked, &k->queue.lock);
	pthread_mutex_unlock(&k->queue.lock);
	while (mine) {
		struct keeper_change *c = mine;

		mine = c->next;
		c->rc = KMS_RC_UNAVAILABLE;
		c->done(c);
	}
	keeper_reap(k, reactor);
}

void keeper_note_use(struct keeper *k, const struct store_use *use)
{
	/* With no room left it is one use that is not remembered. */
	(void)caretaker_note_use(&k->caretaker, use);
}

void keeper_count(struct keeper *k, const char *name, uint64_t delta)
{
	(void)caretaker_count(&k->caretaker, name, delta);
}

const struct tee_info *keeper_tee_info(const struct keeper *k)
{
	return &k->info;
}

uint64_t keeper_commits(const struct keeper *k)
{
	return atomic_load_explicit(&k->commits, memory_order_relaxed);
}

uint64_t keeper_key_changes(const struct keeper *k)
{
	return atomic_load(&k->key_changes);
}
