/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_hooks - faults that tests inject into the primitives
 *
 * Compiled with KMS_TA_TEST_HOOKS only.
 */

#ifndef KMS_TA_CRYPTO_TEST_HOOKS_H
#define KMS_TA_CRYPTO_TEST_HOOKS_H

#include <stdint.h>

/* Where a bit flips in the next k256_sign(), as after a glitch. */
enum k256_fault {
	K256_FAULT_NONE,
	K256_FAULT_KEY,	   /* the private key, before signing */
	K256_FAULT_DIGEST, /* the digest, before signing */
	K256_FAULT_R,
	K256_FAULT_S,
	K256_FAULT_RECID,
};

/* One shot; bit counts from 0. */
void k256_test_fault(enum k256_fault where, unsigned int bit);

/* Known answer number 0.. is wrong from now on; -1: none. */
void selftest_test_break(int answer);

#endif /* KMS_TA_CRYPTO_TEST_HOOKS_H */
