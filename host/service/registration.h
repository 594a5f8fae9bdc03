/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registration - what navigator.credentials.create() gave (WebAuthn 7.1)
 *
 * The attestation object is read twice: by libcbor, and by the reader of
 * codec/ that the TEE uses as well. Where they do not agree it is refused, so
 * that neither's mistake becomes a wallet's key.
 */

#ifndef KMS_HOST_SERVICE_REGISTRATION_H
#define KMS_HOST_SERVICE_REGISTRATION_H

#include "codec/auth_data.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

struct registration {
	struct bytes auth_data; /* of the attestation object */
	struct auth_data auth;	/* its views, too, borrow the object */
};

/* Fills *out. AUTH_FORMAT, NO_MEMORY. */
enum kms_rc registration_read(struct registration *out,
			      struct bytes attestation_object) KMS_MUST_USE;

/*
 * The same by libcbor alone, for tests: x | y of the credential's key and the
 * authenticator data, a view of the object.
 */
enum kms_rc registration_read_cbor(uint8_t pub[64], struct bytes *auth_data,
				   struct bytes object) KMS_MUST_USE;

#endif /* KMS_HOST_SERVICE_REGISTRATION_H */
