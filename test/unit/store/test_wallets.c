/* SPDX-License-Identifier: Apache-2.0 */
/* What wallet.h promises of rows, for any backend. */
#include "test/unit/store/wallet_fixture.h"

#include <string.h>

static struct wallet_set set;
static struct store_wallet want;
static struct store_wallet got;

static enum kms_rc get(struct world *w, unsigned int number)
{
	uint8_t uuid[ABI_UUID_LEN];

	uuid_of(uuid, 0, number);
	return store_get_wallet(w->r, &got, uuid);
}

static void create(struct world *w, unsigned int first, unsigned int count)
{
	wallet_set_start(&set, w->s, 0);
	for (unsigned int i = 0; i < count; i++)
		wallet_set_create(&set, first + i);
	wallet_set_commit(&set, w->s);
}

/* The row of a number is what its creation and edits have made of want. */
static void assert_row(struct world *w, unsigned int number)
{
	assert_int_equal(get(w, number), KMS_RC_OK);
	assert_wallet(&got, &want);
}

static void edit(struct world *w, unsigned int number, uint64_t version,
		 const struct store_wallet_edit *e)
{
	wallet_set_start(&set, w->s, 0);
	wallet_set_edit(&set, number, version, e);
	wallet_set_commit(&set, w->s);
}

static void a_wallet_comes_back_as_it_was_written(void **state)
{
	struct world *w = *state;

	create(w, 0, WALLETS_MAX);
	world_reopen(w);
	for (unsigned int i = 0; i < WALLETS_MAX; i++) {
		wallet_of(&want, 0, i);
		assert_row(w, i);
		assert_true(strlen(got.created_at) == 29);
	}
	assert_int_equal(get(w, WALLETS_MAX), KMS_RC_NOT_FOUND);
	assert_int_equal(get(w, 1), KMS_RC_OK);
	/* 1700000001000 ms; the text is date -u's. */
	assert_string_equal(got.created_at, "2023-11-14T22:13:21.000+00:00");
}

static void a_wallet_is_also_a_key(void **state)
{
	struct world *w = *state;
	struct store_key key = { 0 };
	uint8_t uuid[ABI_UUID_LEN];

	create(w, 0, 1);
	uuid_of(uuid, 0, 0);
	assert_int_equal(store_get_key(w->r, &key, uuid), KMS_RC_OK);
	assert_int_equal(key.kind, STORE_WALLET);
	assert_int_equal(key.slot, 0);
}

static void a_prepared_wallet_is_invisible(void **state)
{
	struct world *w = *state;
	struct store_address a = { 0 };
	struct store_wallet_totals totals = { 0 };

	wallet_set_start(&set, w->s, 0);
	wallet_set_create(&set, 7);
	assert_int_equal(store_begin_batch(w->s, &set.batch), KMS_RC_OK);
	wallet_of(&want, 0, 7);
	world_reopen(w);
	assert_int_equal(get(w, 7), KMS_RC_NOT_FOUND);
	assert_int_equal(store_get_address(w->r, &a, want.address),
			 KMS_RC_NOT_FOUND);
	assert_int_equal(store_count_wallets(w->r, &totals), KMS_RC_OK);
	assert_int_equal(totals.total, 0);

	assert_int_equal(store_finish_batch(w->s, 0, 1, set.root), KMS_RC_OK);
	assert_row(w, 7);
	assert_int_equal(store_get_address(w->r, &a, want.address), KMS_RC_OK);
	assert_memory_equal(a.uuid, want.uuid, ABI_UUID_LEN);
	assert_int_equal(a.account, 0);
	assert_int_equal(a.index, 0);
}

static void a_dropped_wallet_leaves_nothing(void **state)
{
	struct world *w = *state;

	wallet_set_start(&set, w->s, 0);
	wallet_set_create(&set, 7);
	assert_int_equal(store_begin_batch(w->s, &set.batch), KMS_RC_OK);
	assert_int_equal(store_drop_batch(w->s, 0), KMS_RC_OK);
	assert_int_equal(get(w, 7), KMS_RC_NOT_FOUND);
	/* The same again: neither row nor address is in its way. */
	create(w, 7, 1);
	wallet_of(&want, 0, 7);
	assert_row(w, 7);
}

