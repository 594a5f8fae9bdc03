/* SPDX-License-Identifier: Apache-2.0 */
/* What keeper.h promises of keys that exist. */
#include "common/clock.h"
#include "common/log.h"
#include "test/unit/service/world.h"

#include <string.h>
#include <unistd.h>

#define ANY	    0xff
#define PATIENCE_MS 20000

static struct store_key make(struct world *w)
{
	struct keeper_change *c = world_create_key(w);

	world_run(w);
	assert_int_equal(c->rc, KMS_RC_OK);
	return c->key;
}

static struct keeper_change *ask(struct world *w, const struct store_key *key,
				 uint8_t state)
{
	struct keeper_change *c = world_change_key(w, key, OP_SET_STATE);

	c->key_state = state;
	c->key_states = ANY;
	return c;
}

static enum kms_rc set(struct world *w, const struct store_key *key,
		       uint8_t state)
{
	const struct keeper_change *c = ask(w, key, state);

	world_run(w);
	return c->rc;
}

static enum kms_rc end(struct world *w, const struct store_key *key)
{
	struct keeper_change *c = world_change_key(w, key, OP_DELETE);

	c->key_states = ANY;
	world_run(w);
	return c->rc;
}

static const struct fake_slot *slot_of(const struct store_key *key)
{
	return &fake.shards[key->shard].slots[key->slot];
}

static struct store_key row_of(struct world *w, const struct store_key *key)
{
	struct store_key row = { 0 };

	assert_int_equal(store_get_key(w->reader, &row, key->uuid), KMS_RC_OK);
	return row;
}

static void the_state_of_a_key_is_in_tee_and_database(void **state)
{
	static const uint8_t states[] = { KEY_STATE_DISABLED, KEY_STATE_ENABLED,
					  KEY_STATE_ENABLED };
	struct world *w = *state;
	struct store_key key = make(w);
	struct store_key other = make(w);

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		assert_int_equal(set(w, &key, states[i]), KMS_RC_OK);
		assert_int_equal(row_of(w, &key).key_state, states[i]);
		assert_int_equal(row_of(w, &key).version, 2 + i);
		assert_int_equal(slot_of(&key)->last_op, OP_SET_STATE);
		assert_int_equal(slot_of(&key)->version, 2 + i);
	}
	assert_int_equal(row_of(w, &other).key_state, KEY_STATE_ENABLED);
	assert_int_equal(slot_of(&other)->version, 1);
	assert_agree(w);
	world_stop(w);
	world_start(w);
	assert_int_equal(set(w, &key, KEY_STATE_DISABLED), KMS_RC_OK);
}

static void a_pending_deletion_has_its_date(void **state)
{
	struct world *w = *state;
	struct store_key key = make(w);
	struct keeper_change *c = ask(w, &key, KEY_STATE_PENDING_DELETION);

	c->window_days = 7;
	world_run(w);
	assert_int_equal(c->rc, KMS_RC_OK);
	assert_int_equal(c->key.key_state, KEY_STATE_PENDING_DELETION);
	assert_int_equal(c->key.delete_after_ms, 1700000000000 + 604800000);
	key = row_of(w, &key);
	assert_int_equal(key.key_state, KEY_STATE_PENDING_DELETION);
	assert_int_equal(key.delete_after_ms, 1700000000000 + 604800000);
	assert_int_equal(set(w, &key, KEY_STATE_DISABLED), KMS_RC_OK);
	assert_int_equal(row_of(w, &key).delete_after_ms, 0);
	assert_agree(w);
}

/* The one before it counts, also when both wait together. */
static void a_state_that_does_not_allow_it_is_refused(void **state)
{
	struct world *w = *state;
	struct store_key key = make(w);
	struct keeper_change *first = NULL;
	struct keeper_change *second = NULL;

	first = ask(w, &key, KEY_STATE_DISABLED);
	second = ask(w, &key, KEY_STATE_ENABLED);
	second->key_states = 1u << KEY_STATE_ENABLED;
	world_run(w);
	assert_int_equal(first->rc, KMS_RC_OK);
	assert_int_equal(second->rc, KMS_RC_INVALID_STATE);
	assert_int_equal(row_of(w, &key).key_state, KEY_STATE_DISABLED);
	assert_int_equal(slot_of(&key)->version, 2);
	assert_agree(w);
}

static void a_deleted_key_is_gone(void **state)
{
	struct world *w = *state;
	struct store_key key = make(w);
	struct store_key row = { 0 };

	assert_int_equal(end(w, &key), KMS_RC_OK);
	assert_int_equal(slot_of(&key)->type, RECORD_TOMBSTONE);
	assert_int_equal(store_get_key(w->reader, &row, key.uuid),
			 KMS_RC_NOT_FOUND);
	assert_int_equal(end(w, &key), KMS_RC_NOT_FOUND);
	assert_int_equal(set(w, &key, KEY_STATE_ENABLED), KMS_RC_NOT_FOUND);
	assert_agree(w);
}

static enum kms_rc refuse_one(const struct abi_prepare_op *op)
{
	return op->key_state == KEY_STATE_DISABLED ? KMS_RC_AUTH_REQUIRED
						   : KMS_RC_OK;
}

