/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/crypto/drbg.h"

#include <string.h>
#include <tee_internal_api.h>

#define SEED_LEN  64
#define HALF_LEN  (SEED_LEN / DRBG_HALVES)
#define RESEED_AT 65536
#define RUN_LIMIT 8  /* equal bytes in a row: 2^-50 for an honest source */
#define OFTEN	  24 /* of 64 bytes the same: far below 2^-60 */

/* Longest run of one byte, and the most frequent byte, within limits. */
static bool bytes_vary(const struct secret64 *seed)
{
	uint32_t run = 1;
	uint32_t longest = 1;
	uint32_t most = 0;
	uint32_t same = 0;
	size_t i = 0;
	size_t j = 0;

	/* A seed is judged once; how long that takes tells nothing about it. */
	for (i = 1; i < SEED_LEN; i++) {
		same = seed->b[i] == seed->b[i - 1];
		run = run * same + 1;
		longest = run > longest ? run : longest;
	}
	for (i = 0; i < SEED_LEN; i++) {
		for (same = 0, j = 0; j < SEED_LEN; j++)
			same += seed->b[i] == seed->b[j];
		most = same > most ? same : most;
	}
	return longest < RUN_LIMIT && most < OFTEN;
}

/* A source that stands still repeats a half of a seed, or of the one before. */
static bool is_fresh(const struct secret64 *seed,
		     const struct drbg_seen now[DRBG_HALVES],
		     const struct drbg_seen last[DRBG_HALVES])
{
	bool fresh = bytes_vary(seed) &&
		     !ct_equal(now[0].hash, now[1].hash, SHA256_LEN);

	for (size_t i = 0; i < DRBG_HALVES; i++)
		for (size_t j = 0; j < DRBG_HALVES; j++)
			fresh = fresh && !ct_equal(now[i].hash, last[j].hash,
						   SHA256_LEN);
	return fresh;
}

static enum kms_rc refuse(struct drbg *d)
{
	drbg_clear(d);
	d->failed = true;
	return KMS_RC_ENTROPY;
}

static enum kms_rc take_seed(struct drbg *d, struct secret64 *seed)
{
	struct drbg_seen now[DRBG_HALVES];

	TEE_GenerateRandom(seed->b, sizeof(seed->b));
	for (size_t i = 0; i < DRBG_HALVES; i++)
		sha256_once(now[i].hash, seed->b + i * HALF_LEN, HALF_LEN);
	if (!is_fresh(seed, now, d->last))
		return refuse(d);
	memcpy(d->last, now, sizeof(now));
	d->requests = 0;
	return KMS_RC_OK;
}

enum kms_rc drbg_open(struct drbg *d, struct bytes extra)
{
	enum kms_rc rc = KMS_RC_ENTROPY;
	struct secret64 seed = { 0 };

	*d = (struct drbg){ 0 };
	rc = take_seed(d, &seed);
	if (!rc) {
		hmac_drbg_init(&d->core, bytes_of(seed.b, sizeof(seed.b)),
			       extra);
		d->ready = true;
	}
	secret_wipe(&seed, sizeof(seed));
	return rc;
}

void drbg_clear(struct drbg *d)
{
	secret_wipe(d, sizeof(*d));
}

enum kms_rc drbg_reseed(struct drbg *d, struct bytes extra)
{
	enum kms_rc rc = KMS_RC_ENTROPY;
	struct secret64 seed = { 0 };

	if (!d->ready)
		return refuse(d);
	rc = take_seed(d, &seed);
	if (!rc)
		hmac_drbg_reseed(&d->core, bytes_of(seed.b, sizeof(seed.b)),
				 extra);
	secret_wipe(&seed, sizeof(seed));
	return rc;
}

enum kms_rc drbg_bytes(struct drbg *d, void *out, size_t len)
{
	enum kms_rc rc = KMS_RC_ENTROPY;

	if (!d->ready)
		goto out;
	if (d->requests >= RESEED_AT) {
		rc = drbg_reseed(d, bytes_of(NULL, 0));
		if (rc)
			goto out;
	}
	d->requests++;
	hmac_drbg_generate(&d->core, out, len, bytes_of(NULL, 0));
	rc = KMS_RC_OK;
out:
	if (rc)
		secret_wipe(out, len);
	return rc;
}
