/* SPDX-License-Identifier: Apache-2.0 */
/* What store.h promises, for any backend. */
#include "test/unit/store/fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static void a_new_database_is_empty(void **state)
{
	struct world *w = *state;
	struct store_identity id = { .known = true };
	struct store_shard shard = { .seq = 9 };
	struct store_key k = { 0 };
	uint8_t node[SHA256_LEN] = { 0 };
	uint8_t empty[SHA256_LEN] = { 0 };
	uint8_t uuid[ABI_UUID_LEN] = { 0 };

	assert_int_equal(store_get_identity(w->s, &id), KMS_RC_OK);
	assert_false(id.known);
	assert_int_equal(store_get_shard(w->s, &shard, 0), KMS_RC_OK);
	assert_int_equal(shard.seq, 0);
	assert_false(shard.prepared);
	assert_int_equal(store_get_key(w->r, &k, uuid), KMS_RC_NOT_FOUND);
	assert_int_equal(store_get_proof(w->r, &w->p, 0, 0), KMS_RC_NOT_FOUND);
	for (unsigned int level = 0; level <= ABI_DEPTH_MAX; level++) {
		slot_tree_empty(empty, level);
		assert_int_equal(store_get_node(w->s, node, 0, level, 0),
				 KMS_RC_OK);
		assert_memory_equal(node, empty, SHA256_LEN);
	}
}

static void the_identity_is_set_once(void **state)
{
	struct world *w = *state;
	struct store_identity id = { .known = true, .shard_total = 4 };
	struct store_identity got = { 0 };

	memset(id.domain_id, 7, sizeof(id.domain_id));
	assert_int_equal(store_set_identity(w->s, &id), KMS_RC_OK);
	assert_int_equal(store_set_identity(w->s, &id), KMS_RC_OK);
	world_reopen(w);
	assert_int_equal(store_get_identity(w->s, &got), KMS_RC_OK);
	assert_true(got.known);
	assert_int_equal(got.shard_total, 4);
	assert_memory_equal(got.domain_id, id.domain_id, sizeof(id.domain_id));
	id.shard_total = 5;
	assert_int_equal(store_set_identity(w->s, &id), KMS_RC_FOREIGN_STATE);
	id.shard_total = 4;
	id.domain_id[15] ^= 1;
	assert_int_equal(store_set_identity(w->s, &id), KMS_RC_FOREIGN_STATE);
	id.known = false;
	assert_int_equal(store_set_identity(w->s, &id), KMS_RC_BAD_INPUT);
}

static void random_batches_give_the_tree_of_the_reference(void **state)
{
	struct world *w = *state;
	uint8_t root[SHA256_LEN] = { 0 };

	for (int i = 0; i < 12; i++) {
		size_t most = w->m.slots < 100 ? 32 : ABI_BATCH_OPS;

		world_grow(w, 1 + prng_below(&w->rng, most));
		model_root(&w->m, root);
		assert_memory_equal(w->c.root, root, SHA256_LEN);
		assert_model(w->s, w->r, &w->m);
	}
	world_reopen(w);
	assert_model(w->s, w->r, &w->m);
}

static void a_tree_of_one_slot_has_no_siblings(void **state)
{
	struct world *w = *state;

	world_grow(w, 1);
	assert_int_equal(store_get_proof(w->r, &w->p, 3, 0), KMS_RC_OK);
	assert_int_equal(w->p.path_len, 0);
	assert_model(w->s, w->r, &w->m);
}

static void a_prepared_batch_is_invisible(void **state)
{
	struct world *w = *state;
	struct store_shard shard = { 0 };
	struct store_key key = { 0 };

	world_grow(w, 20);
	w->m2 = w->m;
	change_set_make(&w->c, &w->m, w->s, &w->rng, 20);
	assert_int_equal(store_begin_batch(w->s, &w->c.batch), KMS_RC_OK);
	assert_int_equal(store_get_shard(w->s, &shard, 3), KMS_RC_OK);
	assert_true(shard.prepared);
	assert_int_equal(shard.seq, w->m2.seq);
	for (uint64_t slot = 0; slot < w->m2.slots; slot++) {

		assert_int_equal(store_get_proof(w->r, &w->p, 3, slot),
				 KMS_RC_OK);
		assert_int_equal(w->p.blob_len, w->m2.blob_len[slot]);
		assert_memory_equal(w->p.blob, w->m2.blob[slot], w->p.blob_len);
		uuid_of(key.uuid, 3, slot);
		assert_int_equal(store_get_key(w->r, &key, key.uuid),
				 KMS_RC_OK);
		assert_int_equal(key.version, w->m2.version[slot]);
	}
	assert_int_equal(store_finish_batch(w->s, 3, w->m.seq, w->c.root),
			 KMS_RC_OK);
	assert_model(w->s, w->r, &w->m);
}

