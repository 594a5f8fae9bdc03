/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rlp.h"
#include "test/unit/hex.h"
#include "test/unit/seed.h"

#define DEPTH_MAX 5

/* Reads every item, entering lists down to DEPTH_MAX. */
static enum kms_rc walk(struct bytes in)
{
	struct rlp_reader r[DEPTH_MAX];
	size_t depth = 1;

	rlp_reader_begin(&r[0], in);
	while (depth) {
		struct rlp_reader *top = &r[depth - 1];

		if (!rlp_more(top)) {
			if (rlp_reader_done(top))
				return KMS_RC_DECODE;
			depth--;
		} else if (top->rest.ptr[0] < 0xc0) {
			(void)rlp_get_string(top);
		} else if (depth < DEPTH_MAX) {
			rlp_reader_begin(&r[depth], rlp_get_list(top));
			depth++;
		} else {
			return KMS_RC_DECODE;
		}
	}
	return KMS_RC_OK;
}

/* A copy on the heap, so that the sanitizer sees a byte too many. */
static uint8_t *copy_of_hex(size_t *len, const char *hex)
{
	uint8_t *copy = malloc(strlen(hex) / 2 + 1);

	assert_non_null(copy);
	*len = from_hex(copy, strlen(hex) / 2 + 1, hex);
	return realloc(copy, *len ? *len : 1);
}

static enum kms_rc walk_hex(const char *hex)
{
	size_t len = 0;
	uint8_t *copy = copy_of_hex(&len, hex);
	enum kms_rc rc = walk(bytes_of(copy, len));

	free(copy);
	return rc;
}

static struct rlp_writer writer(uint8_t *out, size_t cap)
{
	struct rlp_writer w;

	memset(out, 0xee, cap);
	rlp_writer_begin(&w, out, cap);
	return w;
}

static void assert_written(const struct rlp_writer *w, const char *hex)
{
	assert_int_equal(rlp_writer_done(w), KMS_RC_OK);
	assert_hex(w->ptr, w->len, hex);
}

/* The examples of ethereum.org's page on RLP. */
static void strings_have_the_bytes_of_the_examples(void **state)
{
	static const char lorem[] =
		"Lorem ipsum dolor sit amet, consectetur adipisicing elit";
	uint8_t out[128];
	struct rlp_writer w;

	(void)state;
	w = writer(out, sizeof(out));
	rlp_put_string(&w, bytes_of("dog", 3));
	assert_written(&w, "83646f67");
	w = writer(out, sizeof(out));
	rlp_put_string(&w, bytes_of("", 0));
	assert_written(&w, "80");
	w = writer(out, sizeof(out));
	rlp_put_string(&w, (struct bytes){ 0 });
	assert_written(&w, "80");
	w = writer(out, sizeof(out));
	rlp_put_string(&w, bytes_of("\0", 1));
	assert_written(&w, "00");
	w = writer(out, sizeof(out));
	rlp_put_string(&w, bytes_of("\x7f\x80", 1));
	rlp_put_string(&w, bytes_of("\x80", 1));
	assert_written(&w, "7f8180");
	w = writer(out, sizeof(out));
	rlp_put_string(&w, bytes_of(lorem, 56));
	assert_int_equal(w.len, 58);
	assert_memory_equal(out, "\xb8\x38Lorem ipsum", 13);
	w = writer(out, sizeof(out));
	rlp_put_string(&w, bytes_of(lorem, 55));
	assert_int_equal(w.len, 56);
	assert_memory_equal(out, "\xb7Lorem ipsum", 12);
}

static void integers_have_the_bytes_of_the_examples(void **state)
{
	static const struct {
		uint64_t number;
		const char *hex;
	} rows[] = {
		{ 0, "80" },
		{ 1, "01" },
		{ 15, "0f" },
		{ 127, "7f" },
		{ 128, "8180" },
		{ 255, "81ff" },
		{ 256, "820100" },
		{ 1024, "820400" },
		{ 0xffffff, "83ffffff" },
		{ UINT64_MAX, "88ffffffffffffffff" },
	};
	uint8_t wide[32] = { 0 };
	uint8_t out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rlp_writer w = writer(out, sizeof(out));

		rlp_put_u64(&w, rows[i].number);
		assert_written(&w, rows[i].hex);
		w = writer(out, sizeof(out));
		for (size_t j = 0; j < 8; j++)
			wide[31 - j] = (uint8_t)(rows[i].number >> 8 * j);
		rlp_put_u256(&w, wide);
		assert_written(&w, rows[i].hex);
	}
}

