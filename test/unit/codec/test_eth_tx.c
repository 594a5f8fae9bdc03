/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rlp.h"
#include "test/unit/codec/eth_tx_fixture.h"
#include "test/unit/codec/eth_tx_vectors.h"

static void transactions_have_the_bytes_of_other_libraries(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(eth_tx_vectors); i++) {
		const struct eth_tx_vector *v = &eth_tx_vectors[i];
		size_t len = from_hex(in_room, ROOM, v->preimage);
		struct buf out = out_buf(ROOM);
		struct eth_tx tx;
		uint8_t rs[64];
		uint8_t hash[32];

		print_message("# type %u, %s\n", v->type, v->name);
		assert_int_equal(get(bytes_of(in_room, len)), 0);
		assert_int_equal(
			eth_tx_get_unsigned(&tx, bytes_of(in_room, len)), 0);
		assert_int_equal(tx.type, v->type);
		assert_int_equal(eth_tx_put_unsigned(&out, &tx), 0);
		assert_hex(out.ptr, out.len, v->preimage);
		eth_tx_hash(hash, bytes_of(out.ptr, out.len));
		assert_hex(hash, 32, v->signing_hash);

		from_hex(rs, sizeof(rs), v->rs);
		assert_int_equal(eth_tx_put_signed(&out, &tx, rs, v->recid), 0);
		assert_hex(out.ptr, out.len, v->signed_tx);
		eth_tx_hash(hash, bytes_of(out.ptr, out.len));
		assert_hex(hash, 32, v->hash);

		from_hex(rs, sizeof(rs), SHORT_RS);
		assert_int_equal(eth_tx_put_signed(&out, &tx, rs, 1), 0);
		assert_hex(out.ptr, out.len, v->short_tx);
	}
}

static void set_u64(uint8_t number[32], uint64_t value)
{
	memset(number, 0, 32);
	for (size_t i = 32; i > 24; i--, value >>= 8)
		number[i - 1] = (uint8_t)value;
}

/* Signed by m/44'/60'/0'/0/0 of the wallet with 32 zero bytes of entropy. */
static void a_transfer_is_written_from_its_fields(void **state)
{
	struct eth_tx tx = { .type = ETH_TX_LEGACY,
			     .chain_id = 1,
			     .gas = 21000,
			     .has_to = true };
	struct buf out = out_buf(ROOM);
	uint8_t hash[32];
	uint8_t rs[64];

	(void)state;
	from_hex(tx.to, 20, "742d35cc6634c0532925a3b844bc9e7595f2bd18");
	set_u64(tx.value, 0xde0b6b3a7640000);
	set_u64(tx.gas_price, 0x4a817c800);
	assert_int_equal(eth_tx_check(&tx), 0);
	assert_int_equal(eth_tx_put_unsigned(&out, &tx), 0);
	eth_tx_hash(hash, bytes_of(out.ptr, out.len));
	assert_hex(hash, 32,
		   "1eaacb75d1224f4cc35d7f37b22f40e5"
		   "fceac56b3849ed912b7ea9249bbefabb");
	from_hex(rs, 64,
		 "285eebe98192d91fb8d261df6ace21a69dafe25e9d3b8fa957a63ae8895d"
		 "a8c7"
		 "382da5f578f89ef02c2cd7a78180db91058b7aa606a344b73aae8ddd91a0"
		 "e6f1");
	assert_int_equal(eth_tx_put_signed(&out, &tx, rs, 0), 0);
	assert_hex(out.ptr, out.len,
		   "f86c808504a817c80082520894742d35cc6634c0532925a3b844bc9e75"
		   "95f2bd18880de0b6b3a76400008025a0285eebe98192d91fb8d261df6a"
		   "ce21a69dafe25e9d3b8fa957a63ae8895da8c7a0382da5f578f89ef02c"
		   "2cd7a78180db91058b7aa606a344b73aae8ddd91a0e6f1");
}

