/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secure_time - the TEE's own clock, which the host cannot set
 */

#ifndef KMS_TA_KEYSTORE_SECURE_TIME_H
#define KMS_TA_KEYSTORE_SECURE_TIME_H

#include <stdint.h>

/* Milliseconds since some start; never the REE's time of day. */
uint64_t secure_time_ms(void);
#define SECURE_TIME_STRONG 1000

/* GP's protection level: SECURE_TIME_STRONG: the host has no hand in it. */
uint32_t secure_time_level(void);

#endif /* KMS_TA_KEYSTORE_SECURE_TIME_H */
