/* SPDX-License-Identifier: Apache-2.0 */
#include "gp_internal.h"

#include "common/mem.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* A handle that stands for itself. */
struct __TEE_PropSetHandle {
	char none;
};
struct __TEE_PropSetHandle gp_implementation;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* A stop may jump out of a locked section. */
static __thread bool lock_held;

static struct __TEE_ObjectHandle objects[GP_HANDLES_MAX];

void gp_lock(void)
{
	pthread_mutex_lock(&lock);
	lock_held = true;
}

void gp_unlock(void)
{
	lock_held = false;
	pthread_mutex_unlock(&lock);
}

void gp_unlock_if_held(void)
{
	if (lock_held)
		gp_unlock();
}

void TEE_Panic(TEE_Result panicCode)
{
	gp_unlock_if_held();
#ifdef KMS_TA_TEST_HOOKS
	gp_stop(false, panicCode);
#else
	EMSG("panic %#x", panicCode);
	abort();
#endif
}

/* Handles */

TEE_ObjectHandle gp_object_take(void)
{
	TEE_ObjectHandle found = NULL;
	size_t i = 0;

	gp_lock();
	for (i = 0; i < ARRAY_LEN(objects) && !found; i++)
		if (!objects[i].used)
			found = &objects[i];
	if (found)
		*found = (struct __TEE_ObjectHandle){
			.used = true,
			.instance = gp_instance(),
		};
	gp_unlock();
	return found;
}

void gp_object_give(TEE_ObjectHandle object)
{
	gp_lock();
	secret_wipe(object, sizeof(*object));
	gp_unlock();
}

void gp_object_check(TEE_ObjectHandle object)
{
	bool known = false;
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(objects); i++)
		known |= object == &objects[i];
	if (!known || !object->used || object->instance != gp_instance())
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
}

void gp_objects_drop(unsigned int instance)
{
	size_t i = 0;

	for (i = 0; i < ARRAY_LEN(objects); i++) {
		if (!objects[i].used || objects[i].instance != instance)
			continue;
		if (objects[i].pobj)
			gp_pobj_give(objects[i].pobj);
		gp_object_give(&objects[i]);
	}
}

/* Randomness, time, properties */

static void kernel_random(void *out, size_t len)
{
	uint8_t *at = out;
	ssize_t n = 0;

	while (len) {
		n = getrandom(at, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			TEE_Panic(TEE_ERROR_GENERIC);
		at += n;
		len -= (size_t)n;
	}
}

void gp_random(void *out, size_t len)
{
#ifdef KMS_TA_TEST_HOOKS
	gp_tape(out, len, kernel_random);
#else
	kernel_random(out, len);
#endif
}

void TEE_GenerateRandom(void *randomBuffer, size_t randomBufferLen)
{
#ifdef KMS_TA_TEST_HOOKS
	static uint8_t last[256];
	enum gp_fault fault = gp_enter(GP_CALL_RANDOM);
	size_t i = 0;

	if (fault == GP_FAULT_ERROR)
		TEE_Panic(TEE_ERROR_GENERIC);
	if (fault == GP_FAULT_STUCK) {
		for (i = 0; i < randomBufferLen; i++)
			((uint8_t *)randomBuffer)[i] = last[i % sizeof(last)];
		gp_leave(fault);
		return;
	}
	gp_random(randomBuffer, randomBufferLen);
	for (i = 0; i < randomBufferLen && i < sizeof(last); i++)
		last[i] = ((uint8_t *)randomBuffer)[i];
	gp_leave(fault);
#else
	gp_random(randomBuffer, randomBufferLen);
#endif
}

/*
 * Counts suspended time too: an assertion must not get younger than it is
 * because the machine slept.
 */
void TEE_GetSystemTime(TEE_Time *time)
{
	enum gp_fault fault = gp_enter(GP_CALL_TIME);
	struct timespec now = { 0 };

#ifdef KMS_TA_TEST_HOOKS
	if (gp_clock_read(time)) {
		gp_leave(fault);
		return;
	}
#endif
	if (clock_gettime(CLOCK_BOOTTIME, &now))
		TEE_Panic(TEE_ERROR_GENERIC);
	time->seconds = (uint32_t)now.tv_sec;
	time->millis = (uint32_t)(now.tv_nsec / 1000000);
	gp_leave(fault);
}

/* 100: the normal world controls it; 1000: the TEE does (GP 4.4). */
TEE_Result TEE_GetPropertyAsU32(TEE_PropSetHandle propsetOrEnumerator,
				const char *name, uint32_t *value)
{
	uint32_t time_level = 100;

#ifdef KMS_TA_TEST_HOOKS
	time_level = gp_clock_get_level();
#endif
	if (propsetOrEnumerator != TEE_PROPSET_TEE_IMPLEMENTATION)
		return TEE_ERROR_ITEM_NOT_FOUND;
	if (!strcmp(name, "gpd.tee.trustedStorage.antiRollback."
			  "protectionLevel"))
		*value = gp_device.rpmb ? 1000 : 100;
	else if (!strcmp(name, "gpd.tee.systemTime.protectionLevel"))
		*value = time_level;
	else
		return TEE_ERROR_ITEM_NOT_FOUND;
	return TEE_SUCCESS;
}

/* Memory */

void *TEE_Malloc(size_t size, uint32_t hint)
{
	enum gp_fault fault = gp_enter(GP_CALL_ALLOC);
	void *p = NULL;

	(void)hint; /* zeroes are not "no fill", yet allowed */
	if (fault != GP_FAULT_ERROR)
		p = mem_zalloc(1, size ? size : 1);
	gp_leave(fault);
	return p;
}

void TEE_Free(void *buffer)
{
	mem_free(buffer);
}

void TEE_MemMove(void *dest, const void *src, size_t size)
{
	memmove(dest, src, size);
}

void TEE_MemFill(void *buff, uint32_t x, size_t size)
{
	memset(buff, (int)(x & 0xff), size);
}

int32_t TEE_MemCompare(const void *buffer1, const void *buffer2, size_t size)
{
	const volatile uint8_t *a = buffer1;
	const volatile uint8_t *b = buffer2;
	int32_t diff = 0;
	int32_t res = 0;

	/* From the end, so that the first difference decides last. */
	while (size--) {
		diff = (int32_t)a[size] - (int32_t)b[size];
		/* All ones where the bytes are equal. */
		res = (res & ~((diff | -diff) >> 8)) | diff;
	}
	return res;
}
