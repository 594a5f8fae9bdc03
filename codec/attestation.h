/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attestation - the attestation object of a new passkey (WebAuthn 6.5)
 *
 * A CBOR map of exactly three members, each once and in any order: which
 * statement format, the statement, and the authenticator data. We ask for no
 * attestation, so the statement has to be a well-formed map and is not
 * judged. Public data.
 */

#ifndef KMS_CODEC_ATTESTATION_H
#define KMS_CODEC_ATTESTATION_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define ATTESTATION_MAX 8192 /* room for a statement with certificates */

struct attestation {
	struct bytes format;
	struct bytes statement; /* the CBOR map */
	struct bytes auth_data; /* for auth_data_get_attested() */
};

/* Fills *out, whose views borrow object. AUTH_FORMAT. */
enum kms_rc attestation_get(struct attestation *out,
			    struct bytes object) KMS_MUST_USE;

#endif /* KMS_CODEC_ATTESTATION_H */
