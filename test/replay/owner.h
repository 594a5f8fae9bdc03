/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owner - what the scenes of wallets are made of, on the host of shard 0
 *
 * Owners have the passkeys of r->wallets and are named by their number. Each
 * step aborts when it does not come to what the scene says, so a scene cannot
 * be about something else than its name.
 */

#ifndef KMS_TEST_OWNER_H
#define KMS_TEST_OWNER_H

#include "test/property/wallets.h"
#include "test/replay/steps.h"

/* What a gesture is over: docs/passkeys.md. */
enum owner_challenge { OVER_INTENT, OVER_PAYLOAD, OVER_NONCE };

/* A wallet of one passkey; gives its slot. */
uint64_t owner_creates(struct recorder *r, size_t passkey, uint8_t level);

void owner_gesture(struct recorder *r, struct passkey_assertion *by,
		   const struct ask *a, size_t passkey,
		   enum owner_challenge over);
/* Sends the assertion as it stands; a change is then staged. */
void owner_sends(struct recorder *r, const struct ask *a,
		 struct passkey_assertion *by, enum kms_rc want);
/* Signs it anew before: somebody has changed what it says. */
void owner_signs(struct recorder *r, const struct ask *a,
		 struct passkey_assertion *by, size_t passkey,
		 enum kms_rc want);
/* Gesture and all, and for a change also the commit. */
void owner_does(struct recorder *r, struct ask a, size_t passkey,
		enum kms_rc want);
/* Every use that there is. */
void owner_uses(struct recorder *r, uint64_t slot, size_t passkey,
		enum kms_rc want);
/* A change without a passkey, with its commit. */
void owner_is_not_asked(struct recorder *r, struct ask a, enum kms_rc want);

/* Scenes of wallets_refused.c that are in assertions.c. */
void assertions_record(struct recorder *r, uint64_t one, uint64_t two);

#endif /* KMS_TEST_OWNER_H */
