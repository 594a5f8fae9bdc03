/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ta - one instance of the trusted application
 *
 * Owns:      everything: keys, opened shards, the staged batch, all buffers.
 *            There is no heap after ta_open().
 * Promises:  requests are read from the instance's own copy only; a failed
 *            request changes nothing; scratch is wiped after each command.
 * Threads:   one, by design of the TEE: an instance runs one call at a time.
 */

#ifndef KMS_TA_TA_H
#define KMS_TA_TA_H

#include "abi/messages.h"
#include "ta/cmd/txn.h"
#include "ta/crypto/crypto.h"
#include "ta/keystore/keys.h"
#include "ta/keystore/lru.h"
#include "ta/keystore/shard.h"
#include "ta/policy/challenge.h"
#include "ta/policy/sign_counts.h"

/* What is opened for one command; too large for the stack. */
struct scratch {
	uint8_t body[WALLET_RECORD_LEN]; /* between a seal and a record */
	struct lru_entry entry;		 /* opened from the request */
	struct wallet_record wallet;	 /* being made or changed */
	struct wallet_leaf leaf;	 /* to sign with */
};

struct ta {
	struct crypto crypto;
	struct keys keys;
	uint16_t shard_total;  /* 0: not provisioned */
	enum kms_rc domain_rc; /* of the last reading of the control object */
	bool ready;	       /* the self test has passed */
	bool faulted;	       /* a self-check failed; serves no more */
	bool time_is_strong;   /* the host has no hand in its clock */
	uint16_t tests_run;
	struct shard shards[ABI_SHARDS_MAX];
	struct lru lru;
	struct txn txn;
	struct challenge challenge;
	struct sign_counts sign_counts;
	struct scratch scratch;

	/* The instance's copies of p0 and p2, and what becomes p1 and p3. */
	uint8_t request[ABI_REQUEST_MAX];
	uint8_t state_in[ABI_STATE_IN_MAX];
	uint8_t response[ABI_RESPONSE_MAX];
	uint8_t state_out[ABI_STATE_OUT_MAX];
};

/* One command inside the instance: views of ta->request and ta->state_in. */
struct ta_call {
	struct abi_header header;
	struct bytes body;
	struct bytes state;
	struct abi_writer rsp; /* over ta->response, header written */
	struct abi_writer out; /* over ta->state_out */
	uint16_t items;	       /* of the response */
};

/* Opens primitives and the domain, runs the self test. */
void ta_open(struct ta *ta);
/* Releases the shards and wipes the instance. */
void ta_close(struct ta *ta);

/*
 * Runs the command whose request (request_len bytes) and state stand in
 * ta->request and ta->state_in. rsp_cap and out_cap are what the caller can
 * take; too little is SHORT_BUFFER before anything is done. On OK the lengths
 * of ta->response and ta->state_out are set, never to more than that; the
 * command's own status is in the response's header. FAULT: the answer is longer
 * than the command had announced, and the instance serves no more; what it did
 * is for the next one to find out.
 */
enum kms_rc ta_run(struct ta *ta, uint16_t cmd, size_t request_len,
		   size_t state_len, size_t rsp_cap, size_t out_cap,
		   size_t *rsp_len, size_t *out_len) KMS_MUST_USE;

/*
 * Reads the control object. STORAGE, NOT_PROVISIONED; the former for as long as
 * the instance lives, because a TEE may delete what it has found damaged.
 */
enum kms_rc ta_load_domain(struct ta *ta) KMS_MUST_USE;

/* OK, or what keeps the instance from serving keys: ENTROPY, SELFTEST, STORAGE.
 */
enum kms_rc ta_readiness(const struct ta *ta);

/* The open shard, or NULL. */
struct shard *ta_shard(struct ta *ta, uint16_t number);

#endif /* KMS_TA_TA_H */
