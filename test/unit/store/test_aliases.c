/* SPDX-License-Identifier: Apache-2.0 */
/* What alias.h promises, for any backend. */
#include "host/store/alias.h"
#include "test/unit/store/wallet_fixture.h"

#include <string.h>

#define CREATED 1750000000000
#define LATER	1760000000000

static struct wallet_set set;

/* Keys 0 and 3 are of one account. */
static struct store_alias alias_of(uint64_t slot, const char *name)
{
	struct store_alias a = { .account = account_of(slot),
				 .created_ms = CREATED,
				 .updated_ms = LATER };

	uuid_of(a.uuid, 3, slot);
	snprintf(a.name, sizeof(a.name), "%s", name);
	return a;
}

static void add(struct world *w, uint64_t slot, const char *name)
{
	const struct store_alias a = alias_of(slot, name);

	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_OK);
}

static enum kms_rc get(struct world *w, struct store_alias *out, uint64_t slot,
		       const char *name)
{
	return store_get_alias(w->r, out, account_of(slot),
			       bytes_of_text(name));
}

static void assert_leads_to(struct world *w, const char *name, uint64_t slot)
{
	struct store_alias got = { 0 };
	uint8_t uuid[ABI_UUID_LEN];

	uuid_of(uuid, 3, slot);
	assert_int_equal(get(w, &got, slot, name), KMS_RC_OK);
	assert_memory_equal(got.uuid, uuid, sizeof(uuid));
}

static void an_alias_leads_to_its_key(void **state)
{
	struct world *w = *state;
	struct store_alias got = { 0 };

	add(w, 0, "alias/a");
	assert_leads_to(w, "alias/a", 0);
	assert_int_equal(get(w, &got, 0, "alias/a"), KMS_RC_OK);
	assert_string_equal(got.name, "alias/a");
	assert_int_equal(got.account, account_of(0));
	assert_int_equal(got.created_ms, CREATED);
	assert_int_equal(got.updated_ms, CREATED);
	/* As it is written, whole, and in its account. */
	assert_int_equal(get(w, &got, 0, "alias/A"), KMS_RC_NOT_FOUND);
	assert_int_equal(get(w, &got, 0, "alias/"), KMS_RC_NOT_FOUND);
	assert_int_equal(get(w, &got, 1, "alias/a"), KMS_RC_NOT_FOUND);
	assert_int_equal(get(w, &got, 0, ""), KMS_RC_NOT_FOUND);
	assert_int_equal(store_get_alias(w->r, &got, account_of(0),
					 bytes_of("alias/a\0x", 9)),
			 KMS_RC_NOT_FOUND);
	assert_int_equal(store_get_alias(w->r, &got, 1000000000000,
					 bytes_of_text("alias/a")),
			 KMS_RC_NOT_FOUND);
}

static void an_alias_is_there_after_a_restart(void **state)
{
	struct world *w = *state;

	add(w, 0, "alias/a");
	world_reopen(w);
	assert_leads_to(w, "alias/a", 0);
}

static void a_name_is_taken_once_in_an_account(void **state)
{
	struct world *w = *state;
	struct store_alias a = alias_of(3, "alias/a");

	add(w, 0, "alias/a");
	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_EXISTS);
	assert_leads_to(w, "alias/a", 0);
	add(w, 1, "alias/a"); /* another account's */
	assert_leads_to(w, "alias/a", 1);
}

static void a_key_of_the_account_is_needed(void **state)
{
	struct world *w = *state;
	struct store_alias a = alias_of(0, "alias/a");

	a.account = account_of(1);
	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_NOT_FOUND);
	a = alias_of(200, "alias/a");
	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_NOT_FOUND);
	add(w, 0, "alias/a");
	assert_int_equal(account_of(0), account_of(3));
	a = alias_of(0, "alias/a");
	uuid_of(a.uuid, 3, 1);
	assert_int_equal(store_move_alias(w->s, &a), KMS_RC_NOT_FOUND);
	assert_leads_to(w, "alias/a", 0);
}

