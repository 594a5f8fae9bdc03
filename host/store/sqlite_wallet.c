/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of wallets: what a batch writes of them, and reading them. */
#include "host/store/sqlite.h"

#include "abi/schema.h"
#include "codec/uuid.h"
#include "common/clock.h"
#include "common/hex.h"

#include <stdio.h>
#include <string.h>

static const char *const lifecycles[] = {
	[STORE_ACTIVE] = "active",
	[STORE_FROZEN] = "frozen",
	[STORE_PENDING_DELETION] = "pending_deletion",
};

/* NULL binds NULL. */
static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static enum kms_rc add_row(struct sqlite_conn *c, const struct store_wallet *w)
{
	char key_id[UUID_TEXT_LEN + 1];
	char public_key[ETH_KEY_TEXT_LEN + 1];
	char created_at[CLOCK_TEXT_SIZE];
	struct query q = { 0 };

	uuid_put(key_id, w->uuid);
	eth_address_put_key(public_key, w->public_key);
	/* Fixed in width, so that texts sort as times do. */
	clock_put(created_at, w->created_ms, "+00:00");
	query_start(&q, c, SQL_ADD_WALLET);
	query_put_text(&q, key_id);
	query_put_blob(&q, w->uuid, sizeof(w->uuid));
	query_put_int(&q, w->vault_slot);
	query_put_text(&q, w->address);
	query_put_text(&q, public_key);
	query_put_text(&q, w->description);
	query_put_text(&q, w->key_usage);
	query_put_text(&q, w->key_spec);
	query_put_text(&q, w->origin);
	query_put_int(&q, w->bind_level);
	query_put_text(&q, w->rp_id);
	query_put_text(&q, created_at);
	query_put_int(&q, (uint64_t)w->created_ms);
	return query_run(&q);
}

/* Goes with the wallet's row, should the batch be dropped. */
static enum kms_rc add_passkey(struct sqlite_conn *c,
			       const struct store_wallet *w)
{
	char passkey[ETH_POINT_TEXT_LEN + 1];
	struct query q = { 0 };

	eth_address_put_point(passkey, w->passkey);
	query_start(&q, c, SQL_ADD_PASSKEY);
	query_put_blob(&q, w->uuid, sizeof(w->uuid));
	query_put_text(&q, passkey);
	query_put_text(&q, or_null(w->credential));
	return query_run(&q);
}

static enum kms_rc stage_fresh(struct sqlite_conn *c,
			       const struct store_wallet *w)
{
	struct query q = { 0 };

	query_start(&q, c, SQL_STAGE_NEW_WALLET);
	query_put_blob(&q, w->uuid, sizeof(w->uuid));
	query_put_int(&q, w->shard);
	return query_run(&q);
}

enum kms_rc sqlite_stage_wallet(struct sqlite_conn *c,
				const struct store_wallet *w)
{
	struct store_address first = { 0 };
	enum kms_rc rc = add_row(c, w);

	memcpy(first.uuid, w->uuid, sizeof(first.uuid));
	memcpy(first.address, w->address, sizeof(first.address));
	memcpy(first.public_key, w->public_key, sizeof(first.public_key));
	if (!rc)
		rc = add_passkey(c, w);
	if (!rc)
		rc = sqlite_put_address(c, &first);
	return rc ? rc : stage_fresh(c, w);
}

enum kms_rc sqlite_stage_edit(struct sqlite_conn *c,
			      const struct store_wallet_edit *e, uint16_t shard,
			      const uint8_t uuid[ABI_UUID_LEN])
{
	char passkey[ETH_POINT_TEXT_LEN + 1];
	char gone[ETH_POINT_TEXT_LEN + 1];
	struct query q = { 0 };

	if (e->passkey)
		eth_address_put_point(passkey, e->passkey);
	if (e->passkey_gone)
		eth_address_put_point(gone, e->passkey_gone);
	query_start(&q, c, SQL_STAGE_EDIT);
	query_put_blob(&q, uuid, ABI_UUID_LEN);
	query_put_int(&q, shard);
	query_put_text(&q, e->lifecycle ? lifecycles[e->lifecycle] : NULL);
	query_put_time(&q, e->delete_after_ms);
	query_put_time(&q, e->last_used_ms);
	query_put_text(&q, e->passkey ? passkey : NULL);
	query_put_text(&q, or_null(e->credential));
	query_put_text(&q, e->passkey_gone ? gone : NULL);
	return query_run(&q);
}

