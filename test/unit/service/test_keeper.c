/* SPDX-License-Identifier: Apache-2.0 */
/* What keeper.h promises of wallets, against a TEE that judges proofs. */
#include "codec/eth_address.h"
#include "common/log.h"
#include "host/service/ledger.h"
#include "test/unit/service/world.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

static struct prng rng;

static enum kms_rc run_change(struct world *w, const struct store_wallet *of,
			      uint8_t op)
{
	struct keeper_change *c = world_change(w, of, op);

	world_run(w);
	return c->rc;
}

static void a_wallet_is_made_with_its_vault(void **state)
{
	struct world *w = *state;
	struct store_wallet made = world_wallet(w);
	const struct fake_shard *s = &fake.shards[made.shard];
	struct store_address a = { 0 };
	uint8_t address[ETH_ADDRESS_LEN];
	char text[ETH_ADDRESS_TEXT_LEN + 1];
	struct store_key key = { 0 };

	assert_int_equal(s->slots[made.slot].type, RECORD_WALLET);
	assert_int_equal(s->slots[made.vault_slot].type, RECORD_VAULT);
	assert_memory_equal(s->slots[made.slot].uuid, made.uuid, ABI_UUID_LEN);
	eth_address_of(address, made.public_key);
	eth_address_put(text, address);
	assert_string_equal(made.address, text);
	world_read(w, &made);
	assert_string_equal(w->row.address, text);
	assert_string_equal(w->row.description, "mine");
	assert_int_equal(w->row.vault_slot, made.vault_slot);
	assert_int_equal(w->row.passkey[63], 0x77);
	assert_int_equal(w->row.lifecycle, STORE_ACTIVE);
	assert_int_equal(store_get_address(w->reader, &a, text), KMS_RC_OK);
	assert_int_equal(store_get_key(w->reader, &key, made.uuid), KMS_RC_OK);
	assert_int_equal(key.kind, STORE_WALLET);
	assert_int_equal(key.account, 123);
	assert_agree(w);
}

static void what_the_tee_has_done_is_in_the_row(void **state)
{
	struct world *w = *state;
	struct store_wallet made = world_wallet(w);
	uint8_t other[64];
	struct keeper_change *c = NULL;

	memset(other, 0x11, sizeof(other));
	assert_int_equal(run_change(w, &made, OP_FREEZE), KMS_RC_OK);
	world_read(w, &made);
	assert_int_equal(w->row.lifecycle, STORE_FROZEN);
	assert_int_equal(w->row.last_used_ms, made.created_ms);
	c = world_change(w, &made, OP_UNFREEZE);
	c->now_ms = made.created_ms + 5;
	world_run(w);
	world_read(w, &made);
	assert_int_equal(w->row.lifecycle, STORE_ACTIVE);
	assert_int_equal(w->row.last_used_ms, made.created_ms + 5);

	c = world_change(w, &made, OP_SCHEDULE_DELETION);
	c->window_days = 7;
	world_run(w);
	assert_int_equal(c->rc, KMS_RC_OK);
	world_read(w, &made);
	assert_int_equal(w->row.lifecycle, STORE_PENDING_DELETION);
	assert_int_equal(w->row.delete_after_ms, 1700000000000 + 604800000);
	assert_int_equal(c->wallet.delete_after_ms, w->row.delete_after_ms);
	assert_int_equal(run_change(w, &made, OP_CANCEL_DELETION), KMS_RC_OK);

	c = world_change(w, &made, OP_ADD_PASSKEY);
	c->passkey = bytes_of(other, sizeof(other));
	world_run(w);
	world_read(w, &made);
	assert_int_equal(w->row.passkey_count, 2);
	c = world_change(w, &made, OP_REMOVE_PASSKEY);
	c->passkey = bytes_of(made.passkey, sizeof(made.passkey));
	world_run(w);
	c = world_change(w, &made, OP_CHANGE_PASSKEY);
	c->passkey = bytes_of(other, sizeof(other));
	c->credential = "bmV3";
	world_run(w);
	world_read(w, &made);
	assert_int_equal(w->row.passkey_count, 1);
	assert_memory_equal(w->row.passkey, other, sizeof(other));
	assert_string_equal(w->row.credential, "bmV3");
	assert_int_equal(w->row.lifecycle, STORE_ACTIVE);
	assert_int_equal(w->row.delete_after_ms, 0);

	c = world_change(w, &made, OP_ISSUE_ADDRESS);
	c->index = 20;
	world_run(w);
	assert_int_equal(c->rc, KMS_RC_OK);
	assert_int_equal(c->public_key[0], made.uuid[0] ^ 20);
	assert_agree(w);
}

