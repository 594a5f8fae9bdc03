/* SPDX-License-Identifier: Apache-2.0 */
#include "test/property/wallets.h"

#include "codec/eth_message.h"
#include "common/hex.h"
#include "common/keccak.h"

#include <assert.h>
#include <string.h>

void wallets_begin(struct wallets *w, struct host *h, struct prng *prng)
{
	uint8_t key[32];

	w->f = NULL;
	w->host = h;
	for (uint8_t i = 0; i < WALLETS_PASSKEYS; i++) {
		prng_fill(prng, key, sizeof(key));
		/* Below the order, whose first 32 bits are ones. */
		key[0] &= 0x7f;
		passkey_init_with(&w->passkeys[i], (uint8_t)(0x70 + i), key);
	}
}

int wallets_open(void **state)
{
	static struct wallets w;
	void *f = NULL;
	int failed = fixture_open(&f);

	w.f = f;
	w.host = &w.f->host;
	for (uint8_t i = 0; i < WALLETS_PASSKEYS; i++)
		passkey_init(&w.passkeys[i], (uint8_t)(0x70 + i));
	*state = &w;
	return failed;
}

int wallets_close(void **state)
{
	struct wallets *w = *state;
	void *f = w->f;

	for (size_t i = 0; i < WALLETS_PASSKEYS; i++)
		passkey_clear(&w->passkeys[i]);
	return fixture_close(&f);
}

void wallets_mark(struct wallets *w)
{
	memcpy(&w->saved_ta, &w->f->one.ta, sizeof(w->saved_ta));
	memcpy(&w->saved_host, w->host, sizeof(w->saved_host));
}

void wallets_back(struct wallets *w)
{
	memcpy(&w->f->one.ta, &w->saved_ta, sizeof(w->saved_ta));
	memcpy(w->host, &w->saved_host, sizeof(w->saved_host));
}

/* --- creation ----------------------------------------------------------- */

void wallets_creation(struct host_op ops[2], const struct passkey *p,
		      uint8_t level)
{
	ops[0] = (struct host_op){
		.op = OP_CREATE_WALLET,
		.passkey = bytes_of(p->pub, sizeof(p->pub)),
		.bind_level = level,
		.rp_id = bytes_of_text(PASSKEY_RP),
		.origins = bytes_of_text(PASSKEY_ORIGIN),
	};
	ops[1] = (struct host_op){ .op = OP_CREATE_VAULT };
}

uint64_t wallets_create(struct wallets *w, const struct passkey *p,
			uint8_t level)
{
	uint64_t slot = w->host->db.next_slot;
	struct host_op ops[2];

	wallets_creation(ops, p, level);
	assert_ok(host_apply(w->host, ops, 2));
	return slot;
}

/* --- uses --------------------------------------------------------------- */

static void put_item(struct host *h, const struct abi_sign_item *item)
{
	size_t at = abi_open(&h->req_w, ABI_TAG_SIGN_ITEMS);

	ABI_PUT(&h->req_w, sign_item, item);
	abi_close(&h->req_w, at);
}

static enum kms_rc get_result(const struct host *h, struct abi_sign_result *r)
{
	struct abi_sign_rsp rsp = { 0 };
	struct bytes value = { 0 };

	assert_ok(ABI_DECODE(&rsp, sign_rsp, h->rsp_body));
	assert_true(abi_rep_next(&rsp.items, &value));
	assert_ok(ABI_DECODE(r, sign_result, value));
	return (enum kms_rc)r->status;
}

enum kms_rc wallets_nonce_for(struct host *h, const uint8_t uuid[16],
			      uint8_t nonce[32])
{
	struct abi_sign_item item = { .shard = h->shard, .use = USE_CHALLENGE };
	struct abi_sign_result r = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	memcpy(item.uuid, uuid, sizeof(item.uuid));
	host_begin(h, CMD_SIGN);
	put_item(h, &item);
	rc = host_send_request(h, CMD_SIGN, 1);
	if (!rc)
		rc = get_result(h, &r);
	if (rc)
		return rc;
	assert_int_equal(r.nonce.len, 32);
	memcpy(nonce, r.nonce.ptr, 32);
	return KMS_RC_OK;
}

void wallets_nonce(struct wallets *w, uint64_t slot, uint8_t nonce[32])
{
	assert_ok(
		wallets_nonce_for(w->host, w->host->db.keys[slot].uuid, nonce));
}

static void take_answer(struct answer *got, const struct abi_sign_result *r)
{
	memset(got, 0, sizeof(*got));
	got->recid = r->recid;
	got->has_signature = r->signature.len == 64;
	got->has_public_key = r->public_key.len == 64;
	if (got->has_signature)
		memcpy(got->signature, r->signature.ptr, 64);
	if (got->has_public_key)
		memcpy(got->public_key, r->public_key.ptr, 64);
	if (r->digest.len == 32)
		memcpy(got->digest, r->digest.ptr, 32);
}

