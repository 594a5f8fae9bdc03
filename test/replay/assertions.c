/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I10: assertions that are refused for what they are: of another RP, page,
 * passkey or kind, with a counter that goes down, or damaged. A gesture that is
 * refused is not used up, so one of them serves for many refusals.
 */
#include "codec/auth_data.h"
#include "codec/client_data.h"
#include "test/replay/owner.h"

#include <string.h>

#define MUTATIONS 60

static void other_authenticator_data(struct recorder *r, uint64_t slot)
{
	static const uint8_t flags[] = { 0, AUTH_DATA_UP, AUTH_DATA_UV };
	static const size_t lens[] = { 0, 36, 38, 60, 1024, 1025 };
	struct ask sign = ask_hash(slot);
	struct passkey_assertion by;

	r->note = "another RP, other flags";
	owner_gesture(r, &by, &sign, 0, OVER_INTENT);
	by.auth_data[0] ^= 1;
	owner_signs(r, &sign, &by, 0, KMS_RC_AUTH_RP);
	by.auth_data[0] ^= 1;
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		by.auth_data[32] = flags[i];
		owner_signs(r, &sign, &by, 0, KMS_RC_AUTH_FLAGS);
	}
	by.auth_data[32] = AUTH_DATA_UP | AUTH_DATA_UV | AUTH_DATA_AT;
	owner_signs(r, &sign, &by, 0, KMS_RC_AUTH_FORMAT);
	by.auth_data[32] = AUTH_DATA_UP | AUTH_DATA_UV | AUTH_DATA_BS;
	owner_signs(r, &sign, &by, 0, KMS_RC_AUTH_FORMAT);
	by.auth_data[32] = AUTH_DATA_UP | AUTH_DATA_UV;
	r->note = "authenticator data of other lengths";
	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		by.auth_len = lens[i];
		owner_signs(r, &sign, &by, 0, KMS_RC_AUTH_FORMAT);
	}
}

#define PAGE "\"origin\":\"" PASSKEY_ORIGIN "\""
#define GET  "\"type\":\"webauthn.get\",\"challenge\":\"%s\","

static void other_client_data(struct recorder *r, uint64_t slot)
{
	static const struct {
		const char *form;
		enum kms_rc want;
	} rows[] = {
		{ "{\"type\":\"webauthn.create\",\"challenge\":\"%s\"," PAGE
		  "}",
		  KMS_RC_AUTH_FORMAT },
		{ "{\"challenge\":\"%s\"," PAGE "}", KMS_RC_AUTH_FORMAT },
		{ "{" GET "\"challenge\":\"AAAA\"," PAGE "}",
		  KMS_RC_AUTH_FORMAT },
		{ "{" GET PAGE "} x", KMS_RC_AUTH_FORMAT },
		{ "{\"x\":{" GET PAGE "}}", KMS_RC_AUTH_FORMAT },
		{ "{" GET "\"origin\":\"\"}", KMS_RC_AUTH_FORMAT },
		{ "%s", KMS_RC_AUTH_FORMAT },
		{ "{" GET PAGE ",\"crossOrigin\":true}", KMS_RC_AUTH_RP },
		{ "{" GET "\"origin\":\"https://example.org\"}",
		  KMS_RC_AUTH_RP },
		{ "{" GET "\"origin\":\"" PASSKEY_ORIGIN ".evil.net\"}",
		  KMS_RC_AUTH_RP },
		{ "{" GET "\"origin\":\"http://wallet.example.org\"}",
		  KMS_RC_AUTH_RP },
		/* Written by hand. */
		{ "{ " PAGE " ,\n\t\"challenge\" : \"%s\", \"x\" : [ {} ], "
		  "\"type\":\"webauthn.get\" }",
		  KMS_RC_OK },
	};
	struct ask sign = ask_hash(slot);
	struct intent intent = ask_intent(r->wallets, &sign);
	struct passkey_assertion by;
	uint8_t challenge[32];

	r->note = "client data of other kinds, and an extension";
	owner_gesture(r, &by, &sign, 0, OVER_INTENT);
	intent_challenge(challenge, by.nonce, &intent);
	/* As some authenticators send it: {"x": true} */
	by.auth_data[32] |= AUTH_DATA_ED;
	memcpy(by.auth_data + AUTH_DATA_MIN, "\xa1\x61x\xf5", 4);
	by.auth_len = AUTH_DATA_MIN + 4;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		passkey_client_form(&by, rows[i].form, challenge);
		owner_signs(r, &sign, &by, 0, rows[i].want);
	}
}

