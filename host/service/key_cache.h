/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_cache - where keys are and what they are, for one reactor
 *
 * Bounded and direct-mapped. A key's place and kind never change; its state
 * does, and it may be deleted, so an entry counts only while the keeper counts
 * no change of any key: now is keeper_key_changes(), for a put as it was
 * before the key was read. Descriptions come from the database.
 */

#ifndef KMS_HOST_SERVICE_KEY_CACHE_H
#define KMS_HOST_SERVICE_KEY_CACHE_H

#include "host/store/store.h"

#define KEY_CACHE_SLOTS 4096

struct key_cache;

struct key_cache *key_cache_new(void) KMS_MUST_USE;
void key_cache_free(struct key_cache **c);
/* Copies the key but for its description. */
bool key_cache_get(const struct key_cache *c, struct store_key *out,
		   const uint8_t uuid[ABI_UUID_LEN], uint64_t now);
void key_cache_put(struct key_cache *c, const struct store_key *key,
		   uint64_t now);

#endif /* KMS_HOST_SERVICE_KEY_CACHE_H */
