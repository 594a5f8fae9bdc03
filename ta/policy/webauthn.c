/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/policy/webauthn.h"

#include "abi/messages.h"
#include "codec/auth_data.h"
#include "codec/client_data.h"
#include "codec/origin.h"
#include "ta/crypto/p256_point.h"
#include "ta/keystore/secure_time.h"
#include "ta/policy/policy.h"
#include "ta/ta.h"
#include "ta/ta_build.h"

#include <assert.h>
#include <string.h>

static_assert(ABI_AUTH_DATA_MAX == AUTH_DATA_MAX &&
		      ABI_CLIENT_DATA_MAX == CLIENT_DATA_MAX,
	      "what passes the border can be read");

/* An assertion while it is judged. */
struct assertion {
	struct abi_passkey_evidence e;
	struct auth_data auth;
	struct client_data client;
	uint8_t candidates; /* bit n: passkey n may have made it */
};

uint32_t webauthn_tag(const struct intent *i)
{
	uint32_t name = (uint32_t)i->op << 8 | i->use;

	return POLICY_ALLOW ^ (name << 16 | name);
}

/* --- origins ------------------------------------------------------------ */

/* Cuts the first pattern off; an empty list has one, which is empty. */
static struct bytes cut_pattern(struct bytes *list)
{
	struct bytes pattern = *list;
	size_t len = 0;

	while (len < list->len && list->ptr[len] != ',')
		len++;
	pattern.len = len;
	len += len < list->len;
	list->ptr += len;
	list->len -= len;
	return pattern;
}

bool webauthn_origins_ok(struct bytes patterns)
{
	/* A comma at the end would be followed by an empty pattern. */
	if (!patterns.len || patterns.ptr[patterns.len - 1] == ',')
		return false;
	while (patterns.len)
		if (!origin_pattern_ok(cut_pattern(&patterns)))
			return false;
	return true;
}

static bool origin_is_allowed(const struct wallet_record *w,
			      struct bytes origin)
{
	struct bytes list = bytes_of(w->origins, w->origins_len);
	bool allowed = false;

	while (list.len)
		allowed |= origin_matches_var(cut_pattern(&list), origin);
	return allowed;
}

/* --- the checks of an assertion, in their order ------------------------- */

static enum kms_rc read(struct assertion *a, struct bytes value)
{
	if (ABI_DECODE(&a->e, passkey_evidence, value) ||
	    (a->e.credential_hash.len &&
	     a->e.credential_hash.len != SHA256_LEN) ||
	    !p256_is_signature(a->e.signature) ||
	    auth_data_get_assertion(&a->auth, a->e.auth_data))
		return KMS_RC_AUTH_FORMAT;
	return KMS_RC_OK;
}

/*
 * The passkey whose credential it is, or, as far as that is not known on both
 * sides, those it may be.
 */
static uint8_t find_candidates(const struct wallet_record *w,
			       struct bytes credential_hash)
{
	uint8_t mask = 0;

	for (uint8_t i = 0; i < w->passkey_count; i++) {
		const uint8_t *hash = w->passkeys[i].credential_hash;
		uint8_t bit = (uint8_t)(1u << i);

		if (!credential_hash.len || ct_is_zero(hash, SHA256_LEN))
			mask |= bit;
		else if (ct_equal(hash, credential_hash.ptr, SHA256_LEN))
			return bit;
	}
	return mask;
}

/* Without those whose counter would have to be higher (WebAuthn 6.1.1). */
static uint8_t keep_counting(const struct ta *ta,
			     const struct webauthn_ask *ask,
			     const struct assertion *a)
{
	uint8_t mask = a->candidates;

	for (uint8_t i = 0; i < ask->wallet->passkey_count; i++) {
		const struct wallet_passkey *p = &ask->wallet->passkeys[i];
		uint32_t seen = sign_counts_get(&ta->sign_counts, ask->shard,
						ask->slot, p->pub);

		if (seen < p->sign_count)
			seen = p->sign_count;
		/* Both are 0 where an authenticator does not count. */
		if ((seen || a->auth.sign_count) && a->auth.sign_count <= seen)
			mask &= (uint8_t) ~(1u << i);
	}
	return mask;
}

