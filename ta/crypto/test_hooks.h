/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_hooks - faults that tests inject into the primitives
 *
 * Compiled with KMS_TA_TEST_HOOKS only.
 */

#ifndef KMS_TA_CRYPTO_TEST_HOOKS_H
#define KMS_TA_CRYPTO_TEST_HOOKS_H

#include <stdint.h>

/* Where a bit flips, as after a glitch. */
enum k256_fault {
	K256_FAULT_NONE,
	/* In the next k256_sign(). */
	K256_FAULT_KEY,	   /* the private key, before signing */
	K256_FAULT_DIGEST, /* the digest, before signing */
	K256_FAULT_R,
	K256_FAULT_S,
	K256_FAULT_RECID,
	/* In what k256_public() gives the next time, or later: 512 bits each.
	 */
	K256_FAULT_PUBLIC,
};

/* One shot; bit counts from 0. */
void k256_test_fault(enum k256_fault where, unsigned int bit);

/* Known answer number 0.. is wrong from now on; -1: none. */
void selftest_test_break(int answer);

#endif /* KMS_TA_CRYPTO_TEST_HOOKS_H */
