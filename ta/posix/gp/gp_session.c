/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions with other trusted applications: there is one, the system PTA, and
 * it does one thing.
 */
#include "gp_internal.h"

#include "pta_system.h"

#include <string.h>

struct __TEE_TASessionHandle {
	unsigned int opened;
};

static const TEE_UUID system_uuid = PTA_SYSTEM_UUID;
static struct __TEE_TASessionHandle system_session;

TEE_Result TEE_OpenTASession(const TEE_UUID *destination,
			     uint32_t cancellationRequestTimeout,
			     uint32_t paramTypes,
			     TEE_Param params[TEE_NUM_PARAMS],
			     TEE_TASessionHandle *session,
			     uint32_t *returnOrigin)
{
	enum gp_fault fault = gp_enter(GP_CALL_INVOKE);
	TEE_Result res = TEE_SUCCESS;

	(void)cancellationRequestTimeout;
	(void)paramTypes;
	(void)params;
	*session = TEE_HANDLE_NULL;
	if (returnOrigin)
		*returnOrigin = TEE_ORIGIN_TEE;
	if (fault == GP_FAULT_ERROR)
		res = TEE_ERROR_OUT_OF_MEMORY;
	else if (TEE_MemCompare(destination, &system_uuid, sizeof(system_uuid)))
		res = TEE_ERROR_ITEM_NOT_FOUND;
	else
		*session = &system_session;
	gp_leave(fault);
	return res;
}

void TEE_CloseTASession(TEE_TASessionHandle session)
{
	if (session != TEE_HANDLE_NULL && session != &system_session)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
}

static TEE_Result derive_ta_unique_key(uint32_t types, TEE_Param p[2])
{
	struct secret32 key = { 0 };

	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
				     TEE_PARAM_TYPE_MEMREF_OUTPUT,
				     TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	if (p[0].memref.size > TA_DERIVED_EXTRA_DATA_MAX_SIZE ||
	    p[1].memref.size < TA_DERIVED_KEY_MIN_SIZE ||
	    p[1].memref.size > TA_DERIVED_KEY_MAX_SIZE)
		return TEE_ERROR_BAD_PARAMETERS;
	gp_device_derive(&key, "ta-unique-key",
			 bytes_of(&gp_device.uuid, sizeof(gp_device.uuid)),
			 bytes_of(p[0].memref.buffer, p[0].memref.size));
	memcpy(p[1].memref.buffer, key.b, p[1].memref.size);
	secret_wipe(&key, sizeof(key));
	return TEE_SUCCESS;
}

TEE_Result TEE_InvokeTACommand(TEE_TASessionHandle session,
			       uint32_t cancellationRequestTimeout,
			       uint32_t commandID, uint32_t paramTypes,
			       TEE_Param params[TEE_NUM_PARAMS],
			       uint32_t *returnOrigin)
{
	enum gp_fault fault = gp_enter(GP_CALL_INVOKE);
	TEE_Result res = TEE_ERROR_NOT_IMPLEMENTED;

	(void)cancellationRequestTimeout;
	if (session != &system_session)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	if (returnOrigin)
		*returnOrigin = TEE_ORIGIN_TRUSTED_APP;
	if (fault == GP_FAULT_ERROR)
		res = TEE_ERROR_GENERIC;
	else if (commandID == PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY)
		res = derive_ta_unique_key(paramTypes, params);
	gp_leave(fault);
	return res;
}
