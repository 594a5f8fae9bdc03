/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger - database and TEE agree, shard by shard
 *
 * Owns:      what is known of each open shard: seq, root, size.
 * Threads:   the keeper's alone.
 */

#ifndef KMS_HOST_SERVICE_LEDGER_H
#define KMS_HOST_SERVICE_LEDGER_H

#include "abi/record.h"
#include "abi/slot_tree.h"
#include "host/service/keeper.h"

struct ledger_shard {
	uint64_t seq;
	uint64_t next_slot;
	uint8_t depth;
	uint8_t root[SHA256_LEN];
	bool usable;
	bool unfinished; /* committed; the database has yet to finish it */
};

#define LEDGER_NODES_MAX (ABI_BATCH_OPS * 2 + ABI_DEPTH_MAX * 2 + 2)

struct ledger {
	struct tee *tee;
	struct tee_line *line;
	struct store *store;
	uint16_t shard_total;
	struct ledger_shard shards[ABI_SHARDS_MAX];
	uint16_t next_shard; /* of the round robin */

	/* Of the batch under way. */
	struct slot_leaf leaves[ABI_BATCH_OPS];
	struct tee_change changes[ABI_BATCH_OPS];
	struct store_change rows[ABI_BATCH_OPS];
	struct store_node nodes[LEDGER_NODES_MAX];
	size_t node_count;
	uint8_t siblings[ABI_DEPTH_MAX * 2 * SHA256_LEN];
	size_t siblings_len;
	enum kms_rc node_rc;
	uint16_t node_shard;
};

/*
 * Opens the shards of a worker and brings the database to the TEE's state:
 * every row of the table of interrupted commits. Errors as keeper_start().
 */
enum kms_rc ledger_open_worker(struct ledger *l, unsigned int worker,
			       const char **why) KMS_MUST_USE;

/* Ends and starts a worker, then as above. */
enum kms_rc ledger_revive(struct ledger *l, unsigned int worker) KMS_MUST_USE;

/*
 * Commits up to ABI_BATCH_OPS new keys together and sets the rc of each. When
 * one of several is refused, each is tried alone.
 */
void ledger_create_keys(struct ledger *l, struct keeper_change **changes,
			size_t count);

#endif /* KMS_HOST_SERVICE_LEDGER_H */
