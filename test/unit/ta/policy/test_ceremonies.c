/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole assertions that clients of the reference send, and what becomes of
 * them: test/vectors/ceremony.json, read and judged by what reads and judges
 * an assertion in the TA. Binding level 1 is to give the verdicts of "strict",
 * and level 0, which development builds have, those of "transition".
 */
#include "ta/policy/webauthn.h"

#include "abi/messages.h"
#include "codec/auth_data.h"
#include "codec/client_data.h"
#include "codec/der.h"
#include "ta/crypto/p256_point.h"
#include "ta/policy/policy.h"
#include "ta/posix/gp/gp_control.h"
#include "ta/ta.h"
#include "ta/ta_build.h"
#include "test/property/check.h"
#include "test/unit/codec/exact.h"
#include "test/unit/vector_file.h"

#include <stdio.h>
#include <string.h>

#define RP_ID  "aastar.io"
#define ORIGIN "https://aastar.io"
#define SLOT   7

enum verdict {
	COMMITTED,     /* to what is asked: taken */
	BARE_NONCE,    /* too little for a signature, but in "transition" */
	OTHER_PAYLOAD, /* than the one that is asked for */
	OTHER_PURPOSE, /* the host's business; to the TA it is as COMMITTED */
	HOST_ONLY,     /* a bare nonce, which is enough */
	VERDICTS,
};

/* What the members of "expect" say. */
static const struct {
	const char *transition;
	const char *strict;
	const char *any;
	const char *reference;
} said[VERDICTS] = {
	[COMMITTED] = { .transition = "accept", .strict = "accept" },
	[BARE_NONCE] = { .transition = "accept (legacy)", .strict = "reject" },
	[OTHER_PAYLOAD] = { .transition = "reject", .strict = "reject" },
	[OTHER_PURPOSE] = { .any = "reject at the host: wrong purpose" },
	[HOST_ONLY] = { .reference = "accept (bare nonce, checked by the host "
				     "only)" },
};

struct ceremony {
	enum verdict verdict;
	bool commits; /* its challenge is no bare nonce */
	uint8_t nonce[32];
	uint8_t digest[32];    /* what its challenge commits to */
	uint8_t requested[32]; /* what the request asks to be signed */
	uint8_t challenge[32];
	uint8_t client_hash[32];
	uint8_t signature[64];
	uint8_t credential_hash[32];
	struct bytes auth_data;
	struct bytes client_data;
	struct bytes der;
};

typedef void ceremony_fn(const struct ceremony *c);

static const char *path;
static struct vector_file file;
static struct ta ta;
static struct wallet_record wallet;
static uint8_t uuid[ABI_UUID_LEN];

/* The nonce that is pending, as the file says. */
static const uint8_t *issued;

enum kms_rc __wrap_challenge_check(const struct challenge *c,
				   const uint8_t nonce[CHALLENGE_LEN],
				   const uint8_t of[ABI_UUID_LEN],
				   uint64_t now_ms);

/* For the nonces of another TEE; that of ours is tested in test_challenge. */
enum kms_rc __wrap_challenge_check(const struct challenge *c,
				   const uint8_t nonce[CHALLENGE_LEN],
				   const uint8_t of[ABI_UUID_LEN],
				   uint64_t now_ms)
{
	(void)c;
	(void)now_ms;
	return issued && !memcmp(nonce, issued, CHALLENGE_LEN) &&
			       !memcmp(of, uuid, sizeof(uuid))
		       ? KMS_RC_OK
		       : KMS_RC_AUTH_CHALLENGE;
}

/* --- reading the file --------------------------------------------------- */

static bool says(const struct json_value *expect, const char *name,
		 const char *want)
{
	char text[128];

	if (!want || !vector_has(expect, name))
		return !want && !vector_has(expect, name);
	vector_text(text, sizeof(text), expect, name);
	return !strcmp(text, want);
}

