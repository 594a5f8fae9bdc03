/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router - from method, path and target to a row of the table
 */

#ifndef KMS_HOST_ROUTER_H
#define KMS_HOST_ROUTER_H

#include "codec/json.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"
#include "host/service/op.h"

/* Whether it is the AWS endpoint: POST / */
bool router_is_aws(struct bytes method, struct bytes path);

/*
 * Row of a path route; the path may end in one slash more, and HEAD stands
 * for GET where everybody may call. UNKNOWN_PATH, METHOD.
 */
enum kms_rc router_find_path(const struct op **op, struct bytes method,
			     struct bytes path) KMS_MUST_USE;

/*
 * Row of a target on POST /; of several that of AWS. UNSUPPORTED for the
 * operations of AWS that we do not offer by decision, UNKNOWN_OPERATION.
 */
enum kms_rc router_find_target(const struct op **op,
			       struct bytes target) KMS_MUST_USE;

/* Among the rows of op's target the one that fits the members of the body. */
const struct op *router_choose(const struct op *op,
			       const struct json_value *body);

/* Whether a target that came along with a path names the same operation. */
bool router_is_target(const struct op *op, struct bytes target);

/* The methods of a path, "GET, HEAD", for Allow; cut to fit. */
void router_allowed(char *out, size_t cap, struct bytes path);

#endif /* KMS_HOST_ROUTER_H */
