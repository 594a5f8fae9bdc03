/* SPDX-License-Identifier: Apache-2.0 */
/* What store.h promises of API keys, for any backend. */
#include "test/unit/store/fixture.h"

#include <string.h>

static struct store_api_key api_key(const char *id)
{
	struct store_api_key k = { .created_ms = 5 };

	snprintf(k.id, sizeof(k.id), "%s", id);
	snprintf(k.label, sizeof(k.label), "label of %s", id);
	memset(k.hash, id[0], sizeof(k.hash));
	return k;
}

static bool count_live(void *arg, const struct store_api_key *key)
{
	unsigned int *counts = arg;

	counts[key->revoked]++;
	return true;
}

static void api_keys_live_until_they_are_revoked(void **state)
{
	struct world *w = *state;
	struct store_api_key a = api_key("00112233");
	struct store_api_key got = { 0 };
	unsigned int counts[2] = { 0 };
	struct store_api_key_count count = { 9, 9 };

	assert_int_equal(store_count_api_keys(w->r, &count), KMS_RC_OK);
	assert_true(!count.made && !count.live);
	assert_int_equal(store_get_api_key(w->r, &got, a.id), KMS_RC_NOT_FOUND);
	assert_int_equal(store_add_api_key(w->s, &a), KMS_RC_OK);
	assert_int_equal(store_add_api_key(w->s, &a), KMS_RC_EXISTS);
	assert_int_equal(store_get_api_key(w->r, &got, a.id), KMS_RC_OK);
	assert_memory_equal(&got, &a, sizeof(a));
	assert_int_equal(store_count_api_keys(w->r, &count), KMS_RC_OK);
	assert_true(count.made == 1 && count.live == 1);
	assert_int_equal(store_revoke_api_key(w->s, a.id), KMS_RC_OK);
	assert_int_equal(store_revoke_api_key(w->s, a.id), KMS_RC_NOT_FOUND);
	assert_int_equal(store_get_api_key(w->r, &got, a.id), KMS_RC_NOT_FOUND);
	/* Neither the id nor the closed door come back. */
	assert_int_equal(store_add_api_key(w->s, &a), KMS_RC_EXISTS);
	assert_int_equal(store_count_api_keys(w->r, &count), KMS_RC_OK);
	assert_true(count.made == 1 && !count.live);
	assert_int_equal(store_list_api_keys(w->s, count_live, counts),
			 KMS_RC_OK);
	assert_int_equal(counts[0], 0);
	assert_int_equal(counts[1], 1);
}

static void an_ambiguous_prefix_revokes_nothing(void **state)
{
	struct world *w = *state;
	static const char *const ids[] = { "abc00000", "abc0000f", "abcf0000",
					   "b0000000" };
	struct store_api_key got = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct store_api_key k = api_key(ids[i]);

		assert_int_equal(store_add_api_key(w->s, &k), KMS_RC_OK);
	}
	assert_int_equal(store_revoke_api_key(w->s, "abc"), KMS_RC_BAD_INPUT);
	assert_int_equal(store_revoke_api_key(w->s, "abc0"), KMS_RC_BAD_INPUT);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		assert_int_equal(store_get_api_key(w->r, &got, ids[i]),
				 KMS_RC_OK);
	assert_int_equal(store_revoke_api_key(w->s, "abcf"), KMS_RC_OK);
	assert_int_equal(store_revoke_api_key(w->s, "abc00000"), KMS_RC_OK);
	/* The rest is not ambiguous any more. */
	assert_int_equal(store_revoke_api_key(w->s, "abc"), KMS_RC_OK);
	assert_int_equal(store_revoke_api_key(w->s, "b"), KMS_RC_OK);
	assert_int_equal(store_revoke_api_key(w->s, "b"), KMS_RC_NOT_FOUND);
}

static void a_malformed_api_key_is_refused(void **state)
{
	struct world *w = *state;
	static const char *const bad[] = { "",	"ABC", "abcdefg", "123456789",
					   "%", "_",   "'--" };
	struct store_api_key k = api_key("0123456");
	struct store_api_key got = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(store_revoke_api_key(w->s, bad[i]),
				 KMS_RC_BAD_INPUT);
		assert_int_equal(store_get_api_key(w->r, &got, bad[i]),
				 KMS_RC_NOT_FOUND);
	}
	assert_int_equal(store_add_api_key(w->s, &k), KMS_RC_BAD_INPUT);
	k = api_key("0123456g");
	assert_int_equal(store_add_api_key(w->s, &k), KMS_RC_BAD_INPUT);
	k = api_key("01234567");
	memset(k.label, 'x', sizeof(k.label));
	assert_int_equal(store_add_api_key(w->s, &k), KMS_RC_BAD_INPUT);
}

static void api_keys_of_another_process_act_at_once(void **state)
{
	struct world *w = *state;
	struct store *other = open_ok(w->place.path);
	struct store_api_key k = api_key("feedbeef");
	struct store_api_key got = { 0 };

	assert_int_equal(store_claim(w->s), KMS_RC_OK);
	assert_int_equal(store_get_api_key(w->r, &got, k.id), KMS_RC_NOT_FOUND);
	assert_int_equal(store_add_api_key(other, &k), KMS_RC_OK);
	assert_int_equal(store_get_api_key(w->r, &got, k.id), KMS_RC_OK);
	assert_int_equal(store_revoke_api_key(other, "feed"), KMS_RC_OK);
	assert_int_equal(store_get_api_key(w->r, &got, k.id), KMS_RC_NOT_FOUND);
	store_close(&other);
	world_grow(w, 3);
	assert_model(w->s, w->r, &w->m);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		world_test(api_keys_live_until_they_are_revoked),
		world_test(an_ambiguous_prefix_revokes_nothing),
		world_test(a_malformed_api_key_is_refused),
		world_test(api_keys_of_another_process_act_at_once),
	};

	place_choose(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
