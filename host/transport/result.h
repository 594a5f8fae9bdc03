/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result - what a TEE_Result means to the caller of a transport
 */

#ifndef KMS_HOST_TRANSPORT_RESULT_H
#define KMS_HOST_TRANSPORT_RESULT_H

#include "common/kms_rc.h"

#include <stdint.h>

/* OK, SHORT_BUFFER, DECODE or UNAVAILABLE. */
enum kms_rc result_to_rc(uint32_t result);

#endif /* KMS_HOST_TRANSPORT_RESULT_H */
