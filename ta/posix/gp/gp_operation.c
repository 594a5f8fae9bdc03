/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations: AES-256-GCM and ECDSA on P-256, in the states GP 6.2 gives them.
 */
#include "gp_internal.h"

#include <string.h>

struct __TEE_OperationHandle {
	bool used;
	unsigned int instance;
	uint32_t algorithm;
	uint32_t mode;
	bool key_set;
	bool active; /* between TEE_AEInit() and the end of the message */
	struct gp_key key;
	struct gp_engine *engine; /* P-256 */
	uint8_t nonce[12];
	uint8_t aad[GP_AAD_MAX];
	size_t aad_len;
};

static struct __TEE_OperationHandle operations[GP_HANDLES_MAX];

static bool supported(uint32_t algorithm, uint32_t mode, uint32_t bits)
{
	if (bits != GP_KEY_BITS)
		return false;
	if (algorithm == TEE_ALG_AES_GCM)
		return mode == TEE_MODE_ENCRYPT || mode == TEE_MODE_DECRYPT;
	return algorithm == TEE_ALG_ECDSA_SHA256 &&
	       (mode == TEE_MODE_SIGN || mode == TEE_MODE_VERIFY);
}

static TEE_OperationHandle take(void)
{
	TEE_OperationHandle found = NULL;
	size_t i = 0;

	gp_lock();
	for (i = 0; i < ARRAY_LEN(operations) && !found; i++)
		if (!operations[i].used)
			found = &operations[i];
	if (found)
		*found = (struct __TEE_OperationHandle){
			.used = true,
			.instance = gp_instance(),
		};
	gp_unlock();
	return found;
}

static void give(TEE_OperationHandle o)
{
	gp_engine_free(&o->engine);
	gp_lock();
	secret_wipe(o, sizeof(*o));
	gp_unlock();
}

static void check(TEE_OperationHandle o, uint32_t algorithm, uint32_t mode)
{
	bool known = false;
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(operations); i++)
		known |= o == &operations[i];
	if (!known || !o->used || o->instance != gp_instance())
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	if (algorithm &&
	    (o->algorithm != algorithm || o->mode != mode || !o->key_set))
		TEE_Panic(TEE_ERROR_BAD_STATE);
}

void gp_operations_drop(unsigned int instance)
{
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(operations); i++)
		if (operations[i].used && operations[i].instance == instance)
			give(&operations[i]);
}

TEE_Result TEE_AllocateOperation(TEE_OperationHandle *operation,
				 uint32_t algorithm, uint32_t mode,
				 uint32_t maxKeySize)
{
	enum gp_fault fault = gp_enter(GP_CALL_ALLOC);
	TEE_Result res = TEE_ERROR_OUT_OF_MEMORY;
	TEE_OperationHandle o = NULL;

	*operation = TEE_HANDLE_NULL;
	if (!supported(algorithm, mode, maxKeySize)) {
		res = TEE_ERROR_NOT_SUPPORTED;
		goto out;
	}
	if (fault == GP_FAULT_ERROR)
		goto out;
	o = take();
	if (!o)
		goto out;
	o->algorithm = algorithm;
	o->mode = mode;
	if (algorithm == TEE_ALG_ECDSA_SHA256) {
		o->engine = gp_engine_new();
		if (!o->engine) {
			give(o);
			goto out;
		}
	}
	*operation = o;
	res = TEE_SUCCESS;
out:
	gp_leave(fault);
	return res;
}

void TEE_FreeOperation(TEE_OperationHandle operation)
{
	if (operation == TEE_HANDLE_NULL)
		return;
	check(operation, 0, 0);
	give(operation);
}

void TEE_ResetOperation(TEE_OperationHandle operation)
{
	check(operation, 0, 0);
	if (!operation->key_set)
		TEE_Panic(TEE_ERROR_BAD_STATE);
	operation->active = false;
	operation->aad_len = 0;
}

static bool fits(const struct __TEE_OperationHandle *o, TEE_ObjectType type)
{
	if (o->algorithm == TEE_ALG_AES_GCM)
		return type == TEE_TYPE_AES;
	return type == TEE_TYPE_ECDSA_KEYPAIR ||
	       (type == TEE_TYPE_ECDSA_PUBLIC_KEY &&
		o->mode == TEE_MODE_VERIFY);
}

/*
 * OP-TEE accepts any public key here and panics when it is used; so the TA
 * has to look at a key before, and this panics early to say so.
 */
TEE_Result TEE_SetOperationKey(TEE_OperationHandle operation,
			       TEE_ObjectHandle key)
{
	enum gp_fault fault = gp_enter(GP_CALL_KEY);

	check(operation, 0, 0);
	if (operation->active)
		TEE_Panic(TEE_ERROR_BAD_STATE);
	secret_wipe(&operation->key, sizeof(operation->key));
	operation->key_set = false;
	if (key == TEE_HANDLE_NULL)
		goto out;
	gp_object_check(key);
	if (!(key->info.handleFlags & TEE_HANDLE_FLAG_INITIALIZED) ||
	    !fits(operation, key->info.objectType))
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	if (operation->engine) {
		if (!gp_p256_set(operation->engine, &key->key,
				 operation->mode == TEE_MODE_SIGN))
			TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	} else {
		operation->key = key->key;
	}
	operation->key_set = true;
out:
	gp_leave(fault);
	return TEE_SUCCESS;
}

