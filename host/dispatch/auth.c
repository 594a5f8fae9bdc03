/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/auth.h"

#include "common/secret.h"
#include "common/text.h"

#include <string.h>

#define KEY_PREFIX "kms_"
#define PREFIX_LEN (sizeof(KEY_PREFIX) - 1)
#define SIGV4	   "AWS4-HMAC-SHA256"

void auth_init(struct auth *a, const char *env_key, bool required)
{
	*a = (struct auth){ .closed = required };
	if (!env_key || !*env_key)
		return;
	a->closed = true;
	a->has_env_key = true;
	sha256_once(a->env_hash, env_key, strlen(env_key));
}

/* "kms_1a2b3c4d...": the id is what follows the prefix. */
static bool id_of_key(char id[STORE_API_KEY_ID_LEN + 1], struct bytes key)
{
	if (key.len < PREFIX_LEN + STORE_API_KEY_ID_LEN ||
	    !bytes_is_var(bytes_of(key.ptr, PREFIX_LEN), KEY_PREFIX))
		return false;
	for (size_t i = 0; i < STORE_API_KEY_ID_LEN; i++) {
		uint8_t c = key.ptr[PREFIX_LEN + i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')))
			return false;
		id[i] = (char)c;
	}
	id[STORE_API_KEY_ID_LEN] = '\0';
	return true;
}

static void accept_key(struct caller *caller, const uint8_t hash[SHA256_LEN],
		       const char *id)
{
	struct text key_id = { 0 };

	caller->kind = EVIDENCE_API_KEY;
	memcpy(caller->evidence, hash, SHA256_LEN);
	caller->evidence_len = SHA256_LEN;
	text_begin(&key_id, caller->key_id, sizeof(caller->key_id));
	text_put(&key_id, id);
}

static enum kms_rc check_key(const struct auth *a, struct auth_view *view,
			     struct caller *caller, struct bytes key)
{
	struct store_api_key row = { 0 };
	char id[STORE_API_KEY_ID_LEN + 1];
	uint8_t hash[SHA256_LEN];
	enum kms_rc rc = KMS_RC_BAD_CREDENTIAL;

	sha256_once(hash, key.ptr, key.len);
	if (a->has_env_key && ct_equal(hash, a->env_hash, sizeof(hash))) {
		accept_key(caller, hash, "env");
		rc = KMS_RC_OK;
		goto out;
	}
	if (!id_of_key(id, key))
		goto out;
	rc = store_get_api_key(view->reader, &row, id);
	if (rc == KMS_RC_NOT_FOUND)
		rc = KMS_RC_BAD_CREDENTIAL;
	if (rc)
		goto out;
	rc = KMS_RC_BAD_CREDENTIAL;
	if (!row.revoked && ct_equal(hash, row.hash, sizeof(hash))) {
		accept_key(caller, hash, id);
		rc = KMS_RC_OK;
	}
out:
	secret_wipe(hash, sizeof(hash));
	secret_wipe(&row, sizeof(row));
	return rc;
}

/* The number only grows, so that what was closed once needs no more asking. */
static enum kms_rc is_open(bool *open, const struct auth *a,
			   struct auth_view *view)
{
	struct store_api_key_count count = { 0 };
	enum kms_rc rc = KMS_RC_OK;

	*open = a->open;
	if (a->open || a->closed || view->closed)
		return KMS_RC_OK;
	rc = store_count_api_keys(view->reader, &count);
	view->closed = !rc && count.made;
	*open = !rc && !count.made;
	return rc;
}

static bool starts_with(struct bytes text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && bytes_is_var(bytes_of(text.ptr, len), prefix);
}

enum kms_rc auth_check(const struct auth *a, struct auth_view *view,
		       struct caller *caller, bool *sigv4,
		       const struct http_request *req)
{
	unsigned int keys = 0;
	struct bytes key = http_header(req, "x-api-key", &keys);
	struct bytes authorization = http_header(req, "authorization", NULL);
	bool open = false;
	enum kms_rc rc = KMS_RC_NO_CREDENTIAL;

	*caller = (struct caller){ .kind = EVIDENCE_NONE, .key_id = "-" };
	*sigv4 = starts_with(authorization, SIGV4);
	if (keys > 1)
		return KMS_RC_BAD_CREDENTIAL;
	if (keys)
		rc = check_key(a, view, caller, key);
	if (rc != KMS_RC_NO_CREDENTIAL && rc != KMS_RC_BAD_CREDENTIAL)
		return rc;
	/*
	 * Nobody verifies AWS signatures yet, so one proves nothing: it passes
	 * where no credential would, and nowhere else.
	 */
	if (rc == KMS_RC_NO_CREDENTIAL && *sigv4)
		rc = KMS_RC_BAD_CREDENTIAL;
	if (is_open(&open, a, view))
		return KMS_RC_UNAVAILABLE;
	return open ? KMS_RC_OK : rc;
}
