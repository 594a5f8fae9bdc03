/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four forms of a key identifier (AWS KMS, "Key identifiers"): key id, key
 * ARN, alias name, alias ARN.
 */
#include "codec/uuid.h"
#include "common/text.h"
#include "host/service/threads.h"
#include "host/store/alias.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ECHO_MAX     300 /* of an identifier in an error text */
#define ALIAS_PREFIX "alias/"

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

static enum kms_rc not_found(struct call *call, const char *what,
			     struct bytes given, const char *then)
{
	call_fail(call, KMS_RC_NOT_FOUND, "%s%.*s%s", what, shown(given),
		  (const char *)given.ptr, then);
	return KMS_RC_NOT_FOUND;
}

/* "<key id>", or "alias/<name>". */
static enum kms_rc take_arn(struct call *call, struct bytes *name,
			    struct bytes given)
{
	const struct service_config *c = service_config(call->service);
	struct arn arn = { 0 };
	char account[13];

	if (!parse_arn(&arn, given)) {
		call_fail(call, KMS_RC_INVALID_ARN, "Invalid arn %.*s",
			  shown(given), (const char *)given.ptr);
		return KMS_RC_INVALID_ARN;
	}
	if (!bytes_is_var(arn.region, c->region))
		return not_found(call, "Invalid arn ", arn.region, "");
	snprintf(account, sizeof(account), "%012" PRIu64, c->account);
	*name = arn.resource;
	if (has_prefix(*name, ALIAS_PREFIX))
		return bytes_is_var(arn.account, account)
			       ? KMS_RC_OK
			       : not_found(call, "Alias ", given,
					   " is not found.");
	if (!bytes_is_var(arn.account, account))
		return not_found(call, "Key '", given, "' does not exist");
	*name = bytes_of(name->ptr + 4, name->len - 4);
	return KMS_RC_OK;
}

enum kms_rc service_bare_key_id(struct call *call, struct bytes *id,
				struct bytes given)
{
	enum kms_rc rc = KMS_RC_OK;

	*id = given;
	if (has_prefix(given, "arn:"))
		rc = take_arn(call, id, given);
	if (!rc && has_prefix(*id, ALIAS_PREFIX))
		rc = not_found(call, "Invalid keyId '", given, "'");
	return rc;
}

bool service_is_alias(struct bytes given)
{
	struct arn arn = { 0 };

	return has_prefix(given, ALIAS_PREFIX) ||
	       (parse_arn(&arn, given) &&
		has_prefix(arn.resource, ALIAS_PREFIX));
}

void service_alias_arn(const struct service *s, char out[SERVICE_ALIAS_ARN_MAX],
		       struct bytes name)
{
	const struct service_config *c = service_config(s);

	snprintf(out, SERVICE_ALIAS_ARN_MAX,
		 "arn:aws:kms:%s:%012" PRIu64 ":%.*s", c->region, c->account,
		 shown(name), (const char *)name.ptr);
}

void service_unknown_alias(struct call *call, struct bytes name)
{
	char arn[SERVICE_ALIAS_ARN_MAX];

	service_alias_arn(call->service, arn, name);
	call_fail(call, KMS_RC_NOT_FOUND, "Alias %s is not found.", arn);
}

/* An alias moves and goes at once, so nothing of it is cached. */
static enum kms_rc follow_alias(struct call *call, uint8_t uuid[ABI_UUID_LEN],
				struct bytes name)
{
	struct store_alias alias = { 0 };
	enum kms_rc rc =
		store_get_alias(service_reader(call), &alias,
				service_config(call->service)->account, name);

	memcpy(uuid, alias.uuid, sizeof(alias.uuid));
	if (rc == KMS_RC_NOT_FOUND)
		service_unknown_alias(call, name);
	else if (rc)
		call_done(call, rc);
	return rc;
}

static enum kms_rc read_id(struct call *call, uint8_t uuid[ABI_UUID_LEN],
			   struct bytes key_id)
{
	struct bytes id = { 0 };
	enum kms_rc rc = service_bare_key_id(call, &id, key_id);

	if (!rc && !uuid_get(uuid, id))
		rc = not_found(call, "Invalid keyId '", key_id, "'");
	return rc;
}

static enum kms_rc resolve(struct call *call, uint8_t uuid[ABI_UUID_LEN],
			   struct bytes key_id)
{
	struct bytes name = key_id;
	enum kms_rc rc = KMS_RC_OK;

	if (!service_is_alias(key_id))
		return read_id(call, uuid, key_id);
	if (has_prefix(key_id, "arn:"))
		rc = take_arn(call, &name, key_id);
	return rc ? rc : follow_alias(call, uuid, name);
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
			const uint8_t uuid[ABI_UUID_LEN], bool cached)
{
	const struct service_config *c = service_config(call->service);
	char arn[SERVICE_ARN_MAX];
	enum kms_rc rc = KMS_RC_INTERNAL;

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
	uint8_t uuid[ABI_UUID_LEN] = { 0 };
	enum kms_rc rc = resolve(call, uuid, key_id);

	return rc ? rc : find(call, out, uuid, false);
}

enum kms_rc service_find_key_cached(struct call *call, struct store_key *out,
				    struct bytes key_id)
{
	uint8_t uuid[ABI_UUID_LEN] = { 0 };
	enum kms_rc rc = resolve(call, uuid, key_id);

	return rc ? rc : find(call, out, uuid, true);
}

enum kms_rc service_find_by_id(struct call *call, struct store_key *out,
			       struct bytes key_id)
{
	uint8_t uuid[ABI_UUID_LEN] = { 0 };
	enum kms_rc rc = read_id(call, uuid, key_id);

	return rc ? rc : find(call, out, uuid, false);
}

bool service_has_grant_tokens(struct call *call,
			      const struct op_strings *tokens)
{
	if (!tokens->count)
		return false;
	call_done(call, KMS_RC_INVALID_GRANT_TOKEN);
	return true;
}
