/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slot_tree - the authenticated map from slot numbers to leaves
 *
 * A binary Merkle tree over dense slots; node = SHA-256(0x01 | left | right),
 * an empty subtree of height h is E_h, E_0 is 32 zero bytes. Depth d serves
 * 2^d slots; a tree of depth 0 holds one. Pure: both worlds run this code, the
 * TA to judge, the host to keep its node cache and to build proofs.
 *
 * A multiproof lists, level by level from the leaves up and by ascending
 * index, the siblings that are not themselves ancestors of a touched slot.
 * E_h is sent as any other sibling.
 */

#ifndef KMS_ABI_SLOT_TREE_H
#define KMS_ABI_SLOT_TREE_H

#include "abi/limits.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"
#include "common/sha256.h"

#include <stdbool.h>

struct slot_leaf {
	uint64_t slot;
	uint8_t was[SHA256_LEN]; /* leaf under the old root */
	uint8_t is[SHA256_LEN];	 /* leaf under the new root */
};

/* E_h for 0 <= height <= ABI_DEPTH_MAX. */
void slot_tree_empty(uint8_t out[SHA256_LEN], unsigned int height);

void slot_tree_node(uint8_t out[SHA256_LEN], const uint8_t left[SHA256_LEN],
		    const uint8_t right[SHA256_LEN]);

/* Smallest depth that serves slots 0 .. count - 1. */
unsigned int slot_tree_depth(uint64_t count);

/* Turns the root of a tree of depth from into that of depth to. */
void slot_tree_grow(uint8_t root[SHA256_LEN], unsigned int from,
		    unsigned int to);

/* Called for each node on the way up, after the leaves; level >= 1. */
typedef void slot_tree_visit(void *arg, unsigned int level, uint64_t index,
			     const uint8_t node[SHA256_LEN]);

/* Called for each sibling that is needed; false ends the walk. */
typedef bool slot_tree_sibling(void *arg, unsigned int level, uint64_t index,
			       uint8_t out[SHA256_LEN]);

/*
 * The usual source: arg is a struct bytes over the multiproof, which is cut
 * from the front; what is left after the fold was too much.
 */
slot_tree_sibling slot_tree_take_sibling;

/*
 * Folds count leaves, ascending by slot and all different, into the old and
 * the new root. leaves is scratch afterwards. visit may be NULL.
 * BAD_PROOF when leaves are not ascending, out of range, or siblings run out.
 */
enum kms_rc slot_tree_fold(uint8_t was_root[SHA256_LEN],
			   uint8_t is_root[SHA256_LEN],
			   struct slot_leaf *leaves, size_t count,
			   unsigned int depth, slot_tree_sibling *sibling,
			   void *sibling_arg, slot_tree_visit *visit,
			   void *visit_arg) KMS_MUST_USE;

#endif /* KMS_ABI_SLOT_TREE_H */
