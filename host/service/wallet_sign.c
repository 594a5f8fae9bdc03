/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sign and SignHash.
 */
#include "common/hex.h"
#include "host/service/wallet.h"
#include "host/service/wallet_payload.h"

#include <string.h>

#define SIGNATURE_LEN 65 /* r | s | v */
#define HASH_TEXT     66

/* What is to be signed. */
struct signing {
	enum abi_use use;
	struct bytes payload;
	struct eth_tx tx; /* USE_TRANSACTION */
};

static void put_hash(struct call *call, const uint8_t hash[32])
{
	char text[HASH_TEXT + 1] = "0x";

	hex_encode(text + 2, hash, 32);
	json_text_member(&call->out, "TransactionHash", text);
}

/* Without "0x": clients put it in front (K2). */
static void put_signature(struct call *call, const struct tee_sign *s)
{
	uint8_t raw[SIGNATURE_LEN];
	char text[2 * SIGNATURE_LEN + 1];

	memcpy(raw, s->signature, 64);
	raw[64] = (uint8_t)(27 + s->recid);
	hex_encode(text, raw, sizeof(raw));
	json_text_member(&call->out, "Signature", text);
}

static void signed_message(struct wallet_use *u)
{
	struct call *call = u->call;

	json_object(&call->out);
	put_signature(call, &u->job.sign);
	put_hash(call, u->job.sign.digest);
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}

static void signed_hash(struct wallet_use *u)
{
	struct call *call = u->call;

	json_object(&call->out);
	put_signature(call, &u->job.sign);
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}

/* What a node takes, and the hash it will know it by. */
static void signed_transaction(struct wallet_use *u)
{
	struct call *call = u->call;
	const struct signing *s = u->user;
	struct buf raw = { .cap = ETH_TX_LEN_MAX };
	uint8_t hash[KECCAK256_LEN];
	char *text = NULL;
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	raw.ptr = arena_alloc(call->arena, raw.cap);
	if (raw.ptr)
		rc = eth_tx_put_signed(&raw, &s->tx, u->job.sign.signature,
				       u->job.sign.recid);
	if (!rc)
		text = arena_alloc(call->arena, 2 * raw.len + 1);
	if (!text) {
		call_done(call, rc ? rc : KMS_RC_NO_MEMORY);
		return;
	}
	hex_encode(text, raw.ptr, raw.len);
	eth_tx_hash(hash, bytes_of(raw.ptr, raw.len));
	json_object(&call->out);
	json_text_member(&call->out, "Signature", text);
	put_hash(call, hash);
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}

static void fail_reading(struct call *call, enum kms_rc rc, const char *why)
{
	if (rc == KMS_RC_BAD_INPUT)
		call_fail(call, rc, "%s", why);
	else
		call_done(call, rc);
}

static bool read_message(struct call *call, struct signing *s)
{
	const struct sign_wallet_in *in = call->in;
	char why[WALLET_WHY_MAX];
	enum kms_rc rc =
		wallet_read_message(&s->payload, call->arena, in->message,
				    (enum message_encoding)in->encoding,
				    service_config(call->service)->compat, why);

	s->use = in->meaning == MEANING_EIP191 ? USE_MESSAGE_191 : USE_MESSAGE;
	if (rc)
		fail_reading(call, rc, why);
	return !rc;
}

static bool read_transaction(struct call *call, struct signing *s)
{
	const struct sign_wallet_in *in = call->in;
	struct buf raw = { .cap = ETH_TX_LEN_MAX };
	char why[WALLET_WHY_MAX];
	enum kms_rc rc = wallet_read_transaction(&s->tx, call->arena,
						 &in->transaction, why);

	s->use = USE_TRANSACTION;
	if (!rc) {
		raw.ptr = arena_alloc(call->arena, raw.cap);
		rc = raw.ptr ? eth_tx_put_unsigned(&raw, &s->tx)
			     : KMS_RC_NO_MEMORY;
	}
	s->payload = bytes_of(raw.ptr, raw.len);
	if (rc)
		fail_reading(call, rc, why);
	return !rc;
}

/* One of the two, and nothing that belongs to the other. */
static bool read_payload(struct call *call, struct signing *s)
{
	const struct sign_wallet_in *in = call->in;
	bool message = in->message.ptr;

	if (message == in->transaction.given) {
		call_fail(call, KMS_RC_BAD_INPUT, "%s",
			  message ? "Transaction and Message exclude each other"
				  : "Either Transaction or Message must be "
				    "provided");
		return false;
	}
	if (!message && (in->encoding || in->meaning)) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "MessageEncoding and MessageType belong to Message");
		return false;
	}
	return message ? read_message(call, s) : read_transaction(call, s);
}

void service_sign_wallet(struct call *call)
{
	const struct sign_wallet_in *in = call->in;
	struct signing *s = arena_alloc(call->arena, sizeof(*s));
	struct wallet_place place = { 0 };
	struct wallet_use *u = NULL;

	if (!s) {
		call_done(call, KMS_RC_NO_MEMORY);
		return;
	}
	if (!read_payload(call, s) ||
	    !wallet_find_key(call, &place, &in->wallet, true))
		return;
	u = wallet_use_new(call, &place, &in->owner);
	if (!u)
		return;
	u->user = s;
	u->done =
		s->use == USE_TRANSACTION ? signed_transaction : signed_message;
	wallet_use_start(u, s->use, s->payload);
}

void service_sign_hash(struct call *call)
{
	const struct sign_hash_in *in = call->in;
	struct wallet_place place = { 0 };
	struct wallet_use *u = NULL;

	if (!wallet_find_key(call, &place, &in->wallet, false))
		return;
	u = wallet_use_new(call, &place, &in->owner);
	if (!u)
		return;
	u->done = signed_hash;
	wallet_use_start(u, USE_HASH, in->hash);
}
