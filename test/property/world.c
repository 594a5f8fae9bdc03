/* SPDX-License-Identifier: Apache-2.0 */
#include "test/property/world.h"

#include "abi/ta_uuid.h"

#include <assert.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

static __thread sigjmp_buf *way_out;

static void on_stop(void *arg, bool power_cut, TEE_Result panic_code)
{
	(void)arg;
	(void)panic_code;
	if (!way_out)
		abort();
	siglongjmp(*way_out, power_cut ? WORLD_CUT : WORLD_PANIC);
}

void world_cut_here(void)
{
	if (!way_out)
		abort();
	siglongjmp(*way_out, WORLD_CUT);
}

enum world_end world_try(void (*fn)(void *arg), void *arg)
{
	sigjmp_buf here;
	sigjmp_buf *volatile before = way_out;
	int end = sigsetjmp(here, 0);

	if (!end) {
		way_out = &here;
		fn(arg);
	}
	way_out = before;
	return (enum world_end)end;
}

void world_open(bool strong)
{
	const struct gp_config config = {
		.state_dir = -1,
		.uuid = TA_UUID,
		.rpmb = strong,
	};

	if (gp_memory_open(&config))
		abort();
	gp_on_stop(on_stop, NULL);
	gp_clock_set(1000000);
	for (int call = 0; call <= GP_CALL_STORAGE; call++)
		gp_fault_set((enum gp_call)call, 0, 0, GP_FAULT_NONE);
	gp_tape_replay((struct bytes){ 0 });
	gp_instance_set(0);
}

void world_close(void)
{
	gp_posix_close();
}

void instance_start(struct instance *i, unsigned int number)
{
	i->number = number;
	gp_instance_set(number);
	ta_open(&i->ta);
	i->alive = true;
}

void instance_start_fast(struct instance *i, unsigned int number)
{
	struct ta *ta = &i->ta;
	enum kms_rc rc = KMS_RC_INTERNAL;

	i->number = number;
	gp_instance_set(number);
	memset(ta, 0, sizeof(*ta));
	rc = crypto_open(&ta->crypto);
	if (!rc)
		rc = keys_open(&ta->keys, &ta->crypto);
	if (!rc)
		rc = challenge_open(&ta->challenge, &ta->crypto.drbg);
	ta->ready = !rc;
	if (ta->ready && ta_load_domain(ta))
		ta->shard_total = 0;
	i->alive = true;
}

void instance_stop(struct instance *i)
{
	if (!i->alive)
		return;
	gp_instance_set(i->number);
	ta_close(&i->ta);
	i->alive = false;
}

void instance_kill(struct instance *i)
{
	if (i->number)
		gp_instance_drop(i->number);
	i->alive = false;
}

enum kms_rc instance_send(void *arg, uint16_t cmd, struct bytes request,
			  struct bytes state, struct buf *rsp, struct buf *out)
{
	struct instance *i = arg;
	enum kms_rc rc = KMS_RC_UNAVAILABLE;

	if (!i->alive)
		return rc;
	assert(request.len <= sizeof(i->ta.request) &&
	       state.len <= sizeof(i->ta.state_in));
	gp_instance_set(i->number);
	if (request.len)
		memcpy(i->ta.request, request.ptr, request.len);
	if (state.len)
		memcpy(i->ta.state_in, state.ptr, state.len);
	rc = ta_run(&i->ta, cmd, request.len, state.len, rsp->cap, out->cap,
		    &rsp->len, &out->len);
	if (rc)
		return rc;
	memcpy(rsp->ptr, i->ta.response, rsp->len);
	memcpy(out->ptr, i->ta.state_out, out->len);
	if (i->watch)
		i->watch(i->watch_arg, request, state,
			 bytes_of(rsp->ptr, rsp->len),
			 bytes_of(out->ptr, out->len));
	return KMS_RC_OK;
}

/* A staged batch; what is left of an ended one is scratch. */
static void digest_txn(struct sha256 *s, const struct txn *t)
{
	sha256_update(s, &t->active, sizeof(t->active));
	if (!t->active)
		return;
	sha256_update(s, &t->shard, sizeof(t->shard));
	sha256_update(s, &t->prepared_ms, sizeof(t->prepared_ms));
	sha256_update(s, t->req_id, sizeof(t->req_id));
	sha256_update(s, t->pc, sizeof(t->pc));
	sha256_update(s, &t->count, sizeof(t->count));
	sha256_update(s, t->ops, t->count * sizeof(t->ops[0]));
	sha256_update(s, &t->next_slot, sizeof(t->next_slot));
	sha256_update(s, &t->live, sizeof(t->live));
	sha256_update(s, t->blobs, t->blobs_used);
}

/* A closed shard is all zeroes, and has no more to it than that it is closed.
 */
static void digest_shards(struct sha256 *s, const struct ta *ta)
{
	for (size_t i = 0; i < ARRAY_LEN(ta->shards); i++) {
		const struct shard *shard = &ta->shards[i];

		sha256_update(s, &shard->open, sizeof(shard->open));
		if (shard->open)
			sha256_update(s, shard, sizeof(*shard));
	}
}

void ta_digest(const struct ta *ta, uint8_t out[SHA256_LEN])
{
	uint8_t storage[SHA256_LEN];
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, &ta->keys, sizeof(ta->keys));
	sha256_update(&s, &ta->shard_total, sizeof(ta->shard_total));
	sha256_update(&s, &ta->ready, sizeof(ta->ready));
	sha256_update(&s, &ta->faulted, sizeof(ta->faulted));
	digest_shards(&s, ta);
	sha256_update(&s, &ta->lru, sizeof(ta->lru));
	sha256_update(&s, &ta->challenge, sizeof(ta->challenge));
	sha256_update(&s, &ta->sign_counts, sizeof(ta->sign_counts));
	digest_txn(&s, &ta->txn);
	gp_storage_digest(storage);
	sha256_update(&s, storage, sizeof(storage));
	sha256_final(&s, out);
}