static const struct eth_tx_vector *vector(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(eth_tx_vectors); i++)
		if (!strcmp(eth_tx_vectors[i].name, name))
			return &eth_tx_vectors[i];
	fail_msg("no vector: %s", name);
	return NULL;
}

static void read_vector(struct eth_tx *tx, const char *name)
{
	size_t len = from_hex(in_room, ROOM, vector(name)->preimage);

	assert_int_equal(eth_tx_get_unsigned(tx, bytes_of(in_room, len)), 0);
}

static void every_field_is_read(void **state)
{
	struct eth_tx tx;
	uint8_t number[32];

	(void)state;
	read_vector(&tx, "access list");
	assert_true(tx.chain_id == 137 && tx.nonce == 128 &&
		    tx.gas == UINT64_MAX && tx.has_to);
	assert_hex(tx.to, 20, "3535353535353535353535353535353535353535");
	set_u64(number, 30000000000);
	assert_memory_equal(tx.gas_price, number, 32);
	set_u64(number, 1000000000000000000);
	assert_memory_equal(tx.value, number, 32);
	assert_hex(tx.data.ptr, tx.data.len, "7f");
	assert_int_equal(tx.access_count, 3);
	assert_int_equal(tx.key_count, 3);

	read_vector(&tx, "creation with access list");
	assert_false(tx.has_to);
	assert_int_equal(tx.data.len, 60);

	read_vector(&tx, "blobs");
	set_u64(number, 1);
	assert_memory_equal(tx.max_priority_fee, number, 32);
	set_u64(number, 1000000000);
	assert_memory_equal(tx.max_fee, number, 32);
	set_u64(number, 10000000000);
	assert_memory_equal(tx.max_blob_fee, number, 32);
	assert_int_equal(tx.blob_count, 2);
	assert_int_equal(tx.access_count, 1);
	assert_int_equal(tx.key_count, 2);

	read_vector(&tx, "authorizations");
	assert_int_equal(tx.auth_count, 2);
	assert_int_equal(tx.access_count, 0);
	assert_hex(tx.data.ptr, tx.data.len, "deadbeef");
}

/* A valid preimage of each type, item by item. */
#define TO "943535353535353535353535353535353535353535"
#define AA30                             \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH "a001" AA30 "aa"
#define ADDR "941111111111111111111111111111111111111111"
#define KEY  "a03333333333333333333333333333333333333333333333333333333333333333"
#define AUTH "da01" ADDR "07010203"

static const char *const items[][12] = {
	{ "09", "85012a05f200", "825208", TO, "01", "81ff", "01", "80", "80" },
	{ "01", "09", "05", "825208", TO, "01", "80", "d7d6" ADDR "c0" },
	{ "01", "09", "05", "06", "825208", TO, "01", "80", "c0" },
	{ "01", "09", "05", "06", "825208", TO, "01", "80", "c0", "07",
	  "e1" HASH },
	{ "01", "09", "05", "06", "825208", TO, "01", "80", "c0", "db" AUTH },
};

/* Writes the preimage with item at (or none: -1) as the text has it. */
static struct bytes preimage(unsigned int type, int at, const char *text)
{
	static uint8_t item[ROOM];
	uint8_t byte = (uint8_t)type;
	struct rlp_writer w;
	size_t list = 0;

	rlp_writer_begin(&w, in_room, ROOM);
	if (type)
		rlp_put_raw(&w, bytes_of(&byte, 1));
	list = rlp_open(&w);
	for (int i = 0; i < 12 && items[type][i]; i++) {
		const char *hex = i == at ? text : items[type][i];

		rlp_put_raw(&w, bytes_of(item, from_hex(item, ROOM, hex)));
	}
	rlp_close(&w, list);
	assert_int_equal(rlp_writer_done(&w), 0);
	return bytes_of(in_room, w.len);
}

