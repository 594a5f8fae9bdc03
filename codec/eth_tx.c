/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/eth_tx.h"

#include "codec/rlp.h"
#include "common/secret.h"

#include <string.h>

#define BLOB_VERSION_KZG 0x01
#define RLP_LIST	 0xc0 /* the least first byte of a list */

static bool is_zero(const uint8_t number[32])
{
	return ct_is_zero(number, 32);
}

/* A field that is not written must not be set, or it would be lost silently. */
static bool fields_belong(const struct eth_tx *tx)
{
	if (tx->type <= ETH_TX_ACCESS_LIST) {
		if (!is_zero(tx->max_priority_fee) || !is_zero(tx->max_fee))
			return false;
	} else if (!is_zero(tx->gas_price)) {
		return false;
	}
	if (tx->type != ETH_TX_BLOB &&
	    (!is_zero(tx->max_blob_fee) || tx->blob_hashes.len))
		return false;
	if (tx->type != ETH_TX_SET_CODE && tx->authorizations.len)
		return false;
	return tx->type != ETH_TX_LEGACY || !tx->access_list.len;
}

static bool target_is_valid(const struct eth_tx *tx)
{
	if (tx->has_to)
		return true;
	return tx->type < ETH_TX_BLOB && tx->data.len &&
	       ct_is_zero(tx->to, sizeof(tx->to));
}

/* a <= b */
static bool at_most(const uint8_t a[32], const uint8_t b[32])
{
	size_t i = 0;

	while (i < 31 && a[i] == b[i])
		i++;
	return a[i] <= b[i];
}

static bool numbers_are_valid(const struct eth_tx *tx)
{
	if (!tx->chain_id ||
	    (tx->type == ETH_TX_LEGACY && tx->chain_id > ETH_TX_CHAIN_MAX))
		return false;
	/* EIP-2681 ends nonces there; EIP-1559 orders the fees. */
	return tx->nonce != UINT64_MAX &&
	       at_most(tx->max_priority_fee, tx->max_fee);
}

/* One address with its storage keys. */
static bool count_access(struct eth_tx *tx, struct bytes entry)
{
	uint8_t address[ETH_ADDRESS_LEN];
	uint8_t key[32];
	struct rlp_reader r;
	struct rlp_reader keys;

	rlp_reader_begin(&r, entry);
	rlp_get_fixed(&r, address, sizeof(address));
	rlp_reader_begin(&keys, rlp_get_list(&r));
	if (rlp_reader_done(&r) || ++tx->access_count > ETH_TX_ACCESS_MAX)
		return false;
	while (rlp_more(&keys)) {
		rlp_get_fixed(&keys, key, sizeof(key));
		if (++tx->key_count > ETH_TX_KEYS_MAX)
			return false;
	}
	return !rlp_reader_done(&keys);
}

static bool count_accesses(struct eth_tx *tx)
{
	struct rlp_reader list;

	tx->access_count = 0;
	tx->key_count = 0;
	rlp_reader_begin(&list, tx->access_list);
	while (rlp_more(&list))
		if (!count_access(tx, rlp_get_list(&list)))
			return false;
	return !rlp_reader_done(&list);
}

static bool count_blobs(struct eth_tx *tx)
{
	struct rlp_reader list;
	uint8_t hash[32];

	tx->blob_count = 0;
	rlp_reader_begin(&list, tx->blob_hashes);
	while (rlp_more(&list)) {
		rlp_get_fixed(&list, hash, sizeof(hash));
		if (hash[0] != BLOB_VERSION_KZG ||
		    ++tx->blob_count > ETH_TX_BLOBS_MAX)
			return false;
	}
	return !rlp_reader_done(&list) &&
	       (tx->type != ETH_TX_BLOB || tx->blob_count);
}

/*
 * [chain id, address, nonce, y parity, r, s]; chain id 0 means every chain.
 * Whether the signature is good stays open: a chain skips a tuple that is not.
 */
static bool is_authorization(struct bytes tuple)
{
	uint8_t address[ETH_ADDRESS_LEN];
	uint8_t number[32];
	struct rlp_reader r;
	uint64_t nonce = 0;
	uint64_t y_parity = 0;

	rlp_reader_begin(&r, tuple);
	(void)rlp_get_u64(&r);
	rlp_get_fixed(&r, address, sizeof(address));
	nonce = rlp_get_u64(&r);
	y_parity = rlp_get_u64(&r);
	rlp_get_u256(&r, number);
	rlp_get_u256(&r, number);
	return !rlp_reader_done(&r) && nonce != UINT64_MAX && y_parity <= 1;
}