/* An operator may have written any word: what is unknown is not used. */
static enum store_lifecycle lifecycle_of(const char *word)
{
	if (!strcmp(word, lifecycles[STORE_ACTIVE]))
		return STORE_ACTIVE;
	if (!strcmp(word, lifecycles[STORE_PENDING_DELETION]))
		return STORE_PENDING_DELETION;
	return STORE_FROZEN;
}

/* False when it is none, or damaged. */
static bool read_passkey(const struct query *q, int column, uint8_t pub[64])
{
	char text[ETH_POINT_TEXT_LEN + 1];

	return !query_text(q, column, text, sizeof(text)) &&
	       strlen(text) == ETH_POINT_TEXT_LEN &&
	       !strncmp(text, "0x04", 4) && !hex_decode(pub, 64, text + 4, 128);
}

static enum kms_rc read_texts(struct sqlite_reader *r, const struct query *q,
			      struct store_wallet *out)
{
	const struct {
		int column;
		char *to;
		size_t cap;
	} texts[] = {
		{ 5, out->address, sizeof(out->address) },
		{ 6, r->description, sizeof(r->description) },
		{ 7, r->credential, sizeof(r->credential) },
		{ 8, out->key_usage, sizeof(out->key_usage) },
		{ 9, out->key_spec, sizeof(out->key_spec) },
		{ 10, out->origin, sizeof(out->origin) },
		{ 14, out->rp_id, sizeof(out->rp_id) },
		{ 19, out->created_at, sizeof(out->created_at) },
	};
	char lifecycle[STORE_WORD_MAX + 1];
	enum kms_rc rc = query_text(q, 15, lifecycle, sizeof(lifecycle));

	for (size_t i = 0; !rc && i < ARRAY_LEN(texts); i++)
		rc = query_text(q, texts[i].column, texts[i].to, texts[i].cap);
	out->lifecycle = lifecycle_of(lifecycle);
	out->description = r->description;
	out->credential = r->credential;
	return rc;
}

/* The columns are WALLET_COLUMNS of sqlite_sql.c. */
static enum kms_rc read_wallet(struct sqlite_reader *r, const struct query *q,
			       struct store_wallet *out)
{
	enum kms_rc rc = query_fix(q, 0, out->uuid, sizeof(out->uuid));

	out->shard = (uint16_t)query_int(q, 1);
	out->slot = query_int(q, 2);
	out->vault_slot = query_int(q, 3);
	if (!rc)
		rc = query_fix(q, 4, out->public_key, sizeof(out->public_key));
	if (!rc)
		rc = read_texts(r, q, out);
	out->has_passkey = read_passkey(q, 11, out->passkey);
	out->passkey_count = (uint8_t)query_int(q, 12);
	out->bind_level = (uint8_t)query_int(q, 13);
	out->delete_after_ms = (int64_t)query_int(q, 16);
	out->created_ms = (int64_t)query_int(q, 17);
	out->last_used_ms = (int64_t)query_int(q, 18);
	return rc;
}

enum kms_rc sqlite_get_wallet(struct store_reader *base,
			      struct store_wallet *out,
			      const uint8_t uuid[ABI_UUID_LEN])
{
	struct sqlite_reader *r = sqlite_reader_of(base);
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &r->conn, SQL_GET_WALLET);
	query_put_blob(&q, uuid, ABI_UUID_LEN);
	rc = query_next(&q);
	if (!rc)
		rc = read_wallet(r, &q, out);
	query_end(&q);
	return rc;
}

