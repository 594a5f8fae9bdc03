/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateKey with a passkey, BeginRegistration, CompleteRegistration.
 */
#include "abi/messages.h"
#include "codec/client_data.h"
#include "codec/uuid.h"
#include "common/clock.h"
#include "host/service/registration.h"
#include "host/service/verify.h"
#include "host/service/wallet.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define USER_NAME	"wallet-user"
#define USER_DISPLAY	"Wallet"
#define ORIGIN_STANDARD "EXTERNAL_KMS"
#define USER_ID_LEN	16

/* A wallet on its way, with the texts that its row will get. */
struct creation {
	struct keeper_change change;
	struct call *call;
	char description[4 * 256 + 1];
	void (*show)(struct call *call, const struct store_wallet *w);
};

static bool may_create(struct call *call)
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

static void describe(struct creation *c, struct bytes description,
		     struct bytes origin)
{
	struct store_wallet *w = &c->change.wallet;

	if (description.len < sizeof(c->description))
		memcpy(c->description,
		       description.ptr ? description.ptr : (const uint8_t *)"",
		       description.len);
	w->description = c->description;
	snprintf(w->key_usage, sizeof(w->key_usage), "%s", WALLET_KEY_USAGE);
	snprintf(w->key_spec, sizeof(w->key_spec), "%s", WALLET_KEY_SPEC);
	put_word(w->origin, origin, ORIGIN_STANDARD);
}

static void created(struct keeper_change *change)
{
	struct creation *c = change->arg;
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

static struct creation *creation_new(struct call *call, const char *rp_id)
{
	const struct service_config *config = service_config(call->service);
	struct creation *c = arena_alloc(call->arena, sizeof(*c));
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
	w->bind_level = config->production && !config->compat ? BIND_INTENT
							      : BIND_PAYLOAD;
	snprintf(w->rp_id, sizeof(w->rp_id), "%s", rp_id);
	return c;
}

static void creation_start(struct creation *c)
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
	struct creation *c = NULL;
	struct bytes xy = { 0 };
	const char *credential = NULL;
	struct bytes hash = { 0 };

	if (!may_create(call) || !wallet_take_passkey(call, &xy, in->passkey) ||
	    !wallet_hash_credential(call, &hash, in->credential_id) ||
	    !wallet_credential_text(call, &credential, in->credential_id))
		return;
	c = creation_new(call, relying_party_choose(rp, call->web_origin));
	if (!c)
		return;
	describe(c, in->about.description, in->about.origin);
	memcpy(c->change.wallet.passkey, xy.ptr, xy.len);
	c->change.wallet.has_passkey = true;
	c->change.wallet.passkey_count = 1;
	c->change.wallet.credential = credential ? credential : "";
	c->change.credential_hash = hash;
	c->show = show_created;
	creation_start(c);
}

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

static void put_base64url(struct json_writer *out, const char *name,
			  const uint8_t *data, size_t len)
{
	json_name(out, name);
	json_put_base64url(out, data, len);
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
	put_base64url(out, "id", id, sizeof(id));
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
	put_base64url(out, "challenge", n->challenge.nonce, 32);
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

	if (!may_create(call))
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

static bool check_flags(struct call *call, uint8_t flags)
{
	if (!(flags & AUTH_DATA_UP)) {
		call_fail(call, KMS_RC_AUTH_FLAGS,
			  "User Presence flag not set");
		return false;
	}
	/* A wallet of the reference's level may do without (K7). */
	if (!(flags & AUTH_DATA_UV) &&
	    service_config(call->service)->production &&
	    !service_config(call->service)->compat) {
		call_fail(call, KMS_RC_AUTH_FLAGS,
			  "User Verification flag not set (UV=0)");
		return false;
	}
	return true;
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
	return check_flags(call, r->auth.flags);
}

static bool read_challenge(struct call *call, struct challenge *c)
{
	static const uint8_t nobody[ABI_UUID_LEN] = { 0 };
	const struct complete_registration_in *in = call->in;
	uint8_t *note = arena_alloc(call->arena, CHALLENGE_NOTE_MAX);
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	if (!note) {
		call_done(call, rc);
		return false;
	}
	rc = challenge_book_look(service_book(call->service), c, note,
				 in->challenge_id, CHALLENGE_REGISTRATION,
				 nobody, clock_mono_ns());
	if (!rc) {
		call->ceremony = in->challenge_id;
		return true;
	}
	call_fail(call, KMS_RC_AUTH_CHALLENGE, "%s",
		  rc == KMS_RC_NOT_FOUND
			  ? "Challenge not found or expired"
			  : "Challenge was not made for a registration");
	return false;
}

static bool is_of_rp(struct call *call, const struct registration *r,
		     const char *rp_id)
{
	uint8_t hash[SHA256_LEN];

	sha256_once(hash, rp_id, strlen(rp_id));
	if (bytes_equal_var(bytes_of(hash, sizeof(hash)),
			    bytes_of(r->auth.rp_id_hash, SHA256_LEN)))
		return true;
	call_fail(call, KMS_RC_AUTH_RP, "rpIdHash mismatch");
	return false;
}

static bool write_registration(struct creation *c, const uint8_t nonce[32],
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

static void fill_passkey(struct creation *c, const struct registration *r)
{
	struct store_wallet *w = &c->change.wallet;

	memcpy(w->passkey, r->auth.pub, sizeof(w->passkey));
	w->has_passkey = true;
	w->passkey_count = 1;
	w->sign_count = r->auth.sign_count;
}

void service_complete_registration(struct call *call)
{
	const struct complete_registration_in *in = call->in;
	struct registration r = { 0 };
	struct challenge challenge = { 0 };
	struct creation *c = NULL;
	const char *credential = NULL;
	struct bytes description = { 0 };
	struct bytes origin = { 0 };
	struct bytes hash = { 0 };

	if (!check_credential(call, &r, &in->credential) ||
	    !wallet_hash_credential(call, &hash, in->credential.id) ||
	    !wallet_credential_text(call, &credential, in->credential.id) ||
	    !read_challenge(call, &challenge) ||
	    !is_of_rp(call, &r, challenge.rp_id))
		return;
	c = creation_new(call, challenge.rp_id);
	if (!c)
		return;
	read_note(&description, &origin, challenge.note);
	describe(c, description, origin);
	fill_passkey(c, &r);
	c->change.wallet.credential = credential;
	c->change.wallet.shard = challenge.shard;
	c->change.pinned = true;
	c->change.credential_hash = hash;
	c->show = show_registered;
	if (write_registration(c, challenge.nonce, &r))
		creation_start(c);
	else
		call_done(call, KMS_RC_NO_MEMORY);
}
