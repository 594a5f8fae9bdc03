/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/store.h"

#include "abi/record.h"
#include "abi/schema.h"
#include "abi/slot_tree.h"
#include "common/secret.h"
#include "host/store/backend.h"

#include <string.h>

#define LEVELS	       (ABI_DEPTH_MAX + 1)
#define NODES_MAX      (ABI_BATCH_OPS * LEVELS)
#define SLOT_COUNT     ((uint64_t)1 << ABI_DEPTH_MAX)
#define DESCRIPTION_SZ (4 * STORE_DESCRIPTION_MAX)

/*
 * Databases count in signed 64 bits, so a number above that is refused here
 * and not stored as a negative one.
 */
static bool fits(uint64_t number)
{
	return number <= INT64_MAX;
}

static bool place_is_valid(uint16_t shard, uint64_t slot)
{
	return shard < ABI_SHARDS_MAX && slot < SLOT_COUNT;
}

static bool description_is_valid(const char *text)
{
	return text && strnlen(text, DESCRIPTION_SZ + 1) <= DESCRIPTION_SZ;
}

static bool tags_are_valid(const struct store_key *k)
{
	if (k->tag_count > STORE_TAGS_MAX)
		return false;
	for (size_t i = 0; i < k->tag_count; i++)
		if (!store_tag_is_valid(&k->tags[i]))
			return false;
	return true;
}

static bool key_is_valid(const struct store_key *k,
			 const struct record_header *h)
{
	return k->shard == h->shard && k->slot == h->slot &&
	       k->version == h->version && k->account < STORE_ACCOUNT_COUNT &&
	       description_is_valid(k->description) && tags_are_valid(k) &&
	       ct_equal(k->uuid, h->uuid, ABI_UUID_LEN);
}

bool store_accepts_key_edit(const struct store_key_edit *e)
{
	bool ends = e->key_state == KEY_STATE_PENDING_DELETION;

	return e->key_state >= KEY_STATE_ENABLED &&
	       e->key_state <= KEY_STATE_PENDING_DELETION &&
	       e->delete_after_ms >= 0 && ends == (e->delete_after_ms != 0);
}

/* A wallet comes with its key; only wallets have either. */
static bool rows_are_valid(const struct store_change *c,
			   const struct record_header *h)
{
	if (c->key_edit)
		return h->type == RECORD_KEY && !c->key && !c->wallet &&
		       !c->edit && store_accepts_key_edit(c->key_edit);
	if (!c->wallet && !c->edit)
		return true;
	if (h->type != RECORD_WALLET || (c->wallet && c->edit))
		return false;
	if (c->edit)
		return !c->key && store_accepts_edit(c->edit);
	return c->key && store_wallet_is_valid(c->wallet, c->key);
}

static enum kms_rc check_change(struct record_header *h,
				const struct store_change *c, uint16_t shard)
{
	if (c->blob.len > ABI_BLOB_MAX || record_get_header(h, c->blob))
		return KMS_RC_BAD_INPUT;
	if (h->shard != shard || h->slot >= SLOT_COUNT || !fits(h->version))
		return KMS_RC_BAD_INPUT;
	if (c->key && !key_is_valid(c->key, h))
		return KMS_RC_BAD_INPUT;
	return rows_are_valid(c, h) ? KMS_RC_OK : KMS_RC_BAD_INPUT;
}

static enum kms_rc check_changes(const struct store_batch *b)
{
	uint64_t slots[ABI_BATCH_OPS] = { 0 };

	if (!b->change_count || b->change_count > ABI_BATCH_OPS)
		return KMS_RC_BAD_INPUT;
	for (size_t i = 0; i < b->change_count; i++) {
		struct record_header h = { 0 };

		if (check_change(&h, &b->changes[i], b->shard))
			return KMS_RC_BAD_INPUT;
		for (size_t j = 0; j < i; j++)
			if (slots[j] == h.slot)
				return KMS_RC_BAD_INPUT;
		slots[i] = h.slot;
	}
	return KMS_RC_OK;
}

