/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee - the trusted application as the server calls it: one typed function a
 * command
 *
 * Owns:      the workers (TEE instances) and which shard each of them serves.
 * Promises:  a call ends by its deadline: with the TA's own status, or with
 *            UNAVAILABLE or TIMEOUT, when it is unknown whether it ran.
 *            Nothing is repeated here but what a caller repeats.
 * Threads:   struct tee is shared; a struct tee_line belongs to one thread.
 *            Workers are restarted by one thread, the keeper.
 */

#ifndef KMS_HOST_TEE_CLIENT_TEE_H
#define KMS_HOST_TEE_CLIENT_TEE_H

#include "abi/messages.h"
#include "common/mem.h"
#include "host/transport/transport.h"

#define TEE_WORKERS_MAX	   64
#define TEE_SIGN_STATE_MAX (ABI_BLOB_MAX + ABI_DEPTH_MAX * 32 + 64)
#define TEE_SIGN_RSP_MAX   384 /* a result with all of its members */
#define TEE_RANDOM_RSP_MAX (ABI_HEADER_LEN + ABI_TLV_LEN + ABI_RANDOM_MAX)

struct tee;
struct tee_line;

struct tee_config {
	const struct transport *transport;
	struct transport_config transport_config;
	unsigned int workers;
	unsigned int call_ms;	/* deadline of a blocking call */
	unsigned int lines_max; /* threads that will call */
};

/*
 * Starts the workers and asks each who it is, and whether it can serve.
 * UNAVAILABLE, VERSION, SELFTEST, ENTROPY, STORAGE.
 */
enum kms_rc tee_open(struct tee **out, const struct tee_config *c) KMS_MUST_USE;
void tee_close(struct tee **t);

unsigned int tee_workers(const struct tee *t);
/* The worker that serves a shard: shard mod workers. */
unsigned int tee_worker_of(const struct tee *t, uint16_t shard);
/* False from a worker's death until its shards are open again. */
bool tee_serves(const struct tee *t, unsigned int worker);
void tee_set_serving(struct tee *t, unsigned int worker, bool serving);
/* How often a worker that served was lost, since tee_open(). */
unsigned int tee_losses(const struct tee *t);
/* Readable when the worker has died; -1 if unknown. */
int tee_death_fd(const struct tee *t, unsigned int worker);
enum kms_rc tee_restart(struct tee *t, unsigned int worker) KMS_MUST_USE;
/*
 * The server stops: blocking calls end with UNAVAILABLE from now on, within
 * some 50 ms also those under way. From any thread.
 */
void tee_abandon(struct tee *t);
bool tee_is_abandoned(const struct tee *t);

enum kms_rc tee_line_open(struct tee_line **out, struct tee *t) KMS_MUST_USE;
void tee_line_close(struct tee_line **line);
/* For the thread's event loop: readable when tee_line_reap() has work. */
int tee_line_fd(struct tee_line *l, unsigned int worker);
void tee_line_flush(struct tee_line *l);
unsigned int tee_line_reap(struct tee_line *l);

/* --- blocking calls: start-up and the keeper --------------------------- */

struct tee_info {
	uint32_t build_flags; /* ABI_BUILD_... */
	uint32_t ta_version;
	uint8_t tee_kind; /* enum abi_tee_kind */
	bool provisioned;
	enum kms_rc ready_rc; /* OK, or why it does not serve keys */
	uint16_t shard_total;
	uint32_t rollback_level;
	uint32_t time_level;
	uint8_t domain_id[16];
	uint8_t aik_pub[65];
};

enum kms_rc tee_info(struct tee_line *l, unsigned int worker,
		     struct tee_info *out) KMS_MUST_USE;
/* Makes the worker sign and verify known answers. SELFTEST. */
enum kms_rc tee_selftest(struct tee_line *l, unsigned int worker) KMS_MUST_USE;
/* Makes a key domain; also mixes in entropy of the host. */
enum kms_rc tee_provision(struct tee_line *l, unsigned int worker,
			  uint16_t shard_total) KMS_MUST_USE;
/* Opens all shards of the worker; gives count statuses in their order. */
enum kms_rc tee_shard_open(struct tee_line *l, unsigned int worker,
			   const uint16_t *shards, size_t count,
			   struct abi_shard_status_rsp *out) KMS_MUST_USE;
enum kms_rc tee_shard_status(struct tee_line *l, uint16_t shard,
			     struct abi_shard_status_rsp *out) KMS_MUST_USE;

