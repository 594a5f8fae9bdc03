/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tag - words that people put on keys
 *
 * Owns:      nothing that authorises.
 * Promises:  a write is durable when it returns OK, and whole or absent. Tags
 *            come and end with their key, and whatever else happens to the key
 *            leaves them alone.
 * Threads:   as store.h says.
 */

#ifndef KMS_HOST_STORE_TAG_H
#define KMS_HOST_STORE_TAG_H

#include "host/store/store.h"

#define STORE_TAG_KEY_MAX   512	 /* bytes of 128 characters */
#define STORE_TAG_VALUE_MAX 1024 /* bytes of 256 */
#define STORE_TAGS_MAX	    50	 /* of a key */

/* Borrowed from whoever has the texts. */
struct store_tag {
	const char *key; /* not empty */
	const char *value;
};

/* For a write: what changes on a key. */
struct store_tagging {
	uint8_t uuid[ABI_UUID_LEN];
	uint64_t account;
	const struct store_tag *tags; /* to remove: only their keys count */
	size_t count;		      /* STORE_TAGS_MAX at most */
};

/*
 * Adds tags, or gives them other values. NOT_FOUND when the account has no such
 * key; LIMIT when it would have too many.
 */
enum kms_rc store_put_tags(struct store *s,
			   const struct store_tagging *t) KMS_MUST_USE;
/* What is not there is no error. NOT_FOUND. */
enum kms_rc store_remove_tags(struct store *s,
			      const struct store_tagging *t) KMS_MUST_USE;

/* Lends one tag for the call; false ends the walk. Not the reader's. */
typedef bool store_tag_visit(void *arg, const struct store_tag *tag);

/*
 * Walks the tags of a key by their keys, starting behind after ("": from the
 * start), at most limit. None when there is no such key.
 */
enum kms_rc store_list_tags(struct store_reader *r,
			    const uint8_t uuid[ABI_UUID_LEN], const char *after,
			    unsigned int limit, store_tag_visit *visit,
			    void *arg) KMS_MUST_USE;

#endif /* KMS_HOST_STORE_TAG_H */
