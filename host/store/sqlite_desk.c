/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk: small writes of any thread, and what the committer notes down.
 *
 * A lost power takes the last of them along. That is all right: a challenge
 * dies with the instance of the TA that made it, an address can be derived
 * again, and a count is a count.
 */
#include "host/store/sqlite.h"

#include "common/hex.h"

#include <stdio.h>
#include <string.h>

#define PURGE_AT_ONCE 1024 /* rows, so that nobody waits for long */

static const char *const purposes[] = {
	[STORE_REGISTRATION] = "registration",
	[STORE_AUTHENTICATION] = "authentication",
	[STORE_GRANT_SESSION] = "grant-session",
};

enum kms_rc sqlite_put_address(struct sqlite_conn *c,
			       const struct store_address *a)
{
	char path[SQLITE_PATH_SIZE];
	char key[SQLITE_KEY_TEXT_SIZE];
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	snprintf(path, sizeof(path), SQLITE_PATH_PREFIX "%u/%u", a->account,
		 a->index);
	sqlite_key_text(key, a->public_key);
	query_start(&q, c, SQL_ADD_ADDRESS);
	query_put_text(&q, a->address);
	query_put_text(&q, path);
	query_put_text(&q, key);
	query_put_blob(&q, a->uuid, sizeof(a->uuid));
	rc = query_run(&q);
	if (!rc && !sqlite3_changes(c->db))
		rc = KMS_RC_NOT_FOUND;
	return rc;
}

enum kms_rc sqlite_add_address(struct store *base,
			       const struct store_address *a)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = KMS_RC_INTERNAL;

	pthread_mutex_lock(&s->desk_lock);
	rc = sqlite_put_address(&s->desk, a);
	pthread_mutex_unlock(&s->desk_lock);
	return rc;
}

static bool read_number(uint32_t *out, const char **text)
{
	uint64_t value = 0;
	const char *at = *text;

	for (; *at >= '0' && *at <= '9' && value <= UINT32_MAX; at++)
		value = value * 10 + (uint64_t)(*at - '0');
	if (at == *text || value > UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	*text = at;
	return true;
}

static bool read_path(struct store_address *out, const char *text)
{
	size_t len = strlen(SQLITE_PATH_PREFIX);

	if (strncmp(text, SQLITE_PATH_PREFIX, len) != 0)
		return false;
	text += len;
	if (!read_number(&out->account, &text) || *text++ != '/')
		return false;
	return read_number(&out->index, &text) && !*text;
}

enum kms_rc sqlite_get_address(struct store_reader *base,
			       struct store_address *out, const char *address)
{
	struct sqlite_conn *c = &sqlite_reader_of(base)->conn;
	char path[64] = { 0 };
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, c, SQL_GET_ADDRESS);
	query_put_text(&q, address);
	rc = query_next(&q);
	if (!rc)
		rc = query_fix(&q, 0, out->uuid, sizeof(out->uuid));
	if (!rc)
		rc = query_text(&q, 1, path, sizeof(path));
	if (!rc)
		rc = query_text(&q, 2, out->key_text, sizeof(out->key_text));
	if (!rc && !read_path(out, path))
		rc = sqlite_conn_fail(c, SQLITE_CORRUPT);
	query_end(&q);
	return rc;
}

/* Once; afterwards it is counted along. */
static enum kms_rc count_challenges(struct sqlite_store *s)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_OK;

	if (s->challenges_known)
		return rc;
	query_start(&q, &s->desk, SQL_COUNT_CHALLENGES);
	rc = query_next(&q);
	if (!rc)
		s->challenges = query_int(&q, 0);
	s->challenges_known = !rc;
	query_end(&q);
	return rc;
}

/* Gives how many went; fewer than PURGE_AT_ONCE: it was all. */
static enum kms_rc purge_some(struct sqlite_store *s, int64_t now_ms,
			      size_t *gone)
{
	struct query q = { 0 };
	enum kms_rc rc = count_challenges(s);

	*gone = 0;
	if (rc)
		return rc;
	query_start(&q, &s->desk, SQL_PURGE_CHALLENGES);
	query_put_int(&q, (uint64_t)now_ms);
	query_put_int(&q, PURGE_AT_ONCE);
	rc = query_run(&q);
	if (!rc)
		*gone = (size_t)sqlite3_changes(s->desk.db);
	s->challenges -= *gone < s->challenges ? *gone : s->challenges;
	return rc;
}

