/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label - what the operations share that change what keys are called
 *
 * Such a change is one of the database alone, which the TEE does not know and
 * which authorises nothing; so wallets have labels, too, without a passkey.
 */

#ifndef KMS_HOST_SERVICE_LABEL_H
#define KMS_HOST_SERVICE_LABEL_H

#include "host/service/keeper.h"
#include "host/service/service.h"

/*
 * The key that is to be labelled: by id or ARN, and not on its way to its end.
 * False: the call has been ended.
 */
bool label_find_key(struct call *call, struct store_key *key,
		    struct bytes key_id);

struct op_tag;
struct store_tag;

/*
 * Tags of a request in the arena, as the store takes them, once they are as AWS
 * wants them. False: the call has been ended.
 */
bool label_take_tags(struct call *call, const struct store_tag **out,
		     const struct op_tag *tags, size_t count);

/* Ends the call with the result of a write. */
typedef void label_done(struct call *call, const void *what, enum kms_rc rc);

/*
 * Hands a write to the keeper; what is the call's arena's, until done.
 */
void label_write(struct call *call, keeper_write *write, const void *what,
		 label_done *done);

#endif /* KMS_HOST_SERVICE_LABEL_H */