static void a_deleted_wallet_takes_its_vault_along(void **state)
{
	struct world *w = *state;
	struct store_wallet made = world_wallet(w);
	struct store_wallet kept = world_wallet(w);
	const struct fake_shard *s = &fake.shards[made.shard];

	assert_int_equal(run_change(w, &made, OP_DELETE), KMS_RC_OK);
	assert_int_equal(s->slots[made.slot].type, RECORD_TOMBSTONE);
	assert_int_equal(s->slots[made.vault_slot].type, RECORD_TOMBSTONE);
	assert_false(world_has(w, &made));
	assert_true(world_has(w, &kept));
	assert_int_equal(run_change(w, &made, OP_DELETE), KMS_RC_NOT_FOUND);
	assert_agree(w);
}

static void what_waits_together_is_committed_together(void **state)
{
	struct world *w = *state;
	struct store_wallet made[32];
	int before = 0;

	for (int i = 0; i < 32; i++)
		made[i] = world_wallet(w);
	/* The size of a batch has grown with a TEE that is fast. */
	before = atomic_load(&fake.prepares);
	fake.most_ops = 0;
	for (int i = 0; i < 32; i++)
		world_change(w, &made[i], i % 2 ? OP_FREEZE : OP_DELETE);
	world_run(w);
	/* How many exactly depends on how busy the machine is. */
	assert_true(atomic_load(&fake.prepares) - before < 20);
	assert_true(fake.most_ops > 4);
	for (int i = 0; i < 32; i++)
		assert_int_equal(w->requests[i].rc, KMS_RC_OK);
	assert_agree(w);
}

static uint8_t refused_uuid[ABI_UUID_LEN];

static enum kms_rc refuse_one(const struct abi_prepare_op *op)
{
	return memcmp(op->uuid, refused_uuid, ABI_UUID_LEN) == 0
		       ? KMS_RC_AUTH_SIG
		       : KMS_RC_OK;
}

static void a_refusal_concerns_one(void **state)
{
	struct world *w = *state;
	struct store_wallet made[12];

	for (int i = 0; i < 12; i++)
		made[i] = world_wallet(w);
	memcpy(refused_uuid, made[5].uuid, ABI_UUID_LEN);
	fake.refuse = refuse_one;
	for (int i = 0; i < 12; i++)
		world_change(w, &made[i], OP_DELETE);
	world_run(w);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(w->requests[i].rc,
				 i == 5 ? KMS_RC_AUTH_SIG : KMS_RC_OK);
		assert_int_equal(world_has(w, &made[i]), i == 5);
	}
	assert_agree(w);
}

static void two_changes_of_one_wallet_are_two_commits(void **state)
{
	struct world *w = *state;
	struct store_wallet made = world_wallet(w);

	world_change(w, &made, OP_FREEZE);
	world_change(w, &made, OP_UNFREEZE);
	world_change(w, &made, OP_FREEZE);
	world_run(w);
	for (int i = 0; i < 3; i++)
		assert_int_equal(w->requests[i].rc, KMS_RC_OK);
	assert_int_equal(fake.shards[made.shard].slots[made.slot].version, 4);
	world_read(w, &made);
	assert_int_equal(w->row.lifecycle, STORE_FROZEN);
	assert_agree(w);
}

