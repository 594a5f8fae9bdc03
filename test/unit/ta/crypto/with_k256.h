/* SPDX-License-Identifier: Apache-2.0 */
/*
 * with_k256 - tests that have secp256k1 and its source of randomness
 */

#ifndef KMS_TEST_CRYPTO_WITH_K256_H
#define KMS_TEST_CRYPTO_WITH_K256_H

#include "ta/crypto/k256.h"
#include "test/unit/ta/crypto/vectors.h"

#define K256_ORDER \
	"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"

extern struct drbg drbg;
extern struct k256 k256;

int k256_set_up(void **state);
int k256_tear_down(void **state);

#define WITH_K256(f) \
	cmocka_unit_test_setup_teardown(f, k256_set_up, k256_tear_down)

#endif /* KMS_TEST_CRYPTO_WITH_K256_H */
