/* SPDX-License-Identifier: Apache-2.0 */
/* What wallet.h promises of addresses and uses, for any backend. */
#include "test/unit/store/wallet_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static struct wallet_set set;

static int set_up(void **state)
{
	struct world *w = NULL;

	world_open(state);
	w = *state;
	wallet_set_start(&set, w->s, 0);
	wallet_set_create(&set, 0);
	wallet_set_create(&set, 1);
	wallet_set_commit(&set, w->s);
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
	a.address[41] = '8';
	a.index = UINT32_C(1) << 31;
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
	wallet_set_start(&set, w->s, 0);
	wallet_set_delete(&set, 1, 2);
	wallet_set_commit(&set, w->s);
	assert_int_equal(store_get_address(w->r, &a, a.address),
			 KMS_RC_NOT_FOUND);
}

#define WRITERS 4
#define EACH	100

struct writer {
	struct store *s;
	uint32_t account;
	atomic_uint *failures;
};

static struct store_address numbered(uint32_t account, uint32_t index)
{
	struct store_address a = { .account = account, .index = index };

	uuid_of(a.uuid, 0, 1);
	snprintf(a.address, sizeof(a.address), "0xabcdef%026x%08x", account,
		 index);
	return a;
}

static void *write_addresses(void *arg)
{
	struct writer *writer = arg;

	for (uint32_t i = 0; i < EACH; i++) {
		struct store_address a = numbered(writer->account, i);

		if (store_add_address(writer->s, &a))
			atomic_fetch_add(writer->failures, 1);
	}
	return NULL;
}

static void addresses_come_from_any_thread(void **state)
{
	struct world *w = *state;
	struct writer writers[WRITERS];
	pthread_t threads[WRITERS];
	atomic_uint failures = 0;

	for (uint32_t i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ w->s, i, &failures };
		assert_int_equal(pthread_create(&threads[i], NULL,
						write_addresses, &writers[i]),
				 0);
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&failures), 0);
	for (uint32_t i = 0; i < WRITERS * EACH; i++) {
		struct store_address want = numbered(i / EACH, i % EACH);
		struct store_address got = { 0 };

		assert_int_equal(store_get_address(w->r, &got, want.address),
				 KMS_RC_OK);
		assert_int_equal(got.account, want.account);
		assert_int_equal(got.index, want.index);
	}
}

static void uses_only_move_forward(void **state)
{
	struct world *w = *state;
	struct store_wallet wallet = { 0 };
	struct store_use uses[3] = {
		{ .last_used_ms = 1750000000000 },
		{ .last_used_ms = 1740000000000 },
		{ .last_used_ms = 1 },
	};

	uuid_of(uses[0].uuid, 0, 1);
	uuid_of(uses[1].uuid, 0, 1);
	uuid_of(uses[2].uuid, 0, 99); /* gone */
	assert_int_equal(store_note(w->s, uses, 3, NULL, 0), KMS_RC_OK);
	assert_int_equal(store_get_wallet(w->r, &wallet, uses[0].uuid),
			 KMS_RC_OK);
	assert_int_equal(wallet.last_used_ms, 1750000000000);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_close)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(an_address_leads_to_its_wallet),
		TEST(an_address_of_no_wallet_is_refused),
		TEST(an_address_dies_with_its_wallet),
		TEST(addresses_come_from_any_thread),
		TEST(uses_only_move_forward),
		TEST(counters_add_up),
	};

	place_choose(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
