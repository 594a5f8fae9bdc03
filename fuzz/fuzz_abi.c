/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte picks a message, 0xff the header: what is accepted is
 * written again into a form that decodes to itself.
 */
#include "abi/messages.h"
#include "fuzz/fuzz.h"

static const struct abi_layout *const layouts[] = {
#define M(msg) &abi_layout_##msg,
	ABI_MESSAGES(M)
#undef M
};

#define STRUCT_MAX 512
#define BODY_MAX   (1024 * 1024)

static void check_header(struct bytes msg)
{
	static uint8_t out[BODY_MAX];
	struct abi_writer w = { 0 };
	struct abi_header h = { 0 };
	struct abi_header back = { 0 };
	struct bytes body = { 0 };

	if (abi_get_header(&h, &body, msg))
		return;
	fuzz_check(body.len == h.body_len);
	fuzz_check(body.ptr + body.len == msg.ptr + msg.len);
	abi_begin(&w, out, sizeof(out));
	abi_put_header(&w, h.cmd, h.status, h.req_id);
	fuzz_check(!abi_finish(&w, h.items));
	fuzz_check(!abi_get_header(&back, &body, bytes_of(out, w.len)));
	fuzz_check(back.cmd == h.cmd && back.status == h.status &&
		   back.items == h.items);
}

static void check_runs(const struct abi_layout *l, const uint8_t *msg)
{
	for (size_t i = 0; i < l->count; i++) {
		struct abi_rep rep = { 0 };
		struct bytes v = { 0 };
		size_t count = 0;

		if (l->fields[i].kind != ABI_REP)
			continue;
		rep = *(const struct abi_rep
				*)(const void *)(msg + l->fields[i].offset);
		fuzz_check(rep.count <= l->fields[i].max);
		while (rep.count && abi_rep_next(&rep, &v))
			count++;
		fuzz_check(!rep.count && !rep.len);
	}
}

static void check_message(const struct abi_layout *l, struct bytes body)
{
	static uint8_t first[BODY_MAX];
	static uint8_t second[BODY_MAX];
	uint64_t msg[STRUCT_MAX / 8];
	struct abi_writer a = { 0 };
	struct abi_writer b = { 0 };

	fuzz_check(l->size <= sizeof(msg));
	if (abi_decode(msg, l, body))
		return;
	check_runs(l, (const uint8_t *)msg);
	abi_begin(&a, first, sizeof(first));
	abi_put(&a, l, msg);
	fuzz_check(!abi_finish_body(&a));
	fuzz_check(!abi_decode(msg, l, bytes_of(first, a.len)));
	abi_begin(&b, second, sizeof(second));
	abi_put(&b, l, msg);
	fuzz_check(!abi_finish_body(&b));
	fuzz_check(bytes_equal_var(bytes_of(first, a.len),
				   bytes_of(second, b.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size || size > BODY_MAX / 2)
		return 0;
	if (data[0] == 0xff)
		check_header(bytes_of(data + 1, size - 1));
	else
		check_message(layouts[data[0] % ARRAY_LEN(layouts)],
			      bytes_of(data + 1, size - 1));
	return 0;
}