static void a_prepared_batch_survives_and_finishes_after_reopening(void **state)
{
	struct world *w = *state;
	struct store_shard shard = { 0 };

	world_grow(w, 10);
	change_set_make(&w->c, &w->m, w->s, &w->rng, 30);
	assert_int_equal(store_begin_batch(w->s, &w->c.batch), KMS_RC_OK);
	world_reopen(w);
	assert_int_equal(store_get_shard(w->s, &shard, 3), KMS_RC_OK);
	assert_true(shard.prepared);
	assert_int_equal(shard.seq + 1, w->m.seq);
	assert_int_equal(shard.pc_len, sizeof(w->c.pc));
	assert_memory_equal(shard.pc, w->c.pc, sizeof(w->c.pc));
	for (int again = 0; again < 2; again++)
		assert_int_equal(
			store_finish_batch(w->s, 3, w->m.seq, w->c.root),
			KMS_RC_OK);
	assert_model(w->s, w->r, &w->m);
	world_reopen(w);
	assert_int_equal(store_finish_batch(w->s, 3, w->m.seq, w->c.root),
			 KMS_RC_OK);
	assert_model(w->s, w->r, &w->m);
}

static void a_dropped_batch_leaves_nothing(void **state)
{
	struct world *w = *state;

	world_grow(w, 25);
	w->m2 = w->m;
	change_set_make(&w->c, &w->m, w->s, &w->rng, 40);
	assert_int_equal(store_begin_batch(w->s, &w->c.batch), KMS_RC_OK);
	world_reopen(w);
	for (int again = 0; again < 2; again++)
		assert_int_equal(store_drop_batch(w->s, 3), KMS_RC_OK);
	assert_model(w->s, w->r, &w->m2);
	assert_int_equal(store_finish_batch(w->s, 3, w->c.batch.seq, w->c.root),
			 KMS_RC_SEQ);
	/* The very same batch may come again. */
	change_set_commit(&w->c, w->s);
	assert_model(w->s, w->r, &w->m);
}

static void batches_come_in_order(void **state)
{
	struct world *w = *state;
	struct store_batch b;

	world_grow(w, 5);
	change_set_make(&w->c, &w->m, w->s, &w->rng, 5);
	b = w->c.batch;
	b.seq += 1;
	assert_int_equal(store_begin_batch(w->s, &b), KMS_RC_SEQ);
	b.seq -= 2;
	assert_int_equal(store_begin_batch(w->s, &b), KMS_RC_SEQ);
	assert_int_equal(store_finish_batch(w->s, 3, w->c.batch.seq, w->c.root),
			 KMS_RC_SEQ);
	assert_int_equal(store_begin_batch(w->s, &w->c.batch), KMS_RC_OK);
	assert_int_equal(store_begin_batch(w->s, &w->c.batch),
			 KMS_RC_BUSY_STAGED);
	assert_int_equal(
		store_finish_batch(w->s, 3, w->c.batch.seq + 1, w->c.root),
		KMS_RC_SEQ);
	assert_int_equal(store_finish_batch(w->s, 4, w->c.batch.seq, w->c.root),
			 KMS_RC_SEQ);
	assert_int_equal(store_finish_batch(w->s, 3, w->c.batch.seq, w->c.root),
			 KMS_RC_OK);
	w->c.root[0] ^= 1;
	assert_int_equal(store_finish_batch(w->s, 3, w->c.batch.seq, w->c.root),
			 KMS_RC_SEQ);
	assert_model(w->s, w->r, &w->m);
}

