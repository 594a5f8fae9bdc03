/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TA's GlobalPlatform entry points (I22), under a script that the input is:
 * an honest host's steps, whose messages are bent on their way, and raw ones.
 *
 * Whatever comes in: the answer parses and stays within its room, a refused
 * command changes nothing (I9), and nothing panics.
 *
 * Randomness, time and device key are the same in every run, so that an input
 * does the same each time, and a trace of raw messages stays valid.
 */
#include "abi/instance.h"
#include "common/mem.h"
#include "fuzz/fuzz.h"
#include "ta/crypto/selftest.h"
#include "ta/posix/platform.h"
#include "test/property/world.h"
#include "test/unit/seed.h"

#include <string.h>

#define STEPS_MAX 48
#define BENDS_MAX 3
#define TAPE_LEN  65536
#define SHARDS	  3

enum verb {
	VERB_RAW,
	VERB_PREPARE,
	VERB_COMMIT,
	VERB_ABORT,
	VERB_SIGN,
	VERB_WARM,
	VERB_STATUS,
	VERB_INFO,
	VERB_RESTART,
	VERB_CLOCK,
	VERB_SELFTEST,
	VERB_OPEN,
	VERB_PROVISION,
	VERB_DROP,
	VERB_COUNT,
};

/* One change to a message, after it was written and before it is sent. */
struct bend {
	uint8_t what;
	uint16_t at;
	uint8_t value;
};

static struct {
	struct bytes in; /* what is left of the script */
	struct host host;
	struct bend bends[BENDS_MAX];
	size_t bend_count;
	uint8_t p0[ABI_REQUEST_MAX];
	uint8_t p2[ABI_STATE_IN_MAX];
} f;

/* --- the script ----------------------------------------------------------- */

static uint8_t take(void)
{
	uint8_t b = 0;

	if (!f.in.len)
		return 0;
	b = *f.in.ptr++;
	f.in.len--;
	return b;
}

static uint16_t take16(void)
{
	uint8_t low = take();

	return (uint16_t)(low | take() << 8);
}

static struct bytes take_bytes(size_t len)
{
	struct bytes b = { f.in.ptr, len < f.in.len ? len : f.in.len };

	f.in.ptr += b.len;
	f.in.len -= b.len;
	return b;
}

/* --- what is between the host and the TA ---------------------------------- */

enum kms_rc platform_open(int state_fd)
{
	(void)state_fd;
	return KMS_RC_OK;
}

void platform_close(void)
{
}

/* Its answers have a test of their own, and cost more than all the rest. */
enum kms_rc __wrap_crypto_selftest(struct crypto *c, uint16_t *run);
enum kms_rc __wrap_crypto_selftest(struct crypto *c, uint16_t *run)
{
	(void)c;
	*run = 0;
	return KMS_RC_OK;
}

enum kms_rc __real_ta_run(struct ta *ta, uint16_t cmd, size_t request_len,
			  size_t state_len, size_t rsp_cap, size_t out_cap,
			  size_t *rsp_len, size_t *out_len) KMS_MUST_USE;
enum kms_rc __wrap_ta_run(struct ta *ta, uint16_t cmd, size_t request_len,
			  size_t state_len, size_t rsp_cap, size_t out_cap,
			  size_t *rsp_len, size_t *out_len) KMS_MUST_USE;

/* Whether it signed nothing although it answered, item by item. */
static bool signed_nothing(struct bytes body)
{
	struct abi_sign_rsp rsp = { 0 };
	struct abi_sign_result item = { 0 };
	struct bytes value = { 0 };
	bool nothing = true;

	fuzz_check(!ABI_DECODE(&rsp, sign_rsp, body));
	while (abi_rep_next(&rsp.items, &value)) {
		fuzz_check(!ABI_DECODE(&item, sign_result, value));
		nothing &= item.status != KMS_RC_OK;
	}
	return nothing;
}

static bool was_refused(const struct ta *ta, uint16_t cmd, size_t len)
{
	struct abi_header header = { 0 };
	struct bytes body = { 0 };

	fuzz_check(
		!abi_get_header(&header, &body, bytes_of(ta->response, len)));
	return header.status || (cmd == CMD_SIGN && signed_nothing(body));
}

/* No fault is injected here, so a refusal leaves no mark at all. */
enum kms_rc __wrap_ta_run(struct ta *ta, uint16_t cmd, size_t request_len,
			  size_t state_len, size_t rsp_cap, size_t out_cap,
			  size_t *rsp_len, size_t *out_len)
{
	uint8_t before[SHA256_LEN];
	uint8_t after[SHA256_LEN];
	enum kms_rc rc = KMS_RC_INTERNAL;

	ta_digest(ta, before);
	rc = __real_ta_run(ta, cmd, request_len, state_len, rsp_cap, out_cap,
			   rsp_len, out_len);
	fuzz_check(*rsp_len <= rsp_cap && *out_len <= out_cap);
	ta_digest(ta, after);
	if (rc || was_refused(ta, cmd, *rsp_len))
		fuzz_check(bytes_equal_var(bytes_of(before, sizeof(before)),
					   bytes_of(after, sizeof(after))));
	fuzz_check(!ta->faulted);
	return rc;
}

