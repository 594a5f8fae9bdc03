/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/shard.h"

#include "abi/schema.h"
#include "common/secret.h"

#include <string.h>

enum kms_rc shard_open(struct shard *s, uint16_t number, bool strong,
		       bool weak_allowed)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	memset(s, 0, sizeof(*s));
	if (!strong && !weak_allowed)
		return KMS_RC_WEAK_REFUSED;
	rc = anchor_open(&s->object, &s->anchor, number);
	if (rc)
		return rc;
	/* A certificate of an earlier boot is recognised by this counter. */
	s->anchor.boot_ctr++;
	s->anchor.flags = strong ? 0 : ABI_SHARD_WEAK;
	rc = anchor_write(&s->object, &s->anchor);
	if (rc) {
		trusted_object_close(&s->object);
		memset(s, 0, sizeof(*s));
		return rc;
	}
	s->open = true;
	s->recovery = true;
	return KMS_RC_OK;
}

void shard_close(struct shard *s)
{
	trusted_object_close(&s->object);
	memset(s, 0, sizeof(*s));
}

const struct shard_hold *shard_find_hold(const struct shard *s, uint64_t slot)
{
	for (size_t i = 0; i < s->hold_count; i++)
		if (s->holds[i].slot == slot)
			return &s->holds[i];
	return NULL;
}

enum kms_rc shard_add_hold(struct shard *s, uint64_t slot, uint8_t restricts)
{
	for (size_t i = 0; i < s->hold_count; i++) {
		if (s->holds[i].slot == slot) {
			s->holds[i].restricts |= restricts;
			return KMS_RC_OK;
		}
	}
	if (s->hold_count == SHARD_HOLDS)
		return KMS_RC_LIMIT;
	s->holds[s->hold_count++] = (struct shard_hold){
		.slot = slot,
		.restricts = restricts,
	};
	return KMS_RC_OK;
}

void shard_lift_hold(struct shard *s, uint64_t slot, uint8_t restricts)
{
	for (size_t i = 0; i < s->hold_count; i++) {
		struct shard_hold *hold = &s->holds[i];

		if (hold->slot != slot)
			continue;
		hold->restricts &= (uint8_t)~restricts;
		if (!hold->restricts)
			*hold = s->holds[--s->hold_count];
		return;
	}
}

bool shard_knows_req_id(const struct shard *s,
			const uint8_t req_id[ABI_REQ_ID_LEN])
{
	for (uint32_t i = 0; i < s->req_id_count; i++)
		if (ct_equal(s->req_ids[i], req_id, ABI_REQ_ID_LEN))
			return true;
	return false;
}

void shard_remember_req_id(struct shard *s,
			   const uint8_t req_id[ABI_REQ_ID_LEN])
{
	memcpy(s->req_ids[s->req_id_next], req_id, ABI_REQ_ID_LEN);
	s->req_id_next = (s->req_id_next + 1) % SHARD_REQ_IDS;
	if (s->req_id_count < SHARD_REQ_IDS)
		s->req_id_count++;
}
