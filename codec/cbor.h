/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbor - strict, allocation-free reading of CBOR (RFC 8949) for WebAuthn
 *
 * Takes the encoding rules of CTAP2's canonical form: definite lengths, heads
 * as short as they can be, no tags, no floating point, of the simple values
 * false, true and null; text is UTF-8. Order and uniqueness of a map's keys
 * are for the caller to judge. Both worlds; no heap, no recursion. Views
 * borrow the input. Public data.
 *
 * The reader remembers a failure, and from then on gives zeroes and empty
 * views: a structure is read as it is laid out, and checked once at the end.
 */

#ifndef KMS_CODEC_CBOR_H
#define KMS_CODEC_CBOR_H

#include "common/attr.h"
#include "common/bytes.h"

#define CBOR_DEPTH_MAX 4 /* containers inside each other, as CTAP2 has it */

struct cbor {
	struct bytes rest; /* what is not read yet; empty after a failure */
	bool failed;
};

void cbor_begin(struct cbor *c, struct bytes in);

uint64_t cbor_uint(struct cbor *c);
/* Of either sign; what does not fit is a failure. */
int64_t cbor_int(struct cbor *c);
struct bytes cbor_bytes(struct cbor *c);
struct bytes cbor_text(struct cbor *c);

/*
 * Items of an array, pairs of a map, which follow one by one. Never more than
 * the rest can hold, so a loop over them is as short as the input.
 */
size_t cbor_array(struct cbor *c);
size_t cbor_map(struct cbor *c);

/*
 * Steps over one well-formed item of any kind, or over a map, with at most
 * CBOR_DEPTH_MAX containers inside each other. Gives its bytes.
 */
struct bytes cbor_skip(struct cbor *c);
struct bytes cbor_skip_map(struct cbor *c);

/* Nothing failed and nothing is left. */
bool cbor_done(const struct cbor *c) KMS_MUST_USE;

#endif /* KMS_CODEC_CBOR_H */
