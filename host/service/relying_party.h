/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relying_party - for whom passkeys are made, and on which pages
 *
 * What new wallets get; an existing wallet keeps what it was created with.
 */

#ifndef KMS_HOST_SERVICE_RELYING_PARTY_H
#define KMS_HOST_SERVICE_RELYING_PARTY_H

#include "abi/schema.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define RELYING_PARTY_IDS_MAX  8
#define RELYING_PARTY_NAME_MAX 64

struct relying_party {
	unsigned int count; /* 0: no wallets are created */
	char ids[RELYING_PARTY_IDS_MAX][ABI_RP_ID_MAX + 1];
	char name[RELYING_PARTY_NAME_MAX + 1];
	char origins[ABI_ORIGINS_MAX + 1]; /* patterns, with commas between */
};

/*
 * Fills *rp from lists with commas and blanks, each NULL for its default:
 * origins "https://" and the first id, "http://localhost:*" for localhost.
 * CONFIG; *why then tells what is wrong.
 */
enum kms_rc relying_party_read(struct relying_party *rp, const char *ids,
			       const char *name, const char *origins,
			       const char **why) KMS_MUST_USE;

/*
 * The id to offer to a page: the first that its host is or ends in, or else
 * the first one; whether the origin is allowed is judged in the TEE. count
 * is not 0.
 */
const char *relying_party_choose(const struct relying_party *rp,
				 struct bytes origin);

#endif /* KMS_HOST_SERVICE_RELYING_PARTY_H */
