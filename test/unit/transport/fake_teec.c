/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/transport/fake_teec.h"

#include "abi/messages.h"
#include "abi/ta_uuid.h"
#include "common/mem.h"
#include "test/unit/transport/sign_ta.h"

#include <pthread.h>
#include <string.h>
#include <tee_client_api.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct fake_teec fake;
static bool held;

struct fake_teec fake_teec_get(void)
{
	struct fake_teec now = { 0 };

	pthread_mutex_lock(&lock);
	now = fake;
	pthread_mutex_unlock(&lock);
	return now;
}

void fake_teec_hold(bool hold)
{
	pthread_mutex_lock(&lock);
	fake.hold = hold;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void fake_teec_hold_open(bool hold)
{
	pthread_mutex_lock(&lock);
	fake.hold_open = hold;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void fake_teec_refuse(bool refuse)
{
	pthread_mutex_lock(&lock);
	fake.refuse = refuse;
	pthread_mutex_unlock(&lock);
}

void fake_teec_die_next(void)
{
	pthread_mutex_lock(&lock);
	fake.die_next = true;
	pthread_mutex_unlock(&lock);
}

void fake_teec_await_held(void)
{
	pthread_mutex_lock(&lock);
	while (!held)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

TEEC_Result TEEC_InitializeContext(const char *name, TEEC_Context *context)
{
	(void)name;
	memset(context, 0, sizeof(*context));
	return TEEC_SUCCESS;
}

void TEEC_FinalizeContext(TEEC_Context *context)
{
	(void)context;
}

TEEC_Result TEEC_AllocateSharedMemory(TEEC_Context *context,
				      TEEC_SharedMemory *memory)
{
	(void)context;
	memory->buffer = mem_zalloc(1, memory->size);
	pthread_mutex_lock(&lock);
	fake.open_blocks++;
	pthread_mutex_unlock(&lock);
	return memory->buffer ? TEEC_SUCCESS : TEEC_ERROR_OUT_OF_MEMORY;
}

void TEEC_ReleaseSharedMemory(TEEC_SharedMemory *memory)
{
	mem_free(memory->buffer);
	pthread_mutex_lock(&lock);
	fake.open_blocks--;
	pthread_mutex_unlock(&lock);
}

TEEC_Result TEEC_OpenSession(TEEC_Context *context, TEEC_Session *session,
			     const TEEC_UUID *destination, uint32_t method,
			     const void *data, TEEC_Operation *operation,
			     uint32_t *origin)
{
	static const TEEC_UUID uuid = TA_UUID;
	TEEC_Result result = TEEC_SUCCESS;

	(void)context;
	(void)session;
	(void)data;
	(void)origin;
	pthread_mutex_lock(&lock);
	while (fake.hold_open)
		pthread_cond_wait(&changed, &lock);
	if (fake.refuse || operation || method != TEEC_LOGIN_PUBLIC ||
	    memcmp(destination, &uuid, sizeof(uuid)) != 0)
		result = TEEC_ERROR_ITEM_NOT_FOUND;
	else
		fake.open_sessions++;
	pthread_mutex_unlock(&lock);
	return result;
}

void TEEC_CloseSession(TEEC_Session *session)
{
	(void)session;
	pthread_mutex_lock(&lock);
	fake.open_sessions--;
	pthread_mutex_unlock(&lock);
}

/* Counts, waits while held; true when the TA is to die. */
static bool enter(void)
{
	bool dies = false;

	pthread_mutex_lock(&lock);
	fake.invocations++;
	held = fake.hold;
	pthread_cond_broadcast(&changed);
	while (fake.hold)
		pthread_cond_wait(&changed, &lock);
	held = false;
	dies = fake.die_next;
	fake.die_next = false;
	pthread_mutex_unlock(&lock);
	return dies;
}

static TEEC_Result copy(TEEC_RegisteredMemoryReference *to,
			const TEEC_RegisteredMemoryReference *from)
{
	size_t room = to->size;

	to->size = from->size;
	if (room < from->size)
		return TEEC_ERROR_SHORT_BUFFER;
	memcpy(to->parent->buffer, from->parent->buffer, from->size);
	return TEEC_SUCCESS;
}

static TEEC_Result sign(TEEC_Operation *op)
{
	TEEC_RegisteredMemoryReference *to = &op->params[1].memref;
	TEEC_RegisteredMemoryReference *from = &op->params[0].memref;
	struct buf out = { .ptr = to->parent->buffer, .cap = to->size };

	sign_answer(&out, bytes_of(from->parent->buffer, from->size));
	to->size = out.len;
	return TEEC_SUCCESS;
}

TEEC_Result TEEC_InvokeCommand(TEEC_Session *session, uint32_t cmd,
			       TEEC_Operation *op, uint32_t *origin)
{
	TEEC_Result result = TEEC_SUCCESS;

	(void)session;
	(void)origin;
	if (enter())
		return TEEC_ERROR_TARGET_DEAD;
	if (cmd == CMD_SIGN)
		return sign(op);
	result = copy(&op->params[1].memref, &op->params[0].memref);
	if (!result && op->params[3].memref.parent)
		result = copy(&op->params[3].memref, &op->params[2].memref);
	return result;
}
