/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op - one change of a batch, while PREPARE stages it
 *
 * The batch (txn.c) finds the record that an op names and proves the whole;
 * what an op does to its record is in op_key.c and its neighbours, with the
 * steps below. A failed op leaves the batch to be forgotten.
 */

#ifndef KMS_TA_CMD_OP_H
#define KMS_TA_CMD_OP_H

#include "abi/messages.h"
#include "ta/cmd/txn.h"
#include "ta/keystore/shard.h"

struct op {
	const struct shard *shard;
	const struct abi_prepare_op *in;
	struct txn_op *out;
	struct bytes blob;	/* of the record to change */
	struct record_header h; /* its header, then that of the next version */
};

typedef enum kms_rc op_run(struct ta *ta, struct op *op);

op_run op_create_key;
op_run op_change_key;

/* --- steps -------------------------------------------------------------- */

/*
 * Gives a new record its place: the next slot, where the fold will prove that
 * nothing is, and a random uuid. LIMIT, ENTROPY.
 */
enum kms_rc op_new_record(struct ta *ta, struct op *op,
			  uint8_t type) KMS_MUST_USE;

/* Finds the record in what the host has sent. DECODE, BAD_PROOF, HELD. */
enum kms_rc op_take_record(struct op *op, struct abi_rep *records) KMS_MUST_USE;

/* From here on op->h is that of the record's next version. */
void op_next_version(struct op *op);

/* Seals the new body behind op->h; the caller wipes body. ENTROPY, FAULT. */
enum kms_rc op_seal(struct ta *ta, struct op *op,
		    struct bytes body) KMS_MUST_USE;

/* A tombstone takes the record's place. LIMIT. */
enum kms_rc op_tombstone(struct txn *t, struct op *op) KMS_MUST_USE;

#endif /* KMS_TA_CMD_OP_H */
