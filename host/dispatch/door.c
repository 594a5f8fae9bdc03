/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/door.h"

#include "codec/uuid.h"
#include "host/dispatch/rate_limit.h"
#include "host/service/service.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_LEN 256

struct door {
	/* NULL: not counted */
	struct rate_limit *callers;
	struct rate_limit *addresses;
	struct rate_limit *wallets;
};

static enum kms_rc make(struct rate_limit **out, unsigned int per_minute,
			unsigned int identities_max)
{
	if (per_minute == DOOR_OPEN)
		return KMS_RC_OK;
	return rate_limit_new(out, per_minute, identities_max);
}

enum kms_rc door_new(struct door **out, const struct door_config *config)
{
	struct door *d = mem_zalloc(1, sizeof(*d));
	unsigned int max = config->identities_max;
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	*out = NULL;
	if (!d)
		return rc;
	rc = make(&d->callers, config->per_caller, max);
	if (!rc)
		rc = make(&d->addresses, config->per_address, max);
	if (!rc)
		rc = make(&d->wallets, config->per_wallet, max);
	if (rc)
		door_free(&d);
	*out = d;
	return rc;
}

void door_free(struct door **d)
{
	if (!*d)
		return;
	rate_limit_free(&(*d)->callers);
	rate_limit_free(&(*d)->addresses);
	rate_limit_free(&(*d)->wallets);
	mem_free(*d);
	*d = NULL;
}

static enum kms_rc count(struct rate_limit *r, struct door_refusal *refusal,
			 struct bytes identity, uint64_t now_ns)
{
	if (!r)
		return KMS_RC_OK;
	refusal->per_minute = rate_limit_per_minute(r);
	return rate_limit_take(r, identity, now_ns, &refusal->wait_s);
}

/* "127.0.0.1:50000" without the port. */
static struct bytes address_of(const struct http_request *req)
{
	size_t len = strnlen(req->peer, sizeof(req->peer));
	const char *colon = memrchr(req->peer, ':', len);

	return bytes_of(req->peer, colon ? (size_t)(colon - req->peer) : len);
}

static struct bytes caller_of(const struct call *call,
			      const struct http_request *req)
{
	const struct caller *c = &call->caller;

	return c->kind == EVIDENCE_API_KEY
		       ? bytes_of(c->evidence, c->evidence_len)
		       : address_of(req);
}

static void give_back(struct rate_limit *r, bool taken, struct bytes identity)
{
	if (r && taken)
		rate_limit_give_back(r, identity);
}

enum kms_rc door_enter(struct door *d, struct door_refusal *refusal,
		       const struct call *call, const struct http_request *req)
{
	uint64_t now_ns = http_now_ns();
	bool counts_caller = call->op->rate & RATE_CALLER;
	enum kms_rc rc = KMS_RC_OK;

	if (counts_caller)
		rc = count(d->callers, refusal, caller_of(call, req), now_ns);
	if (rc || !(call->op->rate & RATE_ADDRESS))
		return rc;
	rc = count(d->addresses, refusal, address_of(req), now_ns);
	if (rc)
		give_back(d->callers, counts_caller, caller_of(call, req));
	return rc;
}

/*
 * One spelling for each name: without escapes and case, and of an ARN what
 * follows its slash. What is longer than any name is counted as one.
 */
static struct bytes normalise(char text[NAME_MAX_LEN],
			      const struct json_value *name)
{
	size_t len = 0;
	size_t from = 0;

	if (json_string(name, text, NAME_MAX_LEN, &len))
		return bytes_of("", 0);
	for (size_t i = 0; i < len; i++) {
		text[i] = (char)tolower((unsigned char)text[i]);
		if (text[i] == '/')
			from = i + 1;
	}
	return bytes_of(text + from, len - from);
}

/*
 * The KeyId, which counts for the wallet, or that of the Address. A name that
 * nobody has counts for itself.
 */
static bool name_wallet(char text[NAME_MAX_LEN], struct bytes *out,
			struct call *call, const struct json_value *body)
{
	struct json_value name = json_member(body, "KeyId");
	bool by_address = name.type != JSON_STRING;
	uint8_t uuid[ABI_UUID_LEN];

	if (by_address)
		name = json_member(body, "Address");
	if (name.type != JSON_STRING)
		return false;
	*out = normalise(text, &name);
	if (by_address && service_wallet_of(call, uuid, *out)) {
		uuid_put(text, uuid);
		*out = bytes_of(text, UUID_TEXT_LEN);
	}
	return true;
}

enum kms_rc door_enter_wallet(struct door *d, struct door_refusal *refusal,
			      struct call *call, const struct http_request *req,
			      const struct json_value *body)
{
	struct bytes name = { 0 };
	unsigned int rate = call->op->rate;
	char text[NAME_MAX_LEN];
	enum kms_rc rc = KMS_RC_OK;

	if (!d->wallets || !(rate & RATE_WALLET) ||
	    !name_wallet(text, &name, call, body))
		return rc;
	rc = count(d->wallets, refusal, name, http_now_ns());
	if (!rc)
		return rc;
	give_back(d->callers, rate & RATE_CALLER, caller_of(call, req));
	give_back(d->addresses, rate & RATE_ADDRESS, address_of(req));
	return rc;
}