static enum kms_rc check_authenticator(const struct ta *ta,
				       const struct webauthn_ask *ask,
				       struct assertion *a, uint8_t among)
{
	const uint8_t flags = AUTH_DATA_UP | AUTH_DATA_UV;

	a->candidates =
		among & find_candidates(ask->wallet, a->e.credential_hash);
	if (!a->candidates)
		return KMS_RC_AUTH_SIG;
	if (!ct_equal(a->auth.rp_id_hash, ask->wallet->rp_id_hash, SHA256_LEN))
		return KMS_RC_AUTH_RP;
	if ((a->auth.flags & flags) != flags)
		return KMS_RC_AUTH_FLAGS;
	a->candidates = keep_counting(ta, ask, a);
	return a->candidates ? KMS_RC_OK : KMS_RC_AUTH_COUNTER;
}

/* What clients of the reference commit to by the bare nonce alone. */
static bool takes_bare_nonce(const struct intent *i)
{
	switch (i->op) {
	case INTENT_ADDRESS:
	case INTENT_CHANGE_PASSKEY:
	case INTENT_DELETE:
	case INTENT_SCHEDULE_DELETION:
	case INTENT_UNFREEZE:
		return true;
	default:
		return false;
	}
}

/* Whether it stands by nothing that an assertion says. */
static bool binds_nothing(const struct wallet_record *w)
{
	return TA_IS_DEVELOPMENT && w->bind_level == BIND_NOTHING;
}

/* Whether it forgives what clients of the reference do not do. */
static bool is_lenient(const struct wallet_record *w)
{
	return w->bind_level == BIND_PAYLOAD || binds_nothing(w);
}

bool webauthn_spends(const struct webauthn_grant *g)
{
	/* Every assertion that a build which ships takes has a nonce. */
	return !TA_IS_DEVELOPMENT || g->has_nonce;
}

/* What each level takes for a challenge; design: docs/passkeys.md. */
static bool commits(const struct webauthn_ask *ask, const uint8_t nonce[32],
		    const uint8_t challenge[32])
{
	uint8_t want[SHA256_LEN] = { 0 };

	intent_challenge(want, nonce, ask->intent);
	if (ct_equal(challenge, want, sizeof(want)))
		return true;
	if (!is_lenient(ask->wallet))
		return false;
	if (ask->intent->op == INTENT_SIGN) {
		intent_payload_challenge(want, nonce, ask->intent->payload);
		if (ct_equal(challenge, want, sizeof(want)))
			return true;
	}
	return (takes_bare_nonce(ask->intent) ||
		(binds_nothing(ask->wallet) &&
		 ask->intent->op == INTENT_SIGN)) &&
	       ct_equal(challenge, nonce, CHALLENGE_LEN);
}

static enum kms_rc check_client(const struct ta *ta,
				const struct webauthn_ask *ask,
				struct assertion *a, uint64_t now_ms)
{
	const struct wallet_record *w = ask->wallet;
	enum kms_rc rc = client_data_parse(&a->client, a->e.client_data,
					   CLIENT_DATA_GET);

	if (rc)
		return rc;
	if (!origin_is_allowed(w, a->client.origin))
		return KMS_RC_AUTH_RP;
	rc = challenge_check(&ta->challenge, a->e.nonce, ask->intent->uuid,
			     now_ms);
	if (!rc && !commits(ask, a->e.nonce, a->client.challenge))
		rc = KMS_RC_AUTH_CHALLENGE;
	return rc;
}