static void an_item_is_judged(void **state)
{
	static const struct {
		unsigned int type;
		int at;
		enum kms_rc rc;
		const char *hex;
	} rows[] = {
		/* clang-format off */
		{ 0, -1, KMS_RC_OK, NULL },
		{ 1, -1, KMS_RC_OK, NULL },
		{ 2, -1, KMS_RC_OK, NULL },
		{ 3, -1, KMS_RC_OK, NULL },
		{ 4, -1, KMS_RC_OK, NULL },
		/* nonce */
		{ 0, 0, KMS_RC_OK, "80" },
		{ 0, 0, KMS_RC_OK, "88fffffffffffffffe" },
		{ 0, 0, KMS_RC_DECODE, "88ffffffffffffffff" },
		{ 0, 0, KMS_RC_DECODE, "89010000000000000000" },
		{ 0, 0, KMS_RC_DECODE, "00" },
		{ 0, 0, KMS_RC_DECODE, "8109" },
		{ 0, 0, KMS_RC_DECODE, "820009" },
		{ 0, 0, KMS_RC_DECODE, "c0" },
		{ 0, 0, KMS_RC_DECODE, "" },
		{ 0, 0, KMS_RC_DECODE, "0909" },
		{ 2, 1, KMS_RC_DECODE, "88ffffffffffffffff" },
		{ 4, 1, KMS_RC_DECODE, "00" },
		/* gas price */
		{ 0, 1, KMS_RC_OK, "80" },
		{ 0, 1, KMS_RC_DECODE, "8500ffffffff" },
		{ 0, 1, KMS_RC_DECODE, "c0" },
		{ 1, 2, KMS_RC_DECODE, "00" },
		/* gas */
		{ 0, 2, KMS_RC_OK, "88ffffffffffffffff" },
		{ 0, 2, KMS_RC_DECODE, "89010000000000000000" },
		{ 0, 2, KMS_RC_DECODE, "820001" },
		/* to */
		{ 0, 3, KMS_RC_DECODE, "933535353535353535353535353535353535"
			"3535" },
		{ 0, 3, KMS_RC_DECODE, "953535353535353535353535353535353535"
			"35353535" },
		{ 0, 3, KMS_RC_DECODE, "35" },
		{ 0, 3, KMS_RC_DECODE, "c0" },
		{ 0, 3, KMS_RC_DECODE, "d4353535353535353535353535353535353535"
			"3535" },
		{ 0, 3, KMS_RC_OK, "80" },
		{ 1, 4, KMS_RC_DECODE, "80" }, /* no code */
		{ 2, 5, KMS_RC_DECODE, "80" },
		{ 3, 5, KMS_RC_DECODE, "80" },
		{ 4, 5, KMS_RC_DECODE, "80" },
		/* value */
		{ 0, 4, KMS_RC_OK, "a0" "ffffffffffffffffffffffffffffffff"
			"ffffffffffffffffffffffffffffffff" },
		{ 0, 4, KMS_RC_DECODE, "a1" "01" "00000000000000000000000000"
			"00000000000000000000000000000000000000" },
		{ 0, 4, KMS_RC_DECODE, "a0" "00ffffffffffffffffffffffffffffff"
			"ffffffffffffffffffffffffffffffff" },
		{ 0, 4, KMS_RC_DECODE, "00" },
		/* data */
		{ 0, 5, KMS_RC_OK, "00" },
		{ 0, 5, KMS_RC_DECODE, "8100" },
		{ 0, 5, KMS_RC_DECODE, "c101" },
		{ 0, 5, KMS_RC_DECODE, "b801ff" },
		{ 0, 5, KMS_RC_DECODE, "b90001ff" },
		/* chain id, and the zeros of EIP-155 */
		{ 0, 6, KMS_RC_DECODE, "80" },
		{ 0, 6, KMS_RC_DECODE, "25" "80" },
		{ 0, 6, KMS_RC_OK, "887fffffffffffffed" },
		{ 0, 6, KMS_RC_DECODE, "887fffffffffffffee" },
		{ 0, 6, KMS_RC_DECODE, "88ffffffffffffffff" },
		{ 0, 6, KMS_RC_DECODE, "89010000000000000000" },
		{ 0, 7, KMS_RC_DECODE, "01" },
		{ 0, 8, KMS_RC_DECODE, "01" },
		{ 0, 7, KMS_RC_DECODE, "00" },
		{ 0, 8, KMS_RC_DECODE, "c0" },
		{ 0, 8, KMS_RC_DECODE, "" },
		{ 0, 8, KMS_RC_DECODE, "8080" },
		{ 1, 0, KMS_RC_DECODE, "80" },
		{ 2, 0, KMS_RC_DECODE, "80" },
		{ 2, 0, KMS_RC_OK, "88ffffffffffffffff" },
		{ 2, 0, KMS_RC_DECODE, "89010000000000000000" },
		{ 3, 0, KMS_RC_DECODE, "80" },
		{ 4, 0, KMS_RC_DECODE, "80" },
		/* fees */
		{ 2, 2, KMS_RC_OK, "06" },
		{ 2, 2, KMS_RC_DECODE, "07" },
		{ 2, 2, KMS_RC_DECODE, "820100" },
		{ 2, 3, KMS_RC_OK, "05" },
		{ 2, 3, KMS_RC_DECODE, "04" },
		{ 2, 3, KMS_RC_DECODE, "80" },
		{ 3, 2, KMS_RC_DECODE, "07" },
		{ 4, 2, KMS_RC_DECODE, "07" },
		{ 3, 9, KMS_RC_OK, "80" },
		{ 3, 9, KMS_RC_DECODE, "00" },
		/* access list */
		{ 1, 7, KMS_RC_OK, "c0" },
		{ 1, 7, KMS_RC_OK, "f838f7" ADDR "e1" KEY },
		{ 1, 7, KMS_RC_OK, "eed6" ADDR "c0d6" ADDR "c0" },
		{ 1, 7, KMS_RC_DECODE, "80" },
		{ 1, 7, KMS_RC_DECODE, "c180" },
		{ 1, 7, KMS_RC_DECODE, "c1c0" },
		{ 1, 7, KMS_RC_DECODE, "d5" ADDR },
		{ 1, 7, KMS_RC_DECODE, "d6d5" ADDR },
		{ 1, 7, KMS_RC_DECODE, "d7d6" ADDR "80" },
		{ 1, 7, KMS_RC_DECODE, "d8d7" ADDR "c0c0" },
		{ 1, 7, KMS_RC_DECODE, "d8d7" ADDR "c101" },
		{ 1, 7, KMS_RC_DECODE, "d8d7" ADDR "c1c0" },
		{ 1, 7, KMS_RC_DECODE, "d6d59311111111111111111111111111111111"
			"111111c0" },
		{ 1, 7, KMS_RC_DECODE, "d8d795" "11111111111111111111111111111111"
			"1111111111" "c0" },
		{ 1, 7, KMS_RC_DECODE, "f7f6" ADDR "e09f" "33333333333333333333"
			"333333333333333333333333333333333333333333" },
		{ 1, 7, KMS_RC_DECODE, "f838f7" ADDR "a1" KEY },
		{ 1, 7, KMS_RC_DECODE, "f8" "17d6" ADDR "c0" },
		/* blob hashes */
		{ 3, 10, KMS_RC_OK, "f842" HASH HASH },
		{ 3, 10, KMS_RC_DECODE, "c0" },
		{ 3, 10, KMS_RC_DECODE, HASH },
		{ 3, 10, KMS_RC_DECODE, "e1a002" AA30 "aa" },
		{ 3, 10, KMS_RC_DECODE, "e1a000" AA30 "aa" },
		{ 3, 10, KMS_RC_DECODE, "e09f01" AA30 },
		{ 3, 10, KMS_RC_DECODE, "e2e1" HASH },
		{ 3, 10, KMS_RC_DECODE, "e2" HASH "01" },
		/* authorizations */
		{ 4, 9, KMS_RC_OK, "dbda80" ADDR "07010203" },
		{ 4, 9, KMS_RC_OK, "dbda01" ADDR "80800203" },
		{ 4, 9, KMS_RC_OK, "e3e201" ADDR "88fffffffffffffffe010203" },
		{ 4, 9, KMS_RC_DECODE, "e3e201" ADDR "88ffffffffffffffff010203" },
		{ 4, 9, KMS_RC_DECODE, "c0" },
		{ 4, 9, KMS_RC_DECODE, "c1c0" },
		{ 4, 9, KMS_RC_DECODE, AUTH },
		{ 4, 9, KMS_RC_DECODE, "dbda00" ADDR "07010203" },
		{ 4, 9, KMS_RC_DECODE, "dbda01" ADDR "00010203" },
		{ 4, 9, KMS_RC_DECODE, "dbda01" ADDR "07020203" },
		{ 4, 9, KMS_RC_DECODE, "dbda01" ADDR "071b0203" },
		{ 4, 9, KMS_RC_DECODE, "dbda01" ADDR "07000203" },
		{ 4, 9, KMS_RC_DECODE, "dbda01" ADDR "07010003" },
		{ 4, 9, KMS_RC_DECODE, "dad901" ADDR "070102" },
		{ 4, 9, KMS_RC_DECODE, "dcdb01" ADDR "0701020304" },
		{ 4, 9, KMS_RC_DECODE, "c7c6018007010203" },
		{ 4, 9, KMS_RC_DECODE, "dcdb" AUTH },
		{ 4, 9, KMS_RC_DECODE, "dc" AUTH "80" },
		/* clang-format on */
	};
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bytes in =
			preimage(rows[i].type, rows[i].at, rows[i].hex);
		enum kms_rc rc = get(in);

		refused += rc != KMS_RC_OK;
		if (rc != rows[i].rc)
			fail_msg("type %u item %d %s: %s", rows[i].type,
				 rows[i].at, rows[i].hex, kms_rc_name(rc));
	}
	assert_true(refused >= 80);
}

