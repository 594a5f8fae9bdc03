/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/wallet_payload.h"

#include "codec/eth_number.h"
#include "codec/rlp.h"
#include "common/decimal.h"
#include "common/hex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TYPE(n)	  (1u << (n))
#define WORD_TEXT 66 /* "0x" and 32 bytes */

/* One transaction on its way in. */
struct reading {
	struct eth_tx *tx;
	const struct transaction_in *in;
	struct arena *arena;
	char *why;
};

KMS_PRINTF(2, 3)
static enum kms_rc wrong(const struct reading *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->why, WALLET_WHY_MAX, fmt, args);
	va_end(args);
	return KMS_RC_BAD_INPUT;
}

/* Whether a member may be there, and has to be. */
static enum kms_rc check_member(const struct reading *r, const char *name,
				bool given, unsigned int allowed,
				unsigned int required)
{
	unsigned int type = (unsigned int)r->tx->type;

	if (given && !(allowed & TYPE(type)))
		return wrong(r, "Transaction.%s does not belong to type %u",
			     name, type);
	if (!given && (required & TYPE(type)))
		return wrong(r, "Transaction.%s is required for type %u", name,
			     type);
	return KMS_RC_OK;
}

/* --- amounts ------------------------------------------------------------- */

struct amount {
	const char *name;
	size_t from; /* in struct transaction_in */
	size_t to;   /* in struct eth_tx */
	unsigned int types;
};

#define AMOUNT(text, member, mask)                               \
	{                                                        \
		(text), offsetof(struct transaction_in, member), \
			offsetof(struct eth_tx, member), (mask)  \
	}

static const struct amount amounts[] = {
	AMOUNT("value", value, 0x1f),
	AMOUNT("gasPrice", gas_price, TYPE(0) | TYPE(1)),
	AMOUNT("maxFeePerGas", max_fee, TYPE(2) | TYPE(3) | TYPE(4)),
	AMOUNT("maxPriorityFeePerGas", max_priority_fee,
	       TYPE(2) | TYPE(3) | TYPE(4)),
	AMOUNT("maxFeePerBlobGas", max_blob_fee, TYPE(3)),
};

static enum kms_rc read_amount(const struct reading *r, const struct amount *a)
{
	struct bytes text = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	memcpy(&text, (const char *)r->in + a->from, sizeof(text));
	rc = check_member(r, a->name, text.ptr, a->types, a->types);
	if (rc || !text.ptr)
		return rc;
	if (eth_number_get((uint8_t *)r->tx + a->to, text))
		return wrong(r,
			     "Transaction.%s must be 0x and hexadecimal digits "
			     "or decimal digits, below 2^256",
			     a->name);
	return KMS_RC_OK;
}

static enum kms_rc read_amounts(const struct reading *r)
{
	enum kms_rc rc = KMS_RC_OK;

	for (size_t i = 0; !rc && i < ARRAY_LEN(amounts); i++)
		rc = read_amount(r, &amounts[i]);
	return rc;
}

/* --- lists --------------------------------------------------------------- */

/* 32 or 20 bytes, "0x" in front. */
static bool read_fixed(uint8_t *out, size_t len, const struct json_value *v)
{
	const char *text = (const char *)v->raw.ptr;

	return v->type == JSON_STRING && v->raw.len == 2 + 2 * len &&
	       text[0] == '0' && text[1] == 'x' &&
	       !hex_decode(out, len, text + 2, 2 * len);
}

static bool put_fixed(struct rlp_writer *w, size_t len,
		      const struct json_value *v)
{
	uint8_t raw[32];

	if (!read_fixed(raw, len, v))
		return false;
	rlp_put_string(w, bytes_of(raw, len));
	return true;
}

/* A list's items as RLP can hardly be longer than their text. */
static bool begin_list(const struct reading *r, struct rlp_writer *w,
		       const struct json_value *list)
{
	size_t cap = list->raw.len + 64;
	uint8_t *room = arena_alloc(r->arena, cap);

	rlp_writer_begin(w, room, room ? cap : 0);
	return room;
}

