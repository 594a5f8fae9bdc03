/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the members of Sign mean. The transaction of the first tests is that of
 * EIP-155; all those of eth_tx_vectors.h are written as members and read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/limits.h"
#include "codec/rlp.h"
#include "host/service/wallet_payload.h"
#include "test/unit/codec/eth_tx_vectors.h"
#include "test/unit/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;
static char why[WALLET_WHY_MAX];

static int start(void **state)
{
	(void)state;
	return arena_init(&arena, 4 * 1024 * 1024);
}

static int end(void **state)
{
	(void)state;
	arena_clear(&arena);
	return 0;
}

/* --- messages ------------------------------------------------------------ */

struct message_row {
	const char *text;
	enum message_encoding form;
	bool guess;
	const char *want; /* hexadecimal; NULL: refused */
};

static void messages_are_what_they_are_said_to_be(void **state)
{
	static const struct message_row rows[] = {
		{ "0x48656c6c6f", ENCODING_ABSENT, false, "48656c6c6f" },
		{ "0x", ENCODING_ABSENT, false, "" },
		{ "0x0", ENCODING_ABSENT, false, NULL },
		{ "0x0x00", ENCODING_ABSENT, false, NULL },
		{ "0Xab", ENCODING_ABSENT, false, NULL },
		{ "test", ENCODING_ABSENT, false, NULL },
		{ "hello", ENCODING_ABSENT, false, NULL },
		{ "", ENCODING_ABSENT, false, NULL },
		{ "abcd", ENCODING_HEX, false, "abcd" },
		{ "0xABcd", ENCODING_HEX, false, "abcd" },
		{ "", ENCODING_HEX, false, "" },
		{ "abc", ENCODING_HEX, false, NULL },
		{ "test", ENCODING_HEX, false, NULL },
		{ "test", ENCODING_BASE64, false, "b5eb2d" },
		{ "SGk=", ENCODING_BASE64, false, "4869" },
		{ "SGk", ENCODING_BASE64, false, NULL },
		{ "0x48", ENCODING_BASE64, false, "d31e3c" },
		{ "test", ENCODING_UTF8, false, "74657374" },
		{ "0x00", ENCODING_UTF8, false, "30783030" },
		{ "", ENCODING_UTF8, false, "" },
		/* As in the reference, when compatibility asks for it. */
		{ "test", ENCODING_ABSENT, true, "b5eb2d" },
		{ "hello", ENCODING_ABSENT, true, "68656c6c6f" },
		{ "", ENCODING_ABSENT, true, "" },
		{ "0xabcd", ENCODING_ABSENT, true, "abcd" },
		{ "0xabc", ENCODING_ABSENT, true, NULL },
		{ "abcd", ENCODING_HEX, true, "abcd" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bytes out = { 0 };
		enum kms_rc rc = wallet_read_message(
			&out, &arena, bytes_of_text(rows[i].text), rows[i].form,
			rows[i].guess, why);

		if (rc != (rows[i].want ? KMS_RC_OK : KMS_RC_BAD_INPUT))
			fail_msg("%s: %s", rows[i].text, kms_rc_name(rc));
		if (!rows[i].want)
			continue;
		assert_non_null(out.ptr);
		assert_hex(out.ptr, out.len, rows[i].want);
	}
}

/* A character is up to four bytes, and the TEE counts these. */
static void a_message_is_at_most_what_the_tee_takes(void **state)
{
	static char text[ABI_PAYLOAD_MAX + 5];
	struct bytes out = { 0 };

	(void)state;
	for (size_t i = 0; i < ABI_PAYLOAD_MAX + 4; i += 4)
		memcpy(text + i, "\xf0\x9f\x94\x91", 5);
	assert_int_equal(wallet_read_message(&out, &arena, bytes_of_text(text),
					     ENCODING_UTF8, false, why),
			 KMS_RC_BAD_INPUT);
	assert_string_equal(why, "Message too large: 65540 bytes (max 65536)");
	text[ABI_PAYLOAD_MAX] = '\0';
	assert_int_equal(wallet_read_message(&out, &arena, bytes_of_text(text),
					     ENCODING_UTF8, false, why),
			 KMS_RC_OK);
	assert_int_equal(out.len, ABI_PAYLOAD_MAX);
}

/* --- transactions -------------------------------------------------------- */

static struct transaction_in transfer(void)
{
	return (struct transaction_in){
		.given = true,
		.chain_id = { true, 1 },
		.nonce = { true, 9 },
		.gas = { true, 21000 },
		.to = bytes_of_text(
			"0x3535353535353535353535353535353535353535"),
		.value = bytes_of_text("1000000000000000000"),
		.gas_price = bytes_of_text("0x4a817c800"),
		.data = bytes_of_text(""),
	};
}

static void assert_hash(const struct transaction_in *in, const char *want)
{
	uint8_t raw[1024];
	struct buf out = { raw, sizeof(raw), 0 };
	uint8_t hash[KECCAK256_LEN];
	struct eth_tx tx = { 0 };

	if (wallet_read_transaction(&tx, &arena, in, why))
		fail_msg("%s", why);
	assert_int_equal(eth_tx_put_unsigned(&out, &tx), 0);
	eth_tx_hash(hash, bytes_of(raw, out.len));
	assert_hex(hash, sizeof(hash), want);
}

static void one_ether_is_one_ether(void **state)
{
	static const char want[] = "daf5a779ae972f972197303d7b574746"
				   "c7ef83eadac0f2791ad23db92e4c8e53";
	static const char *const values[] = { "1000000000000000000",
					      "0xde0b6b3a7640000",
					      "0x0DE0B6B3A7640000" };
	struct transaction_in in = transfer();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		in.value = bytes_of_text(values[i]);
		assert_hash(&in, want);
	}
}

