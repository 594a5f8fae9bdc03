/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper - the one thread that changes state and keeps the workers alive
 *
 * Owns:      the commit protocol between database and TEE (spec 3.a.7), the
 *            opening and recovery of shards, the restart of dead workers; and
 *            what is to be done now and then: dormant wallets are frozen, due
 *            ones and due keys deleted, uses written down.
 * Promises:  a change that was answered OK is in both, for good; any other is
 *            in neither or will be finished or dropped at the next opening. A
 *            database that is older than the TEE's state is refused.
 * Threads:   one of its own; submit, fd, reap and note are for the reactors.
 *
 * Requests that wait are committed together: one PREPARE, one durable
 * transaction and one anchor write for up to ABI_BATCH_OPS of them.
 */

#ifndef KMS_HOST_SERVICE_KEEPER_H
#define KMS_HOST_SERVICE_KEEPER_H

#include "host/store/wallet.h"
#include "host/tee_client/tee.h"

struct keeper;

struct keeper_config {
	struct tee *tee;      /* borrowed */
	struct store *store;  /* borrowed; only the keeper writes to it */
	uint16_t shard_total; /* of a new domain */
	bool may_provision;   /* make a domain in an empty TEE */
	unsigned int reactors;
	unsigned int queue_max; /* most changes that wait */
	/* An active wallet that was not used for so long is frozen; 0: none. */
	uint64_t freeze_after_ms;
	unsigned int freeze_every_ms; /* these three: 0 is the default */
	unsigned int sweep_every_ms;  /* due deletions */
	unsigned int flush_every_ms;  /* noted uses */
};

#define KEEPER_FREEZE_EVERY_MS 21600000 /* 6 hours */
#define KEEPER_SWEEP_EVERY_MS  600000
#define KEEPER_FLUSH_EVERY_MS  1000

enum keeper_job {
	KEEPER_CREATE_KEY = 1,
	KEEPER_PROBE = 2,
	KEEPER_CREATE_WALLET = 3,
	KEEPER_CHANGE = 4, /* of an existing wallet */
	KEEPER_ADD_ADDRESS = 5,
	KEEPER_CHANGE_KEY = 6, /* an existing key that is no wallet */
	KEEPER_WRITE = 7,      /* of the database alone */
};

/* A function of the store; what is the caller's. */
typedef enum kms_rc keeper_write(struct store *s, const void *what);

/*
 * A request; the caller's, with all it points to, until done(), which runs in
 * keeper_reap(). A refusal is the TA's own (AUTH_..., FROZEN, HELD, ...) and
 * concerns this request alone. UNAVAILABLE, TIMEOUT: nothing was committed, or
 * it is not known; an assertion may be spent all the same.
 */
struct keeper_change {
	enum keeper_job job;
	unsigned int reactor; /* whose reap() ends it */
	/*
	 * Monotonic; 0: none. What has waited so long is not begun any more
	 * and ends with BUSY: its client is gone, or asks again.
	 */
	uint64_t deadline_ns;
	uint8_t evidence_kind;
	struct bytes evidence;
	/*
	 * CREATE_KEY, in: key_spec, key_usage, account, created_ms,
	 * description. Out: the rest of the new key. CREATE_WALLET, in:
	 * account; out: as above. CHANGE_KEY, in: uuid, shard, slot, as
	 * store_get_key() gave them; out: key_state, delete_after_ms.
	 */
	struct store_key key;
	/*
	 * CREATE_WALLET, in: description, credential, key_usage, key_spec,
	 * origin, passkey, bind_level, rp_id, created_ms. Out: the
	 * rest of the new wallet. CHANGE, in: uuid, shard, slot, vault_slot, as
	 * store_get_wallet() gave them.
	 */
	struct store_wallet wallet;
	struct bytes credential_hash; /* SHA-256 of a credential id, or none */

	/* CREATE_WALLET */
	struct bytes origins;	   /* comma separated patterns */
	struct bytes registration; /* message of abi/schema.h, or none */
	bool pinned; /* to wallet.shard: there is its registration's nonce */

	/* CHANGE */
	uint8_t op;		/* enum abi_op; DELETE takes the vault along */
	int64_t now_ms;		/* time of the change */
	struct bytes passkey;	/* ADD_, REMOVE_, CHANGE_PASSKEY: x | y */
	const char *credential; /* CHANGE_PASSKEY: base64url, or NULL */
	uint32_t index;		/* ISSUE_ADDRESS */
	uint16_t window_days;	/* of a deletion: then delete_after_ms is */
				/* now_ms and these days; out in wallet */
	uint8_t public_key[64]; /* out: ISSUE_ADDRESS */

	/*
	 * CHANGE_KEY, with op, now_ms and window_days as above. INVALID_STATE
	 * unless bit n of key_states is set for the state n the key has then.
	 */
	uint8_t key_state; /* SET_STATE: enum abi_key_state it gets */
	uint8_t key_states;

	const struct store_address *address; /* ADD_ADDRESS */

	keeper_write *write; /* WRITE: what it gives is the result */
	const void *what;

	enum kms_rc rc;
	void (*done)(struct keeper_change *c);
	void *arg;
	struct keeper_change *next;
};

/* How long a change may wait for its turn (http-api-1 section 4). */
#define KEEPER_WAIT_NS 20000000000u

/*
 * Opens every shard, finishes or drops interrupted commits, starts the thread.
 * ROLLED_BACK, FOREIGN_STATE, NOT_PROVISIONED, IN_USE, STORAGE, UNAVAILABLE;
 * *why then tells a person what to do, or is NULL: the result says it all.
 */
enum kms_rc keeper_start(struct keeper **keeper, const struct keeper_config *c,
			 const char **why) KMS_MUST_USE;
/* Ends what waits with UNAVAILABLE (reap it) and joins the thread. */
void keeper_stop(struct keeper *k);
void keeper_free(struct keeper **keeper);

/* BUSY when too many wait; BAD_INPUT when it could not even be tried. */
enum kms_rc keeper_submit(struct keeper *k,
			  struct keeper_change *c) KMS_MUST_USE;
/* Readable when keeper_reap() has something to end. */
int keeper_fd(struct keeper *k, unsigned int reactor);
void keeper_reap(struct keeper *k, unsigned int reactor);
/*
 * Before a reactor ends: its requests are ended here, those that wait with
 * UNAVAILABLE, and none of them is touched any more.
 */
void keeper_withdraw(struct keeper *k, unsigned int reactor);

/*
 * Any thread, cheap: a wallet was used, something was counted. Written to the
 * database every flush_every_ms and by keeper_stop(); a kill loses what came
 * since. name: at most STORE_COUNTER_NAME_MAX characters, copied.
 */
void keeper_note_use(struct keeper *k, const struct store_use *use);
void keeper_count(struct keeper *k, const char *name, uint64_t delta);

/*
 * Any thread: how many commits the anchors have counted, of all shards since
 * the domain was made. It only grows.
 */
uint64_t keeper_commits(const struct keeper *k);

/*
 * Any thread: what was read of a key after this has given a number is still
 * true when it gives the same number again, but for changes under way.
 */
uint64_t keeper_key_changes(const struct keeper *k);

/* What INFO told of the TEE at the start. */
const struct tee_info *keeper_tee_info(const struct keeper *k);

#endif /* KMS_HOST_SERVICE_KEEPER_H */
