/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/cose_key.h"

#include "codec/cbor.h"

#include <string.h>

/* RFC 9052 7.1, RFC 9053 7.1.1 */
#define LABEL_KTY 1
#define LABEL_ALG 3
#define LABEL_CRV (-1)
#define LABEL_X	  (-2)
#define LABEL_Y	  (-3)

#define KTY_EC2	  2
#define ALG_ES256 (-7)
#define CRV_P256  1

#define MEMBERS 5

enum seen {
	SEEN_KTY = 1 << 0,
	SEEN_ALG = 1 << 1,
	SEEN_CRV = 1 << 2,
	SEEN_X = 1 << 3,
	SEEN_Y = 1 << 4,
	SEEN_ALL = (1 << MEMBERS) - 1,
};

static bool take_coordinate(struct cbor *c, uint8_t out[32])
{
	struct bytes b = cbor_bytes(c);

	if (b.len != 32)
		return false;
	memcpy(out, b.ptr, 32);
	return true;
}

/* The bit of one member, 0 for whatever does not belong here. */
static unsigned int take_member(struct cbor *c, uint8_t pub[64])
{
	switch (cbor_int(c)) {
	case LABEL_KTY:
		return cbor_int(c) == KTY_EC2 ? SEEN_KTY : 0;
	case LABEL_ALG:
		return cbor_int(c) == ALG_ES256 ? SEEN_ALG : 0;
	case LABEL_CRV:
		return cbor_int(c) == CRV_P256 ? SEEN_CRV : 0;
	case LABEL_X:
		return take_coordinate(c, pub) ? SEEN_X : 0;
	case LABEL_Y:
		return take_coordinate(c, pub + 32) ? SEEN_Y : 0;
	default:
		return 0;
	}
}

/*
 * Five members can set five bits only if none is foreign, wrong or there
 * twice.
 */
enum kms_rc cose_key_p256(uint8_t pub[64], size_t *used, struct bytes in)
{
	struct cbor c;
	unsigned int seen = 0;

	cbor_begin(&c, in);
	if (cbor_map(&c) != MEMBERS)
		return KMS_RC_AUTH_FORMAT;
	for (size_t i = 0; i < MEMBERS; i++)
		seen |= take_member(&c, pub);
	if (c.failed || seen != SEEN_ALL)
		return KMS_RC_AUTH_FORMAT;
	*used = in.len - c.rest.len;
	return KMS_RC_OK;
}
