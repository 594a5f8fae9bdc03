/* SPDX-License-Identifier: Apache-2.0 */
#include "host/http/deadline.h"

void deadlines_init(struct deadlines *d)
{
	*d = (struct deadlines){ 0 };
	for (unsigned int i = 0; i < DEADLINE_KINDS; i++) {
		d->heads[i].prev = &d->heads[i];
		d->heads[i].next = &d->heads[i];
	}
}

void deadlines_set_length(struct deadlines *d, enum deadline_kind kind,
			  unsigned int ms)
{
	d->length_ns[kind] = (uint64_t)ms * 1000000;
}

void deadline_clear(struct deadline *one)
{
	if (!one->prev)
		return;
	one->prev->next = one->next;
	one->next->prev = one->prev;
	one->prev = NULL;
	one->next = NULL;
}

void deadline_set(struct deadlines *d, struct deadline *one,
		  enum deadline_kind kind, uint64_t now_ns)
{
	struct deadline *head = &d->heads[kind];

	deadline_clear(one);
	one->kind = kind;
	one->due_ns = now_ns + d->length_ns[kind];
	one->prev = head->prev;
	one->next = head;
	head->prev->next = one;
	head->prev = one;
}

struct deadline *deadlines_first(struct deadlines *d, enum deadline_kind kind)
{
	struct deadline *first = d->heads[kind].next;

	return first == &d->heads[kind] ? NULL : first;
}

struct deadline *deadlines_next(struct deadlines *d, struct deadline *one)
{
	return one->next == &d->heads[one->kind] ? NULL : one->next;
}

struct deadline *deadlines_due(struct deadlines *d, enum deadline_kind kind,
			       uint64_t now_ns)
{
	struct deadline *first = deadlines_first(d, kind);

	return first && first->due_ns <= now_ns ? first : NULL;
}
