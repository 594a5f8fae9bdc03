/* SPDX-License-Identifier: Apache-2.0 */
#include "test/property/mh.h"

#include "common/endian.h"
#include "common/mem.h"
#include "ta/keystore/key_record.h"
#include "ta/posix/gp/gp_internal.h"

#include <string.h>

/* --- taint ---------------------------------------------------------------- */

#define TAINT_SLOTS (1u << 20)

/* Open addressing; 0 is free, and no window of eight zeroes is a secret. */
static uint64_t *taint;
static size_t taint_count;
/* Most windows are no secret, and seen as such without the large table. */
static uint64_t marks[1u << 13];

void mh_taint_open(void)
{
	taint = mem_zalloc(TAINT_SLOTS, sizeof(*taint));
	assert_non_null(taint);
	memset(marks, 0, sizeof(marks));
	taint_count = 0;
}

void mh_taint_close(void)
{
	mem_free(taint);
	taint = NULL;
}

static uint32_t mark_of(uint64_t window)
{
	return (uint32_t)((window * 0xff51afd7ed558ccdu) >> 45);
}

static bool is_marked(uint64_t window)
{
	uint32_t mark = mark_of(window);

	return marks[mark / 64] >> mark % 64 & 1;
}

static size_t taint_place(uint64_t window)
{
	size_t i = (window * 0x9e3779b97f4a7c15u) >> 44;

	while (taint[i] && taint[i] != window)
		i = (i + 1) % TAINT_SLOTS;
	return i;
}

void mh_taint_add(const void *secret, size_t len)
{
	const uint8_t *s = secret;

	for (size_t i = 0; i + MH_WINDOW <= len; i++) {
		uint64_t window = le64_get(s + i);
		size_t at = 0;

		if (!window)
			continue;
		at = taint_place(window);
		taint_count += !taint[at];
		taint[at] = window;
		marks[mark_of(window) / 64] |= (uint64_t)1
					       << mark_of(window) % 64;
	}
	assert_true(taint_count < TAINT_SLOTS / 2);
}

/* Byte by byte, as it is also for memory between objects and below a stack. */
__attribute__((no_sanitize("address"))) const uint8_t *
mh_taint_find(const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	uint64_t window = 0;

	for (size_t i = 0; i < len; i++) {
		window = window >> 8 | (uint64_t)b[i] << 56;
		if (i + 1 < MH_WINDOW || !window || !is_marked(window))
			continue;
		if (taint[taint_place(window)])
			return b + i + 1 - MH_WINDOW;
	}
	return NULL;
}

size_t mh_taint_count(void)
{
	return taint_count;
}

void mh_taint_learn(const struct instance *i)
{
	const struct keys *k = &i->ta.keys;
	struct secret32 cert = { 0 };

	mh_taint_add(&k->kek, sizeof(k->kek));
	mh_taint_add(&k->aik, sizeof(k->aik));
	if (!k->has_root)
		return;
	mh_taint_add(&k->root, sizeof(k->root));
	for (uint16_t shard = 0; shard < FIXTURE_SHARDS; shard++) {
		keys_cert_key(k, &cert, shard);
		mh_taint_add(&cert, sizeof(cert));
	}
	secret_wipe(&cert, sizeof(cert));
}

void mh_taint_learn_generator(const struct instance *i)
{
	const struct drbg *d = &i->ta.crypto.drbg;

	mh_taint_add(&d->core.key, sizeof(d->core.key));
	mh_taint_add(&d->core.v, sizeof(d->core.v));
}

static void learn_blob(const struct instance *i, struct bytes blob)
{
	static const uint8_t nonce[12];
	const uint8_t *cipher = blob.ptr + RECORD_HEADER_LEN + RECORD_SALT_LEN;
	uint8_t body[KEY_RECORD_LEN] = { 0 };
	struct record_header h = { 0 };
	struct key_record r = { 0 };
	struct secret32 key = { 0 };

	assert_ok(record_get_header(&h, blob));
	if (h.type != RECORD_KEY)
		return;
	assert_int_equal(blob.len, RECORD_OVERHEAD + sizeof(body));
	keys_record_key(&i->ta.keys, &key, blob.ptr + RECORD_HEADER_LEN,
			blob.ptr);
	mh_taint_add(&key, sizeof(key));
	/* Beside the TA, whose calls into the TEE are counted and may fail. */
	assert_true(gp_gcm_open(
		body, key.b, nonce, bytes_of(blob.ptr, RECORD_HEADER_LEN),
		bytes_of(cipher, sizeof(body)), cipher + sizeof(body)));
	assert_ok(key_record_decode(&r, body));
	mh_taint_add(&r.key, sizeof(r.key));
	secret_wipe(body, sizeof(body));
	secret_wipe(&r, sizeof(r));
	secret_wipe(&key, sizeof(key));
}

