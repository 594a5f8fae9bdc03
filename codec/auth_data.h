/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_data - what an authenticator signs (WebAuthn 6.1)
 *
 * Two forms: that of an assertion, and the attested one of a registration,
 * which brings the new credential. Reading judges the form alone: whose RP,
 * whether the user was there and what the counter means is policy. Reserved
 * flags are left as they are, for authenticators to come. Public data.
 */

#ifndef KMS_CODEC_AUTH_DATA_H
#define KMS_CODEC_AUTH_DATA_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define AUTH_DATA_MIN		    37
#define AUTH_DATA_MAX		    1024
#define AUTH_DATA_CREDENTIAL_ID_MAX 1023 /* WebAuthn 5.8.3 */

enum auth_data_flag {
	AUTH_DATA_UP = 0x01, /* the user was present */
	AUTH_DATA_UV = 0x04, /* ... and verified */
	AUTH_DATA_BE = 0x08, /* the key may be backed up */
	AUTH_DATA_BS = 0x10, /* ... and is; never without BE */
	AUTH_DATA_AT = 0x40, /* a credential is attested */
	AUTH_DATA_ED = 0x80, /* extensions follow */
};

struct auth_data {
	uint8_t rp_id_hash[32];
	uint8_t flags;
	uint32_t sign_count;
	/* Of the attested form only. */
	uint8_t aaguid[16];
	struct bytes credential_id; /* 1 to AUTH_DATA_CREDENTIAL_ID_MAX */
	uint8_t pub[64];	    /* x | y, not known to be on the curve */
	/* A well-formed CBOR map, or absent. */
	struct bytes extensions;
};

/*
 * Fills *out; views borrow data. An assertion has no use for an attested
 * credential, so one is stepped over, whatever its key is. AUTH_FORMAT.
 */
enum kms_rc auth_data_get_assertion(struct auth_data *out,
				    struct bytes data) KMS_MUST_USE;

/* The same with the credential, which has to be there. AUTH_FORMAT. */
enum kms_rc auth_data_get_attested(struct auth_data *out,
				   struct bytes data) KMS_MUST_USE;

#endif /* KMS_CODEC_AUTH_DATA_H */