static void a_preimage_is_one_list_behind_its_type(void **state)
{
	static uint8_t copy[512];

	(void)state;
	for (unsigned int type = 0; type < 5; type++) {
		struct bytes in = preimage(type, -1, NULL);

		assert_true(in.len < sizeof(copy));
		memcpy(copy, in.ptr, in.len);
		copy[in.len] = 0x80;
		assert_int_equal(get(bytes_of(copy, in.len + 1)),
				 KMS_RC_DECODE);
		for (size_t len = 0; len < in.len; len++)
			assert_int_equal(get(bytes_of(copy, len)),
					 KMS_RC_DECODE);
		for (unsigned int other = 0; type && other < 256; other++) {
			copy[0] = (uint8_t)other;
			if (other != type)
				assert_int_equal(get(bytes_of(copy, in.len)),
						 KMS_RC_DECODE);
		}
		if (type)
			assert_int_equal(get(bytes_of(copy + 1, in.len - 1)),
					 KMS_RC_DECODE);
	}
}

static void unprotected_and_signed_forms_are_no_preimage(void **state)
{
	/* six items, as before EIP-155 */
	static const char unprotected[] = "ec098504a817c80082520894353535353535"
					  "3535353535353535353535353535"
					  "880de0b6b3a764000080";
	size_t len = from_hex(in_room, ROOM, unprotected);

	(void)state;
	assert_int_equal(get(bytes_of(in_room, len)), KMS_RC_DECODE);
	for (size_t i = 0; i < ARRAY_LEN(eth_tx_vectors); i++) {
		len = from_hex(in_room, ROOM, eth_tx_vectors[i].signed_tx);
		assert_int_equal(get(bytes_of(in_room, len)), KMS_RC_DECODE);
	}
}

