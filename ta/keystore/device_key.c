/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/device_key.h"

#include <pta_system.h>
#include <string.h>
#include <tee_internal_api.h>

/*
 * The PTA takes only memory of the TA itself, and writable memory at that:
 * hence the copies on the stack.
 */
enum kms_rc device_key_derive(struct secret32 *key)
{
	static const TEE_UUID system_pta = PTA_SYSTEM_UUID;
	TEE_TASessionHandle session = TEE_HANDLE_NULL;
	TEE_Param params[4] = { 0 };
	char extra[] = "teekms/kek/1";
	TEE_Result res = TEE_ERROR_GENERIC;
	uint32_t origin = 0;

	res = TEE_OpenTASession(&system_pta, TEE_TIMEOUT_INFINITE, 0, NULL,
				&session, &origin);
	if (res != TEE_SUCCESS)
		return KMS_RC_STORAGE;
	params[0].memref.buffer = extra;
	params[0].memref.size = sizeof(extra) - 1;
	params[1].memref.buffer = key->b;
	params[1].memref.size = sizeof(key->b);
	res = TEE_InvokeTACommand(
		session, TEE_TIMEOUT_INFINITE, PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY,
		TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
				TEE_PARAM_TYPE_MEMREF_OUTPUT,
				TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE),
		params, &origin);
	TEE_CloseTASession(session);
	if (res != TEE_SUCCESS || params[1].memref.size != sizeof(key->b)) {
		secret_wipe(key, sizeof(*key));
		return KMS_RC_STORAGE;
	}
	return KMS_RC_OK;
}