static enum kms_rc check_batch(const struct store_batch *b)
{
	if (b->shard >= ABI_SHARDS_MAX || !b->seq || !fits(b->seq))
		return KMS_RC_BAD_INPUT;
	if (!b->pc.len || b->pc.len > ABI_PC_LEN)
		return KMS_RC_BAD_INPUT;
	if (b->node_count > NODES_MAX)
		return KMS_RC_BAD_INPUT;
	for (size_t i = 0; i < b->node_count; i++)
		if (b->nodes[i].level > ABI_DEPTH_MAX ||
		    b->nodes[i].index >= SLOT_COUNT >> b->nodes[i].level)
			return KMS_RC_BAD_INPUT;
	return check_changes(b);
}

static bool id_is_valid(const char *id)
{
	size_t len = strnlen(id, STORE_API_KEY_ID_LEN + 1);

	return len && len <= STORE_API_KEY_ID_LEN &&
	       strspn(id, "0123456789abcdef") == len;
}

enum kms_rc store_open(struct store **s, const char *path, const char **why)
{
	enum kms_rc rc = KMS_RC_CONFIG;

	*s = NULL;
	*why = "";
	if (strstr(path, "://")) {
		*why = "this build knows no database of that kind";
		return rc;
	}
	rc = store_sqlite.open(s, path, why);
	if (rc)
		return rc;
	(*s)->backend = &store_sqlite;
	for (unsigned int h = 0; h < LEVELS; h++)
		slot_tree_empty((*s)->empty[h], h);
	return KMS_RC_OK;
}

void store_close(struct store **s)
{
	if (*s)
		(*s)->backend->close(*s);
	*s = NULL;
}

enum kms_rc store_claim(struct store *s)
{
	return s->backend->claim(s);
}

const char *store_why(const struct store *s)
{
	return s->backend->why(s);
}

enum kms_rc store_get_identity(struct store *s, struct store_identity *id)
{
	*id = (struct store_identity){ 0 };
	return s->backend->get_identity(s, id);
}

enum kms_rc store_set_identity(struct store *s, const struct store_identity *id)
{
	struct store_identity was = { 0 };
	enum kms_rc rc = KMS_RC_BAD_INPUT;

	if (!id->known || !id->shard_total || id->shard_total > ABI_SHARDS_MAX)
		return rc;
	rc = store_get_identity(s, &was);
	if (rc)
		return rc;
	if (!was.known)
		return s->backend->set_identity(s, id);
	if (was.shard_total != id->shard_total ||
	    !ct_equal(was.domain_id, id->domain_id, sizeof(was.domain_id)))
		return KMS_RC_FOREIGN_STATE;
	return KMS_RC_OK;
}

enum kms_rc store_get_shard(struct store *s, struct store_shard *out,
			    uint16_t shard)
{
	*out = (struct store_shard){ 0 };
	if (shard >= ABI_SHARDS_MAX)
		return KMS_RC_BAD_INPUT;
	return s->backend->get_shard(s, out, shard);
}

enum kms_rc store_begin_batch(struct store *s, const struct store_batch *batch)
{
	enum kms_rc rc = check_batch(batch);

	return rc ? rc : s->backend->begin_batch(s, batch);
}

enum kms_rc store_finish_batch(struct store *s, uint16_t shard, uint64_t seq,
			       const uint8_t root[SHA256_LEN])
{
	if (shard >= ABI_SHARDS_MAX || !seq || !fits(seq))
		return KMS_RC_BAD_INPUT;
	return s->backend->finish_batch(s, shard, seq, root);
}

enum kms_rc store_put_description(struct store *s, const struct store_key *key)
{
	if (key->account >= STORE_ACCOUNT_COUNT ||
	    !description_is_valid(key->description))
		return KMS_RC_BAD_INPUT;
	return s->backend->put_description(s, key);
}

