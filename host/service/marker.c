/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/marker.h"

#include "common/base64.h"
#include "common/secret.h"
#include "common/sha256.h"

#include <string.h>

#define SUM_LEN 8
#define RAW_MAX (MARKER_NAME_MAX + SUM_LEN)

static void sum(uint8_t out[SUM_LEN], const char *list, uint64_t account,
		struct bytes name)
{
	static const char domain[] = "teekms/marker/";
	uint8_t digest[SHA256_LEN];
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, domain, sizeof(domain) - 1);
	sha256_update(&s, list, strlen(list) + 1);
	sha256_update(&s, &account, sizeof(account));
	sha256_update(&s, name.ptr, name.len);
	sha256_final(&s, digest);
	memcpy(out, digest, SUM_LEN);
}

void marker_put(struct json_writer *w, const char *list, uint64_t account,
		struct bytes name)
{
	uint8_t raw[RAW_MAX];

	if (name.len > MARKER_NAME_MAX)
		name.len = MARKER_NAME_MAX;
	memcpy(raw, name.ptr, name.len);
	sum(raw + name.len, list, account, name);
	json_put_base64url(w, raw, name.len + SUM_LEN);
}

enum kms_rc marker_get(uint8_t *name, size_t cap, size_t *len, const char *list,
		       uint64_t account, struct bytes text)
{
	uint8_t raw[RAW_MAX];
	uint8_t want[SUM_LEN];
	size_t raw_len = 0;

	if (base64url_decode(raw, sizeof(raw), &raw_len, (const char *)text.ptr,
			     text.len) ||
	    raw_len < SUM_LEN || raw_len - SUM_LEN > cap)
		return KMS_RC_INVALID_MARKER;
	*len = raw_len - SUM_LEN;
	sum(want, list, account, bytes_of(raw, *len));
	if (!ct_equal(want, raw + *len, SUM_LEN))
		return KMS_RC_INVALID_MARKER;
	memcpy(name, raw, *len);
	return KMS_RC_OK;
}
