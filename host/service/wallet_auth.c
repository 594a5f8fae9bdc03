/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BeginAuthentication, and the assertion that ends it.
 *
 * What is checked here is checked again in the TEE, which alone decides. Here
 * it spares the TEE the work, and tells what is wrong in words.
 */
#include "abi/messages.h"
#include "codec/auth_data.h"
#include "codec/client_data.h"
#include "codec/der.h"
#include "host/service/wallet.h"
#include "host/service/wallet_ceremony.h"

#include <string.h>

/* --- the evidence -------------------------------------------------------- */

/* No assertion that the wallet would obey. */
static void refuse(struct call *call, const struct owner_in *owner)
{
	if (owner->passkey.given)
		call_fail(call, KMS_RC_AUTH_REQUIRED,
			  "Legacy raw passkey assertions are not accepted for "
			  "signing/mutating operations: use WebAuthn");
	else
		call_fail(call, KMS_RC_AUTH_REQUIRED,
			  "Passkey authorization required: key %s has a "
			  "passkey bound",
			  call->log_key);
}

static bool check_response(struct call *call, struct abi_passkey_evidence *e,
			   const struct store_wallet *w,
			   const struct response_in *r)
{
	struct client_data client = { 0 };
	struct auth_data auth = { 0 };
	enum kms_rc rc =
		client_data_parse(&client, r->client_data, CLIENT_DATA_GET);

	if (rc) {
		call_fail(call, rc,
			  "clientDataJSON is not that of a webauthn.get on a "
			  "page of its own");
		return false;
	}
	if (auth_data_get_assertion(&auth, r->auth_data)) {
		call_fail(call, KMS_RC_AUTH_FORMAT,
			  "authenticatorData is malformed");
		return false;
	}
	if (!wallet_check_rp(call, &auth, w->rp_id) ||
	    !wallet_check_user(call, &auth, true))
		return false;
	if (der_get_ecdsa(e->signature, r->signature)) {
		call_fail(call, KMS_RC_AUTH_FORMAT, "Invalid DER signature");
		return false;
	}
	return true;
}

static bool write_evidence(struct call *call, struct wallet_evidence *evidence,
			   enum abi_evidence kind,
			   const struct abi_layout *layout, const void *message)
{
	struct abi_writer w = { 0 };
	uint8_t *text = arena_alloc(call->arena, ABI_EVIDENCE_MAX);

	if (text)
		abi_begin(&w, text, ABI_EVIDENCE_MAX);
	if (text)
		abi_put(&w, layout, message);
	if (!text || w.len > w.cap) {
		call_done(call, text ? KMS_RC_TOO_LARGE : KMS_RC_NO_MEMORY);
		return false;
	}
	evidence->kind = kind;
	evidence->text = bytes_of(text, w.len);
	return true;
}

static bool find_nonce(struct call *call, uint8_t nonce[32],
		       const struct store_wallet *w, struct bytes id)
{
	struct challenge c = { 0 };

	if (!wallet_find_challenge(call, &c, NULL, id, CHALLENGE_AUTHENTICATION,
				   w->uuid))
		return false;
	memcpy(nonce, c.nonce, sizeof(c.nonce));
	return true;
}

static bool read_assertion(struct call *call, struct wallet_evidence *evidence,
			   const struct store_wallet *w,
			   const struct assertion_in *in)
{
	const struct response_in *r = &in->credential.response;
	struct abi_passkey_evidence e = { .auth_data = r->auth_data,
					  .client_data = r->client_data };

	/*
	 * Clients of the reference may send any id along (http-api-1 K6), so
	 * with --compat it is not what chooses the passkey.
	 */
	if (!service_config(call->service)->compat &&
	    !wallet_hash_credential(call, &e.credential_hash,
				    in->credential.id))
		return false;
	return check_response(call, &e, w, r) &&
	       find_nonce(call, e.nonce, w, in->challenge_id) &&
	       write_evidence(call, evidence, EVIDENCE_PASSKEY,
			      &abi_layout_passkey_evidence, &e);
}

