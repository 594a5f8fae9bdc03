/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/cmd/cmd.h"

#include <string.h>

static void put_result(struct ta_call *call, const struct txn *t,
		       const struct txn_op *op)
{
	struct abi_prepare_result r = {
		.op = op->op,
		.slot = op->slot,
		.version = op->version,
	};
	size_t at = abi_open(&call->rsp, ABI_TAG_RESULTS);

	memcpy(r.uuid, op->uuid, sizeof(r.uuid));
	if (op->has_public_key)
		r.public_key = bytes_of(op->public_key, sizeof(op->public_key));
	ABI_PUT(&call->rsp, prepare_result, &r);
	abi_close(&call->rsp, at);
	abi_put_var(&call->out, ABI_TAG_BLOBS, t->blobs + op->blob_at,
		    op->blob_len);
	call->items++;
}

enum kms_rc cmd_prepare(struct ta *ta, struct ta_call *call)
{
	struct abi_prepare_req req = { 0 };
	struct abi_state_in state = { 0 };
	struct abi_prepare_rsp rsp = { 0 };
	enum kms_rc rc = ABI_DECODE(&req, prepare_req, call->body);

	if (!rc)
		rc = ABI_DECODE(&state, state_in, call->state);
	if (!rc && (req.ops.count != call->header.items || state.proofs.count))
		rc = KMS_RC_DECODE;
	if (!rc)
		rc = txn_prepare(ta, &req, &state, call->header.req_id);
	/* A repeated req_id must not tell about another number of items. */
	if (!rc && ta->txn.count != req.ops.count)
		rc = KMS_RC_DUPLICATE;
	if (rc)
		return rc;
	rsp.pc = bytes_of(ta->txn.pc, sizeof(ta->txn.pc));
	abi_put_var(&call->rsp, abi_layout_prepare_rsp.fields[0].tag,
		    rsp.pc.ptr, rsp.pc.len);
	for (size_t i = 0; i < ta->txn.count; i++)
		put_result(call, &ta->txn, &ta->txn.ops[i]);
	return KMS_RC_OK;
}

static enum kms_rc put_receipts(struct ta *ta, struct ta_call *call,
				const struct certificate *c)
{
	uint8_t raw[ABI_RECEIPT_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_OK;

	for (size_t i = 0; !rc && i < ta->txn.count; i++) {
		const struct txn_op *op = &ta->txn.ops[i];
		struct receipt r = {
			.op = op->op,
			.flags = ta->shards[c->shard].anchor.flags,
			.shard = c->shard,
			.slot = op->slot,
			.version = op->version,
			.seq = c->seq,
		};

		memcpy(r.uuid, op->uuid, sizeof(r.uuid));
		memcpy(r.root, c->root, sizeof(r.root));
		memcpy(r.leaf, op->leaf, sizeof(r.leaf));
		rc = receipt_make(&ta->keys, &ta->crypto, raw, &r);
		if (!rc)
			abi_put_var(&call->rsp, ABI_TAG_RECEIPTS, raw,
				    sizeof(raw));
		call->items++;
	}
	return rc;
}

enum kms_rc cmd_commit(struct ta *ta, struct ta_call *call)
{
	struct abi_commit_req req = { 0 };
	struct abi_commit_rsp rsp = { 0 };
	struct certificate c = { 0 };
	bool fresh = false;
	enum kms_rc rc = ABI_DECODE(&req, commit_req, call->body);

	if (!rc)
		rc = txn_check(ta, req.pc, &c, &fresh);
	/* Room for the receipts was checked by what the header announced. */
	if (!rc && fresh && call->header.items < ta->txn.count)
		rc = KMS_RC_SHORT_BUFFER;
	if (rc)
		return rc;
	rsp.shard = c.shard;
	rsp.seq = c.seq;
	memcpy(rsp.root, c.root, sizeof(rsp.root));
	ABI_PUT(&call->rsp, commit_rsp, &rsp);
	/*
	 * The anchor is written last: once it is, nothing may fail any more.
	 * Until it is, the receipts do not leave the TA.
	 */
	if (fresh)
		rc = put_receipts(ta, call, &c);
	if (!rc)
		rc = txn_commit(ta, &c, fresh);
	return rc;
}

enum kms_rc cmd_abort(struct ta *ta, struct ta_call *call)
{
	struct abi_abort_req req = { 0 };
	enum kms_rc rc = ABI_DECODE(&req, abort_req, call->body);

	if (rc)
		return rc;
	if (!ta_shard(ta, req.shard))
		return KMS_RC_NOT_OPEN;
	txn_abort(ta, req.shard);
	return KMS_RC_OK;
}
