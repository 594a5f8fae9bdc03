/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/aead.h"

#include <tee_internal_api.h>

#define KEY_BITS 256
#define TAG_BITS 128

/* Every key is used once, so the nonce may be constant; see aead.h. */
static const uint8_t nonce[12];

static enum kms_rc allocate(struct aead *a)
{
	TEE_OperationHandle op = TEE_HANDLE_NULL;
	TEE_ObjectHandle key = TEE_HANDLE_NULL;

	if (TEE_AllocateOperation(&op, TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT,
				  KEY_BITS))
		return KMS_RC_FAULT;
	a->seal_op = op;
	if (TEE_AllocateOperation(&op, TEE_ALG_AES_GCM, TEE_MODE_DECRYPT,
				  KEY_BITS))
		return KMS_RC_FAULT;
	a->open_op = op;
	if (TEE_AllocateTransientObject(TEE_TYPE_AES, KEY_BITS, &key))
		return KMS_RC_FAULT;
	a->key = key;
	return KMS_RC_OK;
}

enum kms_rc aead_start(struct aead *a)
{
	enum kms_rc rc = KMS_RC_FAULT;

	*a = (struct aead){ 0 };
	rc = allocate(a);
	if (rc)
		aead_clear(a);
	a->ready = !rc;
	return rc;
}

void aead_clear(struct aead *a)
{
	if (a->seal_op)
		TEE_FreeOperation(a->seal_op);
	if (a->open_op)
		TEE_FreeOperation(a->open_op);
	if (a->key)
		TEE_FreeTransientObject(a->key);
	*a = (struct aead){ 0 };
}

/* The object is emptied at once: the key lives on in the operation only. */
static enum kms_rc set_key(struct aead *a, TEE_OperationHandle op,
			   const struct secret32 *key, struct bytes aad,
			   size_t len)
{
	TEE_Attribute attr = { 0 };
	TEE_Result res = TEE_ERROR_GENERIC;

	if (!a->ready)
		return KMS_RC_FAULT;
	TEE_InitRefAttribute(&attr, TEE_ATTR_SECRET_VALUE, key->b,
			     sizeof(key->b));
	res = TEE_PopulateTransientObject(a->key, &attr, 1);
	if (!res)
		res = TEE_SetOperationKey(op, a->key);
	TEE_ResetTransientObject(a->key);
	if (!res)
		res = TEE_AEInit(op, nonce, sizeof(nonce), TAG_BITS, aad.len,
				 len);
	if (!res && aad.len)
		TEE_AEUpdateAAD(op, aad.ptr, aad.len);
	return res ? KMS_RC_FAULT : KMS_RC_OK;
}

/*
 * A message that ended badly leaves the operation active, and a key may not
 * be changed then (GP 6.2.6); without a key there is nothing to reset.
 */
static void forget_key(TEE_OperationHandle op, bool ended)
{
	if (!ended)
		TEE_ResetOperation(op);
	if (TEE_SetOperationKey(op, TEE_HANDLE_NULL))
		TEE_Panic(TEE_ERROR_BAD_STATE);
}

enum kms_rc aead_seal(struct aead *a, uint8_t *out, uint8_t tag[AEAD_TAG_LEN],
		      const struct secret32 *key, struct bytes aad,
		      struct bytes plain)
{
	enum kms_rc rc = KMS_RC_FAULT;
	size_t tag_len = AEAD_TAG_LEN;
	size_t out_len = plain.len;
	TEE_Result res = TEE_ERROR_GENERIC;

	rc = set_key(a, a->seal_op, key, aad, plain.len);
	if (rc)
		return rc;
	res = TEE_AEEncryptFinal(a->seal_op, plain.ptr, plain.len, out,
				 &out_len, tag, &tag_len);
	forget_key(a->seal_op, !res);
	if (res || out_len != plain.len || tag_len != AEAD_TAG_LEN) {
		secret_wipe(out, plain.len);
		return KMS_RC_FAULT;
	}
	return KMS_RC_OK;
}

enum kms_rc aead_unseal(struct aead *a, uint8_t *out,
			const struct secret32 *key, struct bytes aad,
			struct bytes cipher, const uint8_t tag[AEAD_TAG_LEN])
{
	enum kms_rc rc = KMS_RC_FAULT;
	uint8_t expected[AEAD_TAG_LEN];
	size_t out_len = cipher.len;
	TEE_Result res = TEE_ERROR_GENERIC;

	rc = set_key(a, a->open_op, key, aad, cipher.len);
	if (rc)
		return rc;
	TEE_MemMove(expected, tag, sizeof(expected));
	res = TEE_AEDecryptFinal(a->open_op, cipher.ptr, cipher.len, out,
				 &out_len, expected, sizeof(expected));
	forget_key(a->open_op, !res);
	if (!res && out_len == cipher.len)
		return KMS_RC_OK;
	secret_wipe(out, cipher.len);
	return res == TEE_ERROR_MAC_INVALID ? KMS_RC_BAD_PROOF : KMS_RC_FAULT;
}
