/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pc_cut - random workloads with a power cut at every step
 *
 * The oracle is the sequential model in struct host_db: after recovery the
 * shard is as after all the acknowledged changes, with or without the one that
 * was under way. Steps are found in two ways:
 *
 * - A cut leaves nothing but what is stored, so each write of the TA and of
 *   the host makes one state a cut can leave. All states of a workload are
 *   kept while it runs, and recovered from one by one.
 * - To know that this is all there is, the power is also cut at each call of
 *   the TA into the TEE, before, in the middle and behind, and between the
 *   steps of the host; and again inside recovery.
 */

#ifndef KMS_TEST_PROPERTY_PC_CUT_H
#define KMS_TEST_PROPERTY_PC_CUT_H

#include "test/property/wallets.h"

#define OPS_MAX 4
#define OWNERS	3

struct state;

/* The workload and where it was when the power failed. */
struct run {
	struct fixture *f;
	struct gp_snapshot *fresh; /* a provisioned TEE without keys */
	struct prng prng;
	unsigned int changes;
	uint64_t cut_at; /* a step of the host, counted from 1; 0: none */
	uint64_t step;
	unsigned int acked; /* changes a client was told of */
	uint64_t seq_before;
	/* What was under way: the oracle's next state. */
	struct host_op ops[2 * OPS_MAX];
	size_t op_count;
	/* Of wallets, when they are what is done; NULL: keys. */
	struct passkey *owners;
	struct passkey_assertion by[OPS_MAX];
	uint64_t top_seq;  /* highest ever seen in the anchor */
	bool anchor_first; /* the wrong order, to be caught at */
	enum kms_rc recovered;
	unsigned int lost; /* runs after which the shard is no more */
	/* Kept while the workload runs; NULL: none. */
	struct state *states;
	size_t state_count;
};

/* What is stored now is what each workload starts with. */
void run_begin(struct run *r, struct fixture *f);
void run_end(struct run *r);

/* Cuts one workload at each of its steps; gives the number of runs. */
unsigned int cut_everywhere(struct run *r, uint64_t seed);

/* Runs one workload; gives the number of states a cut could have left. */
size_t cut_after_each_write(struct run *r);

#endif /* KMS_TEST_PROPERTY_PC_CUT_H */
