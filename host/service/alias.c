/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateAlias, UpdateAlias, DeleteAlias, ListAliases.
 */
#include "host/store/alias.h"
#include "codec/uuid.h"
#include "common/clock.h"
#include "host/service/label.h"
#include "host/service/marker.h"
#include "host/service/ops.h"

#include <string.h>

#define PREFIX	     "alias/"
#define RESERVED     "alias/aws/"
#define LIST_DEFAULT 50
#define LIST_MAX     100

static bool begins_with(struct bytes text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && bytes_is_var(bytes_of(text.ptr, len), prefix);
}

/* Behind the prefix an alias has no colon, which the model's pattern allows. */
static bool is_name(struct bytes name)
{
	return name.len > sizeof(PREFIX) - 1 &&
	       !memchr(name.ptr, ':', name.len);
}

/* The alias in the arena, or NULL: the call has been ended. */
static struct store_alias *take_name(struct call *call)
{
	const struct alias_in *in = call->in;
	struct bytes name = in->alias_name;
	struct store_alias *alias = NULL;

	if (!begins_with(name, PREFIX)) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "Alias must start with the prefix \"alias/\". Please "
			  "see https://docs.aws.amazon.com/kms/latest/"
			  "developerguide/kms-alias.html");
		return NULL;
	}
	if (begins_with(name, RESERVED)) {
		call_done(call, KMS_RC_RESERVED);
		return NULL;
	}
	if (!is_name(name)) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "%.*s contains invalid characters for an alias",
			  (int)name.len, (const char *)name.ptr);
		return NULL;
	}
	alias = arena_alloc(call->arena, sizeof(*alias));
	if (!alias) {
		call_done(call, KMS_RC_NO_MEMORY);
		return NULL;
	}
	memcpy(alias->name, name.ptr, name.len);
	alias->account = service_config(call->service)->account;
	alias->created_ms = clock_unix_ms();
	alias->updated_ms = alias->created_ms;
	return alias;
}

/* An alias with the key it shall lead to. */
static struct store_alias *take_alias(struct call *call)
{
	const struct alias_in *in = call->in;
	struct store_alias *alias = take_name(call);
	struct store_key key = { 0 };

	if (!alias)
		return NULL;
	if (service_is_alias(in->target_key_id)) {
		call_fail(call, KMS_RC_BAD_INPUT,
			  "Aliases must refer to keys. Not aliases");
		return NULL;
	}
	if (!label_find_key(call, &key, in->target_key_id))
		return NULL;
	memcpy(alias->uuid, key.uuid, sizeof(alias->uuid));
	return alias;
}

static void done(struct call *call, const void *what, enum kms_rc rc)
{
	const struct store_alias *alias = what;
	struct bytes name = bytes_of_text(alias->name);
	char arn[SERVICE_ALIAS_ARN_MAX];

	if (rc == KMS_RC_EXISTS) {
		service_alias_arn(call->service, arn, name);
		call_fail(call, rc, "An alias with the name %s already exists",
			  arn);
	} else if (rc == KMS_RC_LIMIT) {
		call_fail(call, rc, "A key has at most %d aliases.",
			  STORE_ALIASES_MAX);
	} else if (rc == KMS_RC_NOT_FOUND) {
		service_unknown_alias(call, name);
	} else {
		call_done(call, rc);
	}
}

/* The key was there a moment ago. */
static void created(struct call *call, const void *what, enum kms_rc rc)
{
	const struct store_alias *alias = what;
	char arn[SERVICE_ARN_MAX];

	if (rc != KMS_RC_NOT_FOUND) {
		done(call, what, rc);
		return;
	}
	service_key_arn(call->service, arn, alias->uuid);
	call_fail(call, rc, "Key '%s' does not exist", arn);
}

static enum kms_rc write_new(struct store *s, const void *what)
{
	return store_add_alias(s, what);
}

static enum kms_rc write_move(struct store *s, const void *what)
{
	return store_move_alias(s, what);
}

static enum kms_rc write_end(struct store *s, const void *what)
{
	return store_delete_alias(s, what);
}

void service_create_alias(struct call *call)
{
	const struct store_alias *alias = take_alias(call);

	if (alias)
		label_write(call, write_new, alias, created);
}

/*
 * AWS wants the new key to be of the same kind and usage; all that there are
 * sign with elliptic curves.
 */
void service_update_alias(struct call *call)
{
	const struct store_alias *alias = take_alias(call);

	if (alias)
		label_write(call, write_move, alias, done);
}

void service_delete_alias(struct call *call)
{
	const struct store_alias *alias = take_name(call);

	if (alias)
		label_write(call, write_end, alias, done);
}

struct listing {
	struct call *call;
	unsigned int limit;
	unsigned int count;
	bool more;
	char last[STORE_ALIAS_NAME_MAX + 1];
};

static bool list_alias(void *arg, const struct store_alias *alias)
{
	struct listing *l = arg;
	struct json_writer *w = &l->call->out;
	char arn[SERVICE_ALIAS_ARN_MAX];
	char id[UUID_TEXT_LEN + 1];

	if (l->count == l->limit) {
		l->more = true;
		return false;
	}
	l->count++;
	memcpy(l->last, alias->name, sizeof(l->last));
	service_alias_arn(l->call->service, arn, bytes_of_text(alias->name));
	uuid_put(id, alias->uuid);
	json_object(w);
	json_text_member(w, "AliasName", alias->name);
	json_text_member(w, "AliasArn", arn);
	json_text_member(w, "TargetKeyId", id);
	json_name(w, "CreationDate");
	json_put_time_ms(w, alias->created_ms);
	json_name(w, "LastUpdatedDate");
	json_put_time_ms(w, alias->updated_ms);
	json_end(w);
	return true;
}

static bool begin_listing(struct call *call, struct listing *l,
			  struct store_key *key)
{
	const struct list_aliases_in *in = call->in;
	size_t len = 0;

	if (in->key_id.ptr && service_find_by_id(call, key, in->key_id))
		return false;
	*l = (struct listing){ .call = call, .limit = LIST_DEFAULT };
	if (in->limit.present)
		l->limit = in->limit.value < LIST_MAX
				   ? (unsigned int)in->limit.value
				   : LIST_MAX;
	if (in->marker.ptr &&
	    marker_get((uint8_t *)l->last, STORE_ALIAS_NAME_MAX, &len,
		       "ListAliases", service_config(call->service)->account,
		       in->marker)) {
		call_done(call, KMS_RC_INVALID_MARKER);
		return false;
	}
	return true;
}

void service_list_aliases(struct call *call)
{
	const struct list_aliases_in *in = call->in;
	uint64_t account = service_config(call->service)->account;
	struct json_writer *w = &call->out;
	char after[STORE_ALIAS_NAME_MAX + 1];
	struct store_key key = { 0 };
	struct listing l = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!begin_listing(call, &l, &key))
		return;
	memcpy(after, l.last, sizeof(after));
	json_object(w);
	json_name(w, "Aliases");
	json_array(w);
	/* One more than the page, to know whether there is another. */
	rc = store_list_aliases(service_reader(call), account,
				in->key_id.ptr ? key.uuid : NULL, after,
				l.limit + 1, list_alias, &l);
	json_end(w);
	if (l.more) {
		json_name(w, "NextMarker");
		marker_put(w, "ListAliases", account, bytes_of_text(l.last));
	}
	json_bool_member(w, "Truncated", l.more);
	json_end(w);
	call_done(call, rc);
}
