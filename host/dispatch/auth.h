/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth - who is calling, judged per request so that changes act at once
 *
 * Owns:      the hash of KMS_API_KEY and the decision whether the server is
 *            open: in dev, until there is an API key or one is demanded.
 * Promises:  a presented key is compared by its SHA-256, in constant time. A
 *            database that does not answer opens nothing.
 * Threads:   struct auth is read only; a struct auth_view belongs to one
 *            thread.
 */

#ifndef KMS_HOST_AUTH_H
#define KMS_HOST_AUTH_H

#include "host/http/http.h"
#include "host/service/call.h"
#include "host/store/store.h"

struct auth {
	bool closed; /* production, KMS_REQUIRE_API_KEY or KMS_API_KEY */
	bool open;   /* dev with KMS_ALLOW_OPEN_MODE: whatever keys there are */
	bool has_env_key;
	uint8_t env_hash[SHA256_LEN];
};

/* What one thread knows of the database's keys. */
struct auth_view {
	struct store_reader *reader;
	bool closed; /* there was a key once, if only a revoked one */
};

/* env_key: value of KMS_API_KEY; NULL and "" stand for none. */
void auth_init(struct auth *a, const char *env_key, bool required);

/*
 * Fills *caller. NO_CREDENTIAL, BAD_CREDENTIAL, or what the store said;
 * *sigv4 tells whether the request carries an AWS signature.
 */
enum kms_rc auth_check(const struct auth *a, struct auth_view *view,
		       struct caller *caller, bool *sigv4,
		       const struct http_request *req) KMS_MUST_USE;

#endif /* KMS_HOST_AUTH_H */
