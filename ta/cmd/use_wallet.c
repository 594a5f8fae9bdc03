/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/cmd/use.h"

#include "codec/eth_message.h"
#include "codec/eth_tx.h"
#include "ta/keystore/secure_time.h"
#include "ta/policy/policy.h"
#include "ta/policy/webauthn.h"
#include "ta/ta.h"
#include "ta/ta_build.h"

#include <string.h>

/* What is refused before anybody's evidence is looked at. */
static enum kms_rc may_use(const struct wallet_record *w,
			   const struct abi_sign_item *item)
{
	if (w->state == WALLET_FROZEN)
		return KMS_RC_FROZEN;
	if (w->state != WALLET_ACTIVE)
		return KMS_RC_KEY_DISABLED;
	if (item->use < USE_HASH || item->use > USE_ADDRESS)
		return KMS_RC_KEY_USAGE;
	if (item->digest.len)
		return KMS_RC_DECODE;
	/* The other accounts are not the owner's to sign with. */
	if (item->account)
		return KMS_RC_POLICY_DENY;
	if (item->index > ABI_ADDRESS_INDEX_MAX)
		return KMS_RC_LIMIT;
	return item->index < w->next_index ? KMS_RC_OK : KMS_RC_NEED_ISSUE;
}

/* The digest of what the payload means as this use; nothing else is signed. */
static enum kms_rc digest_payload(uint8_t digest[32], uint8_t use,
				  struct bytes payload)
{
	struct eth_tx tx = { 0 };
	enum kms_rc rc = KMS_RC_DECODE;

	switch (use) {
	case USE_HASH:
		if (payload.len != 32)
			return KMS_RC_DECODE;
		memcpy(digest, payload.ptr, 32);
		return KMS_RC_OK;
	case USE_MESSAGE:
		keccak256(digest, payload.ptr, payload.len);
		return KMS_RC_OK;
	case USE_MESSAGE_191:
		eth_message_hash(digest, payload);
		return KMS_RC_OK;
	case USE_TRANSACTION:
		rc = eth_tx_get_unsigned(&tx, payload);
		if (!rc)
			eth_tx_hash(digest, payload);
		return rc;
	case USE_ADDRESS:
		return payload.len ? KMS_RC_DECODE : KMS_RC_OK;
	default:
		return KMS_RC_KEY_USAGE;
	}
}

static enum kms_rc read_intent(struct intent *i, const struct lru_entry *e,
			       const struct abi_sign_item *item)
{
	bool sees = item->use == USE_ADDRESS;

	i->op = sees ? INTENT_ADDRESS : INTENT_SIGN;
	i->use = sees ? 0 : item->use;
	i->account = item->account;
	i->index = item->index;
	memcpy(i->uuid, e->uuid, sizeof(i->uuid));
	memcpy(i->rp_id_hash, e->wallet.record.rp_id_hash,
	       sizeof(i->rp_id_hash));
	return digest_payload(i->payload, item->use, item->payload);
}

static enum kms_rc check(struct ta *ta, struct webauthn_grant *grant,
			 const struct lru_entry *e,
			 const struct abi_sign_item *item,
			 const struct intent *intent)
{
	const struct webauthn_ask ask = { .wallet = &e->wallet.record,
					  .shard = e->shard,
					  .slot = e->slot,
					  .intent = intent };
	const struct evidence evidence = { item->evidence_kind,
					   item->evidence };

	return webauthn_check(ta, grant, &ask, &evidence);
}

static enum kms_rc find_leaf(struct ta *ta, const struct lru_entry *e,
			     const struct intent *i)
{
	struct wallet_leaf *leaf = &ta->scratch.leaf;
	enum kms_rc rc = KMS_RC_OK;

	*leaf = e->wallet.leaf;
	if (leaf->there && leaf->account == i->account &&
	    leaf->index == i->index)
		return KMS_RC_OK;
	rc = hd_leaf(&ta->crypto.k256, &leaf->key, leaf->pub,
		     &e->wallet.record.node, i->account, i->index);
	leaf->account = i->account;
	leaf->index = i->index;
	leaf->there = !rc;
	return rc;
}

static enum kms_rc release(struct ta *ta, struct use_out *out,
			   const struct lru_entry *e, const struct intent *i,
			   const struct webauthn_grant *grant)
{
	const struct wallet_leaf *leaf = &ta->scratch.leaf;
	struct abi_sign_result *rsp = &out->rsp;
	enum kms_rc rc = KMS_RC_OK;

	if (grant->tag != webauthn_tag(i))
		return KMS_RC_FAULT;
	memcpy(out->public_key, leaf->pub, sizeof(out->public_key));
	rsp->public_key = bytes_of(out->public_key, sizeof(out->public_key));
	/* A signature is checked on its way out, and the key with it. */
	if (i->op != INTENT_SIGN)
		return hd_check_leaf(&ta->crypto.k256, leaf->pub,
				     &e->wallet.record.node, i->account,
				     i->index);
	memcpy(out->digest, i->payload, sizeof(out->digest));
	rc = k256_sign(&ta->crypto.k256, out->signature, &rsp->recid,
		       i->payload, &leaf->key, leaf->pub);
	rsp->digest = bytes_of(out->digest, sizeof(out->digest));
	rsp->signature = bytes_of(out->signature, sizeof(out->signature));
	return rc;
}

enum kms_rc use_wallet(struct ta *ta, struct use_out *out,
		       const struct lru_entry *e,
		       const struct abi_sign_item *item)
{
	struct webauthn_grant grant = { 0 };
	struct intent intent = { 0 };
	enum kms_rc rc = may_use(&e->wallet.record, item);

	if (!rc)
		rc = read_intent(&intent, e, item);
	if (!rc)
		rc = check(ta, &grant, e, item, &intent);
	if (!rc)
		rc = find_leaf(ta, e, &intent);
	if (!rc)
		rc = release(ta, out, e, &intent, &grant);
	/* Only what leaves the TA has cost the owner a gesture. */
	if (!rc)
		webauthn_spend(ta, e->shard, e->slot, &grant);
	return rc;
}

enum kms_rc use_challenge(struct ta *ta, struct use_out *out,
			  const struct abi_sign_item *item)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	/* A host that sets the clock could keep a nonce alive for ever. */
	if (!ta->time_is_strong && !TA_SERVES_WEAK)
		return KMS_RC_TIME_UNKNOWN;
	rc = challenge_issue(&ta->challenge, &ta->crypto.drbg, out->nonce,
			     item->uuid, secure_time_ms());
	out->rsp.nonce = bytes_of(out->nonce, sizeof(out->nonce));
	return rc;
}
