/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/cbor.h"

#include "codec/utf8.h"

/* RFC 8949 3.1 */
enum major {
	MAJOR_UINT = 0,
	MAJOR_NEGATIVE,
	MAJOR_BYTES,
	MAJOR_TEXT,
	MAJOR_ARRAY,
	MAJOR_MAP,
	MAJOR_TAG,
	MAJOR_SIMPLE,
};

#define INFO_MASK   0x1f
#define INFO_ONE    24 /* the argument is in the next byte; then 2, 4, 8 */
#define INFO_EIGHT  27
#define SIMPLE_LOW  20 /* false, true, null */
#define SIMPLE_HIGH 22

struct head {
	enum major major;
	uint64_t argument;
};

static struct head fail(struct cbor *c)
{
	c->rest.len = 0;
	c->failed = true;
	return (struct head){ .major = MAJOR_SIMPLE };
}

/* The next len bytes, which are there. */
static struct bytes take(struct cbor *c, size_t len)
{
	struct bytes taken = bytes_of(c->rest.ptr, len);

	c->rest.ptr += len;
	c->rest.len -= len;
	return taken;
}

/* Whether an argument of 1 << width bytes could not have been shorter. */
static bool is_shortest(unsigned int width, uint64_t argument)
{
	static const uint64_t least[] = { INFO_ONE, (uint64_t)1 << 8,
					  (uint64_t)1 << 16,
					  (uint64_t)1 << 32 };

	return argument >= least[width];
}

/* The bytes behind the first one of a head; false when they are not strict. */
static bool take_argument(struct cbor *c, uint64_t *argument, uint8_t info)
{
	unsigned int width = (unsigned int)info - INFO_ONE;
	struct bytes b = { 0 };

	*argument = info;
	if (info < INFO_ONE)
		return true;
	if (info > INFO_EIGHT || c->rest.len < (size_t)1 << width)
		return false;
	b = take(c, (size_t)1 << width);
	*argument = 0;
	for (size_t i = 0; i < b.len; i++)
		*argument = *argument << 8 | b.ptr[i];
	return is_shortest(width, *argument);
}

static struct head take_head(struct cbor *c)
{
	struct head h = { 0 };
	uint8_t first = 0;
	uint8_t info = 0;

	if (!c->rest.len)
		return fail(c);
	first = *take(c, 1).ptr;
	info = first & INFO_MASK;
	h.major = first >> 5;
	if (h.major == MAJOR_TAG ||
	    (h.major == MAJOR_SIMPLE &&
	     (info < SIMPLE_LOW || info > SIMPLE_HIGH)) ||
	    !take_argument(c, &h.argument, info))
		return fail(c);
	return h;
}

/* The argument of a head that has to be of this kind. */
static uint64_t take_kind(struct cbor *c, enum major major)
{
	struct head h = take_head(c);

	if (h.major != major)
		h = fail(c);
	return h.argument;
}

/* len bytes of a string, len being as hostile as the rest. */
static struct bytes take_string(struct cbor *c, uint64_t len)
{
	if (len > c->rest.len)
		fail(c);
	if (c->failed)
		return (struct bytes){ 0 };
	return take(c, (size_t)len);
}

static struct bytes take_text(struct cbor *c, uint64_t len)
{
	struct bytes text = take_string(c, len);
	size_t at = 0;

	while (at < text.len) {
		size_t n = utf8_len(text.ptr + at, text.len - at);

		if (!n) {
			fail(c);
			return (struct bytes){ 0 };
		}
		at += n;
	}
	return text;
}

/* An item has at least one byte, so no honest count exceeds the rest. */
static size_t check_count(struct cbor *c, uint64_t count, size_t items_each)
{
	if (count > c->rest.len / items_each)
		fail(c);
	return c->failed ? 0 : (size_t)count;
}

void cbor_begin(struct cbor *c, struct bytes in)
{
	*c = (struct cbor){ .rest = in };
}

uint64_t cbor_uint(struct cbor *c)
{
	return take_kind(c, MAJOR_UINT);
}

int64_t cbor_int(struct cbor *c)
{
	struct head h = take_head(c);

	if ((h.major != MAJOR_UINT && h.major != MAJOR_NEGATIVE) ||
	    h.argument > INT64_MAX) {
		fail(c);
		return 0;
	}
	return h.major == MAJOR_UINT ? (int64_t)h.argument
				     : -1 - (int64_t)h.argument;
}

struct bytes cbor_bytes(struct cbor *c)
{
	return take_string(c, take_kind(c, MAJOR_BYTES));
}

struct bytes cbor_text(struct cbor *c)
{
	return take_text(c, take_kind(c, MAJOR_TEXT));
}

size_t cbor_array(struct cbor *c)
{
	return check_count(c, take_kind(c, MAJOR_ARRAY), 1);
}

size_t cbor_map(struct cbor *c)
{
	return check_count(c, take_kind(c, MAJOR_MAP), 2);
}

/* Steps over a scalar, or into a container: then *items are to follow. */
static bool skip_into(struct cbor *c, size_t *items)
{
	struct head h = take_head(c);

	switch (h.major) {
	case MAJOR_BYTES:
		take_string(c, h.argument);
		return false;
	case MAJOR_TEXT:
		take_text(c, h.argument);
		return false;
	case MAJOR_ARRAY:
		*items = check_count(c, h.argument, 1);
		return true;
	case MAJOR_MAP:
		*items = 2 * check_count(c, h.argument, 2);
		return true;
	case MAJOR_UINT:
	case MAJOR_NEGATIVE:
	case MAJOR_TAG:
	case MAJOR_SIMPLE:
	default:
		return false;
	}
}

struct bytes cbor_skip(struct cbor *c)
{
	const uint8_t *start = c->rest.ptr;
	size_t due[CBOR_DEPTH_MAX + 1] = { 1 }; /* items, by depth */
	size_t depth = 0;

	while (!c->failed && due[depth]) {
		size_t items = 0;

		due[depth]--;
		if (skip_into(c, &items)) {
			if (depth == CBOR_DEPTH_MAX)
				fail(c);
			else
				due[++depth] = items;
		}
		while (depth && !due[depth])
			depth--;
	}
	if (c->failed)
		return (struct bytes){ 0 };
	return bytes_of(start, (size_t)(c->rest.ptr - start));
}

struct bytes cbor_skip_map(struct cbor *c)
{
	if (c->rest.len && c->rest.ptr[0] >> 5 != MAJOR_MAP)
		fail(c);
	return cbor_skip(c);
}

bool cbor_done(const struct cbor *c)
{
	return !c->failed && !c->rest.len;
}
