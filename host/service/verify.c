/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/verify.h"

#include "abi/schema.h"
#include "codec/der.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <secp256k1.h>
#include <string.h>

static enum kms_rc verify_k256(const uint8_t pub[64], const uint8_t digest[32],
			       const uint8_t rs[64])
{
	const secp256k1_context *ctx = secp256k1_context_static;
	secp256k1_ecdsa_signature sig;
	secp256k1_pubkey key;
	uint8_t point[65];

	point[0] = 0x04;
	memcpy(point + 1, pub, 64);
	if (!secp256k1_ec_pubkey_parse(ctx, &key, point, sizeof(point)))
		return KMS_RC_INTERNAL;
	if (!secp256k1_ecdsa_signature_parse_compact(ctx, &sig, rs))
		return KMS_RC_INVALID_SIGNATURE;
	/* The library takes low s only; both are signatures. */
	secp256k1_ecdsa_signature_normalize(ctx, &sig, &sig);
	return secp256k1_ecdsa_verify(ctx, &sig, digest, &key)
		       ? KMS_RC_OK
		       : KMS_RC_INVALID_SIGNATURE;
}

static enum kms_rc verify_p256(const uint8_t pub[64], const uint8_t digest[32],
			       const uint8_t rs[64])
{
	uint8_t spki[DER_SPKI_MAX];
	uint8_t sig[DER_ECDSA_MAX];
	size_t spki_len = der_put_spki(spki, DER_P256, pub);
	size_t sig_len = der_put_ecdsa(sig, rs);
	const uint8_t *p = spki;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki_len);
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (ctx && EVP_PKEY_verify_init(ctx) == 1)
		rc = EVP_PKEY_verify(ctx, sig, sig_len, digest, 32) == 1
			     ? KMS_RC_OK
			     : KMS_RC_INVALID_SIGNATURE;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rc;
}

/* The decoder refuses a point that is not on the curve. */
bool verify_is_p256_point(const uint8_t xy[64])
{
	uint8_t spki[DER_SPKI_MAX];
	size_t len = der_put_spki(spki, DER_P256, xy);
	const uint8_t *p = spki;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)len);
	bool ok = key;

	EVP_PKEY_free(key);
	return ok;
}

enum kms_rc verify_ecdsa(uint8_t key_spec, const uint8_t pub[64],
			 const uint8_t digest[32], const uint8_t rs[64])
{
	switch (key_spec) {
	case KEY_SPEC_SECP256K1:
		return verify_k256(pub, digest, rs);
	case KEY_SPEC_P256:
		return verify_p256(pub, digest, rs);
	default:
		return KMS_RC_UNSUPPORTED;
	}
}