static void counters(struct recorder *r, uint64_t slot)
{
	static const struct {
		uint32_t count;
		enum kms_rc want;
	} rows[] = {
		{ 5, KMS_RC_OK },
		{ 5, KMS_RC_AUTH_COUNTER },
		{ 4, KMS_RC_AUTH_COUNTER },
		{ 0, KMS_RC_AUTH_COUNTER },
		{ UINT32_MAX, KMS_RC_OK },
		{ 1, KMS_RC_AUTH_COUNTER },
		{ UINT32_MAX, KMS_RC_AUTH_COUNTER },
	};
	struct passkey *p = &r->wallets->passkeys[0];

	r->note = "counters";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		p->sign_count = rows[i].count;
		owner_does(r, ask_hash(slot), 0, rows[i].want);
	}
	p->sign_count = 0;
}

/* The order of P-256's group. */
static const uint8_t order[32] = {
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
	0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

/* The other s of the same signature. */
static void negate(uint8_t s[32])
{
	int borrow = 0;

	for (size_t i = 32; i--;) {
		int digit = order[i] - s[i] - borrow;

		borrow = digit < 0;
		s[i] = (uint8_t)(digit + (borrow << 8));
	}
}

static void signatures(struct recorder *r, uint64_t slot)
{
	struct ask sign = ask_hash(slot);
	struct passkey_assertion by;
	uint8_t honest[64];

	r->note = "numbers that are no signature";
	owner_gesture(r, &by, &sign, 0, OVER_INTENT);
	memcpy(honest, by.signature, sizeof(honest));
	for (size_t half = 0; half < 64; half += 32) {
		memset(by.signature + half, 0, 32);
		owner_sends(r, &sign, &by, KMS_RC_AUTH_FORMAT);
		memcpy(by.signature + half, order, 32);
		owner_sends(r, &sign, &by, KMS_RC_AUTH_FORMAT);
		memset(by.signature + half, 0xff, 32);
		owner_sends(r, &sign, &by, KMS_RC_AUTH_FORMAT);
		/* Small ones, and n - 1, are for the TEE to judge. */
		memset(by.signature + half, 0, 31);
		by.signature[half + 31] = 1;
		owner_sends(r, &sign, &by, KMS_RC_AUTH_SIG);
		memcpy(by.signature + half, order, 32);
		by.signature[half + 31]--;
		owner_sends(r, &sign, &by, KMS_RC_AUTH_SIG);
		memcpy(by.signature, honest, sizeof(honest));
	}
	r->note = "a bit of a signature, and of what is signed";
	for (size_t bit = 3; bit < 512; bit += 253) {
		by.signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
		owner_sends(r, &sign, &by, KMS_RC_AUTH_SIG);
		memcpy(by.signature, honest, sizeof(honest));
	}
	by.auth_data[36] ^= 2;
	owner_sends(r, &sign, &by, KMS_RC_AUTH_SIG);
	by.auth_data[36] ^= 2;
	r->note = "the other s of a signature";
	negate(by.signature + 32);
	owner_sends(r, &sign, &by, KMS_RC_OK);
}

/* Passkey 0 is not known by its credential, passkey 1 is. */
static void credentials(struct recorder *r, uint64_t slot)
{
	static const uint8_t unknown[32] = { 9 };
	const struct passkey *p = r->wallets->passkeys;
	struct ask sign = ask_hash(slot);
	struct passkey_assertion by;

	r->note = "another passkey, another credential";
	owner_gesture(r, &by, &sign, 0, OVER_INTENT);
	by.credential_hash = bytes_of(p[1].credential_hash, 32);
	owner_sends(r, &sign, &by, KMS_RC_AUTH_SIG);
	by.credential_hash = bytes_of(unknown, 31);
	owner_sends(r, &sign, &by, KMS_RC_AUTH_FORMAT);
	by.credential_hash = bytes_of(unknown, 32);
	owner_sends(r, &sign, &by, KMS_RC_OK);
	owner_gesture(r, &by, &sign, 1, OVER_INTENT);
	by.credential_hash = bytes_of(unknown, 32);
	owner_sends(r, &sign, &by, KMS_RC_AUTH_SIG);
	by.credential_hash = bytes_of(p[1].credential_hash, 32);
	owner_sends(r, &sign, &by, KMS_RC_OK);
}

static void expect_evidence(struct recorder *r, struct ask a, uint8_t kind,
			    struct bytes evidence, enum kms_rc want)
{
	step_expect(r, ask_send(r->wallets, &a, kind, evidence, NULL), want);
}

static void other_evidence(struct recorder *r, uint64_t slot)
{
	struct ask sign = ask_hash(slot);
	struct passkey_assertion by;

	owner_gesture(r, &by, &sign, 0, OVER_INTENT);
	r->note = "evidence of other kinds";
	for (unsigned int n = 0; n <= EVIDENCE_COUNT; n++) {
		uint8_t kind = (uint8_t)n;

		if (kind == EVIDENCE_PASSKEY)
			continue;
		expect_evidence(r, sign, kind, passkey_evidence(&by),
				KMS_RC_AUTH_REQUIRED);
		expect_evidence(r, ask_op(slot, OP_UNFREEZE), kind,
				bytes_of(step_token, sizeof(step_token)),
				KMS_RC_AUTH_REQUIRED);
	}
	r->note = "a gesture that is cut off";
	for (size_t len = 0; len < by.len; len += 37)
		expect_evidence(r, sign, EVIDENCE_PASSKEY,
				bytes_of(by.encoded, len), KMS_RC_AUTH_FORMAT);
}

/* Of a use and a change; a gesture serves until a mutation does no harm. */
static void mutations(struct recorder *r, uint64_t slot)
{
	const struct ask asks[] = { ask_transaction(slot),
				    ask_op(slot, OP_ISSUE_ADDRESS) };
	static struct passkey_assertion by[ARRAY_LEN(asks)];
	struct host *h = &r->host;

	r->note = "a mutated use or change of a wallet";
	for (size_t i = 0; i < MUTATIONS; i++) {
		size_t n = i % 2;
		struct host_op op = host_change(h, slot, asks[1].op, 0);

		if (i % 20 < 2)
			owner_gesture(r, &by[n], &asks[n], 0, OVER_INTENT);
		op.evidence_kind = EVIDENCE_PASSKEY;
		op.evidence = passkey_evidence(&by[n]);
		op.index = asks[n].index;
		host_begin(h, CMD_SIGN);
		if (n)
			host_encode_prepare(h, &op, 1);
		else
			ask_put(h, &asks[n], EVIDENCE_PASSKEY, op.evidence);
		step_finish(r, 1);
		step_mutate(r, h->request, &h->req_w.len);
		step_send_raw(r, n ? CMD_PREPARE : CMD_SIGN, ABI_RESPONSE_MAX,
			      n ? ABI_STATE_OUT_MAX : 0);
		if (n)
			step_abort(r);
	}
}

/* two: the slot of a wallet with passkeys 0 and 1. */
void assertions_record(struct recorder *r, uint64_t one, uint64_t two)
{
	other_authenticator_data(r, one);
	other_client_data(r, one);
	signatures(r, one);
	credentials(r, two);
	other_evidence(r, two);
	mutations(r, two);
	counters(r, owner_creates(r, 0, BIND_INTENT));
}
