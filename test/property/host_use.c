/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host model's use of keys: signing and warming up.
 */
#include "test/property/host_model.h"

#include "common/endian.h"

#include <string.h>

void host_put_any_proof(struct host *h, struct bytes blob, struct bytes path)
{
	struct abi_state_proof proof = { .blob = blob, .path = path };
	size_t at = abi_open(&h->state_w, ABI_TAG_PROOFS);

	ABI_PUT(&h->state_w, state_proof, &proof);
	abi_close(&h->state_w, at);
}

void host_put_proof(struct host *h, uint64_t slot)
{
	uint8_t path[ABI_DEPTH_MAX * SHA256_LEN];
	size_t len = host_path(h, slot, path);
	const struct host_blob *blob = &h->db.blobs[slot];

	host_put_any_proof(h, bytes_of(blob->bytes, blob->len),
			   bytes_of(path, len));
}

void host_put_sign_item(struct host *h, uint64_t slot, const uint8_t uuid[16],
			const uint8_t digest[32], uint8_t evidence_kind,
			struct bytes evidence)
{
	struct abi_sign_item item = {
		.shard = h->shard,
		.slot = slot,
		.alg = ALG_ECDSA_SHA_256,
		.evidence_kind = evidence_kind,
		.evidence = evidence,
	};
	size_t at = abi_open(&h->req_w, ABI_TAG_SIGN_ITEMS);

	memcpy(item.uuid, uuid, sizeof(item.uuid));
	item.digest = bytes_of(digest, 32);
	ABI_PUT(&h->req_w, sign_item, &item);
	abi_close(&h->req_w, at);
}

bool host_get_signature(const struct host *h, size_t n,
			struct host_signature *s)
{
	struct abi_sign_rsp rsp = { 0 };
	struct abi_sign_result r = { 0 };
	struct bytes value = { 0 };

	memset(s, 0, sizeof(*s));
	if (ABI_DECODE(&rsp, sign_rsp, h->rsp_body))
		return false;
	for (size_t i = 0; i <= n; i++)
		if (!abi_rep_next(&rsp.items, &value))
			return false;
	if (ABI_DECODE(&r, sign_result, value))
		return false;
	s->status = (enum kms_rc)r.status;
	if (r.signature.len == sizeof(s->sig))
		memcpy(s->sig, r.signature.ptr, sizeof(s->sig));
	s->has_recid = ABI_HAS(&r, sign_result, recid);
	s->recid = r.recid;
	return true;
}

static enum kms_rc sign(struct host *h, uint64_t slot, const uint8_t digest[32],
			struct host_signature *s, bool with_state)
{
	const struct host_key *key = &h->db.keys[slot];
	static const uint8_t presented[SHA256_LEN] = { 0x5a };
	struct bytes evidence = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (key->evidence_kind == EVIDENCE_API_KEY)
		evidence = bytes_of(presented, sizeof(presented));
	host_begin(h, CMD_SIGN);
	host_put_sign_item(h, slot, key->uuid, digest, key->evidence_kind,
			   evidence);
	if (with_state)
		host_put_proof(h, slot);
	rc = host_send_request(h, CMD_SIGN, 1);
	if (rc)
		return rc;
	return host_get_signature(h, 0, s) ? s->status : KMS_RC_INTERNAL;
}

enum kms_rc host_sign(struct host *h, uint64_t slot, const uint8_t digest[32],
		      struct host_signature *s)
{
	enum kms_rc rc = sign(h, slot, digest, s, false);

	return rc == KMS_RC_NEED_STATE ? sign(h, slot, digest, s, true) : rc;
}

enum kms_rc host_warm(struct host *h, const uint64_t *slots, size_t count)
{
	uint8_t le[2];

	host_begin(h, CMD_WARM);
	le16_put(le, h->shard);
	abi_put_var(&h->req_w, 0x0001, le, sizeof(le));
	for (size_t i = 0; i < count; i++)
		host_put_proof(h, slots[i]);
	return host_send_request(h, CMD_WARM, 0);
}
