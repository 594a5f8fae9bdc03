/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wallets - wallets of a fixture, their passkeys, and what is asked of them
 *
 * An ask is one use of a wallet or one change of it that its owner may have
 * done. Whenever a command fails in a fixture, I9 is checked beside: the
 * instance and its storage are as they were.
 */

#ifndef KMS_TEST_WALLETS_H
#define KMS_TEST_WALLETS_H

#include "codec/intent.h"
#include "test/property/fixture.h"
#include "test/property/passkey.h"

#define WALLETS_PASSKEYS 6

struct wallets {
	struct fixture *f; /* NULL: whoever is behind host cannot be watched */
	struct host *host;
	struct passkey passkeys[WALLETS_PASSKEYS];
	/* Another instance of the same TA, as it stood at wallets_mark(). */
	struct ta saved_ta;
	struct host saved_host;
};

struct ask {
	const char *name;
	uint8_t op;  /* enum abi_op; 0: a use */
	uint8_t use; /* enum abi_use */
	uint64_t slot;
	uint32_t account;
	uint32_t index;
	struct bytes payload;
	const struct passkey *passkey; /* that comes or goes */
	bool with_hash;		       /* its credential is told, too */
	uint16_t window_days;
};

struct answer {
	uint8_t signature[64];
	uint8_t recid;
	uint8_t digest[32];
	uint8_t public_key[64];
	bool has_signature;
	bool has_public_key;
};

/* Wallets of any host, without a fixture; the passkeys come from the seed. */
void wallets_begin(struct wallets *w, struct host *h, struct prng *prng);

/* cmocka's setup and teardown; *state is the wallets. */
int wallets_open(void **state);
int wallets_close(void **state);

#define wallets_test(name) \
	cmocka_unit_test_setup_teardown(name, wallets_open, wallets_close)

/* The pair of ops that makes a wallet of this passkey. */
void wallets_creation(struct host_op ops[2], const struct passkey *p,
		      uint8_t level);
/* Creates it; gives its slot, behind which is that of its vault. */
uint64_t wallets_create(struct wallets *w, const struct passkey *p,
			uint8_t level);

/* A nonce for the wallet, or any uuid. */
void wallets_nonce(struct wallets *w, uint64_t slot, uint8_t nonce[32]);
enum kms_rc wallets_nonce_for(struct host *h, const uint8_t uuid[16],
			      uint8_t nonce[32]);

/* Database and COMMIT of the batch that was prepared. */
void wallets_commit(struct wallets *w);

/* What instance and host are is kept, and brought back; storage is not. */
void wallets_mark(struct wallets *w);
void wallets_back(struct wallets *w);

/* The intent of the ask, as a client computes it. */
struct intent ask_intent(const struct wallets *w, const struct ask *a);
/* A gesture of the passkey for exactly this. */
void ask_gesture(struct wallets *w, const struct ask *a, struct passkey *p,
		 struct passkey_assertion *out);
/* Appends the use to a SIGN that has been begun. kind: enum abi_evidence. */
void ask_put(struct host *h, const struct ask *a, uint8_t kind,
	     struct bytes evidence);
/* The op that changes the wallet. */
struct host_op ask_change(const struct ask *a, uint8_t kind,
			  struct bytes evidence);
/*
 * Uses the wallet, or prepares the change. kind: enum abi_evidence. Checks I9
 * when it fails. got may be NULL.
 */
enum kms_rc ask_send(struct wallets *w, const struct ask *a, uint8_t kind,
		     struct bytes evidence, struct answer *got);
static inline enum kms_rc ask_with(struct wallets *w, const struct ask *a,
				   const struct passkey_assertion *by)
{
	return ask_send(w, a, EVIDENCE_PASSKEY, passkey_evidence(by), NULL);
}
/* Gesture and all, and for a change also the commit. */
enum kms_rc ask_do(struct wallets *w, const struct ask *a, struct passkey *p);
/* A change that needs no passkey, with its commit. */
enum kms_rc ask_do_alone(struct wallets *w, const struct ask *a);

/* What the tests ask for, of the wallet at the slot. */
struct ask ask_hash(uint64_t slot);
struct ask ask_message(uint64_t slot, uint8_t use);
struct ask ask_transaction(uint64_t slot);
struct ask ask_address(uint64_t slot, uint32_t index);
struct ask ask_op(uint64_t slot, uint8_t op);
struct ask ask_passkey(uint64_t slot, uint8_t op, const struct passkey *p);

#endif /* KMS_TEST_WALLETS_H */
