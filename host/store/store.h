/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store - the database: sealed records, tree nodes, commits, keys' metadata
 *
 * Owns:      the database file or connection. It holds ciphertext and public
 *            data only; nothing in it is believed by the TA.
 * Promises:  store_begin_batch() is durable when it returns OK. A reader sees
 *            a batch wholly or not at all.
 * Threads:   a store_reader belongs to one thread; the write functions are
 *            called by one thread, the committer. API keys may be written by
 *            other processes at any time and act at once.
 */

#ifndef KMS_HOST_STORE_H
#define KMS_HOST_STORE_H

#include "abi/limits.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"
#include "common/sha256.h"

#include <stdint.h>

#define STORE_DESCRIPTION_MAX 8192 /* characters of UTF-8 */
#define STORE_API_KEY_ID_LEN  8

struct store;
struct store_reader;
struct store_wallet;
struct store_wallet_edit;
struct store_tag;

enum store_kind { STORE_KEY = 1, STORE_WALLET = 2 };

/* A key as DescribeKey shows it. A wallet is one, too: of its first address. */
struct store_key {
	uint8_t uuid[ABI_UUID_LEN];
	uint16_t shard;
	uint64_t slot;
	uint64_t version;
	uint8_t kind;		 /* out: enum store_kind, as the blob tells */
	uint8_t key_spec;	 /* enum abi_key_spec */
	uint8_t key_usage;	 /* enum abi_key_usage */
	uint8_t key_state;	 /* enum abi_key_state */
	int64_t delete_after_ms; /* out: pending deletion; else 0 */
	uint64_t account;	 /* 12 decimal digits */
	int64_t created_ms;	 /* since the epoch */
	uint8_t public_key[64];	 /* x | y */
	const char *description; /* UTF-8; borrowed by a writer, a reader's own
				  * until its next call */
	/* In: of a new key, borrowed, see tag.h. Out: none. */
	const struct store_tag *tags;
	size_t tag_count;
};

/* What a batch changes in the row of an existing key that is no wallet. */
struct store_key_edit {
	uint8_t key_state;	 /* enum abi_key_state */
	int64_t delete_after_ms; /* with KEY_STATE_PENDING_DELETION, else 0 */
};

/* One row of step 2 of the commit protocol. */
struct store_change {
	struct bytes blob;	     /* new version of the record */
	const struct store_key *key; /* row to insert, or NULL */
	/* See wallet.h: row of a new wallet (with its key), or NULL; */
	const struct store_wallet *wallet;
	/* or what becomes of the row of the wallet whose record this is. */
	const struct store_wallet_edit *edit;
	const struct store_key_edit *key_edit; /* or of the key, likewise */
};

struct store_node {
	uint8_t level; /* 0: a leaf; the highest one is the root's */
	uint64_t index;
	uint8_t hash[SHA256_LEN];
};

/* A prepared commit: everything start-up needs to finish or drop it. */
struct store_batch {
	uint16_t shard;
	uint64_t seq; /* the anchor's seq after COMMIT */
	struct bytes pc;
	const struct store_change *changes;
	size_t change_count;
	const struct store_node *nodes; /* the nodes after COMMIT */
	size_t node_count;
};

enum store_batch_state { STORE_NONE = 0, STORE_PREPARED, STORE_COMMITTED };

/* Whether store_begin_batch() will take such an edit. */
bool store_accepts_key_edit(const struct store_key_edit *e);

/* What the database knows of a shard. */
struct store_shard {
	uint64_t seq;		  /* of the newest finished batch, 0 if none */
	uint8_t root[SHA256_LEN]; /* after it, as the TA told */
	bool prepared;		  /* a batch seq + 1 is waiting */
	uint8_t pc[ABI_PC_LEN];
	size_t pc_len;
};

/* What start-up compares with the TEE. */
struct store_identity {
	bool known;
	uint8_t domain_id[16];
	uint16_t shard_total;
};

/*
 * Opens or creates; runs migrations. Gives *s. UNAVAILABLE when the database
 * cannot be opened, CONFIG when it is not ours or is newer than this program;
 * *why then tells what to do (static or the store's own text).
 */
enum kms_rc store_open(struct store **s, const char *path,
		       const char **why) KMS_MUST_USE;
void store_close(struct store **s);

/*
 * Makes this store the database's one server until it is closed; other
 * processes may still open it for API keys. IN_USE.
 */
enum kms_rc store_claim(struct store *s) KMS_MUST_USE;

/*
 * What made the last function of the committer fail, and what to do; static
 * text, empty before the first one.
 */
const char *store_why(const struct store *s);

enum kms_rc store_get_identity(struct store *s,
			       struct store_identity *id) KMS_MUST_USE;
/* Once; the same again is OK, another is FOREIGN_STATE. */
enum kms_rc store_set_identity(struct store *s,
			       const struct store_identity *id) KMS_MUST_USE;
enum kms_rc store_get_shard(struct store *s, struct store_shard *out,
			    uint16_t shard) KMS_MUST_USE;

