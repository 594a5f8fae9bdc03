/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/attestation.h"

#include "codec/cbor.h"

#define MEMBERS 3

enum seen {
	SEEN_FORMAT = 1 << 0,
	SEEN_STATEMENT = 1 << 1,
	SEEN_AUTH_DATA = 1 << 2,
	SEEN_ALL = (1 << MEMBERS) - 1,
};

/* The bit of one member, 0 for a foreign one. */
static unsigned int take_member(struct cbor *c, struct attestation *out)
{
	struct bytes name = cbor_text(c);

	if (bytes_is_var(name, "fmt")) {
		out->format = cbor_text(c);
		return SEEN_FORMAT;
	}
	if (bytes_is_var(name, "attStmt")) {
		out->statement = cbor_skip_map(c);
		return SEEN_STATEMENT;
	}
	if (bytes_is_var(name, "authData")) {
		out->auth_data = cbor_bytes(c);
		return SEEN_AUTH_DATA;
	}
	return 0;
}

/* Three members set three bits only if none is foreign or there twice. */
enum kms_rc attestation_get(struct attestation *out, struct bytes object)
{
	struct cbor c;
	unsigned int seen = 0;

	*out = (struct attestation){ 0 };
	cbor_begin(&c, object);
	if (object.len > ATTESTATION_MAX || cbor_map(&c) != MEMBERS)
		return KMS_RC_AUTH_FORMAT;
	for (size_t i = 0; i < MEMBERS; i++)
		seen |= take_member(&c, out);
	if (seen != SEEN_ALL || !cbor_done(&c))
		return KMS_RC_AUTH_FORMAT;
	return KMS_RC_OK;
}
