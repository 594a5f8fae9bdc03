/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The changes of wallets and their vaults. A wallet and its vault come and go
 * in pairs of ops, so that neither is ever without the other.
 */
#include "ta/cmd/op.h"

#include "ta/keystore/vault_record.h"
#include "ta/policy/policy.h"
#include "ta/policy/webauthn.h"
#include "ta/ta.h"

#include <string.h>

enum kms_rc op_seal_wallet(struct ta *ta, struct op *op)
{
	uint8_t *body = ta->scratch.body;
	enum kms_rc rc = KMS_RC_INTERNAL;

	wallet_record_encode(body, &ta->scratch.wallet);
	rc = op_seal(ta, op, bytes_of(body, WALLET_RECORD_LEN));
	secret_wipe(body, sizeof(ta->scratch.body));
	return rc;
}

/* The public key of one of the wallet's addresses goes into the result. */
static enum kms_rc tell_address(struct ta *ta, struct op *op, uint32_t index)
{
	struct wallet_leaf *leaf = &ta->scratch.leaf;
	const struct hd_node *node = &ta->scratch.wallet.node;
	struct k256 *k = &ta->crypto.k256;
	enum kms_rc rc =
		hd_leaf(k, &leaf->key, op->out->public_key, node, 0, index);

	if (!rc)
		rc = hd_check_leaf(k, op->out->public_key, node, 0, index);
	op->out->has_public_key = !rc;
	secret_wipe(leaf, sizeof(*leaf));
	return rc;
}

/* --- creation ----------------------------------------------------------- */

/* What the wallet is told once and for all: whom it will listen to. */
static enum kms_rc read_wallet(struct wallet_record *w,
			       const struct abi_prepare_op *in)
{
	if (!wallet_bind_level_ok(in->bind_level) || !in->rp_id.len ||
	    !webauthn_origins_ok(in->origins))
		return KMS_RC_DECODE;
	memset(w, 0, sizeof(*w));
	w->state = WALLET_ACTIVE;
	w->bind_level = in->bind_level;
	w->next_index = ABI_ADDRESSES_FIRST;
	w->rp_id_len = (uint16_t)in->rp_id.len;
	memcpy(w->rp_id, in->rp_id.ptr, in->rp_id.len);
	sha256_once(w->rp_id_hash, w->rp_id, w->rp_id_len);
	w->origins_len = (uint16_t)in->origins.len;
	memcpy(w->origins, in->origins.ptr, in->origins.len);
	w->passkey_count = 1;
	return op_read_passkey(&w->passkeys[0], in);
}

static enum kms_rc check_creation(struct ta *ta, struct op *op)
{
	const struct abi_prepare_op *in = op->in;
	const struct evidence e = { in->evidence_kind, in->evidence };
	struct wallet_record *w = &ta->scratch.wallet;
	struct webauthn_grant grant = { 0 };
	uint16_t auth = 0; /* that of a wallet is its passkeys */
	enum kms_rc rc = read_wallet(w, in);

	if (!rc)
		rc = policy_for_new_key(&auth, &e);
	if (rc || !in->registration.ptr)
		return rc;
	rc = webauthn_check_registration(ta, &grant, w, in->registration);
	return rc ? rc : op_spend(&ta->txn, op, &grant);
}

/* Entropy for the vault, and the node and secret that the wallet has of it. */
static enum kms_rc generate(struct ta *ta, struct wallet_record *w,
			    struct secret32 *entropy)
{
	struct drbg *d = &ta->crypto.drbg;
	enum kms_rc rc = drbg_bytes(d, entropy->b, sizeof(entropy->b));

	if (!rc)
		rc = drbg_bytes(d, w->secret.b, sizeof(w->secret.b));
	if (!rc)
		rc = hd_account_node(&ta->crypto.k256, &w->node, entropy);
	return rc;
}

enum kms_rc op_create_wallet(struct ta *ta, struct op *op)
{
	struct wallet_record *w = &ta->scratch.wallet;
	struct txn_pair *pair = &ta->txn.pair;
	enum kms_rc rc = check_creation(ta, op);