/* The same page: cat and dog, and the set-theoretic three. */
static void lists_have_the_bytes_of_the_examples(void **state)
{
	uint8_t out[64];
	struct rlp_writer w = writer(out, sizeof(out));
	size_t at[4];

	(void)state;
	at[0] = rlp_open(&w);
	rlp_put_string(&w, bytes_of("cat", 3));
	rlp_put_string(&w, bytes_of("dog", 3));
	rlp_close(&w, at[0]);
	assert_written(&w, "c88363617483646f67");

	w = writer(out, sizeof(out)); /* [ [], [[]], [ [], [[]] ] ] */
	at[0] = rlp_open(&w);
	rlp_close(&w, rlp_open(&w));
	at[1] = rlp_open(&w);
	rlp_close(&w, rlp_open(&w));
	rlp_close(&w, at[1]);
	at[1] = rlp_open(&w);
	rlp_close(&w, rlp_open(&w));
	at[2] = rlp_open(&w);
	rlp_close(&w, rlp_open(&w));
	rlp_close(&w, at[2]);
	rlp_close(&w, at[1]);
	rlp_close(&w, at[0]);
	assert_written(&w, "c7c0c1c0c3c0c1c0");
	assert_int_equal(walk(bytes_of(out, w.len)), KMS_RC_OK);
}

static void lengths_change_their_form_at_56_and_at_each_byte(void **state)
{
	static const struct {
		size_t len;
		const char *string;
		const char *list;
	} rows[] = {
		{ 55, "b7", "f7" },
		{ 56, "b838", "f838" },
		{ 255, "b8ff", "f8ff" },
		{ 256, "b90100", "f90100" },
		{ 65535, "b9ffff", "f9ffff" },
		{ 65536, "ba010000", "fa010000" },
	};
	static const uint8_t zeros[65536]; /* as items: single bytes */
	static uint8_t out[65536 + 4];
	struct rlp_reader r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t header = strlen(rows[i].string) / 2;
		struct rlp_writer w = writer(out, rows[i].len + header);
		size_t at = 0;

		rlp_put_string(&w, bytes_of(zeros, rows[i].len));
		assert_int_equal(rlp_writer_done(&w), KMS_RC_OK);
		assert_int_equal(w.len, w.cap);
		assert_hex(out, header, rows[i].string);
		rlp_reader_begin(&r, bytes_of(out, w.len));
		assert_int_equal(rlp_get_string(&r).len, rows[i].len);
		assert_int_equal(rlp_reader_done(&r), KMS_RC_OK);

		w = writer(out, rows[i].len + header);
		at = rlp_open(&w);
		rlp_put_raw(&w, bytes_of(zeros, rows[i].len));
		rlp_close(&w, at);
		assert_int_equal(rlp_writer_done(&w), KMS_RC_OK);
		assert_hex(out, header, rows[i].list);
		rlp_reader_begin(&r, bytes_of(out, w.len));
		assert_int_equal(rlp_get_list(&r).len, rows[i].len);
		assert_int_equal(rlp_reader_done(&r), KMS_RC_OK);
		assert_int_equal(walk(bytes_of(out, w.len)), KMS_RC_OK);
	}
}

static void a_writer_that_overflowed_writes_nothing_more(void **state)
{
	uint8_t out[16];

	(void)state;
	for (size_t cap = 0; cap < 9; cap++) {
		struct rlp_writer w = writer(out, cap);
		size_t at = rlp_open(&w);

		memset(out, 0xee, sizeof(out));
		rlp_put_string(&w, bytes_of("cat", 3));
		rlp_put_string(&w, bytes_of("dog", 3));
		rlp_close(&w, at);
		rlp_put_string(&w, bytes_of("", 0));
		assert_int_equal(rlp_writer_done(&w), KMS_RC_SHORT_BUFFER);
		for (size_t i = cap; i < sizeof(out); i++)
			assert_int_equal(out[i], 0xee);
	}
}

