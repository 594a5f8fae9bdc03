/* SPDX-License-Identifier: Apache-2.0 */
/* Keeper and signer with the real TA and an owner who has a passkey. */
#include "codec/intent.h"
#include "common/clock.h"
#include "common/log.h"
#include "host/service/signer.h"
#include "test/property/passkey.h"
#include "test/unit/service/world.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char state_dir[128];

struct user {
	struct world w;
	struct sign_queue queue;
	struct arena arena;
	struct sign_job job;
	bool ended;
	enum kms_rc rc;
	struct passkey passkey;
	struct passkey_assertion assertion;
	uint8_t rp_hash[32];
};

static void start(struct world *w)
{
	struct tee_config tee = {
		.transport = &transport_process,
		.transport_config = { .ta_program = getenv("KMS_TEST_TA"),
				      .state_dir = state_dir,
				      .depth = 64 },
		.workers = 2,
		.call_ms = 20000,
		.lines_max = 4,
	};

	w->config.shard_total = 4;
	w->config.may_provision = true;
	world_start_with(w, &tee);
}

static int set_up(void **state)
{
	static struct user u;

	memset(&u, 0, sizeof(u));
	fake_reset();
	world_make_folder(&u.w);
	snprintf(state_dir, sizeof(state_dir), "%s/tee", u.w.dir);
	mkdir(state_dir, 0700);
	start(&u.w);
	assert_int_equal(tee_line_open(&u.queue.line, u.w.tee), KMS_RC_OK);
	u.queue.reader = u.w.reader;
	assert_int_equal(arena_init(&u.arena, 65536), 0);
	passkey_init(&u.passkey, 1);
	sha256_once(u.rp_hash, PASSKEY_RP, strlen(PASSKEY_RP));
	*state = &u;
	return 0;
}

static int tear_down(void **state)
{
	struct user *u = *state;

	tee_line_close(&u->queue.line);
	world_stop(&u->w);
	passkey_clear(&u->passkey);
	arena_clear(&u->arena);
	world_remove_folder(state_dir);
	world_remove_folder(u->w.dir);
	return 0;
}

static void ended(struct sign_job *job, enum kms_rc rc)
{
	struct user *u = job->arg;

	u->ended = true;
	u->rc = rc;
}

static enum kms_rc use(struct user *u, const struct store_wallet *of,
		       uint8_t what, struct bytes payload,
		       struct bytes evidence)
{
	u->ended = false;
	u->job = (struct sign_job){
		.sign = { .shard = of->shard,
			  .slot = of->slot,
			  .use = what,
			  .index = 3,
			  .payload = payload,
			  .evidence_kind = evidence.len ? EVIDENCE_PASSKEY
							: EVIDENCE_NONE,
			  .evidence = evidence,
			  .deadline_ns = clock_mono_ns() + 10000000000u },
		.arena = &u->arena,
		.done = ended,
		.arg = u,
	};
	memcpy(u->job.sign.uuid, of->uuid, ABI_UUID_LEN);
	signer_start(&u->queue, &u->job);
	while (!u->ended) {
		tee_line_flush(u->queue.line);
		usleep(1000);
		tee_line_reap(u->queue.line);
		signer_tick(&u->queue, clock_mono_ns());
		tee_line_tick(u->queue.line, clock_mono_ns());
	}
	return u->rc;
}

static struct store_wallet create(struct user *u)
{
	struct keeper_change *c = world_create(&u->w);

	memcpy(c->wallet.passkey, u->passkey.pub, 64);
	snprintf(c->wallet.rp_id, sizeof(c->wallet.rp_id), "%s", PASSKEY_RP);
	c->origins = bytes_of_text(PASSKEY_ORIGIN);
	world_run(&u->w);
	assert_int_equal(c->rc, KMS_RC_OK);
	return c->wallet;
}

/* A gesture for an intent. */
static struct bytes allow(struct user *u, const struct store_wallet *of,
			  struct intent *i)
{
	uint8_t challenge[32];
	uint8_t nonce[32];

