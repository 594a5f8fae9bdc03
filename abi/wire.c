/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/wire.h"

#include "common/endian.h"

#include <string.h>

#define PAD4(len) (((len) + 3) & ~(size_t)3)

struct tlv {
	uint16_t tag;
	uint8_t flags;
	struct bytes value;
};

enum kms_rc abi_get_header(struct abi_header *h, struct bytes *body,
			   struct bytes msg)
{
	const uint8_t *p = msg.ptr;

	*h = (struct abi_header){ 0 };
	*body = (struct bytes){ 0 };
	if (msg.len < ABI_HEADER_LEN || le32_get(p) != ABI_MAGIC)
		return KMS_RC_DECODE;
	h->major = p[4];
	h->minor = p[5];
	h->cmd = le16_get(p + 6);
	h->status = le16_get(p + 8);
	h->items = le16_get(p + 10);
	h->body_len = le32_get(p + 12);
	memcpy(h->req_id, p + 16, sizeof(h->req_id));
	if (h->major != ABI_MAJOR || h->minor != ABI_MINOR)
		return KMS_RC_VERSION;
	if (h->body_len != msg.len - ABI_HEADER_LEN)
		return KMS_RC_DECODE;
	*body = bytes_of(p + ABI_HEADER_LEN, h->body_len);
	return KMS_RC_OK;
}

/* Takes one TLV off *in; false when it does not fit. */
static bool take_tlv(struct tlv *t, struct bytes *in)
{
	size_t len = 0;
	size_t left = 0;

	if (in->len < ABI_TLV_LEN || in->ptr[3])
		return false;
	t->tag = le16_get(in->ptr);
	t->flags = in->ptr[2];
	len = le32_get(in->ptr + 4);
	left = in->len - ABI_TLV_LEN;
	if ((t->flags & ~ABI_CRITICAL) || len > left || PAD4(len) > left)
		return false;
	t->value = bytes_of(in->ptr + ABI_TLV_LEN, len);
	/* Padding carries nothing, so that a value has one encoding. */
	for (size_t i = len; i < PAD4(len); i++)
		if (t->value.ptr[i])
			return false;
	in->ptr += ABI_TLV_LEN + PAD4(len);
	in->len = left - PAD4(len);
	return true;
}

static bool store_integer(uint8_t *at, uint8_t kind, struct bytes v)
{
	size_t width = (size_t)1 << kind; /* U8 is 0, U64 is 3 */
	uint16_t v16 = 0;
	uint32_t v32 = 0;
	uint64_t v64 = 0;

	if (v.len != width)
		return false;
	switch (kind) {
	case ABI_U8:
		*at = v.ptr[0];
		return true;
	case ABI_U16:
		v16 = le16_get(v.ptr);
		memcpy(at, &v16, sizeof(v16));
		return true;
	case ABI_U32:
		v32 = le32_get(v.ptr);
		memcpy(at, &v32, sizeof(v32));
		return true;
	default:
		v64 = le64_get(v.ptr);
		memcpy(at, &v64, sizeof(v64));
		return true;
	}
}

static bool store_repeated(uint8_t *at, const struct abi_field *f,
			   const uint8_t *tlv, const uint8_t *end)
{
	struct abi_rep rep = { 0 };

	memcpy(&rep, at, sizeof(rep));
	if (rep.count >= f->max)
		return false;
	if (!rep.count)
		rep.ptr = tlv;
	rep.len = (size_t)(end - rep.ptr);
	rep.count++;
	memcpy(at, &rep, sizeof(rep));
	return true;
}

static bool store_field(uint8_t *at, const struct abi_field *f, struct bytes v,
			const uint8_t *tlv, const uint8_t *end)
{
	switch (f->kind) {
	case ABI_FIX:
		if (v.len != f->max)
			return false;
		memcpy(at, v.ptr, v.len);
		return true;
	case ABI_VAR:
		if (v.len > f->max)
			return false;
		memcpy(at, &v, sizeof(v));
		return true;
	case ABI_REP:
		return store_repeated(at, f, tlv, end);
	default:
		return store_integer(at, f->kind, v);
	}
}

/* Index of tag among the fields from *from on, or count. */
static size_t find_field(const struct abi_layout *l, size_t from, uint16_t tag)
{
	while (from < l->count && l->fields[from].tag < tag)
		from++;
	return from < l->count && l->fields[from].tag == tag ? from : l->count;
}

enum kms_rc abi_decode(void *out, const struct abi_layout *layout,
		       struct bytes body)
{
	uint8_t *base = out;
	uint32_t has = 0;
	uint32_t last = 0; /* tag + 1, so that 0 is "none yet" */

	memset(base, 0, layout->size);
	while (body.len) {
		const uint8_t *start = body.ptr;
		const struct abi_field *f = NULL;
		struct tlv t = { 0 };
		size_t i = 0;

		if (!take_tlv(&t, &body) || (uint32_t)t.tag + 1 < last)
			return KMS_RC_DECODE;
		i = find_field(layout, 0, t.tag);
		if (i == layout->count) {
			if ((t.flags & ABI_CRITICAL) ||
			    (uint32_t)t.tag + 1 == last)
				return KMS_RC_DECODE;
			last = (uint32_t)t.tag + 1;
			continue;
		}
		f = &layout->fields[i];
		if ((uint32_t)t.tag + 1 == last && f->kind != ABI_REP)
			return KMS_RC_DECODE;
		if (!store_field(base + f->offset, f, t.value, start, body.ptr))
			return KMS_RC_DECODE;
		has |= (uint32_t)1 << i;
		last = (uint32_t)t.tag + 1;
	}
	for (size_t i = 0; i < layout->count; i++)
		if (layout->fields[i].required && !(has >> i & 1))
			return KMS_RC_DECODE;
	memcpy(base, &has, sizeof(has));
	return KMS_RC_OK;
}