static void a_change_whose_answer_is_lost_is_not_repeated(void **state)
{
	struct world *w = *state;
	struct store_wallet made = world_wallet(w);
	int before = atomic_load(&fake.prepares);

	atomic_store(&fake.lose_prepares, 1);
	assert_int_equal(run_change(w, &made, OP_FREEZE), KMS_RC_UNAVAILABLE);
	assert_int_equal(atomic_load(&fake.prepares), before + 1);
	world_read(w, &made);
	assert_int_equal(w->row.lifecycle, STORE_ACTIVE);
	/* The worker comes back, and what was staged is gone. */
	while (!tee_serves(w->tee, tee_worker_of(w->tee, made.shard)))
		usleep(1000);
	assert_int_equal(run_change(w, &made, OP_FREEZE), KMS_RC_OK);
	assert_int_equal(fake.shards[made.shard].slots[made.slot].version, 2);
	assert_agree(w);
}

static void a_creation_whose_answer_is_lost_is_made_elsewhere(void **state)
{
	struct world *w = *state;
	struct store_wallet made = { 0 };

	atomic_store(&fake.lose_prepares, 1);
	made = world_wallet(w);
	assert_true(world_has(w, &made));
	assert_agree(w);
}

static void a_commit_whose_answer_is_lost_is_found_out(void **state)
{
	struct world *w = *state;
	struct store_wallet made = world_wallet(w);

	atomic_store(&fake.lose_commits, 1);
	assert_int_equal(run_change(w, &made, OP_FREEZE), KMS_RC_OK);
	assert_int_equal(atomic_load(&fake.restarts), 1);
	world_read(w, &made);
	assert_int_equal(w->row.lifecycle, STORE_FROZEN);
	assert_agree(w);
}

static void a_pinned_creation_stays_in_its_shard(void **state)
{
	struct world *w = *state;
	int before = 0;

	for (uint16_t i = 0; i < 24; i++) {
		struct keeper_change *c = world_create(w);

		c->pinned = i < 16;
		c->wallet.shard = c->pinned ? i % FAKE_SHARDS : 0;
	}
	world_run(w);
	for (uint16_t i = 0; i < 24; i++) {
		assert_int_equal(w->requests[i].rc, KMS_RC_OK);
		if (i < 16)
			assert_int_equal(w->requests[i].wallet.shard,
					 i % FAKE_SHARDS);
	}
	before = atomic_load(&fake.prepares);
	atomic_store(&fake.lose_prepares, 1);
	world_create(w)->pinned = true;
	world_run(w);
	assert_int_equal(w->requests[0].rc, KMS_RC_UNAVAILABLE);
	assert_int_equal(atomic_load(&fake.prepares), before + 1);
	assert_agree(w);
}

/* Requests for ledger_pick(); the marks tell them apart. */
static struct keeper_change *asks[8];
static struct keeper_change made_up[8];

static void make_up(void)
{
	for (unsigned int i = 0; i < 8; i++) {
		made_up[i] = (struct keeper_change){ .job = KEEPER_CHANGE,
						     .op = OP_FREEZE,
						     .reactor = i };
		made_up[i].wallet.slot = i;
		asks[i] = &made_up[i];
	}
}

static void assert_order(const char *marks)
{
	for (unsigned int i = 0; marks[i]; i++)
		assert_int_equal(asks[i]->reactor, marks[i] - '0');
}

