/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding wallets by what clients call them.
 */
#include "host/service/wallet.h"

#include "codec/eth_address.h"
#include "codec/uuid.h"

#include <stdio.h>
#include <string.h>

#define ECHO_MAX 300 /* of an identifier in an error text */

static int shown(struct bytes text)
{
	return (int)(text.len < ECHO_MAX ? text.len : ECHO_MAX);
}

static bool unknown(struct call *call, const char *what, struct bytes name)
{
	call_fail(call, KMS_RC_NOT_FOUND, "%s not found: %.*s", what,
		  shown(name), (const char *)name.ptr);
	return false;
}

static bool load(struct call *call, struct store_wallet *out,
		 const uint8_t uuid[ABI_UUID_LEN], const char *what,
		 struct bytes name)
{
	enum kms_rc rc = store_get_wallet(service_reader(call), out, uuid);

	uuid_put(call->log_key, uuid);
	if (!rc)
		return true;
	if (rc == KMS_RC_NOT_FOUND)
		return unknown(call, what, name);
	call_done(call, rc);
	return false;
}

bool wallet_find(struct call *call, struct store_wallet *out,
		 struct bytes key_id)
{
	uint8_t uuid[ABI_UUID_LEN] = { 0 };
	struct bytes id = { 0 };

	if (service_bare_key_id(call, &id, key_id))
		return false;
	if (!uuid_get(uuid, id))
		return unknown(call, "Key", key_id);
	return load(call, out, uuid, "Key", key_id);
}

static enum kms_rc read_address(struct call *call, struct store_address *row,
				struct bytes address)
{
	char text[ETH_ADDRESS_TEXT_LEN + 1];

	if (address.len != ETH_ADDRESS_TEXT_LEN)
		return KMS_RC_NOT_FOUND;
	memcpy(text, address.ptr, ETH_ADDRESS_TEXT_LEN);
	text[ETH_ADDRESS_TEXT_LEN] = '\0';
	return store_get_address(service_reader(call), row, text);
}

bool service_wallet_of(struct call *call, uint8_t uuid[ABI_UUID_LEN],
		       struct bytes address)
{
	struct store_address row = { 0 };

	if (read_address(call, &row, address))
		return false;
	memcpy(uuid, row.uuid, ABI_UUID_LEN);
	return true;
}

static bool find_address(struct call *call, struct wallet_place *out,
			 struct bytes address)
{
	struct store_address row = { 0 };
	enum kms_rc rc = read_address(call, &row, address);

	if (rc == KMS_RC_NOT_FOUND)
		return unknown(call, "Address", address);
	if (rc) {
		call_done(call, rc);
		return false;
	}
	out->path = (struct eth_path){ row.account, row.index };
	memcpy(out->address, row.address, sizeof(out->address));
	memcpy(out->public_key, row.key_text, sizeof(out->public_key));
	return load(call, &out->wallet, row.uuid, "Address", address);
}

static bool find_first(struct call *call, struct wallet_place *out,
		       struct bytes key_id)
{
	if (!wallet_find(call, &out->wallet, key_id))
		return false;
	out->path = (struct eth_path){ 0 };
	memcpy(out->address, out->wallet.address, sizeof(out->address));
	eth_address_put_key(out->public_key, out->wallet.public_key);
	return true;
}

bool wallet_find_any(struct call *call, struct wallet_place *out,
		     const struct wallet_in *in)
{
	if (in->key_id.ptr)
		return find_first(call, out, in->key_id);
	if (in->address.ptr)
		return find_address(call, out, in->address);
	call_fail(call, KMS_RC_BAD_INPUT,
		  "Must provide either KeyId or Address");
	return false;
}

bool wallet_read_path(struct call *call, struct eth_path *path,
		      struct bytes text)
{
	if (eth_path_get(path, text) || path->account ||
	    path->index > ABI_ADDRESS_INDEX_MAX) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "Derivation path must be m/44'/60'/0'/0/ and a "
			  "number up to %d",
			  ABI_ADDRESS_INDEX_MAX);
		return false;
	}
	return true;
}

/* Two names for one key must agree; a caller who errs there errs in more. */
static bool agrees(struct call *call, const struct wallet_place *place,
		   const struct wallet_in *in)
{
	uint8_t uuid[ABI_UUID_LEN] = { 0 };
	struct eth_path path = { 0 };
	struct bytes id = { 0 };

	if (in->key_id.ptr && service_bare_key_id(call, &id, in->key_id))
		return false;
	if (in->key_id.ptr &&
	    (!uuid_get(uuid, id) ||
	     !bytes_equal_var(bytes_of(uuid, sizeof(uuid)),
			      bytes_of(place->wallet.uuid, sizeof(uuid))))) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "Address is not one of KeyId's");
		return false;
	}
	if (in->path.ptr && (eth_path_get(&path, in->path) ||
			     path.account != place->path.account ||
			     path.index != place->path.index)) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "Address is not the one at DerivationPath");
		return false;
	}
	return true;
}

bool wallet_find_key(struct call *call, struct wallet_place *out,
		     const struct wallet_in *in, bool path_required)
{
	if (in->address.ptr)
		return find_address(call, out, in->address) &&
		       agrees(call, out, in);
	if (!in->key_id.ptr || (path_required && !in->path.ptr)) {
		call_fail(call, KMS_RC_BAD_INPUT, "%s",
			  path_required ? "Must provide either Address or "
					  "(KeyId + DerivationPath)"
					: "Either KeyId or Address must be "
					  "provided");
		return false;
	}
	out->path = (struct eth_path){ 0 };
	if (in->path.ptr && !wallet_read_path(call, &out->path, in->path))
		return false;
	return wallet_find(call, &out->wallet, in->key_id);
}

bool wallet_is_kept(struct call *call, const struct store_wallet *w)
{
	if (w->lifecycle != STORE_PENDING_DELETION)
		return true;
	call_fail(call, KMS_RC_INVALID_STATE, "key is pending deletion");
	return false;
}

bool wallet_is_usable(struct call *call, const struct store_wallet *w)
{
	if (w->lifecycle == STORE_FROZEN) {
		call_fail(call, KMS_RC_FROZEN, "key is frozen");
		return false;
	}
	return wallet_is_kept(call, w);
}
