/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_model - an honest host of one shard, small enough to be the oracle
 *
 * Owns:      the durable part of a host (struct host_db: what a database
 *            keeps) and the volatile rest. A crash of the host is
 *            host_forget(); of the database nothing is ever lost.
 * Promises:  drives PREPARE, database, COMMIT and recovery exactly as spec
 *            3.a.7 says, over any link to a TA.
 * Threads:   one for each struct host.
 */

#ifndef KMS_TEST_HOST_MODEL_H
#define KMS_TEST_HOST_MODEL_H

#include "abi/messages.h"
#include "abi/record.h"
#include "abi/slot_tree.h"

#define HOST_DEPTH    10
#define HOST_SLOTS    (1 << HOST_DEPTH)
#define HOST_BLOB_MAX 1312

/* Sends one command. rsp and out have cap set; it sets their len. */
typedef enum kms_rc host_send(void *arg, uint16_t cmd, struct bytes request,
			      struct bytes state, struct buf *rsp,
			      struct buf *out);

struct host_blob {
	uint16_t len;
	uint8_t bytes[HOST_BLOB_MAX];
};

/* What the oracle knows of a key, a wallet or a vault. */
struct host_key {
	bool exists; /* created, perhaps deleted since */
	bool deleted;
	uint8_t type; /* enum record_type */
	uint8_t spec;
	uint8_t state;
	uint8_t evidence_kind; /* it was created with */
	uint64_t version;
	uint8_t uuid[ABI_UUID_LEN];
	uint8_t public_key[64]; /* of a wallet: of its first address */
	uint64_t vault;		/* of a wallet: the slot of its vault */
	uint32_t next_index;
	uint8_t passkey[64]; /* the one that counts for the oracle */
};

/* One op of a batch: asked for, then filled from the answer. */
struct host_op {
	uint8_t op;
	uint8_t evidence_kind;
	struct bytes evidence;
	uint8_t spec;
	uint8_t state;
	uint64_t slot; /* in for changes, out for a creation */
	struct bytes entropy;
	/* Members of wallets; those that are absent are not sent. */
	struct bytes passkey;
	struct bytes credential_hash;
	struct bytes rp_id;
	struct bytes origins;
	struct bytes registration;
	uint8_t bind_level;
	uint32_t index;
	uint16_t window_days;
	struct host_key after;
	struct host_blob blob;
};

struct host_batch {
	size_t count;
	uint64_t seq; /* after COMMIT */
	uint8_t pc[ABI_PC_LEN];
	struct host_op ops[ABI_BATCH_OPS];
};

struct host_db {
	uint64_t seq;
	uint64_t next_slot;
	struct host_key keys[HOST_SLOTS];
	struct host_blob blobs[HOST_SLOTS];
	/* Level l, index i is at (1 << (HOST_DEPTH - l)) + i. */
	uint8_t tree[2 * HOST_SLOTS][SHA256_LEN];
	bool prepared;
	struct host_batch next;
};

struct host {
	host_send *send;
	void *arg;
	uint16_t shard;
	struct host_db db;

	struct host_batch staged; /* lost in a crash */
	uint64_t req_counter;
	uint8_t req_id[ABI_REQ_ID_LEN]; /* of the last request */
	uint8_t request[ABI_REQUEST_MAX];
	uint8_t state[ABI_STATE_IN_MAX];
	uint8_t rsp_bytes[ABI_RESPONSE_MAX];
	uint8_t out_bytes[ABI_STATE_OUT_MAX];
	struct abi_writer req_w;
	struct abi_writer state_w;
	size_t rsp_cap;
	size_t out_cap;
	struct buf rsp;
	struct buf out;
	struct bytes rsp_body;
	uint16_t rsp_items;
};

void host_init(struct host *h, host_send *send, void *arg, uint16_t shard);
/* The host's process dies; its database does not. */
void host_forget(struct host *h);

/* --- raw commands ------------------------------------------------------- */

/* Starts a request with a fresh req_id; the body goes to h->req_w. */
void host_begin(struct host *h, uint16_t cmd);
/* Ends and sends it. Gives the TA's status, or the transport's. */
enum kms_rc host_send_request(struct host *h, uint16_t cmd, uint16_t items);
/* Sends it again as it stands. */
enum kms_rc host_resend(struct host *h, uint16_t cmd);

/* len bytes into out. */
enum kms_rc host_random(struct host *h, uint8_t *out, uint16_t len);
enum kms_rc host_info(struct host *h, struct abi_info_rsp *info);
enum kms_rc host_provision(struct host *h, uint16_t shard_total,
			   struct bytes entropy);
enum kms_rc host_shard_open(struct host *h, struct abi_shard_status_rsp *st);
enum kms_rc host_shard_status(struct host *h, struct abi_shard_status_rsp *st);

/* --- changes ------------------------------------------------------------ */

/* A creation or change with evidence "none". */
struct host_op host_create(uint8_t spec);
struct host_op host_change(const struct host *h, uint64_t slot, uint8_t op,
			   uint8_t state);

/* Writes the request of a PREPARE without sending it. */
void host_encode_prepare(struct host *h, const struct host_op *ops,
			 size_t count);
/* Step 1. On OK h->staged holds the answer. */
enum kms_rc host_prepare(struct host *h, const struct host_op *ops,
			 size_t count);
/* Step 2: durable when it returns. */
void host_store(struct host *h);
/* Step 3, of the batch in the database. */
enum kms_rc host_commit(struct host *h);
enum kms_rc host_send_commit(struct host *h, const uint8_t pc[ABI_PC_LEN],
			     size_t count);
/* Step 4. */
void host_finish(struct host *h);
/* The batch was never committed and never will be. */
void host_drop(struct host *h);
enum kms_rc host_abort(struct host *h);
/* Steps 1 to 4. */
enum kms_rc host_apply(struct host *h, const struct host_op *ops, size_t count);

/*
 * After a restart: opens the shard and finishes what was interrupted. drop:
 * an undecided batch is dropped, not committed. STALE: the database is not
 * the one that belongs to the anchor.
 */
enum kms_rc host_recover(struct host *h, bool drop);

/* --- use ---------------------------------------------------------------- */

struct host_signature {
	enum kms_rc status;
	uint8_t sig[64];
	bool has_recid;
	uint8_t recid;
};

/* Appends a proof of what the database holds for the slot to h->state_w. */
void host_put_proof(struct host *h, uint64_t slot);
/* The same for any blob and path. */
void host_put_any_proof(struct host *h, struct bytes blob, struct bytes path);
/* Gives the length of the path. */
size_t host_path(const struct host *h, uint64_t slot,
		 uint8_t path[ABI_DEPTH_MAX * SHA256_LEN]);

void host_put_sign_item(struct host *h, uint64_t slot, const uint8_t uuid[16],
			const uint8_t digest[32], uint8_t evidence_kind,
			struct bytes evidence);
/* Result n of a SIGN; false when there is none. */
bool host_get_signature(const struct host *h, size_t n,
			struct host_signature *s);
/* Signs with one key, sending its state when the TA asks for it. */
enum kms_rc host_sign(struct host *h, uint64_t slot, const uint8_t digest[32],
		      struct host_signature *s);
enum kms_rc host_warm(struct host *h, const uint64_t *slots, size_t count);

unsigned int host_depth(const struct host_db *db);
const uint8_t *host_root(const struct host_db *db);

#endif /* KMS_TEST_HOST_MODEL_H */
