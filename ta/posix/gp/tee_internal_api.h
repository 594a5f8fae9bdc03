/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee_internal_api - the part of GlobalPlatform's Internal Core API we use
 *
 * Names, types and values are those of version 1.3.1, as OP-TEE 4 has them,
 * so that the TA's sources compile against this header or against OP-TEE's,
 * whichever the include path names first. The functions behind it are
 * ta/posix/gp: one trusted application as one Linux process.
 *
 * As in OP-TEE, a call that breaks the API's rules (a stale handle, a missing
 * access right, the wrong state) panics instead of returning an error.
 */

#ifndef TEE_INTERNAL_API_H
#define TEE_INTERNAL_API_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Results */
#define TEE_SUCCESS			0x00000000
#define TEE_ERROR_CORRUPT_OBJECT	0xF0100001
#define TEE_ERROR_STORAGE_NOT_AVAILABLE 0xF0100003
#define TEE_ERROR_GENERIC		0xFFFF0000
#define TEE_ERROR_ACCESS_DENIED		0xFFFF0001
#define TEE_ERROR_ACCESS_CONFLICT	0xFFFF0003
#define TEE_ERROR_EXCESS_DATA		0xFFFF0004
#define TEE_ERROR_BAD_FORMAT		0xFFFF0005
#define TEE_ERROR_BAD_PARAMETERS	0xFFFF0006
#define TEE_ERROR_BAD_STATE		0xFFFF0007
#define TEE_ERROR_ITEM_NOT_FOUND	0xFFFF0008
#define TEE_ERROR_NOT_IMPLEMENTED	0xFFFF0009
#define TEE_ERROR_NOT_SUPPORTED		0xFFFF000A
#define TEE_ERROR_NO_DATA		0xFFFF000B
#define TEE_ERROR_OUT_OF_MEMORY		0xFFFF000C
#define TEE_ERROR_BUSY			0xFFFF000D
#define TEE_ERROR_COMMUNICATION		0xFFFF000E
#define TEE_ERROR_SECURITY		0xFFFF000F
#define TEE_ERROR_SHORT_BUFFER		0xFFFF0010
#define TEE_ERROR_OVERFLOW		0xFFFF300F
#define TEE_ERROR_TARGET_DEAD		0xFFFF3024
#define TEE_ERROR_STORAGE_NO_SPACE	0xFFFF3041
#define TEE_ERROR_MAC_INVALID		0xFFFF3071
#define TEE_ERROR_SIGNATURE_INVALID	0xFFFF3072

/* Parameters of entry points and of calls to other trusted applications */
#define TEE_NUM_PARAMS		     4
#define TEE_PARAM_TYPE_NONE	     0
#define TEE_PARAM_TYPE_VALUE_INPUT   1
#define TEE_PARAM_TYPE_VALUE_OUTPUT  2
#define TEE_PARAM_TYPE_VALUE_INOUT   3
#define TEE_PARAM_TYPE_MEMREF_INPUT  5
#define TEE_PARAM_TYPE_MEMREF_OUTPUT 6
#define TEE_PARAM_TYPE_MEMREF_INOUT  7
#define TEE_PARAM_TYPES(t0, t1, t2, t3) \
	((t0) | ((t1) << 4) | ((t2) << 8) | ((t3) << 12))
#define TEE_PARAM_TYPE_GET(t, i) ((((uint32_t)(t)) >> ((i)*4)) & 0xF)

#define TEE_HANDLE_NULL	     0
#define TEE_TIMEOUT_INFINITE 0xFFFFFFFF

#define TEE_ORIGIN_API	       0x00000001
#define TEE_ORIGIN_COMMS       0x00000002
#define TEE_ORIGIN_TEE	       0x00000003
#define TEE_ORIGIN_TRUSTED_APP 0x00000004

#define TEE_PROPSET_TEE_IMPLEMENTATION (&gp_implementation)

/* Memory */
#define TEE_MALLOC_FILL_ZERO 0x00000000
#define TEE_MALLOC_NO_FILL   0x00000001

/* Storage */
#define TEE_STORAGE_PRIVATE		0x00000001
#define TEE_DATA_FLAG_ACCESS_READ	0x00000001
#define TEE_DATA_FLAG_ACCESS_WRITE	0x00000002
#define TEE_DATA_FLAG_ACCESS_WRITE_META 0x00000004
#define TEE_DATA_FLAG_SHARE_READ	0x00000010
#define TEE_DATA_FLAG_SHARE_WRITE	0x00000020
#define TEE_DATA_FLAG_OVERWRITE		0x00000400
#define TEE_OBJECT_ID_MAX_LEN		64
#define TEE_DATA_SEEK_SET		0x00000000
#define TEE_DATA_SEEK_CUR		0x00000001
#define TEE_DATA_SEEK_END		0x00000002