static void an_edit_is_visible_when_it_is_finished(void **state)
{
	struct world *w = *state;
	struct store_wallet_edit e = {
		.lifecycle = STORE_PENDING_DELETION,
		.delete_after_ms = 1800000000000,
		.last_used_ms = 1750000000000,
	};

	create(w, 0, 2);
	wallet_of(&want, 0, 1);
	wallet_set_start(&set, w->s, 0);
	wallet_set_edit(&set, 1, 2, &e);
	assert_int_equal(store_begin_batch(w->s, &set.batch), KMS_RC_OK);
	assert_row(w, 1);
	assert_int_equal(store_drop_batch(w->s, 0), KMS_RC_OK);
	assert_row(w, 1);

	edit(w, 1, 2, &e);
	want.lifecycle = STORE_PENDING_DELETION;
	want.delete_after_ms = e.delete_after_ms;
	want.last_used_ms = e.last_used_ms;
	assert_row(w, 1);
	/* What it does not name stays; the date goes with its state. */
	edit(w, 1, 3, &(struct store_wallet_edit){ .last_used_ms = 5 });
	assert_row(w, 1);
	edit(w, 1, 4, &(struct store_wallet_edit){ .lifecycle = STORE_ACTIVE });
	want.lifecycle = STORE_ACTIVE;
	want.delete_after_ms = 0;
	assert_row(w, 1);
	wallet_of(&want, 0, 0);
	assert_row(w, 0);
}

struct seen_passkeys {
	size_t count;
	uint8_t first[4]; /* bytes of their keys */
	char credentials[4][8];
};

static bool see_passkey(void *arg, const struct store_passkey *p)
{
	struct seen_passkeys *seen = arg;

	assert_true(seen->count < ARRAY_LEN(seen->first));
	seen->first[seen->count] = p->pub[0];
	snprintf(seen->credentials[seen->count++], 8, "%s", p->credential);
	return true;
}

/* keys: the first byte of each, oldest first. */
static void assert_passkeys(struct world *w, const char *keys)
{
	struct seen_passkeys seen = { 0 };

	assert_int_equal(
		store_list_passkeys(w->r, want.uuid, see_passkey, &seen),
		KMS_RC_OK);
	assert_int_equal(seen.count, strlen(keys));
	assert_memory_equal(seen.first, keys, seen.count);
	want.passkey_count = (uint8_t)seen.count;
	want.has_passkey = seen.count > 0;
	if (!seen.count)
		return;
	memset(want.passkey, keys[0], sizeof(want.passkey));
	want.credential = *keys == 'a' ? "bmV3" : "";
	assert_string_equal(seen.credentials[0], want.credential);
	assert_row(w, 5);
}

static void passkeys_come_and_go(void **state)
{
	struct world *w = *state;
	uint8_t first[64];
	uint8_t a[64];
	uint8_t b[64];
	struct store_wallet_edit e = { 0 };

	create(w, 5, 1);
	wallet_of(&want, 0, 5);
	assert_row(w, 5);
	memcpy(first, want.passkey, sizeof(first));
	memset(a, 'a', sizeof(a));
	memset(b, 'b', sizeof(b));
	e = (struct store_wallet_edit){ .passkey = a, .credential = "bmV3" };
	edit(w, 5, 2, &e);
	want.passkey_count = 2;
	/* It shows the one that came first, as long as that is there. */
	assert_row(w, 5);
	e = (struct store_wallet_edit){ .passkey_gone = first };
	edit(w, 5, 3, &e);
	assert_passkeys(w, "a");
	e = (struct store_wallet_edit){ .passkey = b };
	edit(w, 5, 4, &e);
	assert_passkeys(w, "ab");
	/* A change of the second, and one of the first. */
	e = (struct store_wallet_edit){ .passkey = first, .passkey_gone = b };
	edit(w, 5, 5, &e);
	e = (struct store_wallet_edit){ .passkey = b, .passkey_gone = first };
	edit(w, 5, 6, &e);
	assert_passkeys(w, "ab");
	e = (struct store_wallet_edit){ .passkey = first, .passkey_gone = a };
	edit(w, 5, 7, &e);
	e = (struct store_wallet_edit){ .passkey_gone = first };
	edit(w, 5, 8, &e);
	assert_passkeys(w, "b");
	/* What is not prepared to the end changes nothing. */
	wallet_set_start(&set, w->s, 0);
	e = (struct store_wallet_edit){ .passkey = a, .passkey_gone = b };
	wallet_set_edit(&set, 5, 9, &e);
	assert_int_equal(store_begin_batch(w->s, &set.batch), KMS_RC_OK);
	assert_passkeys(w, "b");
	assert_int_equal(store_drop_batch(w->s, 0), KMS_RC_OK);
	assert_passkeys(w, "b");
	/* With the wallet all of them go. */
	wallet_set_start(&set, w->s, 0);
	wallet_set_delete(&set, 5, 9);
	wallet_set_commit(&set, w->s);
	assert_passkeys(w, "");
}