static void a_buffer_that_is_too_short_is_told(void **state)
{
	uint8_t rs[64];

	(void)state;
	memset(rs, 0xff, sizeof(rs));
	for (size_t i = 0; i < ARRAY_LEN(eth_tx_vectors); i++) {
		const struct eth_tx_vector *v = &eth_tx_vectors[i];
		size_t len = from_hex(in_room, ROOM, v->preimage);
		struct buf out = { 0 };
		struct eth_tx tx;

		assert_int_equal(
			eth_tx_get_unsigned(&tx, bytes_of(in_room, len)), 0);
		for (size_t cap = 0; cap < len; cap++) {
			out = out_buf(cap);
			assert_int_equal(eth_tx_put_unsigned(&out, &tx),
					 KMS_RC_SHORT_BUFFER);
			assert_int_equal(out.len, 0);
			assert_int_equal(eth_tx_put_signed(&out, &tx, rs, 0),
					 KMS_RC_SHORT_BUFFER);
			assert_int_equal(out.len, 0);
		}
		out = out_buf(len);
		assert_int_equal(eth_tx_put_unsigned(&out, &tx), 0);
		assert_int_equal(out.len, len);
	}
}

static void a_recovery_id_is_0_or_1(void **state)
{
	struct buf out = out_buf(ROOM);
	uint8_t rs[64] = { 1 };
	struct eth_tx tx;

	(void)state;
	read_vector(&tx, "blobs");
	for (unsigned int recid = 0; recid < 5; recid++)
		assert_int_equal(eth_tx_put_signed(&out, &tx, rs, recid),
				 recid < 2 ? KMS_RC_OK : KMS_RC_FAULT);
}

