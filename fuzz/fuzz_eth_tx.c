/* SPDX-License-Identifier: Apache-2.0 */
/* A preimage that is accepted is written byte by byte again, and is signed. */
#include "codec/eth_tx.h"
#include "fuzz/fuzz.h"

static uint8_t room[ETH_TX_LEN_MAX];

/* The signed form holds the same fields, so it is no preimage itself. */
static void check_signed(const struct eth_tx *tx)
{
	static const uint8_t rs[64] = { [0] = 0x80, [31] = 1, [63] = 1 };
	struct buf out = { .ptr = room, .cap = sizeof(room) };
	struct eth_tx other;

	fuzz_check(!eth_tx_put_signed(&out, tx, rs, 1));
	fuzz_check(eth_tx_get_unsigned(&other, bytes_of(out.ptr, out.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct buf out = { .ptr = room, .cap = sizeof(room) };
	struct eth_tx tx;

	if (eth_tx_get_unsigned(&tx, in))
		return 0;
	fuzz_check(tx.chain_id && tx.nonce != UINT64_MAX);
	fuzz_check(tx.has_to || tx.data.len);
	fuzz_check(!eth_tx_put_unsigned(&out, &tx));
	fuzz_check(bytes_equal_var(bytes_of(out.ptr, out.len), in));
	check_signed(&tx);
	return 0;
}
