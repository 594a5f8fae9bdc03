/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One item: what is accepted has no other encoding, so writing what was read
 * gives the same bytes; and it ends where it ends, whatever follows.
 */
#include "codec/cbor.h"
#include "fuzz/fuzz.h"

#include <string.h>

#define ITEM_MAX 4096

struct out {
	uint8_t ptr[ITEM_MAX + 16];
	size_t len;
};

static void put_head(struct out *o, unsigned int major, uint64_t argument)
{
	static const uint64_t limits[] = { (uint64_t)1 << 8, (uint64_t)1 << 16,
					   (uint64_t)1 << 32 };
	unsigned int width = 0;

	if (argument < 24) {
		o->ptr[o->len++] = (uint8_t)(major << 5 | argument);
		return;
	}
	while (width < 3 && argument >= limits[width])
		width++;
	o->ptr[o->len++] = (uint8_t)(major << 5 | (24 + width));
	for (unsigned int i = 1u << width; i--;)
		o->ptr[o->len++] = (uint8_t)(argument >> 8 * i);
}

static void put_string(struct out *o, unsigned int major, struct bytes b)
{
	put_head(o, major, b.len);
	fuzz_check(o->len + b.len <= ITEM_MAX);
	memcpy(o->ptr + o->len, b.ptr, b.len);
	o->len += b.len;
}

/* Writes the item or head at c anew; gives how many items are inside. */
static size_t copy_head(struct out *o, struct cbor *c)
{
	unsigned int major = c->rest.ptr[0] >> 5;
	size_t count = 0;

	switch (major) {
	case 0:
		put_head(o, major, cbor_uint(c));
		return 0;
	case 2:
		put_string(o, major, cbor_bytes(c));
		return 0;
	case 3:
		put_string(o, major, cbor_text(c));
		return 0;
	case 4:
		count = cbor_array(c);
		put_head(o, major, count);
		return count;
	case 5:
		count = cbor_map(c);
		put_head(o, major, count);
		return 2 * count;
	default:
		return 0;
	}
}

/* A negative number beyond int64_t, or false, true, null: by its bytes. */
static void copy_other(struct out *o, struct cbor *c)
{
	struct cbor number = *c;
	int64_t n = cbor_int(&number);
	struct bytes item = cbor_skip(c);

	if (!number.failed) {
		fuzz_check(n < 0);
		put_head(o, 1, (uint64_t)(-1 - n));
		return;
	}
	fuzz_check(item.len == 1 || item.len == 9);
	memcpy(o->ptr + o->len, item.ptr, item.len);
	o->len += item.len;
}

static void check_copy(struct bytes item)
{
	static struct out o;
	struct cbor c;
	size_t due = 1;

	o.len = 0;
	cbor_begin(&c, item);
	while (due) {
		unsigned int major = 0;

		fuzz_check(c.rest.len && o.len <= ITEM_MAX);
		major = c.rest.ptr[0] >> 5;
		due--;
		if (major == 1 || major == 7)
			copy_other(&o, &c);
		else
			due += copy_head(&o, &c);
	}
	fuzz_check(cbor_done(&c));
	fuzz_check(bytes_equal_var(bytes_of(o.ptr, o.len), item));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct bytes item = { 0 };
	struct cbor c;

	if (size > ITEM_MAX)
		return 0;
	cbor_begin(&c, in);
	item = cbor_skip(&c);
	if (c.failed) {
		fuzz_check(!item.len && !c.rest.len && !cbor_done(&c));
		return 0;
	}
	fuzz_check(item.ptr == data && item.len + c.rest.len == size);
	check_copy(item);
	/* Without a single one of its bytes it is no item. */
	cbor_begin(&c, bytes_of(data, item.len - 1));
	cbor_skip(&c);
	fuzz_check(c.failed);
	return 0;
}