static void shards_do_not_mix(void **state)
{
	struct world *w = *state;

	w->m2.shard = 63;
	change_set_make(&w->c, &w->m, w->s, &w->rng, 9);
	assert_int_equal(store_begin_batch(w->s, &w->c.batch), KMS_RC_OK);
	change_set_make(&w->c2, &w->m2, w->s, &w->rng, 17);
	assert_int_equal(store_begin_batch(w->s, &w->c2.batch), KMS_RC_OK);
	assert_int_equal(store_finish_batch(w->s, 63, 1, w->c2.root),
			 KMS_RC_OK);
	assert_int_equal(store_finish_batch(w->s, 3, 1, w->c.root), KMS_RC_OK);
	change_set_make(&w->c2, &w->m2, w->s, &w->rng, 4);
	assert_int_equal(store_begin_batch(w->s, &w->c2.batch), KMS_RC_OK);
	world_grow(w, 6);
	assert_int_equal(store_finish_batch(w->s, 63, 2, w->c2.root),
			 KMS_RC_OK);
	assert_model(w->s, w->r, &w->m);
	assert_model(w->s, w->r, &w->m2);
}

static void an_older_version_is_refused(void **state)
{
	struct world *w = *state;

	world_grow(w, 1);
	/* The same record once more. */
	w->c.batch.seq = 2;
	assert_int_equal(store_begin_batch(w->s, &w->c.batch), KMS_RC_STALE);
	assert_string_not_equal(store_why(w->s), "");
	assert_model(w->s, w->r, &w->m);
	change_set_make(&w->c, &w->m, w->s, &w->rng, 1);
	change_set_commit(&w->c, w->s);
	assert_model(w->s, w->r, &w->m);
}

static void a_tombstone_takes_its_key_along(void **state)
{
	struct world *w = *state;
	struct record_header h = { 0 };
	struct store_change *ch = &w->c.changes[0];
	struct store_key key = { 0 };
	uint8_t uuid[ABI_UUID_LEN] = { 0 };

	world_grow(w, 1);
	uuid_of(uuid, 3, 0);
	h = (struct record_header){ .type = RECORD_TOMBSTONE,
				    .shard = 3,
				    .version = 2 };
	memcpy(h.uuid, uuid, sizeof(uuid));
	record_put_header(w->c.blobs[0], &h);
	ch->blob.len = RECORD_HEADER_LEN;
	ch->key = NULL;
	w->c.batch.seq = 2;
	assert_int_equal(store_begin_batch(w->s, &w->c.batch), KMS_RC_OK);
	assert_int_equal(store_get_key(w->r, &key, uuid), KMS_RC_OK);
	assert_int_equal(store_finish_batch(w->s, 3, 2, w->c.root), KMS_RC_OK);
	assert_int_equal(store_get_key(w->r, &key, uuid), KMS_RC_NOT_FOUND);
	assert_int_equal(store_get_proof(w->r, &w->p, 3, 0), KMS_RC_OK);
	assert_int_equal(w->p.blob_len, RECORD_HEADER_LEN);
}

static void a_change_without_a_key_row_leaves_the_row_alone(void **state)
{
	struct world *w = *state;
	struct record_header h = { .type = RECORD_KEY,
				   .shard = 3,
				   .version = 2 };
	struct store_key key = { 0 };
	uint8_t uuid[ABI_UUID_LEN] = { 0 };

	world_grow(w, 1);
	uuid_of(uuid, 3, 0);
	memcpy(h.uuid, uuid, sizeof(uuid));
	record_put_header(w->c.blobs[0], &h);
	w->c.changes[0].key = NULL;
	w->c.batch.seq = 2;
	change_set_commit(&w->c, w->s);
	assert_int_equal(store_get_key(w->r, &key, uuid), KMS_RC_OK);
	assert_int_equal(key.version, 1);
}