static enum verdict read_verdict(const struct json_value *c)
{
	struct json_value e = vector_inside(c, "expect");

	vector_shape(&e, "?transition ?strict ?any ?reference ?note");
	for (unsigned int v = 0; v < VERDICTS; v++)
		if (says(&e, "transition", said[v].transition) &&
		    says(&e, "strict", said[v].strict) &&
		    says(&e, "any", said[v].any) &&
		    says(&e, "reference", said[v].reference))
			return (enum verdict)v;
	fail_msg("a verdict that nobody knows: %.*s", (int)e.raw.len,
		 (const char *)e.raw.ptr);
	return VERDICTS;
}

/* Only minting says what it asks for; else it is what was committed to. */
static void read_requested(struct ceremony *c, const struct json_value *v,
			   const char *op)
{
	bool p256 = strstr(op, "p256-session");
	uint8_t hash[32];
	char label[64];
	size_t len = 0;

	memcpy(c->requested, c->digest, sizeof(c->requested));
	if (!vector_has(v, "request_label"))
		return;
	len = vector_text(label, sizeof(label), v, "request_label");
	sha256_once(hash, label, len);
	vector_tagged_digest(c->requested,
			     p256 ? "AA-P256-SESSION-MINT-v2"
				  : "AA-AGENT-MINT-v2",
			     uuid, bytes_of(hash, sizeof(hash)));
}

static struct bytes read_base64url(const struct json_value *object,
				   const char *name)
{
	static uint8_t out[ABI_CLIENT_DATA_MAX];

	return exact_copy(out,
			  vector_base64url(out, sizeof(out), object, name));
}

static void read_credential(struct ceremony *c, const struct json_value *v)
{
	struct json_value credential = vector_inside(v, "credential");
	struct json_value response = vector_inside(&credential, "response");
	struct bytes id = read_base64url(&credential, "id");
	struct bytes raw = read_base64url(&credential, "rawId");
	char type[16];

	vector_shape(&credential, "id rawId type response");
	vector_shape(&response, "clientDataJSON authenticatorData signature");
	vector_text(type, sizeof(type), &credential, "type");
	assert_string_equal(type, "public-key");
	assert_true(bytes_equal_var(id, raw));
	sha256_once(c->credential_hash, id.ptr, id.len);
	c->client_data = read_base64url(&response, "clientDataJSON");
	c->auth_data = read_base64url(&response, "authenticatorData");
	c->der = read_base64url(&response, "signature");
	exact_free(&id);
	exact_free(&raw);
}

/* What the file says twice is the same. */
static void check_copies(const struct ceremony *c, const struct json_value *v)
{
	static uint8_t auth_data[ABI_AUTH_DATA_MAX];
	static char client[ABI_CLIENT_DATA_MAX];
	size_t len = vector_hex_any(auth_data, sizeof(auth_data), v,
				    "authenticator_data_hex");

	assert_true(bytes_equal_var(bytes_of(auth_data, len), c->auth_data));
	len = vector_text(client, sizeof(client), v, "client_data_json_utf8");
	assert_true(bytes_equal_var(bytes_of(client, len), c->client_data));
}

static void read_ceremony(struct ceremony *c, const struct json_value *v)
{
	char text[128];

	vector_shape(v, "op begin_purpose nonce_hex ?digest_hex challenge_hex "
			"expect ?request_label ?note client_data_json_utf8 "
			"client_data_hash_hex authenticator_data_hex "
			"signature_r_hex signature_s_hex credential");
	vector_text(text, sizeof(text), v, "op");
	printf("# %s\n", text);
	c->verdict = read_verdict(v);
	c->commits = c->verdict != BARE_NONCE && c->verdict != HOST_ONLY;
	vector_hex(c->nonce, 32, v, "nonce_hex");
	vector_hex(c->challenge, 32, v, "challenge_hex");
	/* What the TEE never sees has no digest. */
	assert_int_equal(vector_has(v, "digest_hex"), c->verdict != HOST_ONLY);
	if (c->verdict != HOST_ONLY)
		vector_hex(c->digest, 32, v, "digest_hex");
	read_requested(c, v, text);
	vector_hex(c->client_hash, 32, v, "client_data_hash_hex");
	vector_hex(c->signature, 32, v, "signature_r_hex");
	vector_hex(c->signature + 32, 32, v, "signature_s_hex");
	read_credential(c, v);
	check_copies(c, v);
}