enum kms_rc store_drop_batch(struct store *s, uint16_t shard)
{
	if (shard >= ABI_SHARDS_MAX)
		return KMS_RC_BAD_INPUT;
	return s->backend->drop_batch(s, shard);
}

enum kms_rc store_get_node(struct store *s, uint8_t out[SHA256_LEN],
			   uint16_t shard, unsigned int level, uint64_t index)
{
	if (shard >= ABI_SHARDS_MAX || level > ABI_DEPTH_MAX ||
	    index >= SLOT_COUNT >> level)
		return KMS_RC_BAD_INPUT;
	return s->backend->get_node(s, out, shard, level, index);
}

enum kms_rc store_add_api_key(struct store *s, const struct store_api_key *key)
{
	if (!id_is_valid(key->id) || strlen(key->id) != STORE_API_KEY_ID_LEN ||
	    key->revoked || !memchr(key->label, '\0', sizeof(key->label)))
		return KMS_RC_BAD_INPUT;
	return s->backend->add_api_key(s, key);
}

enum kms_rc store_revoke_api_key(struct store *s, const char *prefix)
{
	if (!id_is_valid(prefix))
		return KMS_RC_BAD_INPUT;
	return s->backend->revoke_api_key(s, prefix);
}

enum kms_rc store_list_api_keys(struct store *s, store_api_key_visit *visit,
				void *arg)
{
	return s->backend->list_api_keys(s, visit, arg);
}

enum kms_rc store_reader_open(struct store_reader **r, struct store *s)
{
	enum kms_rc rc = s->backend->reader_open(r, s);

	if (!rc)
		(*r)->store = s;
	return rc;
}

void store_reader_close(struct store_reader **r)
{
	if (*r)
		(*r)->store->backend->reader_close(*r);
	*r = NULL;
}

enum kms_rc store_get_key(struct store_reader *r, struct store_key *out,
			  const uint8_t uuid[ABI_UUID_LEN])
{
	uint8_t wanted[ABI_UUID_LEN];

	/* uuid may be out->uuid. */
	memcpy(wanted, uuid, sizeof(wanted));
	*out = (struct store_key){ 0 };
	return r->store->backend->get_key(r, out, wanted);
}

enum kms_rc store_list_keys(struct store_reader *r, uint64_t account,
			    const uint8_t *after, unsigned int limit,
			    store_key_visit *visit, void *arg)
{
	if (account >= STORE_ACCOUNT_COUNT)
		return KMS_RC_BAD_INPUT;
	return r->store->backend->list_keys(r, account, after, limit, visit,
					    arg);
}

enum kms_rc store_list_due_keys(struct store_reader *r, int64_t now_ms,
				const struct store_time_mark *after,
				unsigned int limit, store_key_visit *visit,
				void *arg)
{
	return r->store->backend->list_due_keys(r, now_ms, after, limit, visit,
						arg);
}

enum kms_rc store_get_proof(struct store_reader *r, struct store_proof *out,
			    uint16_t shard, uint64_t slot)
{
	if (!place_is_valid(shard, slot))
		return KMS_RC_BAD_INPUT;
	return r->store->backend->get_proof(r, out, shard, slot);
}

enum kms_rc store_get_api_key(struct store_reader *r, struct store_api_key *out,
			      const char *id)
{
	*out = (struct store_api_key){ 0 };
	if (!id_is_valid(id) || strlen(id) != STORE_API_KEY_ID_LEN)
		return KMS_RC_NOT_FOUND;
	return r->store->backend->get_api_key(r, out, id);
}

enum kms_rc store_count_api_keys(struct store_reader *r,
				 struct store_api_key_count *count)
{
	*count = (struct store_api_key_count){ 0 };
	return r->store->backend->count_api_keys(r, count);
}
