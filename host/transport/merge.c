/* SPDX-License-Identifier: Apache-2.0 */
#include "host/transport/merge.h"

#include "abi/messages.h"

#include <string.h>

/* The items of a request that is nothing but items. */
static bool get_items(struct abi_header *h, struct abi_rep *items,
		      struct bytes req)
{
	struct abi_sign_req m = { 0 };
	struct bytes body = { 0 };

	if (abi_get_header(h, &body, req) || h->cmd != CMD_SIGN ||
	    ABI_DECODE(&m, sign_req, body) || m.items.len != body.len)
		return false;
	*items = m.items;
	return true;
}

unsigned int merge_count(uint16_t cmd, struct bytes req)
{
	struct abi_header h = { 0 };
	struct abi_rep items = { 0 };

	return cmd == CMD_SIGN && get_items(&h, &items, req) ? items.count : 0;
}

/* Copies a run item by item. */
static void put_items(struct abi_writer *w, struct abi_rep *items,
		      unsigned int count)
{
	struct bytes value = { 0 };

	while (count-- && abi_rep_next(items, &value))
		abi_put_var(w, ABI_TAG_SIGN_ITEMS, value.ptr, value.len);
}

enum kms_rc merge_join(struct buf *out, const struct merge_part *parts,
		       unsigned int count)
{
	enum kms_rc rc = KMS_RC_INTERNAL;
	struct abi_writer w = { 0 };
	uint16_t total = 0;

	abi_begin(&w, out->ptr, out->cap);
	for (unsigned int i = 0; i < count; i++) {
		struct abi_header h = { 0 };
		struct abi_rep items = { 0 };

		if (!get_items(&h, &items, parts[i].req))
			return KMS_RC_DECODE;
		/* The answer is taken apart, so any one's id will do. */
		if (i == 0)
			abi_put_header(&w, CMD_SIGN, KMS_RC_OK, h.req_id);
		total = (uint16_t)(total + items.count);
		put_items(&w, &items, items.count);
	}
	rc = abi_finish(&w, total);
	out->len = rc ? 0 : w.len;
	return rc;
}

/* The answer of one part, with the id that its request had. */
static void put_answer(struct merge_part *part, const struct abi_header *rsp,
		       struct abi_rep *results)
{
	struct abi_header req = { 0 };
	struct abi_writer w = { 0 };
	struct bytes body = { 0 };

	part->rsp.len = 0;
	part->rc = abi_get_header(&req, &body, part->req);
	if (part->rc)
		return;
	abi_begin(&w, part->rsp.ptr, part->rsp.cap);
	abi_put_header(&w, CMD_SIGN, rsp->status, req.req_id);
	put_items(&w, results, part->items);
	part->rc = abi_finish(&w, (uint16_t)part->items);
	if (!part->rc)
		part->rsp.len = w.len;
}

enum kms_rc merge_split(struct merge_part *parts, unsigned int count,
			struct bytes rsp)
{
	struct abi_header h = { 0 };
	struct abi_sign_rsp m = { 0 };
	struct bytes body = { 0 };
	unsigned int total = 0;

	for (unsigned int i = 0; i < count; i++)
		total += parts[i].items;
	if (abi_get_header(&h, &body, rsp) || h.cmd != CMD_SIGN || h.status ||
	    ABI_DECODE(&m, sign_rsp, body) || m.items.count != total)
		return KMS_RC_DECODE;
	for (unsigned int i = 0; i < count; i++)
		put_answer(&parts[i], &h, &m.items);
	return KMS_RC_OK;
}
