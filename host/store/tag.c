/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/tag.h"

#include "host/store/backend.h"

#include <string.h>

bool store_tag_is_valid(const struct store_tag *t)
{
	return t->key && t->key[0] && t->value &&
	       strnlen(t->key, STORE_TAG_KEY_MAX + 1) <= STORE_TAG_KEY_MAX &&
	       strnlen(t->value, STORE_TAG_VALUE_MAX + 1) <=
		       STORE_TAG_VALUE_MAX;
}

static bool is_valid(const struct store_tagging *t)
{
	if (t->account >= STORE_ACCOUNT_COUNT || t->count > STORE_TAGS_MAX)
		return false;
	for (size_t i = 0; i < t->count; i++)
		if (!store_tag_is_valid(&t->tags[i]))
			return false;
	return true;
}

enum kms_rc store_put_tags(struct store *s, const struct store_tagging *t)
{
	if (!is_valid(t))
		return KMS_RC_BAD_INPUT;
	return s->backend->put_tags(s, t);
}

enum kms_rc store_remove_tags(struct store *s, const struct store_tagging *t)
{
	if (!is_valid(t))
		return KMS_RC_BAD_INPUT;
	return s->backend->remove_tags(s, t);
}

enum kms_rc store_list_tags(struct store_reader *r,
			    const uint8_t uuid[ABI_UUID_LEN], const char *after,
			    unsigned int limit, store_tag_visit *visit,
			    void *arg)
{
	return r->store->backend->list_tags(r, uuid, after, limit, visit, arg);
}
