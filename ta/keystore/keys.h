/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys - the key hierarchy of one key domain (spec 3.a.2)
 *
 *   KEK_dev   derived by the TEE for this TA on this device; seals DR
 *   DR        domain root, 32 random bytes made in the TEE
 *   K_rec     one key per sealed record:   HKDF(DR, salt, "rec" | header)
 *   K_cert    one key per shard:           HKDF(DR, "cert" | shard)
 *   AIK       attestation identity key, secp256k1: HKDF(KEK_dev, "aik")
 *
 * Owns: KEK_dev, DR and AIK in TA memory; nothing of them leaves it.
 */

#ifndef KMS_TA_KEYSTORE_KEYS_H
#define KMS_TA_KEYSTORE_KEYS_H

#include "abi/record.h"
#include "common/secret.h"
#include "ta/crypto/crypto.h"

#define KEYS_DOMAIN_ID_LEN 16

struct keys {
	struct secret32 kek;
	struct secret32 root; /* DR */
	struct secret32 aik;
	uint8_t aik_pub[64];
	uint8_t domain_id[KEYS_DOMAIN_ID_LEN];
	uint32_t root_gen;
	bool has_root;
};

/* Derives KEK_dev and AIK. STORAGE when the TEE does not give the key. */
enum kms_rc keys_open(struct keys *k, struct crypto *c) KMS_MUST_USE;
void keys_clear(struct keys *k);
/* Forgets the domain, of which nothing was stored. */
void keys_drop_root(struct keys *k);

/* Makes a new domain root; host_entropy is mixed in, never enough. ENTROPY. */
enum kms_rc keys_make_root(struct keys *k, struct crypto *c,
			   struct bytes host_entropy) KMS_MUST_USE;

#define KEYS_SEALED_ROOT_LEN (32 + 32 + AEAD_TAG_LEN) /* salt | DR | tag */

/* Seals DR under KEK_dev; aad names what it belongs to. ENTROPY, FAULT. */
enum kms_rc keys_seal_root(const struct keys *k, struct crypto *c,
			   uint8_t out[KEYS_SEALED_ROOT_LEN],
			   struct bytes aad) KMS_MUST_USE;
/* STORAGE when it was sealed elsewhere or altered; then *k is as before. */
enum kms_rc keys_unseal_root(struct keys *k, struct crypto *c,
			     const uint8_t in[KEYS_SEALED_ROOT_LEN],
			     struct bytes aad) KMS_MUST_USE;

/* The caller wipes *key. */
void keys_record_key(const struct keys *k, struct secret32 *key,
		     const uint8_t salt[RECORD_SALT_LEN],
		     const uint8_t header[RECORD_HEADER_LEN]);
void keys_cert_key(const struct keys *k, struct secret32 *key, uint16_t shard);

#endif /* KMS_TA_KEYSTORE_KEYS_H */
