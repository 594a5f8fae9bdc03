/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions at random, and those that reach the limits. */
#include "codec/rlp.h"
#include "test/unit/codec/eth_tx_fixture.h"
#include "test/unit/seed.h"

/* A number of any length up to 32 bytes. */
static void invent_number(uint8_t number[32], struct prng *p)
{
	prng_fill(p, number, 32);
	memset(number, 0, prng_below(p, 33));
}

static void invent_access(struct rlp_writer *w, struct prng *p)
{
	uint8_t bytes[64];
	size_t entry = rlp_open(w);
	size_t keys = 0;

	prng_fill(p, bytes, sizeof(bytes));
	rlp_put_string(w, bytes_of(bytes, 20));
	keys = rlp_open(w);
	for (size_t k = prng_below(p, 4); k; k--)
		rlp_put_string(w, bytes_of(bytes + k, 32));
	rlp_close(w, keys);
	rlp_close(w, entry);
}

static void invent_blob(struct rlp_writer *w, struct prng *p)
{
	uint8_t hash[32];

	prng_fill(p, hash, sizeof(hash));
	hash[0] = 0x01;
	rlp_put_string(w, bytes_of(hash, sizeof(hash)));
}

static void invent_authorization(struct rlp_writer *w, struct prng *p)
{
	uint8_t bytes[64];
	size_t tuple = rlp_open(w);

	prng_fill(p, bytes, sizeof(bytes));
	rlp_put_u64(w, prng_below(p, 3));
	rlp_put_string(w, bytes_of(bytes, 20));
	rlp_put_u64(w, prng_next(p) >> (1 + prng_below(p, 63)));
	rlp_put_u64(w, prng_below(p, 2));
	rlp_put_u256(w, bytes);
	rlp_put_u256(w, bytes + 32);
	rlp_close(w, tuple);
}

/* The items that count calls of one write, behind what was written before. */
static struct bytes
invent_list(struct rlp_writer *w, struct prng *p,
	    void (*one)(struct rlp_writer *w, struct prng *p), size_t count)
{
	size_t start = w->len;

	while (count--)
		one(w, p);
	assert_int_equal(rlp_writer_done(w), 0);
	return bytes_of(w->ptr + start, w->len - start);
}

static void invent_lists(struct eth_tx *tx, struct prng *p)
{
	static uint8_t room[8192];
	struct rlp_writer w;

	rlp_writer_begin(&w, room, sizeof(room));
	if (tx->type != ETH_TX_LEGACY)
		tx->access_list =
			invent_list(&w, p, invent_access, prng_below(p, 4));
	if (tx->type == ETH_TX_BLOB)
		tx->blob_hashes =
			invent_list(&w, p, invent_blob, 1 + prng_below(p, 16));
	if (tx->type == ETH_TX_SET_CODE)
		tx->authorizations = invent_list(&w, p, invent_authorization,
						 1 + prng_below(p, 16));
}

/* A transaction of random fields that breaks no rule. */
static void invent(struct eth_tx *tx, struct prng *p)
{
	static uint8_t data[300];

	*tx = (struct eth_tx){ .type = (enum eth_tx_type)prng_below(p, 5) };
	tx->chain_id = 1 + (prng_next(p) >> (1 + prng_below(p, 63))) / 2;
	tx->nonce = prng_next(p) >> (1 + prng_below(p, 63));
	tx->gas = prng_next(p) >> prng_below(p, 64);
	prng_fill(p, data, sizeof(data));
	tx->data = bytes_of(data, 1 + prng_below(p, sizeof(data)));
	tx->has_to = tx->type >= ETH_TX_BLOB || prng_below(p, 4);
	if (tx->has_to)
		prng_fill(p, tx->to, sizeof(tx->to));
	invent_number(tx->value, p);
	if (tx->type <= ETH_TX_ACCESS_LIST) {
		invent_number(tx->gas_price, p);
	} else {
		invent_number(tx->max_fee, p);
		memcpy(tx->max_priority_fee, tx->max_fee, 32);
		tx->max_priority_fee[31] = 0;
	}
	if (tx->type == ETH_TX_BLOB)
		invent_number(tx->max_blob_fee, p);
	invent_lists(tx, p);
}