static enum kms_rc end_list(const struct reading *r, struct bytes *out,
			    const struct rlp_writer *w)
{
	*out = bytes_of(w->ptr, w->len);
	return rlp_writer_done(w) ? wrong(r, "Transaction is too long")
				  : KMS_RC_OK;
}

static bool put_access(struct rlp_writer *w, const struct json_value *item)
{
	struct json_value address = json_member(item, "address");
	struct json_value keys = json_member(item, "storageKeys");
	struct json_value key = { 0 };
	size_t outer = rlp_open(w);
	size_t inner = 0;
	size_t pos = 0;

	if (!put_fixed(w, ETH_ADDRESS_LEN, &address) || keys.type != JSON_ARRAY)
		return false;
	inner = rlp_open(w);
	while (json_next(&keys, &pos, NULL, &key))
		if (!put_fixed(w, 32, &key))
			return false;
	rlp_close(w, inner);
	rlp_close(w, outer);
	return true;
}

static bool put_blob_hash(struct rlp_writer *w, const struct json_value *item)
{
	return put_fixed(w, 32, item);
}

static bool put_uint(struct rlp_writer *w, const struct json_value *object,
		     const char *name)
{
	struct json_value v = json_member(object, name);
	uint64_t value = 0;

	if (v.type != JSON_NUMBER || decimal_get(&value, UINT64_MAX, v.raw))
		return false;
	rlp_put_u64(w, value);
	return true;
}

static bool put_number(struct rlp_writer *w, const struct json_value *object,
		       const char *name)
{
	struct json_value v = json_member(object, name);
	uint8_t value[ETH_NUMBER_LEN];

	if (v.type != JSON_STRING || eth_number_get(value, v.raw))
		return false;
	rlp_put_u256(w, value);
	return true;
}

/* [chain_id, address, nonce, y_parity, r, s] (EIP-7702) */
static bool put_authorization(struct rlp_writer *w,
			      const struct json_value *item)
{
	struct json_value address = json_member(item, "address");
	size_t at = rlp_open(w);

	if (!put_uint(w, item, "chainId") ||
	    !put_fixed(w, ETH_ADDRESS_LEN, &address) ||
	    !put_uint(w, item, "nonce") || !put_uint(w, item, "yParity") ||
	    !put_number(w, item, "r") || !put_number(w, item, "s"))
		return false;
	rlp_close(w, at);
	return true;
}

struct list {
	const char *name;
	size_t from;
	size_t to;
	unsigned int allowed;
	unsigned int required;
	bool (*put)(struct rlp_writer *w, const struct json_value *item);
};

static const struct list lists[] = {
	{ "accessList", offsetof(struct transaction_in, access_list),
	  offsetof(struct eth_tx, access_list), 0x1e, 0, put_access },
	{ "blobVersionedHashes", offsetof(struct transaction_in, blob_hashes),
	  offsetof(struct eth_tx, blob_hashes), TYPE(3), TYPE(3),
	  put_blob_hash },
	{ "authorizationList", offsetof(struct transaction_in, authorizations),
	  offsetof(struct eth_tx, authorizations), TYPE(4), TYPE(4),
	  put_authorization },
};

static enum kms_rc read_list(const struct reading *r, const struct list *l)
{
	const struct json_value *list =
		(const void *)((const char *)r->in + l->from);
	struct bytes *out = (void *)((char *)r->tx + l->to);
	struct json_value item = { 0 };
	struct rlp_writer w = { 0 };
	size_t pos = 0;
	enum kms_rc rc = check_member(r, l->name, list->type != JSON_ABSENT,
				      l->allowed, l->required);

