/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a domain: provisioned, filled, used, changed, restarted, and what
 * the commit protocol refuses on the way.
 */
#include "common/endian.h"
#include "test/replay/steps.h"

#include <string.h>

#define SHARDS	  4
#define EXPIRY_MS 60001

/* --- an honest life ----------------------------------------------------- */

static void before_its_tape(struct recorder *r)
{
	struct abi_info_rsp info = { 0 };

	r->note = "before the TA has started";
	trace_begin(&r->call, TRACE_OPEN, r->note);
	recorder_call(r);
	recorder_ok(r, host_info(&r->host, &info));
}

static void before_provisioning(struct recorder *r)
{
	struct abi_shard_status_rsp st = { 0 };
	struct abi_info_rsp info = { 0 };
	struct host_signature s = { 0 };
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	r->note = "without a domain";
	recorder_ok(r, host_info(&r->host, &info));
	step_refused(r, host_shard_open(&r->host, &st));
	step_refused(r, host_shard_status(&r->host, &st));
	step_refused(r, host_prepare(&r->host, &op, 1));
	step_refused(r, host_abort(&r->host));
	step_refused(r, host_sign(&r->host, 0, step_token, &s));
	r->note = "a domain of a size that is none";
	step_refused(r, host_provision(&r->host, 0, step_nothing()));
	step_refused(r, host_provision(&r->host, ABI_SHARDS_MAX + 1,
				       step_nothing()));
}

static void self_test(struct recorder *r)
{
	for (uint8_t only = 0; only < 2; only++) {
		struct abi_selftest_req req = { .only_signature = only };

		r->note = "self test";
		host_begin(&r->host, CMD_SELFTEST);
		ABI_PUT(&r->host.req_w, selftest_req, &req);
		recorder_ok(r, host_send_request(&r->host, CMD_SELFTEST, 0));
	}
}

/* A control object that cannot be written leaves a TEE to try again with. */
static void provision(struct recorder *r)
{
	struct abi_info_rsp info = { 0 };
	uint8_t entropy[64];

	prng_fill(&r->prng, entropy, sizeof(entropy));
	r->note = "provision while storage fails";
	recorder_set(r, TAPE_FAIL, TAPE_CALL_CREATE, SHARDS + 1);
	step_refused(r, host_provision(&r->host, SHARDS, step_nothing()));
	r->note = "provision";
	recorder_ok(r, host_provision(&r->host, SHARDS,
				      bytes_of(entropy, sizeof(entropy))));
	r->note = "provision twice";
	step_refused(r, host_provision(&r->host, SHARDS, step_nothing()));
	r->note = "info with a domain";
	recorder_ok(r, host_info(&r->host, &info));
}

static enum kms_rc open_list(struct recorder *r, const uint16_t *shards,
			     size_t count)
{
	uint8_t list[2 * ABI_SHARDS_MAX];
	struct abi_shard_open_req req = { .shards = bytes_of(list, 2 * count) };

	for (size_t i = 0; i < count; i++)
		le16_put(list + 2 * i, shards[i]);
	host_begin(&r->host, CMD_SHARD_OPEN);
	ABI_PUT(&r->host.req_w, shard_open_req, &req);
	return host_send_request(&r->host, CMD_SHARD_OPEN, (uint16_t)count);
}

static void open_shards(struct recorder *r)
{
	static const uint16_t twice[] = { 2, 2 };
	static const uint16_t beyond[] = { 2, SHARDS };
	static const uint16_t last[] = { 3, 2 };
	struct abi_shard_status_rsp st = { 0 };
	struct abi_info_rsp info = { 0 };

	r->note = "shards that cannot be opened";
	step_refused(r, host_shard_status(&r->host, &st));
	step_refused(r, open_list(r, twice, 2));
	step_refused(r, open_list(r, beyond, 2));
	step_refused(r, open_list(r, beyond, 0));
	r->note = "open shards";
	recorder_ok(r, open_list(r, last, 2));
	recorder_ok(r, host_recover(&r->host, false));
	recorder_ok(r, host_recover(&r->other, false));
	r->note = "open a shard twice";
	step_refused(r, open_list(r, last, 1));
	r->note = "info with open shards";
	recorder_ok(r, host_info(&r->host, &info));
}

static void create_keys(struct recorder *r)
{
	static const size_t sizes[] = { 1, 2, 3, 5, 8, 31, 32, 33, 64, 64, 64 };

	r->note = "create keys";
	step_create(r, 1, 1);
	step_create(r, 4, 2);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		step_create(r, sizes[i], 0);
}