/* One change of a batch, as asked and as answered. */
struct tee_change {
	uint8_t op; /* enum abi_op */
	uint8_t evidence_kind;
	struct bytes evidence;
	uint64_t slot;		    /* in for changes, out for creations */
	uint8_t uuid[ABI_UUID_LEN]; /* likewise */
	/* Sent when the op has them (abi/schema.h); views: when given. */
	uint8_t key_spec;
	uint8_t key_usage;
	uint8_t key_state;
	uint8_t bind_level;
	uint32_t index;
	uint16_t window_days;
	struct bytes passkey;
	struct bytes credential_hash;
	struct bytes rp_id;
	struct bytes origins;
	struct bytes registration;
	struct bytes record; /* the committed blob, for changes */

	uint64_t version; /* out */
	uint8_t public_key[64];
	struct bytes blob; /* of the line, until its next blocking call */
};

struct tee_batch {
	uint16_t shard;
	uint64_t expect_seq;
	uint8_t req_id[ABI_REQ_ID_LEN];
	struct tee_change *changes;
	size_t count;
	struct bytes siblings;
	uint8_t pc[ABI_PC_LEN]; /* out */
};

enum kms_rc tee_prepare(struct tee_line *l, struct tee_batch *b) KMS_MUST_USE;
/*
 * count: changes of the batch, 0 after a restart. root is the committed one;
 * receipts borrow the line, as above, and may be NULL.
 */
enum kms_rc tee_commit(struct tee_line *l, uint16_t shard,
		       const uint8_t pc[ABI_PC_LEN], size_t count,
		       uint8_t root[32], struct abi_rep *receipts) KMS_MUST_USE;
enum kms_rc tee_abort(struct tee_line *l, uint16_t shard) KMS_MUST_USE;

/* --- uses: never block --------------------------------------------------- */

struct tee_sign {
	uint16_t shard;
	uint64_t slot; /* not of a challenge */
	uint8_t uuid[ABI_UUID_LEN];
	uint8_t use;	      /* enum abi_use; 0: a key signs */
	uint8_t alg;	      /* enum abi_alg; keys */
	uint8_t digest[32];   /* in for keys; out for what wallets signed */
	uint32_t account;     /* wallets: path of the address */
	uint32_t index;	      /* likewise */
	struct bytes payload; /* wallets' signatures; borrowed until done() */
	uint8_t evidence_kind;
	struct bytes evidence;
	struct bytes blob; /* with path: the record's state; may be absent */
	struct bytes path;
	uint64_t deadline_ns; /* monotonic */

	uint8_t signature[64]; /* out: r | s, not of the last two uses */
	uint8_t recid;
	uint8_t public_key[64]; /* out, wallets: what signed or was derived */
	uint8_t nonce[32];	/* out, USE_CHALLENGE */

	/* Called from tee_line_reap() or tee_line_tick(), once. */
	void (*done)(struct tee_sign *s, enum kms_rc rc);
	void *arg;

	struct tee_call call; /* of this room */
	struct tee_line *line;
	struct tee_sign *prev;
	struct tee_sign *next;
	uint8_t rsp[TEE_SIGN_RSP_MAX];
};

/*
 * Takes s until done(). BUSY, UNAVAILABLE, TOO_LARGE: done() will not be
 * called. A use of a wallet spends its assertion when it succeeds, so one
 * whose answer was lost can be asked for again, but is then refused with
 * AUTH_CHALLENGE.
 */
enum kms_rc tee_sign(struct tee_line *l, struct tee_sign *s) KMS_MUST_USE;

/* Bytes that only their caller may know. */
struct tee_random_bytes {
	uint8_t b[ABI_RANDOM_MAX];
};

struct tee_random {
	size_t len;		       /* 1 to ABI_RANDOM_MAX */
	struct tee_random_bytes bytes; /* out; done() wipes it */
	uint64_t deadline_ns;	       /* monotonic */

	/* As that of a signature. */
	void (*done)(struct tee_random *r, enum kms_rc rc);
	void *arg;

	struct tee_call call; /* of this room */
	struct tee_line *line;
	unsigned int worker;
	struct tee_random *prev;
	struct tee_random *next;
	uint8_t rsp[TEE_RANDOM_RSP_MAX];
};

/*
 * Takes r until done(). LIMIT, BUSY, UNAVAILABLE: done() will not be called.
 */
enum kms_rc tee_random(struct tee_line *l, struct tee_random *r) KMS_MUST_USE;

/* Ends uses and randoms whose deadline has passed with TIMEOUT. */
void tee_line_tick(struct tee_line *l, uint64_t now_ns);

#endif /* KMS_HOST_TEE_CLIENT_TEE_H */
