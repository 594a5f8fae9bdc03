/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passkey - an authenticator and a browser in software, over OpenSSL
 *
 * Makes honest assertions, and others: whoever changes what an assertion says
 * has it signed again, or sends it as it is.
 */

#ifndef KMS_TEST_PASSKEY_H
#define KMS_TEST_PASSKEY_H

#include "abi/limits.h"
#include "common/bytes.h"

#define PASSKEY_RP     "example.org"
#define PASSKEY_ORIGIN "https://wallet.example.org"

struct passkey {
	uint8_t key[32];
	uint8_t pub[64];
	uint8_t credential_id[16];
	uint8_t credential_hash[32];
	uint8_t flags; /* of the next assertion; UP and UV at first */
	bool counts;   /* raises sign_count for each assertion */
	uint32_t sign_count;
};

struct passkey_assertion {
	uint8_t nonce[32];
	uint8_t auth_data[ABI_AUTH_DATA_MAX + 64];
	size_t auth_len;
	char client[ABI_CLIENT_DATA_MAX + 64];
	size_t client_len;
	uint8_t signature[64];
	struct bytes credential_hash; /* sent along when present */
	/* As evidence of kind PASSKEY, or as a registration. */
	uint8_t encoded[ABI_EVIDENCE_MAX];
	size_t len;
};

/* Makes a key pair; ended by passkey_clear(). */
void passkey_init(struct passkey *p, uint8_t name);
/* The same of a private key that is given, in 1 .. order - 1. */
void passkey_init_with(struct passkey *p, uint8_t name, const uint8_t key[32]);
void passkey_clear(struct passkey *p);

/* The public key, x | y, of such a private one. */
void passkey_point(uint8_t pub[64], const uint8_t key[32]);

/* An honest assertion over the challenge, encoded. */
void passkey_assert(struct passkey *p, struct passkey_assertion *a,
		    const uint8_t nonce[32], const uint8_t challenge[32]);
/* clientDataJSON as a browser writes it. */
void passkey_client_data(struct passkey_assertion *a, const char *type,
			 const uint8_t challenge[32], const char *origin);
/* The same from a pattern with one %s, for the challenge. */
void passkey_client_form(struct passkey_assertion *a, const char *form,
			 const uint8_t challenge[32]);
/* Signs what stands in auth_data and client, always with the same bytes. */
void passkey_sign(const struct passkey *p, struct passkey_assertion *a);
void passkey_encode(struct passkey_assertion *a);
/* As evidence of kind RAW_PASSKEY: without a nonce, and what was signed for. */
void passkey_encode_raw(struct passkey_assertion *a);

/* What create() gives, with the key and the credential; encoded. */
void passkey_register(struct passkey *p, struct passkey_assertion *a,
		      const uint8_t nonce[32]);
void passkey_encode_registration(struct passkey_assertion *a);

static inline struct bytes passkey_evidence(const struct passkey_assertion *a)
{
	return bytes_of(a->encoded, a->len);
}

#endif /* KMS_TEST_PASSKEY_H */