	if (!rc)
		rc = drbg_reseed(&ta->crypto.drbg, op->in->host_entropy);
	if (!rc)
		rc = op_new_record(ta, op, RECORD_WALLET, NULL);
	if (!rc)
		rc = generate(ta, w, &pair->entropy);
	if (!rc)
		rc = tell_address(ta, op, 0);
	if (rc)
		return rc;
	/* The vault's op is the next one, and so is its slot. */
	w->vault_slot = op->h.slot + 1;
	pair->want = OP_CREATE_VAULT;
	pair->slot = w->vault_slot;
	memcpy(pair->uuid, op->h.uuid, sizeof(pair->uuid));
	return op_seal_wallet(ta, op);
}

static enum kms_rc check_second(const struct op *op)
{
	/* The first half has judged the evidence of both. */
	return op->in->evidence_kind == EVIDENCE_NONE ? KMS_RC_OK
						      : KMS_RC_AUTH_FORMAT;
}

enum kms_rc op_create_vault(struct ta *ta, struct op *op)
{
	const struct txn_pair *pair = &ta->txn.pair;
	uint8_t *body = ta->scratch.body;
	enum kms_rc rc = check_second(op);

	if (!rc)
		rc = op_new_record(ta, op, RECORD_VAULT, pair->uuid);
	if (!rc && op->h.slot != pair->slot)
		rc = KMS_RC_FAULT;
	if (rc)
		return rc;
	vault_record_encode(body, &pair->entropy);
	rc = op_seal(ta, op, bytes_of(body, VAULT_RECORD_LEN));
	secret_wipe(body, sizeof(ta->scratch.body));
	return rc;
}

/* --- changes ------------------------------------------------------------ */

static enum kms_rc open_wallet(struct ta *ta, const struct op *op)
{
	uint8_t *body = ta->scratch.body;
	enum kms_rc rc = seal_open(&ta->keys, &ta->crypto, body,
				   WALLET_RECORD_LEN, op->blob);

	if (!rc)
		rc = wallet_record_decode(&ta->scratch.wallet, body);
	secret_wipe(body, sizeof(ta->scratch.body));
	return rc;
}

static enum kms_rc check_state(const struct wallet_record *w, uint8_t op)
{
	bool pending = w->state == WALLET_PENDING_DELETION;

	switch (op) {
	case OP_DELETE:
		return KMS_RC_OK;
	case OP_CANCEL_DELETION:
		return pending ? KMS_RC_OK : KMS_RC_POLICY_DENY;
	case OP_ISSUE_ADDRESS:
		if (w->state == WALLET_FROZEN)
			return KMS_RC_FROZEN;
		break;
	default:
		break;
	}
	return pending ? KMS_RC_KEY_DISABLED : KMS_RC_OK;
}

static enum kms_rc check_members(const struct abi_prepare_op *in)
{
	if (in->op == OP_ISSUE_ADDRESS && in->index > ABI_ADDRESS_INDEX_MAX)
		return KMS_RC_LIMIT;
	if (in->op == OP_SCHEDULE_DELETION &&
	    (in->window_days < ABI_WINDOW_DAYS_MIN ||
	     in->window_days > ABI_WINDOW_DAYS_MAX))
		return KMS_RC_LIMIT;
	return KMS_RC_OK;
}

static void name_intent(struct intent *i, const struct op *op,
			const struct wallet_record *w,
			const struct wallet_passkey *p)
{
	const struct abi_prepare_op *in = op->in;

	i->op = in->op == OP_ISSUE_ADDRESS ? INTENT_ADDRESS : in->op;
	i->index = in->index;
	i->window_days = in->window_days;
	memcpy(i->uuid, op->h.uuid, sizeof(i->uuid));
	memcpy(i->rp_id_hash, w->rp_id_hash, sizeof(i->rp_id_hash));
	memcpy(i->passkey, p->pub, sizeof(i->passkey));
	memcpy(i->credential_hash, p->credential_hash,
	       sizeof(i->credential_hash));
}

/* Whether the host may do it without the owner, who did or need not consent. */
static bool is_for_host(const struct wallet_record *w,
			const struct abi_prepare_op *in)
{
	return in->op == OP_FREEZE ||
	       (in->op == OP_DELETE && w->state == WALLET_PENDING_DELETION &&
		in->evidence_kind != EVIDENCE_PASSKEY &&
		in->evidence_kind != EVIDENCE_RAW_PASSKEY);
}

