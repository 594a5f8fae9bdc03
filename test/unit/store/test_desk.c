/* SPDX-License-Identifier: Apache-2.0 */
/* What wallet.h promises of addresses, challenges, uses, for any backend. */
#include "test/unit/store/wallet_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct world {
	struct place place;
	struct store *s;
	struct store_reader *r;
	struct wallet_set set;
	struct store_wallet wallet;
	char meta[STORE_CHALLENGE_META_MAX + 1];
};

static int set_up(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));

	place_make(&w->place);
	w->s = open_ok(w->place.path);
	w->r = reader_ok(w->s);
	wallet_set_start(&w->set, w->s, 0);
	wallet_set_create(&w->set, 0);
	wallet_set_create(&w->set, 1);
	wallet_set_commit(&w->set, w->s);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	store_reader_close(&w->r);
	store_close(&w->s);
	place_remove(&w->place);
	test_free(w);
	return 0;
}

static void an_address_leads_to_its_wallet(void **state)
{
	struct world *w = *state;
	struct store_address a = { .index = 7,
				   .address = "0x00000000000000000000000000"
					      "000000abcdef07" };
	struct store_address got = { 0 };

	uuid_of(a.uuid, 0, 1);
	assert_int_equal(store_add_address(w->s, &a), KMS_RC_OK);
	assert_int_equal(store_add_address(w->s, &a), KMS_RC_OK);
	assert_int_equal(store_get_address(w->r, &got, a.address), KMS_RC_OK);
	assert_memory_equal(got.uuid, a.uuid, ABI_UUID_LEN);
	assert_int_equal(got.account, 0);
	assert_int_equal(got.index, 7);
	assert_string_equal(got.address, a.address);
	/* Of any case. */
	assert_int_equal(store_get_address(w->r, &got,
					   "0x000000000000000000000000000000"
					   "00ABcdEF07"),
			 KMS_RC_OK);
	assert_int_equal(got.index, 7);
	a.address[41] = '8';
	assert_int_equal(store_get_address(w->r, &got, a.address),
			 KMS_RC_NOT_FOUND);
	assert_int_equal(store_get_address(w->r, &got, "0x12"),
			 KMS_RC_NOT_FOUND);
	a.address[41] = 'G';
	assert_int_equal(store_get_address(w->r, &got, a.address),
			 KMS_RC_NOT_FOUND);
	assert_int_equal(store_add_address(w->s, &a), KMS_RC_BAD_INPUT);
}

static void an_address_of_no_wallet_is_refused(void **state)
{
	struct world *w = *state;
	struct store_address a = { .address = "0x00000000000000000000000000"
					      "000000abcdef07" };

	uuid_of(a.uuid, 0, 2);
	assert_int_equal(store_add_address(w->s, &a), KMS_RC_NOT_FOUND);
	assert_int_equal(store_get_address(w->r, &a, a.address),
			 KMS_RC_NOT_FOUND);
}

static void an_address_dies_with_its_wallet(void **state)
{
	struct world *w = *state;
	struct store_address a = { .index = 9999,
				   .address = "0x00000000000000000000000000"
					      "000000abcdef07" };

	uuid_of(a.uuid, 0, 1);
	assert_int_equal(store_add_address(w->s, &a), KMS_RC_OK);
	wallet_set_start(&w->set, w->s, 0);
	wallet_set_delete(&w->set, 1, 2);
	wallet_set_commit(&w->set, w->s);
	assert_int_equal(store_get_address(w->r, &a, a.address),
			 KMS_RC_NOT_FOUND);
}

static struct store_challenge challenge_of(unsigned int number)
{
	struct store_challenge c = {
		.has_wallet = number % 2,
		.purpose =
			number % 2 ? STORE_AUTHENTICATION : STORE_REGISTRATION,
		.rp_id = "aastar.io",
		.shard = (uint16_t)(number % ABI_SHARDS_MAX),
		.created_ms = 1000,
		.expires_ms = 301000,
		.meta = number % 2 ? "" : "{\"description\":\"x\"}",
	};