	assert_int_equal(use(u, of, USE_CHALLENGE, (struct bytes){ 0 },
			     (struct bytes){ 0 }),
			 KMS_RC_OK);
	memcpy(nonce, u->job.sign.nonce, sizeof(nonce));
	memcpy(i->uuid, of->uuid, sizeof(i->uuid));
	memcpy(i->rp_id_hash, u->rp_hash, sizeof(i->rp_id_hash));
	intent_challenge(challenge, nonce, i);
	passkey_assert(&u->passkey, &u->assertion, nonce, challenge);
	return passkey_evidence(&u->assertion);
}

static enum kms_rc change(struct user *u, const struct store_wallet *of,
			  uint8_t op, struct intent *i)
{
	struct keeper_change *c = world_change(&u->w, of, op);

	if (i) {
		i->op = op == OP_ISSUE_ADDRESS ? INTENT_ADDRESS : op;
		c->index = i->index;
		c->window_days = i->window_days;
		c->evidence_kind = EVIDENCE_PASSKEY;
		c->evidence = allow(u, of, i);
	}
	world_run(&u->w);
	return c->rc;
}

static void a_wallet_lives_and_dies(void **state)
{
	struct user *u = *state;
	uint8_t hash[32];
	struct store_wallet made = create(u);
	struct intent i = { .op = INTENT_SIGN, .use = USE_HASH, .index = 3 };
	struct bytes evidence = { 0 };
	uint8_t address[64];

	memset(hash, 0x42, sizeof(hash));
	memcpy(i.payload, hash, sizeof(hash));
	evidence = allow(u, &made, &i);
	assert_int_equal(use(u, &made, USE_HASH, bytes_of(hash, 32), evidence),
			 KMS_RC_OK);
	assert_memory_equal(u->job.sign.digest, hash, 32);
	memcpy(address, u->job.sign.public_key, 64);
	assert_int_equal(use(u, &made, USE_HASH, bytes_of(hash, 32), evidence),
			 KMS_RC_AUTH_CHALLENGE);
	i = (struct intent){ .op = INTENT_ADDRESS, .index = 3 };
	evidence = allow(u, &made, &i);
	assert_int_equal(
		use(u, &made, USE_ADDRESS, (struct bytes){ 0 }, evidence),
		KMS_RC_OK);
	assert_memory_equal(u->job.sign.public_key, address, 64);

	assert_int_equal(change(u, &made, OP_FREEZE, NULL), KMS_RC_OK);
	assert_int_equal(use(u, &made, USE_ADDRESS, (struct bytes){ 0 },
			     allow(u, &made, &i)),
			 KMS_RC_FROZEN);
	assert_int_equal(change(u, &made, OP_UNFREEZE, NULL),
			 KMS_RC_AUTH_REQUIRED);
	i = (struct intent){ 0 };
	assert_int_equal(change(u, &made, OP_UNFREEZE, &i), KMS_RC_OK);
	i = (struct intent){ .index = 100 };
	assert_int_equal(change(u, &made, OP_ISSUE_ADDRESS, &i), KMS_RC_OK);
	/* Not without consent, then with it. */
	assert_int_equal(change(u, &made, OP_DELETE, NULL),
			 KMS_RC_AUTH_REQUIRED);
	i = (struct intent){ .window_days = 7 };
	assert_int_equal(change(u, &made, OP_SCHEDULE_DELETION, &i), KMS_RC_OK);
	world_read(&u->w, &made);
	assert_int_equal(u->w.row.lifecycle, STORE_PENDING_DELETION);
	/* now_ms of the tests is long ago, so it is due. */
	tee_line_close(&u->queue.line);
	world_stop(&u->w);
	u->w.config.sweep_every_ms = 50;
	start(&u->w);
	assert_int_equal(tee_line_open(&u->queue.line, u->w.tee), KMS_RC_OK);
	u->queue.reader = u->w.reader;
	for (int k = 0; k < 20000 && world_has(&u->w, &made); k++)
		usleep(1000);
	assert_false(world_has(&u->w, &made));
}

