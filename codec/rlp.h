/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rlp - Recursive Length Prefix (yellow paper, appendix B), strict
 *
 * Reading takes only what writing makes, so a value has exactly one encoding:
 * shortest lengths, a byte below 0x80 as itself, integers without leading
 * zeros. A list is entered with a reader of its own, so the caller's variables
 * bound the depth. Used by both worlds; no heap, no recursion. Public data.
 */

#ifndef KMS_CODEC_RLP_H
#define KMS_CODEC_RLP_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define RLP_U256_LEN 32

/*
 * The reader remembers a failure and then gives zeroes and empty views, so a
 * decoder reads like the layout and is checked once, with rlp_reader_done().
 */
struct rlp_reader {
	struct bytes rest;
	bool failed;
};

/* Borrows in: one item, or several one behind another. */
void rlp_reader_begin(struct rlp_reader *r, struct bytes in);
/* True while there are items and no failure. */
bool rlp_more(const struct rlp_reader *r);
/* The next item, a string, of any length. */
struct bytes rlp_get_string(struct rlp_reader *r);
/* A string of exactly len bytes. */
void rlp_get_fixed(struct rlp_reader *r, void *out, size_t len);
uint64_t rlp_get_u64(struct rlp_reader *r);
/* Big-endian. */
void rlp_get_u256(struct rlp_reader *r, uint8_t out[RLP_U256_LEN]);
/* The items of a list, one behind another and not looked at yet. */
struct bytes rlp_get_list(struct rlp_reader *r);
/* Everything was read, and well-formed. DECODE. */
enum kms_rc rlp_reader_done(const struct rlp_reader *r) KMS_MUST_USE;

/* The writer remembers an overflow; check rlp_writer_done() once. */
struct rlp_writer {
	uint8_t *ptr;
	size_t cap;
	size_t len;
	bool failed;
};

/* Borrows out. */
void rlp_writer_begin(struct rlp_writer *w, void *out, size_t cap);
void rlp_put_string(struct rlp_writer *w, struct bytes string);
void rlp_put_u64(struct rlp_writer *w, uint64_t number);
void rlp_put_u256(struct rlp_writer *w, const uint8_t number[RLP_U256_LEN]);
/* Bytes as they stand: items that are encoded already. */
void rlp_put_raw(struct rlp_writer *w, struct bytes items);
/* What is put between open and close becomes the items of a list. */
size_t rlp_open(const struct rlp_writer *w);
void rlp_close(struct rlp_writer *w, size_t at);
/* SHORT_BUFFER. */
enum kms_rc rlp_writer_done(const struct rlp_writer *w) KMS_MUST_USE;

#endif /* KMS_CODEC_RLP_H */