/* The transaction of the specification's own vectors. */
static void the_specified_transaction_has_the_specified_hash(void **state)
{
	struct transaction_in in = transfer();

	(void)state;
	in.nonce.value = 0;
	in.to = bytes_of_text("0x742d35Cc6634C0532925a3b844Bc9e7595f2bD18");
	assert_hash(&in, "1eaacb75d1224f4cc35d7f37b22f40e5"
			 "fceac56b3849ed912b7ea9249bbefabb");
	in.to = bytes_of_text("742d35Cc6634C0532925a3b844Bc9e7595f2bD18");
	assert_hash(&in, "1eaacb75d1224f4cc35d7f37b22f40e5"
			 "fceac56b3849ed912b7ea9249bbefabb");
}

static void assert_refused(const struct transaction_in *in, const char *text)
{
	struct eth_tx tx = { 0 };

	why[0] = '\0';
	assert_int_equal(wallet_read_transaction(&tx, &arena, in, why),
			 KMS_RC_BAD_INPUT);
	if (!strstr(why, text))
		fail_msg("%s, not %s", why, text);
}

static void amounts_that_could_be_either_are_refused(void **state)
{
	static const char *const values[] = {
		"de0b6b3a7640000",
		"0x",
		"",
		"01",
		"-1",
		"1.0",
		"1e18",
		"0X1",
		"+1",
		" 1",
		"1 ",
		"0x 1",
		"1_000",
		/* 2^256, both ways */
		"11579208923731619542357098500868790785326998466564056403945758"
		"4007913129639936",
		"0x10000000000000000000000000000000000000000000000000000000000"
		"000000",
	};
	struct transaction_in in = transfer();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		in = transfer();
		in.value = bytes_of_text(values[i]);
		assert_refused(&in, "Transaction.value must be 0x");
		in = transfer();
		in.gas_price = bytes_of_text(values[i]);
		assert_refused(&in, "Transaction.gasPrice must be 0x");
	}
}

static void members_belong_to_their_type(void **state)
{
	struct transaction_in in = transfer();
	struct eth_tx tx = { 0 };

	(void)state;
	in.max_fee = bytes_of_text("1");
	assert_refused(&in, "maxFeePerGas does not belong to type 0");
	in.type.value = 2;
	assert_refused(&in, "gasPrice does not belong to type 2");
	in.gas_price = (struct bytes){ 0 };
	assert_refused(&in, "maxPriorityFeePerGas is required for type 2");
	in.max_priority_fee = bytes_of_text("1");
	assert_int_equal(wallet_read_transaction(&tx, &arena, &in, why), 0);
}

