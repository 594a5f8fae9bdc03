/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I21: request bytes are read once; what the host does to its memory later
 * has no effect.
 *
 * ta_run() stands between the copy and everything that looks at it, and this
 * program is linked so that a call of it comes here first: the host's memory
 * is then rewritten or taken away, as if another core had been that fast.
 */
#include "test/property/mh.h"

#include "abi/instance.h"
#include "abi/ta_uuid.h"
#include "ta/posix/platform.h"
#include "ta/posix/ring_server.h"
#include "ta/ta.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

enum kms_rc __real_ta_run(struct ta *ta, uint16_t cmd, size_t request_len,
			  size_t state_len, size_t rsp_cap, size_t out_cap,
			  size_t *rsp_len, size_t *out_len) KMS_MUST_USE;
enum kms_rc __wrap_ta_run(struct ta *ta, uint16_t cmd, size_t request_len,
			  size_t state_len, size_t rsp_cap, size_t out_cap,
			  size_t *rsp_len, size_t *out_len) KMS_MUST_USE;

/* The four parameters where normal world has them, each in its own pages. */
static struct {
	uint8_t *p[4];
	size_t len[4];
} shared = {
	.len = { ABI_REQUEST_MAX, ABI_RESPONSE_MAX, ABI_STATE_IN_MAX,
		 ABI_STATE_OUT_MAX },
};

/* What another core does once the copy is made. */
static enum { LEAVE, REWRITE, TAKE_AWAY } meanwhile;
/* The copy, as ta_run() got it. */
static uint8_t first_copy[ABI_REQUEST_MAX];
static struct prng noise;
static struct ring_channel *ring;
/* Time for another core between the request and its copy. */
static bool dawdle;

static void protect(int how)
{
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(mprotect(shared.p[i], shared.len[i], how), 0);
}

static void rewrite(void)
{
	for (size_t i = 0; i < 4; i++)
		prng_fill(&noise, shared.p[i], shared.len[i]);
	if (ring)
		prng_fill(&noise, ring->requests, RING_LEN);
}

enum kms_rc __wrap_ta_run(struct ta *ta, uint16_t cmd, size_t request_len,
			  size_t state_len, size_t rsp_cap, size_t out_cap,
			  size_t *rsp_len, size_t *out_len)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	memcpy(first_copy, ta->request, request_len);
	if (meanwhile == REWRITE)
		rewrite();
	if (meanwhile == TAKE_AWAY)
		protect(PROT_NONE);
	rc = __real_ta_run(ta, cmd, request_len, state_len, rsp_cap, out_cap,
			   rsp_len, out_len);
	if (meanwhile == TAKE_AWAY)
		protect(PROT_READ | PROT_WRITE);
	return rc;
}

/* --- a TA behind its GlobalPlatform entry points -------------------------- */

enum kms_rc platform_open(int state_fd)
{
	(void)state_fd;
	return KMS_RC_OK;
}

void platform_close(void)
{
}

static enum kms_rc send_by_entry(void *arg, uint16_t cmd, struct bytes request,
				 struct bytes state, struct buf *rsp,
				 struct buf *out)
{
	struct instance_params p = {
		.in = bytes_of(shared.p[0], request.len),
		.out = { .ptr = shared.p[1], .cap = rsp->cap },
		.in2 = bytes_of(shared.p[2], state.len),
		.out2 = { .ptr = shared.p[3], .cap = out->cap },
	};

	(void)arg;
	memcpy(shared.p[0], request.ptr, request.len);
	if (state.len)
		memcpy(shared.p[2], state.ptr, state.len);
	if (dawdle)
		sched_yield();
	if (instance_invoke(cmd, &p))
		return KMS_RC_UNAVAILABLE;
	rsp->len = p.out.len;
	out->len = p.out2.len;
	memcpy(rsp->ptr, shared.p[1], rsp->len);
	memcpy(out->ptr, shared.p[3], out->len);
	return KMS_RC_OK;
}

