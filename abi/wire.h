/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire - reading and writing the messages between the worlds
 *
 * A message is a 32-byte header and a body of TLVs. All integers are little-
 * endian. Header:
 *
 *   magic u32 | major u8 | minor u8 | cmd u16 | status u16 | items u16 |
 *   body_len u32 | req_id 16
 *
 * status is 0 in a request and an enum kms_rc in a response. TLV:
 *
 *   tag u16 | flags u8 (bit 0: critical) | 0 u8 | len u32 | value | pad to 4
 *
 * Tags ascend strictly, but for repeatable ones, whose copies stand together.
 * An unknown critical tag is an error, an unknown other one is skipped. Bytes
 * behind the last TLV are an error. Nothing here allocates or calls the TEE.
 */

#ifndef KMS_ABI_WIRE_H
#define KMS_ABI_WIRE_H

#include "abi/limits.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define ABI_MAGIC      0x534d4b54u /* "TKMS" */
#define ABI_MAJOR      1
#define ABI_MINOR      1
#define ABI_HEADER_LEN 32
#define ABI_TLV_LEN    8
#define ABI_CRITICAL   0x01

struct abi_header {
	uint8_t major;
	uint8_t minor;
	uint16_t cmd;
	uint16_t status;
	uint16_t items;
	uint32_t body_len;
	uint8_t req_id[ABI_REQ_ID_LEN];
};

/* A run of repeatable TLVs inside a message; walk it with abi_rep_next(). */
struct abi_rep {
	const uint8_t *ptr;
	size_t len;
	uint16_t count;
};

enum abi_kind { ABI_U8, ABI_U16, ABI_U32, ABI_U64, ABI_FIX, ABI_VAR, ABI_REP };

/* One row of a message's layout, made from abi/schema.h. */
struct abi_field {
	uint16_t tag;
	uint8_t kind; /* enum abi_kind */
	bool required;
	uint32_t max;	 /* FIX: exact; VAR: most bytes; REP: most items */
	uint32_t offset; /* of the member in the message's struct */
};

/* Layout of a message: fields in ascending order of tags, at most 32. */
struct abi_layout {
	const struct abi_field *fields;
	size_t count;
	size_t size; /* of the struct; its first member is uint32_t has */
};

/*
 * Checks the header and that msg ends with the body; sets *body.
 * DECODE, VERSION (the header is filled all the same).
 */
enum kms_rc abi_get_header(struct abi_header *h, struct bytes *body,
			   struct bytes msg) KMS_MUST_USE;

/*
 * Fills the struct *out (out_size = layout->size, zeroed first) from a body.
 * Views borrow the body. Bit n of has tells whether field n was there. DECODE.
 */
enum kms_rc abi_decode(void *out, const struct abi_layout *layout,
		       struct bytes body) KMS_MUST_USE;

/* Gives the next value of a run, false at its end. The run is valid. */
bool abi_rep_next(struct abi_rep *rep, struct bytes *value);

/* The writer remembers a failure, so a message is checked once, at the end. */
struct abi_writer {
	uint8_t *ptr;
	size_t cap;
	size_t len; /* bytes needed so far, also past cap */
};

void abi_begin(struct abi_writer *w, void *out, size_t cap);
void abi_put_header(struct abi_writer *w, uint16_t cmd, uint16_t status,
		    const uint8_t req_id[ABI_REQ_ID_LEN]);
/* Writes the fields of a struct, REP members as they stand. */
void abi_put(struct abi_writer *w, const struct abi_layout *layout,
	     const void *in);
/* Opens a container TLV at the end of w; abi_close() fixes its length. */
size_t abi_open(struct abi_writer *w, uint16_t tag);
void abi_close(struct abi_writer *w, size_t at);
/* One TLV by hand, for runs that are written one by one. */
void abi_put_var(struct abi_writer *w, uint16_t tag, const void *ptr,
		 size_t len);
/* Fixes items and body_len of the header at the start. SHORT_BUFFER. */
enum kms_rc abi_finish(struct abi_writer *w, uint16_t items) KMS_MUST_USE;
/* For bodies without a header. SHORT_BUFFER. */
enum kms_rc abi_finish_body(const struct abi_writer *w) KMS_MUST_USE;

#endif /* KMS_ABI_WIRE_H */
