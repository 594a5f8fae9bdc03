/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/transport/sign_ta.h"

#include "abi/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void sign_make(struct buf *out, uint8_t req_id, unsigned int items,
	       uint8_t seed)
{
	uint8_t id[ABI_REQ_ID_LEN];
	struct abi_writer w = { 0 };

	memset(id, req_id, sizeof(id));
	abi_begin(&w, out->ptr, out->cap);
	abi_put_header(&w, CMD_SIGN, 0, id);
	for (unsigned int i = 0; i < items; i++) {
		uint8_t digest[32];
		struct abi_sign_item item = {
			.slot = i,
			.alg = 1,
			.digest = bytes_of(digest, sizeof(digest)),
		};
		size_t at = abi_open(&w, ABI_TAG_SIGN_ITEMS);

		memset(digest, (int)(seed + i), sizeof(digest));
		ABI_PUT(&w, sign_item, &item);
		abi_close(&w, at);
	}
	assert_int_equal(abi_finish(&w, (uint16_t)items), KMS_RC_OK);
	out->len = w.len;
}

/* False when the item refuses the whole. */
static bool put_result(struct abi_writer *w, struct bytes value)
{
	struct abi_sign_item item = { 0 };
	struct abi_sign_result result = { 0 };
	uint8_t signature[64];
	size_t at = 0;

	assert_int_equal(ABI_DECODE(&item, sign_item, value), KMS_RC_OK);
	assert_int_equal(item.digest.len, 32);
	if (item.digest.ptr[0] == 0xff)
		return false;
	memcpy(signature, item.digest.ptr, 32);
	memcpy(signature + 32, item.digest.ptr, 32);
	result.signature = bytes_of(signature, sizeof(signature));
	at = abi_open(w, ABI_TAG_SIGN_ITEMS);
	ABI_PUT(w, sign_result, &result);
	abi_close(w, at);
	return true;
}

void sign_answer(struct buf *out, struct bytes req)
{
	struct abi_header h = { 0 };
	struct abi_sign_req m = { 0 };
	struct abi_writer w = { 0 };
	struct bytes body = { 0 };
	struct bytes value = { 0 };
	uint16_t count = 0;
	bool whole = true;

	assert_int_equal(abi_get_header(&h, &body, req), KMS_RC_OK);
	assert_int_equal(ABI_DECODE(&m, sign_req, body), KMS_RC_OK);
	assert_int_equal(h.items, m.items.count);
	abi_begin(&w, out->ptr, out->cap);
	abi_put_header(&w, CMD_SIGN, KMS_RC_OK, h.req_id);
	while (whole && abi_rep_next(&m.items, &value)) {
		whole = put_result(&w, value);
		count++;
	}
	if (!whole) {
		abi_begin(&w, out->ptr, out->cap);
		abi_put_header(&w, CMD_SIGN, KMS_RC_DECODE, h.req_id);
		count = 0;
	}
	assert_int_equal(abi_finish(&w, count), KMS_RC_OK);
	out->len = w.len;
}

bool sign_is_answer(struct bytes rsp, uint8_t req_id, unsigned int items,
		    uint8_t seed)
{
	struct abi_header h = { 0 };
	struct abi_sign_rsp m = { 0 };
	struct bytes body = { 0 };
	struct bytes value = { 0 };

	if (abi_get_header(&h, &body, rsp) || h.status || h.items != items ||
	    h.req_id[0] != req_id || h.req_id[15] != req_id ||
	    ABI_DECODE(&m, sign_rsp, body) || m.items.count != items)
		return false;
	for (unsigned int i = 0; abi_rep_next(&m.items, &value); i++) {
		struct abi_sign_result result = { 0 };

		if (ABI_DECODE(&result, sign_result, value) || result.status ||
		    result.signature.len != 64)
			return false;
		for (size_t k = 0; k < 64; k++)
			if (result.signature.ptr[k] != (uint8_t)(seed + i))
				return false;
	}
	return true;
}
