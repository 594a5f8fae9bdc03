/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/eth_tx.h"

#include "codec/rlp.h"

static void put_list(struct rlp_writer *w, struct bytes items)
{
	size_t at = rlp_open(w);

	rlp_put_raw(w, items);
	rlp_close(w, at);
}

/* What the unsigned and the signed form share. */
static void put_fields(struct rlp_writer *w, const struct eth_tx *tx)
{
	if (tx->type != ETH_TX_LEGACY)
		rlp_put_u64(w, tx->chain_id);
	rlp_put_u64(w, tx->nonce);
	if (tx->type <= ETH_TX_ACCESS_LIST) {
		rlp_put_u256(w, tx->gas_price);
	} else {
		rlp_put_u256(w, tx->max_priority_fee);
		rlp_put_u256(w, tx->max_fee);
	}
	rlp_put_u64(w, tx->gas);
	rlp_put_string(w, bytes_of(tx->to, tx->has_to ? sizeof(tx->to) : 0));
	rlp_put_u256(w, tx->value);
	rlp_put_string(w, tx->data);
	if (tx->type != ETH_TX_LEGACY)
		put_list(w, tx->access_list);
	if (tx->type == ETH_TX_BLOB) {
		rlp_put_u256(w, tx->max_blob_fee);
		put_list(w, tx->blob_hashes);
	}
	if (tx->type == ETH_TX_SET_CODE)
		put_list(w, tx->authorizations);
}

/* Gives where the list of the fields begins, for end(). */
static size_t begin(struct rlp_writer *w, struct buf *out,
		    const struct eth_tx *tx)
{
	uint8_t type = (uint8_t)tx->type;

	out->len = 0;
	rlp_writer_begin(w, out->ptr, out->cap);
	if (tx->type != ETH_TX_LEGACY)
		rlp_put_raw(w, bytes_of(&type, 1));
	return rlp_open(w);
}

static enum kms_rc end(struct rlp_writer *w, struct buf *out, size_t at)
{
	rlp_close(w, at);
	if (rlp_writer_done(w))
		return KMS_RC_SHORT_BUFFER;
	out->len = w->len;
	return KMS_RC_OK;
}

enum kms_rc eth_tx_put_unsigned(struct buf *out, const struct eth_tx *tx)
{
	struct rlp_writer w;
	size_t at = begin(&w, out, tx);

	put_fields(&w, tx);
	if (tx->type == ETH_TX_LEGACY) {
		rlp_put_u64(&w, tx->chain_id);
		rlp_put_u64(&w, 0);
		rlp_put_u64(&w, 0);
	}
	return end(&w, out, at);
}

enum kms_rc eth_tx_put_signed(struct buf *out, const struct eth_tx *tx,
			      const uint8_t rs[64], unsigned int recid)
{
	struct rlp_writer w;
	size_t at = begin(&w, out, tx);

	/* Ids 2 and 3, of an r above the order, have no encoding here. */
	if (recid > 1)
		return KMS_RC_FAULT;
	put_fields(&w, tx);
	if (tx->type == ETH_TX_LEGACY)
		rlp_put_u64(&w, 35 + 2 * tx->chain_id + recid);
	else
		rlp_put_u64(&w, recid);
	rlp_put_u256(&w, rs);
	rlp_put_u256(&w, rs + 32);
	return end(&w, out, at);
}
