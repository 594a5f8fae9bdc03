/* SPDX-License-Identifier: Apache-2.0 */
#include "host/transport/result.h"

#include "abi/instance.h"

enum kms_rc result_to_rc(uint32_t result)
{
	switch (result) {
	case INSTANCE_OK:
		return KMS_RC_OK;
	case INSTANCE_SHORT_BUFFER:
		return KMS_RC_SHORT_BUFFER;
	case INSTANCE_BAD_PARAMS:
		return KMS_RC_DECODE;
	default:
		return KMS_RC_UNAVAILABLE;
	}
}