static void chains_are_named_within_bounds(void **state)
{
	struct transaction_in in = transfer();

	(void)state;
	in.chain_id.value = 0;
	assert_refused(&in, "chainId");
	in.chain_id.value = (uint64_t)ETH_TX_CHAIN_MAX + 1;
	assert_refused(&in, "chainId");
}

static void only_an_empty_to_creates_a_contract(void **state)
{
	struct transaction_in in = transfer();
	struct eth_tx tx = { 0 };

	(void)state;
	in.to = bytes_of_text("");
	/* Without code it would only lose the value. */
	assert_refused(&in, "Transaction is not one that a chain takes");
	in.data = bytes_of("\x60", 1);
	assert_int_equal(wallet_read_transaction(&tx, &arena, &in, why), 0);
	assert_false(tx.has_to);
	in.to = bytes_of_text("0x");
	assert_refused(&in, "Transaction.to must be 20 bytes");
	in.to = bytes_of_text("0x35353535353535353535353535353535353535");
	assert_refused(&in, "Transaction.to must be 20 bytes");
	in.to = bytes_of_text("0x353535353535353535353535353535353535353");
	assert_refused(&in, "Transaction.to must be 20 bytes");
	in.to = bytes_of_text("353535353535353535353535353535353535353535");
	assert_refused(&in, "Transaction.to must be 20 bytes");
}

static struct json_value list(const char *text)
{
	struct json_value v = { 0 };

	assert_int_equal(json_parse(&v, bytes_of_text(text)), 0);
	return v;
}

#define WORD "1111111111111111111111111111111111111111111111111111111111111111"
#define ADDR "3535353535353535353535353535353535353535"

static void malformed_lists_are_refused(void **state)
{
	static const char *const access[] = {
		"[7]",
		"[{}]",
		"[{\"address\":\"0x" ADDR "\"}]",
		"[{\"storageKeys\":[]}]",
		"[{\"address\":\"" ADDR "\",\"storageKeys\":[]}]",
		"[{\"address\":\"0x" ADDR "\",\"storageKeys\":[\"0x\"]}]",
		"[{\"address\":\"0x" ADDR "\",\"storageKeys\":{}}]",
		"[[\"0x" ADDR "\",[]]]",
	};
	struct transaction_in in = transfer();

	(void)state;
	in.type.value = 1;
	for (size_t i = 0; i < ARRAY_LEN(access); i++) {
		in.access_list = list(access[i]);
		assert_refused(&in, "Transaction.accessList is malformed");
	}
	in.access_list = list("[{\"address\":\"0x" ADDR
			      "\",\"storageKeys\":[\"0x" WORD "\"]}]");
	in.blob_hashes = list("[\"0x" WORD "\"]");
	assert_refused(&in, "blobVersionedHashes does not belong to type 1");
}

/* An array of an item, so many times. */
static struct json_value repeat(const char *item, size_t count)
{
	size_t cap = (strlen(item) + 1) * count + 2;
	char *text = arena_alloc(&arena, cap + 1);
	size_t at = 0;

	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		at += (size_t)snprintf(text + at, cap - at, "%c%s",
				       i ? ',' : '[', item);
	memcpy(text + at, "]", 2);
	return list(text);
}

static struct json_value access_of_keys(size_t count)
{
	struct json_value keys = repeat("\"0x" WORD "\"", count);
	size_t cap = keys.raw.len + 128;
	char *text = arena_alloc(&arena, cap);

	assert_non_null(text);
	snprintf(text, cap,
		 "[{\"address\":\"0x" ADDR "\",\"storageKeys\":%.*s}]",
		 (int)keys.raw.len, (const char *)keys.raw.ptr);
	return list(text);
}

static struct transaction_in typed(int64_t type)
{
	struct transaction_in in = transfer();

	in.type.value = type;
	if (type < ETH_TX_DYNAMIC_FEE)
		return in;
	in.gas_price = (struct bytes){ 0 };
	in.max_fee = in.max_priority_fee = bytes_of_text("1");
	if (type == ETH_TX_BLOB)
		in.max_blob_fee = bytes_of_text("1");
	return in;
}

