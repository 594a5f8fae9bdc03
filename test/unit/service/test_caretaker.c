/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper does unasked. */
#include "common/clock.h"
#include "common/log.h"
#include "test/unit/service/world.h"

#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static void start_again(struct world *w)
{
	world_stop(w);
	world_start(w);
}

/* Makes count wallets of an age, from the first request on. */
static void make(struct world *w, size_t count, int64_t age_ms,
		 struct store_wallet *out)
{
	for (size_t i = 0; i < count; i++)
		world_create(w)->wallet.created_ms = clock_unix_ms() - age_ms;
	world_run(w);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(w->requests[i].rc, KMS_RC_OK);
		out[i] = w->requests[i].wallet;
	}
}

static bool becomes(struct world *w, const struct store_wallet *wallet,
		    enum store_lifecycle want)
{
	for (int i = 0; i < PATIENCE_MS; i++) {
		world_read(w, wallet);
		if (w->row.lifecycle == want)
			return true;
		usleep(1000);
	}
	return false;
}

static bool vanishes(struct world *w, const struct store_wallet *wallet)
{
	for (int i = 0; i < PATIENCE_MS; i++) {
		if (!world_has(w, wallet))
			return true;
		usleep(1000);
	}
	return false;
}

static void dormant_wallets_are_frozen_at_the_start(void **state)
{
	static struct store_wallet old[40];
	static struct store_wallet young[3];
	struct world *w = *state;

	make(w, 40, 100000, old);
	make(w, 3, 1000, young);
	w->config.freeze_after_ms = 50000;
	start_again(w);
	for (int i = 0; i < 40; i++) {
		assert_true(becomes(w, &old[i], STORE_FROZEN));
		assert_int_equal(
			fake.shards[old[i].shard].slots[old[i].slot].last_op,
			OP_FREEZE);
		/* To freeze is no use. */
		assert_int_equal(w->row.last_used_ms, old[i].created_ms);
	}
	for (int i = 0; i < 3; i++) {
		world_read(w, &young[i]);
		assert_int_equal(w->row.lifecycle, STORE_ACTIVE);
	}
	assert_agree(w);
}

static void a_wallet_in_use_is_not_frozen(void **state)
{
	struct world *w = *state;
	static struct store_wallet old[2];
	struct store_use use = { 0 };

	make(w, 2, 100000, old);
	memcpy(use.uuid, old[1].uuid, sizeof(use.uuid));
	use.last_used_ms = clock_unix_ms();
	keeper_note_use(w->keeper, &use);
	w->config.freeze_after_ms = 50000;
	start_again(w);
	assert_true(becomes(w, &old[0], STORE_FROZEN));
	world_read(w, &old[1]);
	assert_int_equal(w->row.lifecycle, STORE_ACTIVE);
}

static void a_later_round_finds_what_has_become_dormant(void **state)
{
	struct world *w = *state;
	struct store_wallet made[1];

	w->config.freeze_after_ms = 1500;
	w->config.freeze_every_ms = 50;
	start_again(w);
	make(w, 1, 0, made);
	assert_true(becomes(w, made, STORE_FROZEN));
	assert_true(clock_unix_ms() - made[0].created_ms >= 1500);
}

static void zero_means_never_frozen(void **state)
{
	struct world *w = *state;
	struct store_wallet made[1];

	make(w, 1, 1000000000, made);
	w->config.freeze_every_ms = 10;
	start_again(w);
	usleep(100000);
	world_read(w, made);
	assert_int_equal(w->row.lifecycle, STORE_ACTIVE);
}

static enum kms_rc refuse_all(const struct abi_prepare_op *op)
{
	return op->op == OP_FREEZE ? KMS_RC_KEY_DISABLED : KMS_RC_OK;
}

static void what_the_tee_refuses_to_freeze_stays(void **state)
{
	struct world *w = *state;
	static struct store_wallet old[40];
	int before = 0;

	make(w, 40, 100000, old);
	fake.refuse = refuse_all;
	w->config.freeze_after_ms = 50000;
	before = atomic_load(&fake.prepares);
	start_again(w);
	/* The round ends all the same, and requests are served. */
	for (int i = 0; i < PATIENCE_MS; i++) {
		if (atomic_load(&fake.prepares) - before >= 40)
			break;
		usleep(1000);
	}
	(void)world_wallet(w);
	for (int i = 0; i < 40; i++) {
		world_read(w, &old[i]);
		assert_int_equal(w->row.lifecycle, STORE_ACTIVE);
	}
}