enum kms_rc sqlite_list_passkeys(struct store_reader *base,
				 const uint8_t uuid[ABI_UUID_LEN],
				 store_passkey_visit *visit, void *arg)
{
	struct sqlite_reader *r = sqlite_reader_of(base);
	enum kms_rc rc = KMS_RC_INTERNAL;
	struct query q = { 0 };

	query_start(&q, &r->conn, SQL_LIST_PASSKEYS);
	query_put_blob(&q, uuid, ABI_UUID_LEN);
	for (;;) {
		struct store_passkey p = { .credential = r->credential };

		rc = query_next(&q);
		if (!rc)
			rc = query_text(&q, 1, r->credential,
					sizeof(r->credential));
		if (!rc && !read_passkey(&q, 0, p.pub))
			rc = KMS_RC_UNAVAILABLE;
		if (rc || !visit(arg, &p))
			break;
	}
	query_end(&q);
	return rc == KMS_RC_NOT_FOUND ? KMS_RC_OK : rc;
}

/* Walks what the query gives; ends it. */
static enum kms_rc walk(struct sqlite_reader *r, struct query *q,
			store_wallet_visit *visit, void *arg)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	for (;;) {
		struct store_wallet wallet = { 0 };

		rc = query_next(q);
		if (!rc)
			rc = read_wallet(r, q, &wallet);
		if (rc || !visit(arg, &wallet))
			break;
	}
	query_end(q);
	return rc == KMS_RC_NOT_FOUND ? KMS_RC_OK : rc;
}

enum kms_rc sqlite_list_wallets(struct store_reader *base,
				const struct store_wallet_mark *after,
				unsigned int limit, store_wallet_visit *visit,
				void *arg)
{
	struct sqlite_reader *r = sqlite_reader_of(base);
	struct query q = { 0 };

	query_start(&q, &r->conn, SQL_LIST_WALLETS);
	query_put_text(&q, after->created_at);
	query_put_blob(&q, after->uuid, sizeof(after->uuid));
	query_put_int(&q, limit);
	return walk(r, &q, visit, arg);
}

static enum kms_rc list_by_time(struct store_reader *base, enum sqlite_sql sql,
				int64_t before_ms,
				const struct store_time_mark *after,
				unsigned int limit, store_wallet_visit *visit,
				void *arg)
{
	struct sqlite_reader *r = sqlite_reader_of(base);
	struct query q = { 0 };

	query_start(&q, &r->conn, sql);
	query_put_int(&q, (uint64_t)before_ms);
	query_put_int(&q, (uint64_t)after->ms);
	query_put_blob(&q, after->uuid, sizeof(after->uuid));
	query_put_int(&q, limit);
	return walk(r, &q, visit, arg);
}

enum kms_rc sqlite_list_dormant(struct store_reader *base, int64_t before_ms,
				const struct store_time_mark *after,
				unsigned int limit, store_wallet_visit *visit,
				void *arg)
{
	return list_by_time(base, SQL_LIST_DORMANT, before_ms, after, limit,
			    visit, arg);
}

enum kms_rc sqlite_list_due(struct store_reader *base, int64_t now_ms,
			    const struct store_time_mark *after,
			    unsigned int limit, store_wallet_visit *visit,
			    void *arg)
{
	return list_by_time(base, SQL_LIST_DUE, now_ms, after, limit, visit,
			    arg);
}

enum kms_rc sqlite_count_wallets(struct store_reader *base,
				 struct store_wallet_totals *out)
{
	struct sqlite_reader *r = sqlite_reader_of(base);
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &r->conn, SQL_COUNT_WALLETS);
	rc = query_next(&q);
	if (!rc) {
		out->total = query_int(&q, 0);
		out->with_address = query_int(&q, 1);
		out->with_passkey = query_int(&q, 2);
		out->frozen = query_int(&q, 3);
		out->pending_deletion = query_int(&q, 4);
	}
	query_end(&q);
	return rc;
}
