/* SPDX-License-Identifier: Apache-2.0 */
/* What is created: keys, and wallets with their vaults. */
#include "host/service/ledger.h"

#include "codec/eth_address.h"

#include <string.h>

bool ledger_accepts_wallet(const struct keeper_change *c)
{
	return store_accepts_wallet(&c->wallet) &&
	       c->origins.len <= ABI_ORIGINS_MAX &&
	       c->registration.len <= ABI_EVIDENCE_MAX &&
	       (!c->credential_hash.len ||
		c->credential_hash.len == SHA256_LEN);
}

void ledger_create_ops(struct tee_change *ops, const struct keeper_change *c)
{
	ops[0] = (struct tee_change){
		.op = OP_CREATE_KEY,
		.evidence_kind = c->evidence_kind,
		.evidence = c->evidence,
		.key_spec = c->key.key_spec,
		.key_usage = c->key.key_usage,
	};
	if (c->job == KEEPER_CREATE_KEY)
		return;
	ops[0] = (struct tee_change){
		.op = OP_CREATE_WALLET,
		.evidence_kind = c->evidence_kind,
		.evidence = c->evidence,
		.passkey =
			bytes_of(c->wallet.passkey, sizeof(c->wallet.passkey)),
		.credential_hash = c->credential_hash,
		.bind_level = c->wallet.bind_level,
		.rp_id = bytes_of_text(c->wallet.rp_id),
		.origins = c->origins,
		.registration = c->registration,
	};
	/* The first of the pair is judged for both. */
	ops[1] = (struct tee_change){ .op = OP_CREATE_VAULT };
}

static void fill_key(struct store_key *key, uint16_t shard,
		     const struct tee_change *op)
{
	key->shard = shard;
	key->slot = op->slot;
	key->version = op->version;
	key->key_state = KEY_STATE_ENABLED;
	memcpy(key->uuid, op->uuid, sizeof(key->uuid));
	memcpy(key->public_key, op->public_key, sizeof(key->public_key));
}

static void fill_wallet(struct keeper_change *c, uint16_t shard,
			const struct tee_change *op)
{
	struct store_wallet *w = &c->wallet;
	uint8_t address[ETH_ADDRESS_LEN];

	w->shard = shard;
	w->slot = op[0].slot;
	w->vault_slot = op[1].slot;
	w->has_passkey = true;
	w->passkey_count = 1;
	w->lifecycle = STORE_ACTIVE;
	w->last_used_ms = w->created_ms;
	memcpy(w->uuid, op->uuid, sizeof(w->uuid));
	memcpy(w->public_key, op->public_key, sizeof(w->public_key));
	eth_address_of(address, w->public_key);
	eth_address_put(w->address, address);
	c->key.key_spec = KEY_SPEC_SECP256K1;
	c->key.key_usage = KEY_USAGE_SIGN_VERIFY;
	c->key.created_ms = w->created_ms;
	c->key.description = w->description;
}

void ledger_create_row(struct ledger *l, uint16_t shard, size_t index)
{
	const struct tee_change *op = &l->changes[index];
	struct keeper_change *c = l->requests[index];
	struct store_change *row = &l->rows[index];

	*row = (struct store_change){ .blob = op->blob };
	if (op->op == OP_CREATE_VAULT)
		return;
	fill_key(&c->key, shard, op);
	row->key = &c->key;
	if (op->op == OP_CREATE_KEY)
		return;
	fill_wallet(c, shard, op);
	row->wallet = &c->wallet;
}