static void what_is_not_canonical_is_refused(void **state)
{
	static const char *const refused[] = {
		/* a byte below 0x80 with a header */
		"8100",
		"8101",
		"817f",
		"c28100",
		"c2817f",
		"c3c28100",
		/* the long form for what the short one holds */
		"b800",
		"b801ff",
		"b80180",
		"b90000",
		"b837" /* no 55 bytes */,
		"f800",
		"f80100",
		"f801c0",
		"f90000",
		"f9000100",
		"c2b800",
		"c2f800",
		/* lengths with leading zeros */
		"b90001ff",
		"b9003800",
		"ba000100",
		"bb00000100",
		"f9003800",
		"fa000100",
		"bf0000000000000001ff",
		"ff0000000000000001ff",
		/* cut short: no length */
		"b8",
		"b901",
		"ba0100",
		"bb010000",
		"f8",
		"f901",
		"fa0100",
		"bf01000000000000",
		"ff01000000000000",
		/* cut short: no payload */
		"81",
		"8261",
		"83646f",
		"b7",
		"bf00",
		"c1",
		"c283",
		"c883636174",
		"c88363617483646f",
		"b838",
		"b83900",
		"f838",
		"f83900",
		"b90100ff",
		/* an item that ends behind its list */
		"c18161",
		"c1c1",
		"c28361",
		"c2c2",
		"c3c283",
		"c2b838",
		/* lengths at the end of what a machine counts */
		"bfffffffffffffffff",
		"ffffffffffffffffff",
		"bf7fffffffffffffff",
		"ff7fffffffffffffff",
		"bf8000000000000000",
		"ff8000000000000000",
		"bffffffffffffffff7ff",
		"bb7fffffff",
		"fbffffffff",
		"bfffffffffffffffff0000",
		"fffffffffffffffff6c0",
		/* well-formed items, then one that is not */
		"808100",
		"c0c1",
		"83646f67b8",
	};

	(void)state;
	assert_true(ARRAY_LEN(refused) >= 60);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (walk_hex(refused[i]) != KMS_RC_DECODE)
			fail_msg("accepted: %s", refused[i]);
	}
}

/* With the whole payload there, so that nothing else is wrong. */
static void a_length_has_no_leading_zeros(void **state)
{
	static const struct {
		const char *header;
		size_t len;
		enum kms_rc rc;
	} rows[] = {
		{ "b838", 56, KMS_RC_OK },
		{ "b90038", 56, KMS_RC_DECODE },
		{ "bf0000000000000038", 56, KMS_RC_DECODE },
		{ "b90100", 256, KMS_RC_OK },
		{ "ba000100", 256, KMS_RC_DECODE },
		{ "b837", 55, KMS_RC_DECODE },
		{ "f838", 56, KMS_RC_OK },
		{ "f90038", 56, KMS_RC_DECODE },
		{ "ff0000000000000038", 56, KMS_RC_DECODE },
		{ "f90100", 256, KMS_RC_OK },
		{ "fa000100", 256, KMS_RC_DECODE },
		{ "f837", 55, KMS_RC_DECODE },
	};
	uint8_t in[9 + 256] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t header = 0;

		memset(in, 0, sizeof(in));
		header = from_hex(in, sizeof(in), rows[i].header);
		assert_int_equal(walk(bytes_of(in, header + rows[i].len)),
				 rows[i].rc);
	}
}