static const struct abi_layout *layout_of(uint16_t cmd)
{
	switch (cmd) {
	case CMD_INFO:
		return &abi_layout_info_rsp;
	case CMD_SELFTEST:
		return &abi_layout_selftest_rsp;
	case CMD_PROVISION:
		return &abi_layout_provision_rsp;
	case CMD_SHARD_OPEN:
		return &abi_layout_shard_open_rsp;
	case CMD_SHARD_STATUS:
		return &abi_layout_shard_status_rsp;
	case CMD_PREPARE:
		return &abi_layout_prepare_rsp;
	case CMD_COMMIT:
		return &abi_layout_commit_rsp;
	case CMD_WARM:
		return &abi_layout_warm_rsp;
	case CMD_SIGN:
		return &abi_layout_sign_rsp;
	case CMD_RANDOM:
		return &abi_layout_random_rsp;
	default:
		return &abi_layout_abort_rsp;
	}
}

/* The largest struct of a response. */
union any_response {
	struct abi_info_rsp info;
	struct abi_prepare_rsp prepare;
	struct abi_commit_rsp commit;
	struct abi_sign_rsp sign;
	struct abi_shard_status_rsp status;
	uint8_t room[512];
};

static void check_answer(uint16_t cmd, struct bytes rsp, struct bytes out)
{
	const struct abi_layout *layout = layout_of(cmd);
	union any_response any;
	struct abi_state_out state = { 0 };
	struct abi_header header = { 0 };
	struct bytes body = { 0 };

	fuzz_check(layout->size <= sizeof(any));
	fuzz_check(!abi_get_header(&header, &body, rsp));
	fuzz_check(header.cmd == cmd);
	fuzz_check(header.status < 100);
	if (header.status) {
		fuzz_check(!body.len && !out.len && !header.items);
		return;
	}
	fuzz_check(!abi_decode(&any, layout, body));
	fuzz_check(!ABI_DECODE(&state, state_out, out));
}

static void apply_bends(struct instance_params *p)
{
	for (size_t i = 0; i < f.bend_count; i++) {
		const struct bend *b = &f.bends[i];

		switch (b->what % 6) {
		case 0:
			if (p->in.len)
				f.p0[b->at % p->in.len] ^= b->value;
			break;
		case 1:
			if (p->in2.len)
				f.p2[b->at % p->in2.len] ^= b->value;
			break;
		case 2:
			p->in.len -= b->at % (p->in.len + 1);
			break;
		case 3:
			p->in2.len -= b->at % (p->in2.len + 1);
			break;
		case 4:
			p->out.cap = b->at % (p->out.cap + 1);
			break;
		default:
			p->out2.cap = b->at % (p->out2.cap + 1);
			break;
		}
	}
}

static enum kms_rc call(uint16_t cmd, struct instance_params *p)
{
	uint32_t result = instance_invoke(cmd, p);

	fuzz_check(result == INSTANCE_OK || result == INSTANCE_SHORT_BUFFER ||
		   result == INSTANCE_BAD_PARAMS);
	fuzz_check(p->out.len <= p->out.cap && p->out2.len <= p->out2.cap);
	if (result != INSTANCE_OK)
		return KMS_RC_UNAVAILABLE;
	check_answer(cmd, bytes_of(p->out.ptr, p->out.len),
		     bytes_of(p->out2.ptr, p->out2.len));
	return KMS_RC_OK;
}

static enum kms_rc send(void *arg, uint16_t cmd, struct bytes request,
			struct bytes state, struct buf *rsp, struct buf *out)
{
	struct instance_params p = {
		.in = bytes_of(f.p0, request.len),
		.out = { .ptr = rsp->ptr, .cap = rsp->cap },
		.in2 = bytes_of(f.p2, state.len),
		.out2 = { .ptr = out->ptr, .cap = out->cap },
	};
	bool bent = f.bend_count != 0;
	enum kms_rc rc = KMS_RC_INTERNAL;

	(void)arg;
	memcpy(f.p0, request.ptr, request.len);
	if (state.len)
		memcpy(f.p2, state.ptr, state.len);
	apply_bends(&p);
	f.bend_count = 0;
	rc = call(cmd, &p);
	rsp->len = p.out.len;
	out->len = p.out2.len;
	/* What a bent request has done, the honest host does not hear of. */
	return bent ? KMS_RC_UNAVAILABLE : rc;
}

/* --- the steps ------------------------------------------------------------ */

static uint64_t take_slot(void)
{
	uint64_t slot = take();

	return f.host.db.next_slot ? slot % f.host.db.next_slot : 0;
}

