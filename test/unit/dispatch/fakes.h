/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fakes - http, store and service as dispatch sees them, without any of them
 */

#ifndef KMS_TEST_DISPATCH_FAKES_H
#define KMS_TEST_DISPATCH_FAKES_H

#include "host/http/http.h"
#include "host/service/ops.h"
#include "host/service/wallet_ops.h"
#include "host/store/store.h"

struct fakes {
	/* what http_answer() was given */
	unsigned int answers;
	unsigned int status;
	char content_type[64];
	char extra[512];
	char body[70000];
	/* what the store holds and says */
	struct store_api_key keys[4];
	size_t key_count;
	enum kms_rc store_rc;
	unsigned int store_calls;
	uint64_t now_ns;
	uint64_t tee_ns; /* of a signature */
	/* what the service saw, and how it ends the call */
	unsigned int runs;
	const char *ran;
	struct call *pending; /* when later is set */
	bool later;
	enum kms_rc rc;
	const char *message;
	const char *out; /* raw JSON, NULL: an empty answer */
	struct caller caller;
	struct sign_in sign;
	struct list_keys_in list_keys;
	struct create_key_in create_key;
	struct op_tag tags[4];
	struct sign_wallet_in sign_wallet;
	bool admitted;
	bool aws;
	unsigned int counted; /* calls of service_count() */
	const char *address;  /* of the wallet whose uuid is all zeros */
	unsigned int wallets_asked_for;
};

extern struct fakes fakes;

/* Everything as at start: no keys, time stands at one second. */
void fakes_reset(void);

#endif /* KMS_TEST_DISPATCH_FAKES_H */