static void many_wallets_in_mixed_batches(void **state)
{
	struct user *u = *state;
	static struct store_wallet made[24];
	struct intent i = { 0 };

	for (int k = 0; k < 24; k++) {
		struct keeper_change *c = world_create(&u->w);

		memcpy(c->wallet.passkey, u->passkey.pub, 64);
		snprintf(c->wallet.rp_id, sizeof(c->wallet.rp_id), "%s",
			 PASSKEY_RP);
		c->origins = bytes_of_text(PASSKEY_ORIGIN);
	}
	world_run(&u->w);
	for (int k = 0; k < 24; k++) {
		assert_int_equal(u->w.requests[k].rc, KMS_RC_OK);
		made[k] = u->w.requests[k].wallet;
	}
	/* Freezing needs nobody; deleting without consent is refused. */
	for (int k = 0; k < 24; k++)
		world_change(&u->w, &made[k], k % 5 ? OP_FREEZE : OP_DELETE);
	world_run(&u->w);
	for (int k = 0; k < 24; k++)
		assert_int_equal(u->w.requests[k].rc,
				 k % 5 ? KMS_RC_OK : KMS_RC_AUTH_REQUIRED);
	assert_int_equal(change(u, &made[7], OP_DELETE, &i), KMS_RC_OK);
	assert_false(world_has(&u->w, &made[7]));
	world_read(&u->w, &made[8]);
	assert_int_equal(u->w.row.lifecycle, STORE_FROZEN);
}

static struct keeper_change *of_api_key(struct keeper_change *c)
{
	static const uint8_t presented[SHA256_LEN] = { 0x5a };

	c->evidence_kind = EVIDENCE_API_KEY;
	c->evidence = bytes_of(presented, sizeof(presented));
	c->key_states = 0xff;
	return c;
}

static enum kms_rc end_key(struct world *w, const struct store_key *key)
{
	struct keeper_change *c = world_change_key(w, key, OP_DELETE);

	c->key_states = 0xff;
	world_run(w);
	return c->rc;
}

static enum kms_rc set_key(struct world *w, const struct store_key *key,
			   uint8_t state)
{
	struct keeper_change *c =
		of_api_key(world_change_key(w, key, OP_SET_STATE));

	c->key_state = state;
	c->window_days = 7;
	world_run(w);
	return c->rc;
}

static void sweep_until_gone(struct user *u, const uint8_t uuid[ABI_UUID_LEN])
{
	struct store_key row = { 0 };

	tee_line_close(&u->queue.line);
	world_stop(&u->w);
	u->w.config.sweep_every_ms = 50;
	start(&u->w);
	assert_int_equal(tee_line_open(&u->queue.line, u->w.tee), KMS_RC_OK);
	u->queue.reader = u->w.reader;
	for (int k = 0; k < 20000 && !store_get_key(u->w.reader, &row, uuid);
	     k++)
		usleep(1000);
	assert_int_equal(store_get_key(u->w.reader, &row, uuid),
			 KMS_RC_NOT_FOUND);
}

static void a_key_lives_and_dies(void **state)
{
	struct user *u = *state;
	struct world *w = &u->w;
	struct keeper_change *c = of_api_key(world_create_key(w));
	struct store_proof p = { 0 };
	struct record_header h = { 0 };
	struct store_key key = { 0 };

	world_run(w);
	assert_int_equal(c->rc, KMS_RC_OK);
	key = c->key;
	assert_int_equal(set_key(w, &key, KEY_STATE_DISABLED), KMS_RC_OK);
	assert_int_equal(end_key(w, &key), KMS_RC_AUTH_REQUIRED);
	/* now_ms of the tests is long ago, so it is due. */
	assert_int_equal(set_key(w, &key, KEY_STATE_PENDING_DELETION),
			 KMS_RC_OK);
	sweep_until_gone(u, key.uuid);
	assert_int_equal(store_get_proof(w->reader, &p, key.shard, key.slot),
			 KMS_RC_OK);
	assert_int_equal(record_get_header(&h, bytes_of(p.blob, p.blob_len)),
			 KMS_RC_OK);
	assert_int_equal(h.type, RECORD_TOMBSTONE);
	assert_int_equal(set_key(w, &key, KEY_STATE_ENABLED), KMS_RC_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_wallet_lives_and_dies, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(many_wallets_in_mixed_batches,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_key_lives_and_dies, set_up,
						tear_down),
	};

	if (log_configure("off"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
