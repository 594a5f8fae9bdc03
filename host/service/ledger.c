/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests go together, and where. */
#include "host/service/ledger.h"

#include <string.h>

/* Members of an op but for its views, and of its second half. */
#define OP_BYTES	 768
#define REQUEST_OVERHEAD 256

bool ledger_is_pinned(const struct keeper_change *c)
{
	return c->job == KEEPER_CHANGE || c->job == KEEPER_CHANGE_KEY ||
	       (c->job == KEEPER_CREATE_WALLET && c->pinned);
}

uint16_t ledger_shard_of(const struct keeper_change *c)
{
	return c->job == KEEPER_CHANGE_KEY ? c->key.shard : c->wallet.shard;
}

size_t ledger_ops(const struct keeper_change *c)
{
	bool pair = c->job == KEEPER_CREATE_WALLET ||
		    (c->job == KEEPER_CHANGE && c->op == OP_DELETE);

	return pair ? 2 : 1;
}

size_t ledger_request_len(const struct keeper_change *c)
{
	return OP_BYTES + c->evidence.len + c->origins.len +
	       c->registration.len;
}

bool ledger_accepts(const struct keeper_change *c)
{
	if (c->evidence.len > ABI_EVIDENCE_MAX)
		return false;
	switch (c->job) {
	case KEEPER_CREATE_WALLET:
		return ledger_accepts_wallet(c);
	case KEEPER_CHANGE:
		return ledger_accepts_change(c);
	case KEEPER_CHANGE_KEY:
		return ledger_accepts_key(c);
	default:
		return true;
	}
}

/* Two changes of one record need two commits. */
static bool same_record(const struct keeper_change *a,
			const struct keeper_change *b)
{
	if (a->job != b->job)
		return false;
	if (a->job == KEEPER_CHANGE_KEY)
		return a->key.slot == b->key.slot;
	return a->job == KEEPER_CHANGE && a->wallet.slot == b->wallet.slot;
}

static bool goes_with(struct keeper_change **picked, size_t count,
		      const struct keeper_change *c)
{
	const struct keeper_change *first = picked[0];

	if (ledger_is_pinned(first) != ledger_is_pinned(c) ||
	    (ledger_is_pinned(c) &&
	     ledger_shard_of(first) != ledger_shard_of(c)))
		return false;
	for (size_t i = 0; i < count; i++)
		if (same_record(picked[i], c))
			return false;
	return true;
}

/* Moves the change at index from to index to, which is before it. */
static void move(struct keeper_change **changes, size_t to, size_t from)
{
	struct keeper_change *c = changes[from];

	for (; from > to; from--)
		changes[from] = changes[from - 1];
	changes[to] = c;
}

size_t ledger_pick(struct keeper_change **changes, size_t count, size_t ops_max)
{
	size_t ops = ledger_ops(changes[0]);
	size_t len = REQUEST_OVERHEAD + ledger_request_len(changes[0]);
	size_t n = 1;

	for (size_t i = 1; i < count; i++) {
		const struct keeper_change *c = changes[i];

		if (ops + ledger_ops(c) > ops_max ||
		    len + ledger_request_len(c) > ABI_REQUEST_MAX ||
		    !goes_with(changes, n, c))
			continue;
		ops += ledger_ops(c);
		len += ledger_request_len(c);
		move(changes, n++, i);
	}
	return n;
}

static bool is_transport_error(enum kms_rc rc)
{
	return rc == KMS_RC_UNAVAILABLE || rc == KMS_RC_TIMEOUT;
}

/* Whether the shard can take a batch. Finishes what the database owes. */
static bool is_ready(struct ledger *l, uint16_t n)
{
	struct ledger_shard *s = &l->shards[n];

	if (s->unfinished) {
		s->unfinished = store_finish_batch(l->store, n, s->seq,
						   s->root) != KMS_RC_OK;
		l->key_changes++;
	}
	return s->usable && !s->unfinished &&
	       tee_serves(l->tee, tee_worker_of(l->tee, n));
}

/* A shard that can take a batch, or -1. */
static int choose_shard(struct ledger *l)
{
	for (unsigned int tries = 0; tries < l->shard_total; tries++) {
		uint16_t n = l->next_shard;

		l->next_shard = (uint16_t)((n + 1) % l->shard_total);
		if (is_ready(l, n))
			return n;
	}
	return -1;
}

static size_t put_ops(struct ledger *l, struct keeper_change **in, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct keeper_change *c = in[i];

		if (c->job == KEEPER_CHANGE)
			ledger_change_ops(&l->changes[n], c);
		else if (c->job == KEEPER_CHANGE_KEY)
			ledger_key_ops(&l->changes[n], c);
		else
			ledger_create_ops(&l->changes[n], c);
		for (size_t ops = ledger_ops(c); ops; ops--)
			l->requests[n++] = c;
	}
	return n;
}

/*
 * A change whose answer was lost is not asked for again: its assertion may be
 * spent. Nothing was committed, and the client learns that it is not known.
 */
static enum kms_rc run_at(struct ledger *l, struct keeper_change **in,
			  size_t count)
{
	uint16_t shard = ledger_shard_of(in[0]);
	enum kms_rc rc = KMS_RC_OK;
	bool lost = false;

	if (shard >= l->shard_total || !is_ready(l, shard))
		return KMS_RC_UNAVAILABLE;
	for (size_t i = 0; !rc && i < count; i++)
		if (in[i]->job == KEEPER_CHANGE_KEY)
			rc = ledger_check_key(l, in[i]);
	if (rc)
		return rc;
	return ledger_commit(l, shard, put_ops(l, in, count), &lost);
}

static enum kms_rc run_somewhere(struct ledger *l, struct keeper_change **in,
				 size_t count)
{
	enum kms_rc rc = KMS_RC_UNAVAILABLE;
	bool lost = true;

	/* A PREPARE that was lost has left nothing: it may run elsewhere. */
	for (unsigned int tries = 0; lost && tries < 2; tries++) {
		int shard = choose_shard(l);

		if (shard < 0)
			return KMS_RC_UNAVAILABLE;
		rc = ledger_commit(l, (uint16_t)shard, put_ops(l, in, count),
				   &lost);
	}
	return rc;
}

static enum kms_rc run(struct ledger *l, struct keeper_change **in,
		       size_t count)
{
	return ledger_is_pinned(in[0]) ? run_at(l, in, count)
				       : run_somewhere(l, in, count);
}

static void run_all(struct ledger *l, struct keeper_change **changes,
		    size_t count)
{
	enum kms_rc rc = run(l, changes, count);

	/* A refusal concerns one of them: the others shall not suffer. */
	if (rc && !is_transport_error(rc) && count > 1) {
		for (size_t i = 0; i < count; i++)
			changes[i]->rc = run(l, &changes[i], 1);
		return;
	}
	for (size_t i = 0; i < count; i++)
		changes[i]->rc = rc;
}

void ledger_run(struct ledger *l, struct keeper_change **changes, size_t count)
{
	bool keys = false;

	run_all(l, changes, count);
	for (size_t i = 0; i < count; i++)
		keys |= changes[i]->job == KEEPER_CHANGE_KEY;
	l->key_changes += keys;
}
