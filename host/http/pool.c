/* SPDX-License-Identifier: Apache-2.0 */
#include "host/http/pool.h"

#include "common/mem.h"
#include "common/secret.h"

#define CLASS_SIZE(class) ((size_t)8192 << (class))
#define KEPT_MAX	  ((size_t)8 << 20)

struct pool_block {
	struct pool_block *next;
};

void pool_init(struct pool *p, size_t budget)
{
	*p = (struct pool){ .budget = budget };
}

void pool_clear(struct pool *p)
{
	for (size_t i = 0; i < POOL_CLASSES; i++) {
		while (p->free[i]) {
			struct pool_block *b = p->free[i];

			p->free[i] = b->next;
			mem_free(b);
		}
	}
	p->kept = 0;
}

static size_t class_of(size_t size)
{
	size_t class = 0;

	while (class < POOL_CLASSES && CLASS_SIZE(class) < size)
		class ++;
	return class;
}

bool pool_lend(struct pool *p, struct buf *b, size_t size)
{
	size_t class = class_of(size);
	struct pool_block *block = NULL;

	if (class == POOL_CLASSES || p->lent > p->budget ||
	    CLASS_SIZE(class) > p->budget - p->lent)
		return false;
	block = p->free[class];
	if (block) {
		p->free[class] = block->next;
		p->kept -= CLASS_SIZE(class);
	} else {
		block = mem_zalloc(1, CLASS_SIZE(class));
	}
	if (!block)
		return false;
	p->lent += CLASS_SIZE(class);
	*b = (struct buf){ .ptr = (uint8_t *)block, .cap = CLASS_SIZE(class) };
	return true;
}

void pool_return(struct pool *p, struct buf *b)
{
	size_t class = class_of(b->cap);
	struct pool_block *block = (struct pool_block *)(void *)b->ptr;

	if (!b->ptr)
		return;
	secret_wipe(b->ptr, b->len);
	p->lent -= b->cap;
	if (p->kept + b->cap > KEPT_MAX) {
		mem_free(block);
	} else {
		block->next = p->free[class];
		p->free[class] = block;
		p->kept += b->cap;
	}
	*b = (struct buf){ 0 };
}
