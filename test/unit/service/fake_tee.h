/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_tee - a transport with a TEE behind it that keeps trees and no secrets
 *
 * It judges proofs as the TA does and nothing else, but for what a test asks
 * it to refuse or to lose. One for the process; what is set is read by the
 * keeper's thread.
 */

#ifndef KMS_TEST_FAKE_TEE_H
#define KMS_TEST_FAKE_TEE_H

#include "abi/messages.h"
#include "abi/record.h"
#include "host/transport/transport.h"

#include <pthread.h>
#include <stdatomic.h>

#define FAKE_WORKERS 2
#define FAKE_SHARDS  4
#define FAKE_SLOTS   1024

struct fake_slot {
	uint8_t type; /* 0: free */
	uint8_t uuid[ABI_UUID_LEN];
	uint64_t version;
	uint8_t leaf[SHA256_LEN];
	uint8_t last_op; /* what made this version */
};

struct fake_shard {
	uint64_t seq;
	uint64_t next_slot;
	uint8_t root[SHA256_LEN];
	struct fake_slot slots[FAKE_SLOTS];
};

/* What an instance has prepared and not committed. */
struct fake_staged {
	struct fake_shard shard;
	int number; /* -1: nothing */
	uint8_t pc[ABI_PC_LEN];
};

struct fake_tee {
	struct fake_shard shards[FAKE_SHARDS];
	struct fake_staged staged[FAKE_WORKERS];
	unsigned int uuids;

	/* Set by tests. */
	enum kms_rc (*refuse)(const struct abi_prepare_op *op);
	atomic_int lose_prepares; /* how many get no answer */
	atomic_int lose_commits;  /* made, but told to nobody */
	pthread_mutex_t gate;	  /* a PREPARE waits for it */

	/* Seen. */
	atomic_int prepares;
	atomic_int restarts;
	size_t most_ops;	       /* of one PREPARE */
	size_t longest;		       /* request of one PREPARE */
	uint8_t sign[ABI_REQUEST_MAX]; /* the last SIGN request */
	size_t sign_len;
	enum kms_rc sign_status; /* of the next results */
	enum kms_rc random_rc;	 /* of the next RANDOM */
	uint16_t random_short;	 /* how many bytes its answer lacks */
	unsigned int random_calls;
};

extern struct fake_tee fake;
extern const struct transport transport_fake;

void fake_reset(void);

#endif /* KMS_TEST_FAKE_TEE_H */
