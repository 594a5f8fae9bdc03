/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/p256.h"

#include "ta/crypto/p256_point.h"

#include <string.h>
#include <tee_internal_api.h>

#define KEY_BITS 256

static enum kms_rc allocate(struct p256 *p)
{
	TEE_OperationHandle op = TEE_HANDLE_NULL;
	TEE_ObjectHandle key = TEE_HANDLE_NULL;

	if (TEE_AllocateOperation(&op, TEE_ALG_ECDSA_SHA256, TEE_MODE_SIGN,
				  KEY_BITS))
		return KMS_RC_FAULT;
	p->sign_op = op;
	if (TEE_AllocateOperation(&op, TEE_ALG_ECDSA_SHA256, TEE_MODE_VERIFY,
				  KEY_BITS))
		return KMS_RC_FAULT;
	p->verify_op = op;
	if (TEE_AllocateTransientObject(TEE_TYPE_ECDSA_KEYPAIR, KEY_BITS, &key))
		return KMS_RC_FAULT;
	p->pair = key;
	if (TEE_AllocateTransientObject(TEE_TYPE_ECDSA_PUBLIC_KEY, KEY_BITS,
					&key))
		return KMS_RC_FAULT;
	p->public_key = key;
	return KMS_RC_OK;
}

enum kms_rc p256_open(struct p256 *p)
{
	enum kms_rc rc = KMS_RC_FAULT;

	*p = (struct p256){ 0 };
	rc = allocate(p);
	if (rc)
		p256_clear(p);
	p->ready = !rc;
	return rc;
}

void p256_clear(struct p256 *p)
{
	if (p->sign_op)
		TEE_FreeOperation(p->sign_op);
	if (p->verify_op)
		TEE_FreeOperation(p->verify_op);
	if (p->pair)
		TEE_FreeTransientObject(p->pair);
	if (p->public_key)
		TEE_FreeTransientObject(p->public_key);
	*p = (struct p256){ 0 };
}

/* The API gives numbers without their leading zeroes. */
static enum kms_rc get_number(uint8_t out[32], TEE_ObjectHandle from,
			      uint32_t attribute)
{
	size_t len = 32;

	if (TEE_GetObjectBufferAttribute(from, attribute, out, &len) ||
	    len > 32)
		return KMS_RC_FAULT;
	memmove(out + 32 - len, out, len);
	memset(out, 0, 32 - len);
	return KMS_RC_OK;
}

enum kms_rc p256_generate(struct p256 *p, struct secret32 *key, uint8_t pub[64])
{
	static const uint8_t probe[32] = "a pair that cannot sign is none";
	enum kms_rc rc = KMS_RC_FAULT;
	TEE_Attribute curve = { 0 };
	uint8_t sig[64];

	if (!p->ready)
		goto out;
	TEE_InitValueAttribute(&curve, TEE_ATTR_ECC_CURVE,
			       TEE_ECC_CURVE_NIST_P256, 0);
	if (TEE_GenerateKey(p->pair, KEY_BITS, &curve, 1))
		goto out;
	rc = get_number(key->b, p->pair, TEE_ATTR_ECC_PRIVATE_VALUE);
	if (!rc)
		rc = get_number(pub, p->pair, TEE_ATTR_ECC_PUBLIC_VALUE_X);
	if (!rc)
		rc = get_number(pub + 32, p->pair, TEE_ATTR_ECC_PUBLIC_VALUE_Y);
	TEE_ResetTransientObject(p->pair);
	if (!rc)
		rc = p256_sign(p, sig, probe, key, pub);
out:
	if (rc) {
		secret_wipe(key, sizeof(*key));
		rc = KMS_RC_FAULT;
	}
	return rc;
}

/* Keys leave the object at once; they live on in the operation only. */
static bool set_pair(struct p256 *p, const struct secret32 *key,
		     const uint8_t pub[64])
{
	TEE_Attribute attrs[4] = { 0 };
	TEE_Result res = TEE_ERROR_GENERIC;

	TEE_InitRefAttribute(&attrs[0], TEE_ATTR_ECC_PRIVATE_VALUE, key->b, 32);
	TEE_InitRefAttribute(&attrs[1], TEE_ATTR_ECC_PUBLIC_VALUE_X, pub, 32);
	TEE_InitRefAttribute(&attrs[2], TEE_ATTR_ECC_PUBLIC_VALUE_Y, pub + 32,
			     32);
	TEE_InitValueAttribute(&attrs[3], TEE_ATTR_ECC_CURVE,
			       TEE_ECC_CURVE_NIST_P256, 0);
	res = TEE_PopulateTransientObject(p->pair, attrs, 4);
	if (!res)
		res = TEE_SetOperationKey(p->sign_op, p->pair);
	TEE_ResetTransientObject(p->pair);
	return !res;
}

static bool set_public(struct p256 *p, const uint8_t pub[64])
{
	TEE_Attribute attrs[3] = { 0 };
	TEE_Result res = TEE_ERROR_GENERIC;

	TEE_InitRefAttribute(&attrs[0], TEE_ATTR_ECC_PUBLIC_VALUE_X, pub, 32);
	TEE_InitRefAttribute(&attrs[1], TEE_ATTR_ECC_PUBLIC_VALUE_Y, pub + 32,
			     32);
	TEE_InitValueAttribute(&attrs[2], TEE_ATTR_ECC_CURVE,
			       TEE_ECC_CURVE_NIST_P256, 0);
	res = TEE_PopulateTransientObject(p->public_key, attrs, 3);
	if (!res)
		res = TEE_SetOperationKey(p->verify_op, p->public_key);
	TEE_ResetTransientObject(p->public_key);
	return !res;
}

enum kms_rc p256_sign(struct p256 *p, uint8_t sig[64], const uint8_t digest[32],
		      const struct secret32 *key, const uint8_t pub[64])
{
	enum kms_rc rc = KMS_RC_FAULT;
	size_t len = 64;
	uint8_t made[64] = { 0 };
	TEE_Result res = TEE_ERROR_GENERIC;

	/* A number out of range would panic the TA. */
	if (!p->ready || !p256_is_private(key) || !p256_is_point(pub) ||
	    !set_pair(p, key, pub))
		goto out;
	res = TEE_AsymmetricSignDigest(p->sign_op, NULL, 0, digest, 32, made,
				       &len);
	if (TEE_SetOperationKey(p->sign_op, TEE_HANDLE_NULL) || res ||
	    len != sizeof(made))
		goto out;
	p256_lower_s(made + 32);
	if (p256_verify(p, made, digest, pub))
		goto out;
	memcpy(sig, made, sizeof(made));
	rc = KMS_RC_OK;
out:
	/* What failed its check may tell about the key. */
	secret_wipe(made, sizeof(made));
	return rc;
}

enum kms_rc p256_verify(struct p256 *p, const uint8_t sig[64],
			const uint8_t digest[32], const uint8_t pub[64])
{
	TEE_Result res = TEE_ERROR_SIGNATURE_INVALID;

	if (!p->ready)
		return KMS_RC_FAULT;
	if (!p256_is_point(pub))
		return KMS_RC_BAD_INPUT;
	if (!p256_is_signature(sig))
		return KMS_RC_INVALID_SIGNATURE;
	if (!set_public(p, pub))
		return KMS_RC_FAULT;
	res = TEE_AsymmetricVerifyDigest(p->verify_op, NULL, 0, digest, 32, sig,
					 64);
	return res ? KMS_RC_INVALID_SIGNATURE : KMS_RC_OK;
}
