/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asks - one of everything that can be asked of a wallet
 */

#ifndef KMS_TEST_ASKS_H
#define KMS_TEST_ASKS_H

#include "test/property/wallets.h"

enum {
	ASK_HASH,
	ASK_MESSAGE,
	ASK_MESSAGE_191,
	ASK_TRANSACTION,
	ASK_ADDRESS,
	ASK_USES,
	ASK_HASH_OF_MESSAGE = ASK_USES, /* as ASK_MESSAGE is signed */
	ASK_ISSUE,
	ASK_UNFREEZE,
	ASK_ADD,
	ASK_REMOVE,
	ASK_CHANGE,
	ASK_SCHEDULE,
	ASK_DELETE,
	ASKS,
};

/* Of an active wallet with passkeys 0 and 1. */
void asks_make(const struct wallets *w, struct ask asks[ASKS], uint64_t slot);

/* Whether BIND_PAYLOAD takes a gesture over the nonce alone. */
bool asks_bare_nonce(size_t ask);

/* What a host could change about it, one after the other; false at the end. */
bool asks_change(const struct wallets *w, struct ask *a, unsigned int n);

#endif /* KMS_TEST_ASKS_H */