	if (rc || list->type == JSON_ABSENT)
		return rc;
	if (!begin_list(r, &w, list))
		return KMS_RC_NO_MEMORY;
	while (json_next(list, &pos, NULL, &item))
		if (!l->put(&w, &item))
			return wrong(r, "Transaction.%s is malformed", l->name);
	return end_list(r, out, &w);
}

static enum kms_rc read_lists(const struct reading *r)
{
	enum kms_rc rc = KMS_RC_OK;

	for (size_t i = 0; !rc && i < ARRAY_LEN(lists); i++)
		rc = read_list(r, &lists[i]);
	return rc;
}

/* --- the rest ------------------------------------------------------------ */

/* Unlike an amount, an address has one meaning with "0x" and without. */
static bool read_address(uint8_t out[ETH_ADDRESS_LEN], struct bytes text)
{
	if (text.len == ETH_ADDRESS_TEXT_LEN)
		return !eth_address_get(out, text);
	return text.len == 2 * ETH_ADDRESS_LEN &&
	       !hex_decode(out, ETH_ADDRESS_LEN, (const char *)text.ptr,
			   text.len);
}

/* Only "" asks for a new contract: what was forgotten creates nothing. */
static enum kms_rc read_to(const struct reading *r)
{
	r->tx->has_to = r->in->to.len;
	if (!r->in->to.len)
		return KMS_RC_OK;
	if (!read_address(r->tx->to, r->in->to))
		return wrong(r, "Transaction.to must be 20 bytes (40 "
				"hexadecimal digits)");
	return KMS_RC_OK;
}

static enum kms_rc check_chain(const struct reading *r)
{
	uint64_t id = r->in->chain_id.value;

	if (!id || id > ETH_TX_CHAIN_MAX)
		return wrong(r, "Transaction.chainId must be from 1 to %llu",
			     (unsigned long long)ETH_TX_CHAIN_MAX);
	return KMS_RC_OK;
}

#define COUNT(member) offsetof(struct eth_tx, member)

/* A chain would take more of these: it is we who do not. */
static const struct {
	size_t count;
	size_t max;
	const char *list;
	const char *items;
} limits[] = {
	{ COUNT(access_count), ETH_TX_ACCESS_MAX, "accessList", "addresses" },
	{ COUNT(key_count), ETH_TX_KEYS_MAX, "accessList", "storage keys" },
	{ COUNT(blob_count), ETH_TX_BLOBS_MAX, "blobVersionedHashes",
	  "hashes" },
	{ COUNT(auth_count), ETH_TX_AUTHS_MAX, "authorizationList",
	  "authorizations" },
};

/* eth_tx_check() stops at the first item that is one too many. */
static enum kms_rc refuse(const struct reading *r)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		size_t count = 0;

		memcpy(&count, (const char *)r->tx + limits[i].count,
		       sizeof(count));
		if (count > limits[i].max)
			return wrong(r, "Transaction.%s has more than %zu %s",
				     limits[i].list, limits[i].max,
				     limits[i].items);
	}
	return wrong(r, "Transaction is not one that a chain takes");
}

enum kms_rc wallet_read_transaction(struct eth_tx *tx, struct arena *arena,
				    const struct transaction_in *in,
				    char why[WALLET_WHY_MAX])
{
	struct reading r = { .tx = tx, .in = in, .arena = arena };
	enum kms_rc rc = KMS_RC_INTERNAL;

	r.why = why;
	*tx = (struct eth_tx){ 0 };
	tx->type = (enum eth_tx_type)in->type.value;
	tx->chain_id = in->chain_id.value;
	tx->nonce = in->nonce.value;
	tx->gas = in->gas.value;
	tx->data = in->data;
	rc = check_chain(&r);
	if (!rc)
		rc = read_to(&r);
	if (!rc)
		rc = read_amounts(&r);
	if (!rc)
		rc = read_lists(&r);
	if (!rc && eth_tx_check(tx))
		rc = refuse(&r);
	return rc;
}