/* As SCHEDULE_DELETION at a time that many days ago. */
static void schedule(struct world *w, const struct store_wallet *wallet,
		     int64_t days_ago)
{
	struct keeper_change *c = world_change(w, wallet, OP_SCHEDULE_DELETION);

	c->now_ms = clock_unix_ms() - days_ago * 86400000;
	c->window_days = 7;
	world_run(w);
	assert_int_equal(c->rc, KMS_RC_OK);
}

static void due_wallets_are_deleted(void **state)
{
	static struct store_wallet made[40];
	struct world *w = *state;

	make(w, 40, 0, made);
	for (int i = 0; i < 40; i++)
		schedule(w, &made[i], i < 38 ? 8 : 6);
	w->config.sweep_every_ms = 50;
	start_again(w);
	for (int i = 0; i < 38; i++) {
		const struct fake_shard *s = &fake.shards[made[i].shard];

		assert_true(vanishes(w, &made[i]));
		assert_int_equal(s->slots[made[i].vault_slot].type,
				 RECORD_TOMBSTONE);
	}
	for (int i = 38; i < 40; i++) {
		world_read(w, &made[i]);
		assert_int_equal(w->row.lifecycle, STORE_PENDING_DELETION);
	}
	/* A cancelled one is not due any more. */
	(void)world_change(w, &made[38], OP_CANCEL_DELETION);
	world_run(w);
	assert_true(world_has(w, &made[38]));
	assert_agree(w);
}

static void uses_are_written_down_soon(void **state)
{
	struct world *w = *state;
	struct store_wallet made[1];
	struct store_use use = { 0 };
	uint64_t value = 0;

	make(w, 1, 1000, made);
	w->config.flush_every_ms = 20;
	start_again(w);
	memcpy(use.uuid, made[0].uuid, sizeof(use.uuid));
	for (int i = 1; i <= 100; i++) {
		use.last_used_ms = made[0].created_ms + 1000 + i;
		keeper_note_use(w->keeper, &use);
		keeper_count(w->keeper, "sign", 1);
		keeper_count(w->keeper, "signature", 2);
	}
	for (int i = 0; value < 200 && i < PATIENCE_MS; i++) {
		usleep(1000);
		assert_int_equal(
			store_get_counter(w->reader, &value, "signature"),
			KMS_RC_OK);
	}
	assert_int_equal(value, 200);
	assert_int_equal(store_get_counter(w->reader, &value, "sign"),
			 KMS_RC_OK);
	assert_int_equal(value, 100);
	world_read(w, made);
	assert_int_equal(w->row.last_used_ms, made[0].created_ms + 1100);
}

static void a_stop_writes_down_what_was_noted(void **state)
{
	struct world *w = *state;
	struct store_wallet made[1];
	struct store_use use = { .last_used_ms = 7000000000000 };
	uint64_t value = 0;

	w->config.flush_every_ms = 3600000;
	start_again(w);
	make(w, 1, 0, made);
	memcpy(use.uuid, made[0].uuid, sizeof(use.uuid));
	/* More wallets than there is room for harm nobody. */
	keeper_note_use(w->keeper, &use);
	for (int i = 0; i < 3000; i++) {
		struct store_use other = { .last_used_ms = 1 };

		memcpy(other.uuid, &i, sizeof(i));
		keeper_note_use(w->keeper, &other);
	}
	for (int i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		keeper_count(w->keeper, name, 1);
	}
	start_again(w);
	world_read(w, made);
	assert_int_equal(w->row.last_used_ms, use.last_used_ms);
	assert_int_equal(store_get_counter(w->reader, &value, "0"), KMS_RC_OK);
	assert_int_equal(value, 1);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dormant_wallets_are_frozen_at_the_start),
		TEST(a_wallet_in_use_is_not_frozen),
		TEST(a_later_round_finds_what_has_become_dormant),
		TEST(zero_means_never_frozen),
		TEST(what_the_tee_refuses_to_freeze_stays),
		TEST(due_wallets_are_deleted),
		TEST(uses_are_written_down_soon),
		TEST(a_stop_writes_down_what_was_noted),
	};

	if (log_configure("off"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
