/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/store/fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void place_choose(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "sqlite") != 0) {
		fprintf(stderr, "unknown backend: %s\n", argv[1]);
		exit(2);
	}
}

void place_make(struct place *p)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(p->dir, sizeof(p->dir), "%s/kms-store-XXXXXX",
		 tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/kms.db", p->dir);
}

void place_remove(struct place *p)
{
	DIR *d = opendir(p->dir);
	struct dirent *e = NULL;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	assert_int_equal(rmdir(p->dir), 0);
}

struct store *open_ok(const char *path)
{
	struct store *s = NULL;
	const char *why = NULL;
	enum kms_rc rc = store_open(&s, path, &why);

	if (rc)
		fail_msg("%s: %s: %s", path, kms_rc_name(rc), why);
	return s;
}

struct store_reader *reader_ok(struct store *s)
{
	struct store_reader *r = NULL;

	assert_int_equal(store_reader_open(&r, s), KMS_RC_OK);
	return r;
}

unsigned int model_depth(const struct model *m)
{
	return slot_tree_depth(m->slots);
}

void model_node(const struct model *m, uint8_t out[SHA256_LEN],
		unsigned int level, uint64_t index)
{
	static uint8_t row[MODEL_SLOTS][SHA256_LEN];
	uint64_t first = index << level;
	uint64_t count = (uint64_t)1 << level;

	memset(row, 0, sizeof(row));
	for (uint64_t i = 0; i < count; i++)
		if (first + i < m->slots)
			record_leaf(row[i], bytes_of(m->blob[first + i],
						     m->blob_len[first + i]));
	for (; count > 1; count /= 2)
		for (uint64_t i = 0; i < count / 2; i++)
			slot_tree_node(row[i], row[2 * i], row[2 * i + 1]);
	memcpy(out, row[0], SHA256_LEN);
}

void model_root(const struct model *m, uint8_t out[SHA256_LEN])
{
	model_node(m, out, model_depth(m), 0);
}

void uuid_of(uint8_t out[ABI_UUID_LEN], uint16_t shard, uint64_t slot)
{
	/* Scattered, as real ones are. */
	struct prng p = { .state = (uint64_t)shard << 32 | slot };

	prng_fill(&p, out, ABI_UUID_LEN);
}

uint64_t account_of(uint64_t slot)
{
	return 100000000000u + slot % 3;
}

/* A new version of a slot, in the model and in the change set. */
static void change(struct change_set *c, struct model *m, struct prng *rng,
		   uint64_t slot)
{
	size_t i = c->batch.change_count++;
	size_t len = RECORD_OVERHEAD + prng_below(rng, BODY_MAX);
	struct record_header h = {
		.type = RECORD_KEY,
		.shard = m->shard,
		.slot = slot,
		.version = m->version[slot] + 1,
	};
	struct store_key *k = &c->keys[i];

	uuid_of(h.uuid, m->shard, slot);
	prng_fill(rng, c->blobs[i], len);
	record_put_header(c->blobs[i], &h);
	*k = (struct store_key){
		.shard = m->shard,
		.slot = slot,
		.version = h.version,
		.key_spec = KEY_SPEC_SECP256K1,
		.key_usage = KEY_USAGE_SIGN_VERIFY,
		.key_state =
			h.version % 2 ? KEY_STATE_ENABLED : KEY_STATE_DISABLED,
		.account = account_of(slot),
		.created_ms = 1700000000000 + (int64_t)slot,
		.description = slot % 2 ? "Zürich" : "",
	};
	memcpy(k->uuid, h.uuid, sizeof(k->uuid));
	memset(k->public_key, (int)(slot & 0xff), sizeof(k->public_key));
	c->changes[i] = (struct store_change){
		.blob = bytes_of(c->blobs[i], len),
		.key = k,
	};
	m->version[slot] = h.version;
	m->blob_len[slot] = len;
	memcpy(m->blob[slot], c->blobs[i], len);
}

static void add_node(void *arg, unsigned int level, uint64_t index,
		     const uint8_t node[SHA256_LEN])
{
	struct change_set *c = arg;
	struct store_node *n = &c->nodes[c->batch.node_count++];

	n->level = (uint8_t)level;
	n->index = index;
	memcpy(n->hash, node, SHA256_LEN);
}

struct sibling_source {
	struct store *store;
	uint16_t shard;
};

static bool sibling(void *arg, unsigned int level, uint64_t index,
		    uint8_t out[SHA256_LEN])
{
	struct sibling_source *from = arg;

	return !store_get_node(from->store, out, from->shard, level, index);
}

static int by_slot(const void *a, const void *b)
{
	uint64_t x = ((const struct slot_leaf *)a)->slot;
	uint64_t y = ((const struct slot_leaf *)b)->slot;

	return x < y ? -1 : x > y;
}

static void make_nodes(struct change_set *c, const struct model *m,
		       struct store *s)
{
	static struct slot_leaf leaves[ABI_BATCH_OPS];
	struct sibling_source from = { .store = s, .shard = m->shard };
	size_t count = c->batch.change_count;
	uint8_t was[SHA256_LEN] = { 0 };

	memset(leaves, 0, sizeof(leaves));
	for (size_t i = 0; i < count; i++) {
		leaves[i].slot = c->keys[i].slot;
		record_leaf(leaves[i].is, c->changes[i].blob);
		add_node(c, 0, leaves[i].slot, leaves[i].is);
	}
	qsort(leaves, count, sizeof(leaves[0]), by_slot);
	assert_int_equal(slot_tree_fold(was, c->root, leaves, count,
					model_depth(m), sibling, &from,
					add_node, c),
			 KMS_RC_OK);
}