static void tombstones_take_wallet_key_and_addresses_along(void **state)
{
	struct world *w = *state;
	struct store_address a = { 0 };
	struct store_key key = { 0 };
	uint8_t uuid[ABI_UUID_LEN];

	create(w, 0, 3);
	wallet_of(&want, 0, 1);
	wallet_set_start(&set, w->s, 0);
	wallet_set_delete(&set, 1, 2);
	assert_int_equal(store_begin_batch(w->s, &set.batch), KMS_RC_OK);
	assert_row(w, 1);
	assert_int_equal(store_finish_batch(w->s, 0, set.batch.seq, set.root),
			 KMS_RC_OK);
	uuid_of(uuid, 0, 1);
	assert_int_equal(get(w, 1), KMS_RC_NOT_FOUND);
	assert_int_equal(store_get_key(w->r, &key, uuid), KMS_RC_NOT_FOUND);
	assert_int_equal(store_get_address(w->r, &a, want.address),
			 KMS_RC_NOT_FOUND);
	wallet_of(&want, 0, 2);
	assert_row(w, 2);
	/* Finishing again is nothing new. */
	assert_int_equal(store_finish_batch(w->s, 0, set.batch.seq, set.root),
			 KMS_RC_OK);
	assert_row(w, 2);
}

static void shards_finish_their_own_wallets_only(void **state)
{
	struct world *w = *state;
	static struct wallet_set other;

	wallet_set_start(&set, w->s, 0);
	wallet_set_create(&set, 1);
	assert_int_equal(store_begin_batch(w->s, &set.batch), KMS_RC_OK);
	wallet_set_start(&other, w->s, 1);
	wallet_set_create(&other, 1);
	wallet_set_commit(&other, w->s);
	assert_int_equal(get(w, 1), KMS_RC_NOT_FOUND);
	assert_int_equal(store_drop_batch(w->s, 0), KMS_RC_OK);
	wallet_of(&want, 1, 1);
	assert_int_equal(store_get_wallet(w->r, &got, want.uuid), KMS_RC_OK);
	assert_wallet(&got, &want);
}

static void spoil(int how)
{
	static const struct store_wallet_edit edit = { 0 };
	static struct store_wallet_edit bad;

	bad = (struct store_wallet_edit){ 0 };
	switch (how) {
	case 0: /* a wallet without its key */
		set.changes[0].key = NULL;
		break;
	case 1: /* a row on a record that is no wallet's */
		set.changes[1].wallet = &set.wallets[0];
		break;
	case 2:
		set.changes[1].edit = &edit;
		break;
	case 3: /* both at once */
		set.changes[0].edit = &edit;
		break;
	case 4:
		set.wallets[0].uuid[0] ^= 1;
		break;
	case 5:
		set.wallets[0].slot++;
		break;
	case 6:
		set.wallets[0].public_key[0] ^= 1;
		break;
	case 7: /* upper case */
		set.wallets[0].address[41] = 'F';
		break;
	case 8:
		memset(set.wallets[0].rp_id, 'a', sizeof(set.wallets[0].rp_id));
		break;
	case 9:
		set.wallets[0].description = NULL;
		break;
	case 10:
		set.wallets[0].created_ms++;
		break;
	case 11:
		set.wallets[0].vault_slot = (uint64_t)1 << ABI_DEPTH_MAX;
		break;
	case 12: /* edits: a date without its state, and the reverse */
		set.changes[0].key = NULL;
		set.changes[0].wallet = NULL;
		bad.delete_after_ms = 1;
		set.changes[0].edit = &bad;
		break;
	case 13:
		set.changes[0].key = NULL;
		set.changes[0].wallet = NULL;
		bad.lifecycle = STORE_PENDING_DELETION;
		set.changes[0].edit = &bad;
		break;
	case 14: /* a credential of no passkey */
		set.changes[0].key = NULL;
		set.changes[0].wallet = NULL;
		bad.credential = "Y3JlZA";
		set.changes[0].edit = &bad;
		break;
	default:
		fail();
	}
}

static void a_malformed_row_changes_nothing(void **state)
{
	struct world *w = *state;
	struct store_shard shard = { 0 };

	for (int how = 0; how <= 14; how++) {
		wallet_set_start(&set, w->s, 0);
		wallet_set_create(&set, 3);
		spoil(how);
		if (store_begin_batch(w->s, &set.batch) != KMS_RC_BAD_INPUT)
			fail_msg("%d was accepted", how);
		assert_int_equal(store_get_shard(w->s, &shard, 0), KMS_RC_OK);
		assert_false(shard.prepared);
	}
	create(w, 3, 1);
}

struct walk {
	unsigned int count;
	unsigned int stop_at;
	struct store_wallet_mark mark;
	struct store_time_mark time_mark;
	uint64_t slots[80];
};

