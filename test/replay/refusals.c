/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is refused in a living domain: uses, malformed requests, and whatever
 * follows a failure of the TEE. Few scenes end the instance, as a start is
 * slow in QEMU.
 */
#include "ta/crypto/test_hooks.h"
#include "test/replay/steps.h"

#include <string.h>

#define SHARDS	  4
#define MUTATIONS 200

/* --- refused use -------------------------------------------------------- */

static void refused_signatures(struct recorder *r)
{
	uint64_t slot = step_plain_slot(r, KEY_SPEC_SECP256K1);
	/* One that no signature has loaded yet. */
	struct host_op fresh = host_create(KEY_SPEC_SECP256K1);
	struct host *h = &r->host;
	uint8_t uuid[ABI_UUID_LEN];

	memcpy(uuid, h->db.keys[slot].uuid, sizeof(uuid));
	r->note = "sign with evidence that does not suffice";
	host_begin(h, CMD_SIGN);
	for (unsigned int kind = 0; kind <= EVIDENCE_COUNT; kind++)
		host_put_sign_item(h, slot, uuid, step_token, (uint8_t)kind,
				   bytes_of(step_token, kind));
	host_put_proof(h, slot);
	recorder_ok(r, host_send_request(h, CMD_SIGN, EVIDENCE_COUNT + 1));
	r->note = "sign as another key, or in another shard";
	uuid[15] ^= 1;
	host_begin(h, CMD_SIGN);
	host_put_sign_item(h, slot, uuid, step_token, EVIDENCE_NONE,
			   step_nothing());
	uuid[15] ^= 1;
	for (h->shard = 1; h->shard < SHARDS; h->shard++)
		host_put_sign_item(h, slot, uuid, step_token, EVIDENCE_NONE,
				   step_nothing());
	h->shard = 0;
	recorder_ok(r, host_send_request(h, CMD_SIGN, SHARDS));
	r->note = "sign with a damaged record";
	recorder_ok(r, host_apply(h, &fresh, 1));
	slot = h->db.next_slot - 1;
	h->db.blobs[slot].bytes[90] ^= 4;
	step_sign(r, &slot, 1, true);
	step_refused(r, host_warm(h, &slot, 1));
	h->db.blobs[slot].bytes[90] ^= 4;
	step_sign(r, &slot, 1, true);
}

/* Every use, algorithm and length of a digest there could be. */
static void odd_sign_items(struct recorder *r)
{
	uint64_t slot = step_plain_slot(r, KEY_SPEC_SECP256K1);
	struct host *h = &r->host;

	r->note = "sign items of other kinds";
	host_begin(h, CMD_SIGN);
	for (uint8_t i = 0; i < ABI_SIGN_ITEMS; i++) {
		struct abi_sign_item item = {
			.slot = slot,
			.alg = i < 8 ? i : ALG_ECDSA_SHA_256,
			.use = i / 8 == 1 ? i % 8 : USE_DIGEST,
			.digest = bytes_of(step_token,
					   i / 8 == 2 ? 28 + i % 8 : 32),
			.evidence_kind = EVIDENCE_NONE,
		};
		size_t at = abi_open(&h->req_w, ABI_TAG_SIGN_ITEMS);

		item.digest.len = item.digest.len > 32 ? 0 : item.digest.len;
		memcpy(item.uuid, h->db.keys[slot].uuid, sizeof(item.uuid));
		ABI_PUT(&h->req_w, sign_item, &item);
		abi_close(&h->req_w, at);
	}
	host_put_proof(h, slot);
	recorder_ok(r, host_send_request(h, CMD_SIGN, ABI_SIGN_ITEMS));
}

/* --- malformed ---------------------------------------------------------- */

static void short_buffers(struct recorder *r)
{
	uint64_t slot = step_plain_slot(r, KEY_SPEC_SECP256K1);
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	uint32_t caps[] = { 0, 1, 16, 31, 32, 33, 100, 200, 300, 400, 1024 };

	for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
		r->note = "SIGN with a short buffer";
		step_begin_sign(r, &slot, 1);
		host_put_proof(&r->host, slot);
		step_finish(r, 1);
		step_send_raw(r, CMD_SIGN, caps[i], 0);
		r->note = "PREPARE with short buffers";
		host_encode_prepare(&r->host, &op, 1);
		step_finish(r, 1);
		step_send_raw(r, CMD_PREPARE, caps[i], ABI_STATE_OUT_MAX);
		step_abort(r);
		host_encode_prepare(&r->host, &op, 1);
		step_finish(r, 1);
		step_send_raw(r, CMD_PREPARE, ABI_RESPONSE_MAX, caps[i]);
		step_abort(r);
	}
}