	snprintf(c.id, sizeof(c.id), "%08x-0000-4000-8000-000000000000",
		 number);
	memset(c.challenge, (int)(number & 0xff), sizeof(c.challenge));
	if (c.has_wallet)
		uuid_of(c.uuid, 0, number);
	return c;
}

static void put(struct world *w, unsigned int number)
{
	struct store_challenge c = challenge_of(number);

	assert_int_equal(store_put_challenge(w->s, &c), KMS_RC_OK);
}

static enum kms_rc take(struct world *w, struct store_challenge *out,
			unsigned int number, int64_t now_ms)
{
	struct store_challenge c = challenge_of(number);

	return store_take_challenge(w->s, out, w->meta, c.id, now_ms);
}

static void a_challenge_is_taken_once(void **state)
{
	struct world *w = *state;

	for (unsigned int i = 0; i < 2; i++) {
		struct store_challenge want = challenge_of(i);
		struct store_challenge got = { 0 };

		put(w, i);
		assert_int_equal(take(w, &got, i, 2000), KMS_RC_OK);
		assert_string_equal(got.id, want.id);
		assert_memory_equal(got.challenge, want.challenge, 32);
		assert_int_equal(got.has_wallet, want.has_wallet);
		assert_memory_equal(got.uuid, want.uuid, ABI_UUID_LEN);
		assert_int_equal(got.purpose, want.purpose);
		assert_string_equal(got.rp_id, want.rp_id);
		assert_int_equal(got.shard, want.shard);
		assert_int_equal(got.created_ms, want.created_ms);
		assert_int_equal(got.expires_ms, want.expires_ms);
		assert_string_equal(got.meta, want.meta);
		assert_int_equal(take(w, &got, i, 2000), KMS_RC_NOT_FOUND);
	}
}

static void a_late_taker_gets_nothing_and_consumes_it(void **state)
{
	struct world *w = *state;
	struct store_challenge got = { 0 };

	put(w, 1);
	assert_int_equal(take(w, &got, 1, 301000), KMS_RC_NOT_FOUND);
	assert_int_equal(take(w, &got, 1, 2000), KMS_RC_NOT_FOUND);
	put(w, 2);
	assert_int_equal(take(w, &got, 2, 300999), KMS_RC_OK);
}

static void malformed_challenges_are_refused(void **state)
{
	struct world *w = *state;
	struct store_challenge c = challenge_of(1);
	struct store_challenge got = { 0 };

	assert_int_equal(store_put_challenge(w->s, &c), KMS_RC_OK);
	assert_int_equal(store_put_challenge(w->s, &c), KMS_RC_EXISTS);
	c = challenge_of(2);
	c.id[3] = '\0';
	assert_int_equal(store_put_challenge(w->s, &c), KMS_RC_BAD_INPUT);
	c = challenge_of(2);
	c.purpose = 0;
	assert_int_equal(store_put_challenge(w->s, &c), KMS_RC_BAD_INPUT);
	c = challenge_of(2);
	c.meta = NULL;
	assert_int_equal(store_put_challenge(w->s, &c), KMS_RC_BAD_INPUT);
	c = challenge_of(2);
	memset(c.rp_id, 'a', sizeof(c.rp_id));
	assert_int_equal(store_put_challenge(w->s, &c), KMS_RC_BAD_INPUT);
	assert_int_equal(
		store_take_challenge(w->s, &got, w->meta, "' OR 1=1", 0),
		KMS_RC_NOT_FOUND);
	assert_int_equal(take(w, &got, 1, 2000), KMS_RC_OK);
}