static enum kms_rc make_room(struct sqlite_store *s, int64_t now_ms)
{
	size_t gone = 0;
	enum kms_rc rc = count_challenges(s);

	if (!rc && s->challenges >= STORE_CHALLENGES_MAX)
		rc = purge_some(s, now_ms, &gone);
	if (!rc && s->challenges >= STORE_CHALLENGES_MAX)
		rc = KMS_RC_BUSY;
	return rc;
}

static enum kms_rc put_challenge(struct sqlite_conn *c,
				 const struct store_challenge *in)
{
	char key_id[SQLITE_KEY_ID_SIZE];
	struct query q = { 0 };

	sqlite_key_id(key_id, in->uuid);
	query_start(&q, c, SQL_PUT_CHALLENGE);
	query_put_text(&q, in->id);
	query_put_blob(&q, in->challenge, sizeof(in->challenge));
	query_put_text(&q, in->has_wallet ? key_id : NULL);
	query_put_text(&q, purposes[in->purpose]);
	query_put_text(&q, in->rp_id);
	query_put_text(&q, *in->meta ? in->meta : NULL);
	query_put_int(&q, in->shard);
	query_put_int(&q, (uint64_t)in->created_ms);
	query_put_int(&q, (uint64_t)in->expires_ms);
	return query_run(&q);
}

enum kms_rc sqlite_put_challenge(struct store *base,
				 const struct store_challenge *c)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = KMS_RC_INTERNAL;

	pthread_mutex_lock(&s->desk_lock);
	rc = make_room(s, c->created_ms);
	if (!rc)
		rc = put_challenge(&s->desk, c);
	if (!rc)
		s->challenges++;
	pthread_mutex_unlock(&s->desk_lock);
	return rc;
}

/* The form of sqlite_key_id(). */
static bool read_key_id(uint8_t uuid[ABI_UUID_LEN], const char *text)
{
	static const uint8_t groups[] = { 8, 4, 4, 4, 12 };
	char hex[2 * ABI_UUID_LEN];
	size_t at = 0;

	if (strlen(text) != SQLITE_KEY_ID_SIZE - 1)
		return false;
	for (size_t i = 0; i < sizeof(groups); i++) {
		memcpy(hex + at, text + at + i, groups[i]);
		at += groups[i];
		if (at < sizeof(hex) && text[at + i] != '-')
			return false;
	}
	return !hex_decode(uuid, ABI_UUID_LEN, hex, sizeof(hex));
}

static bool read_purpose(enum store_purpose *out, const char *text)
{
	for (int p = STORE_REGISTRATION; p <= STORE_GRANT_SESSION; p++)
		if (!strcmp(text, purposes[p])) {
			*out = (enum store_purpose)p;
			return true;
		}
	return false;
}

static enum kms_rc read_challenge(const struct query *q,
				  struct store_challenge *out, char *meta_buf)
{
	char key_id[SQLITE_KEY_ID_SIZE];
	char purpose[32];
	enum kms_rc rc = query_fix(q, 0, out->challenge, 32);

	if (!rc)
		rc = query_text(q, 1, key_id, sizeof(key_id));
	if (!rc)
		rc = query_text(q, 2, purpose, sizeof(purpose));
	if (!rc)
		rc = query_text(q, 3, out->rp_id, sizeof(out->rp_id));
	if (!rc)
		rc = query_text(q, 4, meta_buf, STORE_CHALLENGE_META_MAX + 1);
	if (rc)
		return rc;
	out->meta = meta_buf;
	out->shard = (uint16_t)query_int(q, 5);
	out->created_ms = (int64_t)query_int(q, 6);
	out->expires_ms = (int64_t)query_int(q, 7);
	out->has_wallet = *key_id != '\0';
	if ((out->has_wallet && !read_key_id(out->uuid, key_id)) ||
	    !read_purpose(&out->purpose, purpose))
		rc = sqlite_conn_fail(q->conn, SQLITE_CORRUPT);
	return rc;
}

