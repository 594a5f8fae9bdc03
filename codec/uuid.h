/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uuid - the text of a UUID and the marks of a random one (RFC 9562)
 */

#ifndef KMS_CODEC_UUID_H
#define KMS_CODEC_UUID_H

#include "common/bytes.h"

#include <stdint.h>

#define UUID_LEN      16
#define UUID_TEXT_LEN 36 /* without NUL */

/* Lower case, and a NUL. */
void uuid_put(char out[UUID_TEXT_LEN + 1], const uint8_t uuid[UUID_LEN]);

/* Lower case only, so that an id has one spelling. */
bool uuid_get(uint8_t uuid[UUID_LEN], struct bytes text);

/* Makes random bytes a UUID of version 4 (section 5.4). */
void uuid_mark_random(uint8_t uuid[UUID_LEN]);

#endif /* KMS_CODEC_UUID_H */
