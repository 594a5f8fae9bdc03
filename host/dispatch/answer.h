/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer - bodies and headers of what goes back
 *
 * Errors on POST / carry the members of AWS and that of the path routes, as
 * clients of both read them; path routes carry "error" and a stable "code".
 */

#ifndef KMS_HOST_ANSWER_H
#define KMS_HOST_ANSWER_H

#include "codec/json.h"
#include "common/mem.h"

#define ANSWER_HEADER_CAP 384

#define ANSWER_AWS_TYPE	  "application/x-amz-json-1.1"
#define ANSWER_PLAIN_TYPE "application/json"

/* Status of an error; on POST / as AWS has it. */
unsigned int answer_status(enum kms_rc rc, bool aws);

/*
 * Body of an error, in the arena, or shortened to its code when that is full.
 * message may be absent.
 */
struct bytes answer_error_body(enum kms_rc rc, bool aws, struct bytes message,
			       struct arena *arena);

/* Header lines of every answer; wait_s may be 0, allow NULL. */
void answer_headers(char out[ANSWER_HEADER_CAP], const char *request_id,
		    unsigned int status, enum kms_rc rc, unsigned int wait_s,
		    const char *allow);

#endif /* KMS_HOST_ANSWER_H */
