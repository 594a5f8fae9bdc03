/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command may cost: no storage and no heap to sign, no heap at all
 * after the start, three quarters of the stack at most. And I24 where it
 * leaves the TA: a signature that fails its check is never released.
 */
#include "test/property/mh.h"

#include "ta/crypto/test_hooks.h"
#include "ta/scrub.h"

#include <string.h>

/* Of ta/optee/user_ta_header_defines.h, which only the dev kit can include. */
#define TA_STACK_SIZE (64 * 1024)
/* Of those who call the scrubbing, down to it. */
#define FRAMES_ABOVE 2048

#if defined(__SANITIZE_ADDRESS__)
#define STACK_IS_AS_BUILT false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STACK_IS_AS_BUILT false
#endif
#endif
#ifndef STACK_IS_AS_BUILT
#define STACK_IS_AS_BUILT true
#endif

/* --- storage and heap ----------------------------------------------------- */

/* Writes a SIGN of count keys, with or without their records. */
static void encode_sign(struct fixture *f, uint16_t count, bool with_proofs)
{
	struct host *h = &f->host;
	uint8_t digest[32];

	host_begin(h, CMD_SIGN);
	for (uint64_t slot = 0; slot < count; slot++) {
		prng_fill(&f->prng, digest, sizeof(digest));
		host_put_sign_item(h, slot, h->db.keys[slot].uuid, digest,
				   EVIDENCE_NONE, (struct bytes){ 0 });
		if (with_proofs)
			host_put_proof(h, slot);
	}
	assert_ok(abi_finish(&h->req_w, count));
}

static enum kms_rc send_guarded(void *arg, uint16_t cmd, struct bytes request,
				struct bytes state, struct buf *rsp,
				struct buf *out)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	gp_heap_guard(true);
	rc = instance_send(arg, cmd, request, state, rsp, out);
	gp_heap_guard(false);
	return rc;
}

static void check_all_signed(const struct host *h, uint16_t count)
{
	struct host_signature s = { 0 };

	for (uint16_t i = 0; i < count; i++) {
		assert_true(host_get_signature(h, i, &s));
		assert_ok(s.status);
	}
}

static void signing_touches_neither_storage_nor_heap(void **state)
{
	struct fixture *f = *state;
	uint64_t offences = gp_heap_offences();

	fixture_keys(f, ABI_SIGN_ITEMS);
	f->host.send = send_guarded;
	/* Cold, with its records; then warm, with and without them. */
	fixture_restart(f);
	for (int round = 0; round < 3; round++) {
		encode_sign(f, ABI_SIGN_ITEMS, round < 2);
		gp_count_reset();
		assert_ok(host_resend(&f->host, CMD_SIGN));
		check_all_signed(&f->host, ABI_SIGN_ITEMS);
		assert_int_equal(gp_count(GP_CALL_STORAGE), 0);
		assert_int_equal(gp_count(GP_CALL_ALLOC), 0);
		assert_int_equal(gp_heap_offences(), offences);
	}
}

static void no_command_allocates_after_the_start(void **state)
{
	struct fixture *f = *state;
	uint64_t offences = gp_heap_offences();

	f->host.send = send_guarded;
	for (int i = 0; i < 1000; i++) {
		if (prng_below(&f->prng, 2))
			mh_act(f);
		else
			mh_attack(f);
	}
	assert_int_equal(gp_heap_offences(), offences);
}

/* --- the stack ------------------------------------------------------------ */

static struct {
	size_t depth;
	uint16_t cmd;
} deepest;

static enum kms_rc send_measured(void *arg, uint16_t cmd, struct bytes request,
				 struct bytes state, struct buf *rsp,
				 struct buf *out)
{
	enum kms_rc rc = mh_stack_send(arg, cmd, request, state, rsp, out);

	if (mh_stack_depth() > deepest.depth) {
		deepest.depth = mh_stack_depth();
		deepest.cmd = cmd;
	}
	return rc;
}

static void every_command_stays_in_three_quarters_of_the_stack(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;

	deepest.depth = 0;
	h->send = send_measured;
	assert_ok(host_provision(h, FIXTURE_SHARDS, (struct bytes){ 0 }));
	assert_ok(host_recover(h, false));
	host_begin(h, CMD_SELFTEST);
	assert_ok(host_send_request(h, CMD_SELFTEST, 0));
	fixture_keys(f, 2 * ABI_BATCH_OPS);
	fixture_restart(f);
	encode_sign(f, ABI_SIGN_ITEMS, true);
	assert_ok(host_resend(h, CMD_SIGN));
	check_all_signed(h, ABI_SIGN_ITEMS);
	for (int i = 0; i < 200; i++) {
		if (prng_below(&f->prng, 2))
			mh_act(f);
		else
			mh_attack(f);
	}
	printf("# deepest: %zu bytes, %s\n", deepest.depth,
	       abi_cmd_name(deepest.cmd));
	/* Scrubbing is the deepest: whatever a command wrote it has covered. */
	assert_true(deepest.depth > SCRUB_LEN);
	if (!STACK_IS_AS_BUILT)
		return;
	assert_true(deepest.depth <= SCRUB_LEN + FRAMES_ABOVE);
	assert_true(deepest.depth <= TA_STACK_SIZE * 3 / 4);
}

/* --- I24 ------------------------------------------------------------------ */

/* A glitch anywhere inside signing: FAULT, no signature, and no more service.
 */
static void
i24_a_fault_while_signing_ends_the_instance_without_output(void **state)
{
	static const enum k256_fault places[] = { K256_FAULT_KEY,
						  K256_FAULT_DIGEST,
						  K256_FAULT_R, K256_FAULT_S,
						  K256_FAULT_RECID };
	struct fixture *f = *state;
	struct host *h = &f->host;
	struct host_signature s = { 0 };
	uint8_t digest[32] = { 1 };

	fixture_keys(f, 3);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			fixture_restart(f);
			assert_ok(host_sign(h, 0, digest, &s));
			/* In the first of three; the others go unsigned. */
			encode_sign(f, 3, true);
			k256_test_fault(places[i], bit);
			assert_rc(host_resend(h, CMD_SIGN), KMS_RC_FAULT);
			assert_int_equal(h->rsp.len, ABI_HEADER_LEN);
			assert_int_equal(h->out.len, 0);
			assert_rc(host_sign(h, 0, digest, &s), KMS_RC_FAULT);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(signing_touches_neither_storage_nor_heap),
		fixture_test(no_command_allocates_after_the_start),
		cmocka_unit_test_setup_teardown(
			every_command_stays_in_three_quarters_of_the_stack,
			fixture_open_blank, fixture_close),
		fixture_test(
			i24_a_fault_while_signing_ends_the_instance_without_output),
	};

	return cmocka_run_group_tests_name("costs", tests, NULL, NULL);
}
