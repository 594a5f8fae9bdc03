/* SPDX-License-Identifier: Apache-2.0 */
#include "host/transport/lane.h"

#include "abi/limits.h"
#include "abi/ta_uuid.h"
#include "common/mem.h"

#include <tee_client_api.h>

enum { BLOCK_IN, BLOCK_OUT, BLOCK_IN2, BLOCK_OUT2, BLOCKS };

struct lane {
	TEEC_Context context;
	TEEC_Session session;
	TEEC_SharedMemory blocks[BLOCKS];
	unsigned int block_count;
	bool has_context;
	bool has_session;
};

static const struct {
	size_t size;
	uint32_t flags;
} wanted[BLOCKS] = {
	[BLOCK_IN] = { ABI_REQUEST_MAX, TEEC_MEM_INPUT },
	[BLOCK_OUT] = { ABI_RESPONSE_MAX, TEEC_MEM_OUTPUT },
	[BLOCK_IN2] = { ABI_STATE_IN_MAX, TEEC_MEM_INPUT },
	[BLOCK_OUT2] = { ABI_STATE_OUT_MAX, TEEC_MEM_OUTPUT },
};

static enum kms_rc open_parts(struct lane *l)
{
	const TEEC_UUID uuid = TA_UUID;

	l->has_context =
		TEEC_InitializeContext(NULL, &l->context) == TEEC_SUCCESS;
	if (!l->has_context)
		return KMS_RC_UNAVAILABLE;
	while (l->block_count < BLOCKS) {
		TEEC_SharedMemory *block = &l->blocks[l->block_count];

		block->size = wanted[l->block_count].size;
		block->flags = wanted[l->block_count].flags;
		if (TEEC_AllocateSharedMemory(&l->context, block))
			return KMS_RC_NO_MEMORY;
		l->block_count++;
	}
	l->has_session = TEEC_OpenSession(&l->context, &l->session, &uuid,
					  TEEC_LOGIN_PUBLIC, NULL, NULL,
					  NULL) == TEEC_SUCCESS;
	return l->has_session ? KMS_RC_OK : KMS_RC_UNAVAILABLE;
}

enum kms_rc lane_open(struct lane **lane)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	*lane = mem_zalloc(1, sizeof(**lane));
	if (!*lane)
		return KMS_RC_NO_MEMORY;
	rc = open_parts(*lane);
	if (rc)
		lane_close(lane);
	return rc;
}

void lane_close(struct lane **lane)
{
	struct lane *l = *lane;

	*lane = NULL;
	if (!l)
		return;
	if (l->has_session)
		TEEC_CloseSession(&l->session);
	while (l->block_count)
		TEEC_ReleaseSharedMemory(&l->blocks[--l->block_count]);
	if (l->has_context)
		TEEC_FinalizeContext(&l->context);
	mem_free(l);
}

static struct buf whole(const TEEC_SharedMemory *block)
{
	return (struct buf){ .ptr = block->buffer, .cap = block->size };
}

struct lane_params lane_params(const struct lane *l)
{
	return (struct lane_params){ .in = whole(&l->blocks[BLOCK_IN]),
				     .out = whole(&l->blocks[BLOCK_OUT]),
				     .in2 = whole(&l->blocks[BLOCK_IN2]),
				     .out2 = whole(&l->blocks[BLOCK_OUT2]) };
}

static void set_param(TEEC_Operation *op, unsigned int index,
		      TEEC_SharedMemory *block, size_t size)
{
	op->params[index].memref.parent = block;
	op->params[index].memref.size = size;
}

static bool is_dead(TEEC_Result result)
{
	return result == TEEC_ERROR_TARGET_DEAD ||
	       result == TEEC_ERROR_COMMUNICATION;
}

uint32_t lane_invoke(struct lane *l, uint16_t cmd, struct lane_params *p,
		     bool *dead)
{
	TEEC_Operation op = { 0 };
	TEEC_Result result = TEEC_ERROR_GENERIC;
	uint32_t in2 = p->in2_used ? TEEC_MEMREF_PARTIAL_INPUT : TEEC_NONE;
	uint32_t out2 = p->out2.cap ? TEEC_MEMREF_PARTIAL_OUTPUT : TEEC_NONE;

	op.paramTypes = TEEC_PARAM_TYPES(TEEC_MEMREF_PARTIAL_INPUT,
					 TEEC_MEMREF_PARTIAL_OUTPUT, in2, out2);
	set_param(&op, 0, &l->blocks[BLOCK_IN], p->in.len);
	set_param(&op, 1, &l->blocks[BLOCK_OUT], p->out.cap);
	if (p->in2_used)
		set_param(&op, 2, &l->blocks[BLOCK_IN2], p->in2.len);
	if (p->out2.cap)
		set_param(&op, 3, &l->blocks[BLOCK_OUT2], p->out2.cap);
	p->out.len = 0;
	p->out2.len = 0;
	result = TEEC_InvokeCommand(&l->session, cmd, &op, NULL);
	*dead = is_dead(result);
	if (result)
		return result;
	if (op.params[1].memref.size > p->out.cap ||
	    (p->out2.cap && op.params[3].memref.size > p->out2.cap))
		return TEEC_ERROR_GENERIC;
	p->out.len = op.params[1].memref.size;
	if (p->out2.cap)
		p->out2.len = op.params[3].memref.size;
	return result;
}
