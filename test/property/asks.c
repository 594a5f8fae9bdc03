/* SPDX-License-Identifier: Apache-2.0 */
#include "test/property/asks.h"

#include <string.h>

void asks_make(const struct wallets *w, struct ask asks[ASKS], uint64_t slot)
{
	static uint8_t digest[32];
	const struct passkey *p = w->passkeys;
	struct intent i;

	asks[ASK_HASH] = ask_hash(slot);
	asks[ASK_MESSAGE] = ask_message(slot, USE_MESSAGE);
	asks[ASK_MESSAGE_191] = ask_message(slot, USE_MESSAGE_191);
	asks[ASK_TRANSACTION] = ask_transaction(slot);
	asks[ASK_ADDRESS] = ask_address(slot, 1);
	i = ask_intent(w, &asks[ASK_MESSAGE]);
	memcpy(digest, i.payload, sizeof(digest));
	asks[ASK_HASH_OF_MESSAGE] = ask_hash(slot);
	asks[ASK_HASH_OF_MESSAGE].name = "a message's hash";
	asks[ASK_HASH_OF_MESSAGE].payload = bytes_of(digest, sizeof(digest));
	asks[ASK_ISSUE] = ask_op(slot, OP_ISSUE_ADDRESS);
	asks[ASK_UNFREEZE] = ask_op(slot, OP_UNFREEZE);
	asks[ASK_ADD] = ask_passkey(slot, OP_ADD_PASSKEY, &p[2]);
	asks[ASK_REMOVE] = ask_passkey(slot, OP_REMOVE_PASSKEY, &p[1]);
	asks[ASK_CHANGE] = ask_passkey(slot, OP_CHANGE_PASSKEY, &p[2]);
	asks[ASK_SCHEDULE] = ask_op(slot, OP_SCHEDULE_DELETION);
	asks[ASK_DELETE] = ask_op(slot, OP_DELETE);
}

bool asks_bare_nonce(size_t ask)
{
	return ask == ASK_ADDRESS || ask == ASK_ISSUE || ask == ASK_UNFREEZE ||
	       ask == ASK_CHANGE || ask == ASK_SCHEDULE || ask == ASK_DELETE;
}

bool asks_change(const struct wallets *w, struct ask *a, unsigned int n)
{
	static uint8_t payload[512];

	switch (n) {
	case 0:
		a->index++;
		return true;
	case 1:
		a->window_days++;
		return true;
	case 2:
		if (a->passkey)
			a->passkey =
				&w->passkeys[a->op == OP_REMOVE_PASSKEY ? 0
									: 3];
		return true;
	case 3:
		a->with_hash = !a->with_hash;
		return true;
	case 4:
		if (!a->payload.len)
			return true;
		memcpy(payload, a->payload.ptr, a->payload.len);
		/* Of the transaction: the lowest bit of its value. */
		payload[a->use == USE_TRANSACTION ? 40 : 0] ^= 1;
		a->payload = bytes_of(payload, a->payload.len);
		return true;
	default:
		return false;
	}
}