static enum kms_rc authorise(struct ta *ta, struct op *op,
			     struct webauthn_grant *grant,
			     const struct wallet_passkey *p)
{
	const struct abi_prepare_op *in = op->in;
	const struct evidence e = { in->evidence_kind, in->evidence };
	const struct wallet_record *w = &ta->scratch.wallet;
	struct intent intent = { 0 };
	const struct webauthn_ask ask = { .wallet = w,
					  .shard = op->h.shard,
					  .slot = op->h.slot,
					  .intent = &intent };
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (is_for_host(w, in))
		return policy_check_host(&e);
	name_intent(&intent, op, w, p);
	rc = webauthn_check(ta, grant, &ask, &e);
	if (!rc && grant->tag != webauthn_tag(&intent))
		rc = KMS_RC_FAULT;
	if (rc || !webauthn_spends(grant))
		return rc;
	return op_spend(&ta->txn, op, grant);
}

/* Writes down what the signatures since the last change have counted. */
static void take_counts(const struct ta *ta, const struct op *op,
			struct wallet_record *w,
			const struct webauthn_grant *grant)
{
	for (uint8_t i = 0; i < w->passkey_count; i++) {
		struct wallet_passkey *p = &w->passkeys[i];
		uint32_t seen = sign_counts_get(&ta->sign_counts, op->h.shard,
						op->h.slot, p->pub);

		if (p->sign_count < seen)
			p->sign_count = seen;
		if (op->out->spends && i == grant->passkey)
			p->sign_count = grant->sign_count;
	}
}

static enum kms_rc apply(struct ta *ta, struct op *op,
			 const struct wallet_passkey *p, uint8_t by)
{
	struct wallet_record *w = &ta->scratch.wallet;
	const struct abi_prepare_op *in = op->in;

	switch (in->op) {
	case OP_ISSUE_ADDRESS:
		if (w->next_index <= in->index)
			w->next_index = in->index + 1;
		return tell_address(ta, op, in->index);
	case OP_FREEZE:
		w->state = WALLET_FROZEN;
		return KMS_RC_OK;
	case OP_UNFREEZE:
	case OP_CANCEL_DELETION:
		w->state = WALLET_ACTIVE;
		return KMS_RC_OK;
	case OP_SCHEDULE_DELETION:
		w->state = WALLET_PENDING_DELETION;
		return KMS_RC_OK;
	case OP_CHANGE_PASSKEY:
		/* Which one it replaces is told, for nobody else may know. */
		memcpy(op->out->public_key, w->passkeys[by].pub,
		       sizeof(op->out->public_key));
		op->out->has_public_key = true;
		break;
	default:
		break;
	}
	op_change_passkeys(w, in->op, p, by);
	return KMS_RC_OK;
}

static enum kms_rc delete_wallet(struct ta *ta, struct op *op)
{
	struct txn_pair *pair = &ta->txn.pair;

	pair->want = OP_DELETE_VAULT;
	pair->slot = ta->scratch.wallet.vault_slot;
	memcpy(pair->uuid, op->h.uuid, sizeof(pair->uuid));
	return op_tombstone(&ta->txn, op);
}

enum kms_rc op_change_wallet(struct ta *ta, struct op *op)
{
	struct wallet_record *w = &ta->scratch.wallet;
	struct webauthn_grant grant = { 0 };
	struct wallet_passkey p = { 0 };
	enum kms_rc rc = open_wallet(ta, op);

	if (!rc)
		rc = check_state(w, op->in->op);
	if (!rc)
		rc = check_members(op->in);
	if (!rc && op->in->passkey.ptr)
		rc = op_read_passkey(&p, op->in);
	if (!rc)
		rc = op_check_passkeys(w, op->in->op, &p);
	if (!rc)
		rc = authorise(ta, op, &grant, &p);
	if (rc)
		return rc;
	op_next_version(op);
	if (op->in->op == OP_DELETE)
		return delete_wallet(ta, op);
	take_counts(ta, op, w, &grant);
	rc = apply(ta, op, &p, grant.passkey);
	return rc ? rc : op_seal_wallet(ta, op);
}

enum kms_rc op_delete_vault(struct ta *ta, struct op *op)
{
	const struct txn_pair *pair = &ta->txn.pair;
	enum kms_rc rc = check_second(op);

	if (rc)
		return rc;
	if (op->h.slot != pair->slot ||
	    !ct_equal(op->h.uuid, pair->uuid, sizeof(pair->uuid)))
		return KMS_RC_DECODE;
	op_next_version(op);
	return op_tombstone(&ta->txn, op);
}