/* Each spoils one thing of a good batch. */
static void spoil(struct change_set *c, int how)
{
	struct store_batch *b = &c->batch;

	switch (how) {
	case 0:
		b->change_count = 0;
		break;
	case 1:
		b->change_count = ABI_BATCH_OPS + 1;
		break;
	case 2:
		b->shard = 4;
		break;
	case 3:
		b->seq = 0;
		break;
	case 4:
		b->pc.len = 0;
		break;
	case 5:
		b->pc.len = ABI_PC_LEN + 1;
		break;
	case 6:
		c->nodes[0].level = ABI_DEPTH_MAX + 1;
		break;
	case 7:
		c->nodes[0].index = (uint64_t)1 << ABI_DEPTH_MAX;
		break;
	case 8:
		c->changes[0].blob.len = RECORD_HEADER_LEN - 1;
		break;
	case 9:
		c->blobs[0][0] ^= 1;
		break;
	case 10:
		c->keys[0].slot++;
		break;
	case 11:
		c->keys[0].uuid[0] ^= 1;
		break;
	case 12:
		c->keys[0].account = 1000000000000;
		break;
	case 13:
		c->keys[0].description = NULL;
		break;
	case 14: /* the same slot twice */
		c->changes[1] = c->changes[0];
		break;
	case 15: /* slot 2^24 */
		c->blobs[0][19] = 1;
		c->keys[0].slot += (uint64_t)1 << 24;
		break;
	case 16: /* a version that signed databases cannot hold */
		c->blobs[0][31] = 0x80;
		c->keys[0].version += (uint64_t)1 << 63;
		break;
	case 17:
		b->node_count = ABI_BATCH_OPS * (ABI_DEPTH_MAX + 1) + 1;
		break;
	default:
		fail_msg("no such way to spoil a batch");
		break;
	}
}

static void a_malformed_batch_changes_nothing(void **state)
{
	struct world *w = *state;

	world_grow(w, 8);
	w->m2 = w->m;
	for (int how = 0; how < 18; how++) {
		w->m = w->m2;
		change_set_make(&w->c, &w->m, w->s, &w->rng, 8);
		spoil(&w->c, how);
		if (store_begin_batch(w->s, &w->c.batch) != KMS_RC_BAD_INPUT)
			fail_msg("batch %d was taken", how);
	}
	assert_model(w->s, w->r, &w->m2);
}

static void places_out_of_range_are_refused(void **state)
{
	struct world *w = *state;
	struct store_shard shard = { 0 };
	uint8_t node[SHA256_LEN] = { 0 };

	assert_int_equal(store_get_shard(w->s, &shard, ABI_SHARDS_MAX),
			 KMS_RC_BAD_INPUT);
	assert_int_equal(store_get_proof(w->r, &w->p, ABI_SHARDS_MAX, 0),
			 KMS_RC_BAD_INPUT);
	assert_int_equal(store_get_proof(w->r, &w->p, 0, 1 << ABI_DEPTH_MAX),
			 KMS_RC_BAD_INPUT);
	assert_int_equal(store_get_node(w->s, node, 0, ABI_DEPTH_MAX + 1, 0),
			 KMS_RC_BAD_INPUT);
	assert_int_equal(store_get_node(w->s, node, 0, ABI_DEPTH_MAX, 1),
			 KMS_RC_BAD_INPUT);
	assert_int_equal(store_drop_batch(w->s, ABI_SHARDS_MAX),
			 KMS_RC_BAD_INPUT);
}

