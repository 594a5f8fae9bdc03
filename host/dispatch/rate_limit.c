/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/rate_limit.h"

#include "common/mem.h"
#include "common/sha256.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

#define SECOND_NS 1000000000u
#define MINUTE_NS (60ull * SECOND_NS)
#define NAME_LEN  16
#define NONE	  UINT32_MAX

struct bucket {
	uint8_t name[NAME_LEN]; /* of the identity, keyed */
	uint64_t full_ns;	/* when it is full again */
	uint32_t next;		/* in its chain, or among the free ones */
};

struct rate_limit {
	pthread_mutex_t lock;
	uint8_t key[SHA256_LEN]; /* nobody can make names collide on purpose */
	unsigned int per_minute;
	uint64_t token_ns;
	uint64_t swept_ns;
	uint32_t max;
	uint32_t heads_count;
	uint32_t free;
	uint32_t *heads;
	struct bucket *buckets;
};

static uint32_t *head_of(const struct rate_limit *r,
			 const uint8_t name[NAME_LEN])
{
	uint32_t hash = 0;

	memcpy(&hash, name, sizeof(hash));
	return &r->heads[hash % r->heads_count];
}

static void make_chains(struct rate_limit *r)
{
	for (uint32_t i = 0; i < r->heads_count; i++)
		r->heads[i] = NONE;
	for (uint32_t i = 0; i < r->max; i++)
		r->buckets[i].next = i + 1 < r->max ? i + 1 : NONE;
	r->free = 0;
}

enum kms_rc rate_limit_new(struct rate_limit **out, unsigned int per_minute,
			   unsigned int identities_max)
{
	struct rate_limit *r = mem_zalloc(1, sizeof(*r));
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	*out = NULL;
	if (!r)
		return rc;
	pthread_mutex_init(&r->lock, NULL);
	r->per_minute = per_minute;
	r->token_ns = per_minute ? MINUTE_NS / per_minute : 0;
	r->max = identities_max;
	r->heads_count = identities_max;
	r->heads = mem_zalloc(r->heads_count, sizeof(*r->heads));
	r->buckets = mem_zalloc(r->max, sizeof(*r->buckets));
	if (!r->heads || !r->buckets)
		goto out;
	make_chains(r);
	rc = KMS_RC_UNAVAILABLE;
	if (getrandom(r->key, sizeof(r->key), 0) != (ssize_t)sizeof(r->key))
		goto out;
	*out = r;
	r = NULL;
	rc = KMS_RC_OK;
out:
	rate_limit_free(&r);
	return rc;
}

void rate_limit_free(struct rate_limit **r)
{
	if (!*r)
		return;
	pthread_mutex_destroy(&(*r)->lock);
	mem_free((*r)->heads);
	mem_free((*r)->buckets);
	mem_free(*r);
	*r = NULL;
}

unsigned int rate_limit_per_minute(const struct rate_limit *r)
{
	return r->per_minute;
}

static void make_name(const struct rate_limit *r, uint8_t name[NAME_LEN],
		      struct bytes identity)
{
	uint8_t digest[SHA256_LEN];
	struct sha256 s;

	sha256_init(&s);
	sha256_update(&s, r->key, sizeof(r->key));
	sha256_update(&s, identity.ptr, identity.len);
	sha256_final(&s, digest);
	memcpy(name, digest, NAME_LEN);
}

/* The identity's bucket, or NONE. */
static uint32_t find(const struct rate_limit *r, const uint8_t name[NAME_LEN])
{
	struct bytes wanted = bytes_of(name, NAME_LEN);
	uint32_t at = *head_of(r, name);

	while (at != NONE &&
	       !bytes_equal_var(bytes_of(r->buckets[at].name, NAME_LEN),
				wanted))
		at = r->buckets[at].next;
	return at;
}

/* Forgets the full buckets of one chain. */
static void sweep_chain(struct rate_limit *r, uint32_t *link, uint64_t now_ns)
{
	while (*link != NONE) {
		struct bucket *b = &r->buckets[*link];
		uint32_t at = *link;

		if (b->full_ns > now_ns) {
			link = &b->next;
			continue;
		}
		*link = b->next;
		b->next = r->free;
		r->free = at;
	}
}

/* At most once a second, for it looks at everything. */
static void sweep(struct rate_limit *r, uint64_t now_ns)
{
	if (r->swept_ns && now_ns - r->swept_ns < SECOND_NS)
		return;
	r->swept_ns = now_ns;
	for (uint32_t i = 0; i < r->heads_count; i++)
		sweep_chain(r, &r->heads[i], now_ns);
}

/* A full bucket, or NONE when there is no room. */
static uint32_t add(struct rate_limit *r, const uint8_t name[NAME_LEN],
		    uint64_t now_ns)
{
	uint32_t *head = head_of(r, name);
	struct bucket *b = NULL;
	uint32_t at = NONE;

	if (r->free == NONE)
		sweep(r, now_ns);
	at = r->free;
	if (at == NONE)
		return NONE;
	b = &r->buckets[at];
	r->free = b->next;
	memcpy(b->name, name, NAME_LEN);
	b->full_ns = now_ns;
	b->next = *head;
	*head = at;
	return at;
}

static unsigned int seconds_of(uint64_t ns)
{
	return (unsigned int)((ns + SECOND_NS - 1) / SECOND_NS);
}

/*
 * GCRA: each request moves the time at which the bucket is full again by one
 * token; it may lie at most a minute ahead.
 */
static enum kms_rc take(const struct rate_limit *r, struct bucket *b,
			uint64_t now_ns, unsigned int *wait_s)
{
	uint64_t from = b->full_ns > now_ns ? b->full_ns : now_ns;
	uint64_t ahead = from - now_ns + r->token_ns;

	if (ahead > MINUTE_NS) {
		*wait_s = seconds_of(ahead - MINUTE_NS);
		return KMS_RC_RATE;
	}
	b->full_ns = from + r->token_ns;
	return KMS_RC_OK;
}

enum kms_rc rate_limit_take(struct rate_limit *r, struct bytes identity,
			    uint64_t now_ns, unsigned int *wait_s)
{
	uint8_t name[NAME_LEN];
	uint32_t at = NONE;
	enum kms_rc rc = KMS_RC_RATE;

	*wait_s = 60;
	if (!r->per_minute)
		return rc;
	make_name(r, name, identity);
	pthread_mutex_lock(&r->lock);
	at = find(r, name);
	if (at == NONE)
		at = add(r, name, now_ns);
	if (at != NONE)
		rc = take(r, &r->buckets[at], now_ns, wait_s);
	pthread_mutex_unlock(&r->lock);
	return rc;
}

void rate_limit_give_back(struct rate_limit *r, struct bytes identity)
{
	uint8_t name[NAME_LEN];
	uint32_t at = NONE;

	make_name(r, name, identity);
	pthread_mutex_lock(&r->lock);
	/* One that was forgotten since has got it back already. */
	at = find(r, name);
	if (at != NONE)
		r->buckets[at].full_ns -= r->token_ns;
	pthread_mutex_unlock(&r->lock);
}
