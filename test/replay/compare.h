/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compare - whether another build has answered a trace alike
 *
 * Byte for byte but for two things, each still judged:
 *
 *   tee_kind of INFO    says which build it is: 1 or 2
 *   P-256 signatures    the TEE makes the nonce and takes it from nobody; the
 *                       signature has to verify and to have a low s
 */

#ifndef KMS_TEST_COMPARE_H
#define KMS_TEST_COMPARE_H

#include "common/attr.h"

#include <stdio.h>

struct compared {
	size_t calls;
	size_t different; /* calls, and one for a file that ends early */
	size_t p256;	  /* signatures that were verified, not compared */
};

/* Describes the first differences in report, each line with "# " before it. */
struct compared compare_files(FILE *trace, FILE *answers,
			      FILE *report) KMS_MUST_USE;

#endif /* KMS_TEST_COMPARE_H */
