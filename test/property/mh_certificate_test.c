/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I3: the anchor's seq goes up by exactly one, and only a valid certificate of
 * this shard, domain and state moves it.
 */
#include "test/property/mh.h"

#include "common/endian.h"

#include <string.h>

#define PC_SHARD_AT 6
#define PC_SEQ_AT   8

typedef uint8_t pc_bytes[ABI_PC_LEN];

/* A certificate, and the host's step it belongs to, kept for later. */
static void prepare(struct fixture *f, pc_bytes pc)
{
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	assert_ok(host_prepare(&f->host, &op, 1));
	memcpy(pc, f->host.staged.pc, sizeof(pc_bytes));
}

static void commit(struct fixture *f)
{
	host_store(&f->host);
	assert_ok(host_commit(&f->host));
	host_finish(&f->host);
}

static void restart(struct fixture *f)
{
	struct abi_shard_status_rsp st = { 0 };

	instance_kill(&f->one);
	instance_start_fast(&f->one, 1);
	assert_ok(host_shard_open(&f->host, &st));
}

static enum kms_rc send(struct fixture *f, const pc_bytes pc)
{
	return host_send_commit(&f->host, pc, 0);
}

struct history {
	struct fixture *f;
	struct anchor last;
	unsigned int steps;
};

static uint16_t status_of(struct bytes rsp, uint16_t *cmd)
{
	struct abi_header header = { 0 };
	struct bytes body = { 0 };

	assert_ok(abi_get_header(&header, &body, rsp));
	*cmd = header.cmd;
	return header.status;
}

static void check_step(void *arg, struct bytes request, struct bytes state,
		       struct bytes rsp, struct bytes out)
{
	struct history *h = arg;
	const struct shard *s = &h->f->one.ta.shards[0];
	const struct anchor *now = &s->anchor;
	uint16_t cmd = 0;
	uint16_t status = status_of(rsp, &cmd);

	(void)request;
	(void)state;
	(void)out;
	if (!s->open || (now->seq == h->last.seq &&
			 !memcmp(now->root, h->last.root, SHA256_LEN)))
		return;
	assert_int_equal(now->seq, h->last.seq + 1);
	assert_int_equal(cmd, CMD_COMMIT);
	assert_int_equal(status, KMS_RC_OK);
	assert_memory_equal(now->prev_root, h->last.root, SHA256_LEN);
	h->last = *now;
	h->steps++;
}

static void i3_the_anchor_moves_by_one_and_by_a_commit_alone(void **state)
{
	struct fixture *f = *state;
	struct history h = { .f = f, .last = f->one.ta.shards[0].anchor };

	f->one.watch = check_step;
	f->one.watch_arg = &h;
	for (int i = 0; i < 5000; i++) {
		if (prng_below(&f->prng, 2))
			mh_act(f);
		else
			mh_attack(f);
	}
	f->one.watch = NULL;
	assert_true(h.steps > 100);
	assert_int_equal(h.last.seq, f->host.db.seq);
}

