/* SPDX-License-Identifier: Apache-2.0 */
/* What store.h promises to those who read while others write. */
#include "test/unit/store/fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct page {
	uint8_t last[ABI_UUID_LEN];
	unsigned int count;
	unsigned int stop_at;
	uint64_t account;
	bool seen[2 * MODEL_SLOTS];
};

static bool collect(void *arg, const struct store_key *key)
{
	struct page *p = arg;
	size_t i = (size_t)key->slot + (key->shard == 3 ? 0 : MODEL_SLOTS);

	assert_true(memcmp(key->uuid, p->last, ABI_UUID_LEN) > 0);
	assert_int_equal(key->account, p->account);
	assert_false(p->seen[i]);
	p->seen[i] = true;
	memcpy(p->last, key->uuid, ABI_UUID_LEN);
	return ++p->count != p->stop_at;
}

static void pages_are_stable_while_keys_are_added(void **state)
{
	struct world *w = *state;
	struct page p = { .account = account_of(0) };
	const uint8_t *after = NULL;
	uint64_t at_start = 0;

	w->m2.shard = 5;
	while (w->m.slots < 150)
		world_grow(w, 50);
	at_start = w->m.slots;
	for (;;) {
		p.count = 0;
		assert_int_equal(
			store_list_keys(w->r, p.account, after, 7, collect, &p),
			KMS_RC_OK);
		if (!p.count)
			break;
		assert_in_range(p.count, 1, 7);
		after = p.last;
		if (w->m2.slots < 60) {
			change_set_make(&w->c2, &w->m2, w->s, &w->rng, 5);
			change_set_commit(&w->c2, w->s);
		}
	}
	/* Whoever was there when the walk began was met, once. */
	for (uint64_t slot = 0; slot < at_start; slot++)
		assert_int_equal(p.seen[slot], account_of(slot) == p.account);
}

static void a_walk_ends_when_told(void **state)
{
	struct world *w = *state;
	struct page p = { .account = account_of(0), .stop_at = 2 };

	world_grow(w, 30);
	assert_int_equal(
		store_list_keys(w->r, p.account, NULL, 100, collect, &p),
		KMS_RC_OK);
	assert_int_equal(p.count, 2);
	p = (struct page){ .account = 7 };
	assert_int_equal(store_list_keys(w->r, 7, NULL, 100, collect, &p),
			 KMS_RC_OK);
	assert_int_equal(p.count, 0);
	p = (struct page){ .account = account_of(0) };
	assert_int_equal(store_list_keys(w->r, p.account, NULL, 0, collect, &p),
			 KMS_RC_OK);
	assert_int_equal(p.count, 0);
	assert_int_equal(
		store_list_keys(w->r, 1000000000000, NULL, 1, collect, &p),
		KMS_RC_BAD_INPUT);
}

struct watch {
	struct store *s;
	atomic_bool stop;
	atomic_ulong looks;
	atomic_ulong broken;
};

/* Folds blob and path; every moment must lead to the root of its seq. */
static uint8_t roots[200][SHA256_LEN];
static atomic_uint roots_known;

static bool leads_to_root(const struct store_proof *p, uint64_t slot)
{
	uint8_t node[SHA256_LEN] = { 0 };

	record_leaf(node, bytes_of(p->blob, p->blob_len));
	for (size_t i = 0; i < p->path_len / SHA256_LEN; i++) {
		const uint8_t *sib = p->path + i * SHA256_LEN;

		if (slot >> i & 1)
			slot_tree_node(node, sib, node);
		else
			slot_tree_node(node, node, sib);
	}
	/* The root is written down before finish() shows it. */
	return p->seq < atomic_load(&roots_known) &&
	       !memcmp(node, roots[p->seq], SHA256_LEN);
}

static void *look(void *arg)
{
	struct watch *w = arg;
	struct store_reader *r = NULL;
	struct store_proof *p = test_calloc(1, sizeof(*p));
	uint64_t slot = 0;

	if (store_reader_open(&r, w->s)) {
		atomic_fetch_add(&w->broken, 1);
		return NULL;
	}
	while (!atomic_load(&w->stop)) {
		enum kms_rc rc = store_get_proof(r, p, 3, slot);

		if (rc && rc != KMS_RC_NOT_FOUND)
			atomic_fetch_add(&w->broken, 1);
		if (!rc && !leads_to_root(p, slot))
			atomic_fetch_add(&w->broken, 1);
		slot = rc ? 0 : slot + 1;
		atomic_fetch_add(&w->looks, 1);
	}
	store_reader_close(&r);
	test_free(p);
	return NULL;
}

static void a_reader_never_sees_half_a_batch(void **state)
{
	struct world *w = *state;
	struct watch watch = { .s = w->s };
	pthread_t threads[2];

	atomic_store(&roots_known, 1);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, look, &watch), 0);
	for (unsigned int i = 1;
	     i < ARRAY_LEN(roots) || atomic_load(&watch.looks) < 1000; i++) {
		if (i < ARRAY_LEN(roots)) {
			change_set_make(&w->c, &w->m, w->s, &w->rng, 16);
			memcpy(roots[i], w->c.root, SHA256_LEN);
			atomic_store(&roots_known, i + 1);
			change_set_commit(&w->c, w->s);
		}
	}
	atomic_store(&watch.stop, true);
	for (size_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(watch.broken, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		world_test(pages_are_stable_while_keys_are_added),
		world_test(a_walk_ends_when_told),
		world_test(a_reader_never_sees_half_a_batch),
	};

	place_choose(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
