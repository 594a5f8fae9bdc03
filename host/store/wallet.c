/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/wallet.h"

#include "abi/record.h"
#include "abi/schema.h"
#include "codec/eth_path.h"
#include "common/secret.h"
#include "host/store/backend.h"

#include <string.h>

#define DESCRIPTION_SZ (4 * STORE_DESCRIPTION_MAX)

static bool text_ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool fits_in(const char *text, size_t max)
{
	return text && strnlen(text, max + 1) <= max;
}

static bool is_lower_hex(const char *text, size_t count)
{
	return strspn(text, "0123456789abcdef") == count && !text[count];
}

static bool address_is_valid(const char address[ETH_ADDRESS_TEXT_LEN + 1])
{
	return text_ends(address, ETH_ADDRESS_TEXT_LEN + 1) &&
	       address[0] == '0' && address[1] == 'x' &&
	       is_lower_hex(address + 2, ETH_ADDRESS_TEXT_LEN - 2);
}

static bool time_is_valid(int64_t ms)
{
	return ms >= 0;
}

bool store_accepts_wallet(const struct store_wallet *w)
{
	return time_is_valid(w->created_ms) &&
	       fits_in(w->description, DESCRIPTION_SZ) &&
	       fits_in(w->credential, STORE_CREDENTIAL_MAX) &&
	       text_ends(w->key_usage, sizeof(w->key_usage)) &&
	       text_ends(w->key_spec, sizeof(w->key_spec)) &&
	       text_ends(w->origin, sizeof(w->origin)) &&
	       text_ends(w->rp_id, sizeof(w->rp_id));
}

bool store_wallet_is_valid(const struct store_wallet *w,
			   const struct store_key *key)
{
	return store_accepts_wallet(w) && address_is_valid(w->address) &&
	       w->shard == key->shard && w->slot == key->slot &&
	       w->vault_slot >> ABI_DEPTH_MAX == 0 &&
	       w->created_ms == key->created_ms &&
	       ct_equal(w->uuid, key->uuid, sizeof(w->uuid)) &&
	       ct_equal(w->public_key, key->public_key, sizeof(w->public_key));
}

bool store_accepts_edit(const struct store_wallet_edit *e)
{
	bool ends = e->lifecycle == STORE_PENDING_DELETION;

	return e->lifecycle <= STORE_PENDING_DELETION &&
	       time_is_valid(e->delete_after_ms) &&
	       ends == (e->delete_after_ms != 0) &&
	       time_is_valid(e->last_used_ms) &&
	       (e->passkey || !e->credential) &&
	       fits_in(e->credential ? e->credential : "",
		       STORE_CREDENTIAL_MAX);
}

enum kms_rc store_get_wallet(struct store_reader *r, struct store_wallet *out,
			     const uint8_t uuid[ABI_UUID_LEN])
{
	uint8_t wanted[ABI_UUID_LEN];

	/* uuid may be out->uuid. */
	memcpy(wanted, uuid, sizeof(wanted));
	*out = (struct store_wallet){ 0 };
	return r->store->backend->get_wallet(r, out, wanted);
}

enum kms_rc store_list_passkeys(struct store_reader *r,
				const uint8_t uuid[ABI_UUID_LEN],
				store_passkey_visit *visit, void *arg)
{
	return r->store->backend->list_passkeys(r, uuid, visit, arg);
}

enum kms_rc store_list_wallets(struct store_reader *r,
			       const struct store_wallet_mark *after,
			       unsigned int limit, store_wallet_visit *visit,
			       void *arg)
{
	if (!text_ends(after->created_at, sizeof(after->created_at)))
		return KMS_RC_BAD_INPUT;
	return r->store->backend->list_wallets(r, after, limit, visit, arg);
}

enum kms_rc store_list_dormant(struct store_reader *r, int64_t before_ms,
			       const struct store_time_mark *after,
			       unsigned int limit, store_wallet_visit *visit,
			       void *arg)
{
	return r->store->backend->list_dormant(r, before_ms, after, limit,
					       visit, arg);
}

enum kms_rc store_list_due(struct store_reader *r, int64_t now_ms,
			   const struct store_time_mark *after,
			   unsigned int limit, store_wallet_visit *visit,
			   void *arg)
{
	return r->store->backend->list_due(r, now_ms, after, limit, visit, arg);
}

enum kms_rc store_count_wallets(struct store_reader *r,
				struct store_wallet_totals *out)
{
	*out = (struct store_wallet_totals){ 0 };
	return r->store->backend->count_wallets(r, out);
}

enum kms_rc store_add_address(struct store *s, const struct store_address *a)
{
	if (!address_is_valid(a->address) || a->account > ETH_PATH_NUMBER_MAX ||
	    a->index > ETH_PATH_NUMBER_MAX)
		return KMS_RC_BAD_INPUT;
	return s->backend->add_address(s, a);
}

enum kms_rc store_get_address(struct store_reader *r, struct store_address *out,
			      const char *address)
{
	*out = (struct store_address){ 0 };
	if (strnlen(address, ETH_ADDRESS_TEXT_LEN + 1) != ETH_ADDRESS_TEXT_LEN)
		return KMS_RC_NOT_FOUND;
	for (size_t i = 0; i < ETH_ADDRESS_TEXT_LEN; i++) {
		out->address[i] = address[i];
		if (address[i] >= 'A' && address[i] <= 'F')
			out->address[i] = "abcdef"[address[i] - 'A'];
	}
	if (!address_is_valid(out->address))
		return KMS_RC_NOT_FOUND;
	return r->store->backend->get_address(r, out, out->address);
}

enum kms_rc store_note(struct store *s, const struct store_use *uses,
		       size_t use_count, const struct store_count *counts,
		       size_t count_count)
{
	for (size_t i = 0; i < use_count; i++)
		if (!time_is_valid(uses[i].last_used_ms))
			return KMS_RC_BAD_INPUT;
	for (size_t i = 0; i < count_count; i++)
		if (!text_ends(counts[i].name, sizeof(counts[i].name)) ||
		    counts[i].value > INT32_MAX)
			return KMS_RC_BAD_INPUT;
	return s->backend->note(s, uses, use_count, counts, count_count);
}

enum kms_rc store_get_counter(struct store_reader *r, uint64_t *value,
			      const char *name)
{
	*value = 0;
	return r->store->backend->get_counter(r, value, name);
}