static void use_keys(struct recorder *r)
{
	uint64_t slots[ABI_SIGN_ITEMS] = { 0 };
	uint64_t total = r->host.db.next_slot;

	r->note = "sign without the record";
	step_sign(r, slots, 1, false);
	r->note = "sign with records and proofs";
	for (size_t count = 1; count <= ABI_SIGN_ITEMS; count *= 2) {
		for (size_t i = 0; i < count; i++)
			slots[i] = prng_below(&r->prng, total);
		step_sign(r, slots, count, true);
		r->note = "sign with what is loaded";
		step_sign(r, slots, count, false);
		r->note = "some records are missing";
		slots[0] = (slots[0] + 1) % total;
		step_sign(r, slots, count, false);
	}
	r->note = "sign with both curves";
	for (size_t i = 0; i < 4; i++)
		slots[i] = step_plain_slot(r, i % 2 ? KEY_SPEC_P256
						    : KEY_SPEC_SECP256K1);
	step_sign(r, slots, 4, true);
	r->note = "warm up";
	for (size_t i = 0; i < ABI_SIGN_ITEMS; i++)
		slots[i] = prng_below(&r->prng, total);
	recorder_ok(r, host_warm(&r->host, slots, ABI_SIGN_ITEMS));
	step_sign(r, slots, ABI_SIGN_ITEMS, false);
	r->note = "more records than fit";
	for (uint64_t first = 0; first < total; first += ABI_SIGN_ITEMS) {
		size_t count = 0;

		for (; count < ABI_SIGN_ITEMS && first + count < total; count++)
			slots[count] = first + count;
		recorder_ok(r, host_warm(&r->host, slots, count));
	}
	for (size_t i = 0; i < ABI_SIGN_ITEMS; i++)
		slots[i] = prng_below(&r->prng, total);
	step_sign(r, slots, ABI_SIGN_ITEMS, false);
}

static void change_keys(struct recorder *r)
{
	struct host_op ops[8];
	uint64_t slots[ARRAY_LEN(ops)] = { 0 };

	r->note = "one batch of creations, changes and deletions";
	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		ops[i] = host_change(&r->host, 3 * i + 7, OP_SET_STATE,
				     KEY_STATE_DISABLED);
		if (i % 3 == 1)
			ops[i].op = OP_DELETE;
		if (i % 3 == 2)
			ops[i] = host_create(i < 3 ? KEY_SPEC_P256
						   : KEY_SPEC_SECP256K1);
		ops[i].evidence_kind = EVIDENCE_API_KEY;
		ops[i].evidence = bytes_of(step_token, sizeof(step_token));
		slots[i] = 3 * i + 7;
	}
	recorder_ok(r, host_apply(&r->host, ops, ARRAY_LEN(ops)));
	r->note = "use what is disabled or deleted";
	step_sign(r, slots, ARRAY_LEN(slots), true);
	step_refused(r, host_warm(&r->host, slots, 2));
	r->note = "delete what is deleted";
	ops[0] = host_change(&r->host, slots[1], OP_DELETE, 0);
	step_refused(r, host_prepare(&r->host, ops, 1));
	r->note = "enable again";
	ops[0] = host_change(&r->host, slots[0], OP_SET_STATE,
			     KEY_STATE_ENABLED);
	ops[0].evidence_kind = EVIDENCE_API_KEY;
	ops[0].evidence = bytes_of(step_token, sizeof(step_token));
	recorder_ok(r, host_apply(&r->host, ops, 1));
	step_sign(r, slots, 1, true);
}

/* --- the commit protocol ------------------------------------------------ */

static void hold_and_abort(struct recorder *r)
{
	struct host_op permissive =
		step_any_change(r, OP_SET_STATE, KEY_STATE_ENABLED);
	struct host_op restrictive = step_any_change(r, OP_DELETE, 0);

	r->note = "a held key does not sign";
	step_stage(r, permissive);
	step_sign(r, &permissive.slot, 1, true);
	r->note = "ABORT ends a permissive hold";
	step_abort(r);
	step_sign(r, &permissive.slot, 1, true);
	r->note = "ABORT does not end a restrictive hold";
	step_stage(r, restrictive);
	step_abort(r);
	step_sign(r, &restrictive.slot, 1, true);
	restrictive.op = OP_SET_STATE;
	restrictive.state = KEY_STATE_ENABLED;
	step_refused(r, host_prepare(&r->host, &restrictive, 1));
	r->note = "ABORT without a batch";
	step_abort(r);
}

static void refused_kinds(struct recorder *r)
{
	struct host *h = &r->host;
	struct host_op op = step_any_change(r, OP_SET_STATE, KEY_STATE_ENABLED);
	struct host_op create_op = host_create(KEY_SPEC_SECP256K1);

	r->note = "a batch with an unknown spec, op or state";
	create_op.spec = 77;
	step_refused(r, host_prepare(h, &create_op, 1));
	create_op.spec = KEY_SPEC_SECP256K1;
	for (int other = 0; other <= OP_CANCEL_DELETION + 1; other++) {
		if (other == OP_CREATE_KEY || other == OP_DELETE)
			continue;
		op.op = (uint8_t)other;
		op.state = 99;
		step_refused(r, host_prepare(h, &op, 1));
	}
	op = step_any_change(r, OP_SET_STATE, KEY_STATE_ENABLED);
	r->note = "a batch with evidence that does not suffice";
	for (unsigned int kind = 0; kind <= EVIDENCE_COUNT; kind++) {
		op.evidence_kind = (uint8_t)kind;
		op.evidence = bytes_of(step_token, kind + 1);
		step_refused(r, host_prepare(h, &op, 1));
		create_op.evidence_kind = op.evidence_kind;
		create_op.evidence = op.evidence;
		step_refused(r, host_prepare(h, &create_op, 1));
	}
}

