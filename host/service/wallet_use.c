/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uses of a wallet and changes of it, on their way to the TEE and back.
 */
#include "common/base64.h"
#include "common/clock.h"
#include "host/service/verify.h"
#include "host/service/wallet.h"

#include <string.h>

/* --- uses ---------------------------------------------------------------- */

struct wallet_use *wallet_use_new(struct call *call,
				  const struct wallet_place *place,
				  const struct owner_in *owner)
{
	struct wallet_use *u = NULL;

	if (!wallet_is_usable(call, &place->wallet))
		return NULL;
	u = arena_alloc(call->arena, sizeof(*u));
	if (!u) {
		call_done(call, KMS_RC_NO_MEMORY);
		return NULL;
	}
	u->call = call;
	u->wallet = place->wallet;
	/* They were the reader's and are not needed any more. */
	u->wallet.description = NULL;
	u->wallet.credential = NULL;
	u->path = place->path;
	if (!wallet_read_evidence(call, &u->evidence, &u->wallet, owner))
		return NULL;
	return u;
}

/* Keeps the wallet from being frozen as one that nobody uses. */
static void note_use(const struct wallet_use *u)
{
	struct keeper *keeper = service_config(u->call->service)->keeper;
	struct store_use use = { .last_used_ms = clock_unix_ms() };

	memcpy(use.uuid, u->wallet.uuid, sizeof(use.uuid));
	keeper_note_use(keeper, &use);
}

static void used(struct sign_job *job, enum kms_rc rc)
{
	struct wallet_use *u = job->arg;

	if (!rc) {
		wallet_end_ceremony(u->call);
		note_use(u);
		u->done(u);
	} else if (u->failed) {
		u->failed(u, rc);
	} else {
		call_done(u->call, rc);
	}
}

void wallet_use_start(struct wallet_use *u, enum abi_use use,
		      struct bytes payload)
{
	struct tee_sign *s = &u->job.sign;

	s->shard = u->wallet.shard;
	s->slot = u->wallet.slot;
	memcpy(s->uuid, u->wallet.uuid, sizeof(s->uuid));
	s->use = (uint8_t)use;
	s->account = u->path.account;
	s->index = u->path.index;
	s->payload = payload;
	s->evidence_kind = (uint8_t)u->evidence.kind;
	s->evidence = u->evidence.text;
	u->job.done = used;
	u->job.arg = u;
	service_start_sign(u->call, &u->job);
}

/* --- changes ------------------------------------------------------------- */

struct wallet_change *wallet_change_new(struct call *call,
					const struct store_wallet *w)
{
	struct wallet_change *c = arena_alloc(call->arena, sizeof(*c));

	if (!c) {
		call_done(call, KMS_RC_NO_MEMORY);
		return NULL;
	}
	c->call = call;
	c->change.wallet = *w;
	c->change.wallet.description = NULL;
	c->change.wallet.credential = NULL;
	return c;
}

static void changed(struct keeper_change *change)
{
	struct wallet_change *c = change->arg;

	if (!change->rc) {
		wallet_end_ceremony(c->call);
		c->done(c);
	} else if (change->rc == KMS_RC_POLICY_DENY && c->denied) {
		call_fail(c->call, c->denied_as ? c->denied_as : change->rc,
			  "%s", c->denied);
	} else if (change->rc == KMS_RC_LIMIT && c->limited) {
		call_fail(c->call, change->rc, "%s", c->limited);
	} else {
		call_done(c->call, change->rc);
	}
}

void wallet_change_start(struct wallet_change *c, enum abi_op op,
			 const struct wallet_evidence *evidence)
{
	struct keeper_change *change = &c->change;
	enum kms_rc rc = KMS_RC_INTERNAL;

	change->job = KEEPER_CHANGE;
	change->op = (uint8_t)op;
	change->now_ms = clock_unix_ms();
	change->reactor = c->call->reactor;
	change->evidence_kind = (uint8_t)evidence->kind;
	change->evidence = evidence->text;
	change->deadline_ns = c->call->start_ns + KEEPER_WAIT_NS;
	change->done = changed;
	change->arg = c;
	rc = keeper_submit(service_config(c->call->service)->keeper, change);
	if (rc)
		call_done(c->call, rc);
}

/* --- passkeys as members ------------------------------------------------- */

bool wallet_take_passkey(struct call *call, struct bytes *xy,
			 struct bytes point)
{
	if (point.len != 65 || point.ptr[0] != 0x04) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "PasskeyPublicKey must be 65 bytes uncompressed "
			  "(0x04, x, y), got %zu bytes",
			  point.len);
		return false;
	}
	if (!verify_is_p256_point(point.ptr + 1)) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "PasskeyPublicKey is not a valid point on the P-256 "
			  "curve");
		return false;
	}
	*xy = bytes_of(point.ptr + 1, 64);
	return true;
}

bool wallet_hash_credential(struct call *call, struct bytes *hash,
			    struct bytes credential_id)
{
	uint8_t *digest = NULL;

	*hash = (struct bytes){ 0 };
	if (!credential_id.ptr)
		return true;
	digest = arena_alloc(call->arena, SHA256_LEN);
	if (!digest) {
		call_done(call, KMS_RC_NO_MEMORY);
		return false;
	}
	sha256_once(digest, credential_id.ptr, credential_id.len);
	*hash = bytes_of(digest, SHA256_LEN);
	return true;
}

bool wallet_credential_text(struct call *call, const char **text,
			    struct bytes credential_id)
{
	char *copy = NULL;

	*text = NULL;
	if (!credential_id.ptr)
		return true;
	copy = arena_alloc(call->arena, BASE64_LEN(credential_id.len) + 1);
	if (!copy) {
		call_done(call, KMS_RC_NO_MEMORY);
		return false;
	}
	base64url_encode(copy, credential_id.ptr, credential_id.len);
	*text = copy;
	return true;
}
