/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body of Sign whose transaction is accepted is one that the TEE will read,
 * as the same transaction; what is refused is told why.
 */
#include "fuzz/fuzz.h"
#include "host/dispatch/fields.h"
#include "host/service/wallet_payload.h"

#include <string.h>

#define ARENA_LEN (4 * 1024 * 1024)

static uint8_t room[ETH_TX_LEN_MAX];

static const struct field *fields_of_sign(void)
{
	for (size_t i = 0; i < op_count(); i++)
		if (op_at(i)->run == service_sign_wallet)
			return op_at(i)->in;
	abort();
}

static void check_transaction(const struct transaction_in *in,
			      struct arena *arena)
{
	struct buf out = { .ptr = room, .cap = sizeof(room) };
	char why[WALLET_WHY_MAX] = "";
	struct eth_tx tx = { 0 };
	struct eth_tx again = { 0 };
	enum kms_rc rc = wallet_read_transaction(&tx, arena, in, why);

	if (rc) {
		fuzz_check(rc == KMS_RC_BAD_INPUT && why[0]);
		return;
	}
	if (eth_tx_put_unsigned(&out, &tx))
		return;
	fuzz_check(!eth_tx_get_unsigned(&again, bytes_of(out.ptr, out.len)));
	fuzz_check(again.chain_id == in->chain_id.value);
	fuzz_check(again.has_to == (in->to.len != 0));
	fuzz_check(bytes_equal_var(bytes_of(again.value, 32),
				   bytes_of(tx.value, 32)));
	fuzz_check(bytes_equal_var(again.data, in->data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena; /* kept: making one is slower than a run */
	struct sign_wallet_in in = { 0 };
	struct json_value object = { 0 };
	struct bytes message = { 0 };

	if (size > 65536 || (!arena.base && arena_init(&arena, ARENA_LEN)))
		return 0;
	if (!json_parse(&object, bytes_of(data, size)) &&
	    !fields_decode(&in, fields_of_sign(), &object, &arena, &message) &&
	    in.transaction.given)
		check_transaction(&in.transaction, &arena);
	arena_reset(&arena);
	return 0;
}
