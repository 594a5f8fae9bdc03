/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool - large buffers, lent while a request or an answer needs them
 *
 * Owns:      the blocks; keeps a few returned ones so that steady work takes
 *            nothing from the heap.
 * Promises:  never lends more than its budget, however slow the clients are.
 * Threads:   one pool belongs to one reactor.
 */

#ifndef KMS_HOST_HTTP_POOL_H
#define KMS_HOST_HTTP_POOL_H

#include "common/attr.h"
#include "common/bytes.h"

/* 8 KiB, doubled from class to class, up to 256 MiB. */
#define POOL_CLASSES 16

struct pool_block;

struct pool {
	struct pool_block *free[POOL_CLASSES];
	size_t budget;
	size_t lent;
	size_t kept;
};

void pool_init(struct pool *p, size_t budget);
/* What is still lent is not freed. */
void pool_clear(struct pool *p);

/* Lends an empty buffer of at least size bytes; false: over the budget. */
bool pool_lend(struct pool *p, struct buf *b, size_t size) KMS_MUST_USE;
/* Wipes len bytes and takes the block back. Accepts a zeroed buffer. */
void pool_return(struct pool *p, struct buf *b);

#endif /* KMS_HOST_HTTP_POOL_H */
