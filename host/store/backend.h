/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend - what a kind of database implements; store.c calls it
 *
 * store.c has checked every argument before a backend sees it, so that all
 * backends refuse the same things. A backend's struct store and struct
 * store_reader begin with the structs below. The functions mean what their
 * namesakes in store.h promise.
 */

#ifndef KMS_HOST_STORE_BACKEND_H
#define KMS_HOST_STORE_BACKEND_H

#include "host/store/alias.h"
#include "host/store/tag.h"
#include "host/store/wallet.h"

#define STORE_ACCOUNT_COUNT 1000000000000u /* 12 decimal digits */

struct store_backend {
	enum kms_rc (*open)(struct store **s, const char *path,
			    const char **why);
	void (*close)(struct store *s);
	enum kms_rc (*claim)(struct store *s);
	const char *(*why)(const struct store *s);

	enum kms_rc (*get_identity)(struct store *s, struct store_identity *id);
	enum kms_rc (*set_identity)(struct store *s,
				    const struct store_identity *id);
	enum kms_rc (*get_shard)(struct store *s, struct store_shard *out,
				 uint16_t shard);
	enum kms_rc (*get_node)(struct store *s, uint8_t out[SHA256_LEN],
				uint16_t shard, unsigned int level,
				uint64_t index);

	enum kms_rc (*begin_batch)(struct store *s,
				   const struct store_batch *batch);
	enum kms_rc (*finish_batch)(struct store *s, uint16_t shard,
				    uint64_t seq,
				    const uint8_t root[SHA256_LEN]);
	enum kms_rc (*drop_batch)(struct store *s, uint16_t shard);

	enum kms_rc (*put_description)(struct store *s,
				       const struct store_key *key);

	enum kms_rc (*add_api_key)(struct store *s,
				   const struct store_api_key *key);
	enum kms_rc (*revoke_api_key)(struct store *s, const char *prefix);
	enum kms_rc (*list_api_keys)(struct store *s,
				     store_api_key_visit *visit, void *arg);

	enum kms_rc (*reader_open)(struct store_reader **r, struct store *s);
	void (*reader_close)(struct store_reader *r);
	enum kms_rc (*get_key)(struct store_reader *r, struct store_key *out,
			       const uint8_t uuid[ABI_UUID_LEN]);
	enum kms_rc (*list_keys)(struct store_reader *r, uint64_t account,
				 const uint8_t *after, unsigned int limit,
				 store_key_visit *visit, void *arg);
	enum kms_rc (*list_due_keys)(struct store_reader *r, int64_t now_ms,
				     const struct store_time_mark *after,
				     unsigned int limit, store_key_visit *visit,
				     void *arg);
	enum kms_rc (*get_proof)(struct store_reader *r,
				 struct store_proof *out, uint16_t shard,
				 uint64_t slot);
	enum kms_rc (*get_api_key)(struct store_reader *r,
				   struct store_api_key *out, const char *id);
	enum kms_rc (*count_api_keys)(struct store_reader *r,
				      struct store_api_key_count *count);

	enum kms_rc (*add_alias)(struct store *s,
				 const struct store_alias *alias);
	enum kms_rc (*move_alias)(struct store *s,
				  const struct store_alias *alias);
	enum kms_rc (*delete_alias)(struct store *s,
				    const struct store_alias *alias);
	enum kms_rc (*get_alias)(struct store_reader *r,
				 struct store_alias *out, uint64_t account,
				 const char *name);
	enum kms_rc (*list_aliases)(struct store_reader *r, uint64_t account,
				    const uint8_t *uuid, const char *after,
				    unsigned int limit,
				    store_alias_visit *visit, void *arg);

	enum kms_rc (*put_tags)(struct store *s, const struct store_tagging *t);
	enum kms_rc (*remove_tags)(struct store *s,
				   const struct store_tagging *t);
	enum kms_rc (*list_tags)(struct store_reader *r,
				 const uint8_t uuid[ABI_UUID_LEN],
				 const char *after, unsigned int limit,
				 store_tag_visit *visit, void *arg);

	enum kms_rc (*get_wallet)(struct store_reader *r,
				  struct store_wallet *out,
				  const uint8_t uuid[ABI_UUID_LEN]);
	enum kms_rc (*list_passkeys)(struct store_reader *r,
				     const uint8_t uuid[ABI_UUID_LEN],
				     store_passkey_visit *visit, void *arg);
	enum kms_rc (*list_wallets)(struct store_reader *r,
				    const struct store_wallet_mark *after,
				    unsigned int limit,
				    store_wallet_visit *visit, void *arg);
	enum kms_rc (*list_dormant)(struct store_reader *r, int64_t before_ms,
				    const struct store_time_mark *after,
				    unsigned int limit,
				    store_wallet_visit *visit, void *arg);
	enum kms_rc (*list_due)(struct store_reader *r, int64_t now_ms,
				const struct store_time_mark *after,
				unsigned int limit, store_wallet_visit *visit,
				void *arg);
	enum kms_rc (*count_wallets)(struct store_reader *r,
				     struct store_wallet_totals *out);
	enum kms_rc (*add_address)(struct store *s,
				   const struct store_address *a);
	enum kms_rc (*get_address)(struct store_reader *r,
				   struct store_address *out,
				   const char *address);
	enum kms_rc (*note)(struct store *s, const struct store_use *uses,
			    size_t use_count, const struct store_count *counts,
			    size_t count_count);
	enum kms_rc (*get_counter)(struct store_reader *r, uint64_t *value,
				   const char *name);
};

struct store {
	const struct store_backend *backend;
	/* Computed once: the hash of an empty subtree of each height. */
	uint8_t empty[ABI_DEPTH_MAX + 1][SHA256_LEN];
};

struct store_reader {
	struct store *store; /* borrowed */
};

extern const struct store_backend store_sqlite;

/* tag.c: one of a batch that store_begin_batch() looks at. */
bool store_tag_is_valid(const struct store_tag *t);
/* wallet.c: a row of a batch that store_begin_batch() looks at. */
bool store_wallet_is_valid(const struct store_wallet *w,
			   const struct store_key *key);

#endif /* KMS_HOST_STORE_BACKEND_H */