static void only_what_goes_together_is_picked(void **state)
{
	static uint8_t junk[ABI_EVIDENCE_MAX];

	(void)state;
	make_up();
	assert_int_equal(ledger_pick(asks, 8, 64), 8);
	assert_order("01234567");
	assert_int_equal(ledger_pick(asks, 8, 3), 3);
	assert_int_equal(ledger_pick(asks, 8, 0), 1);

	/* Shards, and creations, which have none. */
	make_up();
	made_up[1].wallet.shard = 1;
	made_up[3].job = KEEPER_CREATE_WALLET;
	made_up[4].job = KEEPER_CREATE_WALLET;
	made_up[4].pinned = true;
	made_up[6].wallet.shard = 1;
	assert_int_equal(ledger_pick(asks, 8, 64), 5);
	assert_order("02457136");
	assert_int_equal(ledger_pick(asks + 5, 3, 64), 2);
	assert_order("02457163");

	/* One wallet twice; the order of its changes stays. */
	make_up();
	made_up[2].wallet.slot = 0;
	made_up[5].wallet.slot = 0;
	assert_int_equal(ledger_pick(asks, 8, 64), 6);
	assert_order("01346725");

	/* A pair does not part. */
	make_up();
	made_up[1].op = OP_DELETE;
	assert_int_equal(ledger_pick(asks, 8, 2), 2);
	assert_order("0213");

	/* Bytes. */
	make_up();
	for (unsigned int i = 0; i < 8; i++)
		made_up[i].evidence = made_up[i].registration =
			bytes_of(junk, sizeof(junk));
	for (unsigned int i = 1; i < 3; i++)
		made_up[i].registration = made_up[i].evidence =
			bytes_of(junk, 0);
	made_up[7].origins = bytes_of(junk, ABI_REQUEST_MAX);
	assert_int_equal(ledger_pick(asks, 8, 64), 7);
	assert_order("01234567");
}

static void long_evidence_makes_more_commits_not_longer_ones(void **state)
{
	static uint8_t junk[ABI_EVIDENCE_MAX];
	struct world *w = *state;

	for (int i = 0; i < 30; i++)
		(void)world_wallet(w);
	for (int i = 0; i < 30; i++) {
		struct keeper_change *c = world_create(w);

		c->evidence_kind = EVIDENCE_API_KEY;
		c->evidence = bytes_of(junk, sizeof(junk));
		c->registration = bytes_of(junk, sizeof(junk));
	}
	world_run(w);
	for (int i = 0; i < 30; i++)
		assert_int_equal(w->requests[i].rc, KMS_RC_OK);
	assert_true(fake.longest <= ABI_REQUEST_MAX);
	assert_agree(w);
}

struct note {
	pthread_t thread;
	struct store *store;
};

static enum kms_rc take_note(struct store *s, const void *what)
{
	struct note *n = *(struct note *const *)what;

	n->thread = pthread_self();
	n->store = s;
	return KMS_RC_LIMIT;
}

static void a_write_is_done_by_the_committer(void **state)
{
	struct world *w = *state;
	struct note note = { 0 };
	struct note *what = &note;
	struct keeper_change *write = world_create(w);
	struct keeper_change *create = world_create(w);

	write->job = KEEPER_WRITE;
	write->write = take_note;
	write->what = &what;
	world_run(w);
	assert_int_equal(write->rc, KMS_RC_LIMIT);
	assert_int_equal(create->rc, KMS_RC_OK);
	assert_ptr_equal(note.store, w->store);
	assert_false(pthread_equal(note.thread, pthread_self()));
	assert_agree(w);
}

static void what_cannot_be_tried_is_refused_at_once(void **state)
{
	static uint8_t junk[ABI_EVIDENCE_MAX + 1];
	struct world *w = *state;
	struct store_wallet made = world_wallet(w);

	for (int how = 0; how < 11; how++) {
		struct keeper_change *c =
			how < 5 ? world_create(w)
				: world_change(w, &made, OP_ADD_PASSKEY);

		c->passkey = bytes_of(junk, how < 5 ? 0 : 64);
		switch (how) {
		case 0:
			c->wallet.description = NULL;
			break;
		case 1:
			memset(c->wallet.rp_id, 'a', sizeof(c->wallet.rp_id));
			break;
		case 2:
			c->registration = bytes_of(junk, sizeof(junk));
			break;
		case 3:
			c->origins = bytes_of(junk, ABI_ORIGINS_MAX + 1);
			break;
		case 4:
			c->credential_hash = bytes_of(junk, 31);
			break;
		case 5:
			c->op = OP_CREATE_KEY;
			break;
		case 6:
			c->op = OP_SET_STATE;
			break;
		case 7:
			c->passkey = bytes_of(junk, 63);
			break;
		case 8:
			c->op = OP_FREEZE;
			break;
		case 9:
			c->op = OP_CANCEL_DELETION + 1;
			break;
		default:
			c->evidence = bytes_of(junk, sizeof(junk));
			break;
		}
		if (keeper_submit(w->keeper, c) != KMS_RC_BAD_INPUT)
			fail_msg("%d was accepted", how);
		w->count = 0;
	}
}

