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

/* A kind of op on a type of record. */
struct op_row {
	uint8_t op;	   /* enum abi_op */
	uint8_t type;	   /* of the record to change; 0: it makes one */
	bool second;	   /* the other half of the op before it */
	uint8_t restricts; /* RESTRICT_...; its hold outlives an ABORT */
	uint32_t needs;	   /* members it has, as bits of has */
	uint32_t takes;	   /* members it may have besides */
	op_run *run;
};

/* NULL when there is none; type 0 gives the first row of the op. */
const struct op_row *op_find(uint8_t op, uint8_t type);
/* DECODE unless the op has what it needs and nothing it does not take. */
enum kms_rc op_check_members(const struct op_row *row,
			     const struct abi_prepare_op *in) KMS_MUST_USE;

op_run op_create_key;
op_run op_change_key;
op_run op_create_wallet;
op_run op_create_vault;
op_run op_change_wallet;
op_run op_delete_vault;

/* --- steps -------------------------------------------------------------- */

/*
 * Gives a new record its place: the next slot, where the fold will prove that
 * nothing is, and a uuid; a random one when uuid is NULL. LIMIT, ENTROPY.
 */
enum kms_rc op_new_record(struct ta *ta, struct op *op, uint8_t type,
			  const uint8_t *uuid) KMS_MUST_USE;

/* Finds the record in what the host has sent. DECODE, BAD_PROOF, HELD. */
enum kms_rc op_take_record(struct op *op, struct abi_rep *records) KMS_MUST_USE;

/* From here on op->h is that of the record's next version. */
void op_next_version(struct op *op);

/* Seals the new body behind op->h; the caller wipes body. ENTROPY, FAULT. */
enum kms_rc op_seal(struct ta *ta, struct op *op,
		    struct bytes body) KMS_MUST_USE;

/* A tombstone takes the record's place. LIMIT. */
enum kms_rc op_tombstone(struct txn *t, struct op *op) KMS_MUST_USE;

/*
 * The batch spends the grant when it is staged. AUTH_CHALLENGE when another of
 * its ops has the same nonce.
 */
enum kms_rc op_spend(struct txn *t, struct op *op,
		     const struct webauthn_grant *grant) KMS_MUST_USE;

/* --- wallets, for op_wallet.c and op_passkey.c -------------------------- */

/* Seals the wallet in the scratch. As op_seal(). */
enum kms_rc op_seal_wallet(struct ta *ta, struct op *op) KMS_MUST_USE;

/* A passkey as an op names it: a point, perhaps with its credential. DECODE. */
enum kms_rc op_read_passkey(struct wallet_passkey *p,
			    const struct abi_prepare_op *in) KMS_MUST_USE;

/*
 * Whether the wallet's passkeys can change as the op says, and how they do;
 * by: the number of the one that has allowed it. LIMIT, NOT_FOUND,
 * POLICY_DENY.
 */
enum kms_rc op_check_passkeys(const struct wallet_record *w, uint8_t op,
			      const struct wallet_passkey *p) KMS_MUST_USE;
void op_change_passkeys(struct wallet_record *w, uint8_t op,
			const struct wallet_passkey *p, uint8_t by);

#endif /* KMS_TA_CMD_OP_H */
