/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/der.h"

#include <string.h>

#define TAG_INTEGER  0x02
#define TAG_SEQUENCE 0x30

/* SEQUENCE { SEQUENCE { id-ecPublicKey, curve }, BIT STRING { 04 */
static const uint8_t k256_head[] = { 0x30, 0x56, 0x30, 0x10, 0x06, 0x07,
				     0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
				     0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
				     0x00, 0x0a, 0x03, 0x42, 0x00, 0x04 };
static const uint8_t p256_head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
				     0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
				     0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
				     0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };

/* Writes one minimal positive INTEGER; gives its length, 3 to 35. */
static size_t put_integer(uint8_t *out, const uint8_t number[32])
{
	size_t skip = 0;
	size_t len = 0;
	bool pad = false;

	while (skip < 31 && !number[skip])
		skip++;
	pad = number[skip] & 0x80; /* or it would be negative */
	len = 32 - skip + pad;
	out[0] = TAG_INTEGER;
	out[1] = (uint8_t)len;
	out[2] = 0;
	memcpy(out + 2 + pad, number + skip, 32 - skip);
	return 2 + len;
}

size_t der_put_ecdsa(uint8_t out[DER_ECDSA_MAX], const uint8_t rs[64])
{
	size_t len = 2;

	len += put_integer(out + len, rs);
	len += put_integer(out + len, rs + 32);
	out[0] = TAG_SEQUENCE;
	out[1] = (uint8_t)(len - 2);
	return len;
}

/* Takes one minimal positive INTEGER off *in. */
static bool get_integer(uint8_t number[32], struct bytes *in)
{
	const uint8_t *p = in->ptr;
	size_t len = 0;

	if (in->len < 3 || p[0] != TAG_INTEGER)
		return false;
	len = p[1];
	if (!len || len > 33 || len > in->len - 2 || (p[2] & 0x80))
		return false;
	in->ptr += 2 + len;
	in->len -= 2 + len;
	p += 2;
	if (len > 1 && !p[0]) {
		if (!(p[1] & 0x80))
			return false;
		p++;
		len--;
	}
	if (len > 32)
		return false;
	memset(number, 0, 32 - len);
	memcpy(number + 32 - len, p, len);
	return true;
}

enum kms_rc der_get_ecdsa(uint8_t rs[64], struct bytes der)
{
	struct bytes in = { 0 };

	if (der.len < 2 || der.len > DER_ECDSA_MAX ||
	    der.ptr[0] != TAG_SEQUENCE || der.ptr[1] != der.len - 2)
		return KMS_RC_BAD_INPUT;
	in = bytes_of(der.ptr + 2, der.len - 2);
	if (!get_integer(rs, &in) || !get_integer(rs + 32, &in) || in.len)
		return KMS_RC_BAD_INPUT;
	return KMS_RC_OK;
}

static struct bytes spki_head(enum der_curve curve)
{
	return curve == DER_K256 ? bytes_of(k256_head, sizeof(k256_head))
				 : bytes_of(p256_head, sizeof(p256_head));
}

size_t der_put_spki(uint8_t out[DER_SPKI_MAX], enum der_curve curve,
		    const uint8_t xy[64])
{
	struct bytes head = spki_head(curve);

	memcpy(out, head.ptr, head.len);
	memcpy(out + head.len, xy, 64);
	return head.len + 64;
}

enum kms_rc der_get_spki(enum der_curve *curve, uint8_t xy[64],
			 struct bytes der)
{
	struct bytes head = { 0 };

	*curve = der.len == DER_SPKI_K256_LEN ? DER_K256 : DER_P256;
	head = spki_head(*curve);
	if (der.len != head.len + 64 ||
	    !bytes_equal_var(head, bytes_of(der.ptr, head.len)))
		return KMS_RC_BAD_INPUT;
	memcpy(xy, der.ptr + head.len, 64);
	return KMS_RC_OK;
}
