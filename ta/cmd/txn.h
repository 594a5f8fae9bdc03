/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn - PREPARE, COMMIT, ABORT: how a shard's state changes (spec 3.a.7)
 *
 * Owns:      the one staged batch of the instance.
 * Promises:  nothing but a valid certificate changes an anchor, by exactly one
 *            seq; a batch that fails anywhere leaves everything as it was; a
 *            touched record is held until its batch is decided, and for good
 *            in this boot when an aborted change would have restricted it: a
 *            weaker change that is committed does not end that; the assertions
 *            of a batch are spent when all of it is staged.
 */

#ifndef KMS_TA_CMD_TXN_H
#define KMS_TA_CMD_TXN_H

#include "abi/messages.h"
#include "abi/slot_tree.h"
#include "ta/keystore/certificate.h"
#include "ta/keystore/seal.h"
#include "ta/keystore/shard.h"
#include "ta/policy/webauthn.h"

/* A full batch of the largest records. */
#define TXN_BLOBS_MAX (ABI_BATCH_OPS * (RECORD_OVERHEAD + WALLET_RECORD_LEN))
#define TXN_EXPIRY_MS 60000

struct txn_op {
	uint8_t op;	   /* enum abi_op */
	uint8_t restricts; /* RESTRICT_...; 0: nothing */
	uint64_t slot;
	uint64_t version;
	uint8_t uuid[ABI_UUID_LEN];
	uint8_t was[SHA256_LEN];
	uint8_t leaf[SHA256_LEN];
	uint8_t public_key[64];
	bool has_public_key;
	uint32_t blob_at;
	uint32_t blob_len;
	bool spends; /* grant, once the batch is staged */
	struct webauthn_grant grant;
};

/* What the first half of a pair of ops leaves to the second. */
struct txn_pair {
	uint8_t want; /* enum abi_op that has to follow; 0: none */
	uint64_t slot;
	uint8_t uuid[ABI_UUID_LEN];
	struct secret32 entropy;
};

struct txn {
	bool active;
	uint16_t shard;
	uint64_t prepared_ms;
	uint8_t req_id[ABI_REQ_ID_LEN];
	uint8_t pc[ABI_PC_LEN];
	uint16_t count;
	struct txn_op ops[ABI_BATCH_OPS];
	struct slot_leaf leaves[ABI_BATCH_OPS]; /* scratch of the fold */
	uint64_t next_slot;
	uint64_t live;
	struct txn_pair pair; /* while a batch is being staged */
	size_t blobs_used;
	uint8_t blobs[TXN_BLOBS_MAX];
};

struct ta;

/*
 * Stages the batch. A repeated req_id of the staged batch gives the same
 * answer again; of a committed one DUPLICATE, for the last SHARD_REQ_IDS of
 * this boot. After that the seq tells: a request that is repeated as it was is
 * SEQ. The same req_id with a new expect_seq is a new request then; an honest
 * host never makes one, a hostile one gains nothing that a fresh req_id would
 * not give it. Others: NOT_OPEN, SEQ,
 * BUSY_STAGED, BAD_PROOF, STALE, HELD, LIMIT, AUTH_*, DECODE, ENTROPY, FAULT.
 */
enum kms_rc txn_prepare(struct ta *ta, const struct abi_prepare_req *req,
			const struct abi_state_in *state,
			const uint8_t req_id[ABI_REQ_ID_LEN]) KMS_MUST_USE;

/*
 * Whether the certificate may be committed now; changes nothing. *fresh tells
 * whether its batch is the staged one, so that receipts can be given. CERT,
 * NOT_OPEN, SEQ, STALE, EXPIRED, STORAGE.
 */
enum kms_rc txn_check(struct ta *ta, struct bytes pc, struct certificate *c,
		      bool *fresh) KMS_MUST_USE;
/* Writes the anchor of a certificate that txn_check() has passed. STORAGE. */
enum kms_rc txn_commit(struct ta *ta, const struct certificate *c,
		       bool fresh) KMS_MUST_USE;

/* Drops the shard's staged batch, if any; holds of what restricts stay. */
void txn_abort(struct ta *ta, uint16_t shard);

#endif /* KMS_TA_CMD_TXN_H */
