/* SPDX-License-Identifier: Apache-2.0 */
/* Items down to some depth: what is read is written byte by byte again. */
#include "codec/rlp.h"
#include "fuzz/fuzz.h"

#define DEPTH_MAX 8
#define INPUT_MAX 4096

struct level {
	struct rlp_reader in;
	size_t at; /* where its list was opened */
};

static bool is_list(const struct rlp_reader *r)
{
	return r->rest.ptr[0] >= 0xc0;
}

/* Copies the items of all levels; false when they are not RLP. */
static bool copy(struct rlp_writer *out, struct bytes in)
{
	struct level levels[DEPTH_MAX] = { 0 };
	struct level *top = levels;

	rlp_reader_begin(&top->in, in);
	for (;;) {
		if (!rlp_more(&top->in)) {
			if (rlp_reader_done(&top->in))
				return false;
			if (top == levels)
				return true;
			rlp_close(out, top->at);
			top--;
		} else if (!is_list(&top->in)) {
			rlp_put_string(out, rlp_get_string(&top->in));
		} else if (top == &levels[DEPTH_MAX - 1]) {
			size_t at = rlp_open(out);

			rlp_put_raw(out, rlp_get_list(&top->in));
			rlp_close(out, at);
		} else {
			top[1].at = rlp_open(out);
			rlp_reader_begin(&top[1].in, rlp_get_list(&top->in));
			top++;
		}
	}
}

static void check_numbers(struct bytes in)
{
	uint8_t out[1 + RLP_U256_LEN];
	uint8_t number[RLP_U256_LEN];
	struct rlp_reader r;
	struct rlp_writer w;

	rlp_reader_begin(&r, in);
	rlp_get_u256(&r, number);
	if (rlp_reader_done(&r))
		return;
	rlp_writer_begin(&w, out, sizeof(out));
	rlp_put_u256(&w, number);
	fuzz_check(!rlp_writer_done(&w));
	fuzz_check(bytes_equal_var(bytes_of(out, w.len), in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[INPUT_MAX + 9];
	struct bytes in = bytes_of(data, size);
	struct rlp_writer w;

	if (size > INPUT_MAX)
		return 0;
	rlp_writer_begin(&w, out, sizeof(out));
	if (copy(&w, in)) {
		fuzz_check(!rlp_writer_done(&w));
		fuzz_check(bytes_equal_var(bytes_of(out, w.len), in));
	}
	check_numbers(in);
	return 0;
}
