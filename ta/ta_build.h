/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ta_build - what kind of TA this build is, as its evidence will say
 */

#ifndef KMS_TA_TA_BUILD_H
#define KMS_TA_TA_BUILD_H

#include "abi/schema.h"

#ifdef KMS_TA_OPTEE
#define TA_TEE_KIND TEE_KIND_OPTEE
#else
#define TA_TEE_KIND TEE_KIND_PROCESS
#endif

/* Whether protections can be left off, for trying things out. */
#ifdef KMS_TA_DEVELOPMENT
#define TA_IS_DEVELOPMENT   1
#define TA_FLAG_DEVELOPMENT ABI_BUILD_DEVELOPMENT
#define TA_BIND_MIN	    BIND_NOTHING
#else
#define TA_IS_DEVELOPMENT   0
#define TA_FLAG_DEVELOPMENT 0
#define TA_BIND_MIN	    BIND_PAYLOAD
#endif

/* Serving without rollback protection is a decision of the build. */
#ifdef KMS_TA_WEAK
#define TA_SERVES_WEAK 1
#define TA_FLAG_WEAK   ABI_BUILD_WEAK
#else
#define TA_SERVES_WEAK 0
#define TA_FLAG_WEAK   0
#endif

#ifdef KMS_TA_TEST_HOOKS
#define TA_FLAG_TEST ABI_BUILD_TEST
#else
#define TA_FLAG_TEST 0
#endif

#define TA_BUILD_FLAGS \
	(uint32_t)(TA_FLAG_DEVELOPMENT | TA_FLAG_WEAK | TA_FLAG_TEST)

#endif /* KMS_TA_TA_BUILD_H */
