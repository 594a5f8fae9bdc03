/* SPDX-License-Identifier: Apache-2.0 */
/* Uses and changes of wallets on their way to the TEE and back. */
#include "host/tee_client/tee.h"
#include "test/unit/service/fake_tee.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct world {
	struct tee *tee;
	struct tee_line *line;
	struct tee_sign sign;
	unsigned int ends;
	enum kms_rc rc;
};

static int set_up(void **state)
{
	static struct world w;
	struct tee_config config = { .transport = &transport_fake,
				     .workers = FAKE_WORKERS,
				     .call_ms = 1000,
				     .lines_max = 2 };

	fake_reset();
	memset(&w, 0, sizeof(w));
	assert_int_equal(tee_open(&w.tee, &config), KMS_RC_OK);
	for (unsigned int i = 0; i < FAKE_WORKERS; i++)
		tee_set_serving(w.tee, i, true);
	assert_int_equal(tee_line_open(&w.line, w.tee), KMS_RC_OK);
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	tee_line_close(&w->line);
	tee_close(&w->tee);
	return 0;
}

static void ended(struct tee_sign *s, enum kms_rc rc)
{
	struct world *w = s->arg;

	w->ends++;
	w->rc = rc;
}

/* A use with every member set; what of them is sent is the question. */
static void fill(struct world *w, uint8_t use, struct bytes payload)
{
	w->sign = (struct tee_sign){
		.shard = 1,
		.slot = 5,
		.use = use,
		.alg = ALG_ECDSA_SHA_256,
		.account = 3,
		.index = 9,
		.payload = payload,
		.evidence_kind = EVIDENCE_PASSKEY,
		.evidence = bytes_of("proof", 5),
		.done = ended,
		.arg = w,
	};
	w->ends = 0;
}

/* Sends it and decodes what has arrived. */
static void send(struct world *w, struct abi_sign_item *item)
{
	struct abi_header h = { 0 };
	struct abi_sign_req req = { 0 };
	struct bytes body = { 0 };
	struct bytes value = { 0 };

	assert_int_equal(tee_sign(w->line, &w->sign), KMS_RC_OK);
	tee_line_reap(w->line);
	assert_int_equal(w->ends, 1);
	assert_int_equal(
		abi_get_header(&h, &body, bytes_of(fake.sign, fake.sign_len)),
		KMS_RC_OK);
	assert_int_equal(ABI_DECODE(&req, sign_req, body), KMS_RC_OK);
	assert_true(abi_rep_next(&req.items, &value));
	assert_int_equal(ABI_DECODE(item, sign_item, value), KMS_RC_OK);
}

#define HAS(item, field) ABI_HAS(item, sign_item, field)

static void a_key_signs_as_it_always_did(void **state)
{
	struct world *w = *state;
	struct abi_sign_item item = { 0 };

	fill(w, USE_DIGEST, (struct bytes){ 0 });
	memset(w->sign.digest, 7, sizeof(w->sign.digest));
	send(w, &item);
	assert_int_equal(w->rc, KMS_RC_OK);
	assert_int_equal(item.digest.len, 32);
	assert_int_equal(item.alg, ALG_ECDSA_SHA_256);
	assert_false(HAS(&item, use));
	assert_false(HAS(&item, account));
	assert_false(HAS(&item, index));
	assert_false(HAS(&item, payload));
	/* What it signed is the caller's own and stays. */
	assert_int_equal(w->sign.digest[0], 7);
	assert_int_equal(w->sign.signature[63], 0x5a);
}

static void a_wallet_use_carries_path_and_payload(void **state)
{
	static const uint8_t uses[] = { USE_HASH, USE_MESSAGE, USE_MESSAGE_191,
					USE_TRANSACTION };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(uses); i++) {
		struct abi_sign_item item = { 0 };

		fill(w, uses[i], bytes_of("payload", 7));
		send(w, &item);
		assert_int_equal(w->rc, KMS_RC_OK);
		assert_int_equal(item.use, uses[i]);
		assert_int_equal(item.account, 3);
		assert_int_equal(item.index, 9);
		assert_int_equal(item.payload.len, 7);
		assert_int_equal(item.evidence.len, 5);
		assert_false(HAS(&item, digest));
		assert_false(HAS(&item, alg));
		assert_int_equal(w->sign.recid, 1);
		assert_int_equal(w->sign.signature[0], 0x5a);
		assert_int_equal(w->sign.digest[31], 0x5a);
		assert_int_equal(w->sign.public_key[63], 0x5a);
	}
}