bool abi_rep_next(struct abi_rep *rep, struct bytes *value)
{
	struct bytes left = bytes_of(rep->ptr, rep->len);
	struct tlv t = { 0 };

	if (!left.len || !take_tlv(&t, &left))
		return false;
	rep->ptr = left.ptr;
	rep->len = left.len;
	rep->count--;
	*value = t.value;
	return true;
}

void abi_begin(struct abi_writer *w, void *out, size_t cap)
{
	*w = (struct abi_writer){ .ptr = out, .cap = cap };
}

/* Room for len bytes, or NULL past the end; len goes on counting. */
static uint8_t *reserve(struct abi_writer *w, size_t len)
{
	size_t at = w->len;

	w->len += len;
	return w->len <= w->cap ? w->ptr + at : NULL;
}

void abi_put_header(struct abi_writer *w, uint16_t cmd, uint16_t status,
		    const uint8_t req_id[ABI_REQ_ID_LEN])
{
	uint8_t *p = reserve(w, ABI_HEADER_LEN);

	if (!p)
		return;
	le32_put(p, ABI_MAGIC);
	p[4] = ABI_MAJOR;
	p[5] = ABI_MINOR;
	le16_put(p + 6, cmd);
	le16_put(p + 8, status);
	le16_put(p + 10, 0);
	le32_put(p + 12, 0);
	memcpy(p + 16, req_id, ABI_REQ_ID_LEN);
}

static void put_tlv_header(uint8_t *p, uint16_t tag, size_t len)
{
	le16_put(p, tag);
	p[2] = ABI_CRITICAL;
	p[3] = 0;
	le32_put(p + 4, (uint32_t)len);
}

void abi_put_var(struct abi_writer *w, uint16_t tag, const void *ptr,
		 size_t len)
{
	uint8_t *p = reserve(w, ABI_TLV_LEN + PAD4(len));

	if (!p)
		return;
	put_tlv_header(p, tag, len);
	memset(p + ABI_TLV_LEN + len, 0, PAD4(len) - len);
	if (len)
		memcpy(p + ABI_TLV_LEN, ptr, len);
}

size_t abi_open(struct abi_writer *w, uint16_t tag)
{
	size_t at = w->len;
	uint8_t *p = reserve(w, ABI_TLV_LEN);

	if (p)
		put_tlv_header(p, tag, 0);
	return at;
}

void abi_close(struct abi_writer *w, size_t at)
{
	/* Every TLV inside is padded, so the container is too. */
	if (w->len <= w->cap)
		le32_put(w->ptr + at + 4,
			 (uint32_t)(w->len - at - ABI_TLV_LEN));
}

static void put_integer(struct abi_writer *w, const struct abi_field *f,
			const uint8_t *at)
{
	uint8_t le[8] = { 0 };
	uint16_t v16 = 0;
	uint32_t v32 = 0;
	uint64_t v64 = 0;

	switch (f->kind) {
	case ABI_U8:
		le[0] = *at;
		break;
	case ABI_U16:
		memcpy(&v16, at, sizeof(v16));
		le16_put(le, v16);
		break;
	case ABI_U32:
		memcpy(&v32, at, sizeof(v32));
		le32_put(le, v32);
		break;
	default:
		memcpy(&v64, at, sizeof(v64));
		le64_put(le, v64);
		break;
	}
	abi_put_var(w, f->tag, le, (size_t)1 << f->kind);
}

void abi_put(struct abi_writer *w, const struct abi_layout *layout,
	     const void *in)
{
	const uint8_t *base = in;

	for (size_t i = 0; i < layout->count; i++) {
		const struct abi_field *f = &layout->fields[i];
		const uint8_t *at = base + f->offset;
		struct bytes var = { 0 };
		struct abi_rep rep = { 0 };
		uint8_t *p = NULL;

		switch (f->kind) {
		case ABI_FIX:
			abi_put_var(w, f->tag, at, f->max);
			break;
		case ABI_VAR:
			memcpy(&var, at, sizeof(var));
			if (var.ptr)
				abi_put_var(w, f->tag, var.ptr, var.len);
			break;
		case ABI_REP:
			memcpy(&rep, at, sizeof(rep));
			p = reserve(w, rep.len);
			if (p && rep.len)
				memcpy(p, rep.ptr, rep.len);
			break;
		default:
			put_integer(w, f, at);
			break;
		}
	}
}

enum kms_rc abi_finish_body(const struct abi_writer *w)
{
	return w->len <= w->cap ? KMS_RC_OK : KMS_RC_SHORT_BUFFER;
}

enum kms_rc abi_finish(struct abi_writer *w, uint16_t items)
{
	if (w->len > w->cap)
		return KMS_RC_SHORT_BUFFER;
	le16_put(w->ptr + 10, items);
	le32_put(w->ptr + 12, (uint32_t)(w->len - ABI_HEADER_LEN));
	return KMS_RC_OK;
}