/*
 * Step 2: durable when OK. At most one prepared batch per shard: BUSY_STAGED.
 * seq follows the newest finished batch: SEQ. A blob's version is above the
 * current one's: STALE. BAD_INPUT when blob headers, rows and nodes disagree.
 * A tombstone without a key row deletes the rows of its key or wallet at
 * finish.
 */
enum kms_rc store_begin_batch(struct store *s,
			      const struct store_batch *batch) KMS_MUST_USE;
/*
 * Step 4: the prepared batch becomes current, old versions go. Need not be
 * durable: start-up repeats it. root is the committed one. Idempotent. SEQ
 * when seq is neither prepared nor the newest finished one with that root.
 */
enum kms_rc store_finish_batch(struct store *s, uint16_t shard, uint64_t seq,
			       const uint8_t root[SHA256_LEN]) KMS_MUST_USE;
/*
 * Uuid, account and description count; durable when OK, also when a prepared
 * batch writes the key's row anew. NOT_FOUND when the account has no such key.
 */
enum kms_rc store_put_description(struct store *s,
				  const struct store_key *key) KMS_MUST_USE;

/* Forgets a prepared batch that was never committed. */
enum kms_rc store_drop_batch(struct store *s, uint16_t shard) KMS_MUST_USE;

/* Readers: one per thread, never blocked by the writer. */
enum kms_rc store_reader_open(struct store_reader **r,
			      struct store *s) KMS_MUST_USE;
void store_reader_close(struct store_reader **r);

/* Current rows only. NOT_FOUND. */
enum kms_rc store_get_key(struct store_reader *r, struct store_key *out,
			  const uint8_t uuid[ABI_UUID_LEN]) KMS_MUST_USE;

/* Lends one key for the call; false ends the walk. Must not use the reader. */
typedef bool store_key_visit(void *arg, const struct store_key *key);

/*
 * Walks keys of the account in a stable order (by uuid), starting behind
 * after (NULL: from the start), at most limit.
 */
enum kms_rc store_list_keys(struct store_reader *r, uint64_t account,
			    const uint8_t *after, unsigned int limit,
			    store_key_visit *visit, void *arg) KMS_MUST_USE;

/* Where a walk by time goes on: behind this. All zero: at the start. */
struct store_time_mark {
	int64_t ms;
	uint8_t uuid[ABI_UUID_LEN];
};

/*
 * Keys that are no wallets, pending deletion, whose delete_after_ms is now_ms
 * or before, by it; at most limit.
 */
enum kms_rc store_list_due_keys(struct store_reader *r, int64_t now_ms,
				const struct store_time_mark *after,
				unsigned int limit, store_key_visit *visit,
				void *arg) KMS_MUST_USE;

/*
 * The current blob of a slot and its path of siblings from the leaf up
 * (depth * 32 bytes; missing nodes are filled with the empty hash), both of
 * one moment. seq tells of which. NOT_FOUND, SHORT_BUFFER.
 */
struct store_proof {
	uint8_t blob[ABI_BLOB_MAX];
	size_t blob_len;
	uint8_t path[ABI_DEPTH_MAX * SHA256_LEN];
	size_t path_len;
	uint64_t seq;
};
enum kms_rc store_get_proof(struct store_reader *r, struct store_proof *out,
			    uint16_t shard, uint64_t slot) KMS_MUST_USE;

/* One node of the committed tree; the empty hash when there is none. */
enum kms_rc store_get_node(struct store *s, uint8_t out[SHA256_LEN],
			   uint16_t shard, unsigned int level,
			   uint64_t index) KMS_MUST_USE;

/*
 * API keys: only SHA-256 of a key is kept, with the first 8 characters behind
 * "kms_" as id. Written by the teekms program while the server runs.
 */
struct store_api_key {
	char id[STORE_API_KEY_ID_LEN + 1];
	uint8_t hash[SHA256_LEN];
	char label[129];
	int64_t created_ms;
	bool revoked;
};
/* EXISTS when the id is taken, also by a revoked key. */
enum kms_rc store_add_api_key(struct store *s,
			      const struct store_api_key *key) KMS_MUST_USE;
/*
 * By id or unambiguous prefix of it, among the live ones. NOT_FOUND, BAD_INPUT
 * (ambiguous, or not 1 to 8 lower-case hexadecimal digits).
 */
enum kms_rc store_revoke_api_key(struct store *s,
				 const char *prefix) KMS_MUST_USE;
typedef bool store_api_key_visit(void *arg, const struct store_api_key *key);
/* Oldest first, with the revoked ones. visit must not use the store. */
enum kms_rc store_list_api_keys(struct store *s, store_api_key_visit *visit,
				void *arg) KMS_MUST_USE;
/* Live key with this id. NOT_FOUND. */
enum kms_rc store_get_api_key(struct store_reader *r, struct store_api_key *out,
			      const char *id) KMS_MUST_USE;
/*
 * In dev the server is open until an API key was made, and revoking the last
 * does not open it again.
 */
struct store_api_key_count {
	uint64_t made; /* ever, revoked ones too */
	uint64_t live;
};
enum kms_rc
store_count_api_keys(struct store_reader *r,
		     struct store_api_key_count *count) KMS_MUST_USE;

#endif /* KMS_HOST_STORE_H */