/* What a wallet has to look like. */
struct expected {
	struct store_wallet made;
	bool there;
	enum store_lifecycle lifecycle;
};

static enum kms_rc refuse_some(const struct abi_prepare_op *op)
{
	return op->op == OP_UNFREEZE && op->uuid[9] % 4 == 3 ? KMS_RC_HELD
							     : KMS_RC_OK;
}

/* Asks for something of a wallet that is there, or for a new one. */
static struct expected *ask_anything(struct world *w, struct expected *all,
				     size_t known)
{
	static const uint8_t ops[] = { OP_DELETE, OP_FREEZE, OP_FREEZE,
				       OP_UNFREEZE, OP_UNFREEZE };
	size_t pick = prng_below(&rng, known + 3);

	if (pick >= known || !all[pick].there) {
		world_create(w);
		return NULL;
	}
	world_change(w, &all[pick].made, ops[prng_below(&rng, sizeof(ops))]);
	return &all[pick];
}

/* What the answer to a change says of the wallet. */
static void follow(struct expected *e, const struct keeper_change *c)
{
	switch (c->rc) {
	case KMS_RC_NOT_FOUND:
		assert_false(e->there);
		break;
	case KMS_RC_HELD:
		assert_int_equal(c->op, OP_UNFREEZE);
		break;
	default:
		assert_int_equal(c->rc, KMS_RC_OK);
		e->there = c->op != OP_DELETE;
		e->lifecycle = c->op == OP_FREEZE ? STORE_FROZEN : STORE_ACTIVE;
		break;
	}
}

static size_t ask_some(struct world *w, struct expected *all, size_t known)
{
	struct expected *of[WORLD_REQUESTS] = { 0 };
	size_t n = 1 + prng_below(&rng, 12);

	for (size_t i = 0; i < n; i++)
		of[i] = ask_anything(w, all, known);
	world_run(w);
	for (size_t i = 0; i < n; i++) {
		const struct keeper_change *c = &w->requests[i];

		if (of[i]) {
			follow(of[i], c);
			continue;
		}
		assert_int_equal(c->rc, KMS_RC_OK);
		all[known++] =
			(struct expected){ c->wallet, true, STORE_ACTIVE };
	}
	return known;
}

static void any_mixture_leaves_database_and_tee_of_one_mind(void **state)
{
	static struct expected all[40 * 12];
	struct world *w = *state;
	size_t known = 0;

	memset(all, 0, sizeof(all));
	fake.refuse = refuse_some;
	for (int round = 0; round < 40; round++) {
		known = ask_some(w, all, known);
		assert_agree(w);
	}
	assert_true(known > 30);
	world_stop(w);
	world_start(w);
	for (size_t i = 0; i < known; i++) {
		assert_int_equal(world_has(w, &all[i].made), all[i].there);
		if (all[i].there)
			assert_int_equal(w->row.lifecycle, all[i].lifecycle);
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wallet_is_made_with_its_vault),
		TEST(what_the_tee_has_done_is_in_the_row),
		TEST(a_deleted_wallet_takes_its_vault_along),
		TEST(what_waits_together_is_committed_together),
		TEST(a_refusal_concerns_one),
		TEST(two_changes_of_one_wallet_are_two_commits),
		TEST(a_change_whose_answer_is_lost_is_not_repeated),
		TEST(a_creation_whose_answer_is_lost_is_made_elsewhere),
		TEST(a_commit_whose_answer_is_lost_is_found_out),
		TEST(a_pinned_creation_stays_in_its_shard),
		cmocka_unit_test(only_what_goes_together_is_picked),
		TEST(long_evidence_makes_more_commits_not_longer_ones),
		TEST(a_write_is_done_by_the_committer),
		TEST(what_cannot_be_tried_is_refused_at_once),
		TEST(any_mixture_leaves_database_and_tee_of_one_mind),
	};

	rng = prng_start();
	if (log_configure("off"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
