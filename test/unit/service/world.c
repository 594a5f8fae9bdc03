/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/service/world.h"

#include "common/clock.h"

#include <dirent.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 20000

void world_start_with(struct world *w, const struct tee_config *tee)
{
	const char *why = "";

	assert_int_equal(store_open(&w->store, w->path, &why), KMS_RC_OK);
	assert_int_equal(store_reader_open(&w->reader, w->store), KMS_RC_OK);
	assert_int_equal(tee_open(&w->tee, tee), KMS_RC_OK);
	w->config.tee = w->tee;
	w->config.store = w->store;
	w->config.reactors = 1;
	w->config.queue_max = 1000;
	if (keeper_start(&w->keeper, &w->config, &why))
		fail_msg("the keeper does not start: %s", why);
}

void world_start(struct world *w)
{
	struct tee_config tee = {
		.transport = &transport_fake,
		.workers = FAKE_WORKERS,
		.call_ms = 5000,
		.lines_max = 4,
	};

	world_start_with(w, &tee);
}

void world_stop(struct world *w)
{
	keeper_free(&w->keeper);
	tee_close(&w->tee);
	store_reader_close(&w->reader);
	store_close(&w->store);
}

void world_make_folder(struct world *w)
{
	snprintf(w->dir, sizeof(w->dir), "/tmp/kms-keeper-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/kms.db", w->dir);
}

void world_remove_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e = NULL;

	assert_non_null(d);
	while ((e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	assert_int_equal(rmdir(path), 0);
}

int world_set_up(void **state)
{
	struct world *w = test_calloc(1, sizeof(*w));

	fake_reset();
	world_make_folder(w);
	world_start(w);
	*state = w;
	return 0;
}

int world_tear_down(void **state)
{
	struct world *w = *state;

	world_stop(w);
	world_remove_folder(w->dir);
	test_free(w);
	return 0;
}

static void done(struct keeper_change *c)
{
	((struct world *)c->arg)->open--;
}

static struct keeper_change *next_request(struct world *w, enum keeper_job job)
{
	struct keeper_change *c = &w->requests[w->count++];

	assert_true(w->count <= WORLD_REQUESTS);
	*c = (struct keeper_change){
		.job = job,
		.done = done,
		.arg = w,
		.now_ms = 1700000000000,
		.wallet = { .description = "", .credential = "" },
		.key = { .description = "" },
	};
	return c;
}

struct keeper_change *world_create(struct world *w)
{
	struct keeper_change *c = next_request(w, KEEPER_CREATE_WALLET);

	c->wallet.created_ms = clock_unix_ms();
	c->wallet.description = "mine";
	c->wallet.credential = "Y3JlZA";
	c->wallet.bind_level = BIND_PAYLOAD;
	snprintf(c->wallet.key_usage, sizeof(c->wallet.key_usage), "%s",
		 "SIGN_VERIFY");
	snprintf(c->wallet.key_spec, sizeof(c->wallet.key_spec), "%s",
		 "ECC_SECG_P256K1");
	snprintf(c->wallet.origin, sizeof(c->wallet.origin), "%s",
		 "EXTERNAL_KMS");
	snprintf(c->wallet.rp_id, sizeof(c->wallet.rp_id), "%s", "aastar.io");
	memset(c->wallet.passkey, 0x77, sizeof(c->wallet.passkey));
	c->origins = bytes_of("https://aastar.io", 17);
	c->key.account = 123;
	return c;
}

struct keeper_change *
world_change(struct world *w, const struct store_wallet *wallet, uint8_t op)
{
	struct keeper_change *c = next_request(w, KEEPER_CHANGE);

	c->wallet = *wallet;
	c->wallet.description = "";
	c->wallet.credential = "";
	c->op = op;
	return c;
}

struct keeper_change *world_create_key(struct world *w)
{
	struct keeper_change *c = next_request(w, KEEPER_CREATE_KEY);

	c->key.key_spec = KEY_SPEC_SECP256K1;
	c->key.key_usage = KEY_USAGE_SIGN_VERIFY;
	c->key.account = 123;
	c->key.created_ms = clock_unix_ms();
	return c;
}

struct keeper_change *world_change_key(struct world *w,
				       const struct store_key *key, uint8_t op)
{
	struct keeper_change *c = next_request(w, KEEPER_CHANGE_KEY);

	c->key = *key;
	c->op = op;
	return c;
}

void world_run(struct world *w)
{
	struct pollfd p = { .fd = keeper_fd(w->keeper, 0), .events = POLLIN };

	/* All of them wait before the first is looked at. */
	pthread_mutex_lock(&fake.gate);
	w->open = w->count;
	for (size_t i = 0; i < w->count; i++)
		assert_int_equal(keeper_submit(w->keeper, &w->requests[i]),
				 KMS_RC_OK);
	pthread_mutex_unlock(&fake.gate);
	while (w->open) {
		assert_true(poll(&p, 1, PATIENCE_MS) > 0);
		keeper_reap(w->keeper, 0);
	}
	w->count = 0;
}

struct store_wallet world_wallet(struct world *w)
{
	struct keeper_change *c = world_create(w);

	world_run(w);
	assert_int_equal(c->rc, KMS_RC_OK);
	return c->wallet;
}

bool world_has(struct world *w, const struct store_wallet *wallet)
{
	enum kms_rc rc = store_get_wallet(w->reader, &w->row, wallet->uuid);

	assert_true(!rc || rc == KMS_RC_NOT_FOUND);
	return !rc;
}

void world_read(struct world *w, const struct store_wallet *wallet)
{
	assert_true(world_has(w, wallet));
}

void assert_agree(struct world *w)
{
	for (uint16_t i = 0; i < FAKE_SHARDS; i++) {
		struct store_shard s = { 0 };

		assert_int_equal(store_get_shard(w->store, &s, i), KMS_RC_OK);
		assert_int_equal(s.seq, fake.shards[i].seq);
		assert_false(s.prepared);
		assert_memory_equal(s.root, fake.shards[i].root, SHA256_LEN);
	}
}
