/* SPDX-License-Identifier: Apache-2.0 */
/* What store.h promises of changes of the rows of keys, for any backend. */
#include "test/unit/store/fixture.h"

#include <string.h>

/* A batch whose one change is the next version of key 0, with an edit. */
static void edit_key(struct world *w, uint64_t version,
		     const struct store_key_edit *e)
{
	struct record_header h = { .type = RECORD_KEY,
				   .shard = 3,
				   .version = version };

	uuid_of(h.uuid, 3, 0);
	record_put_header(w->c.blobs[0], &h);
	w->c.changes[0].key = NULL;
	w->c.changes[0].key_edit = e;
	w->c.batch.seq = version;
}

static void assert_key_state(struct world *w, uint64_t version, uint8_t state,
			     int64_t delete_after_ms)
{
	struct store_key key = { 0 };
	uint8_t uuid[ABI_UUID_LEN] = { 0 };

	uuid_of(uuid, 3, 0);
	assert_int_equal(store_get_key(w->r, &key, uuid), KMS_RC_OK);
	assert_int_equal(key.version, version);
	assert_int_equal(key.key_state, state);
	assert_int_equal(key.delete_after_ms, delete_after_ms);
	/* What the edit does not name. */
	assert_int_equal(key.account, account_of(0));
	assert_int_equal(key.created_ms, 1700000000000);
}

static void an_edit_of_a_key_is_visible_when_it_is_finished(void **state)
{
	const struct store_key_edit off = { .key_state = KEY_STATE_DISABLED };
	const struct store_key_edit ends = { .key_state =
						     KEY_STATE_PENDING_DELETION,
					     .delete_after_ms = 1800000000000 };
	struct world *w = *state;

	world_grow(w, 1);
	edit_key(w, 2, &off);
	assert_int_equal(store_begin_batch(w->s, &w->c.batch), KMS_RC_OK);
	assert_key_state(w, 1, KEY_STATE_ENABLED, 0);
	assert_int_equal(store_drop_batch(w->s, 3), KMS_RC_OK);
	assert_key_state(w, 1, KEY_STATE_ENABLED, 0);
	change_set_commit(&w->c, w->s);
	assert_key_state(w, 2, KEY_STATE_DISABLED, 0);
	edit_key(w, 3, &ends);
	change_set_commit(&w->c, w->s);
	world_reopen(w);
	assert_key_state(w, 3, KEY_STATE_PENDING_DELETION, 1800000000000);
	edit_key(w, 4, &off);
	change_set_commit(&w->c, w->s);
	assert_key_state(w, 4, KEY_STATE_DISABLED, 0);
}

struct due {
	uint64_t slots[8];
	size_t count;
	struct store_time_mark last;
};

static bool see_due(void *arg, const struct store_key *key)
{
	struct due *d = arg;

	assert_true(d->count < ARRAY_LEN(d->slots));
	d->slots[d->count++] = key->slot;
	d->last.ms = key->delete_after_ms;
	memcpy(d->last.uuid, key->uuid, sizeof(d->last.uuid));
	return true;
}

static size_t list_due(struct world *w, struct due *d, int64_t now_ms,
		       unsigned int limit)
{
	d->count = 0;
	assert_int_equal(
		store_list_due_keys(w->r, now_ms, &d->last, limit, see_due, d),
		KMS_RC_OK);
	return d->count;
}

static void due_keys_are_listed_by_their_date(void **state)
{
	static const int64_t dates[] = { 50, 10, 40, 0, 20, 30 };
	struct store_key_edit edits[ARRAY_LEN(dates)];
	struct world *w = *state;
	struct due d = { 0 };

	/* Slots 0 to 5; the one without a date stays enabled. */
	while (w->m.slots < ARRAY_LEN(dates))
		world_grow(w, 1);
	assert_int_equal(list_due(w, &d, INT64_MAX, 8), 0);
	for (size_t i = 0; i < ARRAY_LEN(dates); i++) {
		struct record_header h = {
			.type = RECORD_KEY, .shard = 3, .slot = i, .version = 99
		};

		edits[i] = (struct store_key_edit){
			.key_state = dates[i] ? KEY_STATE_PENDING_DELETION
					      : KEY_STATE_ENABLED,
			.delete_after_ms = dates[i],
		};
		uuid_of(h.uuid, 3, i);
		record_put_header(w->c.blobs[0], &h);
		w->c.changes[0].blob =
			bytes_of(w->c.blobs[0], RECORD_HEADER_LEN + 9);
		w->c.changes[0].key = NULL;
		w->c.changes[0].key_edit = &edits[i];
		w->c.batch.seq++;
		change_set_commit(&w->c, w->s);
	}
	assert_int_equal(list_due(w, &d, 9, 8), 0);
	assert_int_equal(list_due(w, &d, 40, 8), 4);
	assert_memory_equal(d.slots, ((uint64_t[]){ 1, 4, 5, 2 }), 32);
	d = (struct due){ 0 };
	assert_int_equal(list_due(w, &d, 100, 3), 3);
	assert_int_equal(list_due(w, &d, 100, 3), 2);
	assert_memory_equal(d.slots, ((uint64_t[]){ 2, 0 }), 16);
	assert_int_equal(list_due(w, &d, 100, 3), 0);
}

