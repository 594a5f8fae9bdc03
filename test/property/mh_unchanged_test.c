/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I9: a failed request changes nothing.
 *
 * Every command of these tests goes through a sender that digests all the
 * state of the TA and its storage before and after. The tests provoke each
 * result that SIGN and the small commands can have, and then whatever chance
 * brings; mh_unchanged_commit_test.c has PREPARE and COMMIT.
 */
#include "test/property/mh.h"

#include "ta/crypto/test_hooks.h"

#include <string.h>

/* --- SIGN ----------------------------------------------------------------- */

struct sign_case {
	const char *what;
	uint64_t slot;
	enum kms_rc want;
	uint16_t shard;
	bool no_proof;
	bool bad_proof;
	bool bad_uuid;
	uint8_t alg;
	uint8_t digest_len;
	uint8_t evidence_kind;
	uint8_t evidence_len;
	uint8_t use;
};

static const struct sign_case sign_cases[] = {
	{ "another shard", 0, KMS_RC_NOT_OPEN, .shard = 2 },
	{ "no record", 0, KMS_RC_NEED_STATE, .no_proof = true },
	{ "a wrong path", 1, KMS_RC_BAD_PROOF, .bad_proof = true },
	{ "a tombstone", 4, KMS_RC_NOT_FOUND },
	{ "another's uuid", 0, KMS_RC_NOT_FOUND, .bad_uuid = true },
	{ "a disabled key", 3, KMS_RC_KEY_DISABLED },
	{ "an algorithm", 0, KMS_RC_KEY_USAGE, .alg = 7 },
	{ "a short digest", 0, KMS_RC_DECODE, .digest_len = 31 },
	{ "a use", 0, KMS_RC_DECODE, .use = 1 },
	{ "no evidence", 5, KMS_RC_AUTH_REQUIRED },
	{ "a short hash", 5, KMS_RC_AUTH_FORMAT,
	  .evidence_kind = EVIDENCE_API_KEY, .evidence_len = 31 },
	{ "too much evidence", 0, KMS_RC_AUTH_FORMAT, .evidence_len = 1 },
	{ "a kind of evidence", 0, KMS_RC_AUTH_REQUIRED,
	  .evidence_kind = EVIDENCE_GRANT },
};

static enum kms_rc send_case(struct fixture *f, const struct sign_case *c)
{
	static const uint8_t zero[64];
	struct host *h = &f->host;
	struct abi_sign_item item = {
		.shard = c->shard,
		.slot = c->slot,
		.alg = c->alg ? c->alg : ALG_ECDSA_SHA_256,
		.use = c->use,
		.digest = bytes_of(zero, c->digest_len ? c->digest_len : 32),
		.evidence_kind = c->evidence_kind,
		.evidence = bytes_of(zero, c->evidence_len),
	};
	struct host_signature s = { 0 };
	size_t at = 0;

	memcpy(item.uuid, h->db.keys[c->slot].uuid, sizeof(item.uuid));
	item.uuid[0] ^= c->bad_uuid;
	host_begin(h, CMD_SIGN);
	at = abi_open(&h->req_w, ABI_TAG_SIGN_ITEMS);
	ABI_PUT(&h->req_w, sign_item, &item);
	abi_close(&h->req_w, at);
	if (!c->no_proof)
		host_put_proof(h, c->slot);
	if (c->bad_proof)
		h->state[h->state_w.len - 1] ^= 1;
	assert_ok(host_send_request(h, CMD_SIGN, 1));
	assert_true(host_get_signature(h, 0, &s));
	return s.status;
}

static void i9_a_refused_signature_changes_nothing(void **state)
{
	struct fixture *f = *state;

	mh_make_keys(f);
	for (size_t i = 0; i < ARRAY_LEN(sign_cases); i++) {
		const struct sign_case *c = &sign_cases[i];
		enum kms_rc rc = KMS_RC_INTERNAL;

		/* With an empty cache, so that the proof is looked at. */
		fixture_restart(f);
		rc = send_case(f, c);
		if (rc != c->want)
			fail_msg("%s: %s", c->what, kms_rc_name(rc));
	}
	/* And with everything in it. */
	for (uint64_t slot = 0; slot < 8; slot++)
		if (slot != 4)
			assert_ok(host_warm(&f->host, &slot, 1));
	for (size_t i = 0; i < ARRAY_LEN(sign_cases); i++)
		if (!sign_cases[i].no_proof && !sign_cases[i].bad_proof)
			assert_rc(send_case(f, &sign_cases[i]),
				  sign_cases[i].want);
	assert_true(mh_refusals >= 2 * ARRAY_LEN(sign_cases) - 2);
}

static void i9_a_signature_that_fails_inside_changes_nothing(void **state)
{
	static const struct sign_case good = { .slot = 0 };
	struct fixture *f = *state;

	mh_make_keys(f);
	f->host.rsp_cap = ABI_HEADER_LEN + 8;
	host_begin(&f->host, CMD_SIGN);
	assert_rc(host_send_request(&f->host, CMD_SIGN, 1),
		  KMS_RC_SHORT_BUFFER);
	f->host.rsp_cap = sizeof(f->host.rsp_bytes);
	fixture_restart(f);
	mh_starve(f);
	assert_rc(send_case(f, &good), KMS_RC_ENTROPY);
	mh_feed(f);
	k256_test_fault(K256_FAULT_KEY, 9);
	host_begin(&f->host, CMD_SIGN);
	host_put_sign_item(&f->host, 0, f->host.db.keys[0].uuid,
			   f->host.db.keys[0].public_key, EVIDENCE_NONE,
			   (struct bytes){ 0 });
	host_put_proof(&f->host, 0);
	assert_rc(host_send_request(&f->host, CMD_SIGN, 1), KMS_RC_FAULT);
}

