/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members of the operations on wallets (http-api-1 sections 7 to 11).
 */
#include "abi/limits.h"
#include "codec/attestation.h"
#include "codec/eth_tx.h"
#include "host/dispatch/op_fields.h"
#include "host/service/wallet_ops.h"
#include "host/store/wallet.h"

#define CHALLENGE_ID_MAX 64
#define KEY_ID_MAX	 2048 /* as on POST /, where it may be an ARN */
#define ADDRESS_MAX	 64
#define PATH_MAX_LEN	 64
#define MESSAGE_MAX	 ABI_PAYLOAD_MAX /* characters; then bytes count */
#define AMOUNT_MAX	 80
#define NAME_MAX_CHARS	 64
#define CREDENTIAL_MAX	 1023

static bool is_word(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

static const struct op_pattern word_pattern = { "[a-zA-Z0-9._-]*", is_word };

/* clang-format off */
#define ABOUT(s)							       \
	F_PATTERN(0, "Description", s, about.description, 0,		       \
		  WALLET_DESCRIPTION_MAX, &text_pattern),		       \
	F_ENUM(0, "KeyUsage", s, about.key_usage, &wallet_usages),	       \
	F_ENUM(0, "KeySpec", s, about.key_spec, &wallet_specs),		       \
	F_PATTERN(0, "Origin", s, about.origin, 0, STORE_WORD_MAX,	       \
		  &word_pattern)
#define WALLET_ID(flags, s)						       \
	F_STRING(flags, "KeyId", s, wallet.key_id, 1, KEY_ID_MAX)
#define OWNER(s)							       \
	F_STRUCT(0, "WebAuthn", s, owner.webauthn, assertion_fields),	       \
	F_STRUCT(0, "Passkey", s, owner.passkey, legacy_fields)
#define ANY_OF_ITS_NAMES(s)						       \
	WALLET_ID(0, s),						       \
	F_STRING(0, "Address", s, wallet.address, 1, ADDRESS_MAX),	       \
	F_STRING(0, "DerivationPath", s, wallet.path, 1, PATH_MAX_LEN)
#define PASSKEY(f, n, s)						       \
	F_HEX(f, n, s, passkey, 65, 65)
#define CREDENTIAL_ID(s)						       \
	F_BASE64URL(0, "CredentialId", s, credential_id, 1, CREDENTIAL_MAX)

static const struct field assertion_response_fields[] = {
	F_BASE64URL(FIELD_REQUIRED, "clientDataJSON", struct response_in,
		    client_data, 1, ABI_CLIENT_DATA_MAX),
	F_BASE64URL(FIELD_REQUIRED, "authenticatorData", struct response_in,
		    auth_data, 37, ABI_AUTH_DATA_MAX),
	F_BASE64URL(FIELD_REQUIRED, "signature", struct response_in, signature,
		    8, 72),
	F_END
};

static const struct field assertion_credential_fields[] = {
	F_BASE64URL(FIELD_REQUIRED, "id", struct credential_in, id, 1,
		    CREDENTIAL_MAX),
	F_STRUCT(FIELD_REQUIRED, "response", struct credential_in, response,
		 assertion_response_fields),
	F_END
};

static const struct field assertion_fields[] = {
	F_STRING(FIELD_REQUIRED, "ChallengeId", struct assertion_in,
		 challenge_id, 1, CHALLENGE_ID_MAX),
	F_STRUCT(FIELD_REQUIRED, "Credential", struct assertion_in, credential,
		 assertion_credential_fields),
	F_END
};

static const struct field created_response_fields[] = {
	F_BASE64URL(FIELD_REQUIRED, "clientDataJSON", struct response_in,
		    client_data, 1, ABI_CLIENT_DATA_MAX),
	F_BASE64URL(FIELD_REQUIRED, "attestationObject", struct response_in,
		    attestation, 1, ATTESTATION_MAX),
	F_END
};

static const struct field created_credential_fields[] = {
	F_BASE64URL(FIELD_REQUIRED, "id", struct credential_in, id, 1,
		    CREDENTIAL_MAX),
	F_STRUCT(FIELD_REQUIRED, "response", struct credential_in, response,
		 created_response_fields),
	F_END
};

static const struct field legacy_fields[] = {
	F_HEX(0, "AuthenticatorData", struct legacy_in, auth_data, 37,
	      ABI_AUTH_DATA_MAX),
	F_HEX(0, "ClientDataHash", struct legacy_in, client_hash, 32, 32),
	F_HEX(0, "Signature", struct legacy_in, signature, 8, 72),
	F_END
};

const struct field create_wallet_fields[] = {
	ABOUT(struct create_wallet_in),
	PASSKEY(FIELD_REQUIRED, "PasskeyPublicKey", struct create_wallet_in),
	CREDENTIAL_ID(struct create_wallet_in),
	F_END
};

const struct field begin_registration_fields[] = {
	ABOUT(struct begin_registration_in),
	F_STRING(0, "UserName", struct begin_registration_in, user_name, 0,
		 NAME_MAX_CHARS),
	F_STRING(0, "UserDisplayName", struct begin_registration_in,
		 user_display_name, 0, NAME_MAX_CHARS),
	F_END
};

const struct field complete_registration_fields[] = {
	F_STRING(FIELD_REQUIRED, "ChallengeId", struct complete_registration_in,
		 challenge_id, 1, CHALLENGE_ID_MAX),
	F_STRUCT(FIELD_REQUIRED, "Credential", struct complete_registration_in,
		 credential, created_credential_fields),
	F_END
};

/* Of a wallet as a whole: KeyId, or any of its addresses. */
const struct field wallet_fields[] = {
	F_STRING(0, "KeyId", struct wallet_in, key_id, 1, KEY_ID_MAX),
	F_STRING(0, "Address", struct wallet_in, address, 1, ADDRESS_MAX),
	F_END
};

const struct field key_status_fields[] = {
	F_STRING(FIELD_REQUIRED, "KeyId", struct wallet_in, key_id, 1,
		 KEY_ID_MAX),
	F_END
};

const struct field derive_address_fields[] = {
	WALLET_ID(FIELD_REQUIRED, struct derive_address_in),
	F_STRING(FIELD_REQUIRED, "DerivationPath", struct derive_address_in,
		 wallet.path, 1, PATH_MAX_LEN),
	OWNER(struct derive_address_in),
	F_END
};

static const struct field transaction_fields[] = {
	F_INT(0, "type", struct transaction_in, type, 0, 4),
	F_UINT(FIELD_REQUIRED, "chainId", struct transaction_in, chain_id),
	F_UINT(FIELD_REQUIRED, "nonce", struct transaction_in, nonce),
	F_UINT(FIELD_REQUIRED, "gas", struct transaction_in, gas),
	F_STRING(FIELD_REQUIRED, "to", struct transaction_in, to, 0, AMOUNT_MAX),
	F_STRING(FIELD_REQUIRED, "value", struct transaction_in, value, 1,
		 AMOUNT_MAX),
	F_HEX(FIELD_REQUIRED, "data", struct transaction_in, data, 0,
	      ETH_TX_DATA_MAX),
	F_STRING(0, "gasPrice", struct transaction_in, gas_price, 1,
		 AMOUNT_MAX),
	F_STRING(0, "maxFeePerGas", struct transaction_in, max_fee, 1,
		 AMOUNT_MAX),
	F_STRING(0, "maxPriorityFeePerGas", struct transaction_in,
		 max_priority_fee, 1, AMOUNT_MAX),
	F_STRING(0, "maxFeePerBlobGas", struct transaction_in, max_blob_fee, 1,
		 AMOUNT_MAX),
	F_LIST(0, "accessList", struct transaction_in, access_list),
	F_LIST(0, "blobVersionedHashes", struct transaction_in, blob_hashes),
	F_LIST(0, "authorizationList", struct transaction_in, authorizations),
	F_END
};

const struct field sign_wallet_fields[] = {
	ANY_OF_ITS_NAMES(struct sign_wallet_in),
	OWNER(struct sign_wallet_in),
	F_STRING(FIELD_HIDDEN, "Message", struct sign_wallet_in, message, 0,
		 MESSAGE_MAX),
	F_ENUM(0, "MessageEncoding", struct sign_wallet_in, encoding,
	       &message_encodings),
	F_ENUM(0, "MessageType", struct sign_wallet_in, meaning,
	       &message_meanings),
	F_STRUCT(0, "Transaction", struct sign_wallet_in, transaction,
		 transaction_fields),
	F_END
};

const struct field sign_hash_fields[] = {
	ANY_OF_ITS_NAMES(struct sign_hash_in),
	OWNER(struct sign_hash_in),
	F_HEX(FIELD_REQUIRED, "Hash", struct sign_hash_in, hash, 32, 32),
	F_END
};

const struct field passkey_fields[] = {
	WALLET_ID(FIELD_REQUIRED, struct passkey_in),
	PASSKEY(FIELD_REQUIRED, "PasskeyPublicKey", struct passkey_in),
	CREDENTIAL_ID(struct passkey_in),
	OWNER(struct passkey_in),
	F_END
};

const struct field delete_key_fields[] = {
	WALLET_ID(FIELD_REQUIRED, struct delete_key_in),
	F_INT(0, "PendingWindowInDays", struct delete_key_in, window_days, 0,
	      30),
	OWNER(struct delete_key_in),
	F_END
};

const struct field owned_fields[] = {
	WALLET_ID(FIELD_REQUIRED, struct owned_in),
	OWNER(struct owned_in),
	F_END
};

const struct field list_wallets_fields[] = {
	F_INT(0, "Limit", struct list_wallets_in, limit, 1, 1000),
	F_STRING(0, "Marker", struct list_wallets_in, marker, 1, 1024),
	F_END
};

const struct field stats_fields[] = {
	F_STRING(0, "pretty", struct stats_in, pretty, 0, 16),
	F_END
};

#define OUT_END { 0 }

const struct op_member create_wallet_out[] = {
	{ "KeyMetadata", "KeyMetadata", true },
	{ "Mnemonic", "string", true },
	OUT_END
};

const struct op_member registration_options_out[] = {
	{ "ChallengeId", "string", true },
	{ "Options", "PublicKeyCredentialCreationOptions", true },
	OUT_END
};

const struct op_member registration_out[] = {
	{ "KeyId", "string", true },
	{ "CredentialId", "string", true },
	{ "Status", "string", true },
	{ "Address", "string", true },
	OUT_END
};

const struct op_member authentication_options_out[] = {
	{ "ChallengeId", "string", true },
	{ "Options", "PublicKeyCredentialRequestOptions", true },
	OUT_END
};

const struct op_member wallet_out[] = {
	{ "KeyMetadata", "KeyMetadata", true },
	{ "Passkeys", "list of Passkey", true },
	OUT_END
};

const struct op_member wallet_list_out[] = {
	{ "Keys", "list of KeyListEntry", true },
	{ "NextMarker", "string", false },
	{ "Truncated", "bool", true },
	OUT_END
};

const struct op_member wallet_key_out[] = {
	{ "KeyId", "string", true },
	{ "PublicKey", "string", true },
	{ "Address", "string", true },
	{ "KeyUsage", "string", true },
	{ "KeySpec", "string", true },
	OUT_END
};

const struct op_member key_status_out[] = {
	{ "KeyId", "string", true },
	{ "Status", "string", true },
	{ "LifecycleStatus", "string", true },
	{ "Address", "string", false },
	{ "PublicKey", "string", false },
	{ "DerivationPath", "string", false },
	{ "LastUsedAt", "string", false },
	OUT_END
};

const struct op_member derive_address_out[] = {
	{ "Address", "string", true },
	{ "PublicKey", "string", true },
	OUT_END
};

const struct op_member signature_out[] = {
	{ "Signature", "string", true },
	OUT_END
};

const struct op_member transaction_signature_out[] = {
	{ "Signature", "string", true },
	{ "TransactionHash", "string", true },
	OUT_END
};

const struct op_member changed_out[] = {
	{ "KeyId", "string", true },
	{ "Changed", "bool", true },
	OUT_END
};

const struct op_member passkey_count_out[] = {
	{ "KeyId", "string", true },
	{ "PasskeyCount", "int", true },
	OUT_END
};

const struct op_member deletion_out[] = {
	{ "KeyId", "string", true },
	{ "DeletionDate", "time", true },
	OUT_END
};

const struct op_member lifecycle_out[] = {
	{ "KeyId", "string", true },
	{ "LifecycleStatus", "string", true },
	OUT_END
};

const struct op_member stats_out[] = {
	{ "service", "string", true },
	{ "version", "string", true },
	{ "ta_mode", "string", true },
	{ "queue", "Queue", true },
	{ "keys", "KeyCounts", false },
	{ "operations", "OperationCounts", false },
	{ "api_keys", "int", false },
	{ "warnings", "list of Warning", false },
	{ "_explain", "Explanations", true },
	OUT_END
};

const struct op_member queue_out[] = {
	{ "queue_depth", "int", true },
	{ "estimated_wait_seconds", "int", true },
	{ "circuit_breaker_open", "bool", true },
	{ "consecutive_failures", "int", true },
	OUT_END
};

const struct op_member counter_out[] = {
	{ "counter", "int", true },
	OUT_END
};
/* clang-format on */
