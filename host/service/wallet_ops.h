/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wallet_ops - the operations on wallets: what each gets, and what runs it
 *
 * As in ops.h. Text members are UTF-8 and unescaped, the others decoded.
 */

#ifndef KMS_HOST_SERVICE_WALLET_OPS_H
#define KMS_HOST_SERVICE_WALLET_OPS_H

#include "host/service/call.h"

#define WALLET_DESCRIPTION_MAX 256 /* characters */

/* What an authenticator answered (WebAuthn 5.2). */
struct response_in {
	bool given;
	struct bytes client_data;
	struct bytes auth_data;	  /* get() */
	struct bytes signature;	  /* get(); DER */
	struct bytes attestation; /* create() */
};

struct credential_in {
	bool given;
	struct bytes id;
	struct response_in response;
};

/* navigator.credentials.get(), and which challenge it answers. */
struct assertion_in {
	bool given;
	struct bytes challenge_id;
	struct credential_in credential;
};

/* A raw assertion, for any challenge at all (http-api-1 7.4). */
struct legacy_in {
	bool given;
	struct bytes auth_data;
	struct bytes client_hash;
	struct bytes signature; /* r | s, or DER */
};

/* How a wallet's owner shows who he is. */
struct owner_in {
	struct assertion_in webauthn;
	struct legacy_in passkey;
};

/* What the creator of a wallet says of it. */
struct about_in {
	struct bytes description;
	unsigned int key_usage; /* one name each: no more than checked */
	unsigned int key_spec;
	struct bytes origin; /* AWS's, not the page's */
};

struct create_wallet_in {
	struct about_in about;
	struct bytes passkey; /* 0x04 | x | y */
	struct bytes credential_id;
};

struct begin_registration_in {
	struct about_in about;
	struct bytes user_name;
	struct bytes user_display_name;
};

struct complete_registration_in {
	struct bytes challenge_id;
	struct credential_in credential;
};

/* Which wallet, and for some, which of its addresses. */
struct wallet_in {
	struct bytes key_id;
	struct bytes address;
	struct bytes path;
};

struct derive_address_in {
	struct wallet_in wallet;
	struct owner_in owner;
};

struct transaction_in {
	bool given;
	struct op_int type;
	struct op_uint chain_id;
	struct op_uint nonce;
	struct op_uint gas;
	struct bytes to; /* "" asks for a new contract */
	struct bytes value;
	struct bytes data;
	struct bytes gas_price;
	struct bytes max_fee;
	struct bytes max_priority_fee;
	struct bytes max_blob_fee;
	struct json_value access_list;
	struct json_value blob_hashes;
	struct json_value authorizations;
};

/* The only ones. */
#define WALLET_KEY_USAGE "SIGN_VERIFY"
#define WALLET_KEY_SPEC	 "ECC_SECG_P256K1"

enum message_encoding {
	ENCODING_ABSENT,
	ENCODING_HEX,
	ENCODING_BASE64,
	ENCODING_UTF8,
};
enum message_meaning {
	MEANING_ABSENT,
	MEANING_RAW,
	MEANING_EIP191,
};
extern const struct op_enum message_encodings;
extern const struct op_enum message_meanings;
extern const struct op_enum wallet_usages;
extern const struct op_enum wallet_specs;

struct sign_wallet_in {
	struct wallet_in wallet;
	struct owner_in owner;
	struct bytes message;
	unsigned int encoding; /* enum message_encoding */
	unsigned int meaning;  /* enum message_meaning */
	struct transaction_in transaction;
};

struct sign_hash_in {
	struct wallet_in wallet;
	struct owner_in owner;
	struct bytes hash;
};

/* Add, change, remove. */
struct passkey_in {
	struct wallet_in wallet;
	struct owner_in owner;
	struct bytes passkey; /* 0x04 | x | y */
	struct bytes credential_id;
};

struct delete_key_in {
	struct wallet_in wallet;
	struct owner_in owner;
	struct op_int window_days;
};

/* CancelKeyDeletion, UnfreezeKey. */
struct owned_in {
	struct wallet_in wallet;
	struct owner_in owner;
};

struct list_wallets_in {
	struct op_int limit;
	struct bytes marker;
};

struct stats_in {
	struct bytes pretty;
};

op_run service_create_wallet;
op_run service_begin_registration;
op_run service_complete_registration;
op_run service_begin_authentication;
op_run service_describe_wallet;
op_run service_list_wallets;
op_run service_get_wallet_key;
op_run service_key_status;
op_run service_derive_address;
op_run service_sign_wallet;
op_run service_sign_hash;
op_run service_change_passkey;
op_run service_add_passkey;
op_run service_remove_passkey;
op_run service_delete_wallet; /* also ScheduleKeyDeletion */
op_run service_cancel_deletion;
op_run service_unfreeze_wallet;
op_run service_stats;
op_run service_queue_status;
op_run service_rollback_counter;

#endif /* KMS_HOST_SERVICE_WALLET_OPS_H */