static void an_alias_moves_and_keeps_its_age(void **state)
{
	struct world *w = *state;
	struct store_alias a = alias_of(3, "alias/a");
	struct store_alias got = { 0 };

	assert_int_equal(store_move_alias(w->s, &a), KMS_RC_NOT_FOUND);
	add(w, 0, "alias/a");
	assert_int_equal(store_move_alias(w->s, &a), KMS_RC_OK);
	assert_leads_to(w, "alias/a", 3);
	assert_int_equal(get(w, &got, 0, "alias/a"), KMS_RC_OK);
	assert_int_equal(got.created_ms, CREATED);
	assert_int_equal(got.updated_ms, LATER);
	a.updated_ms = 1;
	assert_int_equal(store_move_alias(w->s, &a), KMS_RC_OK);
	assert_int_equal(get(w, &got, 0, "alias/a"), KMS_RC_OK);
	assert_int_equal(got.updated_ms, LATER);
}

static void a_deleted_alias_is_free_again(void **state)
{
	struct world *w = *state;
	const struct store_alias a = alias_of(0, "alias/a");
	struct store_alias got = { 0 };

	assert_int_equal(store_delete_alias(w->s, &a), KMS_RC_NOT_FOUND);
	add(w, 0, "alias/a");
	add(w, 1, "alias/a");
	assert_int_equal(store_delete_alias(w->s, &a), KMS_RC_OK);
	assert_int_equal(get(w, &got, 0, "alias/a"), KMS_RC_NOT_FOUND);
	assert_leads_to(w, "alias/a", 1);
	add(w, 3, "alias/a");
	assert_leads_to(w, "alias/a", 3);
}

static void a_key_has_50_aliases_at_most(void **state)
{
	struct world *w = *state;
	struct store_alias a = { 0 };
	char name[32];

	for (int i = 0; i < STORE_ALIASES_MAX; i++) {
		snprintf(name, sizeof(name), "alias/%d", i);
		add(w, 0, name);
	}
	a = alias_of(0, "alias/more");
	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_LIMIT);
	assert_int_equal(get(w, &a, 0, "alias/more"), KMS_RC_NOT_FOUND);
	a = alias_of(0, "alias/7");
	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_EXISTS);
	assert_int_equal(store_move_alias(w->s, &a), KMS_RC_OK);
	add(w, 3, "alias/more");
	a = alias_of(0, "alias/more");
	assert_int_equal(store_move_alias(w->s, &a), KMS_RC_LIMIT);
	assert_leads_to(w, "alias/more", 3);
}

static void what_is_no_alias_is_refused(void **state)
{
	struct world *w = *state;
	struct store_alias a = alias_of(0, "");

	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_BAD_INPUT);
	memset(a.name, 'x', sizeof(a.name));
	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_BAD_INPUT);
	assert_int_equal(store_move_alias(w->s, &a), KMS_RC_BAD_INPUT);
	assert_int_equal(store_delete_alias(w->s, &a), KMS_RC_BAD_INPUT);
	a.name[STORE_ALIAS_NAME_MAX] = '\0';
	a.created_ms = -1;
	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_BAD_INPUT);
	a.created_ms = CREATED;
	a.account = 1000000000000;
	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_BAD_INPUT);
	a.account = account_of(0);
	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_OK);
}

/* The names that a walk lends, one after the other. */
struct names {
	char text[256];
	unsigned int most;
};

static bool put_name(void *arg, const struct store_alias *a)
{
	struct names *n = arg;
	size_t at = strlen(n->text);

	snprintf(n->text + at, sizeof(n->text) - at, " %s", a->name);
	return --n->most;
}

