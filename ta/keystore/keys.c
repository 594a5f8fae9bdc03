/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/keys.h"

#include "common/endian.h"
#include "ta/keystore/device_key.h"

#include <string.h>

static const char info_rec[] = "teekms/rec/1";
static const char info_cert[] = "teekms/cert/1";
static const char info_aik[] = "teekms/aik/1";
static const char info_root[] = "teekms/root/1";

static struct bytes view(const struct secret32 *s)
{
	return bytes_of(s->b, sizeof(s->b));
}

/* A candidate outside the group is as likely as 2^-128; the counter is free. */
static enum kms_rc derive_aik(struct keys *k, struct crypto *c)
{
	uint8_t info[sizeof(info_aik)] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	memcpy(info, info_aik, sizeof(info_aik));
	for (uint8_t counter = 0; counter < 4; counter++) {
		info[sizeof(info_aik) - 1] = counter;
		hkdf(k->aik.b, sizeof(k->aik.b), view(&k->kek),
		     (struct bytes){ 0 }, bytes_of(info, sizeof(info)));
		rc = k256_public(&c->k256, k->aik_pub, &k->aik);
		if (rc != KMS_RC_BAD_INPUT)
			break;
	}
	return rc;
}

enum kms_rc keys_open(struct keys *k, struct crypto *c)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	memset(k, 0, sizeof(*k));
	rc = device_key_derive(&k->kek);
	if (!rc)
		rc = derive_aik(k, c);
	if (rc)
		keys_clear(k);
	return rc;
}

void keys_clear(struct keys *k)
{
	secret_wipe(k, sizeof(*k));
}

void keys_drop_root(struct keys *k)
{
	secret_wipe(&k->root, sizeof(k->root));
	memset(k->domain_id, 0, sizeof(k->domain_id));
	k->root_gen = 0;
	k->has_root = false;
}

enum kms_rc keys_make_root(struct keys *k, struct crypto *c,
			   struct bytes host_entropy)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	rc = drbg_reseed(&c->drbg, host_entropy);
	if (!rc)
		rc = drbg_bytes(&c->drbg, k->root.b, sizeof(k->root.b));
	if (!rc)
		rc = drbg_bytes(&c->drbg, k->domain_id, sizeof(k->domain_id));
	if (rc) {
		keys_drop_root(k);
		return rc;
	}
	k->root_gen = 1;
	k->has_root = true;
	return KMS_RC_OK;
}

static void root_key(const struct keys *k, struct secret32 *key,
		     const uint8_t salt[32])
{
	hkdf(key->b, sizeof(key->b), view(&k->kek), bytes_of(salt, 32),
	     bytes_of(info_root, sizeof(info_root) - 1));
}

enum kms_rc keys_seal_root(const struct keys *k, struct crypto *c,
			   uint8_t out[KEYS_SEALED_ROOT_LEN], struct bytes aad)
{
	struct secret32 key = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	rc = drbg_bytes(&c->drbg, out, 32);
	if (rc)
		goto out;
	root_key(k, &key, out);
	rc = aead_seal(&c->aead, out + 32, out + 64, &key, aad, view(&k->root));
out:
	secret_wipe(&key, sizeof(key));
	return rc;
}

enum kms_rc keys_unseal_root(struct keys *k, struct crypto *c,
			     const uint8_t in[KEYS_SEALED_ROOT_LEN],
			     struct bytes aad)
{
	struct secret32 root = { 0 };
	struct secret32 key = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	root_key(k, &key, in);
	rc = aead_unseal(&c->aead, root.b, &key, aad, bytes_of(in + 32, 32),
			 in + 64);
	if (!rc) {
		k->root = root;
		k->has_root = true;
	}
	secret_wipe(&key, sizeof(key));
	secret_wipe(&root, sizeof(root));
	return rc == KMS_RC_BAD_PROOF ? KMS_RC_STORAGE : rc;
}

void keys_record_key(const struct keys *k, struct secret32 *key,
		     const uint8_t salt[RECORD_SALT_LEN],
		     const uint8_t header[RECORD_HEADER_LEN])
{
	uint8_t info[sizeof(info_rec) - 1 + RECORD_HEADER_LEN];

	memcpy(info, info_rec, sizeof(info_rec) - 1);
	memcpy(info + sizeof(info_rec) - 1, header, RECORD_HEADER_LEN);
	hkdf(key->b, sizeof(key->b), view(&k->root),
	     bytes_of(salt, RECORD_SALT_LEN), bytes_of(info, sizeof(info)));
}

void keys_cert_key(const struct keys *k, struct secret32 *key, uint16_t shard)
{
	uint8_t info[sizeof(info_cert) - 1 + 2];

	memcpy(info, info_cert, sizeof(info_cert) - 1);
	le16_put(info + sizeof(info_cert) - 1, shard);
	hkdf(key->b, sizeof(key->b), view(&k->root), (struct bytes){ 0 },
	     bytes_of(info, sizeof(info)));
}
