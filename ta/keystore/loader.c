/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/loader.h"

#include "abi/slot_tree.h"
#include "ta/keystore/seal.h"
#include "ta/ta.h"

#include <string.h>

static enum kms_rc prove(const struct shard *s, uint64_t slot,
			 const struct abi_state_proof *proof)
{
	struct slot_leaf leaf = { .slot = slot };
	struct bytes path = proof->path;
	uint8_t was[SHA256_LEN] = { 0 };
	uint8_t is[SHA256_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	record_leaf(leaf.was, proof->blob);
	memcpy(leaf.is, leaf.was, sizeof(leaf.is));
	rc = slot_tree_fold(was, is, &leaf, 1, s->anchor.depth,
			    slot_tree_take_sibling, &path, NULL, NULL);
	if (rc)
		return rc;
	if (path.len || !ct_equal(was, s->anchor.root, sizeof(was)))
		return KMS_RC_BAD_PROOF;
	return KMS_RC_OK;
}

/* What is used has a body; a vault is not, and a tombstone has none. */
static enum kms_rc open_body(struct ta *ta, struct lru_entry *out,
			     struct bytes blob)
{
	uint8_t *body = ta->scratch.body;
	enum kms_rc rc = KMS_RC_NOT_FOUND;

	switch (out->type) {
	case RECORD_KEY:
		rc = seal_open(&ta->keys, &ta->crypto, body, KEY_RECORD_LEN,
			       blob);
		if (!rc)
			rc = key_record_decode(&out->key, body);
		break;
	case RECORD_WALLET:
		rc = seal_open(&ta->keys, &ta->crypto, body, WALLET_RECORD_LEN,
			       blob);
		if (!rc)
			rc = wallet_record_decode(&out->wallet.record, body);
		break;
	default:
		break;
	}
	secret_wipe(body, sizeof(ta->scratch.body));
	return rc;
}

enum kms_rc loader_open(struct ta *ta, const struct shard *s,
			struct lru_entry *out,
			const struct abi_state_proof *proof)
{
	struct record_header h = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	memset(out, 0, sizeof(*out));
	if (record_get_header(&h, proof->blob) || h.shard != s->anchor.shard)
		return KMS_RC_BAD_PROOF;
	rc = prove(s, h.slot, proof);
	if (rc)
		return rc;
	out->type = h.type;
	out->shard = h.shard;
	out->slot = h.slot;
	out->version = h.version;
	memcpy(out->uuid, h.uuid, sizeof(out->uuid));
	rc = open_body(ta, out, proof->blob);
	if (rc)
		secret_wipe(out, sizeof(*out));
	return rc;
}

enum kms_rc loader_find(struct ta *ta, const struct shard *s,
			const struct lru_entry **entry, struct lru_entry *fresh,
			uint64_t slot, struct abi_rep proofs)
{
	struct bytes value = { 0 };

	*entry = NULL;
	if (shard_find_hold(s, slot))
		return KMS_RC_HELD;
	*entry = lru_find(&ta->lru, s->anchor.shard, slot);
	if (*entry)
		return KMS_RC_OK;
	while (abi_rep_next(&proofs, &value)) {
		struct abi_state_proof proof = { 0 };
		struct record_header h = { 0 };

		if (ABI_DECODE(&proof, state_proof, value) ||
		    record_get_header(&h, proof.blob))
			return KMS_RC_DECODE;
		if (h.shard == s->anchor.shard && h.slot == slot) {
			*entry = fresh;
			return loader_open(ta, s, fresh, &proof);
		}
	}
	return KMS_RC_NEED_STATE;
}