static void an_edit_that_makes_no_sense_is_refused(void **state)
{
	static const struct store_key_edit bad[] = {
		{ 0, 0 },
		{ KEY_STATE_PENDING_DELETION + 1, 0 },
		{ KEY_STATE_ENABLED, 1 },
		{ KEY_STATE_DISABLED, -1 },
		{ KEY_STATE_PENDING_DELETION, 0 },
		{ KEY_STATE_PENDING_DELETION, -1 },
	};
	const struct store_key_edit good = { KEY_STATE_ENABLED, 0 };
	const struct store_key *key = NULL;
	struct world *w = *state;

	world_grow(w, 1);
	key = w->c.changes[0].key;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(store_accepts_key_edit(&bad[i]));
		edit_key(w, 2, &bad[i]);
		assert_int_equal(store_begin_batch(w->s, &w->c.batch),
				 KMS_RC_BAD_INPUT);
	}
	edit_key(w, 2, &good);
	w->c.changes[0].key = key;
	assert_int_equal(store_begin_batch(w->s, &w->c.batch),
			 KMS_RC_BAD_INPUT);
	assert_key_state(w, 1, KEY_STATE_ENABLED, 0);
}

static void assert_description(struct world *w, uint64_t slot, const char *want)
{
	struct store_key key = { 0 };

	uuid_of(key.uuid, 3, slot);
	assert_int_equal(store_get_key(w->r, &key, key.uuid), KMS_RC_OK);
	assert_string_equal(key.description, want);
}

static void a_description_is_written_over(void **state)
{
	static char longest[4 * STORE_DESCRIPTION_MAX + 2];
	struct world *w = *state;
	struct store_key key = { .description = "new",
				 .account = account_of(1) };

	memset(longest, 'x', sizeof(longest) - 1);
	while (w->m.slots < 3)
		world_grow(w, 1);
	uuid_of(key.uuid, 3, 1);
	assert_int_equal(store_put_description(w->s, &key), KMS_RC_OK);
	world_reopen(w);
	assert_description(w, 0, "");
	assert_description(w, 1, "new");
	key.description = "";
	assert_int_equal(store_put_description(w->s, &key), KMS_RC_OK);
	assert_description(w, 1, "");
	key.description = longest;
	assert_int_equal(store_put_description(w->s, &key), KMS_RC_BAD_INPUT);
	key.description = longest + 1;
	assert_int_equal(store_put_description(w->s, &key), KMS_RC_OK);
	assert_description(w, 1, longest + 1);
	key.description = NULL;
	assert_int_equal(store_put_description(w->s, &key), KMS_RC_BAD_INPUT);
	key.description = "new";
	key.account = account_of(2);
	assert_int_equal(store_put_description(w->s, &key), KMS_RC_NOT_FOUND);
	key.account = 1000000000000;
	assert_int_equal(store_put_description(w->s, &key), KMS_RC_BAD_INPUT);
	uuid_of(key.uuid, 3, 200);
	key.account = account_of(200);
	assert_int_equal(store_put_description(w->s, &key), KMS_RC_NOT_FOUND);
	assert_description(w, 2, "");
}

static void a_description_outlives_a_prepared_batch(void **state)
{
	struct world *w = *state;
	struct store_key key = { .description = "new",
				 .account = account_of(0) };

	world_grow(w, 1);
	uuid_of(key.uuid, 3, 0);
	do {
		change_set_make(&w->c, &w->m, w->s, &w->rng, 8);
		assert_int_equal(store_begin_batch(w->s, &w->c.batch),
				 KMS_RC_OK);
		key.description = w->m.seq % 2 ? "odd" : "even";
		assert_int_equal(store_put_description(w->s, &key), KMS_RC_OK);
		assert_int_equal(
			store_finish_batch(w->s, 3, w->m.seq, w->c.root),
			KMS_RC_OK);
		assert_description(w, 0, key.description);
	} while (w->m.version[0] < 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		world_test(an_edit_of_a_key_is_visible_when_it_is_finished),
		world_test(due_keys_are_listed_by_their_date),
		world_test(an_edit_that_makes_no_sense_is_refused),
		world_test(a_description_is_written_over),
		world_test(a_description_outlives_a_prepared_batch),
	};

	place_choose(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
