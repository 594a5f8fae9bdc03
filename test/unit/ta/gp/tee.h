/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee - what the tests of the GP layer share
 */

#ifndef KMS_TEST_TEE_H
#define KMS_TEST_TEE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ta/posix/gp/gp_control.h"
#include "ta/posix/gp/tee_internal_api_extensions.h"

#include <string.h>

#define RW (TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_ACCESS_WRITE)
#define R  (TEE_DATA_FLAG_ACCESS_READ | TEE_DATA_FLAG_SHARE_READ)

/* Runs a block and says how it ended: 0, or the panic or power cut. */
#define STOP_NONE  0
#define STOP_CUT   1
#define STOP_PANIC 2

struct stop {
	jmp_buf back;
	int how;
	TEE_Result code;
};

static struct stop stopped;

static inline void jump_back(void *arg, bool power_cut, TEE_Result code)
{
	(void)arg;
	stopped.how = power_cut ? STOP_CUT : STOP_PANIC;
	stopped.code = code;
	longjmp(stopped.back, 1);
}

#define HOW_IT_STOPS(statement)                                    \
	(gp_on_stop(jump_back, NULL), stopped.how = 0,             \
	 setjmp(stopped.back) ? (gp_instance_drop(0), stopped.how) \
			      : ((statement), STOP_NONE))

static inline TEE_Result put(uint32_t storage, const char *id, const void *data,
			     size_t len, uint32_t flags)
{
	TEE_ObjectHandle h = TEE_HANDLE_NULL;
	TEE_Result res = TEE_CreatePersistentObject(
		storage, id, strlen(id), flags, TEE_HANDLE_NULL, data, len, &h);

	if (!res)
		TEE_CloseObject(h);
	return res;
}

static inline TEE_Result get(uint32_t storage, const char *id, void *data,
			     size_t cap, size_t *len)
{
	TEE_ObjectHandle h = TEE_HANDLE_NULL;
	TEE_Result res =
		TEE_OpenPersistentObject(storage, id, strlen(id), R, &h);

	if (res)
		return res;
	res = TEE_ReadObjectData(h, data, cap, len);
	if (res != TEE_ERROR_CORRUPT_OBJECT)
		TEE_CloseObject(h);
	return res;
}

static inline TEE_Result open_id(uint32_t storage, const char *id,
				 uint32_t flags, TEE_ObjectHandle *h)
{
	return TEE_OpenPersistentObject(storage, id, strlen(id), flags, h);
}

#endif /* KMS_TEST_TEE_H */