static bool read_raw(struct call *call, struct wallet_evidence *evidence,
		     const struct legacy_in *in)
{
	struct abi_raw_assertion raw = { .auth_data = in->auth_data };

	if (!in->auth_data.ptr || !in->client_hash.ptr || !in->signature.ptr) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "Passkey must have AuthenticatorData, "
			  "ClientDataHash and Signature");
		return false;
	}
	memcpy(raw.client_hash, in->client_hash.ptr, sizeof(raw.client_hash));
	if (in->signature.len == sizeof(raw.signature)) {
		memcpy(raw.signature, in->signature.ptr, sizeof(raw.signature));
	} else if (der_get_ecdsa(raw.signature, in->signature)) {
		call_fail(call, KMS_RC_AUTH_FORMAT, "Invalid DER signature");
		return false;
	}
	return write_evidence(call, evidence, EVIDENCE_RAW_PASSKEY,
			      &abi_layout_raw_assertion, &raw);
}

bool wallet_read_evidence(struct call *call, struct wallet_evidence *evidence,
			  const struct store_wallet *w,
			  const struct owner_in *owner)
{
	if (owner->webauthn.given)
		return read_assertion(call, evidence, w, &owner->webauthn);
	if (owner->passkey.given && w->bind_level == BIND_NOTHING)
		return read_raw(call, evidence, &owner->passkey);
	refuse(call, owner);
	return false;
}

/* --- BeginAuthentication ------------------------------------------------- */

static void put_credential(struct json_writer *out, const char *id)
{
	json_object(out);
	json_text_member(out, "id", id);
	json_text_member(out, "type", "public-key");
	json_name(out, "transports");
	json_array(out);
	json_put_text(out, "internal");
	json_put_text(out, "hybrid");
	json_end(out);
	json_end(out);
}

/* Those of a wallet's passkeys, for when the challenge has come. */
struct credentials {
	struct call *call;
	const char *ids[ABI_PASSKEYS_MAX];
	uint8_t count;
	bool failed;
};

static const char *keep_text(struct arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = arena_alloc(arena, size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

static bool keep_credential(void *arg, const struct store_passkey *p)
{
	struct credentials *c = arg;
	const char *id = NULL;

	if (!*p->credential || c->count == ARRAY_LEN(c->ids))
		return true;
	id = keep_text(c->call->arena, p->credential);
	c->failed = !id;
	c->ids[c->count++] = id;
	return !c->failed;
}

/*
 * All of them or none: a list without one would keep its owner out, and
 * without a list any passkey that the authenticator finds may answer.
 */
static bool find_credentials(struct call *call, const struct store_wallet *w)
{
	struct credentials *c = arena_alloc(call->arena, sizeof(*c));
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	if (c) {
		c->call = call;
		rc = store_list_passkeys(service_reader(call), w->uuid,
					 keep_credential, c);
	}
	if (!rc && c->failed)
		rc = KMS_RC_NO_MEMORY;
	if (rc) {
		call_done(call, rc);
		return false;
	}
	if (c->count != w->passkey_count)
		c->count = 0;
	call->user = c;
	return true;
}

static void begun(struct wallet_nonce *n)
{
	struct call *call = n->call;
	struct json_writer *out = &call->out;
	const struct credentials *c = call->user;

	if (!wallet_put_challenge(call, &n->challenge))
		return;
	json_name(out, "Options");
	json_object(out);
	json_name(out, "challenge");
	json_put_base64url(out, n->challenge.nonce, 32);
	json_int_member(out, "timeout", ABI_NONCE_LIFE_MS);
	json_text_member(out, "rpId", n->challenge.rp_id);
	json_name(out, "allowCredentials");
	json_array(out);
	for (uint8_t i = 0; i < c->count; i++)
		put_credential(out, c->ids[i]);
	json_end(out);
	json_text_member(out, "userVerification", "required");
	json_end(out);
	json_end(out);
	call_done(call, KMS_RC_OK);
}

void service_begin_authentication(struct call *call)
{
	struct wallet_nonce *n = arena_alloc(call->arena, sizeof(*n));
	struct wallet_place place = { 0 };
	const struct store_wallet *w = &place.wallet;

	if (!n) {
		call_done(call, KMS_RC_NO_MEMORY);
		return;
	}
	if (!wallet_find_any(call, &place, call->in) ||
	    !find_credentials(call, w))
		return;
	n->call = call;
	n->challenge.purpose = CHALLENGE_AUTHENTICATION;
	n->challenge.shard = w->shard;
	memcpy(n->challenge.uuid, w->uuid, sizeof(w->uuid));
	memcpy(n->challenge.rp_id, w->rp_id, sizeof(w->rp_id));
	n->done = begun;
	wallet_ask_nonce(n);
}