#define TEE_HANDLE_FLAG_PERSISTENT  0x00010000
#define TEE_HANDLE_FLAG_INITIALIZED 0x00020000
#define TEE_HANDLE_FLAG_KEY_SET	    0x00040000

/* Keys and algorithms */
#define TEE_TYPE_AES		  0xA0000010
#define TEE_TYPE_ECDSA_PUBLIC_KEY 0xA0000041
#define TEE_TYPE_ECDSA_KEYPAIR	  0xA1000041
#define TEE_TYPE_DATA		  0xA00000BF

#define TEE_ATTR_SECRET_VALUE	    0xC0000000
#define TEE_ATTR_ECC_PUBLIC_VALUE_X 0xD0000141
#define TEE_ATTR_ECC_PUBLIC_VALUE_Y 0xD0000241
#define TEE_ATTR_ECC_PRIVATE_VALUE  0xC0000341
#define TEE_ATTR_ECC_CURVE	    0xF0000441
#define TEE_ECC_CURVE_NIST_P256	    0x00000003

#define TEE_ALG_AES_GCM	     0x40000810
#define TEE_ALG_ECDSA_SHA256 0x70003042

#define TEE_MODE_ENCRYPT 0x00000000
#define TEE_MODE_DECRYPT 0x00000001
#define TEE_MODE_SIGN	 0x00000002
#define TEE_MODE_VERIFY	 0x00000003

typedef uint32_t TEE_Result;
typedef uint32_t TEE_ObjectType;
typedef uint32_t TEE_Whence;
typedef uint32_t TEE_OperationMode;

typedef struct {
	uint32_t timeLow;
	uint16_t timeMid;
	uint16_t timeHiAndVersion;
	uint8_t clockSeqAndNode[8];
} TEE_UUID;

typedef union {
	struct {
		void *buffer;
		size_t size;
	} memref;
	struct {
		uint32_t a;
		uint32_t b;
	} value;
} TEE_Param;

typedef struct {
	uint32_t objectType;
	uint32_t objectSize;
	uint32_t maxObjectSize;
	uint32_t objectUsage;
	size_t dataSize;
	size_t dataPosition;
	uint32_t handleFlags;
} TEE_ObjectInfo;

typedef struct {
	uint32_t attributeID;
	union {
		struct {
			void *buffer;
			size_t length;
		} ref;
		struct {
			uint32_t a, b;
		} value;
	} content;
} TEE_Attribute;

typedef struct {
	uint32_t seconds;
	uint32_t millis;
} TEE_Time;

typedef struct __TEE_TASessionHandle *TEE_TASessionHandle;
typedef struct __TEE_PropSetHandle *TEE_PropSetHandle;
extern struct __TEE_PropSetHandle gp_implementation;
typedef struct __TEE_ObjectHandle *TEE_ObjectHandle;
typedef struct __TEE_OperationHandle *TEE_OperationHandle;

/* Entry points, which the trusted application defines */
TEE_Result TA_CreateEntryPoint(void);
void TA_DestroyEntryPoint(void);
TEE_Result TA_OpenSessionEntryPoint(uint32_t types,
				    TEE_Param params[TEE_NUM_PARAMS],
				    void **session);
void TA_CloseSessionEntryPoint(void *session);
TEE_Result TA_InvokeCommandEntryPoint(void *session, uint32_t cmd,
				      uint32_t types,
				      TEE_Param params[TEE_NUM_PARAMS]);

/* System */
void TEE_Panic(TEE_Result panicCode);
TEE_Result TEE_GetPropertyAsU32(TEE_PropSetHandle propsetOrEnumerator,
				const char *name, uint32_t *value);
void TEE_GetSystemTime(TEE_Time *time);
void TEE_GenerateRandom(void *randomBuffer, size_t randomBufferLen);

TEE_Result TEE_OpenTASession(const TEE_UUID *destination,
			     uint32_t cancellationRequestTimeout,
			     uint32_t paramTypes,
			     TEE_Param params[TEE_NUM_PARAMS],
			     TEE_TASessionHandle *session,
			     uint32_t *returnOrigin);
void TEE_CloseTASession(TEE_TASessionHandle session);
TEE_Result TEE_InvokeTACommand(TEE_TASessionHandle session,
			       uint32_t cancellationRequestTimeout,
			       uint32_t commandID, uint32_t paramTypes,
			       TEE_Param params[TEE_NUM_PARAMS],
			       uint32_t *returnOrigin);

