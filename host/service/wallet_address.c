/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DeriveAddress, and the public keys of addresses.
 */
#include "codec/eth_address.h"
#include "common/log.h"
#include "host/service/wallet.h"

#include <string.h>

#define MODULE "wallet"

static void show(struct call *call, const char *address, const uint8_t xy[64])
{
	char key[ETH_KEY_TEXT_LEN + 1];

	eth_address_put_key(key, xy);
	json_object(&call->out);
	json_text_member(&call->out, "Address", address);
	json_text_member(&call->out, "PublicKey", key);
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}

/* An address that is to become a name of its wallet. */
struct naming {
	struct keeper_change change;
	struct store_address address;
	struct call *call;
};

static void named(struct keeper_change *change)
{
	struct naming *n = change->arg;

	/* It can be derived again; the owner's gesture can not be had again. */
	if (change->rc)
		log_warn(MODULE, "key=%s: an address was not noted: %s",
			 n->call->log_key, kms_rc_name(change->rc));
	show(n->call, n->address.address, n->address.public_key);
}

/* A write of the database, which is not for this thread to wait for. */
static void name_wallet(struct call *call, const struct store_address *a)
{
	struct keeper *keeper = service_config(call->service)->keeper;
	struct naming *n = arena_alloc(call->arena, sizeof(*n));
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	if (!n) {
		call_done(call, rc);
		return;
	}
	n->call = call;
	n->address = *a;
	n->change.job = KEEPER_ADD_ADDRESS;
	n->change.reactor = call->reactor;
	n->change.address = &n->address;
	n->change.done = named;
	n->change.arg = n;
	rc = keeper_submit(keeper, &n->change);
	if (!rc)
		return;
	n->change.rc = rc;
	named(&n->change);
}

/* The address is a name of the wallet from now on; written once for each. */
static void derived(struct call *call, const struct wallet_use *u,
		    const uint8_t xy[64])
{
	struct store_address a = { .account = u->path.account,
				   .index = u->path.index };
	struct store_address known = { 0 };
	uint8_t raw[ETH_ADDRESS_LEN];

	eth_address_of(raw, xy);
	eth_address_put(a.address, raw);
	memcpy(a.uuid, u->wallet.uuid, sizeof(a.uuid));
	memcpy(a.public_key, xy, sizeof(a.public_key));
	if (store_get_address(service_reader(call), &known, a.address) ==
	    KMS_RC_NOT_FOUND)
		name_wallet(call, &a);
	else
		show(call, a.address, xy);
}

static void seen(struct wallet_use *u)
{
	derived(u->call, u, u->job.sign.public_key);
}

static void issued(struct wallet_change *c)
{
	derived(c->call, c->user, c->change.public_key);
}

/* The TEE spent nothing yet: the same assertion allows the address's issue. */
static void failed(struct wallet_use *u, enum kms_rc rc)
{
	struct wallet_change *c = NULL;

	if (rc != KMS_RC_NEED_ISSUE) {
		call_done(u->call, rc);
		return;
	}
	c = wallet_change_new(u->call, &u->wallet);
	if (!c)
		return;
	c->user = u;
	c->done = issued;
	c->change.index = u->path.index;
	wallet_change_start(c, OP_ISSUE_ADDRESS, &u->evidence);
}

void service_derive_address(struct call *call)
{
	const struct derive_address_in *in = call->in;
	struct wallet_place place = { 0 };
	struct wallet_use *u = NULL;

	if (!wallet_read_path(call, &place.path, in->wallet.path) ||
	    !wallet_find(call, &place.wallet, in->wallet.key_id))
		return;
	u = wallet_use_new(call, &place, &in->owner);
	if (!u)
		return;
	u->done = seen;
	u->failed = failed;
	wallet_use_start(u, USE_ADDRESS, (struct bytes){ 0 });
}

void service_get_wallet_key(struct call *call)
{
	struct wallet_place place = { 0 };
	const struct store_wallet *w = &place.wallet;

	if (!wallet_find_any(call, &place, call->in))
		return;
	json_object(&call->out);
	wallet_put_id(call, w->uuid);
	json_text_member(&call->out, "Address", place.address);
	json_text_member(&call->out, "PublicKey", place.public_key);
	json_text_member(&call->out, "KeyUsage", w->key_usage);
	json_text_member(&call->out, "KeySpec", w->key_spec);
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}
