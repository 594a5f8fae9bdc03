/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture - a fresh database of the kind under test, and a model beside it
 *
 * The tests of store.h see the database through this alone, so they run for
 * every backend: argv[1] names it.
 */

#ifndef KMS_TEST_STORE_FIXTURE_H
#define KMS_TEST_STORE_FIXTURE_H

#include "abi/record.h"
#include "abi/schema.h"
#include "abi/slot_tree.h"
#include "host/store/store.h"
#include "test/unit/seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MODEL_SLOTS 256
#define MODEL_DEPTH 8
#define BODY_MAX    600

/* Where a database may be made, and how it goes away. */
struct place {
	char dir[64];
	char path[96]; /* what store_open() takes */
};

void place_make(struct place *p);
void place_remove(struct place *p);

/* Accepts "sqlite"; ends the program on another name. */
void place_choose(int argc, char **argv);

/* What a shard has to look like. */
struct model {
	uint16_t shard;
	uint64_t seq;
	uint64_t slots; /* in use: 0 .. slots - 1 */
	uint64_t version[MODEL_SLOTS];
	size_t blob_len[MODEL_SLOTS];
	uint8_t blob[MODEL_SLOTS][ABI_BLOB_MAX];
};

unsigned int model_depth(const struct model *m);
/* Every node from the leaves, without the store. */
void model_node(const struct model *m, uint8_t out[SHA256_LEN],
		unsigned int level, uint64_t index);
void model_root(const struct model *m, uint8_t out[SHA256_LEN]);

/* A batch with its own memory. */
struct change_set {
	struct store_batch batch;
	struct store_change changes[ABI_BATCH_OPS];
	struct store_key keys[ABI_BATCH_OPS];
	struct store_node nodes[ABI_BATCH_OPS * (ABI_DEPTH_MAX + 1)];
	uint8_t blobs[ABI_BATCH_OPS][ABI_BLOB_MAX];
	uint8_t pc[ABI_PC_LEN];
	uint8_t root[SHA256_LEN];
};

/*
 * Changes count slots of the model: some new, some again. The nodes come from
 * the store's and abi/slot_tree, as in the server. Every change has a key row.
 */
void change_set_make(struct change_set *c, struct model *m, struct store *s,
		     struct prng *rng, size_t count);

/* The uuid that stands for a slot of a shard. */
void uuid_of(uint8_t out[ABI_UUID_LEN], uint16_t shard, uint64_t slot);
uint64_t account_of(uint64_t slot);

/* begin and finish, which must succeed. */
void change_set_commit(struct change_set *c, struct store *s);

/* Finishes what is prepared, then makes *m what the database holds. */
void model_load(struct model *m, struct store *s, uint16_t shard);

struct store *open_ok(const char *path);
struct store_reader *reader_ok(struct store *s);
/* Every slot of the model has its blob, path and key row. */
void assert_model(struct store *s, struct store_reader *r,
		  const struct model *m);

/* What a test has at hand: a database of its own, and room for two models. */
struct world {
	struct place place;
	struct store *s;
	struct store_reader *r;
	struct prng rng;
	struct model m; /* of shard 3 */
	struct change_set c;
	struct model m2;
	struct change_set c2;
	struct store_proof p;
};

/* Setup and teardown. */
int world_open(void **state);
int world_close(void **state);

#define world_test(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)

/* The same with keys in slots 0 to 3 of shard 3. */
int world_open_with_keys(void **state);

void world_reopen(struct world *w);
/* Commits a batch of so many changes of w->m. */
void world_grow(struct world *w, size_t count);

#endif /* KMS_TEST_STORE_FIXTURE_H */
