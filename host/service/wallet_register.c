/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BeginRegistration and CompleteRegistration.
 */
#include "abi/messages.h"
#include "codec/client_data.h"
#include "host/service/registration.h"
#include "host/service/verify.h"
#include "host/service/wallet.h"
#include "host/service/wallet_ceremony.h"
#include "host/service/wallet_create.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define USER_NAME    "wallet-user"
#define USER_DISPLAY "Wallet"
#define USER_ID_LEN  16

/* --- BeginRegistration --------------------------------------------------- */

/* The note of a registration: AWS's Origin, a zero byte, description. */
static struct bytes write_note(struct arena *arena, const struct about_in *a)
{
	size_t at = a->origin.len + 1;
	uint8_t *note = arena_alloc(arena, at + a->description.len);

	if (!note)
		return (struct bytes){ 0 };
	if (a->origin.len)
		memcpy(note, a->origin.ptr, a->origin.len);
	if (a->description.len)
		memcpy(note + at, a->description.ptr, a->description.len);
	return bytes_of(note, at + a->description.len);
}

static void read_note(struct bytes *description, struct bytes *origin,
		      struct bytes note)
{
	const uint8_t *zero = memchr(note.ptr, 0, note.len);
	size_t len = zero ? (size_t)(zero - note.ptr) : note.len;

	*origin = bytes_of(note.ptr, len);
	*description = (struct bytes){ 0 };
	if (zero)
		*description = bytes_of(zero + 1, note.len - len - 1);
}

static void put_string(struct json_writer *out, const char *name,
		       struct bytes text, const char *standard)
{
	json_name(out, name);
	if (text.len)
		json_put_string(out, text);
	else
		json_put_text(out, standard);
}

static bool put_user(struct call *call)
{
	const struct begin_registration_in *in = call->in;
	struct json_writer *out = &call->out;
	uint8_t id[USER_ID_LEN];

	if (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id))
		return false;
	json_name(out, "user");
	json_object(out);
	json_name(out, "id");
	json_put_base64url(out, id, sizeof(id));
	put_string(out, "name", in->user_name, USER_NAME);
	put_string(out, "displayName", in->user_display_name, USER_DISPLAY);
	json_end(out);
	return true;
}

static void put_rp(struct call *call, const struct challenge *c)
{
	const struct relying_party *rp = &service_config(call->service)->rp;

	json_name(&call->out, "rp");
	json_object(&call->out);
	json_text_member(&call->out, "name", rp->name);
	json_text_member(&call->out, "id", c->rp_id);
	json_end(&call->out);
}

static void put_wishes(struct call *call)
{
	/* ES256, the only one that the TEE takes. */
	static const char parameters[] =
		"[{\"type\":\"public-key\",\"alg\":-7}]";
	struct json_writer *out = &call->out;

	json_name(out, "pubKeyCredParams");
	json_put_raw(out, bytes_of(parameters, sizeof(parameters) - 1));
	json_int_member(out, "timeout", ABI_NONCE_LIFE_MS);
	json_text_member(out, "attestation", "none");
	json_name(out, "excludeCredentials");
	json_array(out);
	json_end(out);
	json_name(out, "authenticatorSelection");
	json_object(out);
	json_text_member(out, "residentKey", "preferred");
	json_text_member(out, "userVerification", "required");
	json_end(out);
}

static void begun(struct wallet_nonce *n)
{
	struct call *call = n->call;
	struct json_writer *out = &call->out;

	if (!wallet_put_challenge(call, &n->challenge))
		return;
	json_name(out, "Options");
	json_object(out);
	put_rp(call, &n->challenge);
	if (!put_user(call)) {
		call_done(call, KMS_RC_INTERNAL);
		return;
	}
	json_name(out, "challenge");
	json_put_base64url(out, n->challenge.nonce, sizeof(n->challenge.nonce));
	put_wishes(call);
	json_end(out);
	json_end(out);
	call_done(call, KMS_RC_OK);
}

/* A shard whose instance serves; the wallet will be born there. */
static uint16_t choose_shard(const struct call *call)
{
	const struct service_config *config = service_config(call->service);
	unsigned int total = keeper_tee_info(config->keeper)->shard_total;
	/* The request's id is random. */
	unsigned int first = call->request_id[0] % (total ? total : 1);

	for (unsigned int i = 0; i < total; i++) {
		uint16_t shard = (uint16_t)((first + i) % total);

		if (tee_serves(config->tee, tee_worker_of(config->tee, shard)))
			return shard;
	}
	return (uint16_t)first;
}