static void assert_same(const struct eth_tx *a, const struct eth_tx *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->has_to, b->has_to);
	assert_memory_equal(a->to, b->to, 20);
	assert_true(a->chain_id == b->chain_id && a->nonce == b->nonce &&
		    a->gas == b->gas);
	assert_memory_equal(a->gas_price, b->gas_price, 32);
	assert_memory_equal(a->max_priority_fee, b->max_priority_fee, 32);
	assert_memory_equal(a->max_fee, b->max_fee, 32);
	assert_memory_equal(a->max_blob_fee, b->max_blob_fee, 32);
	assert_memory_equal(a->value, b->value, 32);
	assert_true(bytes_equal_var(a->data, b->data));
	assert_true(bytes_equal_var(a->access_list, b->access_list));
	assert_true(bytes_equal_var(a->blob_hashes, b->blob_hashes));
	assert_true(bytes_equal_var(a->authorizations, b->authorizations));
	assert_int_equal(a->access_count, b->access_count);
	assert_int_equal(a->key_count, b->key_count);
	assert_int_equal(a->blob_count, b->blob_count);
	assert_int_equal(a->auth_count, b->auth_count);
}

static void a_transaction_survives_writing_and_reading(void **state)
{
	struct prng p = prng_start();

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct buf out = { .ptr = in_room, .cap = ROOM };
		struct eth_tx tx;
		struct eth_tx back;

		invent(&tx, &p);
		assert_int_equal(eth_tx_check(&tx), 0);
		assert_int_equal(eth_tx_put_unsigned(&out, &tx), 0);
		assert_int_equal(
			eth_tx_get_unsigned(&back, bytes_of(out.ptr, out.len)),
			0);
		assert_same(&tx, &back);
	}
}

static void a_changed_byte_is_refused_or_changes_the_transaction(void **state)
{
	struct prng p = prng_start();
	size_t accepted = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct buf out = { .ptr = in_room, .cap = ROOM };
		struct eth_tx tx;

		invent(&tx, &p);
		assert_int_equal(eth_tx_put_unsigned(&out, &tx), 0);
		in_room[prng_below(&p, out.len)] = (uint8_t)prng_next(&p);
		accepted += !get(bytes_of(in_room, out.len));
	}
	assert_true(accepted > 1000);
}

/* How long what has a limit is made. */
struct extent {
	size_t data;
	size_t accesses;
	size_t keys;
	size_t tuples; /* or blob hashes */
};

/* Addresses with the keys spread over them; the last takes what is over. */
static struct bytes stretch_access(const struct extent *x)
{
	static uint8_t room[ROOM];
	uint8_t ones[32];
	struct rlp_writer w;

	memset(ones, 0xff, sizeof(ones));
	rlp_writer_begin(&w, room, sizeof(room));
	for (size_t i = 0; i < x->accesses; i++) {
		size_t entry = rlp_open(&w);
		size_t keys = 0;
		size_t n = x->keys / x->accesses;

		if (i + 1 == x->accesses)
			n = x->keys - n * i;
		rlp_put_string(&w, bytes_of(ones, 20));
		keys = rlp_open(&w);
		while (n--)
			rlp_put_string(&w, bytes_of(ones, 32));
		rlp_close(&w, keys);
		rlp_close(&w, entry);
	}
	assert_int_equal(rlp_writer_done(&w), 0);
	return bytes_of(room, w.len);
}

static void put_longest_tuple(struct rlp_writer *w)
{
	uint8_t ones[32];
	size_t tuple = rlp_open(w);

	memset(ones, 0xff, sizeof(ones));
	rlp_put_u64(w, UINT64_MAX);
	rlp_put_string(w, bytes_of(ones, 20));
	rlp_put_u64(w, UINT64_MAX - 1);
	rlp_put_u64(w, 1);
	rlp_put_u256(w, ones);
	rlp_put_u256(w, ones);
	rlp_close(w, tuple);
}

