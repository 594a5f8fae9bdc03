/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wallet_ceremony - what registrations and authentications have in common
 *
 * A ceremony begins with a challenge of the TEE and ends when the TEE has done
 * what it was for: whatever is refused on the way may be tried again.
 * A function that gives false has ended the call.
 */

#ifndef KMS_HOST_SERVICE_WALLET_CEREMONY_H
#define KMS_HOST_SERVICE_WALLET_CEREMONY_H

#include "codec/auth_data.h"
#include "host/service/challenge_book.h"
#include "host/service/service.h"
#include "host/service/signer.h"

/* Asks for a challenge of the wallet's instance, or to register with. */
struct wallet_nonce {
	struct sign_job job;
	struct call *call;
	struct challenge challenge; /* nonce is filled at done() */
	void (*done)(struct wallet_nonce *n);
};
void wallet_ask_nonce(struct wallet_nonce *n);
/* Writes "ChallengeId" of the challenge. */
bool wallet_put_challenge(struct call *call, const struct challenge *c);

/*
 * Finds the challenge that the call answers; it is the call's ceremony then.
 * uuid: of the wallet, or zero. note_buf: NULL when the note is not wanted.
 */
bool wallet_find_challenge(struct call *call, struct challenge *c,
			   uint8_t note_buf[CHALLENGE_NOTE_MAX],
			   struct bytes id, enum challenge_purpose purpose,
			   const uint8_t uuid[ABI_UUID_LEN]);

/* Early, to spare the owner a trip; the TEE judges them again. */
bool wallet_check_rp(struct call *call, const struct auth_data *auth,
		     const char *rp_id);
bool wallet_check_user(struct call *call, const struct auth_data *auth,
		       bool verified);

/* The TEE has done what the call's ceremony, if any, was for. */
void wallet_end_ceremony(const struct call *call);

#endif /* KMS_HOST_SERVICE_WALLET_CEREMONY_H */
