/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/caretaker.h"

#include "common/clock.h"
#include "common/endian.h"
#include "common/log.h"
#include "common/secret.h"

#include <string.h>

static unsigned int or_default(unsigned int configured, unsigned int usual)
{
	return configured ? configured : usual;
}

void caretaker_init(struct caretaker *c, struct ledger *l,
		    const struct keeper_config *config, uint64_t now_ms)
{
	c->ledger = l;
	c->freeze_after_ms = config->freeze_after_ms;
	c->freeze.every_ms =
		or_default(config->freeze_every_ms, KEEPER_FREEZE_EVERY_MS);
	c->sweep.every_ms =
		or_default(config->sweep_every_ms, KEEPER_SWEEP_EVERY_MS);
	c->flush_every_ms =
		or_default(config->flush_every_ms, KEEPER_FLUSH_EVERY_MS);
	/* Not at once: the clock may still have to be set after a start. */
	c->sweep.next_ms = now_ms + c->sweep.every_ms;
	c->sweep_keys = c->sweep;
	pthread_mutex_init(&c->lock, NULL);
}

void caretaker_clear(struct caretaker *c)
{
	if (c->ledger)
		pthread_mutex_destroy(&c->lock);
	c->ledger = NULL;
}

/* --- rounds -------------------------------------------------------------- */

/* False when the page is full. */
static bool add_to_page(struct caretaker *c, const struct keeper_change *change,
			const uint8_t uuid[ABI_UUID_LEN], int64_t ms)
{
	c->page[c->page_count++] = *change;
	c->last.ms = ms;
	memcpy(c->last.uuid, uuid, sizeof(c->last.uuid));
	return c->page_count < CARETAKER_PAGE;
}

static bool add_wallet(struct caretaker *c, const struct store_wallet *w,
		       int64_t ms)
{
	struct keeper_change change = { .job = KEEPER_CHANGE, .wallet = *w };

	/* These two are the reader's. */
	change.wallet.description = "";
	change.wallet.credential = "";
	return add_to_page(c, &change, w->uuid, ms);
}

static bool add_dormant(void *arg, const struct store_wallet *w)
{
	return add_wallet(arg, w, w->last_used_ms);
}

static bool add_due(void *arg, const struct store_wallet *w)
{
	return add_wallet(arg, w, w->delete_after_ms);
}

static bool add_due_key(void *arg, const struct store_key *key)
{
	struct keeper_change change = {
		.job = KEEPER_CHANGE_KEY,
		.key = *key,
		.key_states = 1u << KEY_STATE_PENDING_DELETION,
	};

	change.key.description = NULL;
	return add_to_page(arg, &change, key->uuid, key->delete_after_ms);
}

/* Asks the TEE for op on each one of the page; gives how many it did. */
static unsigned int change_page(struct caretaker *c, uint8_t op, int64_t now,
				size_t ops_max)
{
	struct keeper_change *waiting[CARETAKER_PAGE];
	unsigned int done = 0;
	size_t n = 0;

	for (size_t i = 0; i < c->page_count; i++) {
		c->page[i].op = op;
		c->page[i].now_ms = now;
		waiting[i] = &c->page[i];
	}
	for (size_t at = 0; at < c->page_count; at += n) {
		n = ledger_pick(waiting + at, c->page_count - at, ops_max);
		ledger_run(c->ledger, waiting + at, n);
	}
	for (size_t i = 0; i < c->page_count; i++)
		done += c->page[i].rc == KMS_RC_OK;
	return done;
}

/* True when the round goes on with another page. */
static bool turn_page(struct caretaker *c, struct caretaker_round *r,
		      uint64_t now_ms)
{
	if (c->page_count < CARETAKER_PAGE) {
		r->next_ms = now_ms + r->every_ms;
		r->mark = (struct store_time_mark){ 0 };
		return false;
	}
	r->mark = c->last;
	return true;
}

static bool end_page(struct caretaker *c, struct caretaker_round *r,
		     uint64_t now_ms, const char *what)
{
	bool more = turn_page(c, r, now_ms);

	if (more)
		return true;
	if (r->done)
		log_info("keeper", "%s: %u", what, r->done);
	r->done = 0;
	return false;
}

static bool freeze_some(struct caretaker *c, uint64_t now_ms, size_t ops_max)
{
	struct caretaker_round *r = &c->freeze;
	int64_t now = clock_unix_ms();
	struct store_time_mark mark = r->mark;
	enum kms_rc rc = KMS_RC_OK;

	/* Who has just been used is not dormant. */
	caretaker_flush(c);
	c->page_count = 0;
	if (c->freeze_after_ms && c->freeze_after_ms < (uint64_t)now)
		rc = store_list_dormant(c->ledger->reader,
					now - (int64_t)c->freeze_after_ms,
					&mark, CARETAKER_PAGE, add_dormant, c);
	if (rc)
		c->page_count = 0;
	/* The place is taken before the change moves the wallet. */
	r->done += change_page(c, OP_FREEZE, now, ops_max);
	return end_page(c, r, now_ms, "wallets frozen");
}

