/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/store/wallet_fixture.h"

#include <string.h>

void wallet_set_start(struct wallet_set *w, struct store *s, uint16_t shard)
{
	struct store_shard now = { 0 };

	memset(w, 0, sizeof(*w));
	assert_int_equal(store_get_shard(s, &now, shard), KMS_RC_OK);
	w->batch = (struct store_batch){
		.shard = shard,
		.seq = now.seq + 1,
		.pc = bytes_of(w->pc, sizeof(w->pc)),
		.changes = w->changes,
	};
	memset(w->root, (int)(w->batch.seq & 0xff), sizeof(w->root));
	memcpy(w->pc, w->root, sizeof(w->root));
}

/* Gives the change, which has a blob and no rows yet. */
static struct store_change *add(struct wallet_set *w, uint8_t type,
				uint64_t slot, uint64_t version,
				unsigned int number)
{
	size_t i = w->batch.change_count++;
	struct record_header h = {
		.type = type,
		.shard = w->batch.shard,
		.slot = slot,
		.version = version,
	};

	assert_true(i < ABI_BATCH_OPS);
	uuid_of(h.uuid, w->batch.shard, number);
	record_put_header(w->blobs[i], &h);
	w->changes[i].blob = bytes_of(w->blobs[i], type == RECORD_TOMBSTONE
							   ? RECORD_HEADER_LEN
							   : RECORD_OVERHEAD);
	return &w->changes[i];
}

void wallet_of(struct store_wallet *out, uint16_t shard, unsigned int number)
{
	*out = (struct store_wallet){
		.shard = shard,
		.slot = 2 * (uint64_t)number,
		.vault_slot = 2 * (uint64_t)number + 1,
		.description = number % 2 ? "Zürich" : "",
		.credential = number % 3 ? "Y3JlZA" : "",
		.key_usage = "SIGN_VERIFY",
		.key_spec = "ECC_SECG_P256K1",
		.origin = "EXTERNAL_KMS",
		.has_passkey = true,
		.passkey_count = 1,
		.bind_level = BIND_PAYLOAD,
		.rp_id = "aastar.io",
		.lifecycle = STORE_ACTIVE,
		.created_ms = 1700000000000 + 1000 * (int64_t)number,
		.last_used_ms = 1700000000000 + 1000 * (int64_t)number,
	};
	uuid_of(out->uuid, shard, number);
	memset(out->public_key, (int)(number & 0xff), 64);
	memset(out->passkey, (int)(0x80 | (number & 0x7f)), 64);
	snprintf(out->address, sizeof(out->address), "0x%040x",
		 number + 0x1000u * shard);
}

void wallet_set_create(struct wallet_set *w, unsigned int number)
{
	uint64_t slot = 2 * (uint64_t)number;
	struct store_change *c = add(w, RECORD_WALLET, slot, 1, number);
	size_t i = (size_t)(c - w->changes) / 2;
	struct store_wallet *wallet = &w->wallets[i];
	struct store_key *key = &w->keys[i];

	wallet_of(wallet, w->batch.shard, number);
	*key = (struct store_key){
		.shard = w->batch.shard,
		.slot = slot,
		.version = 1,
		.key_spec = KEY_SPEC_SECP256K1,
		.key_usage = KEY_USAGE_SIGN_VERIFY,
		.key_state = KEY_STATE_ENABLED,
		.created_ms = wallet->created_ms,
		.description = wallet->description,
	};
	memcpy(key->uuid, wallet->uuid, sizeof(key->uuid));
	memcpy(key->public_key, wallet->public_key, sizeof(key->public_key));
	c->key = key;
	c->wallet = wallet;
	add(w, RECORD_VAULT, slot + 1, 1, number);
}

void wallet_set_edit(struct wallet_set *w, unsigned int number,
		     uint64_t version, const struct store_wallet_edit *edit)
{
	add(w, RECORD_WALLET, 2 * (uint64_t)number, version, number)->edit =
		edit;
}

void wallet_set_delete(struct wallet_set *w, unsigned int number,
		       uint64_t version)
{
	uint64_t slot = 2 * (uint64_t)number;

	add(w, RECORD_TOMBSTONE, slot, version, number);
	add(w, RECORD_TOMBSTONE, slot + 1, version, number);
}

void wallet_set_commit(struct wallet_set *w, struct store *s)
{
	assert_int_equal(store_begin_batch(s, &w->batch), KMS_RC_OK);
	assert_int_equal(
		store_finish_batch(s, w->batch.shard, w->batch.seq, w->root),
		KMS_RC_OK);
}

void assert_wallet(const struct store_wallet *got,
		   const struct store_wallet *want)
{
	assert_memory_equal(got->uuid, want->uuid, ABI_UUID_LEN);
	assert_int_equal(got->shard, want->shard);
	assert_int_equal(got->slot, want->slot);
	assert_int_equal(got->vault_slot, want->vault_slot);
	assert_memory_equal(got->public_key, want->public_key, 64);
	assert_string_equal(got->address, want->address);
	assert_string_equal(got->description, want->description);
	assert_string_equal(got->credential, want->credential);
	assert_string_equal(got->key_usage, want->key_usage);
	assert_string_equal(got->key_spec, want->key_spec);
	assert_string_equal(got->origin, want->origin);
	assert_int_equal(got->has_passkey, want->has_passkey);
	if (want->has_passkey)
		assert_memory_equal(got->passkey, want->passkey, 64);
	assert_int_equal(got->passkey_count, want->passkey_count);
	assert_int_equal(got->bind_level, want->bind_level);
	assert_string_equal(got->rp_id, want->rp_id);
	assert_int_equal(got->lifecycle, want->lifecycle);
	assert_int_equal(got->delete_after_ms, want->delete_after_ms);
	assert_int_equal(got->created_ms, want->created_ms);
	assert_int_equal(got->last_used_ms, want->last_used_ms);
}
