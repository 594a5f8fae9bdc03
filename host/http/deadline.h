/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadline - when a connection has waited long enough
 *
 * All deadlines of one kind last equally long, so a list in order of arrival
 * is in order of expiry: setting and clearing take constant time.
 *
 * Owns:      nothing; links what its users embed.
 * Threads:   one struct deadlines belongs to one reactor.
 */

#ifndef KMS_HOST_HTTP_DEADLINE_H
#define KMS_HOST_HTTP_DEADLINE_H

#include "common/attr.h"

#include <stdint.h>

enum deadline_kind {
	DEADLINE_IDLE,
	DEADLINE_HEAD,
	DEADLINE_BODY,
	DEADLINE_ANSWER,
	DEADLINE_LINGER,
	DEADLINE_KINDS,
};

struct deadline {
	struct deadline *prev; /* NULL: not set */
	struct deadline *next;
	uint64_t due_ns;
	enum deadline_kind kind;
};

struct deadlines {
	struct deadline heads[DEADLINE_KINDS]; /* rings */
	uint64_t length_ns[DEADLINE_KINDS];
};

void deadlines_init(struct deadlines *d);
void deadlines_set_length(struct deadlines *d, enum deadline_kind kind,
			  unsigned int ms);

/* Replaces the deadline that is set, if any. */
void deadline_set(struct deadlines *d, struct deadline *one,
		  enum deadline_kind kind, uint64_t now_ns);
void deadline_clear(struct deadline *one);

/* The next of this kind that is due, or NULL. It stays set. */
struct deadline *deadlines_due(struct deadlines *d, enum deadline_kind kind,
			       uint64_t now_ns);
/* The first of this kind, due or not, or NULL. */
struct deadline *deadlines_first(struct deadlines *d, enum deadline_kind kind);
/* The one after it, or NULL. */
struct deadline *deadlines_next(struct deadlines *d, struct deadline *one);

#endif /* KMS_HOST_HTTP_DEADLINE_H */
