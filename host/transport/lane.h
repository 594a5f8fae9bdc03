/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane - the one session of an OP-TEE worker, and the memory it shares
 *
 * Owns:      a TEEC context, one session, which is one instance of the TA, and
 *            a registered buffer for each of the four parameters.
 * Promises:  the caller's memory is not shared; what the TA says about lengths
 *            is checked.
 * Threads:   one at a time.
 */

#ifndef KMS_HOST_TRANSPORT_LANE_H
#define KMS_HOST_TRANSPORT_LANE_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#include <stdbool.h>
#include <stdint.h>

struct lane;

/* Gives the lane; NULL again after failure. UNAVAILABLE, NO_MEMORY. */
enum kms_rc lane_open(struct lane **lane) KMS_MUST_USE;
void lane_close(struct lane **lane);

/* The shared memory; the lengths and rooms are for lane_invoke(). */
struct lane_params {
	struct buf in;	 /* cap is there; len is what was written */
	struct buf out;	 /* cap may be made smaller; len is set */
	struct buf in2;	 /* absent: in2_used false */
	struct buf out2; /* none: cap 0 */
	bool in2_used;
};

/* Gives the whole buffers, all of them empty. */
struct lane_params lane_params(const struct lane *lane);

/* A TEE_Result; *dead is set when the TA will never answer again. */
uint32_t lane_invoke(struct lane *lane, uint16_t cmd, struct lane_params *p,
		     bool *dead) KMS_MUST_USE;

#endif /* KMS_HOST_TRANSPORT_LANE_H */