static void keys_and_wallets_change_together(void **state)
{
	struct world *w = *state;
	struct store_wallet wallet = world_wallet(w);
	struct store_key keys[12];

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		keys[i] = make(w);
	fake.refuse = refuse_one;
	world_change(w, &wallet, OP_FREEZE);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		ask(w, &keys[i],
		    i % 4 ? KEY_STATE_ENABLED : KEY_STATE_DISABLED);
	world_create_key(w);
	world_run(w);
	assert_int_equal(w->requests[0].rc, KMS_RC_OK);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		assert_int_equal(w->requests[1 + i].rc,
				 i % 4 ? KMS_RC_OK : KMS_RC_AUTH_REQUIRED);
	assert_int_equal(w->requests[13].rc, KMS_RC_OK);
	world_read(w, &wallet);
	assert_int_equal(w->row.lifecycle, STORE_FROZEN);
	assert_agree(w);
}

static bool is_there(struct world *w, const struct store_key *key)
{
	struct store_key row = { 0 };
	enum kms_rc rc = store_get_key(w->reader, &row, key->uuid);

	assert_true(!rc || rc == KMS_RC_NOT_FOUND);
	return !rc;
}

static void vanishes(struct world *w, const struct store_key *key)
{
	for (int i = 0; i < PATIENCE_MS && is_there(w, key); i++)
		usleep(1000);
	assert_false(is_there(w, key));
}

static void due_keys_are_deleted(void **state)
{
	static struct store_key made[40];
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		struct keeper_change *c = NULL;

		made[i] = make(w);
		c = ask(w, &made[i], KEY_STATE_PENDING_DELETION);
		/* Two of them are not due yet, two are taken back. */
		c->now_ms =
			clock_unix_ms() - (i < 38 ? 8 : 6) * INT64_C(86400000);
		c->window_days = 7;
		world_run(w);
		assert_int_equal(c->rc, KMS_RC_OK);
	}
	for (size_t i = 36; i < 38; i++)
		assert_int_equal(set(w, &made[i], KEY_STATE_DISABLED),
				 KMS_RC_OK);
	w->config.sweep_every_ms = 50;
	world_stop(w);
	world_start(w);
	for (size_t i = 0; i < 36; i++) {
		vanishes(w, &made[i]);
		assert_int_equal(slot_of(&made[i])->type, RECORD_TOMBSTONE);
	}
	for (size_t i = 36; i < ARRAY_LEN(made); i++)
		assert_true(is_there(w, &made[i]));
	assert_agree(w);
}

static enum kms_rc refuse_deletion(const struct abi_prepare_op *op)
{
	return op->op == OP_DELETE ? KMS_RC_AUTH_REQUIRED : KMS_RC_OK;
}

static void what_the_tee_does_not_delete_stays(void **state)
{
	struct world *w = *state;
	struct store_key key = make(w);
	struct keeper_change *c = ask(w, &key, KEY_STATE_PENDING_DELETION);
	int before = 0;

	c->window_days = 7;
	world_run(w);
	fake.refuse = refuse_deletion;
	w->config.sweep_every_ms = 10;
	before = atomic_load(&fake.prepares);
	world_stop(w);
	world_start(w);
	for (int i = 0; i < PATIENCE_MS; i++) {
		if (atomic_load(&fake.prepares) - before >= 3)
			break;
		usleep(1000);
	}
	assert_true(is_there(w, &key));
	assert_int_equal(set(w, &key, KEY_STATE_DISABLED), KMS_RC_OK);
}

/* Until then a reactor may use what it has read. */
static void changes_of_keys_are_counted_before_they_are_answered(void **state)
{
	struct world *w = *state;
	struct store_key key = make(w);
	struct store_wallet wallet = world_wallet(w);
	uint64_t was = keeper_key_changes(w->keeper);

	(void)make(w);
	world_change(w, &wallet, OP_FREEZE);
	world_run(w);
	assert_int_equal(keeper_key_changes(w->keeper), was);
	assert_int_equal(set(w, &key, KEY_STATE_DISABLED), KMS_RC_OK);
	assert_true(keeper_key_changes(w->keeper) > was);
	was = keeper_key_changes(w->keeper);
	/* What becomes of it is known when the worker is back. */
	atomic_store(&fake.lose_commits, 1);
	assert_int_equal(set(w, &key, KEY_STATE_ENABLED), KMS_RC_OK);
	assert_true(keeper_key_changes(w->keeper) > was);
	assert_agree(w);
}

static void what_is_no_change_of_a_key_is_refused_at_once(void **state)
{
	static const struct {
		uint8_t op;
		uint8_t state;
	} bad[] = {
		{ OP_FREEZE, KEY_STATE_ENABLED },
		{ OP_CREATE_KEY, KEY_STATE_ENABLED },
		{ OP_SET_STATE, 0 },
		{ OP_SET_STATE, KEY_STATE_PENDING_DELETION + 1 },
	};
	struct world *w = *state;
	struct store_key key = make(w);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct keeper_change *c = world_change_key(w, &key, bad[i].op);

		c->key_state = bad[i].state;
		assert_int_equal(keeper_submit(w->keeper, c), KMS_RC_BAD_INPUT);
		w->count = 0;
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_state_of_a_key_is_in_tee_and_database),
		TEST(a_pending_deletion_has_its_date),
		TEST(a_state_that_does_not_allow_it_is_refused),
		TEST(a_deleted_key_is_gone),
		TEST(keys_and_wallets_change_together),
		TEST(due_keys_are_deleted),
		TEST(what_the_tee_does_not_delete_stays),
		TEST(changes_of_keys_are_counted_before_they_are_answered),
		TEST(what_is_no_change_of_a_key_is_refused_at_once),
	};

	if (log_configure("off"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
