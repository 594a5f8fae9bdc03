/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain_error - how the path routes tell a result: a status and a text
 */

#ifndef KMS_HOST_PLAIN_ERROR_H
#define KMS_HOST_PLAIN_ERROR_H

#include "common/kms_rc.h"

struct plain_error {
	unsigned int status;
	const char *message; /* when the operation gives none */
};

struct plain_error plain_error_of(enum kms_rc rc);

#endif /* KMS_HOST_PLAIN_ERROR_H */
