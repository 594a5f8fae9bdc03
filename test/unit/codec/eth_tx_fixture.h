/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eth_tx_fixture - room for transactions, and what must hold of each read one
 */

#ifndef KMS_TEST_ETH_TX_FIXTURE_H
#define KMS_TEST_ETH_TX_FIXTURE_H

#include "codec/eth_tx.h"
#include "test/unit/hex.h"

#define ROOM 131072

static uint8_t in_room[ROOM];
static uint8_t out_room[ROOM];

static inline struct buf out_buf(size_t cap)
{
	return (struct buf){ .ptr = out_room, .cap = cap };
}

/* Reads a copy of the exact size, so that the sanitizer sees a byte more. */
static inline enum kms_rc get(struct bytes in)
{
	uint8_t *copy = malloc(in.len ? in.len : 1);
	struct buf out = out_buf(ROOM);
	struct eth_tx tx;
	enum kms_rc rc = KMS_RC_INTERNAL;

	assert_non_null(copy);
	if (in.len)
		memcpy(copy, in.ptr, in.len);
	rc = eth_tx_get_unsigned(&tx, bytes_of(copy, in.len));
	if (!rc) {
		/* what is accepted has no other encoding */
		assert_int_equal(eth_tx_put_unsigned(&out, &tx), 0);
		assert_int_equal(out.len, in.len);
		assert_memory_equal(out.ptr, in.ptr, in.len);
	}
	free(copy);
	return rc;
}

#endif /* KMS_TEST_ETH_TX_FIXTURE_H */