static bool delete_some(struct caretaker *c, uint64_t now_ms, size_t ops_max)
{
	struct caretaker_round *r = &c->sweep;
	int64_t now = clock_unix_ms();
	struct store_time_mark mark = r->mark;

	c->page_count = 0;
	if (store_list_due(c->ledger->reader, now, &mark, CARETAKER_PAGE,
			   add_due, c))
		c->page_count = 0;
	r->done += change_page(c, OP_DELETE, now, ops_max);
	return end_page(c, r, now_ms, "wallets deleted");
}

static bool delete_some_keys(struct caretaker *c, uint64_t now_ms,
			     size_t ops_max)
{
	struct caretaker_round *r = &c->sweep_keys;
	int64_t now = clock_unix_ms();
	struct store_time_mark mark = r->mark;

	c->page_count = 0;
	if (store_list_due_keys(c->ledger->reader, now, &mark, CARETAKER_PAGE,
				add_due_key, c))
		c->page_count = 0;
	r->done += change_page(c, OP_DELETE, now, ops_max);
	return end_page(c, r, now_ms, "keys deleted");
}

bool caretaker_work(struct caretaker *c, uint64_t now_ms, size_t ops_max)
{
	bool more = false;

	if (now_ms >= c->next_flush_ms) {
		caretaker_flush(c);
		c->next_flush_ms = now_ms + c->flush_every_ms;
	}
	if (now_ms >= c->freeze.next_ms)
		more = freeze_some(c, now_ms, ops_max);
	if (now_ms >= c->sweep.next_ms)
		more |= delete_some(c, now_ms, ops_max);
	if (now_ms >= c->sweep_keys.next_ms)
		more |= delete_some_keys(c, now_ms, ops_max);
	return more;
}

uint64_t caretaker_wait_ms(const struct caretaker *c, uint64_t now_ms)
{
	uint64_t next = c->next_flush_ms;

	if (c->freeze.next_ms < next)
		next = c->freeze.next_ms;
	if (c->sweep.next_ms < next)
		next = c->sweep.next_ms;
	if (c->sweep_keys.next_ms < next)
		next = c->sweep_keys.next_ms;
	return next > now_ms ? next - now_ms : 0;
}

/* --- notes --------------------------------------------------------------- */

/* uuids are random, so any part of one is a hash of it. */
static uint16_t *find_use(struct caretaker_notes *n,
			  const uint8_t uuid[ABI_UUID_LEN])
{
	size_t at = le32_get(uuid) % ARRAY_LEN(n->index);

	/* At most half of it is in use, so there is an end. */
	while (n->index[at] &&
	       !bytes_equal_var(
		       bytes_of(n->uses[n->index[at] - 1].uuid, ABI_UUID_LEN),
		       bytes_of(uuid, ABI_UUID_LEN)))
		at = (at + 1) % ARRAY_LEN(n->index);
	return &n->index[at];
}

static bool note_use(struct caretaker_notes *n, const struct store_use *use)
{
	uint16_t *index = find_use(n, use->uuid);
	struct store_use *old = NULL;

	if (!*index) {
		if (n->use_count == ARRAY_LEN(n->uses))
			return false;
		n->uses[n->use_count++] = *use;
		*index = (uint16_t)n->use_count;
		return true;
	}
	old = &n->uses[*index - 1];
	if (old->last_used_ms < use->last_used_ms)
		old->last_used_ms = use->last_used_ms;
	return true;
}

bool caretaker_note_use(struct caretaker *c, const struct store_use *use)
{
	bool noted = false;

	pthread_mutex_lock(&c->lock);
	noted = note_use(&c->notes[c->filling], use);
	pthread_mutex_unlock(&c->lock);
	return noted;
}

static bool count(struct caretaker_notes *n, const char *name, uint64_t delta)
{
	size_t len = strnlen(name, STORE_COUNTER_NAME_MAX);
	size_t at = 0;

	while (at < n->count_count &&
	       (strncmp(n->counts[at].name, name, len) != 0 ||
		n->counts[at].name[len]))
		at++;
	if (at == ARRAY_LEN(n->counts))
		return false;
	if (at == n->count_count) {
		n->counts[n->count_count++] = (struct store_count){ 0 };
		memcpy(n->counts[at].name, name, len);
	}
	if (delta > INT32_MAX - n->counts[at].value)
		return false;
	n->counts[at].value += delta;
	return true;
}

bool caretaker_count(struct caretaker *c, const char *name, uint64_t delta)
{
	bool noted = false;

	pthread_mutex_lock(&c->lock);
	noted = count(&c->notes[c->filling], name, delta);
	pthread_mutex_unlock(&c->lock);
	return noted;
}

void caretaker_flush(struct caretaker *c)
{
	struct caretaker_notes *n = NULL;
	enum kms_rc rc = KMS_RC_INTERNAL;

	pthread_mutex_lock(&c->lock);
	n = &c->notes[c->filling];
	c->filling ^= 1;
	pthread_mutex_unlock(&c->lock);
	rc = store_note(c->ledger->store, n->uses, n->use_count, n->counts,
			n->count_count);
	/* The one in the log is enough until it works again. */
	if (rc && !c->failing)
		log_error("keeper", "uses are not written down: %s",
			  store_why(c->ledger->store));
	c->failing = rc != KMS_RC_OK;
	if (n->use_count)
		memset(n->index, 0, sizeof(n->index));
	n->use_count = 0;
	n->count_count = 0;
}