static void for_each(ceremony_fn *check)
{
	struct json_value cases = vector_inside(&file.top, "cases");
	size_t counts[VERDICTS] = { 0 };
	struct json_value v = { 0 };
	size_t count = 0;
	size_t pos = 0;

	assert_int_equal(cases.type, JSON_ARRAY);
	for (; json_next(&cases, &pos, NULL, &v); count++) {
		struct ceremony c = { 0 };

		read_ceremony(&c, &v);
		counts[c.verdict]++;
		issued = c.nonce;
		check(&c);
		issued = NULL;
		exact_free(&c.client_data);
		exact_free(&c.auth_data);
		exact_free(&c.der);
	}
	printf("# %zu ceremonies\n", count);
	for (size_t i = 0; i < VERDICTS; i++)
		assert_true(counts[i] > 0);
}

static void read_wallet(void)
{
	uint8_t point[65];

	vector_shape(&file.top, "description passkey_private_key_hex "
				"public_key_uncompressed_hex wallet_id cases");
	vector_uuid(uuid, &file.top, "wallet_id");
	vector_hex(point, sizeof(point), &file.top,
		   "public_key_uncompressed_hex");
	assert_int_equal(point[0], 4);
	wallet = (struct wallet_record){ .state = WALLET_ACTIVE,
					 .bind_level = BIND_PAYLOAD,
					 .passkey_count = 1,
					 .rp_id_len = strlen(RP_ID),
					 .origins_len = strlen(ORIGIN) };
	memcpy(wallet.rp_id, RP_ID, strlen(RP_ID));
	sha256_once(wallet.rp_id_hash, RP_ID, strlen(RP_ID));
	memcpy(wallet.origins, ORIGIN, strlen(ORIGIN));
	memcpy(wallet.passkeys[0].pub, point + 1, 64);
	sha256_once(wallet.passkeys[0].credential_hash, "test-credential", 15);
}

static int open_all(void **state)
{
	const struct gp_config cfg = { .rpmb = true };

	(void)state;
	vector_file_open(&file, path);
	read_wallet();
	assert_ok(gp_memory_open(&cfg));
	assert_ok(p256_open(&ta.crypto.p256));
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	p256_clear(&ta.crypto.p256);
	gp_posix_close();
	vector_file_close(&file);
	return 0;
}

/* --- forms -------------------------------------------------------------- */

static void check_form(const struct ceremony *c)
{
	uint8_t again[DER_ECDSA_MAX];
	struct client_data client = { 0 };
	uint8_t hash[SHA256_LEN];
	struct auth_data auth = { 0 };
	uint8_t rs[64];

	assert_ok(client_data_parse(&client, c->client_data, CLIENT_DATA_GET));
	assert_memory_equal(client.challenge, c->challenge, 32);
	assert_true(bytes_is_var(client.origin, ORIGIN));
	sha256_once(hash, c->client_data.ptr, c->client_data.len);
	assert_memory_equal(hash, c->client_hash, sizeof(hash));

	assert_ok(auth_data_get_assertion(&auth, c->auth_data));
	assert_memory_equal(auth.rp_id_hash, wallet.rp_id_hash, SHA256_LEN);
	assert_int_equal(auth.flags, AUTH_DATA_UP | AUTH_DATA_UV);
	assert_true(auth.sign_count > 0);

	assert_ok(der_get_ecdsa(rs, c->der));
	assert_memory_equal(rs, c->signature, sizeof(rs));
	assert_int_equal(der_put_ecdsa(again, rs), c->der.len);
	assert_memory_equal(again, c->der.ptr, c->der.len);
}

