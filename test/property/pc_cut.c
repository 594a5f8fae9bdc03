/* SPDX-License-Identifier: Apache-2.0 */
#include "test/property/pc_cut.h"

#include <string.h>

#define SLOTS_MAX  24
#define SLOTS_USED 32 /* a batch may go beyond SLOTS_MAX */
#define STATES_MAX 16

static const enum gp_fault cuts[] = { GP_FAULT_CUT_BEFORE, GP_FAULT_CUT_DURING,
				      GP_FAULT_CUT_AFTER };

/* All that is left when the power fails, and what a client was told before. */
struct state {
	struct gp_snapshot *storage;
	struct host_db db;
	unsigned int acked;
};

/* Of a database that has no more than SLOTS_USED slots, all that differs. */
static void copy_db(struct host_db *to, const struct host_db *from)
{
	to->seq = from->seq;
	to->next_slot = from->next_slot;
	to->prepared = from->prepared;
	to->next.count = from->next.count;
	to->next.seq = from->next.seq;
	memcpy(to->next.pc, from->next.pc, sizeof(to->next.pc));
	memcpy(to->next.ops, from->next.ops,
	       OPS_MAX * sizeof(from->next.ops[0]));
	memcpy(to->keys, from->keys, SLOTS_USED * sizeof(from->keys[0]));
	memcpy(to->blobs, from->blobs, SLOTS_USED * sizeof(from->blobs[0]));
	for (unsigned int level = 0; level <= HOST_DEPTH; level++) {
		size_t at = (size_t)1 << (HOST_DEPTH - level);
		size_t count = SLOTS_USED >> level;

		count = count ? count : 1;
		memcpy(to->tree[at], from->tree[at], count * SHA256_LEN);
	}
}

static uint64_t writes(void)
{
	return gp_count(GP_CALL_WRITE) + gp_count(GP_CALL_CREATE) +
	       gp_count(GP_CALL_DELETE);
}

/* Behind each write of TA or host: no state may hide between two of them. */
static void keep_state(struct run *r)
{
	struct state *s = NULL;

	if (!r->states)
		return;
	assert_true(r->state_count < STATES_MAX && writes() <= 1);
	gp_count_reset();
	s = &r->states[r->state_count++];
	s->storage = gp_storage_snapshot();
	assert_non_null(s->storage);
	copy_db(&s->db, &r->f->host.db);
	s->acked = r->acked;
}

static void host_step(struct run *r)
{
	if (++r->step == r->cut_at)
		world_cut_here();
}

static void pick_op(struct run *r, struct host_op *op, bool *used)
{
	const struct host_db *db = &r->f->host.db;
	size_t what = prng_below(&r->prng, 8);
	uint64_t slot = db->next_slot ? prng_below(&r->prng, db->next_slot) : 0;
	static const uint8_t states[] = { KEY_STATE_ENABLED, KEY_STATE_DISABLED,
					  KEY_STATE_PENDING_DELETION };

	/* P-256 costs ten times as much and takes the same path. */
	*op = host_create(prng_below(&r->prng, 16) ? KEY_SPEC_SECP256K1
						   : KEY_SPEC_P256);
	if (!db->next_slot || used[slot] || db->keys[slot].deleted ||
	    (what < 4 && db->next_slot < SLOTS_MAX))
		return;
	used[slot] = true;
	*op = what == 7 ? host_change(&r->f->host, slot, OP_DELETE, 0)
			: host_change(&r->f->host, slot, OP_SET_STATE,
				      states[prng_below(&r->prng, 3)]);
}

/* --- wallets ------------------------------------------------------------ */

static struct passkey *owner_of(struct run *r, uint64_t slot)
{
	for (size_t i = 0; i < OWNERS; i++)
		if (!memcmp(r->owners[i].pub, r->f->host.db.keys[slot].passkey,
			    64))
			return &r->owners[i];
	fail_msg("the oracle has lost a wallet's owner");
	return NULL;
}

static void gesture(struct run *r, struct passkey_assertion *by,
		    struct intent *i, uint64_t slot)
{
	uint8_t nonce[32];
	uint8_t challenge[32];