static void i3_a_certificate_with_any_bit_flipped_is_forged(void **state)
{
	struct fixture *f = *state;
	pc_bytes pc;

	/* As the staged batch of this boot, and as the first of another. */
	prepare(f, pc);
	for (int boot = 0; boot < 2; boot++) {
		for (size_t bit = 0; bit < 8 * sizeof(pc); bit++) {
			pc[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_rc(send(f, pc), KMS_RC_CERT);
			pc[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		if (!boot)
			restart(f);
	}
	assert_int_equal(f->one.ta.shards[0].anchor.seq, 0);
	assert_ok(send(f, pc));
}

static void i3_a_certificate_of_any_other_length_is_refused(void **state)
{
	struct fixture *f = *state;
	struct abi_commit_req req = { 0 };
	pc_bytes pc;

	prepare(f, pc);
	for (size_t len = 0; len < sizeof(pc); len++) {
		enum kms_rc rc = KMS_RC_INTERNAL;

		req.pc = bytes_of(pc, len);
		host_begin(&f->host, CMD_COMMIT);
		ABI_PUT(&f->host.req_w, commit_req, &req);
		rc = host_send_request(&f->host, CMD_COMMIT, 1);
		assert_true(rc == KMS_RC_CERT || rc == KMS_RC_DECODE);
	}
	commit(f);
}

static void i3_a_certificate_of_another_shard_is_refused(void **state)
{
	static struct host other;
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	pc_bytes pc;

	host_init(&other, instance_send, &f->one, 1);
	assert_ok(host_recover(&other, false));
	assert_ok(host_prepare(&other, &op, 1));
	memcpy(pc, other.staged.pc, sizeof(pc));
	/* Both shards are at seq 0 with the same empty root. */
	le16_put(pc + PC_SHARD_AT, 0);
	assert_rc(send(f, pc), KMS_RC_CERT);
	restart(f);
	assert_rc(send(f, pc), KMS_RC_CERT);
	assert_rc(send(f, other.staged.pc), KMS_RC_NOT_OPEN);
	assert_int_equal(f->one.ta.shards[0].anchor.seq, 0);
}

static void i3_a_certificate_of_another_domain_is_refused(void **state)
{
	struct fixture *f = *state;
	struct gp_snapshot *blank = NULL;
	pc_bytes pc;

	/* The same device, provisioned twice: only the domain root differs. */
	instance_kill(&f->one);
	blank = gp_storage_snapshot();
	assert_non_null(blank);
	for (int domain = 0; domain < 2; domain++) {
		gp_storage_restore(blank, GP_MEDIUM_REE | GP_MEDIUM_RPMB);
		instance_start_fast(&f->one, 1);
		host_init(&f->host, instance_send, &f->one, 0);
		assert_ok(host_provision(&f->host, FIXTURE_SHARDS,
					 (struct bytes){ 0 }));
		restart(f);
		if (!domain)
			prepare(f, pc);
		else
			restart(f);
		if (domain)
			assert_rc(send(f, pc), KMS_RC_CERT);
		instance_kill(&f->one);
	}
	gp_snapshot_free(&blank);
}

/* Ten boots, a certificate of each, none of them used: one can be. */
static void
i3_of_the_certificates_of_many_boots_one_moves_the_anchor(void **state)
{
	struct fixture *f = *state;
	pc_bytes pcs[10];
	size_t first = prng_below(&f->prng, ARRAY_LEN(pcs));

	for (size_t i = 0; i < ARRAY_LEN(pcs); i++) {
		prepare(f, pcs[i]);
		restart(f);
	}
	assert_ok(send(f, pcs[first]));
	for (int boot = 0; boot < 2; boot++) {
		for (size_t i = 0; i < ARRAY_LEN(pcs); i++)
			assert_rc(send(f, pcs[i]), KMS_RC_SEQ);
		restart(f);
	}
	assert_int_equal(f->one.ta.shards[0].anchor.seq, 1);
}

/* Of all the certificates only number next is the next one, and once. */
static void check_order(struct fixture *f, const pc_bytes *pcs, size_t count,
			size_t next)
{
	for (size_t ahead = next + 1; ahead < count; ahead++)
		assert_rc(send(f, pcs[ahead]), KMS_RC_SEQ);
	assert_ok(send(f, pcs[next]));
	for (size_t again = 0; again <= next; again++)
		assert_rc(send(f, pcs[again]), KMS_RC_SEQ);
	/* The window of a boot is open for one change. */
	if (next + 1 < count)
		assert_rc(send(f, pcs[next + 1]), KMS_RC_EXPIRED);
}

/*
 * A laboratory puts the trusted storage back, which no host can, so that
 * certificates exist that lie ahead, behind and beside the anchor.
 */
static void i3_certificates_out_of_order_are_refused(void **state)
{
	struct fixture *f = *state;
	struct gp_snapshot *start = NULL;
	pc_bytes pcs[3];

	instance_kill(&f->one);
	start = gp_storage_snapshot();
	assert_non_null(start);
	restart(f);
	for (size_t i = 0; i < ARRAY_LEN(pcs); i++) {
		prepare(f, pcs[i]);
		commit(f);
	}
	instance_kill(&f->one);
	gp_storage_restore(start, GP_MEDIUM_REE | GP_MEDIUM_RPMB);
	restart(f);
	restart(f);
	for (size_t i = 0; i < ARRAY_LEN(pcs); i++) {
		check_order(f, pcs, ARRAY_LEN(pcs), i);
		restart(f);
	}
	assert_int_equal(f->one.ta.shards[0].anchor.seq, ARRAY_LEN(pcs));
	gp_snapshot_free(&start);
}

static void i3_a_certificate_that_follows_another_root_is_stale(void **state)
{
	struct fixture *f = *state;
	struct gp_snapshot *start = NULL;
	pc_bytes fork;
	pc_bytes one;
	pc_bytes two;

	prepare(f, fork);
	instance_kill(&f->one);
	start = gp_storage_snapshot();
	assert_non_null(start);
	restart(f);
	prepare(f, one);
	commit(f);
	prepare(f, two);
	instance_kill(&f->one);
	gp_storage_restore(start, GP_MEDIUM_REE | GP_MEDIUM_RPMB);
	restart(f);
	assert_ok(send(f, fork));
	restart(f);
	restart(f);
	/* The right seq, and behind the wrong branch. */
	assert_int_equal(le64_get(two + PC_SEQ_AT), 2);
	assert_rc(send(f, two), KMS_RC_STALE);
	assert_rc(send(f, one), KMS_RC_SEQ);
	assert_int_equal(f->one.ta.shards[0].anchor.seq, 1);
	gp_snapshot_free(&start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(i3_the_anchor_moves_by_one_and_by_a_commit_alone),
		fixture_test(i3_a_certificate_with_any_bit_flipped_is_forged),
		fixture_test(i3_a_certificate_of_any_other_length_is_refused),
		fixture_test(i3_a_certificate_of_another_shard_is_refused),
		cmocka_unit_test_setup_teardown(
			i3_a_certificate_of_another_domain_is_refused,
			fixture_open_blank, fixture_close),
		fixture_test(
			i3_of_the_certificates_of_many_boots_one_moves_the_anchor),
		fixture_test(i3_certificates_out_of_order_are_refused),
		fixture_test(
			i3_a_certificate_that_follows_another_root_is_stale),
	};

	return cmocka_run_group_tests_name("certificates", tests, NULL, NULL);
}
