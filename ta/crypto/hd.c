/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/hd.h"

#include "common/endian.h"
#include "ta/crypto/bip39.h"
#include "ta/crypto/hmac512.h"

#include <string.h>

/* Halves "I" of BIP-32. */
static void split(struct secret32 *left, struct secret32 *right,
		  const struct secret64 *whole)
{
	memcpy(left->b, whole->b, sizeof(left->b));
	memcpy(right->b, whole->b + sizeof(left->b), sizeof(right->b));
}

/* "I" of a child: hardened children hang on the key, the others on pub. */
static void expand(struct secret64 *out, const struct hd_node *parent,
		   uint32_t index)
{
	static const uint8_t zero;
	struct hmac512 h;
	uint8_t number[4] = { 0 };

	be32_put(number, index);
	hmac512_init(&h, parent->chain.b, sizeof(parent->chain.b));
	if (index & HD_HARDENED) {
		hmac512_update(&h, &zero, 1);
		hmac512_update(&h, parent->key.b, sizeof(parent->key.b));
	} else {
		hmac512_update(&h, parent->pub, sizeof(parent->pub));
	}
	hmac512_update(&h, number, sizeof(number));
	hmac512_final(&h, out->b);
	secret_wipe(&h, sizeof(h));
}

/* Key and chain code, and the key's x | y; node->pub is left alone. */
static enum kms_rc step(struct k256 *k, struct hd_node *node, uint8_t pub[64],
			const struct hd_node *parent, uint32_t index)
{
	enum kms_rc rc = KMS_RC_FAULT;
	struct secret64 whole = { 0 };
	struct secret32 tweak = { 0 };

	expand(&whole, parent, index);
	node->key = parent->key;
	split(&tweak, &node->chain, &whole);
	rc = k256_tweak_add(k, &node->key, &tweak);
	if (!rc)
		rc = k256_public(k, pub, &node->key);
	secret_wipe(&whole, sizeof(whole));
	secret_wipe(&tweak, sizeof(tweak));
	return rc ? KMS_RC_FAULT : KMS_RC_OK;
}

enum kms_rc hd_master(struct k256 *k, struct hd_node *node, struct bytes seed)
{
	static const char salt[] = "Bitcoin seed";
	enum kms_rc rc = KMS_RC_FAULT;
	struct secret64 whole = { 0 };
	uint8_t pub[64] = { 0 };

	hmac512_once(whole.b, salt, sizeof(salt) - 1, seed.ptr, seed.len);
	split(&node->key, &node->chain, &whole);
	rc = k256_public(k, pub, &node->key);
	if (rc) {
		secret_wipe(node, sizeof(*node));
		rc = KMS_RC_FAULT;
		goto out;
	}
	k256_compress(node->pub, pub);
out:
	secret_wipe(&whole, sizeof(whole));
	return rc;
}

enum kms_rc hd_child(struct k256 *k, struct hd_node *child,
		     const struct hd_node *parent, uint32_t index)
{
	enum kms_rc rc = KMS_RC_FAULT;
	struct hd_node made = { 0 };
	uint8_t pub[64] = { 0 };

	rc = step(k, &made, pub, parent, index);
	if (rc)
		secret_wipe(&made, sizeof(made));
	else
		k256_compress(made.pub, pub);
	*child = made;
	secret_wipe(&made, sizeof(made));
	return rc;
}

static enum kms_rc account_node(struct k256 *k, struct hd_node *node,
				const struct secret32 *entropy)
{
	static const uint32_t path[] = { 44, 60, 0 };
	enum kms_rc rc = KMS_RC_FAULT;
	struct secret64 seed = { 0 };
	size_t i = 0;

	bip39_seed(&seed, entropy);
	rc = hd_master(k, node, bytes_of(seed.b, sizeof(seed.b)));
	for (i = 0; !rc && i < ARRAY_LEN(path); i++)
		rc = hd_child(k, node, node, path[i] | HD_HARDENED);
	secret_wipe(&seed, sizeof(seed));
	return rc;
}

enum kms_rc hd_account_node(struct k256 *k, struct hd_node *node,
			    const struct secret32 *entropy)
{
	/* volatile: the compiler may not merge the two. */
	const struct secret32 *volatile again = entropy;
	struct hd_node check = { 0 };
	enum kms_rc rc = account_node(k, node, entropy);

	if (!rc)
		rc = account_node(k, &check, again);
	if (!rc && !ct_equal(&check, node, sizeof(check)))
		rc = KMS_RC_FAULT;
	if (rc)
		secret_wipe(node, sizeof(*node));
	secret_wipe(&check, sizeof(check));
	return rc;
}

enum kms_rc hd_leaf(struct k256 *k, struct secret32 *key, uint8_t pub[64],
		    const struct hd_node *node, uint32_t account,
		    uint32_t index)
{
	enum kms_rc rc = KMS_RC_BAD_INPUT;
	struct hd_node branch = { 0 };
	struct hd_node leaf = { 0 };

	if ((account | index) & HD_HARDENED)
		goto out;
	rc = hd_child(k, &branch, node, account);
	if (rc)
		goto out;
	rc = step(k, &leaf, pub, &branch, index);
	if (rc)
		secret_wipe(&leaf, sizeof(leaf));
out:
	*key = leaf.key;
	if (rc)
		memset(pub, 0, 64);
	secret_wipe(&branch, sizeof(branch));
	secret_wipe(&leaf, sizeof(leaf));
	return rc;
}

enum kms_rc hd_check_leaf(struct k256 *k, const uint8_t pub[64],
			  const struct hd_node *node, uint32_t account,
			  uint32_t index)
{
	struct secret32 key = { 0 };
	uint8_t again[64] = { 0 };
	enum kms_rc rc = hd_leaf(k, &key, again, node, account, index);

	secret_wipe(&key, sizeof(key));
	if (!rc && !ct_equal(again, pub, sizeof(again)))
		rc = KMS_RC_FAULT;
	return rc;
}