static void expired_challenges_are_purged(void **state)
{
	struct world *w = *state;
	struct store_challenge got = { 0 };
	struct store_challenge c = { 0 };

	for (unsigned int i = 0; i < 3000; i++) {
		c = challenge_of(i);
		c.expires_ms = 1000 + i;
		assert_int_equal(store_put_challenge(w->s, &c), KMS_RC_OK);
	}
	assert_int_equal(store_purge_challenges(w->s, 3500), KMS_RC_OK);
	assert_int_equal(take(w, &got, 2500, 0), KMS_RC_NOT_FOUND);
	assert_int_equal(take(w, &got, 2501, 0), KMS_RC_OK);
	assert_int_equal(take(w, &got, 2999, 0), KMS_RC_OK);
}

#define TAKERS 4
#define PRIZES 200

struct race {
	struct world *w;
	atomic_uint won;
};

static void *race_for_all(void *arg)
{
	struct race *race = arg;
	static _Thread_local char meta[STORE_CHALLENGE_META_MAX + 1];

	for (unsigned int i = 0; i < PRIZES; i++) {
		struct store_challenge c = challenge_of(i);
		struct store_challenge got = { 0 };

		if (!store_take_challenge(race->w->s, &got, meta, c.id, 2000))
			atomic_fetch_add(&race->won, 1);
	}
	return NULL;
}

static void of_many_takers_one_wins(void **state)
{
	struct race race = { .w = *state };
	pthread_t threads[TAKERS];

	for (unsigned int i = 0; i < PRIZES; i++)
		put(race.w, i);
	for (int i = 0; i < TAKERS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, race_for_all, &race),
			0);
	for (int i = 0; i < TAKERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&race.won), PRIZES);
}

static void uses_only_move_forward(void **state)
{
	struct world *w = *state;
	struct store_use uses[3] = {
		{ .last_used_ms = 1750000000000, .sign_count = 10 },
		{ .last_used_ms = 1740000000000, .sign_count = 9 },
		{ .last_used_ms = 1, .sign_count = 1 },
	};

	uuid_of(uses[0].uuid, 0, 1);
	uuid_of(uses[1].uuid, 0, 1);
	uuid_of(uses[2].uuid, 0, 99); /* gone */
	assert_int_equal(store_note(w->s, uses, 3, NULL, 0), KMS_RC_OK);
	assert_int_equal(store_get_wallet(w->r, &w->wallet, uses[0].uuid),
			 KMS_RC_OK);
	assert_int_equal(w->wallet.last_used_ms, 1750000000000);
	assert_int_equal(w->wallet.sign_count, 10);
	assert_int_equal(store_note(w->s, NULL, 0, NULL, 0), KMS_RC_OK);
	uses[0].last_used_ms = -1;
	assert_int_equal(store_note(w->s, uses, 1, NULL, 0), KMS_RC_BAD_INPUT);
}

static void counters_add_up(void **state)
{
	struct world *w = *state;
	struct store_count counts[2] = { { "sign", 3 }, { "error", 1 } };
	uint64_t value = 7;

	assert_int_equal(store_get_counter(w->r, &value, "sign"), KMS_RC_OK);
	assert_int_equal(value, 0);
	assert_int_equal(store_note(w->s, NULL, 0, counts, 2), KMS_RC_OK);
	assert_int_equal(store_note(w->s, NULL, 0, counts, 1), KMS_RC_OK);
	assert_int_equal(store_get_counter(w->r, &value, "sign"), KMS_RC_OK);
	assert_int_equal(value, 6);
	assert_int_equal(store_get_counter(w->r, &value, "error"), KMS_RC_OK);
	assert_int_equal(value, 1);
	memset(counts[1].name, 'x', sizeof(counts[1].name));
	assert_int_equal(store_note(w->s, NULL, 0, counts, 2),
			 KMS_RC_BAD_INPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(an_address_leads_to_its_wallet),
		TEST(an_address_of_no_wallet_is_refused),
		TEST(an_address_dies_with_its_wallet),
		TEST(a_challenge_is_taken_once),
		TEST(a_late_taker_gets_nothing_and_consumes_it),
		TEST(malformed_challenges_are_refused),
		TEST(expired_challenges_are_purged),
		TEST(of_many_takers_one_wins),
		TEST(uses_only_move_forward),
		TEST(counters_add_up),
	};

	place_choose(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
