/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service - what the service functions share, and their threads' half
 *
 * Owns:      per reactor thread: its line to the TEE, its database reader, its
 *            cache of keys' places, its signatures under way.
 * Threads:   the struct is shared and constant after start; everything behind
 *            an index belongs to that reactor.
 */

#ifndef KMS_HOST_SERVICE_SERVICE_H
#define KMS_HOST_SERVICE_SERVICE_H

#include "host/service/call.h"
#include "host/service/challenge_book.h"
#include "host/service/keeper.h"
#include "host/service/relying_party.h"
#include "host/store/store.h"
#include "host/tee_client/tee.h"

#define SERVICE_REGION_MAX 32

struct service_config {
	struct tee *tee;
	struct store *store;
	struct keeper *keeper;
	unsigned int reactors;
	uint64_t account;   /* 12 decimal digits */
	const char *region; /* of the ARNs */
	bool production;
	unsigned int sign_ms;	 /* deadline of a signature */
	struct relying_party rp; /* of new wallets */
	uint8_t bind_level;	 /* of new wallets: docs/passkeys.md */
	bool compat;		 /* forgive what the reference forgives */
};

struct service;

enum kms_rc service_open(struct service **out,
			 const struct service_config *config) KMS_MUST_USE;
void service_close(struct service **s);
const struct service_config *service_config(const struct service *s);

/* In the reactor's thread: before its first and after its last request. */
enum kms_rc service_thread_start(struct service *s,
				 unsigned int index) KMS_MUST_USE;
void service_thread_stop(struct service *s, unsigned int index);
/* Descriptors that become readable when there is work; at most max. */
size_t service_thread_fds(struct service *s, unsigned int index, int *fds,
			  size_t max);
/* Ends calls whose answers have come. */
void service_thread_work(struct service *s, unsigned int index);
/* Sends what was submitted since; retries and deadlines. */
void service_thread_flush(struct service *s, unsigned int index);
void service_thread_tick(struct service *s, unsigned int index,
			 uint64_t now_ns);

/* Of dispatch, when a call ends: what /stats tells. */
void service_count(struct call *call, enum kms_rc rc);

/*
 * Of dispatch, which counts by wallet: whose address it is, as far as the
 * database knows. Leaves the call alone.
 */
bool service_wallet_of(struct call *call, uint8_t uuid[ABI_UUID_LEN],
		       struct bytes address);

/* --- for the files of this room ----------------------------------------- */

struct store_reader *service_reader(struct call *call);

/*
 * Resolves any of AWS's four forms of KeyId to a key of the caller's account.
 * When it fails, the call has been ended already, with AWS's text.
 */
enum kms_rc service_find_key(struct call *call, struct store_key *out,
			     struct bytes key_id) KMS_MUST_USE;

/*
 * As service_find_key() for the use of a key: it may come from the thread's
 * cache, and there is no description. The TEE judges the key's state again.
 */
enum kms_rc service_find_key_cached(struct call *call, struct store_key *out,
				    struct bytes key_id) KMS_MUST_USE;

/* By key id or key ARN, where AWS takes no alias. */
enum kms_rc service_find_by_id(struct call *call, struct store_key *out,
			       struct bytes key_id) KMS_MUST_USE;

/* Ends the call when the key's state forbids its use. */
bool service_is_usable(struct call *call, const struct store_key *key);

/*
 * Ends the call when the key is a wallet, for what needs its owner: AWS has no
 * place for an assertion, the wallets' own operations have.
 */
bool service_is_no_wallet(struct call *call, const struct store_key *key);

/*
 * The bare id in any form of KeyId but an alias. When it fails, the call has
 * been ended.
 */
enum kms_rc service_bare_key_id(struct call *call, struct bytes *id,
				struct bytes given) KMS_MUST_USE;

/* Ends the call when it is too early to tell a date. */
bool service_clock_is_set(struct call *call);

struct challenge_book *service_book(struct service *s);

#define SERVICE_ARN_MAX 128
/* "arn:aws:kms:us-east-1:000000000000:key/1234abcd-..." with a NUL. */
void service_key_arn(const struct service *s, char out[SERVICE_ARN_MAX],
		     const uint8_t uuid[ABI_UUID_LEN]);

#define SERVICE_ALIAS_ARN_MAX 384
/* Of a name with its "alias/". */
void service_alias_arn(const struct service *s, char out[SERVICE_ALIAS_ARN_MAX],
		       struct bytes name);
/* Ends the call. */
void service_unknown_alias(struct call *call, struct bytes name);
/* By its form; whether there is one is another question. */
bool service_is_alias(struct bytes given);

/* AWS names of what a record holds. */
const char *service_spec_name(uint8_t key_spec);
const char *service_state_name(uint8_t key_state);

/* Refuses grant tokens, which this version cannot have issued. */
bool service_has_grant_tokens(struct call *call,
			      const struct op_strings *tokens);

struct sign_queue;
struct sign_queue *service_sign_queue(struct call *call);
struct sign_job;
/* Starts a job of the call, with the deadline that a signature has. */
void service_start_sign(struct call *call, struct sign_job *job);
/* Likewise. When it fails, done() is not called. */
enum kms_rc service_start_random(struct call *call,
				 struct tee_random *r) KMS_MUST_USE;

#endif /* KMS_HOST_SERVICE_SERVICE_H */