/* Memory */
void *TEE_Malloc(size_t size, uint32_t hint);
void TEE_Free(void *buffer);
void TEE_MemMove(void *dest, const void *src, size_t size);
void TEE_MemFill(void *buff, uint32_t x, size_t size);
/* Constant time. */
int32_t TEE_MemCompare(const void *buffer1, const void *buffer2, size_t size);

/* Objects of either kind */
TEE_Result TEE_GetObjectInfo1(TEE_ObjectHandle object,
			      TEE_ObjectInfo *objectInfo);
void TEE_CloseObject(TEE_ObjectHandle object);

/* Persistent objects */
TEE_Result TEE_OpenPersistentObject(uint32_t storageID, const void *objectID,
				    size_t objectIDLen, uint32_t flags,
				    TEE_ObjectHandle *object);
TEE_Result TEE_CreatePersistentObject(uint32_t storageID, const void *objectID,
				      size_t objectIDLen, uint32_t flags,
				      TEE_ObjectHandle attributes,
				      const void *initialData,
				      size_t initialDataLen,
				      TEE_ObjectHandle *object);
TEE_Result TEE_CloseAndDeletePersistentObject1(TEE_ObjectHandle object);
TEE_Result TEE_ReadObjectData(TEE_ObjectHandle object, void *buffer,
			      size_t size, size_t *count);
TEE_Result TEE_WriteObjectData(TEE_ObjectHandle object, const void *buffer,
			       size_t size);
TEE_Result TEE_SeekObjectData(TEE_ObjectHandle object, intmax_t offset,
			      TEE_Whence whence);

/* Transient objects: keys */
TEE_Result TEE_AllocateTransientObject(TEE_ObjectType objectType,
				       uint32_t maxObjectSize,
				       TEE_ObjectHandle *object);
void TEE_FreeTransientObject(TEE_ObjectHandle object);
void TEE_ResetTransientObject(TEE_ObjectHandle object);
TEE_Result TEE_PopulateTransientObject(TEE_ObjectHandle object,
				       const TEE_Attribute *attrs,
				       uint32_t attrCount);
void TEE_InitRefAttribute(TEE_Attribute *attr, uint32_t attributeID,
			  const void *buffer, size_t length);
void TEE_InitValueAttribute(TEE_Attribute *attr, uint32_t attributeID,
			    uint32_t a, uint32_t b);
TEE_Result TEE_GetObjectBufferAttribute(TEE_ObjectHandle object,
					uint32_t attributeID, void *buffer,
					size_t *size);
TEE_Result TEE_GenerateKey(TEE_ObjectHandle object, uint32_t keySize,
			   const TEE_Attribute *params, uint32_t paramCount);

/* Operations */
TEE_Result TEE_AllocateOperation(TEE_OperationHandle *operation,
				 uint32_t algorithm, uint32_t mode,
				 uint32_t maxKeySize);
void TEE_FreeOperation(TEE_OperationHandle operation);
void TEE_ResetOperation(TEE_OperationHandle operation);
TEE_Result TEE_SetOperationKey(TEE_OperationHandle operation,
			       TEE_ObjectHandle key);

TEE_Result TEE_AEInit(TEE_OperationHandle operation, const void *nonce,
		      size_t nonceLen, uint32_t tagLen, size_t AADLen,
		      size_t payloadLen);
void TEE_AEUpdateAAD(TEE_OperationHandle operation, const void *AADdata,
		     size_t AADdataLen);
TEE_Result TEE_AEEncryptFinal(TEE_OperationHandle operation,
			      const void *srcData, size_t srcLen,
			      void *destData, size_t *destLen, void *tag,
			      size_t *tagLen);
TEE_Result TEE_AEDecryptFinal(TEE_OperationHandle operation,
			      const void *srcData, size_t srcLen,
			      void *destData, size_t *destLen, void *tag,
			      size_t tagLen);

TEE_Result TEE_AsymmetricSignDigest(TEE_OperationHandle operation,
				    const TEE_Attribute *params,
				    uint32_t paramCount, const void *digest,
				    size_t digestLen, void *signature,
				    size_t *signatureLen);
TEE_Result TEE_AsymmetricVerifyDigest(TEE_OperationHandle operation,
				      const TEE_Attribute *params,
				      uint32_t paramCount, const void *digest,
				      size_t digestLen, const void *signature,
				      size_t signatureLen);

#endif /* TEE_INTERNAL_API_H */
