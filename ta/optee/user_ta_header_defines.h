/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user_ta_header_defines - how OP-TEE loads the trusted application
 *
 * No flag: every session gets an instance of its own, with its own memory, so
 * P sessions use P cores and share nothing. Which shard an instance serves is
 * decided by the exclusive opening of the shard's anchor.
 */

#ifndef USER_TA_HEADER_DEFINES_H
#define USER_TA_HEADER_DEFINES_H

#include "abi/ta_uuid.h"

#ifdef KMS_TA_TEST_HOOKS
/* Neither its image nor its objects are ever those of the real one. */
#undef TA_UUID
#define TA_UUID TA_TEST_UUID
#endif

#define TA_FLAGS      0
#define TA_STACK_SIZE (64 * 1024)
/* For the operations and objects of the TEE, allocated once at the start. */
#define TA_DATA_SIZE   (64 * 1024)
#define TA_VERSION     "0.1.0"
#define TA_DESCRIPTION "teekms trusted application"

#endif /* USER_TA_HEADER_DEFINES_H */