static void assert_taken(const struct transaction_in *in)
{
	struct eth_tx tx = { 0 };

	if (wallet_read_transaction(&tx, &arena, in, why))
		fail_msg("%s", why);
}

static void a_limit_of_ours_is_told_as_such(void **state)
{
	static const char access[] =
		"{\"address\":\"0x" ADDR "\",\"storageKeys\":[]}";
	static const char blob[] = "\"0x0122222222222222222222222222222222"
				   "222222222222222222222222222222\"";
	static const char auth[] =
		"{\"chainId\":1,\"address\":\"0x" ADDR
		"\",\"nonce\":0,\"yParity\":0,\"r\":\"1\",\"s\":\"1\"}";
	struct transaction_in in = typed(ETH_TX_ACCESS_LIST);

	(void)state;
	in.access_list = repeat(access, ETH_TX_ACCESS_MAX);
	assert_taken(&in);
	in.access_list = repeat(access, ETH_TX_ACCESS_MAX + 1);
	assert_refused(&in, "Transaction.accessList has more than 128 addr");
	in.access_list = access_of_keys(ETH_TX_KEYS_MAX);
	assert_taken(&in);
	in.access_list = access_of_keys(ETH_TX_KEYS_MAX + 1);
	assert_refused(&in, "Transaction.accessList has more than 256 stor");
	in = typed(ETH_TX_BLOB);
	in.blob_hashes = repeat(blob, ETH_TX_BLOBS_MAX);
	assert_taken(&in);
	in.blob_hashes = repeat(blob, ETH_TX_BLOBS_MAX + 1);
	assert_refused(&in, "blobVersionedHashes has more than 16 hashes");
	in = typed(ETH_TX_SET_CODE);
	in.authorizations = repeat(auth, ETH_TX_AUTHS_MAX);
	assert_taken(&in);
	in.authorizations = repeat(auth, ETH_TX_AUTHS_MAX + 1);
	assert_refused(&in, "authorizationList has more than 16 auth");
}

/* --- every vector, as members -------------------------------------------- */

