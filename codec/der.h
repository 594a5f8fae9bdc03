/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der - the two DER structures of this project, for 256-bit curves
 *
 * An ECDSA signature (two INTEGERs) and a SubjectPublicKeyInfo, both with
 * short-form lengths only: some wallets read nothing else. Reading takes only
 * what writing makes, so a value has exactly one encoding. Public data.
 */

#ifndef KMS_CODEC_DER_H
#define KMS_CODEC_DER_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define DER_ECDSA_MAX	  72
#define DER_SPKI_K256_LEN 88
#define DER_SPKI_P256_LEN 91
#define DER_SPKI_MAX	  DER_SPKI_P256_LEN

enum der_curve { DER_K256, DER_P256 };

/* Writes r | s as a signature; gives its length, 8 to DER_ECDSA_MAX. */
size_t der_put_ecdsa(uint8_t out[DER_ECDSA_MAX], const uint8_t rs[64]);

/* Reads a signature into r | s; any numbers below 2^256. BAD_INPUT. */
enum kms_rc der_get_ecdsa(uint8_t rs[64], struct bytes der) KMS_MUST_USE;

/* Writes x | y as a named-curve, uncompressed key; gives its length. */
size_t der_put_spki(uint8_t out[DER_SPKI_MAX], enum der_curve curve,
		    const uint8_t xy[64]);

/* Reads such a key; whether the point is on the curve stays open. BAD_INPUT. */
enum kms_rc der_get_spki(enum der_curve *curve, uint8_t xy[64],
			 struct bytes der) KMS_MUST_USE;

#endif /* KMS_CODEC_DER_H */
