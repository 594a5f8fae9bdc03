/* SPDX-License-Identifier: Apache-2.0 */
#include "test/replay/tape.h"

#include "common/bytes.h"
#include "common/endian.h"
#include "common/sha256.h"
#include "ta/crypto/test_hooks.h"
#include "ta/keystore/device_key.h"

#include <string.h>
#include <tee_internal_api.h>

static struct {
	bool on;
	struct secret32 device_key;
	/* The generator: SHA-256(seed | counter), and what goes before it. */
	uint8_t seed[32];
	uint64_t counter;
	uint8_t block[SHA256_LEN];
	size_t block_left;
	uint8_t literal[TAPE_LITERAL_MAX];
	size_t literal_len;
	size_t literal_at;
	struct tape_pair pairs[TAPE_PAIRS_MAX];
	size_t pair_count;
	size_t pair_at;
	uint64_t now_ms;
	uint32_t fail_in[TAPE_CALLS]; /* 0: does not */
} tape;

/* The linker's names: __wrap_x is called for x, __real_x is x. */
void __real_TEE_GenerateRandom(void *out, size_t len);
void __wrap_TEE_GenerateRandom(void *out, size_t len);
TEE_Result __real_TEE_GenerateKey(TEE_ObjectHandle object, uint32_t bits,
				  const TEE_Attribute *attrs, uint32_t count);
TEE_Result __wrap_TEE_GenerateKey(TEE_ObjectHandle object, uint32_t bits,
				  const TEE_Attribute *attrs, uint32_t count);
void __real_TEE_GetSystemTime(TEE_Time *time);
void __wrap_TEE_GetSystemTime(TEE_Time *time);
TEE_Result __real_TEE_OpenPersistentObject(uint32_t storage, const void *id,
					   size_t id_len, uint32_t flags,
					   TEE_ObjectHandle *object);
TEE_Result __wrap_TEE_OpenPersistentObject(uint32_t storage, const void *id,
					   size_t id_len, uint32_t flags,
					   TEE_ObjectHandle *object);
TEE_Result __real_TEE_CreatePersistentObject(uint32_t storage, const void *id,
					     size_t id_len, uint32_t flags,
					     TEE_ObjectHandle attributes,
					     const void *data, size_t len,
					     TEE_ObjectHandle *object);
TEE_Result __wrap_TEE_CreatePersistentObject(uint32_t storage, const void *id,
					     size_t id_len, uint32_t flags,
					     TEE_ObjectHandle attributes,
					     const void *data, size_t len,
					     TEE_ObjectHandle *object);
TEE_Result __real_TEE_ReadObjectData(TEE_ObjectHandle object, void *data,
				     size_t len, size_t *got);
TEE_Result __wrap_TEE_ReadObjectData(TEE_ObjectHandle object, void *data,
				     size_t len, size_t *got);
TEE_Result __real_TEE_WriteObjectData(TEE_ObjectHandle object, const void *data,
				      size_t len);
TEE_Result __wrap_TEE_WriteObjectData(TEE_ObjectHandle object, const void *data,
				      size_t len);
enum kms_rc __real_device_key_derive(struct secret32 *key);
enum kms_rc __wrap_device_key_derive(struct secret32 *key);
TEE_Result __real_TA_CreateEntryPoint(void);
TEE_Result __wrap_TA_CreateEntryPoint(void);
TEE_Result __real_TA_InvokeCommandEntryPoint(void *session, uint32_t cmd,
					     uint32_t types,
					     TEE_Param params[4]);
TEE_Result __wrap_TA_InvokeCommandEntryPoint(void *session, uint32_t cmd,
					     uint32_t types,
					     TEE_Param params[4]);

/* --- what the TA gets instead ------------------------------------------- */

static uint8_t next_byte(void)
{
	uint8_t input[sizeof(tape.seed) + 8];

	if (tape.literal_at < tape.literal_len)
		return tape.literal[tape.literal_at++];
	if (!tape.block_left) {
		memcpy(input, tape.seed, sizeof(tape.seed));
		le64_put(input + sizeof(tape.seed), tape.counter++);
		sha256_once(tape.block, input, sizeof(input));
		tape.block_left = sizeof(tape.block);
	}
	return tape.block[sizeof(tape.block) - tape.block_left--];
}

void __wrap_TEE_GenerateRandom(void *out, size_t len)
{
	uint8_t *bytes = out;

	if (!tape.on) {
		__real_TEE_GenerateRandom(out, len);
		return;
	}
	while (len--)
		*bytes++ = next_byte();
}

TEE_Result __wrap_TEE_GenerateKey(TEE_ObjectHandle object, uint32_t bits,
				  const TEE_Attribute *attrs, uint32_t count)
{
	const struct tape_pair *pair = &tape.pairs[tape.pair_at];
	TEE_Attribute made[4] = { 0 };

	if (!tape.on || !tape.pair_count)
		return __real_TEE_GenerateKey(object, bits, attrs, count);
	tape.pair_at = (tape.pair_at + 1) % tape.pair_count;
	TEE_InitRefAttribute(&made[0], TEE_ATTR_ECC_PRIVATE_VALUE, pair->key,
			     sizeof(pair->key));
	TEE_InitRefAttribute(&made[1], TEE_ATTR_ECC_PUBLIC_VALUE_X, pair->x,
			     sizeof(pair->x));
	TEE_InitRefAttribute(&made[2], TEE_ATTR_ECC_PUBLIC_VALUE_Y, pair->y,
			     sizeof(pair->y));
	TEE_InitValueAttribute(&made[3], TEE_ATTR_ECC_CURVE,
			       TEE_ECC_CURVE_NIST_P256, 0);
	return TEE_PopulateTransientObject(object, made, 4);
}