static const char *keep(const char *text)
{
	size_t len = strlen(text);
	char *copy = arena_alloc(&arena, len + 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return copy;
}

static struct bytes hex_of(const uint8_t *data, size_t len)
{
	char text[2 + 2 * 32 + 1] = "0x";

	hex_encode(text + 2, data, len);
	return bytes_of_text(keep(text));
}

static void put_hex(struct json_writer *w, const uint8_t *data, size_t len)
{
	json_put_string(w, hex_of(data, len));
}

static void put_access(struct json_writer *w, struct rlp_reader *item)
{
	uint8_t raw[32];
	struct rlp_reader keys = { 0 };

	json_object(w);
	rlp_get_fixed(item, raw, 20);
	json_name(w, "address");
	put_hex(w, raw, 20);
	json_name(w, "storageKeys");
	json_array(w);
	rlp_reader_begin(&keys, rlp_get_list(item));
	while (rlp_more(&keys)) {
		rlp_get_fixed(&keys, raw, 32);
		put_hex(w, raw, 32);
	}
	json_end(w);
	json_end(w);
}

static void put_u64(struct json_writer *w, const char *name, uint64_t value)
{
	char text[24];

	json_name(w, name);
	snprintf(text, sizeof(text), "%" PRIu64, value);
	json_put_raw(w, bytes_of_text(text));
}

static void put_authorization(struct json_writer *w, struct rlp_reader *item)
{
	uint8_t raw[32];

	json_object(w);
	put_u64(w, "chainId", rlp_get_u64(item));
	rlp_get_fixed(item, raw, 20);
	json_name(w, "address");
	put_hex(w, raw, 20);
	put_u64(w, "nonce", rlp_get_u64(item));
	put_u64(w, "yParity", rlp_get_u64(item));
	rlp_get_u256(item, raw);
	json_name(w, "r");
	put_hex(w, raw, 32);
	rlp_get_u256(item, raw);
	json_name(w, "s");
	put_hex(w, raw, 32);
	json_end(w);
}

static struct json_value list_of(struct bytes items,
				 void (*put)(struct json_writer *w,
					     struct rlp_reader *item))
{
	size_t cap = 8 * items.len + 256;
	char *text = arena_alloc(&arena, cap);
	struct json_writer w = { 0 };
	struct rlp_reader r = { 0 };
	uint8_t raw[32];

	assert_non_null(text);
	json_begin(&w, text, cap);
	json_array(&w);
	rlp_reader_begin(&r, items);
	while (rlp_more(&r)) {
		struct rlp_reader item = { 0 };

		if (put) {
			rlp_reader_begin(&item, rlp_get_list(&r));
			put(&w, &item);
		} else {
			rlp_get_fixed(&r, raw, sizeof(raw));
			put_hex(&w, raw, sizeof(raw));
		}
	}
	json_end(&w);
	assert_int_equal(json_writer_done(&w), 0);
	assert_int_equal(rlp_reader_done(&r), 0);
	return list(keep(text));
}

static struct transaction_in members_of(const struct eth_tx *tx)
{
	struct transaction_in in = {
		.given = true,
		.type = { true, tx->type },
		.chain_id = { true, tx->chain_id },
		.nonce = { true, tx->nonce },
		.gas = { true, tx->gas },
		.to = tx->has_to ? hex_of(tx->to, sizeof(tx->to))
				 : bytes_of_text(""),
		.value = hex_of(tx->value, 32),
		.data = tx->data,
	};

	if (tx->type <= ETH_TX_ACCESS_LIST) {
		in.gas_price = hex_of(tx->gas_price, 32);
	} else {
		in.max_fee = hex_of(tx->max_fee, 32);
		in.max_priority_fee = hex_of(tx->max_priority_fee, 32);
	}
	if (tx->type != ETH_TX_LEGACY)
		in.access_list = list_of(tx->access_list, put_access);
	if (tx->type == ETH_TX_BLOB) {
		in.max_blob_fee = hex_of(tx->max_blob_fee, 32);
		in.blob_hashes = list_of(tx->blob_hashes, NULL);
	}
	if (tx->type == ETH_TX_SET_CODE)
		in.authorizations =
			list_of(tx->authorizations, put_authorization);
	return in;
}

static void every_vector_can_be_said_in_members(void **state)
{
	static uint8_t preimage[ETH_TX_LEN_MAX];
	static uint8_t again[ETH_TX_LEN_MAX];
	unsigned int types = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(eth_tx_vectors); i++) {
		const struct eth_tx_vector *v = &eth_tx_vectors[i];
		size_t len = from_hex(preimage, sizeof(preimage), v->preimage);
		struct buf out = { again, sizeof(again), 0 };
		struct transaction_in in = { 0 };
		struct eth_tx tx = { 0 };

		arena_reset(&arena);
		assert_int_equal(
			eth_tx_get_unsigned(&tx, bytes_of(preimage, len)), 0);
		in = members_of(&tx);
		if (wallet_read_transaction(&tx, &arena, &in, why))
			fail_msg("%s: %s", v->name, why);
		assert_int_equal(eth_tx_put_unsigned(&out, &tx), 0);
		assert_int_equal(out.len, len);
		assert_memory_equal(again, preimage, len);
		types |= 1u << v->type;
	}
	assert_int_equal(types, 0x1f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_what_they_are_said_to_be),
		cmocka_unit_test(a_message_is_at_most_what_the_tee_takes),
		cmocka_unit_test(one_ether_is_one_ether),
		cmocka_unit_test(
			the_specified_transaction_has_the_specified_hash),
		cmocka_unit_test(amounts_that_could_be_either_are_refused),
		cmocka_unit_test(members_belong_to_their_type),
		cmocka_unit_test(chains_are_named_within_bounds),
		cmocka_unit_test(only_an_empty_to_creates_a_contract),
		cmocka_unit_test(malformed_lists_are_refused),
		cmocka_unit_test(a_limit_of_ours_is_told_as_such),
		cmocka_unit_test(every_vector_can_be_said_in_members),
	};

	return cmocka_run_group_tests(tests, start, end);
}