static void refused_states(struct recorder *r)
{
	struct host *h = &r->host;
	struct host_op op = step_any_change(r, OP_SET_STATE, KEY_STATE_ENABLED);

	r->note = "a batch for another state of the shard";
	h->db.seq++;
	step_refused(r, host_prepare(h, &op, 1));
	h->db.seq--;
	r->note = "a batch with a damaged record";
	h->db.blobs[op.slot].bytes[100] ^= 1;
	step_refused(r, host_prepare(h, &op, 1));
	h->db.blobs[op.slot].bytes[100] ^= 1;
	r->note = "a batch whose record is another one's";
	h->db.keys[op.slot].uuid[0] ^= 1;
	step_refused(r, host_prepare(h, &op, 1));
	h->db.keys[op.slot].uuid[0] ^= 1;
	r->note = "a batch with a damaged proof";
	host_encode_prepare(h, &op, 1);
	step_finish(r, 1);
	h->state[h->state_w.len - 1] ^= 1;
	step_send_raw(r, CMD_PREPARE, sizeof(h->rsp_bytes),
		      sizeof(h->out_bytes));
	r->note = "a batch that announces another number of items";
	host_encode_prepare(h, &op, 1);
	step_finish(r, 2);
	step_send_raw(r, CMD_PREPARE, sizeof(h->rsp_bytes),
		      sizeof(h->out_bytes));
}

static void one_batch_at_a_time(struct recorder *r)
{
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	r->note = "PREPARE again gives the same";
	step_stage(r, op);
	recorder_ok(r, host_resend(&r->host, CMD_PREPARE));
	r->note = "a second batch";
	step_refused(r, host_prepare(&r->other, &op, 1));
	recorder_ok(r, host_abort(&r->other));
	r->note = "COMMIT";
	host_store(&r->host);
	recorder_ok(r, host_commit(&r->host));
	host_finish(&r->host);
	r->note = "the other shard";
	recorder_ok(r, host_apply(&r->other, &op, 1));
}

static void refused_commits(struct recorder *r)
{
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	uint8_t old[ABI_PC_LEN];
	uint8_t pc[ABI_PC_LEN];

	r->note = "a request id that was executed";
	host_encode_prepare(&r->host, &op, 1);
	recorder_ok(r, host_send_request(&r->host, CMD_PREPARE, 1));
	step_abort(r);
	step_create(r, 1, 0);
	r->host.req_counter -= 2;
	step_refused(r, host_prepare(&r->host, &op, 1));
	r->host.req_counter += 2;
	r->note = "a damaged certificate";
	step_stage(r, op);
	memcpy(pc, r->host.staged.pc, sizeof(pc));
	for (size_t i = 0; i < sizeof(pc); i += 7) {
		memcpy(old, pc, sizeof(old));
		old[i] ^= 0x80;
		step_refused(r, host_send_commit(&r->host, old, 1));
	}
	r->note = "a certificate whose batch was dropped";
	step_abort(r);
	step_refused(r, host_send_commit(&r->host, pc, 1));
	r->note = "a batch that has waited too long";
	step_stage(r, op);
	memcpy(pc, r->host.staged.pc, sizeof(pc));
	recorder_clock(r, RECORDER_START_MS + EXPIRY_MS);
	step_refused(r, host_send_commit(&r->host, pc, 1));
	recorder_clock(r, RECORDER_START_MS + EXPIRY_MS - 1);
	recorder_ok(r, host_send_commit(&r->host, pc, 1));
	host_store(&r->host);
	host_finish(&r->host);
	r->note = "a certificate that was committed";
	step_refused(r, host_send_commit(&r->host, pc, 1));
}

/*
 * What stays after a restart is what stands in trusted storage. A batch that
 * is dropped then is in wallets.c.
 */
static void recover(struct recorder *r)
{
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	uint64_t slot = 0;

	r->note = "the instance ends before COMMIT, and the batch is committed";
	step_stage(r, op);
	host_store(&r->host);
	recorder_restart(r);
	recorder_ok(r, host_recover(&r->host, false));
	recorder_ok(r, host_recover(&r->other, false));
	step_sign(r, &slot, 1, false);
	step_sign(r, &slot, 1, true);
}

void life_record(struct recorder *r)
{
	before_its_tape(r);
	r->note = "the first instance";
	recorder_restart(r);
	before_provisioning(r);
	self_test(r);
	provision(r);
	open_shards(r);
	create_keys(r);
	use_keys(r);
	change_keys(r);
	hold_and_abort(r);
	refused_kinds(r);
	refused_states(r);
	one_batch_at_a_time(r);
	refused_commits(r);
	recover(r);
}