static int open_entry(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.prng = prng_start();
	noise = f.prng;
	world_open(true);
	for (size_t i = 0; i < 4; i++) {
		shared.p[i] = mmap(NULL, shared.len[i], PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_ptr_not_equal(shared.p[i], MAP_FAILED);
	}
	meanwhile = LEAVE;
	dawdle = false;
	if (instance_open(-1) != INSTANCE_OK)
		return 1;
	host_init(&f.host, send_by_entry, NULL, 0);
	*state = &f;
	if (host_provision(&f.host, FIXTURE_SHARDS, (struct bytes){ 0 }))
		return 1;
	return host_recover(&f.host, false) != KMS_RC_OK;
}

static int close_entry(void **state)
{
	(void)state;
	meanwhile = LEAVE;
	instance_close();
	for (size_t i = 0; i < 4; i++)
		munmap(shared.p[i], shared.len[i]);
	world_close();
	return 0;
}

/* --- tests ---------------------------------------------------------------- */

/* An honest life, in which the host's memory lies after every copy. */
static void live(struct fixture *f)
{
	struct abi_info_rsp info = { 0 };
	uint64_t slots[] = { 0, 1, 2 };

	for (int i = 0; i < 20; i++) {
		fixture_keys(f, 3);
		assert_ok(fixture_set_state(f, 0, KEY_STATE_DISABLED));
		fixture_check_refused(f, 0, KMS_RC_KEY_DISABLED);
		assert_ok(fixture_set_state(f, 0, KEY_STATE_ENABLED));
		assert_ok(host_warm(&f->host, slots, ARRAY_LEN(slots)));
		fixture_check_signs(f, 0);
		fixture_check_signs(f, f->host.db.next_slot - 1);
		assert_ok(host_info(&f->host, &info));
	}
}

static void
i21_memory_that_is_rewritten_after_the_copy_has_no_effect(void **state)
{
	meanwhile = REWRITE;
	live(*state);
}

/* Neither input is read again, nor any output read or written before the end.
 */
static void i21_memory_is_not_touched_between_copy_and_answer(void **state)
{
	meanwhile = TAKE_AWAY;
	live(*state);
}

struct flipper {
	pthread_t thread;
	atomic_bool stop;
	uint8_t *at; /* of the digest in p0 */
	uint64_t flips;
};

/* Another core that writes one digest and another, all the time. */
static void *flip(void *arg)
{
	struct flipper *fl = arg;
	volatile uint8_t *at = fl->at;

	while (!atomic_load_explicit(&fl->stop, memory_order_relaxed)) {
		for (size_t i = 0; i < 32; i++)
			at[i] = (uint8_t)~at[i];
		fl->flips++;
	}
	return NULL;
}

/* Where in the request the digest of its one item stands. */
static size_t find_digest(const struct host *h, const uint8_t digest[32])
{
	const uint8_t *at = memmem(h->request, h->req_w.len, digest, 32);

	assert_non_null(at);
	return (size_t)(at - h->request);
}

/*
 * Copying races with the flips, so it may catch a mixture. Whatever it caught
 * is what was signed, and nothing else.
 */
static void i21_a_signature_is_of_the_digest_that_was_copied(void **state)
{
	struct fixture *f = *state;
	struct host *h = &f->host;
	struct host_signature s = { 0 };
	struct flipper fl = { 0 };
	uint8_t digest[32];
	size_t at = 0;
	unsigned int changed = 0;

	fixture_keys(f, 1);
	prng_fill(&f->prng, digest, sizeof(digest));
	host_begin(h, CMD_SIGN);
	host_put_sign_item(h, 0, h->db.keys[0].uuid, digest, EVIDENCE_NONE,
			   (struct bytes){ 0 });
	host_put_proof(h, 0);
	at = find_digest(h, digest);
	fl.at = shared.p[0] + at;
	assert_ok(host_send_request(h, CMD_SIGN, 1));
	dawdle = true;
	assert_int_equal(pthread_create(&fl.thread, NULL, flip, &fl), 0);
	for (int i = 0; i < 300; i++) {
		assert_ok(host_resend(h, CMD_SIGN));
		assert_true(host_get_signature(h, 0, &s));
		assert_ok(s.status);
		fixture_check_signature(&h->db.keys[0], first_copy + at, &s);
		changed += memcmp(first_copy + at, digest, 32) != 0;
	}
	atomic_store(&fl.stop, true);
	pthread_join(fl.thread, NULL);
	printf("# %" PRIu64 " flips, %u of 300 copies changed\n", fl.flips,
	       changed);
}

/* Every byte of a whole request is flipped, by another core and for ever. */
static void *flip_all(void *arg)
{
	struct flipper *fl = arg;
	struct prng p = { .state = 7 };

	while (!atomic_load_explicit(&fl->stop, memory_order_relaxed)) {
		volatile uint8_t *at = fl->at + prng_below(&p, 512);

		*at ^= (uint8_t)(1u << prng_below(&p, 8));
		fl->flips++;
	}
	return NULL;
}

/* One of the larger requests, of which only the TA's answer is of interest. */
static void send_any(struct fixture *f)
{
	static const uint8_t digest[32] = { 9 };
	struct host *h = &f->host;
	struct host_op ops[4];
	uint64_t slot = prng_below(&f->prng, 8);
	size_t count = 0;

	switch (prng_below(&f->prng, 3)) {
	case 0:
		host_begin(h, CMD_SIGN);
		host_put_sign_item(h, slot, h->db.keys[slot].uuid, digest,
				   EVIDENCE_NONE, (struct bytes){ 0 });
		host_put_proof(h, slot);
		(void)host_send_request(h, CMD_SIGN, 1);
		break;
	case 1:
		(void)host_warm(h, &slot, 1);
		break;
	default:
		count = mh_pick_ops(f, ops);
		if (!count)
			break;
		host_encode_prepare(h, ops, count);
		(void)host_send_request(h, CMD_PREPARE, (uint16_t)count);
		(void)host_abort(h);
		break;
	}
}

static void i21_no_flip_at_any_time_breaks_the_ta(void **state)
{
	struct fixture *f = *state;
	struct flipper fl = { .at = shared.p[0] };

	fixture_keys(f, 8);
	dawdle = true;
	assert_int_equal(pthread_create(&fl.thread, NULL, flip_all, &fl), 0);
	for (int i = 0; i < 500; i++)
		send_any(f);
	atomic_store(&fl.stop, true);
	pthread_join(fl.thread, NULL);
	/* Nothing was committed, and a new instance finds all as it was. */
	instance_close();
	assert_int_equal(instance_open(-1), INSTANCE_OK);
	assert_ok(host_recover(&f->host, false));
	for (uint64_t slot = 0; slot < 8; slot++)
		fixture_check_signs(f, slot);
}

/* --- the shared ring of the process --------------------------------------- */

struct ring_link {
	struct ring_server server;
	uint32_t written;
	uint32_t seq;
	uint32_t replies_at;
};

static enum kms_rc send_by_ring(void *arg, uint16_t cmd, struct bytes request,
				struct bytes state, struct buf *rsp,
				struct buf *out)
{
	struct ring_link *l = arg;
	struct ring_request head = {
		.seq = l->seq++,
		.cmd = cmd,
		.p0_len = (uint32_t)request.len,
		.p1_cap = (uint32_t)rsp->cap,
		.p2_len = (uint32_t)state.len,
		.p3_cap = (uint32_t)out->cap,
		.has_p2 = 1,
	};
	struct ring_span in = ring_place(l->written, head.p0_len, head.p2_len);
	struct ring_span to =
		ring_place(l->replies_at, head.p1_cap, head.p3_cap);
	struct ring_reply reply = { 0 };
	bool served = false;

	memcpy(ring->requests + l->written % RING_LEN, &head, sizeof(head));
	memcpy(ring->requests + in.first, request.ptr, request.len);
	if (state.len)
		memcpy(ring->requests + in.second, state.ptr, state.len);
	l->written = in.end;
	atomic_store(&ring->written, l->written);
	if (ring_server_step(&l->server, &served) || !served)
		return KMS_RC_UNAVAILABLE;
	memcpy(&reply, ring->replies + l->replies_at % RING_LEN, sizeof(reply));
	l->replies_at = to.end;
	if (reply.result)
		return KMS_RC_UNAVAILABLE;
	rsp->len = reply.p1_len;
	out->len = reply.p3_len;
	memcpy(rsp->ptr, ring->replies + to.first, rsp->len);
	memcpy(out->ptr, ring->replies + to.second, out->len);
	return KMS_RC_OK;
}

static void
i21_a_ring_that_is_rewritten_after_the_copy_has_no_effect(void **state)
{
	struct fixture *f = *state;
	struct ring_link link = { 0 };

	ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(ring, MAP_FAILED);
	link.server.shm = ring;
	f->host.send = send_by_ring;
	f->host.arg = &link;
	/* The rings hold no more than a few of the largest answers. */
	f->host.out_cap = 32768;
	meanwhile = REWRITE;
	live(f);
	meanwhile = LEAVE;
	munmap(ring, sizeof(*ring));
	ring = NULL;
}

#define entry_test(name) \
	cmocka_unit_test_setup_teardown(name, open_entry, close_entry)

int main(void)
{
	const struct CMUnitTest tests[] = {
		entry_test(
			i21_memory_that_is_rewritten_after_the_copy_has_no_effect),
		entry_test(i21_memory_is_not_touched_between_copy_and_answer),
		entry_test(i21_a_signature_is_of_the_digest_that_was_copied),
		entry_test(i21_no_flip_at_any_time_breaks_the_ta),
		entry_test(
			i21_a_ring_that_is_rewritten_after_the_copy_has_no_effect),
	};

	return cmocka_run_group_tests_name("copies", tests, NULL, NULL);
}