static void addresses_and_challenges_carry_no_payload(void **state)
{
	struct world *w = *state;
	struct abi_sign_item item = { 0 };

	fill(w, USE_ADDRESS, bytes_of("payload", 7));
	send(w, &item);
	assert_int_equal(w->rc, KMS_RC_OK);
	assert_int_equal(item.use, USE_ADDRESS);
	assert_int_equal(item.index, 9);
	assert_false(HAS(&item, payload));
	assert_int_equal(w->sign.public_key[0], 0x5a);
	fill(w, USE_CHALLENGE, bytes_of("payload", 7));
	send(w, &item);
	assert_int_equal(w->rc, KMS_RC_OK);
	assert_int_equal(item.use, USE_CHALLENGE);
	assert_false(HAS(&item, account));
	assert_false(HAS(&item, payload));
	assert_int_equal(w->sign.nonce[31], 0x5a);
}

static void the_longest_payload_and_evidence_fit(void **state)
{
	static uint8_t payload[ABI_PAYLOAD_MAX];
	static uint8_t evidence[ABI_EVIDENCE_MAX];
	static uint8_t blob[ABI_BLOB_MAX];
	static uint8_t path[32 * ABI_DEPTH_MAX];
	struct world *w = *state;
	struct abi_sign_item item = { 0 };

	memset(payload, 0x11, sizeof(payload));
	fill(w, USE_MESSAGE, bytes_of(payload, sizeof(payload)));
	w->sign.evidence = bytes_of(evidence, sizeof(evidence));
	w->sign.blob = bytes_of(blob, sizeof(blob));
	w->sign.path = bytes_of(path, sizeof(path));
	send(w, &item);
	assert_int_equal(w->rc, KMS_RC_OK);
	assert_int_equal(item.payload.len, sizeof(payload));
	assert_memory_equal(item.payload.ptr, payload, sizeof(payload));
}

static void what_does_not_fit_is_not_sent(void **state)
{
	static uint8_t payload[ABI_REQUEST_MAX];
	struct world *w = *state;

	fill(w, USE_MESSAGE, bytes_of(payload, sizeof(payload)));
	assert_int_equal(tee_sign(w->line, &w->sign), KMS_RC_TOO_LARGE);
	assert_int_equal(fake.sign_len, 0);
	assert_int_equal(w->ends, 0);
}

static void a_refusal_is_told_as_it_is(void **state)
{
	static const enum kms_rc refusals[] = { KMS_RC_FROZEN,
						KMS_RC_NEED_ISSUE,
						KMS_RC_AUTH_CHALLENGE,
						KMS_RC_KEY_DISABLED };
	struct world *w = *state;

	for (size_t i = 0; i < 4; i++) {
		struct abi_sign_item item = { 0 };

		fake.sign_status = refusals[i];
		fill(w, USE_ADDRESS, (struct bytes){ 0 });
		send(w, &item);
		assert_int_equal(w->rc, refusals[i]);
		assert_int_equal(w->sign.public_key[0], 0);
	}
}

/* A whole batch of results with all their members fits into an answer. */
static void the_longest_answer_fits(void **state)
{
	static uint8_t out[ABI_RESPONSE_MAX];
	static const uint8_t filler[64];
	static const uint8_t no_id[ABI_REQ_ID_LEN];
	struct abi_sign_result r = { .signature = bytes_of(filler, 64),
				     .digest = bytes_of(filler, 32),
				     .public_key = bytes_of(filler, 64),
				     .nonce = bytes_of(filler, 32) };
	struct abi_writer w = { 0 };

	(void)state;
	abi_begin(&w, out, sizeof(out));
	abi_put_header(&w, CMD_SIGN, 0, no_id);
	for (unsigned int i = 0; i < ABI_SIGN_ITEMS; i++) {
		size_t at = abi_open(&w, ABI_TAG_SIGN_ITEMS);

		ABI_PUT(&w, sign_result, &r);
		abi_close(&w, at);
		if (i == 0)
			assert_true(w.len <= TEE_SIGN_RSP_MAX);
	}
	assert_int_equal(abi_finish(&w, ABI_SIGN_ITEMS), KMS_RC_OK);
}

