/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/dispatch/fakes.h"

#include "host/service/service.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

struct fakes fakes;

void fakes_reset(void)
{
	fakes = (struct fakes){ .now_ns = 1000000000 };
}

uint64_t http_now_ns(void)
{
	return fakes.now_ns;
}

struct bytes http_header(const struct http_request *req, const char *name,
			 unsigned int *count)
{
	struct bytes found = { 0 };
	unsigned int n = 0;

	for (size_t i = 0; i < req->header_count; i++) {
		const struct http_header *h = &req->headers[i];
		bool same = h->name.len == strlen(name);

		for (size_t k = 0; same && k < h->name.len; k++)
			same = tolower(h->name.ptr[k]) == name[k];
		if (!same)
			continue;
		if (!n++)
			found = h->value;
	}
	if (count)
		*count = n;
	return found;
}

void http_answer(struct http_request *req, const struct http_answer *answer)
{
	(void)req;
	fakes.answers++;
	fakes.status = answer->status;
	snprintf(fakes.content_type, sizeof(fakes.content_type), "%s",
		 answer->content_type ? answer->content_type : "");
	snprintf(fakes.extra, sizeof(fakes.extra), "%s",
		 answer->extra ? answer->extra : "");
	snprintf(fakes.body, sizeof(fakes.body), "%.*s", (int)answer->body.len,
		 (const char *)answer->body.ptr);
}

enum kms_rc store_reader_open(struct store_reader **r, struct store *s)
{
	(void)s;
	*r = NULL;
	return KMS_RC_OK;
}

void store_reader_close(struct store_reader **r)
{
	*r = NULL;
}

enum kms_rc store_get_api_key(struct store_reader *r, struct store_api_key *out,
			      const char *id)
{
	(void)r;
	fakes.store_calls++;
	if (fakes.store_rc)
		return fakes.store_rc;
	for (size_t i = 0; i < fakes.key_count; i++) {
		if (fakes.keys[i].revoked || strcmp(fakes.keys[i].id, id))
			continue;
		*out = fakes.keys[i];
		return KMS_RC_OK;
	}
	return KMS_RC_NOT_FOUND;
}

enum kms_rc store_count_api_keys(struct store_reader *r,
				 struct store_api_key_count *count)
{
	(void)r;
	fakes.store_calls++;
	count->made = fakes.key_count;
	return fakes.store_rc;
}

bool service_wallet_of(struct call *call, uint8_t uuid[ABI_UUID_LEN],
		       struct bytes address)
{
	(void)call;
	fakes.wallets_asked_for++;
	memset(uuid, 0, ABI_UUID_LEN);
	return fakes.address && bytes_is_var(address, fakes.address);
}

static void end_call(struct call *call)
{
	if (fakes.message) {
		call_fail(call, fakes.rc, "%s", fakes.message);
		return;
	}
	if (fakes.out)
		json_put_raw(&call->out, bytes_of_text(fakes.out));
	call_done(call, fakes.rc);
}

static void run(struct call *call, const char *name)
{
	fakes.runs++;
	fakes.ran = name;
	fakes.caller = call->caller;
	fakes.admitted = call->caller.admitted;
	fakes.aws = call->aws;
	if (fakes.later)
		fakes.pending = call;
	else
		end_call(call);
}

void service_create_key(struct call *call)
{
	memcpy(&fakes.create_key, call->in, sizeof(fakes.create_key));
	if (fakes.create_key.tags.count <= 4 && fakes.create_key.tags.count)
		memcpy(fakes.tags, fakes.create_key.tags.items,
		       fakes.create_key.tags.count * sizeof(fakes.tags[0]));
	run(call, "create_key");
}

void service_describe_key(struct call *call)
{
	run(call, "describe_key");
}

void service_list_keys(struct call *call)
{
	memcpy(&fakes.list_keys, call->in, sizeof(fakes.list_keys));
	run(call, "list_keys");
}

void service_get_public_key(struct call *call)
{
	run(call, "get_public_key");
}

void service_sign(struct call *call)
{
	memcpy(&fakes.sign, call->in, sizeof(fakes.sign));
	snprintf(call->log_key, sizeof(call->log_key), "%s", "the-key");
	call->tee_ns = fakes.tee_ns;
	run(call, "sign");
}

void service_verify(struct call *call)
{
	run(call, "verify");
}

void service_health(struct call *call)
{
	run(call, "health");
}

void service_version(struct call *call)
{
	run(call, "version");
}

void service_healthz(struct call *call)
{
	run(call, "healthz");
}

void service_readyz(struct call *call)
{
	run(call, "readyz");
}

void service_count(struct call *call, enum kms_rc rc)
{
	(void)call;
	(void)rc;
	fakes.counted++;
}

void service_sign_wallet(struct call *call)
{
	memcpy(&fakes.sign_wallet, call->in, sizeof(fakes.sign_wallet));
	run(call, "sign_wallet");
}

/* The other operations only tell that they ran. */
#define FAKE(name)                          \
	void service_##name(struct call *c) \
	{                                   \
		run(c, #name);              \
	}

FAKE(enable_key)
FAKE(disable_key)
FAKE(schedule_deletion)
FAKE(cancel_key_deletion)
FAKE(generate_random)
FAKE(create_alias)
FAKE(update_alias)
FAKE(delete_alias)
FAKE(list_aliases)
FAKE(tag_resource)
FAKE(untag_resource)
FAKE(list_resource_tags)
FAKE(update_description)
FAKE(create_wallet)
FAKE(begin_registration)
FAKE(complete_registration)
FAKE(begin_authentication)
FAKE(describe_wallet)
FAKE(list_wallets)
FAKE(get_wallet_key)
FAKE(key_status)
FAKE(derive_address)
FAKE(sign_hash)
FAKE(change_passkey)
FAKE(add_passkey)
FAKE(remove_passkey)
FAKE(delete_wallet)
FAKE(cancel_deletion)
FAKE(unfreeze_wallet)
FAKE(stats)
FAKE(queue_status)
FAKE(rollback_counter)
