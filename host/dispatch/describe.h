/* SPDX-License-Identifier: Apache-2.0 */
/*
 * describe - the table of operations as JSON, for documents and tests
 */

#ifndef KMS_HOST_DESCRIBE_H
#define KMS_HOST_DESCRIBE_H

#include "codec/json.h"

/* Writes the array of all rows. */
void describe_ops(struct json_writer *w);

#endif /* KMS_HOST_DESCRIBE_H */