	memcpy(i->uuid, r->f->host.db.keys[slot].uuid, sizeof(i->uuid));
	sha256_once(i->rp_id_hash, PASSKEY_RP, strlen(PASSKEY_RP));
	assert_ok(wallets_nonce_for(&r->f->host, i->uuid, nonce));
	intent_challenge(challenge, nonce, i);
	passkey_assert(owner_of(r, slot), by, nonce, challenge);
}

/* What can be asked of a wallet in its state. */
static uint8_t pick_change(struct run *r, uint8_t state)
{
	static const uint8_t active[] = { OP_FREEZE, OP_ISSUE_ADDRESS,
					  OP_CHANGE_PASSKEY, OP_DELETE,
					  OP_SCHEDULE_DELETION };
	static const uint8_t frozen[] = { OP_UNFREEZE, OP_CHANGE_PASSKEY };
	static const uint8_t pending[] = { OP_CANCEL_DELETION, OP_DELETE };

	if (state == WALLET_ACTIVE)
		return active[prng_below(&r->prng, ARRAY_LEN(active))];
	return state == WALLET_FROZEN ? frozen[prng_below(&r->prng, 2)]
				      : pending[prng_below(&r->prng, 2)];
}

static void change_wallet(struct run *r, uint64_t slot, size_t n)
{
	const struct host_key *key = &r->f->host.db.keys[slot];
	struct host_op *op = &r->ops[r->op_count++];
	struct passkey *next = &r->owners[prng_below(&r->prng, OWNERS)];
	struct intent i = { 0 };

	*op = host_change(&r->f->host, slot, pick_change(r, key->state), 0);
	/* A passkey that is there already would be refused. */
	if (op->op == OP_CHANGE_PASSKEY && next == owner_of(r, slot))
		op->op = OP_SCHEDULE_DELETION;
	i.op = op->op == OP_ISSUE_ADDRESS ? INTENT_ADDRESS : op->op;
	i.index = op->index =
		op->op == OP_ISSUE_ADDRESS ? key->next_index + 3 : 0;
	i.window_days = op->window_days = 7;
	if (op->op == OP_CHANGE_PASSKEY) {
		op->passkey = bytes_of(next->pub, 64);
		memcpy(i.passkey, next->pub, 64);
	}
	if (op->op == OP_DELETE)
		r->ops[r->op_count++] = host_change(&r->f->host, key->vault,
						    OP_DELETE_VAULT, 0);
	if (op->op == OP_FREEZE)
		return;
	gesture(r, &r->by[n], &i, slot);
	op->evidence_kind = EVIDENCE_PASSKEY;
	op->evidence = passkey_evidence(&r->by[n]);
}

static void pick_of_wallets(struct run *r, size_t n, bool *used)
{
	const struct host_db *db = &r->f->host.db;
	uint64_t slot = db->next_slot ? prng_below(&r->prng, db->next_slot) : 0;

	if (db->keys[slot].type == RECORD_WALLET && !used[slot] &&
	    !db->keys[slot].deleted) {
		used[slot] = true;
		change_wallet(r, slot, n);
	} else if (db->next_slot < SLOTS_MAX && !prng_below(&r->prng, 3)) {
		wallets_creation(&r->ops[r->op_count],
				 &r->owners[prng_below(&r->prng, OWNERS)],
				 BIND_INTENT);
		r->op_count += 2;
	} else {
		r->ops[r->op_count++] = host_create(KEY_SPEC_SECP256K1);
	}
}

static enum kms_rc use_wallet(struct run *r, uint64_t slot, uint32_t index,
			      struct passkey *owner)
{
	static struct wallets w;
	struct ask a = ask_hash(slot);
	struct passkey_assertion by;

	w.f = r->f;
	w.host = &r->f->host;
	a.index = index;
	ask_gesture(&w, &a, owner, &by);
	return ask_with(&w, &a, &by);
}