static bool collect(void *arg, const struct store_wallet *wallet)
{
	struct walk *k = arg;

	k->slots[k->count++] = wallet->slot;
	memcpy(k->mark.created_at, wallet->created_at,
	       sizeof(k->mark.created_at));
	memcpy(k->mark.uuid, wallet->uuid, sizeof(k->mark.uuid));
	memcpy(k->time_mark.uuid, wallet->uuid, sizeof(k->time_mark.uuid));
	k->time_mark.ms = wallet->lifecycle == STORE_PENDING_DELETION
				  ? wallet->delete_after_ms
				  : wallet->last_used_ms;
	return k->count != k->stop_at;
}

static void pages_list_wallets_by_their_age(void **state)
{
	struct world *w = *state;
	struct walk k = { 0 };
	unsigned int before = 0;

	create(w, 32, 32);
	create(w, 0, 32);
	do {
		before = k.count;
		assert_int_equal(
			store_list_wallets(w->r, &k.mark, 7, collect, &k),
			KMS_RC_OK);
	} while (k.count > before);
	assert_int_equal(k.count, 64);
	for (unsigned int i = 0; i < 64; i++)
		assert_int_equal(k.slots[i], 2 * i);

	k = (struct walk){ .stop_at = 3 };
	assert_int_equal(store_list_wallets(w->r, &k.mark, 7, collect, &k),
			 KMS_RC_OK);
	assert_int_equal(k.count, 3);
}

static void dormant_wallets_are_found_page_by_page(void **state)
{
	struct world *w = *state;
	struct store_wallet_edit frozen = { .lifecycle = STORE_FROZEN };
	struct walk k = { 0 };
	unsigned int before = 0;

	create(w, 0, 20);
	edit(w, 3, 2, &frozen);
	do {
		before = k.count;
		/* 1700000010000 is when number 10 was made. */
		assert_int_equal(store_list_dormant(w->r, 1700000010000,
						    &k.time_mark, 4, collect,
						    &k),
				 KMS_RC_OK);
	} while (k.count > before);
	assert_int_equal(k.count, 9);
	for (unsigned int i = 0; i < 9; i++)
		assert_int_equal(k.slots[i], 2 * (i < 3 ? i : i + 1));
}

static void due_deletions_are_found(void **state)
{
	struct world *w = *state;
	struct store_wallet_edit e = { .lifecycle = STORE_PENDING_DELETION };
	struct walk k = { 0 };

	create(w, 0, 10);
	for (unsigned int i = 0; i < 6; i++) {
		e.delete_after_ms = 1000 - (int64_t)i;
		edit(w, i, 2, &e);
	}
	assert_int_equal(
		store_list_due(w->r, 998, &k.time_mark, 3, collect, &k),
		KMS_RC_OK);
	assert_int_equal(k.count, 3);
	assert_int_equal(
		store_list_due(w->r, 998, &k.time_mark, 3, collect, &k),
		KMS_RC_OK);
	assert_int_equal(k.count, 4);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(k.slots[i], 2 * (5 - i));
}

static void the_totals_count_what_is_there(void **state)
{
	struct world *w = *state;
	struct store_wallet_totals t = { 0 };

	create(w, 0, 5);
	edit(w, 0, 2, &(struct store_wallet_edit){ .lifecycle = STORE_FROZEN });
	wallet_of(&want, 0, 1);
	edit(w, 1, 2,
	     &(struct store_wallet_edit){ .passkey_gone = want.passkey });
	wallet_set_start(&set, w->s, 0);
	wallet_set_delete(&set, 2, 2);
	wallet_set_commit(&set, w->s);
	assert_int_equal(store_count_wallets(w->r, &t), KMS_RC_OK);
	assert_int_equal(t.total, 4);
	assert_int_equal(t.with_address, 4);
	assert_int_equal(t.with_passkey, 3);
	assert_int_equal(t.frozen, 1);
	assert_int_equal(t.pending_deletion, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		world_test(a_wallet_comes_back_as_it_was_written),
		world_test(a_wallet_is_also_a_key),
		world_test(a_prepared_wallet_is_invisible),
		world_test(a_dropped_wallet_leaves_nothing),
		world_test(an_edit_is_visible_when_it_is_finished),
		world_test(passkeys_come_and_go),
		world_test(tombstones_take_wallet_key_and_addresses_along),
		world_test(shards_finish_their_own_wallets_only),
		world_test(a_malformed_row_changes_nothing),
		world_test(pages_list_wallets_by_their_age),
		world_test(dormant_wallets_are_found_page_by_page),
		world_test(due_deletions_are_found),
		world_test(the_totals_count_what_is_there),
	};

	place_choose(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