static struct abi_prepare_op seen;
static uint8_t seen_text[256];

/* Keeps the last op; views are copied so far as a test looks at them. */
static enum kms_rc look(const struct abi_prepare_op *op)
{
	seen = *op;
	memset(seen_text, 0, sizeof(seen_text));
	if (op->origins.len)
		memcpy(seen_text, op->origins.ptr, op->origins.len);
	return KMS_RC_POLICY_DENY;
}

static void ask(struct world *w, struct tee_change *change)
{
	struct tee_batch b = { .shard = 1, .changes = change, .count = 1 };

	fake.refuse = look;
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(tee_prepare(w->line, &b), KMS_RC_POLICY_DENY);
	assert_int_equal(seen.op, change->op);
}

#define SAW(field) ABI_HAS(&seen, prepare_op, field)

/* Which of the numbers go along; bit by bit, in the order of the schema. */
static unsigned int numbers(void)
{
	const bool saw[] = { SAW(slot),	     SAW(uuid),	      SAW(key_spec),
			     SAW(key_usage), SAW(key_state),  SAW(bind_level),
			     SAW(index),     SAW(window_days) };
	unsigned int bits = 0;

	for (unsigned int i = 0; i < sizeof(saw) / sizeof(saw[0]); i++)
		bits |= (unsigned int)saw[i] << i;
	return bits;
}

static void each_op_carries_its_own_numbers(void **state)
{
	static const struct {
		uint8_t op;
		unsigned int numbers;
	} ops[] = {
		{ OP_CREATE_KEY, 0x0c },
		{ OP_SET_STATE, 0x13 },
		{ OP_CREATE_WALLET, 0x20 },
		{ OP_DELETE, 0x03 },
		{ OP_ISSUE_ADDRESS, 0x43 },
		{ OP_ADD_PASSKEY, 0x03 },
		{ OP_REMOVE_PASSKEY, 0x03 },
		{ OP_CHANGE_PASSKEY, 0x03 },
		{ OP_FREEZE, 0x03 },
		{ OP_UNFREEZE, 0x03 },
		{ OP_SCHEDULE_DELETION, 0x83 },
		{ OP_CANCEL_DELETION, 0x03 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		struct tee_change c = { .op = ops[i].op, .window_days = 7 };

		ask(w, &c);
		if (numbers() != ops[i].numbers)
			fail_msg("op %u carries %#x", ops[i].op, numbers());
		assert_false(SAW(passkey));
		assert_false(SAW(credential_hash));
		assert_false(SAW(rp_id));
		assert_false(SAW(origins));
		assert_false(SAW(registration));
	}
}

static void views_go_along_when_they_are_given(void **state)
{
	uint8_t passkey[64] = { 4 };
	uint8_t hash[32] = { 5 };
	struct tee_change c = {
		.op = OP_CREATE_WALLET,
		.bind_level = BIND_INTENT,
		.passkey = bytes_of(passkey, sizeof(passkey)),
		.credential_hash = bytes_of(hash, sizeof(hash)),
		.rp_id = bytes_of("aastar.io", 9),
		.origins = bytes_of("https://aastar.io", 17),
		.registration = bytes_of("r", 1),
	};
	struct world *w = *state;

	ask(w, &c);
	assert_int_equal(seen.bind_level, BIND_INTENT);
	assert_int_equal(seen.passkey.len, 64);
	assert_int_equal(seen.credential_hash.len, 32);
	assert_int_equal(seen.rp_id.len, 9);
	assert_int_equal(seen.registration.len, 1);
	assert_string_equal((const char *)seen_text, "https://aastar.io");
}

static void got_random(struct tee_random *r, enum kms_rc rc)
{
	struct world *w = r->arg;

	w->ends++;
	w->rc = rc;
}

static struct tee_random *ask_random(struct world *w, size_t len)
{
	static struct tee_random r;

	w->ends = 0;
	r = (struct tee_random){
		.len = len,
		.deadline_ns = 1000,
		.done = got_random,
		.arg = w,
	};
	w->rc = tee_random(w->line, &r);
	return &r;
}

static void random_bytes_come_whole_and_leave_no_copy(void **state)
{
	static const size_t lens[] = { 1, 2, 31, 1023, 1024 };
	static const uint8_t zeros[TEE_RANDOM_RSP_MAX];
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct tee_random *r = ask_random(w, lens[i]);

		assert_int_equal(w->rc, KMS_RC_OK);
		assert_int_equal(w->ends, 0);
		tee_line_reap(w->line);
		assert_int_equal(w->ends, 1);
		assert_int_equal(w->rc, KMS_RC_OK);
		for (size_t k = 0; k < lens[i]; k++)
			assert_int_equal(r->bytes.b[k], (uint8_t)(k + i));
		assert_memory_equal(r->rsp, zeros, sizeof(zeros));
	}
}

