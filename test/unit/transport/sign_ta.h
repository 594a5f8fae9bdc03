/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign_ta - SIGN messages for tests: made, answered and checked
 *
 * The "signature" of an item is its digest twice.
 */

#ifndef KMS_TEST_SIGN_TA_H
#define KMS_TEST_SIGN_TA_H

#include "common/bytes.h"

/* Writes a SIGN request of items with digests made from seed, seed + 1, ... */
void sign_make(struct buf *out, uint8_t req_id, unsigned int items,
	       uint8_t seed);

/*
 * What a TA answers: results for all items; or, when there is a digest that
 * begins with 0xff, a refusal as a whole.
 */
void sign_answer(struct buf *out, struct bytes req);

/* Whether rsp is the answer to what sign_make() made from the same. */
bool sign_is_answer(struct bytes rsp, uint8_t req_id, unsigned int items,
		    uint8_t seed);

#endif /* KMS_TEST_SIGN_TA_H */
