/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same as secp256k1_panic.c, for programs outside the TEE.
 */
#include "common/attr.h"

#include <stdlib.h>

void secp256k1_default_illegal_callback_fn(const char *msg, void *data);
void secp256k1_default_error_callback_fn(const char *msg, void *data);

void secp256k1_default_illegal_callback_fn(const char *msg KMS_UNUSED,
					   void *data KMS_UNUSED)
{
	abort();
}

void secp256k1_default_error_callback_fn(const char *msg KMS_UNUSED,
					 void *data KMS_UNUSED)
{
	abort();
}