void service_begin_registration(struct call *call)
{
	const struct begin_registration_in *in = call->in;
	const struct relying_party *rp = &service_config(call->service)->rp;
	struct wallet_nonce *n = NULL;

	if (!wallet_may_create(call))
		return;
	n = arena_alloc(call->arena, sizeof(*n));
	if (n)
		n->challenge.note = write_note(call->arena, &in->about);
	if (!n || !n->challenge.note.ptr) {
		call_done(call, KMS_RC_NO_MEMORY);
		return;
	}
	n->call = call;
	n->challenge.purpose = CHALLENGE_REGISTRATION;
	n->challenge.shard = choose_shard(call);
	snprintf(n->challenge.rp_id, sizeof(n->challenge.rp_id), "%s",
		 relying_party_choose(rp, call->web_origin));
	n->done = begun;
	wallet_ask_nonce(n);
}

/* --- CompleteRegistration ------------------------------------------------ */

static void show_registered(struct call *call, const struct store_wallet *w)
{
	json_object(&call->out);
	wallet_put_id(call, w->uuid);
	json_text_member(&call->out, "CredentialId", w->credential);
	json_text_member(&call->out, "Status", "ready");
	json_text_member(&call->out, "Address", w->address);
	json_end(&call->out);
}

/* What can be checked without the challenge (http-api-1 7.2). */
static bool check_credential(struct call *call, struct registration *r,
			     const struct credential_in *in)
{
	struct client_data client = { 0 };
	enum kms_rc rc = client_data_parse(&client, in->response.client_data,
					   CLIENT_DATA_CREATE);

	if (rc) {
		call_fail(call, rc,
			  "clientDataJSON is not that of a webauthn.create on "
			  "a page of its own");
		return false;
	}
	rc = registration_read(r, in->response.attestation);
	if (rc) {
		call_fail(call, rc,
			  "attestationObject is not that of a new ES256 "
			  "passkey");
		return false;
	}
	if (!bytes_equal_var(r->auth.credential_id, in->id)) {
		call_fail(call, KMS_RC_AUTH_FORMAT,
			  "Credential.id is not the one that was made");
		return false;
	}
	if (!verify_is_p256_point(r->auth.pub)) {
		call_fail(call, KMS_RC_AUTH_FORMAT,
			  "The passkey is not a point of the P-256 curve");
		return false;
	}
	/* A wallet of the reference's level may do without (K7). */
	return wallet_check_user(call, &r->auth,
				 service_config(call->service)->bind_level ==
					 BIND_INTENT);
}

static bool find_challenge(struct call *call, struct challenge *c)
{
	static const uint8_t nobody[ABI_UUID_LEN] = { 0 };
	const struct complete_registration_in *in = call->in;
	uint8_t *note = arena_alloc(call->arena, CHALLENGE_NOTE_MAX);

	if (note)
		return wallet_find_challenge(call, c, note, in->challenge_id,
					     CHALLENGE_REGISTRATION, nobody);
	call_done(call, KMS_RC_NO_MEMORY);
	return false;
}

static bool write_registration(struct wallet_creation *c,
			       const uint8_t nonce[32],
			       const struct registration *r)
{
	const struct complete_registration_in *in = c->call->in;
	struct abi_registration message = {
		.auth_data = r->auth_data,
		.client_data = in->credential.response.client_data,
	};
	struct abi_writer w = { 0 };
	uint8_t *text = arena_alloc(c->call->arena, ABI_EVIDENCE_MAX);

	if (!text)
		return false;
	memcpy(message.nonce, nonce, sizeof(message.nonce));
	abi_begin(&w, text, ABI_EVIDENCE_MAX);
	ABI_PUT(&w, registration, &message);
	c->change.registration = bytes_of(text, w.len);
	return w.len <= w.cap;
}

void service_complete_registration(struct call *call)
{
	const struct complete_registration_in *in = call->in;
	struct registration r = { 0 };
	struct challenge challenge = { 0 };
	struct wallet_creation *c = NULL;
	const char *credential = NULL;
	struct bytes description = { 0 };
	struct bytes origin = { 0 };
	struct bytes hash = { 0 };

	if (!check_credential(call, &r, &in->credential) ||
	    !wallet_hash_credential(call, &hash, in->credential.id) ||
	    !wallet_credential_text(call, &credential, in->credential.id) ||
	    !find_challenge(call, &challenge) ||
	    !wallet_check_rp(call, &r.auth, challenge.rp_id))
		return;
	c = wallet_creation_new(call, challenge.rp_id);
	if (!c)
		return;
	read_note(&description, &origin, challenge.note);
	wallet_describe(c, description, origin);
	wallet_give_passkey(c, r.auth.pub);
	c->change.wallet.credential = credential;
	c->change.wallet.shard = challenge.shard;
	c->change.pinned = true;
	c->change.credential_hash = hash;
	c->show = show_registered;
	if (write_registration(c, challenge.nonce, &r))
		wallet_creation_start(c);
	else
		call_done(call, KMS_RC_NO_MEMORY);
}
