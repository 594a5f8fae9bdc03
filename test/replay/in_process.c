/* SPDX-License-Identifier: Apache-2.0 */
#include "test/replay/in_process.h"

#include "abi/ta_uuid.h"
#include "ta/posix/gp/gp_control.h"

#include <assert.h>
#include <setjmp.h>
#include <stdlib.h>
#include <tee_internal_api.h>

static_assert(TRACE_SUCCESS == TEE_SUCCESS, "GlobalPlatform's");
static_assert(TRACE_SHORT_BUFFER == TEE_ERROR_SHORT_BUFFER, "likewise");
static_assert(TRACE_BAD_PARAMS == TEE_ERROR_BAD_PARAMETERS, "likewise");
static_assert(TRACE_TARGET_DEAD == TEE_ERROR_TARGET_DEAD, "likewise");

/* The number of the one instance's handles. */
#define INSTANCE 1
/* Of a TEE that has a timer of its own. */
#define CLOCK_LEVEL 1000

static struct {
	bool alive;
	void *session;
	sigjmp_buf panicked;
} one;

static void on_stop(void *arg, bool power_cut, TEE_Result panic_code)
{
	(void)arg;
	(void)panic_code;
	if (power_cut)
		abort();
	siglongjmp(one.panicked, 1);
}

void in_process_open(void)
{
	const struct gp_config config = {
		.state_dir = -1,
		.uuid = TA_TEST_UUID,
		.rpmb = true,
	};

	if (gp_memory_open(&config))
		abort();
	gp_on_stop(on_stop, NULL);
	gp_clock_set(-1);
	gp_clock_level(CLOCK_LEVEL);
	gp_instance_set(INSTANCE);
}

static void end_instance(void)
{
	if (one.alive) {
		TA_CloseSessionEntryPoint(one.session);
		TA_DestroyEntryPoint();
	}
	one.alive = false;
}

void in_process_close(void)
{
	end_instance();
	gp_on_stop(NULL, NULL);
	gp_posix_close();
}

static uint32_t begin_instance(void)
{
	TEE_Param params[TEE_NUM_PARAMS] = { 0 };
	uint32_t result = TEE_ERROR_BAD_STATE;

	if (one.alive)
		return result;
	result = TA_CreateEntryPoint();
	if (result)
		return result;
	one.alive = true;
	return TA_OpenSessionEntryPoint(0, params, &one.session);
}

/* An input is lent for reading; GlobalPlatform has one type for all memory. */
static uint32_t fill_param(TEE_Param *param, int i,
			   const struct trace_call *call,
			   struct trace_answer *answer)
{
	size_t len = call->param[i].len;

	switch ((enum trace_kind)call->param[i].kind) {
	case TRACE_VALUE:
		return TEE_PARAM_TYPE_VALUE_INPUT;
	case TRACE_IN:
		if (len)
			param->memref.buffer =
				(void *)(uintptr_t)call->param[i].bytes;
		param->memref.size = len;
		return TEE_PARAM_TYPE_MEMREF_INPUT;
	case TRACE_OUT:
		if (len)
			param->memref.buffer = answer->param[i].bytes;
		param->memref.size = len;
		return TEE_PARAM_TYPE_MEMREF_OUTPUT;
	case TRACE_NONE:
	case TRACE_KINDS:
	default:
		return TEE_PARAM_TYPE_NONE;
	}
}

/* A panic comes back here; nothing of the instance is asked any more. */
static uint32_t enter(uint32_t cmd, uint32_t types, TEE_Param *params)
{
	if (sigsetjmp(one.panicked, 0)) {
		one.alive = false;
		gp_instance_drop(INSTANCE);
		return TEE_ERROR_TARGET_DEAD;
	}
	return TA_InvokeCommandEntryPoint(one.session, cmd, types, params);
}

static uint32_t invoke(const struct trace_call *call,
		       struct trace_answer *answer)
{
	TEE_Param params[TEE_NUM_PARAMS] = { 0 };
	uint32_t result = TEE_ERROR_TARGET_DEAD;
	uint32_t types = 0;

	if (!one.alive)
		return result;
	for (int i = 0; i < TRACE_PARAMS; i++)
		types |= fill_param(&params[i], i, call, answer) << (4 * i);
	result = enter(call->cmd, types, params);
	if (result && result != TEE_ERROR_SHORT_BUFFER)
		return result;
	for (int i = 0; i < TRACE_PARAMS; i++)
		if (call->param[i].kind == TRACE_OUT)
			answer->param[i].len = (uint32_t)params[i].memref.size;
	return result;
}

void in_process_run(void *arg, const struct trace_call *call,
		    struct trace_answer *answer)
{
	(void)arg;
	for (int i = 0; i < TRACE_PARAMS; i++)
		answer->param[i].len = 0;
	switch (call->cmd) {
	case TRACE_OPEN:
		answer->result = begin_instance();
		break;
	case TRACE_CLOSE:
		end_instance();
		answer->result = TEE_SUCCESS;
		break;
	default:
		answer->result = invoke(call, answer);
		break;
	}
}