static void every_assertion_is_well_formed(void **state)
{
	(void)state;
	for_each(check_form);
}

static void check_challenge(const struct ceremony *c)
{
	bool same = !memcmp(c->requested, c->digest, sizeof(c->digest));
	uint8_t want[32];

	memcpy(want, c->nonce, sizeof(want));
	if (c->commits)
		intent_payload_challenge(want, c->nonce, c->digest);
	assert_memory_equal(c->challenge, want, sizeof(want));
	assert_int_equal(same, c->verdict != OTHER_PAYLOAD);
}

static void every_challenge_is_of_its_nonce_and_digest(void **state)
{
	(void)state;
	for_each(check_challenge);
}

/* --- signatures --------------------------------------------------------- */

static void check_signature(const struct ceremony *c)
{
	const uint8_t *pub = wallet.passkeys[0].pub;
	struct p256 *p = &ta.crypto.p256;
	uint8_t digest[SHA256_LEN];
	struct sha256 s;

	assert_true(p256_is_signature(c->signature));
	sha256_init(&s);
	sha256_update(&s, c->auth_data.ptr, c->auth_data.len);
	sha256_update(&s, c->client_hash, sizeof(c->client_hash));
	sha256_final(&s, digest);
	assert_ok(p256_verify(p, c->signature, digest, pub));
	digest[31] ^= 1;
	assert_rc(p256_verify(p, c->signature, digest, pub),
		  KMS_RC_INVALID_SIGNATURE);
}

static void every_signature_is_the_passkey_s(void **state)
{
	(void)state;
	assert_true(p256_is_point(wallet.passkeys[0].pub));
	for_each(check_signature);
}

/* What it signs is verified before it is given. */
static void the_passkey_is_a_pair(void **state)
{
	static const uint8_t digest[SHA256_LEN] = { 1 };
	struct secret32 key = { 0 };
	uint8_t sig[64];

	(void)state;
	vector_hex(key.b, sizeof(key.b), &file.top, "passkey_private_key_hex");
	assert_ok(p256_sign(&ta.crypto.p256, sig, digest, &key,
			    wallet.passkeys[0].pub));
	secret_wipe(&key, sizeof(key));
}

/* --- verdicts ----------------------------------------------------------- */

static enum kms_rc judge(const struct ceremony *c, const struct intent *intent,
			 uint8_t level)
{
	static uint8_t encoded[ABI_EVIDENCE_MAX];
	const struct webauthn_ask ask = { .wallet = &wallet,
					  .slot = SLOT,
					  .intent = intent };
	struct abi_passkey_evidence e = { .auth_data = c->auth_data,
					  .client_data = c->client_data,
					  .credential_hash = bytes_of(
						  c->credential_hash,
						  sizeof(c->credential_hash)) };
	struct evidence evidence = { .kind = EVIDENCE_PASSKEY };
	struct webauthn_grant g = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;
	struct abi_writer w;

	memcpy(e.nonce, c->nonce, sizeof(e.nonce));
	assert_ok(der_get_ecdsa(e.signature, c->der));
	abi_begin(&w, encoded, sizeof(encoded));
	ABI_PUT(&w, passkey_evidence, &e);
	assert_ok(abi_finish_body(&w));
	wallet.bind_level = level;
	evidence.data = bytes_of(encoded, w.len);
	rc = webauthn_check(&ta, &g, &ask, &evidence);
	if (rc) {
		assert_true(g.tag == POLICY_DENY);
		return rc;
	}
	assert_true(g.tag == webauthn_tag(intent));
	assert_int_equal(g.passkey, 0);
	assert_memory_equal(g.nonce, c->nonce, sizeof(c->nonce));
	return KMS_RC_OK;
}