static void wrong_parameters(struct recorder *r)
{
	uint64_t slot = step_plain_slot(r, KEY_SPEC_SECP256K1);
	static uint8_t many[ABI_STATE_IN_MAX + 1];

	r->note = "parameters of other types";
	for (int i = 0; i < TRACE_PARAMS; i++) {
		for (int kind = TRACE_NONE; kind < TRACE_KINDS; kind++) {
			step_begin_sign(r, &slot, 1);
			step_finish(r, 1);
			recorder_fill(
				r, CMD_SIGN,
				bytes_of(r->host.request, r->host.req_w.len),
				step_nothing(), ABI_RESPONSE_MAX, 64);
			r->call.param[i].kind = (uint8_t)kind;
			recorder_call(r);
		}
	}
	r->note = "parameters of other sizes";
	for (uint32_t more = 0; more < 2; more++) {
		recorder_fill(r, CMD_SIGN,
			      bytes_of(many, ABI_REQUEST_MAX + more),
			      step_nothing(), ABI_RESPONSE_MAX, 0);
		recorder_call(r);
		recorder_fill(r, CMD_SIGN,
			      bytes_of(r->host.request, r->host.req_w.len),
			      bytes_of(many, ABI_STATE_IN_MAX + more),
			      ABI_RESPONSE_MAX, 0);
		recorder_call(r);
	}
	r->note = "numbers that are no command's";
	for (uint32_t cmd = 0; cmd < 0x30000; cmd = 2 * cmd + 3) {
		recorder_fill(r, cmd, bytes_of(many, 40), step_nothing(), 64,
			      0);
		recorder_call(r);
		host_begin(&r->host, (uint16_t)cmd);
		step_finish(r, 0);
		recorder_fill(r, cmd,
			      bytes_of(r->host.request, r->host.req_w.len),
			      step_nothing(), ABI_RESPONSE_MAX, 0);
		recorder_call(r);
	}
}

/* A request of any command that could succeed; gives its number. */
static uint16_t any_request(struct recorder *r)
{
	static const uint16_t commands[] = { CMD_SIGN, CMD_WARM, CMD_PREPARE,
					     CMD_SHARD_STATUS, CMD_SIGN };
	uint16_t cmd = commands[prng_below(&r->prng, ARRAY_LEN(commands))];
	struct host_op ops[2] = {
		step_any_change(r, OP_SET_STATE, KEY_STATE_ENABLED),
		host_create(KEY_SPEC_SECP256K1),
	};
	uint64_t slots[2] = { step_plain_slot(r, KEY_SPEC_SECP256K1),
			      step_plain_slot(r, KEY_SPEC_SECP256K1) };
	struct abi_shard_status_rsp st = { 0 };

	switch (cmd) {
	case CMD_PREPARE:
		host_encode_prepare(&r->host, ops, 2);
		step_finish(r, 2);
		break;
	case CMD_WARM:
		recorder_ok(r, host_warm(&r->host, slots, 2));
		break;
	case CMD_SHARD_STATUS:
		recorder_ok(r, host_shard_status(&r->host, &st));
		break;
	default:
		step_begin_sign(r, slots, 2);
		host_put_proof(&r->host, slots[0]);
		host_put_proof(&r->host, slots[1]);
		step_finish(r, 2);
		break;
	}
	return cmd;
}

static void mutations(struct recorder *r)
{
	struct host *h = &r->host;

	r->note = "a mutated request";
	for (int i = 0; i < MUTATIONS; i++) {
		uint16_t cmd = any_request(r);

		if (h->state_w.len && prng_below(&r->prng, 2))
			step_mutate(r, h->state, &h->state_w.len);
		else
			step_mutate(r, h->request, &h->req_w.len);
		step_send_raw(r, cmd, ABI_RESPONSE_MAX,
			      cmd == CMD_PREPARE ? ABI_STATE_OUT_MAX : 0);
		/* It may have been good enough after all. */
		if (cmd == CMD_PREPARE)
			step_abort(r);
	}
}

