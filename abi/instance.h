/* SPDX-License-Identifier: Apache-2.0 */
/*
 * instance - a TA that is linked into this program
 *
 * Owns:      the one instance of the TA this program can hold; its session.
 * Promises:  entry points are called as a TEE would call them.
 * Threads:   one at a time.
 *
 * The door between transport_inproc or the loop of teekms-ta and the TA's
 * GlobalPlatform entry points, which are implemented in ta/.
 */

#ifndef KMS_ABI_INSTANCE_H
#define KMS_ABI_INSTANCE_H

#include "common/attr.h"
#include "common/bytes.h"

#include <stdint.h>

/* What GlobalPlatform calls these results, in both worlds. */
#define INSTANCE_OK	      0x00000000u /* TEE_SUCCESS */
#define INSTANCE_BAD_PARAMS   0xffff0006u /* TEE_ERROR_BAD_PARAMETERS */
#define INSTANCE_SHORT_BUFFER 0xffff0010u /* TEE_ERROR_SHORT_BUFFER */

/* The four parameters of a command. in2 and out2 may be absent: ptr NULL. */
struct instance_params {
	struct bytes in;
	struct buf out; /* len is set; 0 unless the result is OK */
	struct bytes in2;
	struct buf out2;
};

/*
 * Creates the instance; its storage is the folder state_fd, which is lent until
 * instance_close(). Gives a TEE_Result.
 */
uint32_t instance_open(int state_fd) KMS_MUST_USE;
/* Gives the TEE_Result of the command. */
uint32_t instance_invoke(uint16_t cmd,
			 struct instance_params *params) KMS_MUST_USE;
/* Accepts an instance that was never opened. */
void instance_close(void);

#endif /* KMS_ABI_INSTANCE_H */
