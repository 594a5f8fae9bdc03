/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/wallet_create.h"

#include "codec/uuid.h"
#include "common/clock.h"
#include "host/service/wallet.h"

#include <stdio.h>
#include <string.h>

#define ORIGIN_STANDARD "EXTERNAL_KMS"

bool wallet_may_create(struct call *call)
{
	if (service_config(call->service)->rp.count)
		return true;
	call_fail(call, KMS_RC_UNSUPPORTED,
		  "Wallets cannot be created: the server has no KMS_RP_ID");
	return false;
}

static void put_word(char out[STORE_WORD_MAX + 1], struct bytes word,
		     const char *standard)
{
	snprintf(out, STORE_WORD_MAX + 1, "%.*s",
		 word.len ? (int)word.len : (int)strlen(standard),
		 word.len ? (const char *)word.ptr : standard);
}

void wallet_describe(struct wallet_creation *c, struct bytes description,
		     struct bytes origin)
{
	struct store_wallet *w = &c->change.wallet;

	if (description.len && description.len < sizeof(c->description))
		memcpy(c->description, description.ptr, description.len);
	w->description = c->description;
	snprintf(w->key_usage, sizeof(w->key_usage), "%s", WALLET_KEY_USAGE);
	snprintf(w->key_spec, sizeof(w->key_spec), "%s", WALLET_KEY_SPEC);
	put_word(w->origin, origin, ORIGIN_STANDARD);
}

void wallet_give_passkey(struct wallet_creation *c, const uint8_t xy[64])
{
	struct store_wallet *w = &c->change.wallet;

	memcpy(w->passkey, xy, sizeof(w->passkey));
	w->has_passkey = true;
	w->passkey_count = 1;
}

static void created(struct keeper_change *change)
{
	struct wallet_creation *c = change->arg;
	struct call *call = c->call;

	if (change->rc) {
		call_done(call, change->rc);
		return;
	}
	wallet_end_ceremony(call);
	uuid_put(call->log_key, change->wallet.uuid);
	c->show(call, &change->wallet);
	call_done(call, KMS_RC_OK);
}

struct wallet_creation *wallet_creation_new(struct call *call,
					    const char *rp_id)
{
	const struct service_config *config = service_config(call->service);
	struct wallet_creation *c = arena_alloc(call->arena, sizeof(*c));
	struct keeper_change *change = NULL;
	struct store_wallet *w = NULL;

	if (!c) {
		call_done(call, KMS_RC_NO_MEMORY);
		return NULL;
	}
	c->call = call;
	change = &c->change;
	w = &change->wallet;
	change->job = KEEPER_CREATE_WALLET;
	change->reactor = call->reactor;
	change->evidence_kind = (uint8_t)call->caller.kind;
	change->evidence =
		bytes_of(call->caller.evidence, call->caller.evidence_len);
	change->key.account = config->account;
	change->origins = bytes_of_text(config->rp.origins);
	change->deadline_ns = call->start_ns + KEEPER_WAIT_NS;
	change->done = created;
	change->arg = c;
	w->created_ms = clock_unix_ms();
	w->bind_level = config->bind_level;
	snprintf(w->rp_id, sizeof(w->rp_id), "%s", rp_id);
	return c;
}

void wallet_creation_start(struct wallet_creation *c)
{
	struct keeper *keeper = service_config(c->call->service)->keeper;
	enum kms_rc rc = keeper_submit(keeper, &c->change);

	if (rc)
		call_done(c->call, rc);
}

/* --- CreateKey ----------------------------------------------------------- */

static void show_created(struct call *call, const struct store_wallet *w)
{
	wallet_put_metadata(call, w);
	/* Clients of the reference want the member; there is nothing in it. */
	json_text_member(&call->out, "Mnemonic", "[MNEMONIC_IN_SECURE_WORLD]");
	json_end(&call->out);
}

void service_create_wallet(struct call *call)
{
	const struct create_wallet_in *in = call->in;
	const struct relying_party *rp = &service_config(call->service)->rp;
	struct wallet_creation *c = NULL;
	struct bytes xy = { 0 };
	const char *credential = NULL;
	struct bytes hash = { 0 };

	if (!wallet_may_create(call) ||
	    !wallet_take_passkey(call, &xy, in->passkey) ||
	    !wallet_hash_credential(call, &hash, in->credential_id) ||
	    !wallet_credential_text(call, &credential, in->credential_id))
		return;
	c = wallet_creation_new(call,
				relying_party_choose(rp, call->web_origin));
	if (!c)
		return;
	wallet_describe(c, in->about.description, in->about.origin);
	wallet_give_passkey(c, xy.ptr);
	c->change.wallet.credential = credential ? credential : "";
	c->change.credential_hash = hash;
	c->show = show_created;
	wallet_creation_start(c);
}
