/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/key_record.h"

#include "common/endian.h"

#include <string.h>

#define BODY_FORMAT 1

void key_record_encode(uint8_t out[KEY_RECORD_LEN], const struct key_record *r)
{
	memset(out, 0, KEY_RECORD_LEN);
	out[0] = BODY_FORMAT;
	out[1] = r->spec;
	out[2] = r->usage;
	out[3] = r->state;
	le16_put(out + 4, r->auth);
	le64_put(out + 16, r->account);
	memcpy(out + 24, r->key.b, sizeof(r->key.b));
	memcpy(out + 56, r->pub, sizeof(r->pub));
}

static bool members_are_known(const struct key_record *r)
{
	return r->spec >= KEY_SPEC_SECP256K1 && r->spec <= KEY_SPEC_P256 &&
	       r->usage == KEY_USAGE_SIGN_VERIFY &&
	       r->state >= KEY_STATE_ENABLED &&
	       r->state <= KEY_STATE_PENDING_DELETION &&
	       !(r->auth >> EVIDENCE_COUNT);
}

enum kms_rc key_record_decode(struct key_record *r,
			      const uint8_t in[KEY_RECORD_LEN])
{
	memset(r, 0, sizeof(*r));
	r->spec = in[1];
	r->usage = in[2];
	r->state = in[3];
	r->auth = le16_get(in + 4);
	r->account = le64_get(in + 16);
	if (in[0] != BODY_FORMAT || le16_get(in + 6) || le64_get(in + 8) ||
	    le64_get(in + 120) || !members_are_known(r))
		return KMS_RC_DECODE;
	memcpy(r->key.b, in + 24, sizeof(r->key.b));
	memcpy(r->pub, in + 56, sizeof(r->pub));
	return KMS_RC_OK;
}