void mh_taint_learn_blobs(const struct instance *i, struct bytes state_out)
{
	struct abi_state_out out = { 0 };
	struct bytes blob = { 0 };

	if (!state_out.len)
		return;
	assert_ok(ABI_DECODE(&out, state_out, state_out));
	while (abi_rep_next(&out.blobs, &blob))
		learn_blob(i, blob);
}

/* --- an honest host ------------------------------------------------------- */

static struct host_op pick_change(struct fixture *f, uint64_t slot)
{
	static const uint8_t states[] = { KEY_STATE_ENABLED, KEY_STATE_DISABLED,
					  KEY_STATE_PENDING_DELETION };

	if (!prng_below(&f->prng, 6))
		return host_change(&f->host, slot, OP_DELETE, 0);
	return host_change(&f->host, slot, OP_SET_STATE,
			   states[prng_below(&f->prng, ARRAY_LEN(states))]);
}

size_t mh_pick_ops(struct fixture *f, struct host_op *ops)
{
	const struct host_db *db = &f->host.db;
	bool used[MH_KEYS_MAX] = { false };
	size_t wanted = 1 + prng_below(&f->prng, 4);
	uint64_t next = db->next_slot;
	size_t count = 0;

	for (size_t i = 0; i < wanted; i++) {
		uint64_t limit = next < MH_KEYS_MAX ? next : MH_KEYS_MAX;
		uint64_t slot = limit ? prng_below(&f->prng, limit) : 0;
		bool create = next < MH_KEYS_MAX && prng_below(&f->prng, 2);

		if (create || !db->next_slot) {
			next++;
			ops[count++] = host_create(prng_below(&f->prng, 4)
							   ? KEY_SPEC_SECP256K1
							   : KEY_SPEC_P256);
		} else if (slot < db->next_slot && !used[slot] &&
			   !db->keys[slot].deleted) {
			used[slot] = true;
			ops[count++] = pick_change(f, slot);
		}
	}
	return count;
}

static void change(struct fixture *f)
{
	struct host_op ops[4];
	size_t count = mh_pick_ops(f, ops);
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!count)
		return;
	rc = host_prepare(&f->host, ops, count);
	/* An aborted restriction holds its key until the next boot. */
	if (rc == KMS_RC_HELD) {
		fixture_restart(f);
		return;
	}
	assert_ok(rc);
	if (!prng_below(&f->prng, 6)) {
		assert_ok(host_abort(&f->host));
		return;
	}
	host_store(&f->host);
	assert_ok(host_commit(&f->host));
	host_finish(&f->host);
}

static void use(struct fixture *f)
{
	const struct host_db *db = &f->host.db;
	struct host_signature s = { 0 };
	uint8_t digest[32];

	if (!db->next_slot)
		return;
	prng_fill(&f->prng, digest, sizeof(digest));
	(void)host_sign(&f->host, prng_below(&f->prng, db->next_slot), digest,
			&s);
}

static void warm(struct fixture *f)
{
	const struct host_db *db = &f->host.db;
	uint64_t slots[4];
	size_t count = 0;

	for (size_t i = 0; i < 4 && db->next_slot; i++) {
		uint64_t slot = prng_below(&f->prng, db->next_slot);

		if (!db->keys[slot].deleted)
			slots[count++] = slot;
	}
	if (count)
		assert_ok(host_warm(&f->host, slots, count));
}

void mh_act(struct fixture *f)
{
	struct abi_shard_status_rsp st = { 0 };
	struct abi_info_rsp info = { 0 };

	switch (prng_below(&f->prng, 16)) {
	case 0:
		assert_ok(host_shard_status(&f->host, &st));
		break;
	case 1:
		assert_ok(host_info(&f->host, &info));
		break;
	case 2:
		warm(f);
		break;
	case 3:
		if (!prng_below(&f->prng, 4))
			fixture_restart(f);
		break;
	case 4:
	case 5:
	case 6:
	case 7:
	case 8:
		change(f);
		break;
	default:
		use(f);
		break;
	}
}
