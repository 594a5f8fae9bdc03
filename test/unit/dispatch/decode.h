/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode - bodies as the check of members reads them
 */

#ifndef KMS_TEST_DISPATCH_DECODE_H
#define KMS_TEST_DISPATCH_DECODE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/dispatch/fields.h"
#include "host/service/ops.h"

/* What the last decode() left: members, and why they were refused. */
extern struct arena arena;
extern char message[16384];
extern uint64_t input[256];

/* Setup and teardown of a group. */
int decode_open(void **state);
int decode_close(void **state);

/* The first row of a target. */
const struct op *op_of(const char *target);

enum kms_rc decode(const struct op *op, const char *text, size_t len);

#endif /* KMS_TEST_DISPATCH_DECODE_H */
