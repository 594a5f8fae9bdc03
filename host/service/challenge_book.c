/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/challenge_book.h"

#include "common/mem.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#define NONE	UINT32_MAX
#define LIFE_NS (ABI_NONCE_LIFE_MS * 1000000ull)

struct entry {
	uint8_t id[ABI_UUID_LEN];
	struct challenge c; /* note is the heap's */
	uint64_t end_ns;
	uint32_t same_id;     /* next in the chain of ids, or free one */
	uint32_t same_wallet; /* next in the chain of wallets; newest first */
	uint32_t older;	      /* by time of birth */
	uint32_t newer;
};

struct challenge_book {
	pthread_mutex_t lock;
	uint32_t max;
	uint32_t used; /* the entries from here on were never touched */
	uint32_t free; /* among those before */
	uint32_t oldest;
	uint32_t newest;
	uint32_t *by_id;
	uint32_t *by_wallet;
	struct entry *entries;
};

/* Ids and uuids are random already. */
static uint32_t *chain(const struct challenge_book *b, uint32_t *heads,
		       const uint8_t uuid[ABI_UUID_LEN])
{
	uint32_t hash = 0;

	memcpy(&hash, uuid, sizeof(hash));
	return &heads[hash % b->max];
}

static bool same(const uint8_t a[ABI_UUID_LEN], const uint8_t b[ABI_UUID_LEN])
{
	return bytes_equal_var(bytes_of(a, ABI_UUID_LEN),
			       bytes_of(b, ABI_UUID_LEN));
}

static bool is_bound(const struct challenge *c)
{
	return c->purpose == CHALLENGE_AUTHENTICATION;
}

enum kms_rc challenge_book_new(struct challenge_book **out, unsigned int most)
{
	struct challenge_book *b = mem_zalloc(1, sizeof(*b));

	*out = NULL;
	if (!b)
		return KMS_RC_NO_MEMORY;
	pthread_mutex_init(&b->lock, NULL);
	b->max = most;
	b->free = NONE;
	b->oldest = NONE;
	b->newest = NONE;
	b->by_id = mem_zalloc(most, sizeof(*b->by_id));
	b->by_wallet = mem_zalloc(most, sizeof(*b->by_wallet));
	b->entries = mem_zalloc(most, sizeof(*b->entries));
	if (!b->by_id || !b->by_wallet || !b->entries) {
		challenge_book_free(&b);
		return KMS_RC_NO_MEMORY;
	}
	for (uint32_t i = 0; i < most; i++) {
		b->by_id[i] = NONE;
		b->by_wallet[i] = NONE;
	}
	*out = b;
	return KMS_RC_OK;
}

static void free_note(struct challenge *c)
{
	void *note = NULL;

	/* The view is const, the memory was the heap's. */
	memcpy(&note, &c->note.ptr, sizeof(note));
	mem_free(note);
	c->note = (struct bytes){ 0 };
}

void challenge_book_free(struct challenge_book **b)
{
	if (!*b)
		return;
	for (uint32_t i = 0; (*b)->entries && i < (*b)->used; i++)
		free_note(&(*b)->entries[i].c);
	pthread_mutex_destroy(&(*b)->lock);
	mem_free((*b)->by_id);
	mem_free((*b)->by_wallet);
	mem_free((*b)->entries);
	mem_free(*b);
	*b = NULL;
}

static void unlink_time(struct challenge_book *b, const struct entry *e)
{
	if (e->older == NONE)
		b->oldest = e->newer;
	else
		b->entries[e->older].newer = e->newer;
	if (e->newer == NONE)
		b->newest = e->older;
	else
		b->entries[e->newer].older = e->older;
}

static void drop(struct challenge_book *b, uint32_t at)
{
	struct entry *e = &b->entries[at];
	uint32_t *link = chain(b, b->by_id, e->id);

	while (*link != at)
		link = &b->entries[*link].same_id;
	*link = e->same_id;
	if (is_bound(&e->c)) {
		link = chain(b, b->by_wallet, e->c.uuid);
		while (*link != at)
			link = &b->entries[*link].same_wallet;
		*link = e->same_wallet;
	}
	unlink_time(b, e);
	free_note(&e->c);
	e->same_id = b->free;
	b->free = at;
}

static void drop_late(struct challenge_book *b, uint64_t now_ns)
{
	while (b->oldest != NONE && b->entries[b->oldest].end_ns <= now_ns)
		drop(b, b->oldest);
}

/* Newer ones stand before older ones, so the last of its own is the oldest. */
static void make_room_of_wallet(struct challenge_book *b,
				const uint8_t uuid[ABI_UUID_LEN])
{
	uint32_t at = *chain(b, b->by_wallet, uuid);
	uint32_t last = NONE;
	unsigned int count = 0;

	for (; at != NONE; at = b->entries[at].same_wallet) {
		if (!same(b->entries[at].c.uuid, uuid))
			continue;
		last = at;
		count++;
	}
	if (count >= CHALLENGE_BOOK_OF_WALLET)
		drop(b, last);
}