void __wrap_TEE_GetSystemTime(TEE_Time *time)
{
	if (!tape.on) {
		__real_TEE_GetSystemTime(time);
		return;
	}
	time->seconds = (uint32_t)(tape.now_ms / 1000);
	time->millis = (uint32_t)(tape.now_ms % 1000);
}

/* The real one is asked all the same: a build in which it fails must not. */
enum kms_rc __wrap_device_key_derive(struct secret32 *key)
{
	enum kms_rc rc = __real_device_key_derive(key);

	if (!rc && tape.on)
		*key = tape.device_key;
	return rc;
}

static bool fails(enum tape_call call)
{
	return tape.on && tape.fail_in[call] && !--tape.fail_in[call];
}

TEE_Result __wrap_TEE_OpenPersistentObject(uint32_t storage, const void *id,
					   size_t id_len, uint32_t flags,
					   TEE_ObjectHandle *object)
{
	if (fails(TAPE_CALL_OPEN))
		return TEE_ERROR_STORAGE_NOT_AVAILABLE;
	return __real_TEE_OpenPersistentObject(storage, id, id_len, flags,
					       object);
}

TEE_Result __wrap_TEE_CreatePersistentObject(uint32_t storage, const void *id,
					     size_t id_len, uint32_t flags,
					     TEE_ObjectHandle attributes,
					     const void *data, size_t len,
					     TEE_ObjectHandle *object)
{
	if (fails(TAPE_CALL_CREATE))
		return TEE_ERROR_STORAGE_NOT_AVAILABLE;
	return __real_TEE_CreatePersistentObject(storage, id, id_len, flags,
						 attributes, data, len, object);
}

TEE_Result __wrap_TEE_ReadObjectData(TEE_ObjectHandle object, void *data,
				     size_t len, size_t *got)
{
	if (fails(TAPE_CALL_READ))
		return TEE_ERROR_STORAGE_NOT_AVAILABLE;
	return __real_TEE_ReadObjectData(object, data, len, got);
}

TEE_Result __wrap_TEE_WriteObjectData(TEE_ObjectHandle object, const void *data,
				      size_t len)
{
	if (fails(TAPE_CALL_WRITE))
		return TEE_ERROR_STORAGE_NOT_AVAILABLE;
	return __real_TEE_WriteObjectData(object, data, len);
}

/* --- its commands ------------------------------------------------------- */

static TEE_Result start(struct bytes in)
{
	size_t pairs_len = 0;

	if (tape.on)
		return TEE_ERROR_BAD_STATE;
	if (in.len < sizeof(struct tape_start))
		return TEE_ERROR_BAD_PARAMETERS;
	pairs_len = in.len - sizeof(struct tape_start);
	if (pairs_len % sizeof(struct tape_pair) ||
	    pairs_len > sizeof(tape.pairs))
		return TEE_ERROR_BAD_PARAMETERS;
	memcpy(tape.device_key.b, in.ptr, sizeof(tape.device_key.b));
	memcpy(tape.seed, in.ptr + 32, sizeof(tape.seed));
	memcpy(tape.pairs, in.ptr + sizeof(struct tape_start), pairs_len);
	tape.pair_count = pairs_len / sizeof(struct tape_pair);
	tape.on = true;
	return __real_TA_CreateEntryPoint();
}

static TEE_Result set_literal(struct bytes in)
{
	if (in.len > sizeof(tape.literal))
		return TEE_ERROR_BAD_PARAMETERS;
	memcpy(tape.literal, in.ptr, in.len);
	tape.literal_len = in.len;
	tape.literal_at = 0;
	return TEE_SUCCESS;
}

static TEE_Result set_failure(uint32_t call, uint32_t nth)
{
	if (call >= TAPE_CALLS)
		return TEE_ERROR_BAD_PARAMETERS;
	tape.fail_in[call] = nth;
	return TEE_SUCCESS;
}

static TEE_Result control(uint32_t cmd, struct bytes in)
{
	uint32_t first = in.len >= 4 ? le32_get(in.ptr) : 0;
	uint32_t second = in.len >= 8 ? le32_get(in.ptr + 4) : 0;

	switch (cmd) {
	case TAPE_START:
		return start(in);
	case TAPE_RANDOM:
		return set_literal(in);
	case TAPE_CLOCK:
		tape.now_ms = (uint64_t)second << 32 | first;
		return TEE_SUCCESS;
	case TAPE_FAIL:
		return set_failure(first, second);
	case TAPE_GLITCH:
		k256_test_fault((enum k256_fault)first, second);
		return TEE_SUCCESS;
	case TAPE_BREAK:
		selftest_test_break((int)first);
		return TEE_SUCCESS;
	default:
		return TEE_ERROR_NOT_SUPPORTED;
	}
}

/* The TA starts when there is a tape for it to start with. */
TEE_Result __wrap_TA_CreateEntryPoint(void)
{
	memset(&tape, 0, sizeof(tape));
	k256_test_fault(K256_FAULT_NONE, 0);
	selftest_test_break(-1);
	return TEE_SUCCESS;
}

TEE_Result __wrap_TA_InvokeCommandEntryPoint(void *session, uint32_t cmd,
					     uint32_t types,
					     TEE_Param params[4])
{
	if (cmd < TAPE_START)
		return __real_TA_InvokeCommandEntryPoint(session, cmd, types,
							 params);
	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
				     TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	return control(
		cmd, bytes_of(params[0].memref.buffer, params[0].memref.size));
}