static void a_reader_gives_only_what_it_is_asked_for(void **state)
{
	static const struct {
		const char *hex;
		bool u64;
		bool u256;
		bool fixed2;
		bool list;
	} rows[] = {
		{ "", 0, 0, 0, 0 },
		{ "80", 1, 1, 0, 0 },
		{ "00", 0, 0, 0, 0 }, /* zero is the empty string */
		{ "01", 1, 1, 0, 0 },
		{ "7f", 1, 1, 0, 0 },
		{ "8180", 1, 1, 0, 0 },
		{ "820080", 0, 0, 1, 0 },
		{ "820100", 1, 1, 1, 0 },
		{ "83000001", 0, 0, 0, 0 },
		{ "88ffffffffffffffff", 1, 1, 0, 0 },
		{ "8800ffffffffffffff", 0, 0, 0, 0 },
		{ "89010000000000000000", 0, 1, 0, 0 },
		{ "a0ffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		  "ffffffff",
		  0, 1, 0, 0 },
		{ "a000ffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		  "ffffffff",
		  0, 0, 0, 0 },
		{ "a101000000000000000000000000000000000000000000000000000000"
		  "0000000000",
		  0, 0, 0, 0 },
		{ "c0", 0, 0, 0, 1 },
		{ "c101", 0, 0, 0, 1 },
		{ "c2820100", 0, 0, 0, 0 },
		{ "8080", 0, 0, 0, 0 }, /* a second item */
		{ "c0c0", 0, 0, 0, 0 },
		{ "0101", 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t len = 0;
		uint8_t *copy = copy_of_hex(&len, rows[i].hex);
		struct bytes in = bytes_of(copy, len);
		struct rlp_reader r;
		uint8_t out[32];

		rlp_reader_begin(&r, in);
		(void)rlp_get_u64(&r);
		assert_int_equal(!rlp_reader_done(&r), rows[i].u64);
		rlp_reader_begin(&r, in);
		rlp_get_u256(&r, out);
		assert_int_equal(!rlp_reader_done(&r), rows[i].u256);
		rlp_reader_begin(&r, in);
		rlp_get_fixed(&r, out, 2);
		assert_int_equal(!rlp_reader_done(&r), rows[i].fixed2);
		rlp_reader_begin(&r, in);
		(void)rlp_get_list(&r);
		assert_int_equal(!rlp_reader_done(&r), rows[i].list);
		free(copy);
	}
}

static void a_failed_reader_gives_zeroes_and_never_recovers(void **state)
{
	struct rlp_reader r;
	uint8_t out[32];

	(void)state;
	memset(out, 0xee, sizeof(out));
	rlp_reader_begin(&r, bytes_of("\x81\x00\x05\x05\x05", 5));
	assert_int_equal(rlp_get_u64(&r), 0);
	assert_int_equal(rlp_get_u64(&r), 0);
	rlp_get_u256(&r, out);
	assert_true(!out[0] && !out[31]);
	assert_int_equal(rlp_get_string(&r).len, 0);
	assert_non_null(rlp_get_list(&r).ptr);
	assert_false(rlp_more(&r));
	assert_int_equal(rlp_reader_done(&r), KMS_RC_DECODE);
}

static void numbers_survive_writing_and_reading(void **state)
{
	struct prng p = prng_start();
	uint8_t out[64];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t number = prng_next(&p) >> prng_below(&p, 64);
		struct rlp_writer w = writer(out, sizeof(out));
		struct rlp_reader r;
		uint8_t wide[32];
		uint8_t back[32];

		prng_fill(&p, wide, sizeof(wide));
		memset(wide, 0, prng_below(&p, 33));
		rlp_put_u64(&w, number);
		rlp_put_u256(&w, wide);
		assert_int_equal(rlp_writer_done(&w), KMS_RC_OK);
		rlp_reader_begin(&r, bytes_of(out, w.len));
		assert_true(rlp_get_u64(&r) == number);
		rlp_get_u256(&r, back);
		assert_int_equal(rlp_reader_done(&r), KMS_RC_OK);
		assert_memory_equal(back, wide, sizeof(wide));
	}
}

/* Items at random; what the reader accepts, the writer makes byte by byte. */
static void whatever_is_read_is_written_again(void **state)
{
	struct prng p = prng_start();
	uint8_t in[80];
	uint8_t out[80];
	size_t accepted = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		size_t len = 1 + prng_below(&p, sizeof(in));
		struct rlp_writer w = writer(out, sizeof(out));
		struct rlp_reader r;

		prng_fill(&p, in, sizeof(in));
		if (prng_below(&p, 2))
			in[0] = (uint8_t)(0x7f + len);
		rlp_reader_begin(&r, bytes_of(in, len));
		while (rlp_more(&r)) {
			size_t at = rlp_open(&w);

			if (r.rest.ptr[0] < 0xc0) {
				rlp_put_string(&w, rlp_get_string(&r));
				continue;
			}
			rlp_put_raw(&w, rlp_get_list(&r));
			rlp_close(&w, at);
		}
		if (rlp_reader_done(&r))
			continue;
		accepted++;
		assert_int_equal(rlp_writer_done(&w), KMS_RC_OK);
		assert_int_equal(w.len, len);
		assert_memory_equal(out, in, len);
	}
	assert_true(accepted > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_have_the_bytes_of_the_examples),
		cmocka_unit_test(integers_have_the_bytes_of_the_examples),
		cmocka_unit_test(lists_have_the_bytes_of_the_examples),
		cmocka_unit_test(
			lengths_change_their_form_at_56_and_at_each_byte),
		cmocka_unit_test(a_writer_that_overflowed_writes_nothing_more),
		cmocka_unit_test(what_is_not_canonical_is_refused),
		cmocka_unit_test(a_length_has_no_leading_zeros),
		cmocka_unit_test(a_reader_gives_only_what_it_is_asked_for),
		cmocka_unit_test(
			a_failed_reader_gives_zeroes_and_never_recovers),
		cmocka_unit_test(numbers_survive_writing_and_reading),
		cmocka_unit_test(whatever_is_read_is_written_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
