/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/cmd/use.h"
#include "ta/cmd/cmd.h"
#include "ta/keystore/loader.h"

/* Opens every record of the run; keep: also into the LRU. */
static enum kms_rc load_all(struct ta *ta, const struct shard *s,
			    struct abi_rep proofs, bool keep)
{
	struct lru_entry *fresh = &ta->scratch.entry;
	struct bytes value = { 0 };
	enum kms_rc rc = KMS_RC_OK;

	while (!rc && abi_rep_next(&proofs, &value)) {
		struct abi_state_proof proof = { 0 };

		rc = ABI_DECODE(&proof, state_proof, value);
		if (!rc)
			rc = loader_open(ta, s, fresh, &proof);
		if (!rc && keep)
			lru_keep(&ta->lru, fresh);
	}
	secret_wipe(fresh, sizeof(*fresh));
	return rc;
}

enum kms_rc cmd_warm(struct ta *ta, struct ta_call *call)
{
	struct abi_warm_req req = { 0 };
	struct abi_state_in state = { 0 };
	struct abi_warm_rsp rsp = { 0 };
	const struct shard *s = NULL;
	enum kms_rc rc = ABI_DECODE(&req, warm_req, call->body);

	if (!rc)
		rc = ABI_DECODE(&state, state_in, call->state);
	if (rc)
		return rc;
	s = ta_shard(ta, req.shard);
	if (!s || s->broken)
		return s ? KMS_RC_STORAGE : KMS_RC_NOT_OPEN;
	/* All or none: one bad record must not cost good ones their place. */
	rc = load_all(ta, s, state.proofs, false);
	if (!rc)
		rc = load_all(ta, s, state.proofs, true);
	if (rc)
		return rc;
	rsp.loaded = state.proofs.count;
	ABI_PUT(&call->rsp, warm_rsp, &rsp);
	return KMS_RC_OK;
}

static enum kms_rc use_record(struct ta *ta, struct use_out *out,
			      const struct shard *s,
			      const struct abi_sign_item *item,
			      struct abi_rep proofs)
{
	const struct lru_entry *e = NULL;
	struct lru_entry *kept = NULL;
	enum kms_rc rc =
		loader_find(ta, s, &e, &ta->scratch.entry, item->slot, proofs);

	if (!rc && !ct_equal(e->uuid, item->uuid, sizeof(e->uuid)))
		rc = KMS_RC_NOT_FOUND;
	if (rc)
		return rc;
	if (e->type == RECORD_WALLET)
		rc = use_wallet(ta, out, e, item);
	else
		rc = use_key(ta, out, e, item);
	if (rc)
		return rc;
	kept = lru_keep(&ta->lru, e);
	if (kept->type == RECORD_WALLET)
		kept->wallet.leaf = ta->scratch.leaf;
	return KMS_RC_OK;
}

static enum kms_rc use_one(struct ta *ta, struct use_out *out,
			   struct bytes value, struct abi_rep proofs)
{
	struct abi_sign_item item = { 0 };
	const struct shard *s = NULL;
	enum kms_rc rc = ABI_DECODE(&item, sign_item, value);

	if (rc)
		return rc;
	s = ta_shard(ta, item.shard);
	if (!s || s->broken)
		return s ? KMS_RC_STORAGE : KMS_RC_NOT_OPEN;
	rc = item.use == USE_CHALLENGE ? use_challenge(ta, out, &item)
				       : use_record(ta, out, s, &item, proofs);
	secret_wipe(&ta->scratch, sizeof(ta->scratch));
	return rc;
}

/* What a failed item has come to stays here. */
static void put_item(struct ta_call *call, struct use_out *out, enum kms_rc rc)
{
	size_t at = abi_open(&call->rsp, ABI_TAG_SIGN_ITEMS);

	if (rc)
		secret_wipe(out, sizeof(*out));
	out->rsp.status = (uint16_t)rc;
	ABI_PUT(&call->rsp, sign_result, &out->rsp);
	abi_close(&call->rsp, at);
	call->items++;
}

/*
 * Signing is no change of state: no storage, no heap. Each item has its own
 * status, so that one bad item does not cost its neighbours.
 */
enum kms_rc cmd_sign(struct ta *ta, struct ta_call *call)
{
	struct abi_sign_req req = { 0 };
	struct abi_state_in state = { 0 };
	struct bytes value = { 0 };
	enum kms_rc rc = ABI_DECODE(&req, sign_req, call->body);

	if (!rc)
		rc = ABI_DECODE(&state, state_in, call->state);
	if (!rc && req.items.count != call->header.items)
		rc = KMS_RC_DECODE;
	while (!rc && abi_rep_next(&req.items, &value)) {
		struct use_out out = { 0 };
		enum kms_rc status = use_one(ta, &out, value, state.proofs);

		put_item(call, &out, status);
		/* A failed self-check stops the instance, not just the item. */
		if (status == KMS_RC_FAULT)
			rc = KMS_RC_FAULT;
	}
	return rc;
}
