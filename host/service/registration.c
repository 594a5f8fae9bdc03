/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/registration.h"

#include "codec/attestation.h"
#include "common/endian.h"

#include <cbor.h>
#include <string.h>

#define ID_LEN_AT 53 /* of the credential id's length (WebAuthn 6.5.2) */
#define ID_AT	  55

/* COSE_Key (RFC 9052 7.1, RFC 9053 7.1.1), labels and values. */
#define COSE_KTY     1
#define COSE_ALG     3
#define COSE_CRV     (-1)
#define COSE_X	     (-2)
#define COSE_Y	     (-3)
#define COSE_EC2     2
#define COSE_ES256   (-7)
#define COSE_P256    1
#define COSE_MEMBERS 5

static bool get_int(int64_t *out, const cbor_item_t *item)
{
	uint64_t value = 0;

	if (!cbor_is_int(item))
		return false;
	value = cbor_get_int(item);
	if (value > INT32_MAX)
		return false;
	*out = cbor_isa_negint(item) ? -1 - (int64_t)value : (int64_t)value;
	return true;
}

/* The value of a label; NULL when it is not there exactly once. */
static cbor_item_t *find_label(const cbor_item_t *map, int64_t label)
{
	const struct cbor_pair *pairs = cbor_map_handle(map);
	cbor_item_t *found = NULL;
	int64_t key = 0;

	for (size_t i = 0; i < cbor_map_size(map); i++) {
		if (!get_int(&key, pairs[i].key) || key != label)
			continue;
		if (found)
			return NULL;
		found = pairs[i].value;
	}
	return found;
}

static bool label_is(const cbor_item_t *map, int64_t label, int64_t want)
{
	const cbor_item_t *item = find_label(map, label);
	int64_t value = 0;

	return item && get_int(&value, item) && value == want;
}

static bool get_coordinate(uint8_t out[32], const cbor_item_t *map,
			   int64_t label)
{
	const cbor_item_t *item = find_label(map, label);

	if (!item || !cbor_isa_bytestring(item) ||
	    !cbor_bytestring_is_definite(item) ||
	    cbor_bytestring_length(item) != 32)
		return false;
	memcpy(out, cbor_bytestring_handle(item), 32);
	return true;
}

static bool read_cose(uint8_t pub[64], const cbor_item_t *key)
{
	return cbor_isa_map(key) && cbor_map_size(key) == COSE_MEMBERS &&
	       label_is(key, COSE_KTY, COSE_EC2) &&
	       label_is(key, COSE_ALG, COSE_ES256) &&
	       label_is(key, COSE_CRV, COSE_P256) &&
	       get_coordinate(pub, key, COSE_X) &&
	       get_coordinate(pub + 32, key, COSE_Y);
}

/* The credential's key behind its id. */
static enum kms_rc read_key(uint8_t pub[64], struct bytes auth_data)
{
	struct cbor_load_result result = { 0 };
	cbor_item_t *key = NULL;
	size_t at = ID_AT;
	enum kms_rc rc = KMS_RC_AUTH_FORMAT;

	if (auth_data.len < ID_AT)
		return rc;
	at += (size_t)auth_data.ptr[ID_LEN_AT] << 8 |
	      auth_data.ptr[ID_LEN_AT + 1];
	if (at >= auth_data.len)
		return rc;
	key = cbor_load(auth_data.ptr + at, auth_data.len - at, &result);
	if (!key)
		return rc;
	if (read_cose(pub, key))
		rc = KMS_RC_OK;
	cbor_decref(&key);
	return rc;
}

static bool is_text(const cbor_item_t *item, const char *want)
{
	return cbor_isa_string(item) && cbor_string_is_definite(item) &&
	       bytes_is_var(bytes_of(cbor_string_handle(item),
				     cbor_string_length(item)),
			    want);
}

/* Where the map's "authData" stands in the text it was read from. */
static enum kms_rc find_auth_data(struct bytes *auth_data,
				  const cbor_item_t *map, struct bytes object)
{
	const struct cbor_pair *pairs = cbor_map_handle(map);
	const cbor_item_t *found = NULL;
	const uint8_t *at = NULL;
	size_t len = 0;

	for (size_t i = 0; i < cbor_map_size(map); i++) {
		if (!is_text(pairs[i].key, "authData"))
			continue;
		if (found)
			return KMS_RC_AUTH_FORMAT;
		found = pairs[i].value;
	}
	if (!found || !cbor_isa_bytestring(found) ||
	    !cbor_bytestring_is_definite(found))
		return KMS_RC_AUTH_FORMAT;
	len = cbor_bytestring_length(found);
	at = memmem(object.ptr, object.len, cbor_bytestring_handle(found), len);
	if (!at || !len)
		return KMS_RC_AUTH_FORMAT;
	*auth_data = bytes_of(at, len);
	return KMS_RC_OK;
}

enum kms_rc registration_read_cbor(uint8_t pub[64], struct bytes *auth_data,
				   struct bytes object)
{
	struct cbor_load_result result = { 0 };
	cbor_item_t *map = cbor_load(object.ptr, object.len, &result);
	enum kms_rc rc = KMS_RC_AUTH_FORMAT;

	if (!map)
		return result.error.code == CBOR_ERR_MEMERROR ? KMS_RC_NO_MEMORY
							      : rc;
	if (cbor_isa_map(map) && result.read == object.len)
		rc = find_auth_data(auth_data, map, object);
	cbor_decref(&map);
	return rc ? rc : read_key(pub, *auth_data);
}

enum kms_rc registration_read(struct registration *out, struct bytes object)
{
	struct attestation att = { 0 };
	struct bytes auth_data = { 0 };
	uint8_t pub[64] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	/*
	 * The strict reader goes first: it bounds lengths and depth before a
	 * library with a heap sees them.
	 */
	rc = attestation_get(&att, object);
	if (!rc)
		rc = auth_data_get_attested(&out->auth, att.auth_data);
	if (!rc)
		rc = registration_read_cbor(pub, &auth_data, object);
	if (rc)
		return rc;
	if (!bytes_equal_var(auth_data, att.auth_data) ||
	    !bytes_equal_var(bytes_of(pub, sizeof(pub)),
			     bytes_of(out->auth.pub, sizeof(out->auth.pub))))
		return KMS_RC_AUTH_FORMAT;
	out->auth_data = att.auth_data;
	return KMS_RC_OK;
}