static void no_other_number_of_random_bytes_is_asked_for(void **state)
{
	struct world *w = *state;

	(void)ask_random(w, 0);
	assert_int_equal(w->rc, KMS_RC_LIMIT);
	(void)ask_random(w, 1025);
	assert_int_equal(w->rc, KMS_RC_LIMIT);
	assert_int_equal(fake.random_calls, 0);
	assert_int_equal(tee_line_reap(w->line), 0);
}

static void a_random_answer_that_is_none_is_refused(void **state)
{
	struct world *w = *state;

	fake.random_short = 1;
	(void)ask_random(w, 32);
	tee_line_reap(w->line);
	assert_int_equal(w->rc, KMS_RC_UNAVAILABLE);
	fake.random_short = 0;
	fake.random_rc = KMS_RC_ENTROPY;
	(void)ask_random(w, 32);
	tee_line_reap(w->line);
	assert_int_equal(w->rc, KMS_RC_ENTROPY);
	assert_int_equal(w->ends, 1);
}

static void random_bytes_come_from_a_worker_that_serves(void **state)
{
	struct world *w = *state;

	tee_set_serving(w->tee, 0, false);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(ask_random(w, 8)->worker, 1);
		tee_line_reap(w->line);
		assert_int_equal(w->rc, KMS_RC_OK);
	}
	tee_set_serving(w->tee, 1, false);
	(void)ask_random(w, 8);
	assert_int_equal(w->rc, KMS_RC_UNAVAILABLE);
}

static void random_bytes_that_come_too_late_are_not_waited_for(void **state)
{
	struct world *w = *state;

	(void)ask_random(w, 8);
	tee_line_tick(w->line, 999);
	assert_int_equal(w->ends, 0);
	tee_line_tick(w->line, 1000);
	assert_int_equal(w->ends, 1);
	assert_int_equal(w->rc, KMS_RC_TIMEOUT);
	assert_int_equal(tee_line_reap(w->line), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_signs_as_it_always_did),
		TEST(a_wallet_use_carries_path_and_payload),
		TEST(addresses_and_challenges_carry_no_payload),
		TEST(the_longest_payload_and_evidence_fit),
		TEST(what_does_not_fit_is_not_sent),
		TEST(a_refusal_is_told_as_it_is),
		TEST(the_longest_answer_fits),
		TEST(each_op_carries_its_own_numbers),
		TEST(views_go_along_when_they_are_given),
		TEST(random_bytes_come_whole_and_leave_no_copy),
		TEST(no_other_number_of_random_bytes_is_asked_for),
		TEST(a_random_answer_that_is_none_is_refused),
		TEST(random_bytes_come_from_a_worker_that_serves),
		TEST(random_bytes_that_come_too_late_are_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