static struct bytes stretch_tuples(enum eth_tx_type type, size_t count)
{
	static const uint8_t hash[32] = { 0x01 };
	static uint8_t room[ROOM];
	struct rlp_writer w;

	rlp_writer_begin(&w, room, sizeof(room));
	while (count--) {
		if (type == ETH_TX_BLOB)
			rlp_put_string(&w, bytes_of(hash, sizeof(hash)));
		else
			put_longest_tuple(&w);
	}
	assert_int_equal(rlp_writer_done(&w), 0);
	return bytes_of(room, w.len);
}

static enum kms_rc stretch(struct eth_tx *tx, enum eth_tx_type type,
			   const struct extent *x)
{
	static uint8_t data[ETH_TX_DATA_MAX + 1];

	*tx = (struct eth_tx){ .type = type,
			       .has_to = true,
			       .chain_id = UINT64_MAX,
			       .nonce = UINT64_MAX - 1,
			       .gas = UINT64_MAX };
	memset(tx->max_fee, 0xff, 32);
	memset(tx->max_priority_fee, 0xff, 32);
	memset(tx->value, 0xff, 32);
	tx->data = bytes_of(data, x->data);
	tx->access_list = stretch_access(x);
	if (type == ETH_TX_BLOB) {
		memset(tx->max_blob_fee, 0xff, 32);
		tx->blob_hashes = stretch_tuples(type, x->tuples);
	} else {
		tx->authorizations = stretch_tuples(type, x->tuples);
	}
	return eth_tx_check(tx);
}

static void each_limit_is_reached_and_not_passed(void **state)
{
	static const struct {
		struct extent x;
		bool fits;
	} rows[] = {
		{ { ETH_TX_DATA_MAX, 128, 256, 16 }, true },
		{ { ETH_TX_DATA_MAX + 1, 128, 256, 16 }, false },
		{ { 0, 129, 256, 16 }, false },
		{ { 0, 128, 257, 16 }, false },
		{ { 0, 1, 256, 1 }, true },
		{ { 0, 1, 257, 1 }, false },
		{ { 0, 0, 0, 17 }, false },
		{ { 0, 0, 0, 0 }, false },
	};
	struct eth_tx tx;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(!stretch(&tx, ETH_TX_BLOB, &rows[i].x),
				 rows[i].fits);
		assert_int_equal(!stretch(&tx, ETH_TX_SET_CODE, &rows[i].x),
				 rows[i].fits);
	}
}

static void the_longest_transaction_fits(void **state)
{
	static const struct extent full = { ETH_TX_DATA_MAX, ETH_TX_ACCESS_MAX,
					    ETH_TX_KEYS_MAX, ETH_TX_AUTHS_MAX };
	struct buf out = out_buf(ETH_TX_LEN_MAX);
	struct eth_tx tx;
	uint8_t rs[64];

	(void)state;
	memset(rs, 0xff, sizeof(rs));
	assert_int_equal(stretch(&tx, ETH_TX_SET_CODE, &full), 0);
	assert_int_equal(eth_tx_put_signed(&out, &tx, rs, 1), 0);
	print_message("# %zu bytes\n", out.len);
	assert_int_equal(eth_tx_put_unsigned(&out, &tx), 0);
	assert_int_equal(
		get(bytes_of(memcpy(in_room, out.ptr, out.len), out.len)), 0);
	assert_int_equal(stretch(&tx, ETH_TX_BLOB, &full), 0);
	assert_int_equal(eth_tx_put_signed(&out, &tx, rs, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transaction_survives_writing_and_reading),
		cmocka_unit_test(
			a_changed_byte_is_refused_or_changes_the_transaction),
		cmocka_unit_test(each_limit_is_reached_and_not_passed),
		cmocka_unit_test(the_longest_transaction_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
