/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webauthn - whether an assertion of a wallet's passkey allows an intent
 *
 * The checks of WebAuthn 7.2 that concern an authenticator, and that the
 * challenge commits to the intent (spec 3.d.2, 3.d.3). Whoever gets a grant
 * compares its tag with that of what it is about to do, does it, and spends
 * the grant when nothing can fail any more.
 *
 * Promises:  checking changes nothing. The verdict is computed twice, with
 *            both signatures verified, and names what it allows.
 */

#ifndef KMS_TA_POLICY_WEBAUTHN_H
#define KMS_TA_POLICY_WEBAUTHN_H

#include "codec/intent.h"
#include "ta/keystore/wallet_record.h"
#include "ta/policy/challenge.h"

struct evidence;
struct ta;

/* What an assertion is to allow; borrowed. */
struct webauthn_ask {
	const struct wallet_record *wallet;
	uint16_t shard;
	uint64_t slot;
	const struct intent *intent;
};

struct webauthn_grant {
	uint32_t tag;	 /* webauthn_tag() of the intent */
	uint8_t passkey; /* the number of the one that signed */
	uint32_t sign_count;
	uint8_t pub[64]; /* of that passkey */
	/* Of a raw assertion there is none, and nothing to spend. */
	bool has_nonce;
	uint8_t nonce[CHALLENGE_LEN];
};

uint32_t webauthn_tag(const struct intent *i);

/*
 * AUTH_REQUIRED (evidence of another kind than the wallet obeys), AUTH_FORMAT,
 * AUTH_SIG (no passkey of the wallet made it), AUTH_RP (or another origin),
 * AUTH_FLAGS, AUTH_COUNTER, AUTH_CHALLENGE, FAULT.
 */
enum kms_rc webauthn_check(struct ta *ta, struct webauthn_grant *g,
			   const struct webauthn_ask *ask,
			   const struct evidence *evidence) KMS_MUST_USE;

/*
 * Whether the registration is of the only passkey of this new wallet, whose
 * credential hash, flags and counter it then fills in. It proves that a
 * browser has made the passkey for this RP, not who was in front of it.
 * AUTH_* as above; the grant is good for its nonce only.
 */
enum kms_rc webauthn_check_registration(struct ta *ta, struct webauthn_grant *g,
					struct wallet_record *w,
					struct bytes registration) KMS_MUST_USE;

/* False of a raw assertion only. */
bool webauthn_spends(const struct webauthn_grant *g);

/* The nonce was used, and the passkey's counter is known. */
void webauthn_spend(struct ta *ta, uint16_t shard, uint64_t slot,
		    const struct webauthn_grant *g);

/* Whether each of the patterns, with commas between them, is one. */
bool webauthn_origins_ok(struct bytes patterns);

#endif /* KMS_TA_POLICY_WEBAUTHN_H */