static bool count_authorizations(struct eth_tx *tx)
{
	struct rlp_reader list;

	tx->auth_count = 0;
	rlp_reader_begin(&list, tx->authorizations);
	while (rlp_more(&list))
		if (!is_authorization(rlp_get_list(&list)) ||
		    ++tx->auth_count > ETH_TX_AUTHS_MAX)
			return false;
	return !rlp_reader_done(&list) &&
	       (tx->type != ETH_TX_SET_CODE || tx->auth_count);
}

enum kms_rc eth_tx_check(struct eth_tx *tx)
{
	if (tx->type > ETH_TX_SET_CODE || !fields_belong(tx) ||
	    !target_is_valid(tx) || !numbers_are_valid(tx) ||
	    tx->data.len > ETH_TX_DATA_MAX || !count_accesses(tx) ||
	    !count_blobs(tx) || !count_authorizations(tx))
		return KMS_RC_DECODE;
	return KMS_RC_OK;
}

static void get_to(struct eth_tx *tx, struct rlp_reader *r)
{
	struct bytes to = rlp_get_string(r);

	tx->has_to = to.len == sizeof(tx->to);
	if (tx->has_to)
		memcpy(tx->to, to.ptr, to.len);
	else
		r->failed |= to.len != 0;
}

static void get_call(struct eth_tx *tx, struct rlp_reader *r)
{
	tx->gas = rlp_get_u64(r);
	get_to(tx, r);
	rlp_get_u256(r, tx->value);
	tx->data = rlp_get_string(r);
}

/* EIP-155: where the signature will stand are the chain id and two zeros. */
static void get_legacy(struct eth_tx *tx, struct rlp_reader *r)
{
	uint64_t zeros = 0;

	tx->nonce = rlp_get_u64(r);
	rlp_get_u256(r, tx->gas_price);
	get_call(tx, r);
	tx->chain_id = rlp_get_u64(r);
	zeros = rlp_get_u64(r);
	zeros |= rlp_get_u64(r);
	r->failed |= zeros != 0;
}

static void get_typed(struct eth_tx *tx, struct rlp_reader *r)
{
	tx->chain_id = rlp_get_u64(r);
	tx->nonce = rlp_get_u64(r);
	if (tx->type == ETH_TX_ACCESS_LIST) {
		rlp_get_u256(r, tx->gas_price);
	} else {
		rlp_get_u256(r, tx->max_priority_fee);
		rlp_get_u256(r, tx->max_fee);
	}
	get_call(tx, r);
	tx->access_list = rlp_get_list(r);
	if (tx->type == ETH_TX_BLOB) {
		rlp_get_u256(r, tx->max_blob_fee);
		tx->blob_hashes = rlp_get_list(r);
	}
	if (tx->type == ETH_TX_SET_CODE)
		tx->authorizations = rlp_get_list(r);
}

/* Takes the type off the front; a legacy transaction is a bare list. */
static bool get_type(enum eth_tx_type *type, struct bytes *in)
{
	if (!in->len)
		return false;
	*type = ETH_TX_LEGACY;
	if (in->ptr[0] >= RLP_LIST)
		return true;
	if (in->ptr[0] < ETH_TX_ACCESS_LIST || in->ptr[0] > ETH_TX_SET_CODE)
		return false;
	*type = (enum eth_tx_type)in->ptr[0];
	in->ptr++;
	in->len--;
	return true;
}

enum kms_rc eth_tx_get_unsigned(struct eth_tx *tx, struct bytes in)
{
	struct rlp_reader outer;
	struct rlp_reader fields;

	*tx = (struct eth_tx){ 0 };
	if (!get_type(&tx->type, &in))
		return KMS_RC_DECODE;
	rlp_reader_begin(&outer, in);
	rlp_reader_begin(&fields, rlp_get_list(&outer));
	if (tx->type == ETH_TX_LEGACY)
		get_legacy(tx, &fields);
	else
		get_typed(tx, &fields);
	if (rlp_reader_done(&outer) || rlp_reader_done(&fields))
		return KMS_RC_DECODE;
	return eth_tx_check(tx);
}