static void assert_list(struct world *w, const uint8_t *uuid, const char *after,
			unsigned int limit, const char *want)
{
	struct names n = { .most = 100 };

	assert_int_equal(store_list_aliases(w->r, account_of(0), uuid, after,
					    limit, put_name, &n),
			 KMS_RC_OK);
	assert_string_equal(n.text, want);
}

static void lists_go_by_name(void **state)
{
	struct world *w = *state;
	struct names n = { .most = 1 };
	uint8_t uuid[ABI_UUID_LEN];

	add(w, 0, "c");
	add(w, 3, "b");
	add(w, 0, "a");
	add(w, 1, "x"); /* another account's */
	assert_list(w, NULL, "", 10, " a b c");
	assert_list(w, NULL, "", 2, " a b");
	assert_list(w, NULL, "b", 10, " c");
	assert_list(w, NULL, "aa", 10, " b c");
	assert_list(w, NULL, "c", 10, "");
	uuid_of(uuid, 3, 0);
	assert_list(w, uuid, "", 10, " a c");
	assert_list(w, uuid, "", 1, " a");
	assert_list(w, uuid, "a", 10, " c");
	uuid_of(uuid, 3, 1);
	assert_list(w, uuid, "", 10, "");
	assert_int_equal(store_list_aliases(w->r, account_of(0), NULL, "", 9,
					    put_name, &n),
			 KMS_RC_OK);
	assert_string_equal(n.text, " a");
	assert_int_equal(store_list_aliases(w->r, 1000000000000, NULL, "", 9,
					    put_name, &n),
			 KMS_RC_BAD_INPUT);
}

static void an_alias_outlives_a_change_of_its_key(void **state)
{
	struct world *w = *state;
	uint64_t was = w->m.version[0];

	add(w, 0, "alias/a");
	while (w->m.version[0] == was)
		world_grow(w, 8);
	assert_leads_to(w, "alias/a", 0);
}

static void an_alias_dies_with_its_key(void **state)
{
	struct world *w = *state;
	struct store_alias a = { .name = "alias/wallet" };
	struct store_alias got = { 0 };

	wallet_set_start(&set, w->s, 0);
	wallet_set_create(&set, 0);
	wallet_set_create(&set, 1);
	a.account = set.keys[1].account;
	memcpy(a.uuid, set.keys[1].uuid, sizeof(a.uuid));
	/* Not before the key is there. */
	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_NOT_FOUND);
	wallet_set_commit(&set, w->s);
	assert_int_equal(store_add_alias(w->s, &a), KMS_RC_OK);
	wallet_set_start(&set, w->s, 0);
	wallet_set_delete(&set, 1, 2);
	assert_int_equal(store_begin_batch(w->s, &set.batch), KMS_RC_OK);
	assert_int_equal(store_get_alias(w->r, &got, a.account,
					 bytes_of_text("alias/wallet")),
			 KMS_RC_OK);
	assert_int_equal(store_drop_batch(w->s, 0), KMS_RC_OK);
	assert_int_equal(store_get_alias(w->r, &got, a.account,
					 bytes_of_text("alias/wallet")),
			 KMS_RC_OK);
	wallet_set_commit(&set, w->s);
	assert_int_equal(store_get_alias(w->r, &got, a.account,
					 bytes_of_text("alias/wallet")),
			 KMS_RC_NOT_FOUND);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open_with_keys, world_close)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(an_alias_leads_to_its_key),
		TEST(an_alias_is_there_after_a_restart),
		TEST(a_name_is_taken_once_in_an_account),
		TEST(a_key_of_the_account_is_needed),
		TEST(an_alias_moves_and_keeps_its_age),
		TEST(a_deleted_alias_is_free_again),
		TEST(a_key_has_50_aliases_at_most),
		TEST(what_is_no_alias_is_refused),
		TEST(lists_go_by_name),
		TEST(an_alias_outlives_a_change_of_its_key),
		TEST(an_alias_dies_with_its_key),
	};

	place_choose(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
