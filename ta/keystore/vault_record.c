/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/vault_record.h"

#include <string.h>

#define BODY_FORMAT 1
#define AT_ENTROPY  8

void vault_record_encode(uint8_t out[VAULT_RECORD_LEN],
			 const struct secret32 *entropy)
{
	memset(out, 0, VAULT_RECORD_LEN);
	out[0] = BODY_FORMAT;
	memcpy(out + AT_ENTROPY, entropy->b, sizeof(entropy->b));
}

enum kms_rc vault_record_decode(struct secret32 *entropy,
				const uint8_t in[VAULT_RECORD_LEN])
{
	size_t end = AT_ENTROPY + sizeof(entropy->b);

	memset(entropy, 0, sizeof(*entropy));
	if (in[0] != BODY_FORMAT || !ct_is_zero(in + 1, AT_ENTROPY - 1) ||
	    !ct_is_zero(in + end, VAULT_RECORD_LEN - end))
		return KMS_RC_DECODE;
	memcpy(entropy->b, in + AT_ENTROPY, sizeof(entropy->b));
	return KMS_RC_OK;
}