/* --- failures of the TEE ------------------------------------------------ */

/* In shard 1, as shard 0 is broken already. */
static void generator_fails(struct recorder *r)
{
	static const uint8_t stuck[64] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	struct host_signature s = { 0 };

	r->note = "the generator stands still";
	op.entropy = bytes_of(step_token, sizeof(step_token));
	recorder_random(r, bytes_of(stuck, sizeof(stuck)));
	step_expect(r, host_prepare(&r->other, &op, 1), KMS_RC_ENTROPY);
	r->note = "a generator that has failed";
	op.entropy = step_nothing();
	step_expect(r, host_prepare(&r->other, &op, 1), KMS_RC_ENTROPY);
	step_expect(r, host_sign(&r->other, 0, step_token, &s), KMS_RC_ENTROPY);
}

static void storage_fails(struct recorder *r)
{
	struct abi_shard_status_rsp st = { 0 };
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	uint64_t slot = 0;

	r->note = "the anchor cannot be written";
	step_stage(r, op);
	host_store(&r->host);
	recorder_set(r, TAPE_FAIL, TAPE_CALL_WRITE, 1);
	step_refused(r, host_commit(&r->host));
	r->note = "a broken shard";
	step_refused(r, host_shard_status(&r->host, &st));
	step_sign(r, &slot, 1, true);
	step_refused(r, host_warm(&r->host, &slot, 1));
	step_refused(r, host_commit(&r->host));
	step_abort(r);
}

static void storage_does_not_open(struct recorder *r)
{
	struct abi_shard_status_rsp st = { 0 };

	recorder_restart(r);
	for (uint32_t call = 0; call < TAPE_CALLS; call++) {
		r->note = "an anchor that cannot be opened";
		recorder_set(r, TAPE_FAIL, call, 1);
		if (call != TAPE_CALL_CREATE)
			step_refused(r, host_shard_open(&r->host, &st));
		recorder_set(r, TAPE_FAIL, call, 0);
	}
	r->note = "storage works again";
	recorder_ok(r, host_recover(&r->host, false));
}

static void a_signature_goes_wrong(struct recorder *r)
{
	uint64_t slot = step_plain_slot(r, KEY_SPEC_SECP256K1);
	uint32_t where = K256_FAULT_KEY +
			 (uint32_t)prng_below(&r->prng, K256_FAULT_RECID);

	r->note = "a bit of a signature flips";
	recorder_set(r, TAPE_GLITCH, where, 1);
	step_begin_sign(r, &slot, 1);
	host_put_proof(&r->host, slot);
	step_refused(r, host_send_request(&r->host, CMD_SIGN, 1));
	r->note = "and the instance ends";
	step_refused(r, host_resend(&r->host, CMD_SIGN));
	recorder_restart(r);
	recorder_ok(r, host_recover(&r->host, false));
}

static void known_answer_is_wrong(struct recorder *r)
{
	struct abi_selftest_req req = { 0 };
	struct abi_info_rsp info = { 0 };
	uint64_t slot = step_plain_slot(r, KEY_SPEC_SECP256K1);

	r->note = "a self test fails";
	recorder_set(r, TAPE_BREAK, 5, 0);
	host_begin(&r->host, CMD_SELFTEST);
	ABI_PUT(&r->host.req_w, selftest_req, &req);
	step_refused(r, host_send_request(&r->host, CMD_SELFTEST, 0));
	r->note = "after a failed self test";
	step_begin_sign(r, &slot, 1);
	step_refused(r, host_send_request(&r->host, CMD_SIGN, 1));
	recorder_ok(r, host_info(&r->host, &info));
}

void refusals_record(struct recorder *r)
{
	refused_signatures(r);
	odd_sign_items(r);
	short_buffers(r);
	wrong_parameters(r);
	mutations(r);
	storage_fails(r);
	generator_fails(r);
	storage_does_not_open(r);
	a_signature_goes_wrong(r);
	known_answer_is_wrong(r);
}
