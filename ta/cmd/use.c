/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/cmd/use.h"
#include "ta/cmd/cmd.h"
#include "ta/keystore/loader.h"

/* Opens every record of the run; keep: also into the LRU. */
static enum kms_rc load_all(struct ta *ta, const struct shard *s,
			    struct abi_rep proofs, bool keep)
{
	struct lru_entry fresh = { 0 };
	struct bytes value = { 0 };
	enum kms_rc rc = KMS_RC_OK;

	while (!rc && abi_rep_next(&proofs, &value)) {
		struct abi_state_proof proof = { 0 };

		rc = ABI_DECODE(&proof, state_proof, value);
		if (!rc)
			rc = loader_open(ta, s, &fresh, &proof);
		if (!rc && keep)
			lru_keep(&ta->lru, &fresh);
	}
	secret_wipe(&fresh, sizeof(fresh));
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

static enum kms_rc sign_one(struct ta *ta, struct abi_sign_result *out,
			    uint8_t sig[64], struct bytes value,
			    struct abi_rep proofs)
{
	const struct lru_entry *e = NULL;
	struct lru_entry fresh = { 0 };
	struct abi_sign_item item = { 0 };
	const struct shard *s = NULL;
	enum kms_rc rc = ABI_DECODE(&item, sign_item, value);

	if (rc)
		return rc;
	s = ta_shard(ta, item.shard);
	if (!s || s->broken)
		return s ? KMS_RC_STORAGE : KMS_RC_NOT_OPEN;
	rc = loader_find(ta, s, &e, &fresh, item.slot, proofs);
	if (!rc && !ct_equal(e->uuid, item.uuid, sizeof(e->uuid)))
		rc = KMS_RC_NOT_FOUND;
	if (!rc)
		rc = use_key(ta, out, sig, e, &item);
	if (!rc)
		lru_keep(&ta->lru, e);
	secret_wipe(&fresh, sizeof(fresh));
	return rc;
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
		struct abi_sign_result out = { 0 };
		uint8_t sig[64] = { 0 };
		size_t at = abi_open(&call->rsp, ABI_TAG_SIGN_ITEMS);

		out.status =
			(uint16_t)sign_one(ta, &out, sig, value, state.proofs);
		/* A failed self-check stops the instance, not just the item. */
		if (out.status == KMS_RC_FAULT)
			rc = KMS_RC_FAULT;
		ABI_PUT(&call->rsp, sign_result, &out);
		abi_close(&call->rsp, at);
		call->items++;
	}
	return rc;
}
