/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/cmd/op.h"

#include "codec/uuid.h"
#include "ta/ta.h"

#include <string.h>

static enum kms_rc make_uuid(struct ta *ta, uint8_t uuid[ABI_UUID_LEN])
{
	enum kms_rc rc = drbg_bytes(&ta->crypto.drbg, uuid, ABI_UUID_LEN);

	uuid_mark_random(uuid);
	return rc;
}

static void name_result(struct op *op)
{
	op->out->slot = op->h.slot;
	op->out->version = op->h.version;
	memcpy(op->out->uuid, op->h.uuid, sizeof(op->out->uuid));
}

enum kms_rc op_new_record(struct ta *ta, struct op *op, uint8_t type,
			  const uint8_t *uuid)
{
	struct txn *t = &ta->txn;
	enum kms_rc rc = KMS_RC_OK;

	if (t->next_slot >> ABI_DEPTH_MAX)
		return KMS_RC_LIMIT;
	op->h = (struct record_header){
		.type = type,
		.shard = op->shard->anchor.shard,
		.root_gen = op->shard->anchor.root_gen,
		.slot = t->next_slot,
		.version = 1,
	};
	if (uuid)
		memcpy(op->h.uuid, uuid, sizeof(op->h.uuid));
	else
		rc = make_uuid(ta, op->h.uuid);
	if (rc)
		return rc;
	/* out->was stays the empty leaf. */
	name_result(op);
	t->next_slot++;
	t->live++;
	return KMS_RC_OK;
}

enum kms_rc op_take_record(struct op *op, struct abi_rep *records)
{
	const struct abi_prepare_op *in = op->in;
	const struct shard *s = op->shard;

	if (!ABI_HAS(in, prepare_op, slot) || !ABI_HAS(in, prepare_op, uuid) ||
	    !abi_rep_next(records, &op->blob) ||
	    record_get_header(&op->h, op->blob))
		return KMS_RC_DECODE;
	if (op->h.shard != s->anchor.shard || op->h.slot != in->slot ||
	    !ct_equal(op->h.uuid, in->uuid, sizeof(op->h.uuid)))
		return KMS_RC_BAD_PROOF;
	if (op->h.type == RECORD_TOMBSTONE)
		return KMS_RC_NOT_FOUND;
	if (shard_find_hold(s, op->h.slot) && !op->out->restricts)
		return KMS_RC_HELD;
	record_leaf(op->out->was, op->blob);
	return KMS_RC_OK;
}

void op_next_version(struct op *op)
{
	op->h.version++;
	name_result(op);
}

enum kms_rc op_seal(struct ta *ta, struct op *op, struct bytes body)
{
	struct txn *t = &ta->txn;
	struct buf out = { .ptr = t->blobs + t->blobs_used,
			   .cap = sizeof(t->blobs) - t->blobs_used };
	enum kms_rc rc =
		seal_record(&ta->keys, &ta->crypto, &out, &op->h, body);

	if (rc)
		return rc;
	op->out->blob_at = (uint32_t)t->blobs_used;
	op->out->blob_len = (uint32_t)out.len;
	t->blobs_used += out.len;
	record_leaf(op->out->leaf, bytes_of(out.ptr, out.len));
	return KMS_RC_OK;
}

enum kms_rc op_tombstone(struct txn *t, struct op *op)
{
	uint8_t *blob = t->blobs + t->blobs_used;

	if (sizeof(t->blobs) - t->blobs_used < RECORD_HEADER_LEN)
		return KMS_RC_LIMIT;
	op->h.type = RECORD_TOMBSTONE;
	record_put_header(blob, &op->h);
	op->out->blob_at = (uint32_t)t->blobs_used;
	op->out->blob_len = RECORD_HEADER_LEN;
	t->blobs_used += RECORD_HEADER_LEN;
	record_leaf(op->out->leaf, bytes_of(blob, RECORD_HEADER_LEN));
	t->live--;
	return KMS_RC_OK;
}

enum kms_rc op_spend(struct txn *t, struct op *op,
		     const struct webauthn_grant *grant)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->ops[i].spends &&
		    ct_equal(t->ops[i].grant.nonce, grant->nonce,
			     sizeof(grant->nonce)))
			return KMS_RC_AUTH_CHALLENGE;
	op->out->grant = *grant;
	op->out->spends = true;
	return KMS_RC_OK;
}
