/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_list - calls in the order they came, linked through themselves
 *
 * Threads:   none.
 */

#ifndef KMS_HOST_TRANSPORT_CALL_LIST_H
#define KMS_HOST_TRANSPORT_CALL_LIST_H

#include "host/transport/transport.h"

struct call_list {
	struct tee_call *first;
	struct tee_call *last;
	uint32_t count;
};

static inline void call_list_add(struct call_list *l, struct tee_call *call)
{
	call->next = NULL;
	if (l->last)
		l->last->next = call;
	else
		l->first = call;
	l->last = call;
	l->count++;
}

/* Gives the oldest, or NULL. */
static inline struct tee_call *call_list_take(struct call_list *l)
{
	struct tee_call *call = l->first;

	if (!call)
		return NULL;
	l->first = call->next;
	if (!l->first)
		l->last = NULL;
	call->next = NULL;
	l->count--;
	return call;
}

/* True when it was there. */
static inline bool call_list_remove(struct call_list *l, struct tee_call *call)
{
	struct tee_call *before = NULL;
	struct tee_call *at = l->first;

	while (at && at != call) {
		before = at;
		at = at->next;
	}
	if (!at)
		return false;
	if (before)
		before->next = call->next;
	else
		l->first = call->next;
	if (l->last == call)
		l->last = before;
	call->next = NULL;
	l->count--;
	return true;
}

#endif /* KMS_HOST_TRANSPORT_CALL_LIST_H */
