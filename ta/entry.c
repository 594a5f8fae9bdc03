/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The five GlobalPlatform entry points. Normal world can rewrite a memref
 * while the TA runs, so each is copied once, into the instance, and only the
 * copy is parsed; results are written back once, at the end.
 */
#include "ta/ta.h"

#include <string.h>
#include <tee_internal_api.h>

#define PARAM(types, n) TEE_PARAM_TYPE_GET(types, n)

/* One instance per session: the TEE gives each its own copy of this. */
static struct ta instance;

TEE_Result TA_CreateEntryPoint(void)
{
	ta_open(&instance);
	return TEE_SUCCESS;
}

void TA_DestroyEntryPoint(void)
{
	ta_close(&instance);
}

TEE_Result TA_OpenSessionEntryPoint(uint32_t types, TEE_Param params[4],
				    void **session)
{
	(void)params;
	if (types != TEE_PARAM_TYPES(TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE,
				     TEE_PARAM_TYPE_NONE, TEE_PARAM_TYPE_NONE))
		return TEE_ERROR_BAD_PARAMETERS;
	*session = NULL;
	return TEE_SUCCESS;
}

void TA_CloseSessionEntryPoint(void *session)
{
	(void)session;
}

static bool is_memref(uint32_t type, uint32_t want)
{
	return type == want || type == TEE_PARAM_TYPE_NONE;
}

static bool types_are_right(uint32_t types)
{
	return PARAM(types, 0) == TEE_PARAM_TYPE_MEMREF_INPUT &&
	       PARAM(types, 1) == TEE_PARAM_TYPE_MEMREF_OUTPUT &&
	       is_memref(PARAM(types, 2), TEE_PARAM_TYPE_MEMREF_INPUT) &&
	       is_memref(PARAM(types, 3), TEE_PARAM_TYPE_MEMREF_OUTPUT);
}

static TEE_Result copy_in(uint8_t *to, size_t cap, size_t *len,
			  const TEE_Param *p, uint32_t type)
{
	*len = 0;
	if (type == TEE_PARAM_TYPE_NONE)
		return TEE_SUCCESS;
	if (p->memref.size > cap || (p->memref.size && !p->memref.buffer))
		return TEE_ERROR_BAD_PARAMETERS;
	if (p->memref.size)
		memcpy(to, p->memref.buffer, p->memref.size);
	*len = p->memref.size;
	return TEE_SUCCESS;
}

static size_t capacity(const TEE_Param *p, uint32_t type)
{
	return type == TEE_PARAM_TYPE_NONE || !p->memref.buffer
		       ? 0
		       : p->memref.size;
}

static void copy_out(TEE_Param *p, uint32_t type, const uint8_t *from,
		     size_t len)
{
	if (type == TEE_PARAM_TYPE_NONE)
		return;
	if (len)
		memcpy(p->memref.buffer, from, len);
	p->memref.size = len;
}

/* How much of each of the instance's buffers a call has used. */
struct used {
	size_t request;
	size_t state_in;
	size_t response;
	size_t state_out;
};

static TEE_Result copy_all_in(struct ta *ta, struct used *used, uint32_t types,
			      const TEE_Param params[4])
{
	TEE_Result res = copy_in(ta->request, sizeof(ta->request),
				 &used->request, &params[0], PARAM(types, 0));

	if (res == TEE_SUCCESS)
		res = copy_in(ta->state_in, sizeof(ta->state_in),
			      &used->state_in, &params[2], PARAM(types, 2));
	return res;
}

static TEE_Result run(struct ta *ta, struct used *used, uint16_t cmd,
		      uint32_t types, TEE_Param params[4])
{
	enum kms_rc rc = ta_run(ta, cmd, used->request, used->state_in,
				capacity(&params[1], PARAM(types, 1)),
				capacity(&params[3], PARAM(types, 3)),
				&used->response, &used->state_out);

	if (rc && rc != KMS_RC_SHORT_BUFFER)
		return TEE_ERROR_GENERIC;
	if (rc) {
		/* The most a command can need, so that a second try fits. */
		params[1].memref.size = ABI_RESPONSE_MAX;
		if (PARAM(types, 3) != TEE_PARAM_TYPE_NONE)
			params[3].memref.size = ABI_STATE_OUT_MAX;
		return TEE_ERROR_SHORT_BUFFER;
	}
	copy_out(&params[1], PARAM(types, 1), ta->response, used->response);
	copy_out(&params[3], PARAM(types, 3), ta->state_out, used->state_out);
	return TEE_SUCCESS;
}

/* Evidence and entropy must not wait here for the next call. */
static void wipe(struct ta *ta, const struct used *used)
{
	secret_wipe(ta->request, used->request);
	secret_wipe(ta->state_in, used->state_in);
	secret_wipe(ta->response, used->response);
	secret_wipe(ta->state_out, used->state_out);
}

TEE_Result TA_InvokeCommandEntryPoint(void *session, uint32_t cmd,
				      uint32_t types, TEE_Param params[4])
{
	struct ta *ta = &instance;
	struct used used = { 0 };
	TEE_Result res = TEE_ERROR_GENERIC;

	(void)session;
	/* The answer that told of the fault has been delivered. */
	if (ta->faulted)
		TEE_Panic(KMS_RC_FAULT);
	if (!types_are_right(types) || cmd > UINT16_MAX)
		return TEE_ERROR_BAD_PARAMETERS;
	res = copy_all_in(ta, &used, types, params);
	if (res == TEE_SUCCESS)
		res = run(ta, &used, (uint16_t)cmd, types, params);
	wipe(ta, &used);
	return res;
}
