/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/alias.h"

#include "host/store/backend.h"

#include <string.h>

static bool is_valid(const struct store_alias *a)
{
	return a->name[0] && memchr(a->name, '\0', sizeof(a->name)) &&
	       a->account < STORE_ACCOUNT_COUNT && a->created_ms >= 0 &&
	       a->updated_ms >= 0;
}

enum kms_rc store_add_alias(struct store *s, const struct store_alias *alias)
{
	if (!is_valid(alias))
		return KMS_RC_BAD_INPUT;
	return s->backend->add_alias(s, alias);
}

enum kms_rc store_move_alias(struct store *s, const struct store_alias *alias)
{
	if (!is_valid(alias))
		return KMS_RC_BAD_INPUT;
	return s->backend->move_alias(s, alias);
}

enum kms_rc store_delete_alias(struct store *s, const struct store_alias *alias)
{
	if (!is_valid(alias))
		return KMS_RC_BAD_INPUT;
	return s->backend->delete_alias(s, alias);
}

enum kms_rc store_get_alias(struct store_reader *r, struct store_alias *out,
			    uint64_t account, struct bytes name)
{
	char text[STORE_ALIAS_NAME_MAX + 1] = { 0 };

	*out = (struct store_alias){ 0 };
	if (account >= STORE_ACCOUNT_COUNT || !name.len ||
	    name.len > STORE_ALIAS_NAME_MAX || memchr(name.ptr, '\0', name.len))
		return KMS_RC_NOT_FOUND;
	memcpy(text, name.ptr, name.len);
	return r->store->backend->get_alias(r, out, account, text);
}

enum kms_rc store_list_aliases(struct store_reader *r, uint64_t account,
			       const uint8_t *uuid, const char *after,
			       unsigned int limit, store_alias_visit *visit,
			       void *arg)
{
	if (account >= STORE_ACCOUNT_COUNT)
		return KMS_RC_BAD_INPUT;
	return r->store->backend->list_aliases(r, account, uuid, after, limit,
					       visit, arg);
}
