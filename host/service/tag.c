/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TagResource, UntagResource, ListResourceTags; and the tags of CreateKey.
 */
#include "host/store/tag.h"
#include "host/service/label.h"
#include "host/service/marker.h"
#include "host/service/ops.h"

#include <string.h>
#include <strings.h>

#define RESERVED     "aws:"
#define TOO_MANY     "Too many tags"
#define LIST_DEFAULT 50
#define LIST_MAX     50

static bool is_reserved(struct bytes key)
{
	size_t len = sizeof(RESERVED) - 1;

	return key.len >= len &&
	       !strncasecmp((const char *)key.ptr, RESERVED, len);
}

static bool is_among(const struct op_tag *tags, size_t count, struct bytes key)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_equal_var(tags[i].key, key))
			return true;
	return false;
}

/* What TagException says of them; NULL: nothing. */
static const char *find_fault(const struct op_tag *tags, size_t count)
{
	if (count > STORE_TAGS_MAX)
		return TOO_MANY;
	for (size_t i = 0; i < count; i++) {
		if (is_reserved(tags[i].key))
			return "Tags beginning with aws: are reserved";
		if (is_among(tags, i, tags[i].key))
			return "Duplicate tag keys";
	}
	return NULL;
}

static const char *copy_text(struct call *call, struct bytes from)
{
	char *text = arena_alloc(call->arena, from.len + 1);

	if (text && from.len)
		memcpy(text, from.ptr, from.len);
	return text;
}

bool label_take_tags(struct call *call, const struct store_tag **out,
		     const struct op_tag *tags, size_t count)
{
	const char *why = find_fault(tags, count);
	struct store_tag *made = NULL;
	bool ok = true;

	if (why) {
		call_fail(call, KMS_RC_TAG, "%s", why);
		return false;
	}
	made = arena_alloc(call->arena, count * sizeof(*made) + 1);
	for (size_t i = 0; made && i < count; i++) {
		made[i].key = copy_text(call, tags[i].key);
		made[i].value = copy_text(call, tags[i].value);
		ok &= made[i].key && made[i].value;
	}
	*out = made;
	if (made && ok)
		return true;
	call_done(call, KMS_RC_NO_MEMORY);
	return false;
}

static void done(struct call *call, const void *what, enum kms_rc rc)
{
	const struct store_tagging *t = what;
	char arn[SERVICE_ARN_MAX];

	if (rc == KMS_RC_LIMIT) {
		call_fail(call, KMS_RC_TAG, TOO_MANY);
	} else if (rc == KMS_RC_NOT_FOUND) {
		service_key_arn(call->service, arn, t->uuid);
		call_fail(call, rc, "Key '%s' does not exist", arn);
	} else {
		call_done(call, rc);
	}
}

/* What is to be done with the tags of a key; NULL: the call has been ended. */
static const struct store_tagging *take_tagging(struct call *call,
						struct bytes key_id,
						const struct op_tag *tags,
						size_t count)
{
	struct store_tagging *t = arena_alloc(call->arena, sizeof(*t));
	struct store_key key = { 0 };

	if (!t) {
		call_done(call, KMS_RC_NO_MEMORY);
		return NULL;
	}
	if (!label_find_key(call, &key, key_id) ||
	    !label_take_tags(call, &t->tags, tags, count))
		return NULL;
	t->count = count;
	t->account = key.account;
	memcpy(t->uuid, key.uuid, sizeof(t->uuid));
	return t;
}

static enum kms_rc write_tags(struct store *s, const void *what)
{
	return store_put_tags(s, what);
}

static enum kms_rc write_removal(struct store *s, const void *what)
{
	return store_remove_tags(s, what);
}

void service_tag_resource(struct call *call)
{
	const struct tag_resource_in *in = call->in;
	const struct store_tagging *t =
		take_tagging(call, in->key_id, in->tags.items, in->tags.count);

	if (t)
		label_write(call, write_tags, t, done);
}

/* AWS minds no key that comes twice here. */
static size_t take_keys(struct op_tag *tags, size_t max,
			const struct op_strings *keys)
{
	size_t n = 0;

	for (size_t i = 0; i < keys->count && n < max; i++)
		if (!is_among(tags, n, keys->items[i]))
			tags[n++] = (struct op_tag){ .key = keys->items[i] };
	return n;
}

void service_untag_resource(struct call *call)
{
	const struct untag_resource_in *in = call->in;
	struct op_tag tags[STORE_TAGS_MAX + 1] = { 0 };
	size_t count = take_keys(tags, ARRAY_LEN(tags), &in->tag_keys);
	const struct store_tagging *t =
		take_tagging(call, in->key_id, tags, count);

	if (t)
		label_write(call, write_removal, t, done);
}

struct listing {
	struct json_writer *out;
	unsigned int limit;
	unsigned int count;
	bool more;
	char last[STORE_TAG_KEY_MAX + 1];
};

static bool list_tag(void *arg, const struct store_tag *tag)
{
	struct listing *l = arg;

	if (l->count == l->limit) {
		l->more = true;
		return false;
	}
	l->count++;
	memcpy(l->last, tag->key, strlen(tag->key) + 1);
	json_object(l->out);
	json_text_member(l->out, "TagKey", tag->key);
	json_text_member(l->out, "TagValue", tag->value);
	json_end(l->out);
	return true;
}

void service_list_resource_tags(struct call *call)
{
	const struct list_tags_in *in = call->in;
	uint64_t account = service_config(call->service)->account;
	struct json_writer *w = &call->out;
	char after[STORE_TAG_KEY_MAX + 1] = { 0 };
	struct listing l = { .out = w, .limit = LIST_DEFAULT };
	struct store_key key = { 0 };
	size_t len = 0;
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (service_find_by_id(call, &key, in->key_id))
		return;
	if (in->limit.present && in->limit.value < LIST_MAX)
		l.limit = (unsigned int)in->limit.value;
	if (in->marker.ptr &&
	    marker_get((uint8_t *)after, STORE_TAG_KEY_MAX, &len,
		       "ListResourceTags", account, in->marker)) {
		call_done(call, KMS_RC_INVALID_MARKER);
		return;
	}
	json_object(w);
	json_name(w, "Tags");
	json_array(w);
	/* One more than the page, to know whether there is another. */
	rc = store_list_tags(service_reader(call), key.uuid, after, l.limit + 1,
			     list_tag, &l);
	json_end(w);
	if (l.more) {
		json_name(w, "NextMarker");
		marker_put(w, "ListResourceTags", account,
			   bytes_of_text(l.last));
	}
	json_bool_member(w, "Truncated", l.more);
	json_end(w);
	call_done(call, rc);
}
