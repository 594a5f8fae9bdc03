/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cose_key - the public key of a passkey (COSE_Key, RFC 9052 7, RFC 9053 7.1)
 *
 * ES256 over P-256 with both coordinates is all that is taken. WebAuthn 6.5.1
 * lets a credential's key have the required members and "alg" only, so the
 * map has exactly those five, each once and in any order.
 */

#ifndef KMS_CODEC_COSE_KEY_H
#define KMS_CODEC_COSE_KEY_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

/*
 * Fills x | y from the key at the start of in and tells how many bytes it
 * took. Whether the point is on the curve stays open. AUTH_FORMAT.
 */
enum kms_rc cose_key_p256(uint8_t pub[64], size_t *used,
			  struct bytes in) KMS_MUST_USE;

#endif /* KMS_CODEC_COSE_KEY_H */
