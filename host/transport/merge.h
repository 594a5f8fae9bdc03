/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge - several SIGN commands in one, and its answer taken apart again
 *
 * Entering the secure world costs about as much as signing, so what waits
 * together enters together.
 * Promises:  each call gets the results of its own items, in their order.
 * Threads:   none.
 */

#ifndef KMS_HOST_TRANSPORT_MERGE_H
#define KMS_HOST_TRANSPORT_MERGE_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

/* One SIGN request, and where its own answer goes. */
struct merge_part {
	struct bytes req;
	struct buf rsp;	    /* len is set by merge_split() */
	enum kms_rc rc;	    /* likewise: OK or SHORT_BUFFER */
	unsigned int items; /* set by merge_count() */
};

/* Items of a message that may be merged; 0: it goes alone. */
unsigned int merge_count(uint16_t cmd, struct bytes req);

/*
 * Writes one request with the items of all parts, which merge_count() was
 * asked about. SHORT_BUFFER.
 */
enum kms_rc merge_join(struct buf *out, const struct merge_part *parts,
		       unsigned int count) KMS_MUST_USE;

/*
 * Shares the answer out. DECODE when it is not the results of all items: the
 * TA refused the command as a whole, and nothing was signed.
 */
enum kms_rc merge_split(struct merge_part *parts, unsigned int count,
			struct bytes rsp) KMS_MUST_USE;

#endif /* KMS_HOST_TRANSPORT_MERGE_H */
