/* SPDX-License-Identifier: Apache-2.0 */
/* What tag.h promises, for any backend. */
#include "host/store/tag.h"
#include "test/unit/store/wallet_fixture.h"

#include <string.h>

static struct wallet_set set;

static struct store_tagging on(uint64_t slot, const struct store_tag *tags,
			       size_t count)
{
	struct store_tagging t = { .account = account_of(slot),
				   .tags = tags,
				   .count = count };

	uuid_of(t.uuid, 3, slot);
	return t;
}

static enum kms_rc put(struct world *w, uint64_t slot, const char *key,
		       const char *value)
{
	const struct store_tag tag = { key, value };
	const struct store_tagging t = on(slot, &tag, 1);

	return store_put_tags(w->s, &t);
}

static enum kms_rc take_off(struct world *w, uint64_t slot, const char *key)
{
	const struct store_tag tag = { key, "" };
	const struct store_tagging t = on(slot, &tag, 1);

	return store_remove_tags(w->s, &t);
}

struct texts {
	char text[256];
	unsigned int most;
};

static bool put_text(void *arg, const struct store_tag *tag)
{
	struct texts *t = arg;
	size_t at = strlen(t->text);

	snprintf(t->text + at, sizeof(t->text) - at, " %s=%s", tag->key,
		 tag->value);
	return --t->most;
}

static void assert_page(struct world *w, const uint8_t uuid[ABI_UUID_LEN],
			const char *after, unsigned int limit, const char *want)
{
	struct texts t = { .most = 100 };

	assert_int_equal(
		store_list_tags(w->r, uuid, after, limit, put_text, &t),
		KMS_RC_OK);
	assert_string_equal(t.text, want);
}

static void assert_tags(struct world *w, uint64_t slot, const char *want)
{
	uint8_t uuid[ABI_UUID_LEN];

	uuid_of(uuid, 3, slot);
	assert_page(w, uuid, "", 100, want);
}

static void tags_come_change_and_go(void **state)
{
	struct world *w = *state;

	assert_tags(w, 0, "");
	assert_int_equal(put(w, 0, "b", "1"), KMS_RC_OK);
	assert_int_equal(put(w, 0, "a", ""), KMS_RC_OK);
	assert_int_equal(put(w, 0, "B", "Zürich"), KMS_RC_OK);
	assert_int_equal(put(w, 1, "b", "other"), KMS_RC_OK);
	assert_tags(w, 0, " B=Zürich a= b=1");
	assert_int_equal(put(w, 0, "b", "2"), KMS_RC_OK);
	world_reopen(w);
	assert_tags(w, 0, " B=Zürich a= b=2");
	assert_int_equal(take_off(w, 0, "b"), KMS_RC_OK);
	assert_int_equal(take_off(w, 0, "b"), KMS_RC_OK);
	assert_tags(w, 0, " B=Zürich a=");
	assert_tags(w, 1, " b=other");
}

static void pages_go_by_key(void **state)
{
	struct world *w = *state;
	struct texts one = { .most = 1 };
	uint8_t uuid[ABI_UUID_LEN];

	uuid_of(uuid, 3, 0);
	for (const char *key = "cab"; *key; key++) {
		char text[2] = { *key };

		assert_int_equal(put(w, 0, text, "v"), KMS_RC_OK);
	}
	assert_page(w, uuid, "", 2, " a=v b=v");
	assert_page(w, uuid, "b", 2, " c=v");
	assert_page(w, uuid, "aa", 1, " b=v");
	assert_int_equal(store_list_tags(w->r, uuid, "", 9, put_text, &one),
			 KMS_RC_OK);
	assert_string_equal(one.text, " a=v");
}

static void a_key_has_50_tags_at_most(void **state)
{
	struct world *w = *state;
	char keys[STORE_TAGS_MAX][8];
	struct store_tag tags[STORE_TAGS_MAX + 1];
	struct store_tagging t = on(0, tags, STORE_TAGS_MAX);

	for (int i = 0; i < STORE_TAGS_MAX; i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%d", i);
		tags[i] = (struct store_tag){ keys[i], "v" };
	}
	tags[STORE_TAGS_MAX] = (struct store_tag){ "more", "v" };
	assert_int_equal(store_put_tags(w->s, &t), KMS_RC_OK);
	assert_int_equal(store_put_tags(w->s, &t), KMS_RC_OK);
	assert_int_equal(put(w, 0, "k7", "other"), KMS_RC_OK);
	assert_int_equal(put(w, 0, "more", "v"), KMS_RC_LIMIT);
	assert_int_equal(take_off(w, 0, "more"), KMS_RC_OK);
	assert_int_equal(take_off(w, 0, "k0"), KMS_RC_OK);
	/* All of them or none. */
	t = on(0, tags + STORE_TAGS_MAX - 1, 2);
	assert_int_equal(store_put_tags(w->s, &t), KMS_RC_OK);
	t = on(1, tags, STORE_TAGS_MAX + 1);
	assert_int_equal(store_put_tags(w->s, &t), KMS_RC_BAD_INPUT);
	assert_int_equal(store_remove_tags(w->s, &t), KMS_RC_BAD_INPUT);
	t = on(0, tags, STORE_TAGS_MAX);
	assert_int_equal(store_put_tags(w->s, &t), KMS_RC_LIMIT);
	assert_int_equal(store_remove_tags(w->s, &t), KMS_RC_OK);
	assert_tags(w, 0, " more=v");
}