static void a_field_that_the_type_lacks_is_refused(void **state)
{
	static const uint8_t one_address[] = "\xd6\x94"
					     "11111111111111111111\xc0";
	struct bytes list = bytes_of(one_address, sizeof(one_address) - 1);

	(void)state;
	for (unsigned int type = 0; type < 5; type++) {
		struct eth_tx good;
		struct eth_tx tx;

		assert_int_equal(
			eth_tx_get_unsigned(&good, preimage(type, -1, NULL)),
			0);
		tx = good;
		tx.gas_price[31] = 1;
		assert_int_equal(!eth_tx_check(&tx), type < 2);
		tx = good;
		tx.max_fee[0] = 1;
		assert_int_equal(!eth_tx_check(&tx), type >= 2);
		tx = good;
		tx.max_priority_fee[31] = 1;
		assert_int_equal(!eth_tx_check(&tx), type >= 2);
		tx = good;
		tx.max_blob_fee[31] = 1;
		assert_int_equal(!eth_tx_check(&tx), type == 3);
		tx = good;
		tx.access_list = list;
		assert_int_equal(!eth_tx_check(&tx), type >= 1);
		tx = good;
		tx.blob_hashes = list;
		assert_int_not_equal(eth_tx_check(&tx), 0);
		tx = good;
		tx.authorizations = list;
		assert_int_not_equal(eth_tx_check(&tx), 0);
		tx = good;
		tx.type = (enum eth_tx_type)5;
		assert_int_not_equal(eth_tx_check(&tx), 0);
		tx = good;
		tx.has_to = false; /* and to is left */
		tx.data = list;
		assert_int_not_equal(eth_tx_check(&tx), 0);
		memset(tx.to, 0, sizeof(tx.to));
		assert_int_equal(!eth_tx_check(&tx), type < 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			transactions_have_the_bytes_of_other_libraries),
		cmocka_unit_test(a_transfer_is_written_from_its_fields),
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(an_item_is_judged),
		cmocka_unit_test(a_preimage_is_one_list_behind_its_type),
		cmocka_unit_test(unprotected_and_signed_forms_are_no_preimage),
		cmocka_unit_test(a_buffer_that_is_too_short_is_told),
		cmocka_unit_test(a_recovery_id_is_0_or_1),
		cmocka_unit_test(a_field_that_the_type_lacks_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