static enum kms_rc check_signature(struct ta *ta, struct webauthn_grant *g,
				   const struct wallet_record *w,
				   const struct assertion *a,
				   const uint8_t client_hash[SHA256_LEN])
{
	uint8_t digest[SHA256_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_AUTH_SIG;
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, a->e.auth_data.ptr, a->e.auth_data.len);
	sha256_update(&s, client_hash, SHA256_LEN);
	sha256_final(&s, digest);
	for (uint8_t i = 0; i < w->passkey_count; i++) {
		if (!(a->candidates >> i & 1))
			continue;
		rc = p256_verify(&ta->crypto.p256, a->e.signature, digest,
				 w->passkeys[i].pub);
		g->passkey = i;
		if (!rc || rc == KMS_RC_FAULT)
			return rc;
	}
	return KMS_RC_AUTH_SIG;
}

static enum kms_rc judge(struct ta *ta, struct webauthn_grant *g,
			 const struct webauthn_ask *ask, struct bytes value,
			 uint8_t among, uint64_t now_ms)
{
	struct assertion a = { 0 };
	uint8_t client_hash[SHA256_LEN] = { 0 };
	enum kms_rc rc = read(&a, value);

	if (!rc)
		rc = check_authenticator(ta, ask, &a, among);
	if (!rc)
		rc = check_client(ta, ask, &a, now_ms);
	if (rc)
		return rc;
	sha256_once(client_hash, a.e.client_data.ptr, a.e.client_data.len);
	rc = check_signature(ta, g, ask->wallet, &a, client_hash);
	if (rc)
		return rc;
	memcpy(g->nonce, a.e.nonce, sizeof(g->nonce));
	g->has_nonce = true;
	g->sign_count = a.auth.sign_count;
	return KMS_RC_OK;
}

/*
 * For suites that are older than challenges (http-api-1 K14): whose passkey
 * signed, for this RP, and that somebody was there. Not when, and not what.
 */
static enum kms_rc judge_raw(struct ta *ta, struct webauthn_grant *g,
			     const struct webauthn_ask *ask, struct bytes value,
			     uint8_t among)
{
	struct abi_raw_assertion raw = { 0 };
	struct assertion a = { .candidates = among };

	if (ask->intent->op != INTENT_SIGN && !takes_bare_nonce(ask->intent))
		return KMS_RC_AUTH_REQUIRED;
	if (ABI_DECODE(&raw, raw_assertion, value) ||
	    !p256_is_signature(raw.signature) ||
	    auth_data_get_assertion(&a.auth, raw.auth_data))
		return KMS_RC_AUTH_FORMAT;
	if (!ct_equal(a.auth.rp_id_hash, ask->wallet->rp_id_hash, SHA256_LEN))
		return KMS_RC_AUTH_RP;
	if (!(a.auth.flags & AUTH_DATA_UP))
		return KMS_RC_AUTH_FLAGS;
	a.e.auth_data = raw.auth_data;
	memcpy(a.e.signature, raw.signature, sizeof(a.e.signature));
	return check_signature(ta, g, ask->wallet, &a, raw.client_hash);
}

static enum kms_rc judge_any(struct ta *ta, struct webauthn_grant *g,
			     const struct webauthn_ask *ask,
			     const struct evidence *e, uint8_t among,
			     uint64_t now_ms)
{
	enum kms_rc rc = KMS_RC_AUTH_REQUIRED;

	g->tag = POLICY_DENY;
	if (e->kind == EVIDENCE_PASSKEY)
		rc = judge(ta, g, ask, e->data, among, now_ms);
	else if (e->kind == EVIDENCE_RAW_PASSKEY && binds_nothing(ask->wallet))
		rc = judge_raw(ta, g, ask, e->data, among);
	if (rc)
		return rc;
	memcpy(g->pub, ask->wallet->passkeys[g->passkey].pub, sizeof(g->pub));
	g->tag = webauthn_tag(ask->intent);
	return KMS_RC_OK;
}

