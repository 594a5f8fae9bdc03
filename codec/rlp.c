/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rlp.h"

#include <string.h>

/* The first byte of an item: a byte, a string, or a list. */
#define STRING	   0x80
#define LIST	   0xc0
#define SHORT_MAX  55 /* a longer length has bytes of its own */
#define HEADER_MAX 9

void rlp_reader_begin(struct rlp_reader *r, struct bytes in)
{
	*r = (struct rlp_reader){ .rest = in };
}

bool rlp_more(const struct rlp_reader *r)
{
	return !r->failed && r->rest.len;
}

/* The length of a long item: count bytes at p, in the one shortest form. */
static bool long_length(size_t *len, const uint8_t *p, size_t count)
{
	size_t i = 0;

	if (count > sizeof(*len) || !p[0])
		return false;
	*len = 0;
	for (i = 0; i < count; i++)
		*len = *len << 8 | p[i];
	return *len > SHORT_MAX;
}

/* Splits the item at the front into header and payload; no item: false. */
static bool measure(size_t *header, size_t *payload, struct bytes in)
{
	size_t kind = 0;
	size_t count = 0;

	if (!in.len)
		return false;
	*header = 1;
	if (in.ptr[0] < STRING) {
		*header = 0;
		*payload = 1;
		return true;
	}
	kind = in.ptr[0] < LIST ? STRING : LIST;
	*payload = in.ptr[0] - kind;
	if (*payload > SHORT_MAX) {
		count = *payload - SHORT_MAX;
		if (count > in.len - 1 ||
		    !long_length(payload, in.ptr + 1, count))
			return false;
		*header += count;
	}
	return *payload <= in.len - *header;
}

/* Takes one item of the kind; a failure gives the present empty view. */
static struct bytes take(struct rlp_reader *r, bool list)
{
	struct bytes body = bytes_of("", 0);
	size_t header = 0;
	size_t len = 0;

	if (r->failed || !measure(&header, &len, r->rest) ||
	    (r->rest.ptr[0] >= LIST) != list) {
		r->failed = true;
		return body;
	}
	/* A byte below 0x80 stands for itself, without a header. */
	if (!list && header && len == 1 && r->rest.ptr[header] < STRING) {
		r->failed = true;
		return body;
	}
	body = bytes_of(r->rest.ptr + header, len);
	r->rest.ptr += header + len;
	r->rest.len -= header + len;
	return body;
}

struct bytes rlp_get_string(struct rlp_reader *r)
{
	return take(r, false);
}

struct bytes rlp_get_list(struct rlp_reader *r)
{
	return take(r, true);
}

void rlp_get_fixed(struct rlp_reader *r, void *out, size_t len)
{
	struct bytes string = take(r, false);

	if (string.len != len) {
		r->failed = true;
		memset(out, 0, len);
		return;
	}
	memcpy(out, string.ptr, len);
}

/* A minimal big-endian integer, to the right of out. */
static void get_integer(struct rlp_reader *r, uint8_t *out, size_t size)
{
	struct bytes digits = take(r, false);

	memset(out, 0, size);
	if (digits.len > size || (digits.len && !digits.ptr[0])) {
		r->failed = true;
		return;
	}
	if (digits.len)
		memcpy(out + size - digits.len, digits.ptr, digits.len);
}

uint64_t rlp_get_u64(struct rlp_reader *r)
{
	uint8_t digits[8];
	uint64_t number = 0;
	size_t i = 0;

	get_integer(r, digits, sizeof(digits));
	for (i = 0; i < sizeof(digits); i++)
		number = number << 8 | digits[i];
	return number;
}

void rlp_get_u256(struct rlp_reader *r, uint8_t out[RLP_U256_LEN])
{
	get_integer(r, out, RLP_U256_LEN);
}

enum kms_rc rlp_reader_done(const struct rlp_reader *r)
{
	return r->failed || r->rest.len ? KMS_RC_DECODE : KMS_RC_OK;
}

/* out is written to later. NOLINTNEXTLINE(readability-non-const-parameter) */
void rlp_writer_begin(struct rlp_writer *w, void *out, size_t cap)
{
	*w = (struct rlp_writer){ .ptr = out, .cap = cap };
}

/* Room for len bytes, or NULL. */
static uint8_t *reserve(struct rlp_writer *w, size_t len)
{
	size_t at = w->len;

	if (w->failed || len > w->cap - w->len) {
		w->failed = true;
		return NULL;
	}
	w->len += len;
	return w->ptr + at;
}

void rlp_put_raw(struct rlp_writer *w, struct bytes items)
{
	uint8_t *p = reserve(w, items.len);

	if (p && items.len)
		memcpy(p, items.ptr, items.len);
}

/* Makes the header of len bytes of payload; gives its own length. */
static size_t make_header(uint8_t out[HEADER_MAX], uint8_t kind, size_t len)
{
	size_t count = 0;
	size_t i = 0;

	if (len <= SHORT_MAX) {
		out[0] = (uint8_t)(kind + len);
		return 1;
	}
	for (i = len; i; i >>= 8)
		count++;
	out[0] = (uint8_t)(kind + SHORT_MAX + count);
	for (i = count; i; i--, len >>= 8)
		out[i] = (uint8_t)len;
	return 1 + count;
}

void rlp_put_string(struct rlp_writer *w, struct bytes string)
{
	uint8_t header[HEADER_MAX];
	size_t len = 0;

	if (string.len != 1 || string.ptr[0] >= STRING) {
		len = make_header(header, STRING, string.len);
		rlp_put_raw(w, bytes_of(header, len));
	}
	rlp_put_raw(w, string);
}

static void put_integer(struct rlp_writer *w, const uint8_t *p, size_t len)
{
	for (; len && !*p; p++)
		len--;
	rlp_put_string(w, bytes_of(p, len));
}

void rlp_put_u64(struct rlp_writer *w, uint64_t number)
{
	uint8_t digits[8];
	size_t i = 0;

	for (i = sizeof(digits); i; i--, number >>= 8)
		digits[i - 1] = (uint8_t)number;
	put_integer(w, digits, sizeof(digits));
}

void rlp_put_u256(struct rlp_writer *w, const uint8_t number[RLP_U256_LEN])
{
	put_integer(w, number, RLP_U256_LEN);
}

size_t rlp_open(const struct rlp_writer *w)
{
	return w->len;
}

/* Only now is the length of the header known, so the items move behind it. */
void rlp_close(struct rlp_writer *w, size_t at)
{
	uint8_t header[HEADER_MAX];
	size_t items = w->len - at;
	size_t len = make_header(header, LIST, items);

	if (!reserve(w, len))
		return;
	memmove(w->ptr + at + len, w->ptr + at, items);
	memcpy(w->ptr + at, header, len);
}

enum kms_rc rlp_writer_done(const struct rlp_writer *w)
{
	return w->failed ? KMS_RC_SHORT_BUFFER : KMS_RC_OK;
}