static void prepare(void)
{
	static struct host_op ops[4];
	size_t count = 0;
	size_t wanted = 1 + take() % 4;
	size_t created = 0;

	while (count < wanted) {
		uint8_t kind = take();
		uint64_t slot = take_slot();
		const struct host_key *key = &f.host.db.keys[slot];
		bool create = kind < 128 || !key->exists || key->deleted;

		created += create;
		ops[count++] = create ? host_create(1 + (kind & 1))
				      : host_change(&f.host, slot,
						    kind < 192 ? OP_SET_STATE
							       : OP_DELETE,
						    1 + kind % 3);
	}
	if (f.host.db.next_slot + created >= HOST_SLOTS)
		return;
	if (!host_prepare(&f.host, ops, count) && !f.host.db.prepared)
		host_store(&f.host);
}

static void commit(void)
{
	if (f.host.db.prepared && !host_commit(&f.host))
		host_finish(&f.host);
}

static void raw(void)
{
	static uint8_t rsp[ABI_RESPONSE_MAX];
	static uint8_t out[ABI_STATE_OUT_MAX];
	uint16_t cmd = take16();
	struct bytes p0 = take_bytes(take16());
	struct bytes p2 = take_bytes(take16());
	struct instance_params p = {
		.in = p0,
		.out = { .ptr = rsp, .cap = sizeof(rsp) },
		.in2 = p2,
		.out2 = { .ptr = out, .cap = sizeof(out) },
	};

	(void)call(cmd, &p);
}

static void restart(void)
{
	instance_close();
	host_forget(&f.host);
	fuzz_check(instance_open(-1) == INSTANCE_OK);
	(void)host_recover(&f.host, take() & 1);
}

static void use(enum verb verb)
{
	struct abi_shard_status_rsp st = { 0 };
	struct abi_info_rsp info = { 0 };
	struct host_signature s = { 0 };
	uint64_t slots[2] = { take_slot(), take_slot() };
	uint8_t digest[32];

	memset(digest, (int)slots[1], sizeof(digest));
	switch (verb) {
	case VERB_SIGN:
		(void)host_sign(&f.host, slots[0], digest, &s);
		break;
	case VERB_WARM:
		(void)host_warm(&f.host, slots, ARRAY_LEN(slots));
		break;
	case VERB_STATUS:
		(void)host_shard_status(&f.host, &st);
		break;
	case VERB_OPEN:
		(void)host_shard_open(&f.host, &st);
		break;
	default:
		(void)host_info(&f.host, &info);
		break;
	}
}

static void step(enum verb verb)
{
	switch (verb) {
	case VERB_RAW:
		raw();
		break;
	case VERB_PREPARE:
		prepare();
		break;
	case VERB_COMMIT:
		commit();
		break;
	case VERB_ABORT:
		(void)host_abort(&f.host);
		host_drop(&f.host);
		break;
	case VERB_RESTART:
		restart();
		break;
	case VERB_CLOCK:
		gp_clock_advance(take16());
		break;
	case VERB_SELFTEST:
		host_begin(&f.host, CMD_SELFTEST);
		(void)host_send_request(&f.host, CMD_SELFTEST, 0);
		break;
	case VERB_PROVISION:
		(void)host_provision(&f.host, take() % 80, take_bytes(64));
		break;
	case VERB_DROP:
		host_drop(&f.host);
		break;
	default:
		use(verb);
		break;
	}
}

static void take_bends(void)
{
	f.bend_count = take();
	f.bend_count = f.bend_count > 192 ? f.bend_count % (BENDS_MAX + 1) : 0;
	for (size_t i = 0; i < f.bend_count; i++)
		f.bends[i] = (struct bend){ .what = take(),
					    .at = take16(),
					    .value = take() };
}

static void run(void *arg)
{
	static uint8_t tape[TAPE_LEN];
	struct prng p = { .state = 1 };

	(void)arg;
	if (!tape[0])
		prng_fill(&p, tape, sizeof(tape));
	gp_tape_replay(bytes_of(tape, sizeof(tape)));
	fuzz_check(instance_open(-1) == INSTANCE_OK);
	host_init(&f.host, send, NULL, 0);
	fuzz_check(!host_provision(&f.host, SHARDS, (struct bytes){ 0 }));
	fuzz_check(!host_recover(&f.host, false));
	for (int i = 0; i < STEPS_MAX && f.in.len; i++) {
		uint8_t verb = take() % VERB_COUNT;

		f.host.shard = 0;
		if (verb == VERB_OPEN || verb == VERB_STATUS)
			f.host.shard = take() % (SHARDS + 1);
		take_bends();
		step((enum verb)verb);
		f.bend_count = 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	f.in = bytes_of(data, size);
	f.bend_count = 0;
	world_open(true);
	fuzz_check(world_try(run, NULL) == WORLD_DONE);
	instance_close();
	world_close();
	return 0;
}