enum kms_rc webauthn_check(struct ta *ta, struct webauthn_grant *g,
			   const struct webauthn_ask *ask,
			   const struct evidence *evidence)
{
	/* volatile: the compiler may not merge the two evaluations. */
	volatile uint32_t first = POLICY_DENY;
	volatile uint32_t second = 0;
	const struct webauthn_ask *volatile again = ask;
	struct webauthn_grant check = { 0 };
	uint64_t now_ms = secure_time_ms();
	enum kms_rc rc = judge_any(ta, g, ask, evidence, UINT8_MAX, now_ms);

	first = g->tag;
	if (rc)
		return rc;
	if (judge_any(ta, &check, again, evidence, (uint8_t)(1u << g->passkey),
		      now_ms))
		return KMS_RC_FAULT;
	second = ~check.tag;
	return first == webauthn_tag(ask->intent) && second == ~first
		       ? KMS_RC_OK
		       : KMS_RC_FAULT;
}

void webauthn_spend(struct ta *ta, uint16_t shard, uint64_t slot,
		    const struct webauthn_grant *g)
{
	if (!webauthn_spends(g))
		return;
	challenge_spend(&ta->challenge, g->nonce);
	sign_counts_set(&ta->sign_counts, shard, slot, g->pub, g->sign_count);
}

/* --- registration ------------------------------------------------------- */

static enum kms_rc check_created(const struct ta *ta,
				 const struct wallet_record *w,
				 const struct abi_registration *r)
{
	static const uint8_t no_wallet[ABI_UUID_LEN];
	struct client_data client = { 0 };
	enum kms_rc rc =
		client_data_parse(&client, r->client_data, CLIENT_DATA_CREATE);

	if (rc)
		return rc;
	if (!origin_is_allowed(w, client.origin))
		return KMS_RC_AUTH_RP;
	if (!ct_equal(client.challenge, r->nonce, sizeof(client.challenge)))
		return KMS_RC_AUTH_CHALLENGE;
	return challenge_check(&ta->challenge, r->nonce, no_wallet,
			       secure_time_ms());
}

static enum kms_rc take_credential(struct wallet_record *w,
				   const struct auth_data *a)
{
	uint8_t flags = AUTH_DATA_UP;
	struct wallet_passkey *p = &w->passkeys[0];
	uint8_t hash[SHA256_LEN] = { 0 };

	if (!is_lenient(w))
		flags |= AUTH_DATA_UV;
	if (!ct_equal(a->rp_id_hash, w->rp_id_hash, SHA256_LEN))
		return KMS_RC_AUTH_RP;
	if ((a->flags & flags) != flags)
		return KMS_RC_AUTH_FLAGS;
	sha256_once(hash, a->credential_id.ptr, a->credential_id.len);
	/* It is of the passkey that the wallet is going to trust. */
	if (!ct_equal(a->pub, p->pub, sizeof(p->pub)) ||
	    (!ct_is_zero(p->credential_hash, SHA256_LEN) &&
	     !ct_equal(hash, p->credential_hash, SHA256_LEN)))
		return KMS_RC_AUTH_FORMAT;
	memcpy(p->credential_hash, hash, sizeof(hash));
	p->sign_count = a->sign_count;
	p->flags = a->flags & (AUTH_DATA_BE | AUTH_DATA_BS);
	return KMS_RC_OK;
}

enum kms_rc webauthn_check_registration(struct ta *ta, struct webauthn_grant *g,
					struct wallet_record *w,
					struct bytes registration)
{
	struct abi_registration r = { 0 };
	struct auth_data auth = { 0 };
	enum kms_rc rc = KMS_RC_AUTH_FORMAT;

	if (ABI_DECODE(&r, registration, registration) ||
	    auth_data_get_attested(&auth, r.auth_data))
		return rc;
	rc = take_credential(w, &auth);
	if (!rc)
		rc = check_created(ta, w, &r);
	if (rc)
		return rc;
	memcpy(g->nonce, r.nonce, sizeof(g->nonce));
	g->has_nonce = true;
	memcpy(g->pub, w->passkeys[0].pub, sizeof(g->pub));
	g->sign_count = auth.sign_count;
	return KMS_RC_OK;
}
