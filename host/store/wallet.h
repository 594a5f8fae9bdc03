/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wallet - what the database knows of wallets: rows, addresses, uses
 *
 * Owns:      nothing secret and nothing that authorises: the TA judges every
 *            use and change again. The columns have the names that operators'
 *            scripts know, and such a script may edit lifecycle_status while
 *            the server runs: nothing of it is ever cached.
 * Promises:  a new wallet, an edit or the end of one becomes visible with its
 *            batch (store_change.wallet, .edit, a tombstone), all of it or
 *            nothing.
 * Threads:   as store.h says, but for the functions marked "any thread".
 */

#ifndef KMS_HOST_STORE_WALLET_H
#define KMS_HOST_STORE_WALLET_H

#include "codec/eth_address.h"
#include "host/store/store.h"

#define STORE_WORD_MAX	     64	  /* key_usage, key_spec, origin */
#define STORE_CREDENTIAL_MAX 1364 /* 1023 bytes as base64url */
#define STORE_TIME_SIZE	     32

enum store_lifecycle {
	STORE_ACTIVE = 1,
	STORE_FROZEN = 2, /* also any word that is not one of the three */
	STORE_PENDING_DELETION = 3,
};

/* A wallet as the lists and descriptions show it. */
struct store_wallet {
	uint8_t uuid[ABI_UUID_LEN]; /* KeyId is its text */
	uint16_t shard;
	uint64_t slot;
	uint64_t vault_slot;
	uint8_t public_key[64]; /* x | y of the first address */
	char address[ETH_ADDRESS_TEXT_LEN + 1];
	const char *description; /* these two: as store_key.description */
	const char *credential;	 /* that of passkey, base64url; "" unknown */
	char key_usage[STORE_WORD_MAX + 1];
	char key_spec[STORE_WORD_MAX + 1];
	char origin[STORE_WORD_MAX + 1];
	bool has_passkey;    /* false: the database knows none of them */
	uint8_t passkey[64]; /* x | y of the oldest; in: of the only one */
	uint8_t passkey_count;
	uint8_t bind_level; /* enum abi_bind_level */
	char rp_id[ABI_RP_ID_MAX + 1];
	enum store_lifecycle lifecycle;
	int64_t delete_after_ms; /* pending deletion; else 0 */
	int64_t created_ms;
	int64_t last_used_ms; /* creation is a use */
	/* created_ms as the database has it: RFC 3339, "+00:00". */
	char created_at[STORE_TIME_SIZE];
};

/* What a batch changes in the row of an existing wallet. */
struct store_wallet_edit {
	enum store_lifecycle lifecycle; /* 0: as it is */
	int64_t delete_after_ms;	/* with STORE_PENDING_DELETION */
	int64_t last_used_ms;		/* 0: as it is */
	const uint8_t *passkey;		/* 64 bytes: it comes; NULL: none */
	const char *credential;		/* with passkey; NULL: unknown */
	const uint8_t *passkey_gone;	/* 64 bytes: it goes; NULL: none */
};

/*
 * Whether store_begin_batch() will take such a wallet, once the TEE has chosen
 * its uuid, places and keys; and such an edit.
 */
bool store_accepts_wallet(const struct store_wallet *w);
bool store_accepts_edit(const struct store_wallet_edit *e);

/* Current wallets only. NOT_FOUND. */
enum kms_rc store_get_wallet(struct store_reader *r, struct store_wallet *out,
			     const uint8_t uuid[ABI_UUID_LEN]) KMS_MUST_USE;

struct store_passkey {
	uint8_t pub[64];	/* x | y */
	const char *credential; /* base64url; "" when unknown */
};

/* Lends one passkey for the call; false ends the walk. Not the reader's. */
typedef bool store_passkey_visit(void *arg, const struct store_passkey *p);

/*
 * Those of a wallet, oldest first; all that came since the database knows more
 * than one. None when there is no such wallet.
 */
enum kms_rc store_list_passkeys(struct store_reader *r,
				const uint8_t uuid[ABI_UUID_LEN],
				store_passkey_visit *visit,
				void *arg) KMS_MUST_USE;

/* Lends one wallet for the call; false ends the walk. Not the reader's. */
typedef bool store_wallet_visit(void *arg, const struct store_wallet *wallet);

/* Where a walk goes on: behind this wallet. All zero: at the start. */
struct store_wallet_mark {
	char created_at[STORE_TIME_SIZE];
	uint8_t uuid[ABI_UUID_LEN];
};

/* By created_at, then uuid; at most limit. */
enum kms_rc store_list_wallets(struct store_reader *r,
			       const struct store_wallet_mark *after,
			       unsigned int limit, store_wallet_visit *visit,
			       void *arg) KMS_MUST_USE;

/* Active wallets last used before before_ms, by last_used_ms. */
enum kms_rc store_list_dormant(struct store_reader *r, int64_t before_ms,
			       const struct store_time_mark *after,
			       unsigned int limit, store_wallet_visit *visit,
			       void *arg) KMS_MUST_USE;
/* Pending deletions whose delete_after_ms is now_ms or before, by it. */
enum kms_rc store_list_due(struct store_reader *r, int64_t now_ms,
			   const struct store_time_mark *after,
			   unsigned int limit, store_wallet_visit *visit,
			   void *arg) KMS_MUST_USE;

struct store_wallet_totals {
	uint64_t total;
	uint64_t with_address; /* every current wallet has one */
	uint64_t with_passkey;
	uint64_t frozen;
	uint64_t pending_deletion;
};
/* Scans the wallets: not for each request. */
enum kms_rc store_count_wallets(struct store_reader *r,
				struct store_wallet_totals *out) KMS_MUST_USE;

/* --- addresses ----------------------------------------------------------- */

/* m/44'/60'/0'/account/index of a wallet. The first is there from the start. */
struct store_address {
	uint8_t uuid[ABI_UUID_LEN];
	uint32_t account;
	uint32_t index;
	char address[ETH_ADDRESS_TEXT_LEN + 1];
	uint8_t public_key[64];		     /* in: x | y; not read back */
	char key_text[ETH_KEY_TEXT_LEN + 1]; /* out: compressed */
};

/*
 * Any thread. Makes an address a name of its wallet; again is OK. May wait as
 * long as a durable transaction takes. NOT_FOUND when the wallet is gone.
 */
enum kms_rc store_add_address(struct store *s,
			      const struct store_address *a) KMS_MUST_USE;
/* Accepts any case. NOT_FOUND, also for what is no address. */
enum kms_rc store_get_address(struct store_reader *r, struct store_address *out,
			      const char *address) KMS_MUST_USE;

/* --- what happened ------------------------------------------------------- */

struct store_use {
	uint8_t uuid[ABI_UUID_LEN];
	int64_t last_used_ms;
};

#define STORE_COUNTER_NAME_MAX 47

struct store_count {
	char name[STORE_COUNTER_NAME_MAX + 1]; /* as "sign/2026-01-31" */
	uint64_t value;
};

/*
 * The committer's, now and then, even with nothing: all of it in one
 * transaction that need not be durable, and what other threads have written
 * is put in order. The time of a wallet does not go back; one that is gone is
 * no error. value is added, INT32_MAX at most: BAD_INPUT.
 */
enum kms_rc store_note(struct store *s, const struct store_use *uses,
		       size_t use_count, const struct store_count *counts,
		       size_t count_count) KMS_MUST_USE;

/* 0 when nothing was counted. */
enum kms_rc store_get_counter(struct store_reader *r, uint64_t *value,
			      const char *name) KMS_MUST_USE;

#endif /* KMS_HOST_STORE_WALLET_H */
