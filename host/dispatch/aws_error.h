/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aws_error - the names AWS has for our results, on POST /
 */

#ifndef KMS_HOST_AWS_ERROR_H
#define KMS_HOST_AWS_ERROR_H

#include "common/kms_rc.h"

struct aws_error {
	unsigned int status;
	const char *type;    /* __type */
	const char *message; /* when the operation gives none; NULL: none */
};

struct aws_error aws_error_of(enum kms_rc rc);

#endif /* KMS_HOST_AWS_ERROR_H */