static void the_longest_blob_and_description_come_back(void **state)
{
	struct world *w = *state;
	struct store_key key = { 0 };
	size_t len = 4 * STORE_DESCRIPTION_MAX;
	char *text = test_calloc(len + 2, 1);

	change_set_make(&w->c, &w->m, w->s, &w->rng, 1);
	for (size_t i = 0; i < len; i += 4)
		memcpy(text + i, "\xf0\x9f\x94\x91", 4);
	w->c.keys[0].description = text;
	w->c.changes[0].blob.len = ABI_BLOB_MAX;
	text[len] = 'x';
	assert_int_equal(store_begin_batch(w->s, &w->c.batch),
			 KMS_RC_BAD_INPUT);
	text[len] = '\0';
	w->c.changes[0].blob.len = ABI_BLOB_MAX + 1;
	assert_int_equal(store_begin_batch(w->s, &w->c.batch),
			 KMS_RC_BAD_INPUT);
	w->c.changes[0].blob.len = ABI_BLOB_MAX;
	change_set_commit(&w->c, w->s);
	assert_int_equal(store_get_proof(w->r, &w->p, 3, 0), KMS_RC_OK);
	assert_int_equal(w->p.blob_len, ABI_BLOB_MAX);
	assert_memory_equal(w->p.blob, w->c.blobs[0], ABI_BLOB_MAX);
	assert_int_equal(store_get_key(w->r, &key, w->c.keys[0].uuid),
			 KMS_RC_OK);
	assert_string_equal(key.description, text);
	test_free(text);
}

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
	uint64_t count = 9;

	assert_int_equal(store_count_api_keys(w->r, &count), KMS_RC_OK);
	assert_int_equal(count, 0);
	assert_int_equal(store_get_api_key(w->r, &got, a.id), KMS_RC_NOT_FOUND);
	assert_int_equal(store_add_api_key(w->s, &a), KMS_RC_OK);
	assert_int_equal(store_add_api_key(w->s, &a), KMS_RC_EXISTS);
	assert_int_equal(store_get_api_key(w->r, &got, a.id), KMS_RC_OK);
	assert_memory_equal(&got, &a, sizeof(a));
	assert_int_equal(store_revoke_api_key(w->s, a.id), KMS_RC_OK);
	assert_int_equal(store_revoke_api_key(w->s, a.id), KMS_RC_NOT_FOUND);
	assert_int_equal(store_get_api_key(w->r, &got, a.id), KMS_RC_NOT_FOUND);
	/* Neither the id nor the closed door come back. */
	assert_int_equal(store_add_api_key(w->s, &a), KMS_RC_EXISTS);
	assert_int_equal(store_count_api_keys(w->r, &count), KMS_RC_OK);
	assert_int_equal(count, 1);
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

static void two_servers_do_not_share_a_database(void **state)
{
	struct world *w = *state;
	struct store *other = open_ok(w->place.path);

	assert_int_equal(store_claim(w->s), KMS_RC_OK);
	assert_int_equal(store_claim(w->s), KMS_RC_OK);
	assert_int_equal(store_claim(other), KMS_RC_IN_USE);
	assert_string_not_equal(store_why(other), "");
	store_reader_close(&w->r);
	store_close(&w->s);
	assert_int_equal(store_claim(other), KMS_RC_OK);
	store_close(&other);
	w->s = open_ok(w->place.path);
	w->r = reader_ok(w->s);
}

static void an_unknown_kind_of_database_is_refused(void **state)
{
	struct store *s = NULL;
	const char *why = NULL;

	(void)state;
	assert_int_equal(store_open(&s, "oracle://localhost/kms", &why),
			 KMS_RC_CONFIG);
	assert_null(s);
	assert_string_not_equal(why, "");
	store_close(&s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		world_test(a_new_database_is_empty),
		world_test(the_identity_is_set_once),
		world_test(random_batches_give_the_tree_of_the_reference),
		world_test(a_tree_of_one_slot_has_no_siblings),
		world_test(a_prepared_batch_is_invisible),
		world_test(
			a_prepared_batch_survives_and_finishes_after_reopening),
		world_test(a_dropped_batch_leaves_nothing),
		world_test(batches_come_in_order),
		world_test(shards_do_not_mix),
		world_test(an_older_version_is_refused),
		world_test(a_tombstone_takes_its_key_along),
		world_test(a_change_without_a_key_row_leaves_the_row_alone),
		world_test(a_malformed_batch_changes_nothing),
		world_test(places_out_of_range_are_refused),
		world_test(the_longest_blob_and_description_come_back),
		world_test(pages_are_stable_while_keys_are_added),
		world_test(a_walk_ends_when_told),
		world_test(a_reader_never_sees_half_a_batch),
		world_test(api_keys_live_until_they_are_revoked),
		world_test(an_ambiguous_prefix_revokes_nothing),
		world_test(a_malformed_api_key_is_refused),
		world_test(api_keys_of_another_process_act_at_once),
		world_test(two_servers_do_not_share_a_database),
		cmocka_unit_test(an_unknown_kind_of_database_is_refused),
	};

	place_choose(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
