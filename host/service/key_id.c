/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four forms of a key identifier (AWS KMS, "Key identifiers"): key id, key
 * ARN, alias name, alias ARN. Aliases cannot exist yet, so they are unknown.
 */
#include "codec/uuid.h"
#include "common/text.h"
#include "host/service/threads.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ECHO_MAX 300 /* of an identifier in an error text */

void service_key_arn(const struct service *s, char out[SERVICE_ARN_MAX],
		     const uint8_t uuid[ABI_UUID_LEN])
{
	const struct service_config *c = service_config(s);
	char id[UUID_TEXT_LEN + 1];
	struct text arn = { 0 };

	uuid_put(id, uuid);
	text_begin(&arn, out, SERVICE_ARN_MAX);
	text_put(&arn, "arn:aws:kms:");
	text_put(&arn, c->region);
	text_put(&arn, ":");
	text_put_number(&arn, c->account, 12);
	text_put(&arn, ":key/");
	text_put(&arn, id);
}

/* Takes the text before the next colon off *rest. */
static bool take_part(struct bytes *rest, struct bytes *part)
{
	const uint8_t *colon =
		rest->len ? memchr(rest->ptr, ':', rest->len) : NULL;

	if (!colon)
		return false;
	*part = bytes_of(rest->ptr, (size_t)(colon - rest->ptr));
	rest->len -= part->len + 1;
	rest->ptr = colon + 1;
	return true;
}

static bool has_prefix(struct bytes text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && bytes_is_var(bytes_of(text.ptr, len), prefix);
}

struct arn {
	struct bytes region;
	struct bytes account;
	struct bytes resource; /* "key/..." or "alias/..." */
};

static bool parse_arn(struct arn *a, struct bytes text)
{
	struct bytes part = { 0 };

	if (!take_part(&text, &part) || !bytes_is_var(part, "arn") ||
	    !take_part(&text, &part) || !has_prefix(part, "aws") ||
	    !take_part(&text, &part) || !bytes_is_var(part, "kms") ||
	    !take_part(&text, &a->region) || !take_part(&text, &a->account) ||
	    a->account.len != 12)
		return false;
	a->resource = text;
	return has_prefix(text, "key/") || has_prefix(text, "alias/");
}

static int shown(struct bytes text)
{
	return (int)(text.len < ECHO_MAX ? text.len : ECHO_MAX);
}

static void unknown_alias(struct call *call, struct bytes name)
{
	const struct service_config *c = service_config(call->service);

	call_fail(call, KMS_RC_NOT_FOUND,
		  "Alias arn:aws:kms:%s:%012" PRIu64 ":%.*s is not found.",
		  c->region, c->account, shown(name), (const char *)name.ptr);
}

enum kms_rc service_bare_key_id(struct call *call, struct bytes *id,
				struct bytes given)
{
	const struct service_config *c = service_config(call->service);
	struct arn arn = { 0 };
	char account[13];

	*id = given;
	if (has_prefix(given, "alias/")) {
		unknown_alias(call, given);
		return KMS_RC_NOT_FOUND;
	}
	if (!has_prefix(given, "arn:"))
		return KMS_RC_OK;
	if (!parse_arn(&arn, given)) {
		call_fail(call, KMS_RC_INVALID_ARN, "Invalid arn %.*s",
			  shown(given), (const char *)given.ptr);
		return KMS_RC_INVALID_ARN;
	}
	if (!bytes_is_var(arn.region, c->region)) {
		call_fail(call, KMS_RC_NOT_FOUND, "Invalid arn %.*s",
			  shown(arn.region), (const char *)arn.region.ptr);
		return KMS_RC_NOT_FOUND;
	}
	snprintf(account, sizeof(account), "%012" PRIu64, c->account);
	if (has_prefix(arn.resource, "alias/")) {
		unknown_alias(call, arn.resource);
		return KMS_RC_NOT_FOUND;
	}
	if (!bytes_is_var(arn.account, account)) {
		call_fail(call, KMS_RC_NOT_FOUND, "Key '%.*s' does not exist",
			  shown(given), (const char *)given.ptr);
		return KMS_RC_NOT_FOUND;
	}
	*id = bytes_of(arn.resource.ptr + 4, arn.resource.len - 4);
	return KMS_RC_OK;
}

static enum kms_rc look_up(struct call *call, struct store_key *out,
			   const uint8_t uuid[ABI_UUID_LEN], bool cached)
{
	struct service_thread *t = service_thread(call->service, call->reactor);
	uint64_t now =
		keeper_key_changes(service_config(call->service)->keeper);
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (cached && key_cache_get(t->cache, out, uuid, now))
		return KMS_RC_OK;
	rc = store_get_key(t->queue.reader, out, uuid);
	if (!rc)
		key_cache_put(t->cache, out, now);
	return rc;
}

static enum kms_rc find(struct call *call, struct store_key *out,
			struct bytes key_id, bool cached)
{
	const struct service_config *c = service_config(call->service);
	uint8_t uuid[ABI_UUID_LEN] = { 0 };
	char arn[SERVICE_ARN_MAX];
	struct bytes id = { 0 };
	enum kms_rc rc = service_bare_key_id(call, &id, key_id);

	if (rc)
		return rc;
	if (!uuid_get(uuid, id)) {
		call_fail(call, KMS_RC_NOT_FOUND, "Invalid keyId '%.*s'",
			  shown(key_id), (const char *)key_id.ptr);
		return KMS_RC_NOT_FOUND;
	}
	uuid_put(call->log_key, uuid);
	rc = look_up(call, out, uuid, cached);
	if (!rc && out->account != c->account)
		rc = KMS_RC_NOT_FOUND;
	if (rc == KMS_RC_NOT_FOUND) {
		service_key_arn(call->service, arn, uuid);
		call_fail(call, rc, "Key '%s' does not exist", arn);
	} else if (rc) {
		call_done(call, rc);
	}
	return rc;
}

enum kms_rc service_find_key(struct call *call, struct store_key *out,
			     struct bytes key_id)
{
	return find(call, out, key_id, false);
}

static bool is_alias(struct bytes key_id)
{
	struct arn arn = { 0 };

	return has_prefix(key_id, "alias/") ||
	       (parse_arn(&arn, key_id) && has_prefix(arn.resource, "alias/"));
}

enum kms_rc service_find_by_id(struct call *call, struct store_key *out,
			       struct bytes key_id)
{
	if (!is_alias(key_id))
		return find(call, out, key_id, false);
	call_fail(call, KMS_RC_NOT_FOUND, "Invalid keyId '%.*s'", shown(key_id),
		  (const char *)key_id.ptr);
	return KMS_RC_NOT_FOUND;
}

enum kms_rc service_find_key_cached(struct call *call, struct store_key *out,
				    struct bytes key_id)
{
	return find(call, out, key_id, true);
}

bool service_has_grant_tokens(struct call *call,
			      const struct op_strings *tokens)
{
	if (!tokens->count)
		return false;
	call_done(call, KMS_RC_INVALID_GRANT_TOKEN);
	return true;
}
