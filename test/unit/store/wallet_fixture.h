/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wallet_fixture - batches of wallets, without a tree beside them
 */

#ifndef KMS_TEST_STORE_WALLET_FIXTURE_H
#define KMS_TEST_STORE_WALLET_FIXTURE_H

#include "host/store/wallet.h"
#include "test/unit/store/fixture.h"

#define WALLETS_MAX (ABI_BATCH_OPS / 2)

/* A batch of one shard with its own memory. */
struct wallet_set {
	struct store_batch batch;
	struct store_change changes[ABI_BATCH_OPS];
	struct store_key keys[WALLETS_MAX];
	struct store_wallet wallets[WALLETS_MAX];
	uint8_t blobs[ABI_BATCH_OPS][RECORD_OVERHEAD];
	uint8_t pc[ABI_PC_LEN];
	uint8_t root[SHA256_LEN];
};

/* An empty batch: seq follows the newest one. */
void wallet_set_start(struct wallet_set *w, struct store *s, uint16_t shard);
/* Adds a pair: wallet in slot 2 * number, vault behind it. */
void wallet_set_create(struct wallet_set *w, unsigned int number);
/* Adds a new version of the wallet's record. */
void wallet_set_edit(struct wallet_set *w, unsigned int number,
		     uint64_t version, const struct store_wallet_edit *edit);
/* Adds the tombstones of both. */
void wallet_set_delete(struct wallet_set *w, unsigned int number,
		       uint64_t version);
/* begin and finish, which must succeed. */
void wallet_set_commit(struct wallet_set *w, struct store *s);

/* What wallet_set_create() makes of a number. */
void wallet_of(struct store_wallet *out, uint16_t shard, unsigned int number);
void assert_wallet(const struct store_wallet *got,
		   const struct store_wallet *want);

#endif /* KMS_TEST_STORE_WALLET_FIXTURE_H */
