/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/auth_data.h"

#include "codec/cbor.h"
#include "codec/cose_key.h"

#include <string.h>

static bool take(struct bytes *rest, struct bytes *out, size_t len)
{
	if (len > rest->len)
		return false;
	*out = bytes_of(rest->ptr, len);
	rest->ptr += len;
	rest->len -= len;
	return true;
}

/* A number of len bytes, big-endian as all of them here. */
static bool take_number(struct bytes *rest, uint32_t *out, size_t len)
{
	struct bytes b = { 0 };

	if (!take(rest, &b, len))
		return false;
	*out = 0;
	for (size_t i = 0; i < len; i++)
		*out = *out << 8 | b.ptr[i];
	return true;
}

static bool take_array(struct bytes *rest, uint8_t *out, size_t len)
{
	struct bytes b = { 0 };

	if (!take(rest, &b, len))
		return false;
	memcpy(out, b.ptr, len);
	return true;
}

/* One CBOR map off the front. */
static bool take_map(struct bytes *rest, struct bytes *map)
{
	struct cbor c;

	cbor_begin(&c, *rest);
	*map = cbor_skip_map(&c);
	*rest = c.rest;
	return !c.failed;
}

/* What both forms begin with. */
static bool take_fixed(struct auth_data *out, struct bytes *rest)
{
	*out = (struct auth_data){ 0 };
	if (rest->len < AUTH_DATA_MIN || rest->len > AUTH_DATA_MAX)
		return false;
	if (!take_array(rest, out->rp_id_hash, sizeof(out->rp_id_hash)) ||
	    !take_array(rest, &out->flags, 1) ||
	    !take_number(rest, &out->sign_count, 4))
		return false;
	/* WebAuthn 6.1.3: backed up without being allowed to cannot be. */
	return !(out->flags & AUTH_DATA_BS) || (out->flags & AUTH_DATA_BE);
}

/* The attested credential up to its key. */
static bool take_credential(struct auth_data *out, struct bytes *rest)
{
	uint32_t len = 0;

	return take_array(rest, out->aaguid, sizeof(out->aaguid)) &&
	       take_number(rest, &len, 2) && len &&
	       len <= AUTH_DATA_CREDENTIAL_ID_MAX &&
	       take(rest, &out->credential_id, len);
}

static bool skip_credential(uint8_t flags, struct bytes *rest)
{
	struct auth_data unused = { 0 };
	struct bytes key = { 0 };

	if (!(flags & AUTH_DATA_AT))
		return true;
	return take_credential(&unused, rest) && take_map(rest, &key);
}

/* The extensions, if the flag announces some, are the last there is. */
static bool take_end(struct auth_data *out, struct bytes *rest)
{
	if ((out->flags & AUTH_DATA_ED) && !take_map(rest, &out->extensions))
		return false;
	return !rest->len;
}

enum kms_rc auth_data_get_assertion(struct auth_data *out, struct bytes data)
{
	if (!take_fixed(out, &data) || !skip_credential(out->flags, &data) ||
	    !take_end(out, &data))
		return KMS_RC_AUTH_FORMAT;
	return KMS_RC_OK;
}

enum kms_rc auth_data_get_attested(struct auth_data *out, struct bytes data)
{
	struct bytes key = { 0 };
	size_t used = 0;

	if (!take_fixed(out, &data) || !(out->flags & AUTH_DATA_AT) ||
	    !take_credential(out, &data) ||
	    cose_key_p256(out->pub, &used, data) || !take(&data, &key, used) ||
	    !take_end(out, &data))
		return KMS_RC_AUTH_FORMAT;
	return KMS_RC_OK;
}