void change_set_make(struct change_set *c, struct model *m, struct store *s,
		     struct prng *rng, size_t count)
{
	bool taken[MODEL_SLOTS] = { false };

	memset(c, 0, sizeof(*c));
	prng_fill(rng, c->pc, sizeof(c->pc));
	c->batch = (struct store_batch){
		.shard = m->shard,
		.seq = ++m->seq,
		.pc = bytes_of(c->pc, sizeof(c->pc)),
		.changes = c->changes,
		.nodes = c->nodes,
	};
	while (c->batch.change_count < count) {
		uint64_t slot = m->slots;

		if (m->slots == MODEL_SLOTS ||
		    (m->slots && prng_below(rng, 3) == 0))
			slot = prng_below(rng, (size_t)m->slots);
		if (taken[slot])
			continue;
		taken[slot] = true;
		if (slot == m->slots)
			m->slots++;
		change(c, m, rng, slot);
	}
	make_nodes(c, m, s);
	/* Where recovery finds the root, as in a real certificate. */
	memcpy(c->pc, c->root, sizeof(c->root));
}

void change_set_commit(struct change_set *c, struct store *s)
{
	assert_int_equal(store_begin_batch(s, &c->batch), KMS_RC_OK);
	assert_int_equal(
		store_finish_batch(s, c->batch.shard, c->batch.seq, c->root),
		KMS_RC_OK);
}

static void assert_slot(struct store_reader *r, const struct model *m,
			uint64_t slot)
{
	static struct store_proof p;
	struct store_key key = { 0 };
	uint8_t uuid[ABI_UUID_LEN] = { 0 };
	uint8_t node[SHA256_LEN] = { 0 };

	assert_int_equal(store_get_proof(r, &p, m->shard, slot), KMS_RC_OK);
	assert_int_equal(p.seq, m->seq);
	assert_int_equal(p.blob_len, m->blob_len[slot]);
	assert_memory_equal(p.blob, m->blob[slot], p.blob_len);
	assert_int_equal(p.path_len, model_depth(m) * SHA256_LEN);
	for (unsigned int level = 0; level < model_depth(m); level++) {
		model_node(m, node, level, (slot >> level) ^ 1);
		assert_memory_equal(p.path + level * SHA256_LEN, node,
				    SHA256_LEN);
	}
	uuid_of(uuid, m->shard, slot);
	assert_int_equal(store_get_key(r, &key, uuid), KMS_RC_OK);
	assert_int_equal(key.shard, m->shard);
	assert_int_equal(key.slot, slot);
	assert_int_equal(key.version, m->version[slot]);
	assert_int_equal(key.account, account_of(slot));
	assert_int_equal(key.key_state, m->version[slot] % 2
						? KEY_STATE_ENABLED
						: KEY_STATE_DISABLED);
	assert_int_equal(key.public_key[63], slot & 0xff);
	assert_string_equal(key.description, slot % 2 ? "Zürich" : "");
}

void assert_model(struct store *s, struct store_reader *r,
		  const struct model *m)
{
	static struct store_proof p;
	struct store_shard shard = { 0 };
	uint8_t root[SHA256_LEN] = { 0 };

	model_root(m, root);
	assert_int_equal(store_get_shard(s, &shard, m->shard), KMS_RC_OK);
	assert_int_equal(shard.seq, m->seq);
	assert_memory_equal(shard.root, root, SHA256_LEN);
	assert_false(shard.prepared);
	for (uint64_t slot = 0; slot < m->slots; slot++)
		assert_slot(r, m, slot);
	assert_int_equal(store_get_proof(r, &p, m->shard, m->slots),
			 KMS_RC_NOT_FOUND);
}

void model_load(struct model *m, struct store *s, uint16_t shard)
{
	struct store_reader *r = reader_ok(s);
	struct store_shard now = { 0 };
	static struct store_proof p;

	assert_int_equal(store_get_shard(s, &now, shard), KMS_RC_OK);
	if (now.prepared)
		assert_int_equal(
			store_finish_batch(s, shard, now.seq + 1, now.pc),
			KMS_RC_OK);
	assert_int_equal(store_get_shard(s, &now, shard), KMS_RC_OK);
	memset(m, 0, sizeof(*m));
	m->shard = shard;
	m->seq = now.seq;
	while (m->slots < MODEL_SLOTS &&
	       !store_get_proof(r, &p, shard, m->slots)) {
		struct record_header h = { 0 };

		assert_int_equal(
			record_get_header(&h, bytes_of(p.blob, p.blob_len)),
			KMS_RC_OK);
		m->version[m->slots] = h.version;
		m->blob_len[m->slots] = p.blob_len;
		memcpy(m->blob[m->slots], p.blob, p.blob_len);
		m->slots++;
	}
	store_reader_close(&r);
}

int world_open(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));

	place_make(&w->place);
	w->s = open_ok(w->place.path);
	w->r = reader_ok(w->s);
	w->rng = prng_start();
	w->m.shard = 3;
	*state = w;
	return 0;
}

int world_close(void **state)
{
	struct world *w = *state;

	store_reader_close(&w->r);
	store_close(&w->s);
	place_remove(&w->place);
	test_free(w);
	return 0;
}

void world_reopen(struct world *w)
{
	store_reader_close(&w->r);
	store_close(&w->s);
	w->s = open_ok(w->place.path);
	w->r = reader_ok(w->s);
}

void world_grow(struct world *w, size_t count)
{
	change_set_make(&w->c, &w->m, w->s, &w->rng, count);
	change_set_commit(&w->c, w->s);
}

int world_open_with_keys(void **state)
{
	struct world *w = NULL;

	world_open(state);
	w = *state;
	while (w->m.slots < 4)
		world_grow(w, 1);
	return 0;
}
