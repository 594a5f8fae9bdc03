/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sender that asks after every refusal whether anything has changed.
 */
#include "test/property/mh.h"

#include <string.h>

/* What a self-check or a broken storage says for good, and is meant to. */
struct verdicts {
	bool faulted;
	bool ready;
	bool broken;
};

unsigned int mh_refusals;

static bool is_verdict(enum kms_rc rc)
{
	return rc == KMS_RC_FAULT || rc == KMS_RC_SELFTEST ||
	       rc == KMS_RC_STORAGE;
}

static struct verdicts swap_verdicts(struct ta *ta, struct verdicts v)
{
	struct verdicts now = { ta->faulted, ta->ready, ta->shards[0].broken };

	ta->faulted = v.faulted;
	ta->ready = v.ready;
	ta->shards[0].broken = v.broken;
	return now;
}

/* Of one item that SIGN refused, the state is as if it had not been asked. */
static enum kms_rc result_of(uint16_t cmd, struct bytes rsp)
{
	struct abi_header header = { 0 };
	struct abi_sign_rsp sign = { 0 };
	struct abi_sign_result item = { 0 };
	struct bytes body = { 0 };
	struct bytes value = { 0 };
	bool refused = true;

	assert_ok(abi_get_header(&header, &body, rsp));
	if (header.status || cmd != CMD_SIGN)
		return (enum kms_rc)header.status;
	assert_ok(ABI_DECODE(&sign, sign_rsp, body));
	while (abi_rep_next(&sign.items, &value)) {
		assert_ok(ABI_DECODE(&item, sign_result, value));
		refused &= item.status != KMS_RC_OK;
	}
	return refused ? (enum kms_rc)item.status : KMS_RC_OK;
}

static enum kms_rc send_checked(void *arg, uint16_t cmd, struct bytes request,
				struct bytes state, struct buf *rsp,
				struct buf *out)
{
	struct instance *i = arg;
	struct verdicts was = { i->ta.faulted, i->ta.ready,
				i->ta.shards[0].broken };
	uint8_t before[SHA256_LEN];
	uint8_t after[SHA256_LEN];
	enum kms_rc rc = KMS_RC_INTERNAL;
	enum kms_rc result = KMS_RC_INTERNAL;

	if (i->alive)
		ta_digest(&i->ta, before);
	rc = instance_send(i, cmd, request, state, rsp, out);
	result = rc ? rc : result_of(cmd, bytes_of(rsp->ptr, rsp->len));
	if (!result || !i->alive)
		return rc;
	mh_refusals++;
	if (is_verdict(result))
		was = swap_verdicts(&i->ta, was);
	ta_digest(&i->ta, after);
	if (is_verdict(result))
		swap_verdicts(&i->ta, was);
	if (memcmp(before, after, sizeof(before)) != 0)
		fail_msg("%s with %s has changed something", abi_cmd_name(cmd),
			 kms_rc_name(result));
	return rc;
}

int mh_open_checked(void **state)
{
	struct fixture *f = NULL;

	fixture_open(state);
	f = *state;
	mh_refusals = 0;
	f->host.send = send_checked;
	return 0;
}

void mh_make_keys(struct fixture *f)
{
	static const uint8_t presented[SHA256_LEN] = { 0x5a };
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	fixture_keys(f, 5);
	op.evidence_kind = EVIDENCE_API_KEY;
	op.evidence = bytes_of(presented, sizeof(presented));
	assert_ok(host_apply(&f->host, &op, 1));
	fixture_keys(f, 2);
	assert_ok(fixture_set_state(f, 3, KEY_STATE_DISABLED));
	assert_ok(fixture_delete(f, 4));
}

void mh_starve(struct fixture *f)
{
	f->one.ta.crypto.drbg.requests = UINT32_MAX;
	gp_fault_set(GP_CALL_RANDOM, 1, UINT64_MAX, GP_FAULT_STUCK);
}

void mh_feed(struct fixture *f)
{
	gp_fault_set(GP_CALL_RANDOM, 0, 0, GP_FAULT_NONE);
	fixture_restart(f);
}