void ask_put(struct host *h, const struct ask *a, uint8_t kind,
	     struct bytes evidence)
{
	struct abi_sign_item item = { .shard = h->shard,
				      .slot = a->slot,
				      .evidence_kind = kind,
				      .evidence = evidence,
				      .use = a->use,
				      .account = a->account,
				      .index = a->index,
				      .payload = a->payload };

	memcpy(item.uuid, h->db.keys[a->slot].uuid, sizeof(item.uuid));
	put_item(h, &item);
}

static enum kms_rc use(struct host *h, const struct ask *a, uint8_t kind,
		       struct bytes evidence, struct answer *got)
{
	struct abi_sign_result r = { 0 };
	struct answer none;
	enum kms_rc rc = KMS_RC_INTERNAL;

	host_begin(h, CMD_SIGN);
	ask_put(h, a, kind, evidence);
	host_put_proof(h, a->slot);
	rc = host_send_request(h, CMD_SIGN, 1);
	if (!rc)
		rc = get_result(h, &r);
	take_answer(got ? got : &none, &r);
	/* A refusal tells nothing but its reason. */
	if (rc)
		assert_true(!r.signature.len && !r.public_key.len &&
			    !r.digest.len && !r.nonce.len && !r.recid);
	return rc;
}

/* --- changes ------------------------------------------------------------ */

struct host_op ask_change(const struct ask *a, uint8_t kind,
			  struct bytes evidence)
{
	struct host_op op = { .op = a->op,
			      .slot = a->slot,
			      .evidence_kind = kind,
			      .evidence = evidence,
			      .index = a->index,
			      .window_days = a->window_days };

	if (a->passkey)
		op.passkey = bytes_of(a->passkey->pub, 64);
	if (a->passkey && a->with_hash)
		op.credential_hash = bytes_of(a->passkey->credential_hash, 32);
	return op;
}

static enum kms_rc prepare(struct host *h, const struct ask *a, uint8_t kind,
			   struct bytes evidence, struct answer *got)
{
	struct host_op ops[2] = { ask_change(a, kind, evidence) };
	enum kms_rc rc = KMS_RC_INTERNAL;

	ops[1] = host_change(h, h->db.keys[a->slot].vault, OP_DELETE_VAULT, 0);
	rc = host_prepare(h, ops, a->op == OP_DELETE ? 2 : 1);
	if (!rc && got) {
		struct abi_prepare_rsp rsp = { 0 };
		struct abi_prepare_result r = { 0 };
		struct bytes value = { 0 };

		memset(got, 0, sizeof(*got));
		assert_ok(ABI_DECODE(&rsp, prepare_rsp, h->rsp_body));
		assert_true(abi_rep_next(&rsp.results, &value));
		assert_ok(ABI_DECODE(&r, prepare_result, value));
		got->has_public_key = r.public_key.len == 64;
		if (got->has_public_key)
			memcpy(got->public_key, r.public_key.ptr, 64);
	}
	return rc;
}

enum kms_rc ask_send(struct wallets *w, const struct ask *a, uint8_t kind,
		     struct bytes evidence, struct answer *got)
{
	uint8_t before[SHA256_LEN] = { 0 };
	uint8_t after[SHA256_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (w->f)
		ta_digest(&w->f->one.ta, before);
	rc = a->op ? prepare(w->host, a, kind, evidence, got)
		   : use(w->host, a, kind, evidence, got);
	if (w->f)
		ta_digest(&w->f->one.ta, after);
	if (rc && memcmp(before, after, sizeof(before)) != 0)
		fail_msg("I9: %s was refused (%s) and changed something",
			 a->name, kms_rc_name(rc));
	return rc;
}

/* --- gestures ----------------------------------------------------------- */

/* D of the specification: what a signing use signs. */
static void digest_of(uint8_t out[32], const struct ask *a)
{
	if (a->use == USE_HASH)
		memcpy(out, a->payload.ptr, a->payload.len < 32 ? 0 : 32);
	else if (a->use == USE_MESSAGE_191)
		eth_message_hash(out, a->payload);
	else
		keccak256(out, a->payload.ptr, a->payload.len);
}

struct intent ask_intent(const struct wallets *w, const struct ask *a)
{
	struct intent i = { .op = a->op,
			    .account = a->account,
			    .index = a->index,
			    .window_days = a->window_days };