static void insert(struct challenge_book *b, uint32_t at)
{
	struct entry *e = &b->entries[at];
	uint32_t *link = chain(b, b->by_id, e->id);

	e->same_id = *link;
	*link = at;
	if (is_bound(&e->c)) {
		link = chain(b, b->by_wallet, e->c.uuid);
		e->same_wallet = *link;
		*link = at;
	}
	e->older = b->newest;
	e->newer = NONE;
	if (b->newest == NONE)
		b->oldest = at;
	else
		b->entries[b->newest].newer = at;
	b->newest = at;
}

static enum kms_rc copy_note(struct challenge *to, struct bytes note)
{
	uint8_t *copy = NULL;

	to->note = (struct bytes){ 0 };
	if (!note.len)
		return KMS_RC_OK;
	if (note.len > CHALLENGE_NOTE_MAX)
		return KMS_RC_TOO_LARGE;
	copy = mem_zalloc(1, note.len);
	if (!copy)
		return KMS_RC_NO_MEMORY;
	memcpy(copy, note.ptr, note.len);
	to->note = bytes_of(copy, note.len);
	return KMS_RC_OK;
}

/* An entry that is in no chain, or NONE. */
static uint32_t spare(const struct challenge_book *b)
{
	if (b->free != NONE)
		return b->free;
	return b->used < b->max ? b->used : NONE;
}

static void claim(struct challenge_book *b, uint32_t at)
{
	if (at == b->used)
		b->used++;
	else
		b->free = b->entries[at].same_id;
}

static enum kms_rc put_locked(struct challenge_book *b,
			      const uint8_t id[ABI_UUID_LEN],
			      const struct challenge *c, uint64_t now_ns)
{
	struct entry *e = NULL;
	uint32_t at = NONE;
	enum kms_rc rc = KMS_RC_BUSY;

	drop_late(b, now_ns);
	if (is_bound(c))
		make_room_of_wallet(b, c->uuid);
	at = spare(b);
	if (at == NONE)
		return rc;
	e = &b->entries[at];
	e->c = *c;
	rc = copy_note(&e->c, c->note);
	if (rc)
		return rc;
	claim(b, at);
	memcpy(e->id, id, ABI_UUID_LEN);
	e->end_ns = now_ns + LIFE_NS;
	insert(b, at);
	return KMS_RC_OK;
}

enum kms_rc challenge_book_put(struct challenge_book *b,
			       char id[UUID_TEXT_LEN + 1],
			       const struct challenge *c, uint64_t now_ns)
{
	uint8_t raw[ABI_UUID_LEN];
	enum kms_rc rc = KMS_RC_UNAVAILABLE;

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return rc;
	uuid_mark_random(raw);
	pthread_mutex_lock(&b->lock);
	rc = put_locked(b, raw, c, now_ns);
	pthread_mutex_unlock(&b->lock);
	uuid_put(id, raw);
	return rc;
}

static uint32_t find(const struct challenge_book *b,
		     const uint8_t id[ABI_UUID_LEN])
{
	uint32_t at = *chain(b, b->by_id, id);

	while (at != NONE && !same(b->entries[at].id, id))
		at = b->entries[at].same_id;
	return at;
}

enum kms_rc challenge_book_look(struct challenge_book *b, struct challenge *out,
				uint8_t note_buf[CHALLENGE_NOTE_MAX],
				struct bytes id, uint8_t purpose,
				const uint8_t uuid[ABI_UUID_LEN],
				uint64_t now_ns)
{
	uint8_t raw[ABI_UUID_LEN];
	const struct challenge *c = NULL;
	uint32_t at = NONE;
	enum kms_rc rc = KMS_RC_NOT_FOUND;

	if (!uuid_get(raw, id))
		return rc;
	pthread_mutex_lock(&b->lock);
	drop_late(b, now_ns);
	at = find(b, raw);
	if (at == NONE)
		goto out;
	c = &b->entries[at].c;
	rc = KMS_RC_AUTH_CHALLENGE;
	if (c->purpose != purpose || !same(c->uuid, uuid))
		goto out;
	*out = *c;
	out->note = bytes_of(note_buf, note_buf ? c->note.len : 0);
	if (out->note.len)
		memcpy(note_buf, c->note.ptr, c->note.len);
	rc = KMS_RC_OK;
out:
	pthread_mutex_unlock(&b->lock);
	return rc;
}

bool challenge_book_end(struct challenge_book *b, struct bytes id)
{
	uint8_t raw[ABI_UUID_LEN];
	uint32_t at = NONE;

	if (!uuid_get(raw, id))
		return false;
	pthread_mutex_lock(&b->lock);
	at = find(b, raw);
	if (at != NONE)
		drop(b, at);
	pthread_mutex_unlock(&b->lock);
	return at != NONE;
}