static enum kms_rc judge_signing(const struct ceremony *c,
				 const uint8_t digest[32], uint8_t level)
{
	struct intent i = { .op = INTENT_SIGN, .use = USE_HASH };

	memcpy(i.uuid, uuid, sizeof(i.uuid));
	memcpy(i.rp_id_hash, wallet.rp_id_hash, sizeof(i.rp_id_hash));
	memcpy(i.payload, digest, sizeof(i.payload));
	return judge(c, &i, level);
}

/* As all for which a bare nonce does at levels 0 and 1. */
static enum kms_rc judge_address(const struct ceremony *c, uint8_t level)
{
	struct intent i = { .op = INTENT_ADDRESS };

	memcpy(i.uuid, uuid, sizeof(i.uuid));
	memcpy(i.rp_id_hash, wallet.rp_id_hash, sizeof(i.rp_id_hash));
	return judge(c, &i, level);
}

/* bare: what becomes of a signature that a bare nonce is to allow. */
static void check_verdict(const struct ceremony *c, uint8_t level,
			  enum kms_rc bare)
{
	const enum kms_rc signing[VERDICTS] = {
		[COMMITTED] = KMS_RC_OK,
		[BARE_NONCE] = bare,
		[OTHER_PAYLOAD] = KMS_RC_AUTH_CHALLENGE,
		[OTHER_PURPOSE] = KMS_RC_OK,
		[HOST_ONLY] = bare,
	};
	uint8_t other[32];

	assert_rc(judge_signing(c, c->requested, level), signing[c->verdict]);
	/* What was refused is good for what it was made for. */
	assert_rc(judge_signing(c, c->digest, level),
		  c->commits ? KMS_RC_OK : bare);
	assert_rc(judge_address(c, level),
		  c->commits ? KMS_RC_AUTH_CHALLENGE : KMS_RC_OK);
	memcpy(other, c->digest, sizeof(other));
	other[0] ^= 1;
	assert_rc(judge_signing(c, other, level),
		  c->commits ? KMS_RC_AUTH_CHALLENGE : bare);
}

static void check_level_0(const struct ceremony *c)
{
	check_verdict(c, BIND_NOTHING, KMS_RC_OK);
}

static void level_0_has_the_verdicts_of_transition(void **state)
{
	(void)state;
	assert_int_equal(wallet_bind_level_ok(BIND_NOTHING), TA_IS_DEVELOPMENT);
	if (TA_IS_DEVELOPMENT)
		for_each(check_level_0);
}

static void check_level_1(const struct ceremony *c)
{
	check_verdict(c, BIND_PAYLOAD, KMS_RC_AUTH_CHALLENGE);
}

static void level_1_has_the_verdicts_of_strict(void **state)
{
	(void)state;
	for_each(check_level_1);
}

static void check_level_2(const struct ceremony *c)
{
	assert_rc(judge_signing(c, c->digest, BIND_INTENT),
		  KMS_RC_AUTH_CHALLENGE);
	assert_rc(judge_address(c, BIND_INTENT), KMS_RC_AUTH_CHALLENGE);
}

static void level_2_takes_none_of_them(void **state)
{
	(void)state;
	for_each(check_level_2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_assertion_is_well_formed),
		cmocka_unit_test(every_challenge_is_of_its_nonce_and_digest),
		cmocka_unit_test(every_signature_is_the_passkey_s),
		cmocka_unit_test(the_passkey_is_a_pair),
		cmocka_unit_test(level_0_has_the_verdicts_of_transition),
		cmocka_unit_test(level_1_has_the_verdicts_of_strict),
		cmocka_unit_test(level_2_takes_none_of_them),
	};

	if (argc != 2)
		return 2;
	path = argv[1];
	return cmocka_run_group_tests_name("ceremonies", tests, open_all,
					   close_all);
}