/* --- all others ----------------------------------------------------------- */

/* One command with one field, and what it says. */
struct small_case {
	uint16_t cmd;
	const char *value;
	size_t len;
	uint16_t items;
	enum kms_rc want;
};

static const struct small_case small_cases[] = {
	{ CMD_PROVISION, "\4", 1, 0, KMS_RC_DECODE },
	{ CMD_PROVISION, "\0\0", 2, 0, KMS_RC_LIMIT },
	{ CMD_PROVISION, "\101\0", 2, 0, KMS_RC_LIMIT },
	{ CMD_PROVISION, "\4\0", 2, 0, KMS_RC_PROVISIONED },
	{ CMD_SHARD_OPEN, "\1", 1, 0, KMS_RC_DECODE },
	{ CMD_SHARD_OPEN, "\1\0", 2, 0, KMS_RC_DECODE },
	{ CMD_SHARD_OPEN, "\1\0\0\0", 4, 2, KMS_RC_IN_USE },
	{ CMD_SHARD_OPEN, "\1\0\1\0", 4, 2, KMS_RC_IN_USE },
	{ CMD_SHARD_OPEN, "\1\0\4\0", 4, 2, KMS_RC_NOT_FOUND },
	{ CMD_SHARD_STATUS, "\1\0", 2, 0, KMS_RC_NOT_OPEN },
	{ CMD_SHARD_STATUS, "\1", 1, 0, KMS_RC_DECODE },
	{ CMD_ABORT, "\1\0", 2, 0, KMS_RC_NOT_OPEN },
	{ CMD_ABORT, "\1", 1, 0, KMS_RC_DECODE },
	{ CMD_WARM, "\1\0", 2, 0, KMS_RC_NOT_OPEN },
	{ CMD_WARM, "\1", 1, 0, KMS_RC_DECODE },
	{ CMD_RANDOM, "\1", 1, 0, KMS_RC_DECODE },
	{ CMD_RANDOM, "\0\0", 2, 0, KMS_RC_LIMIT },
	{ CMD_RANDOM, "\1\4", 2, 0, KMS_RC_LIMIT },
	{ 0x13, "\1", 1, 0, KMS_RC_UNSUPPORTED },
};

static void i9_other_refused_commands_change_nothing(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;

	mh_make_keys(f);
	for (size_t i = 0; i < ARRAY_LEN(small_cases); i++) {
		const struct small_case *c = &small_cases[i];

		host_begin(h, c->cmd);
		abi_put_var(&h->req_w, 0x0001, c->value, c->len);
		assert_rc(host_send_request(h, c->cmd, c->items), c->want);
	}
	host_begin(h, CMD_INFO);
	h->request[4]++;
	assert_rc(host_send_request(h, CMD_INFO, 0), KMS_RC_VERSION);
	assert_int_equal(mh_refusals, ARRAY_LEN(small_cases) + 1);
}

static void i9_a_bad_record_among_good_ones_warms_none(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	uint64_t slots[] = { 0, 1, 2, 4 };

	mh_make_keys(f);
	fixture_restart(f);
	assert_rc(host_warm(h, slots, 4), KMS_RC_NOT_FOUND);
	h->db.blobs[2].bytes[60] ^= 1;
	assert_rc(host_warm(h, slots, 3), KMS_RC_BAD_PROOF);
	h->db.blobs[2].bytes[60] ^= 1;
	assert_int_equal(mh_refusals, 2);
	assert_ok(host_warm(h, slots, 3));
}

static void i9_a_failed_self_test_changes_nothing_but_itself(void **state)
{
	struct fixture *f = *state;

	mh_make_keys(f);
	selftest_test_break(0);
	host_begin(&f->host, CMD_SELFTEST);
	assert_rc(host_send_request(&f->host, CMD_SELFTEST, 0),
		  KMS_RC_SELFTEST);
	selftest_test_break(-1);
	fixture_check_refused(f, 0, KMS_RC_SELFTEST);
	assert_int_equal(mh_refusals, 2);
}

static void i9_no_bent_request_that_fails_changes_anything(void **state)
{
	static unsigned int seen[128];
	struct fixture *f = *state;
	unsigned int kinds = 0;

	for (int i = 0; i < 1500; i++) {
		struct mh_attack a = { 0 };

		if (!prng_below(&f->prng, 3)) {
			mh_act(f);
			continue;
		}
		a = mh_attack(f);
		kinds += a.rc < 128 && !seen[a.rc]++;
	}
	printf("# %u refusals, %u results\n", mh_refusals, kinds);
	assert_true(mh_refusals > 500 && kinds > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		mh_checked_test(i9_a_refused_signature_changes_nothing),
		mh_checked_test(
			i9_a_signature_that_fails_inside_changes_nothing),
		mh_checked_test(i9_other_refused_commands_change_nothing),
		mh_checked_test(i9_a_bad_record_among_good_ones_warms_none),
		mh_checked_test(
			i9_a_failed_self_test_changes_nothing_but_itself),
		mh_checked_test(i9_no_bent_request_that_fails_changes_anything),
	};

	return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
