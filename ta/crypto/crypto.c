/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/crypto.h"

enum kms_rc crypto_open(struct crypto *c)
{
	enum kms_rc rc = KMS_RC_FAULT;

	*c = (struct crypto){ 0 };
	rc = drbg_open(&c->drbg, bytes_of(NULL, 0));
	if (!rc)
		rc = k256_open(&c->k256, &c->drbg);
	if (!rc)
		rc = p256_open(&c->p256);
	if (!rc)
		rc = aead_start(&c->aead);
	if (rc)
		crypto_clear(c);
	return rc;
}

void crypto_clear(struct crypto *c)
{
	aead_clear(&c->aead);
	p256_clear(&c->p256);
	k256_clear(&c->k256);
	drbg_clear(&c->drbg);
}