/* It is whole, and does what the oracle says. */
static void check_wallet(struct run *r, uint64_t slot)
{
	const struct host_db *db = &r->f->host.db;
	const struct host_key *key = &db->keys[slot];
	struct passkey *owner = owner_of(r, slot);
	enum kms_rc want = key->deleted			 ? KMS_RC_NOT_FOUND
			   : key->state == WALLET_ACTIVE ? KMS_RC_OK
			   : key->state == WALLET_FROZEN ? KMS_RC_FROZEN
							 : KMS_RC_KEY_DISABLED;

	assert_int_equal(db->keys[key->vault].type, RECORD_VAULT);
	assert_int_equal(db->keys[key->vault].deleted, key->deleted);
	assert_int_equal(db->blobs[key->vault].len == RECORD_HEADER_LEN,
			 key->deleted);
	assert_rc(use_wallet(r, slot, key->next_index - 1, owner), want);
	if (want)
		return;
	assert_rc(use_wallet(r, slot, key->next_index, owner),
		  KMS_RC_NEED_ISSUE);
	owner = owner == r->owners ? &r->owners[1] : r->owners;
	assert_rc(use_wallet(r, slot, 0, owner), KMS_RC_AUTH_SIG);
}

/* --- the run ------------------------------------------------------------ */

static void pick_ops(struct run *r)
{
	bool used[SLOTS_MAX + OPS_MAX * 8] = { false };
	size_t wanted = 1 + prng_below(&r->prng, OPS_MAX);

	r->op_count = 0;
	for (size_t i = 0; i < wanted; i++) {
		if (r->owners)
			pick_of_wallets(r, i, used);
		else
			pick_op(r, &r->ops[r->op_count++], used);
	}
}

/* One change, by the book, with the host's own points of death. */
static void change(struct run *r)
{
	struct host *h = &r->f->host;

	pick_ops(r);
	host_step(r);
	assert_ok(host_prepare(h, r->ops, r->op_count));
	host_step(r);
	if (!prng_below(&r->prng, 8)) {
		assert_ok(host_abort(h));
		return;
	}
	if (r->anchor_first)
		assert_ok(host_send_commit(h, h->staged.pc, h->staged.count));
	else
		host_store(h);
	keep_state(r);
	host_step(r);
	if (r->anchor_first)
		host_store(h);
	else
		assert_ok(host_commit(h));
	/* The receipts are here: the client may be told. */
	r->acked++;
	keep_state(r);
	host_step(r);
	host_finish(h);
	keep_state(r);
	host_step(r);
}

static void workload(void *arg)
{
	struct run *r = arg;

	for (unsigned int i = 0; i < r->changes; i++) {
		/* A hold of an aborted change ends with the instance. */
		if (r->f->one.ta.shards[0].hold_count) {
			instance_kill(&r->f->one);
			instance_start_fast(&r->f->one, 1);
			assert_ok(host_recover(&r->f->host, false));
		}
		change(r);
	}
	r->step = UINT64_MAX / 2; /* no cut any more */
}

static void recover(void *arg)
{
	struct run *r = arg;

	instance_kill(&r->f->one);
	host_forget(&r->f->host);
	instance_start_fast(&r->f->one, 1);
	host_step(r);
	r->recovered = host_recover(&r->f->host, !prng_below(&r->prng, 4));
}

/* I3 beside: the anchor never goes back, and never by more than one. */
static void check_anchor(struct run *r)
{
	const struct anchor *a = &r->f->one.ta.shards[0].anchor;

	if (a->seq < r->top_seq)
		fail_msg("the anchor went back to seq %" PRIu64, a->seq);
	r->top_seq = a->seq;
}

/* Every key of the oracle does what its state says, and no other exists. */
static void check_keys(struct run *r)
{
	const struct host_db *db = &r->f->host.db;

	if (db->seq < r->seq_before + r->acked)
		fail_msg("an acknowledged change is gone");
	for (uint64_t slot = 0; slot < db->next_slot; slot++) {
		const struct host_key *key = &db->keys[slot];

		if (key->type == RECORD_VAULT)
			continue;
		if (key->type == RECORD_WALLET)
			check_wallet(r, slot);
		else if (key->deleted)
			fixture_check_refused(r->f, slot, KMS_RC_NOT_FOUND);
		else if (key->state == KEY_STATE_ENABLED)
			fixture_check_signs(r->f, slot);
		else
			fixture_check_refused(r->f, slot, KMS_RC_KEY_DISABLED);
	}
}

void run_begin(struct run *r, struct fixture *f)
{
	r->f = f;
	/* The shard's first opening is part of the workload, too. */
	instance_kill(&f->one);
	r->fresh = gp_storage_snapshot();
	assert_non_null(r->fresh);
}

void run_end(struct run *r)
{
	gp_snapshot_free(&r->fresh);
}