/* One statement, so that two who come at once cannot both have it. */
static enum kms_rc take_challenge(struct sqlite_store *s,
				  struct store_challenge *out, char *meta_buf,
				  const char *id)
{
	struct query q = { 0 };
	enum kms_rc read = KMS_RC_INTERNAL;
	enum kms_rc rc = count_challenges(s);

	if (rc)
		return rc;
	query_start(&q, &s->desk, SQL_TAKE_CHALLENGE);
	query_put_text(&q, id);
	rc = query_next(&q);
	if (rc)
		goto out;
	read = read_challenge(&q, out, meta_buf);
	/* It is gone when the statement has ended, and not before. */
	rc = query_next(&q);
	if (rc == KMS_RC_NOT_FOUND) {
		rc = read;
		s->challenges -= s->challenges != 0;
	} else if (!rc) {
		rc = KMS_RC_INTERNAL;
	}
out:
	query_end(&q);
	return rc;
}

enum kms_rc sqlite_take_challenge(struct store *base,
				  struct store_challenge *out, char *meta_buf,
				  const char *id)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = KMS_RC_INTERNAL;

	pthread_mutex_lock(&s->desk_lock);
	rc = take_challenge(s, out, meta_buf, id);
	pthread_mutex_unlock(&s->desk_lock);
	return rc;
}

enum kms_rc sqlite_purge_challenges(struct store *base, int64_t now_ms)
{
	struct sqlite_store *s = sqlite_of(base);
	enum kms_rc rc = KMS_RC_OK;
	size_t gone = PURGE_AT_ONCE;

	while (!rc && gone == PURGE_AT_ONCE) {
		pthread_mutex_lock(&s->desk_lock);
		rc = purge_some(s, now_ms, &gone);
		pthread_mutex_unlock(&s->desk_lock);
	}
	return rc;
}

static enum kms_rc note_use(struct sqlite_conn *c, const struct store_use *u)
{
	struct query q = { 0 };

	query_start(&q, c, SQL_NOTE_USE);
	query_put_blob(&q, u->uuid, sizeof(u->uuid));
	query_put_int(&q, (uint64_t)u->last_used_ms);
	query_put_int(&q, u->sign_count);
	return query_run(&q);
}

static enum kms_rc add_count(struct sqlite_conn *c, const struct store_count *n)
{
	struct query q = { 0 };

	query_start(&q, c, SQL_ADD_COUNT);
	query_put_text(&q, n->name);
	query_put_int(&q, n->value);
	return query_run(&q);
}

enum kms_rc sqlite_note(struct store *base, const struct store_use *uses,
			size_t use_count, const struct store_count *counts,
			size_t count_count)
{
	struct sqlite_store *s = sqlite_of(base);
	struct sqlite_conn *c = &s->lazy;
	enum kms_rc rc = KMS_RC_OK;

	sqlite_checkpoint(s, atomic_exchange(&s->log_pages, 0));
	if (!use_count && !count_count)
		return rc;
	rc = sqlite_conn_run(c, SQL_BEGIN_WRITE);
	if (rc)
		goto out;
	for (size_t i = 0; !rc && i < use_count; i++)
		rc = note_use(c, &uses[i]);
	for (size_t i = 0; !rc && i < count_count; i++)
		rc = add_count(c, &counts[i]);
	rc = sqlite_conn_end(c, rc);
out:
	if (rc)
		s->why = c->why;
	return rc;
}

enum kms_rc sqlite_get_counter(struct store_reader *base, uint64_t *value,
			       const char *name)
{
	struct query q = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	query_start(&q, &sqlite_reader_of(base)->conn, SQL_GET_COUNT);
	query_put_text(&q, name);
	rc = query_next(&q);
	if (!rc)
		*value = query_int(&q, 0);
	query_end(&q);
	return rc == KMS_RC_NOT_FOUND ? KMS_RC_OK : rc;
}