	memcpy(i.uuid, w->host->db.keys[a->slot].uuid, sizeof(i.uuid));
	sha256_once(i.rp_id_hash, PASSKEY_RP, strlen(PASSKEY_RP));
	if (a->op == OP_ISSUE_ADDRESS || (!a->op && a->use == USE_ADDRESS)) {
		i.op = INTENT_ADDRESS;
	} else if (!a->op) {
		i.op = INTENT_SIGN;
		i.use = a->use;
		digest_of(i.payload, a);
	}
	if (a->passkey)
		memcpy(i.passkey, a->passkey->pub, sizeof(i.passkey));
	if (a->passkey && a->with_hash)
		memcpy(i.credential_hash, a->passkey->credential_hash, 32);
	return i;
}

void ask_gesture(struct wallets *w, const struct ask *a, struct passkey *p,
		 struct passkey_assertion *out)
{
	struct intent intent = ask_intent(w, a);
	uint8_t nonce[32];
	uint8_t challenge[32];

	wallets_nonce(w, a->slot, nonce);
	intent_challenge(challenge, nonce, &intent);
	passkey_assert(p, out, nonce, challenge);
}

void wallets_commit(struct wallets *w)
{
	host_store(w->host);
	assert_ok(host_commit(w->host));
	host_finish(w->host);
}

static enum kms_rc finish(struct wallets *w, const struct ask *a,
			  enum kms_rc rc)
{
	if (!rc && a->op)
		wallets_commit(w);
	return rc;
}

enum kms_rc ask_do(struct wallets *w, const struct ask *a, struct passkey *p)
{
	struct passkey_assertion by;

	ask_gesture(w, a, p, &by);
	return finish(w, a, ask_with(w, a, &by));
}

enum kms_rc ask_do_alone(struct wallets *w, const struct ask *a)
{
	return finish(w, a,
		      ask_send(w, a, EVIDENCE_NONE, (struct bytes){ 0 }, NULL));
}

/* --- what is asked for -------------------------------------------------- */

struct ask ask_hash(uint64_t slot)
{
	static const uint8_t hash[32] = { 0xa1, 0xb2, 0xc3, 0xd4 };

	return (struct ask){ .name = "a hash",
			     .use = USE_HASH,
			     .slot = slot,
			     .index = 1,
			     .payload = bytes_of(hash, sizeof(hash)) };
}

struct ask ask_message(uint64_t slot, uint8_t use)
{
	return (struct ask){ .name = "a message",
			     .use = use,
			     .slot = slot,
			     .index = 1,
			     .payload = bytes_of("hello", 5) };
}

/* The example of EIP-155. */
struct ask ask_transaction(uint64_t slot)
{
	static const char hex[] = "ec098504a817c8008252089435353535353535353535"
				  "35353535353535353535"
				  "880de0b6b3a764000080018080";
	static uint8_t tx[(sizeof(hex) - 1) / 2];

	assert_ok(hex_decode(tx, sizeof(tx), hex, sizeof(hex) - 1));
	return (struct ask){ .name = "a transaction",
			     .use = USE_TRANSACTION,
			     .slot = slot,
			     .index = 1,
			     .payload = bytes_of(tx, sizeof(tx)) };
}

struct ask ask_address(uint64_t slot, uint32_t index)
{
	return (struct ask){ .name = "an address",
			     .use = USE_ADDRESS,
			     .slot = slot,
			     .index = index };
}

struct ask ask_op(uint64_t slot, uint8_t op)
{
	static const char *const names[] = {
		[OP_DELETE] = "DELETE",
		[OP_ISSUE_ADDRESS] = "ISSUE_ADDRESS",
		[OP_FREEZE] = "FREEZE",
		[OP_UNFREEZE] = "UNFREEZE",
		[OP_SCHEDULE_DELETION] = "SCHEDULE_DELETION",
		[OP_CANCEL_DELETION] = "CANCEL_DELETION",
	};

	return (struct ask){ .name = names[op],
			     .op = op,
			     .slot = slot,
			     .index = op == OP_ISSUE_ADDRESS ? 30 : 0,
			     .window_days =
				     op == OP_SCHEDULE_DELETION ? 7 : 0 };
}

struct ask ask_passkey(uint64_t slot, uint8_t op, const struct passkey *p)
{
	static const char *const names[] = {
		[OP_ADD_PASSKEY] = "ADD_PASSKEY",
		[OP_REMOVE_PASSKEY] = "REMOVE_PASSKEY",
		[OP_CHANGE_PASSKEY] = "CHANGE_PASSKEY",
	};

	return (struct ask){ .name = names[op],
			     .op = op,
			     .slot = slot,
			     .passkey = p,
			     .with_hash = op != OP_REMOVE_PASSKEY };
}
