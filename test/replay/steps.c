/* SPDX-License-Identifier: Apache-2.0 */
#include "test/replay/steps.h"

#include <stdlib.h>

const uint8_t step_token[SHA256_LEN] = { 0x5a };

void step_send_raw(struct recorder *r, uint16_t cmd, uint32_t rsp_cap,
		   uint32_t out_cap)
{
	const struct host *h = &r->host;

	recorder_fill(r, cmd, bytes_of(h->request, h->req_w.len),
		      bytes_of(h->state, h->state_w.len), rsp_cap, out_cap);
	recorder_call(r);
}

void step_finish(struct recorder *r, uint16_t items)
{
	recorder_ok(r, abi_finish(&r->host.req_w, items));
}

void step_mutate(struct recorder *r, uint8_t *bytes, size_t *len)
{
	size_t at = *len ? prng_below(&r->prng, *len) : 0;

	switch (prng_below(&r->prng, 5)) {
	case 0:
		*len = at;
		break;
	case 1:
		bytes[(*len)++] = (uint8_t)prng_next(&r->prng);
		break;
	default:
		bytes[at] ^= (uint8_t)(1u << prng_below(&r->prng, 8));
		break;
	}
}

void step_refused(const struct recorder *r, enum kms_rc rc)
{
	if (rc)
		return;
	(void)fprintf(stderr, "call %zu (%s) was not refused\n", r->calls,
		      r->note);
	abort();
}

void step_expect(const struct recorder *r, enum kms_rc rc, enum kms_rc want)
{
	if (rc == want)
		return;
	(void)fprintf(stderr, "call %zu (%s): %s, not %s\n", r->calls, r->note,
		      kms_rc_name(rc), kms_rc_name(want));
	abort();
}

void step_begin_sign(struct recorder *r, const uint64_t *slots, size_t count)
{
	uint8_t digest[SHA256_LEN];

	host_begin(&r->host, CMD_SIGN);
	for (size_t i = 0; i < count; i++) {
		const struct host_key *key = &r->host.db.keys[slots[i]];
		bool with_token = key->evidence_kind == EVIDENCE_API_KEY;

		prng_fill(&r->prng, digest, sizeof(digest));
		host_put_sign_item(
			&r->host, slots[i], key->uuid, digest,
			key->evidence_kind,
			with_token ? bytes_of(step_token, sizeof(step_token))
				   : step_nothing());
	}
}

void step_sign(struct recorder *r, const uint64_t *slots, size_t count,
	       bool with_state)
{
	step_begin_sign(r, slots, count);
	for (size_t i = 0; with_state && i < count; i++)
		host_put_proof(&r->host, slots[i]);
	recorder_ok(r, host_send_request(&r->host, CMD_SIGN, (uint16_t)count));
}

void step_stage(struct recorder *r, struct host_op op)
{
	recorder_ok(r, host_prepare(&r->host, &op, 1));
}

void step_abort(struct recorder *r)
{
	recorder_ok(r, host_abort(&r->host));
}

void step_create(struct recorder *r, size_t count, size_t p256_count)
{
	struct host_op ops[ABI_BATCH_OPS];
	uint8_t entropy[64];

	prng_fill(&r->prng, entropy, sizeof(entropy));
	for (size_t i = 0; i < count; i++) {
		ops[i] = host_create(i < p256_count ? KEY_SPEC_P256
						    : KEY_SPEC_SECP256K1);
		if (prng_below(&r->prng, 4) == 0)
			ops[i].entropy = bytes_of(entropy, 1 + i % 64);
		if (i >= p256_count && prng_below(&r->prng, 4) == 0) {
			ops[i].evidence_kind = EVIDENCE_API_KEY;
			ops[i].evidence =
				bytes_of(step_token, sizeof(step_token));
		}
	}
	recorder_ok(r, host_apply(&r->host, ops, count));
}

uint64_t step_plain_slot(struct recorder *r, uint8_t spec)
{
	const struct host_db *db = &r->host.db;
	uint64_t slot = 0;

	do
		slot = prng_below(&r->prng, db->next_slot);
	while (db->keys[slot].type != RECORD_KEY || db->keys[slot].deleted ||
	       db->keys[slot].spec != spec ||
	       db->keys[slot].state != KEY_STATE_ENABLED ||
	       db->keys[slot].evidence_kind != EVIDENCE_NONE);
	return slot;
}

struct host_op step_any_change(struct recorder *r, uint8_t op, uint8_t state)
{
	uint64_t slot = step_plain_slot(r, KEY_SPEC_SECP256K1);

	return host_change(&r->host, slot, op, state);
}
