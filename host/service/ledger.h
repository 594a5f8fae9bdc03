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

#define LEDGER_NODES_MAX (ABI_BATCH_OPS * (ABI_DEPTH_MAX + 1))

struct ledger {
	struct tee *tee;
	struct tee_line *line;
	struct store *store;
	struct store_reader *reader;
	uint16_t shard_total;
	struct ledger_shard shards[ABI_SHARDS_MAX];
	uint16_t next_shard; /* of the round robin */
	/* Grows when rows of keys that exist may have changed, or gone. */
	uint64_t key_changes;

	/* Of the batch under way: what each op is of, and its parts. */
	struct keeper_change *requests[ABI_BATCH_OPS];
	struct tee_change changes[ABI_BATCH_OPS];
	struct store_change rows[ABI_BATCH_OPS];
	struct store_wallet_edit edits[ABI_BATCH_OPS];
	struct store_key_edit key_edits[ABI_BATCH_OPS];
	uint8_t was[ABI_BATCH_OPS][SHA256_LEN]; /* leaves before */
	uint8_t records[ABI_BATCH_OPS][ABI_BLOB_MAX];
	struct store_proof proof;
	uint64_t asked[ABI_BATCH_OPS]; /* slots */
	size_t created;		       /* how many ops take a new slot */

	struct slot_leaf leaves[ABI_BATCH_OPS];
	struct store_node nodes[LEDGER_NODES_MAX];
	size_t node_count;
	uint8_t siblings[ABI_SIBLINGS_MAX * SHA256_LEN];
	size_t siblings_len;
	enum kms_rc node_rc;
	uint16_t node_shard;
};

/*
 * Opens the shards of a worker and brings the database to the TEE's state:
 * every row of the table of interrupted commits. Errors, and *why, as
 * keeper_start().
 */
enum kms_rc ledger_open_worker(struct ledger *l, unsigned int worker,
			       const char **why) KMS_MUST_USE;

/* Ends and starts a worker, then as above. */
enum kms_rc ledger_revive(struct ledger *l, unsigned int worker) KMS_MUST_USE;

/*
 * Whether a request can be tried. What passes here does not fail a commit
 * that others share by its form.
 */
bool ledger_accepts(const struct keeper_change *c);

/*
 * Brings those to the front that can be committed together with the first:
 * of one shard, no record twice, at most ops_max ops. Gives how many.
 */
size_t ledger_pick(struct keeper_change **changes, size_t count,
		   size_t ops_max);

/*
 * Commits what ledger_pick() has picked and sets the rc of each. When one of
 * several is refused, each is tried alone.
 */
void ledger_run(struct ledger *l, struct keeper_change **changes, size_t count);

/* --- for the files of this module ---------------------------------------- */

/* Whether a change belongs to a shard, and cannot be made elsewhere. */
bool ledger_is_pinned(const struct keeper_change *c);
uint16_t ledger_shard_of(const struct keeper_change *c);

/* How many ops it takes, and at most how many bytes of the request. */
size_t ledger_ops(const struct keeper_change *c);
size_t ledger_request_len(const struct keeper_change *c);

/*
 * ledger_batch.c: runs the first count ops of l->changes in a shard as one
 * commit. *lost: the TEE did not answer the PREPARE, and nothing was
 * committed.
 */
enum kms_rc ledger_commit(struct ledger *l, uint16_t shard, size_t count,
			  bool *lost) KMS_MUST_USE;

/*
 * ledger_create.c, ledger_change.c, ledger_key.c: put the ops of a request, and
 * when the TEE has answered, make the rows of the op at index.
 */
void ledger_create_ops(struct tee_change *ops, const struct keeper_change *c);
void ledger_create_row(struct ledger *l, uint16_t shard, size_t index);
void ledger_change_ops(struct tee_change *ops, const struct keeper_change *c);
void ledger_change_row(struct ledger *l, size_t index);
bool ledger_accepts_wallet(const struct keeper_change *c);
bool ledger_accepts_change(const struct keeper_change *c);
void ledger_key_ops(struct tee_change *ops, const struct keeper_change *c);
void ledger_key_row(struct ledger *l, size_t index);
bool ledger_accepts_key(const struct keeper_change *c);
/* Whether the state that a key has now allows it. NOT_FOUND, INVALID_STATE. */
enum kms_rc ledger_check_key(struct ledger *l,
			     const struct keeper_change *c) KMS_MUST_USE;

#endif /* KMS_HOST_SERVICE_LEDGER_H */
