/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p256_point - what has to be known about P-256 numbers before the GP API may
 * see them
 *
 * OP-TEE takes any pair of numbers for a public key and panics the TA when it
 * is used, so a passkey's key is looked at here first. Public data only,
 * except for the private value of p256_is_private().
 */

#ifndef KMS_TA_CRYPTO_P256_POINT_H
#define KMS_TA_CRYPTO_P256_POINT_H

#include "common/secret.h"

/* x | y, both below the field's prime, on the curve. */
bool p256_is_point(const uint8_t pub[64]);

/* 1 to n - 1; time does not depend on the value. */
bool p256_is_private(const struct secret32 *key);

/* r and s both 1 to n - 1. */
bool p256_is_signature(const uint8_t sig[64]);

/* Replaces s by n - s when it is the larger one. */
void p256_lower_s(uint8_t s[32]);

#endif /* KMS_TA_CRYPTO_P256_POINT_H */
