/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/seal.h"

#include <string.h>

enum kms_rc seal_record(const struct keys *k, struct crypto *c, struct buf *out,
			const struct record_header *h, struct bytes body)
{
	struct secret32 key = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;
	uint8_t *header = out->ptr;
	uint8_t *salt = header + RECORD_HEADER_LEN;
	uint8_t *cipher = salt + RECORD_SALT_LEN;

	if (out->cap < RECORD_OVERHEAD || body.len > out->cap - RECORD_OVERHEAD)
		return KMS_RC_SHORT_BUFFER;
	record_put_header(header, h);
	rc = drbg_bytes(&c->drbg, salt, RECORD_SALT_LEN);
	if (rc)
		goto out;
	keys_record_key(k, &key, salt, header);
	rc = aead_seal(&c->aead, cipher, cipher + body.len, &key,
		       bytes_of(header, RECORD_HEADER_LEN), body);
	if (!rc)
		out->len = RECORD_OVERHEAD + body.len;
out:
	secret_wipe(&key, sizeof(key));
	return rc;
}

enum kms_rc seal_open(const struct keys *k, struct crypto *c, uint8_t *body,
		      size_t body_len, struct bytes blob)
{
	struct secret32 key = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;
	const uint8_t *salt = blob.ptr + RECORD_HEADER_LEN;
	const uint8_t *cipher = salt + RECORD_SALT_LEN;

	if (blob.len != RECORD_OVERHEAD + body_len)
		return KMS_RC_BAD_PROOF;
	keys_record_key(k, &key, salt, blob.ptr);
	rc = aead_unseal(&c->aead, body, &key,
			 bytes_of(blob.ptr, RECORD_HEADER_LEN),
			 bytes_of(cipher, body_len), cipher + body_len);
	secret_wipe(&key, sizeof(key));
	return rc;
}
