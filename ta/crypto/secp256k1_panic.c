/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libsecp256k1 calls when it is misused or finds itself inconsistent.
 */
#include "common/attr.h"

#include <tee_internal_api.h>

#define PANIC_ILLEGAL 0x256c0001
#define PANIC_ERROR   0x256c0002

void secp256k1_default_illegal_callback_fn(const char *msg, void *data);
void secp256k1_default_error_callback_fn(const char *msg, void *data);

void secp256k1_default_illegal_callback_fn(const char *msg KMS_UNUSED,
					   void *data KMS_UNUSED)
{
	TEE_Panic(PANIC_ILLEGAL);
}

void secp256k1_default_error_callback_fn(const char *msg KMS_UNUSED,
					 void *data KMS_UNUSED)
{
	TEE_Panic(PANIC_ERROR);
}
