/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world - a keeper between a database and a fake TEE, and a client of it
 */

#ifndef KMS_TEST_SERVICE_WORLD_H
#define KMS_TEST_SERVICE_WORLD_H

#include "host/service/keeper.h"
#include "test/unit/seed.h"
#include "test/unit/service/fake_tee.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define WORLD_REQUESTS 64

struct world {
	char dir[64];
	char path[96];
	struct store *store;
	struct store_reader *reader;
	struct tee *tee;
	struct keeper *keeper;
	struct keeper_config config;
	struct keeper_change requests[WORLD_REQUESTS];
	size_t count;
	size_t open; /* not answered yet */
	struct store_wallet row;
};

int world_set_up(void **state);
int world_tear_down(void **state);
void world_start(struct world *w);
/* With another TEE than the fake one. */
void world_start_with(struct world *w, const struct tee_config *tee);
void world_stop(struct world *w);
/* A place for the database. */
void world_make_folder(struct world *w);
/* Removes a folder of nothing but files. */
void world_remove_folder(const char *path);

/* Gives a request to fill. */
struct keeper_change *world_create(struct world *w);
struct keeper_change *
world_change(struct world *w, const struct store_wallet *wallet, uint8_t op);
/* The same for keys that are no wallets. */
struct keeper_change *world_create_key(struct world *w);
struct keeper_change *world_change_key(struct world *w,
				       const struct store_key *key, uint8_t op);
/* Submits what was made since the last time, together, and waits for all. */
void world_run(struct world *w);
/* Runs one creation that has to succeed. */
struct store_wallet world_wallet(struct world *w);

/* The row of the wallet, which has to be there, in w->row. */
void world_read(struct world *w, const struct store_wallet *wallet);
bool world_has(struct world *w, const struct store_wallet *wallet);
/* Database and TEE have the same state of every shard. */
void assert_agree(struct world *w);

#endif /* KMS_TEST_SERVICE_WORLD_H */
