/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alias - names that people give to keys
 *
 * Owns:      nothing that authorises: an alias leads to a key, and who may use
 *            that is not asked here.
 * Promises:  a write is durable when it returns OK. An alias ends with its key,
 *            and whatever else happens to the key leaves it alone.
 * Threads:   as store.h says.
 */

#ifndef KMS_HOST_STORE_ALIAS_H
#define KMS_HOST_STORE_ALIAS_H

#include "host/store/store.h"

#define STORE_ALIAS_NAME_MAX 256 /* with "alias/"; no NUL within */
#define STORE_ALIASES_MAX    50	 /* of a key */

struct store_alias {
	char name[STORE_ALIAS_NAME_MAX + 1];
	uint8_t uuid[ABI_UUID_LEN]; /* of the key */
	uint64_t account;	    /* that of the key */
	int64_t created_ms;
	int64_t updated_ms;
};

/*
 * created_ms counts, updated_ms becomes the same. EXISTS; NOT_FOUND when the
 * account has no such key; LIMIT.
 */
enum kms_rc store_add_alias(struct store *s,
			    const struct store_alias *alias) KMS_MUST_USE;
/*
 * Gives it to another key, or the same one; updated_ms counts. NOT_FOUND when
 * the account has no such alias or no such key; LIMIT.
 */
enum kms_rc store_move_alias(struct store *s,
			     const struct store_alias *alias) KMS_MUST_USE;
/* Name and account count. NOT_FOUND. */
enum kms_rc store_delete_alias(struct store *s,
			       const struct store_alias *alias) KMS_MUST_USE;

/* NOT_FOUND, also for what is no name. */
enum kms_rc store_get_alias(struct store_reader *r, struct store_alias *out,
			    uint64_t account, struct bytes name) KMS_MUST_USE;

/* Lends one alias for the call; false ends the walk. Not the reader's. */
typedef bool store_alias_visit(void *arg, const struct store_alias *alias);

/*
 * Walks the aliases of the account, or of one key of it (uuid not NULL), by
 * name, starting behind after ("": from the start), at most limit.
 */
enum kms_rc store_list_aliases(struct store_reader *r, uint64_t account,
			       const uint8_t *uuid, const char *after,
			       unsigned int limit, store_alias_visit *visit,
			       void *arg) KMS_MUST_USE;

#endif /* KMS_HOST_STORE_ALIAS_H */