/* tagLen is in bits, the other lengths are in bytes; GCM needs no lengths. */
TEE_Result TEE_AEInit(TEE_OperationHandle operation, const void *nonce,
		      size_t nonceLen, uint32_t tagLen, size_t AADLen,
		      size_t payloadLen)
{
	(void)AADLen;
	(void)payloadLen;
	check(operation, TEE_ALG_AES_GCM, operation->mode);
	if (operation->active || nonceLen != sizeof(operation->nonce))
		TEE_Panic(TEE_ERROR_BAD_STATE);
	if (tagLen != 128)
		return TEE_ERROR_NOT_SUPPORTED;
	memcpy(operation->nonce, nonce, nonceLen);
	operation->aad_len = 0;
	operation->active = true;
	return TEE_SUCCESS;
}

void TEE_AEUpdateAAD(TEE_OperationHandle operation, const void *AADdata,
		     size_t AADdataLen)
{
	check(operation, TEE_ALG_AES_GCM, operation->mode);
	if (!operation->active ||
	    AADdataLen > sizeof(operation->aad) - operation->aad_len)
		TEE_Panic(TEE_ERROR_BAD_STATE);
	if (AADdataLen)
		memcpy(operation->aad + operation->aad_len, AADdata,
		       AADdataLen);
	operation->aad_len += AADdataLen;
}

TEE_Result TEE_AEEncryptFinal(TEE_OperationHandle operation,
			      const void *srcData, size_t srcLen,
			      void *destData, size_t *destLen, void *tag,
			      size_t *tagLen)
{
	enum gp_fault fault = gp_enter(GP_CALL_CRYPTO);
	TEE_Result res = TEE_ERROR_SHORT_BUFFER;

	check(operation, TEE_ALG_AES_GCM, TEE_MODE_ENCRYPT);
	if (!operation->active)
		TEE_Panic(TEE_ERROR_BAD_STATE);
	if (*destLen >= srcLen && *tagLen >= 16) {
#ifdef KMS_TA_TEST_HOOKS
		gp_aead_note(operation->key.d, operation->nonce,
			     sizeof(operation->nonce));
#endif
		gp_gcm_seal(destData, tag, operation->key.d, operation->nonce,
			    bytes_of(operation->aad, operation->aad_len),
			    bytes_of(srcData, srcLen));
		operation->active = false;
		res = TEE_SUCCESS;
	}
	*destLen = srcLen;
	*tagLen = 16;
	gp_leave(fault);
	return res;
}

TEE_Result TEE_AEDecryptFinal(TEE_OperationHandle operation,
			      const void *srcData, size_t srcLen,
			      void *destData, size_t *destLen, void *tag,
			      size_t tagLen)
{
	enum gp_fault fault = gp_enter(GP_CALL_CRYPTO);
	TEE_Result res = TEE_ERROR_SHORT_BUFFER;
	size_t room = *destLen;

	check(operation, TEE_ALG_AES_GCM, TEE_MODE_DECRYPT);
	if (!operation->active || tagLen != 16)
		TEE_Panic(TEE_ERROR_BAD_STATE);
	*destLen = srcLen;
	if (room >= srcLen) {
		res = TEE_ERROR_MAC_INVALID;
		if (fault != GP_FAULT_ERROR &&
		    gp_gcm_open(destData, operation->key.d, operation->nonce,
				bytes_of(operation->aad, operation->aad_len),
				bytes_of(srcData, srcLen), tag))
			res = TEE_SUCCESS;
		/* As in OP-TEE, a wrong tag leaves the operation active. */
		operation->active = res != TEE_SUCCESS;
	}
	gp_leave(fault);
	return res;
}

TEE_Result TEE_AsymmetricSignDigest(TEE_OperationHandle operation,
				    const TEE_Attribute *params,
				    uint32_t paramCount, const void *digest,
				    size_t digestLen, void *signature,
				    size_t *signatureLen)
{
	enum gp_fault fault = gp_enter(GP_CALL_CRYPTO);
	TEE_Result res = TEE_ERROR_SHORT_BUFFER;

	(void)params;
	check(operation, TEE_ALG_ECDSA_SHA256, TEE_MODE_SIGN);
	if (paramCount || digestLen != 32)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	if (*signatureLen >= 64) {
		if (!gp_p256_sign(operation->engine, signature,
				  bytes_of(digest, digestLen)))
			TEE_Panic(TEE_ERROR_GENERIC);
		/* A fault inside the TEE: a signature that is not one. */
		if (fault == GP_FAULT_ERROR)
			((uint8_t *)signature)[40] ^= 1;
		res = TEE_SUCCESS;
	}
	*signatureLen = 64;
	gp_leave(fault);
	return res;
}

TEE_Result TEE_AsymmetricVerifyDigest(TEE_OperationHandle operation,
				      const TEE_Attribute *params,
				      uint32_t paramCount, const void *digest,
				      size_t digestLen, const void *signature,
				      size_t signatureLen)
{
	enum gp_fault fault = gp_enter(GP_CALL_CRYPTO);
	TEE_Result res = TEE_ERROR_SIGNATURE_INVALID;

	(void)params;
	check(operation, TEE_ALG_ECDSA_SHA256, TEE_MODE_VERIFY);
	if (paramCount || digestLen != 32)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	if (fault != GP_FAULT_ERROR && signatureLen == 64 &&
	    gp_p256_verify(operation->engine, signature,
			   bytes_of(digest, digestLen)))
		res = TEE_SUCCESS;
	gp_leave(fault);
	return res;
}