static void start_over(struct run *r)
{
	instance_kill(&r->f->one);
	gp_storage_restore(r->fresh, GP_MEDIUM_REE | GP_MEDIUM_RPMB);
	host_init(&r->f->host, instance_send, &r->f->one, 0);
	instance_start_fast(&r->f->one, 1);
	assert_ok(host_recover(&r->f->host, false));
	r->step = 0;
	r->acked = 0;
	r->seq_before = 0;
	r->top_seq = 0;
}

/* Where the next cut is: in the TEE or in the host, or nowhere. */
static void arm(struct run *r, uint64_t tee_call, enum gp_fault how,
		uint64_t host_at)
{
	r->step = 0;
	r->cut_at = host_at;
	gp_fault_set(GP_CALL_ANY, tee_call, 1, how);
}

static void arm_in_recovery(struct run *r)
{
	arm(r, 0, GP_FAULT_NONE, 0);
	if (prng_below(&r->prng, 2))
		arm(r, 1 + prng_below(&r->prng, 40),
		    cuts[prng_below(&r->prng, 3)], 0);
}

/* However often the power fails again. */
static void recover_at_last(struct run *r)
{
	unsigned int tries = 0;

	do {
		if (tries < 3)
			arm_in_recovery(r);
		else
			arm(r, 0, GP_FAULT_NONE, 0);
		assert_true(tries++ < 4);
	} while (world_try(recover, r) != WORLD_DONE);
	arm(r, 0, GP_FAULT_NONE, 0);
}

static void check_recovered(struct run *r)
{
	assert_ok(r->recovered);
	check_anchor(r);
	check_keys(r);
	/* And life goes on. */
	fixture_key(r->f, KEY_SPEC_SECP256K1);
	fixture_check_signs(r->f, r->f->host.db.next_slot - 1);
}

/* One run: the workload up to the cut, and recovery. */
static bool run_with_cut(struct run *r, uint64_t seed, uint64_t tee_call,
			 enum gp_fault how, uint64_t host_at)
{
	bool cut = false;

	start_over(r);
	r->prng.state = seed;
	r->changes = 2 + (unsigned int)prng_below(&r->prng, 3);
	arm(r, tee_call, how, host_at);
	cut = world_try(workload, r) == WORLD_CUT;
	if (!cut) {
		arm(r, 0, GP_FAULT_NONE, 0);
		return false;
	}
	recover_at_last(r);
	if (r->recovered == KMS_RC_STALE && r->anchor_first) {
		r->lost++;
		return true;
	}
	check_recovered(r);
	return true;
}

unsigned int cut_everywhere(struct run *r, uint64_t seed)
{
	unsigned int runs = 0;

	for (size_t how = 0; how < ARRAY_LEN(cuts); how++)
		for (uint64_t at = 1; run_with_cut(r, seed, at, cuts[how], 0);
		     at++)
			runs++;
	for (uint64_t at = 1; run_with_cut(r, seed, 0, GP_FAULT_NONE, at); at++)
		runs++;
	return runs;
}

size_t cut_after_each_write(struct run *r)
{
	static struct state states[STATES_MAX];

	start_over(r);
	r->states = states;
	r->prng.state = prng_next(&r->f->prng);
	r->changes = 1 + (unsigned int)prng_below(&r->prng, 3);
	arm(r, 0, GP_FAULT_NONE, 0);
	gp_count_reset();
	r->state_count = 0;
	keep_state(r);
	assert_int_equal(world_try(workload, r), WORLD_DONE);
	for (size_t i = 0; i < r->state_count; i++) {
		struct state *s = &r->states[i];

		gp_storage_restore(s->storage, GP_MEDIUM_REE | GP_MEDIUM_RPMB);
		gp_snapshot_free(&s->storage);
		copy_db(&r->f->host.db, &s->db);
		r->acked = s->acked;
		r->top_seq = s->acked;
		recover_at_last(r);
		/* Recovery has compared the roots; using every key is dear. */
		assert_ok(r->recovered);
		check_anchor(r);
		assert_true(r->f->host.db.seq >= s->acked &&
			    r->f->host.db.seq <= s->acked + 1);
		if (!prng_below(&r->prng, 16))
			check_recovered(r);
	}
	return r->state_count;
}
