/* SPDX-License-Identifier: Apache-2.0 */
/* What store.h promises of databases and batches, for any backend. */
#include "test/unit/store/fixture.h"

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
		world_test(two_servers_do_not_share_a_database),
		cmocka_unit_test(an_unknown_kind_of_database_is_refused),
	};

	place_choose(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
