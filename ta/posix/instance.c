/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/instance.h"

#include "ta/posix/platform.h"

#include <assert.h>
#include <tee_internal_api.h>

static_assert(INSTANCE_OK == TEE_SUCCESS, "GlobalPlatform's");
static_assert(INSTANCE_BAD_PARAMS == TEE_ERROR_BAD_PARAMETERS, "likewise");
static_assert(INSTANCE_SHORT_BUFFER == TEE_ERROR_SHORT_BUFFER, "likewise");

static struct {
	bool platform;
	bool created;
	bool session;
	void *context;
} instance;

uint32_t instance_open(int state_fd)
{
	TEE_Param params[TEE_NUM_PARAMS] = { 0 };
	uint32_t result = TEE_ERROR_ACCESS_CONFLICT;

	if (instance.platform)
		return result;
	if (platform_open(state_fd))
		return TEE_ERROR_STORAGE_NOT_AVAILABLE;
	instance.platform = true;
	result = TA_CreateEntryPoint();
	if (result)
		goto out;
	instance.created = true;
	result = TA_OpenSessionEntryPoint(
		TEE_PARAM_TYPES(TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE,
				TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE),
		params, &instance.context);
	if (result)
		goto out;
	instance.session = true;
out:
	if (result)
		instance_close();
	return result;
}

void instance_close(void)
{
	if (instance.session)
		TA_CloseSessionEntryPoint(instance.context);
	if (instance.created)
		TA_DestroyEntryPoint();
	if (instance.platform)
		platform_close();
	instance.platform = false;
	instance.created = false;
	instance.session = false;
	instance.context = NULL;
}

/* An input is lent for reading; GlobalPlatform has one type for all memory. */
static void set_input(TEE_Param *param, struct bytes in)
{
	param->memref.buffer = (void *)(uintptr_t)in.ptr;
	param->memref.size = in.len;
}

static void set_output(TEE_Param *param, const struct buf *out)
{
	param->memref.buffer = out->ptr;
	param->memref.size = out->cap;
}

uint32_t instance_invoke(uint16_t cmd, struct instance_params *p)
{
	TEE_Param params[TEE_NUM_PARAMS] = { 0 };
	uint32_t in2 =
		p->in2.ptr ? TEE_PARAM_TYPE_MEMREF_INPUT : TEE_PARAM_TYPE_NONE;
	uint32_t out2 = p->out2.ptr ? TEE_PARAM_TYPE_MEMREF_OUTPUT
				    : TEE_PARAM_TYPE_NONE;
	uint32_t result = TEE_ERROR_GENERIC;

	p->out.len = 0;
	p->out2.len = 0;
	if (!instance.session)
		return TEE_ERROR_BAD_STATE;
	set_input(&params[0], p->in);
	set_output(&params[1], &p->out);
	if (p->in2.ptr)
		set_input(&params[2], p->in2);
	if (p->out2.ptr)
		set_output(&params[3], &p->out2);
	result = TA_InvokeCommandEntryPoint(
		instance.context, cmd,
		TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
				TEE_PARAM_TYPE_MEMREF_OUTPUT, in2, out2),
		params);
	if (result)
		return result;
	/* A TEE would not pass on more than the buffer holds either. */
	if (params[1].memref.size > p->out.cap ||
	    (p->out2.ptr && params[3].memref.size > p->out2.cap))
		return TEE_ERROR_GENERIC;
	p->out.len = params[1].memref.size;
	if (p->out2.ptr)
		p->out2.len = params[3].memref.size;
	return TEE_SUCCESS;
}