static void a_key_of_the_account_is_needed(void **state)
{
	struct world *w = *state;
	const struct store_tag tag = { "a", "v" };
	struct store_tagging t = on(0, &tag, 1);

	t.account = account_of(1);
	assert_int_equal(store_put_tags(w->s, &t), KMS_RC_NOT_FOUND);
	assert_int_equal(store_remove_tags(w->s, &t), KMS_RC_NOT_FOUND);
	t.account = 1000000000000;
	assert_int_equal(store_put_tags(w->s, &t), KMS_RC_BAD_INPUT);
	assert_int_equal(put(w, 200, "a", "v"), KMS_RC_NOT_FOUND);
	assert_int_equal(take_off(w, 200, "a"), KMS_RC_NOT_FOUND);
	assert_tags(w, 0, "");
}

static void what_is_no_tag_is_refused(void **state)
{
	struct world *w = *state;
	char longest[STORE_TAG_VALUE_MAX + 2];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(put(w, 0, "", "v"), KMS_RC_BAD_INPUT);
	assert_int_equal(put(w, 0, "a", longest), KMS_RC_BAD_INPUT);
	assert_int_equal(put(w, 0, "a", longest + 1), KMS_RC_OK);
	longest[STORE_TAG_KEY_MAX + 1] = '\0';
	assert_int_equal(put(w, 0, longest, "v"), KMS_RC_BAD_INPUT);
	assert_int_equal(put(w, 0, longest + 1, "v"), KMS_RC_OK);
}

static void tags_outlive_a_change_of_their_key(void **state)
{
	struct world *w = *state;
	uint64_t was = w->m.version[0];

	assert_int_equal(put(w, 0, "a", "v"), KMS_RC_OK);
	while (w->m.version[0] == was)
		world_grow(w, 8);
	assert_tags(w, 0, " a=v");
}

static void tags_come_with_their_key(void **state)
{
	struct world *w = *state;
	const struct store_tag tags[2] = { { "a", "1" }, { "b", "2" } };
	const struct store_key *made = &set.keys[0];

	wallet_set_start(&set, w->s, 0);
	wallet_set_create(&set, 0);
	set.keys[0].tags = tags;
	set.keys[0].tag_count = 2;
	assert_int_equal(store_begin_batch(w->s, &set.batch), KMS_RC_OK);
	assert_page(w, made->uuid, "", 9, "");
	assert_int_equal(store_drop_batch(w->s, 0), KMS_RC_OK);
	wallet_set_commit(&set, w->s);
	assert_page(w, made->uuid, "", 9, " a=1 b=2");

	set.keys[0].tag_count = STORE_TAGS_MAX + 1;
	assert_int_equal(store_begin_batch(w->s, &set.batch), KMS_RC_BAD_INPUT);
}

static void a_dropped_batch_takes_no_tags_of_others_along(void **state)
{
	struct world *w = *state;

	for (uint64_t slot = 0; slot < 4; slot++)
		assert_int_equal(put(w, slot, "a", "v"), KMS_RC_OK);
	change_set_make(&w->c, &w->m, w->s, &w->rng, 4);
	assert_int_equal(store_begin_batch(w->s, &w->c.batch), KMS_RC_OK);
	assert_int_equal(store_drop_batch(w->s, 3), KMS_RC_OK);
	for (uint64_t slot = 0; slot < 4; slot++)
		assert_tags(w, slot, " a=v");
}

static void tags_die_with_their_key(void **state)
{
	struct world *w = *state;
	const struct store_tag tag = { "a", "v" };
	struct store_tagging t = { .tags = &tag, .count = 1 };

	wallet_set_start(&set, w->s, 0);
	wallet_set_create(&set, 1);
	wallet_set_commit(&set, w->s);
	memcpy(t.uuid, set.keys[0].uuid, sizeof(t.uuid));
	t.account = set.keys[0].account;
	assert_int_equal(store_put_tags(w->s, &t), KMS_RC_OK);
	wallet_set_start(&set, w->s, 0);
	wallet_set_delete(&set, 1, 2);
	assert_int_equal(store_begin_batch(w->s, &set.batch), KMS_RC_OK);
	assert_int_equal(store_drop_batch(w->s, 0), KMS_RC_OK);
	assert_page(w, t.uuid, "", 9, " a=v");
	wallet_set_commit(&set, w->s);
	assert_page(w, t.uuid, "", 9, "");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open_with_keys, world_close)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(tags_come_change_and_go),
		TEST(pages_go_by_key),
		TEST(a_key_has_50_tags_at_most),
		TEST(a_key_of_the_account_is_needed),
		TEST(what_is_no_tag_is_refused),
		TEST(tags_outlive_a_change_of_their_key),
		TEST(tags_come_with_their_key),
		TEST(a_dropped_batch_takes_no_tags_of_others_along),
		TEST(tags_die_with_their_key),
	};

	place_choose(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
